/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as what agents say to a reconciler with a small world: two nodes, a StatefulSet, a Deployment, a Job and a bare pod. Each line is a
 * message of the node that spoke last, "@0" or "@1" in a line of their own changing that; "$3" stands for the UID of the third pod that there
 * is. More lines of that kind: "-" ends the session, "+" lets ten seconds pass, "!" kills the reconciler, which then starts from its
 * tree.
 *
 * After each line a pass runs, and what it says is read back by who would read it. Whatever agents say: the tree can be read, no message is
 * for a node without a session, and one that starts anew from the tree in the end has the same pods.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/node_session.h"
#include "reconciler/pass.h"
#include "reconciler/tree_path.h"
#include "tests/fuzz/fuzz.h"

enum { NODES = 2, LINES_MAX = 24, LINE_MAX_SIZE = 1 << 14 };
#define CLUSTER "0123456789abcdef0123456789abcdef"
#define START ((nsec_t)1767323045 * NSEC_PER_SEC)

static const char manifests[] =
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-0}\n---\n"
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n---\n"
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n---\n"
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
	"spec: {replicas: 2, serviceName: db, selector: {matchLabels: {a: db}}, template: {metadata: "
	"{labels: {a: "
	"db}}, spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: "
	"settings}}]}]}}}\n---\n"
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
	"spec: {replicas: 2, selector: {matchLabels: {a: web}}, template: {metadata: {labels: {a: web}}, "
	"spec: "
	"{containers: [{name: c, image: i}]}}}\n---\n"
	"apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\n"
	"spec: {completions: 2, parallelism: 2, template: {spec: {restartPolicy: Never, containers: [{name: "
	"c, image: "
	"i}]}}}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: c, image: i}]}\n";

struct end {
	struct world w;
	struct plan plan;
	struct map tree; /* path → JSON, a value that begins with its path */
	int64_t version, term;
	nsec_t now;
	const struct snapshot *snapshot;
	bool taken; /* the world follows it */
	struct node_session sessions[NODES];
	unsigned speaks;
};

struct file {
	char *path, *json;
	size_t len;
};

static void promise(bool holds)
{
	if (!holds)
		abort();
}

/* --- the tree ------------------------------------------------------------------------------------------------ */

static void file_free(struct file *f)
{
	if (!f)
		return;
	free(f->path);
	free(f->json);
	free(f);
}

static void put(struct end *e, const struct plan_record *r)
{
	struct buf path = BUF_INIT;
	struct file *f;

	tree_path_add(&path, r->kind->plural, r->namespace, r->name);
	file_free(map_remove(&e->tree, path.data));
	if (r->len > 0) {
		f = xcalloc(1, sizeof(*f));
		f->path = xstrdup(path.data);
		f->json = xstrndup(e->plan.text.data + r->start, r->len);
		f->len = r->len;
		map_put(&e->tree, f->path, f);
	}
	buf_done(&path);
}

static void open_world(struct end *e)
{
	struct world_settings s = { .term = ++e->term };

	snprintf(s.cluster_id, sizeof(s.cluster_id), CLUSTER);
	memset(s.key, 7, sizeof(s.key));
	world_init(&e->w, &s, e->now);
	plan_init(&e->plan, false);
	for (size_t i = 0; i < e->tree.count; i++) {
		const struct file *f = e->tree.entries[i].value;

		promise(world_load(&e->w, f->json, f->len, NULL) >= 0);
	}
	world_load_finish(&e->w);
	e->w.tree_version = e->version - 1;
	e->taken = false;
	memset(e->sessions, 0, sizeof(e->sessions));
}

static void close_world(struct end *e)
{
	plan_done(&e->plan);
	world_done(&e->w);
}

/* --- the pass ------------------------------------------------------------------------------------------------- */

static struct world_node *node(struct end *e, unsigned i)
{
	char name[] = "node-0";

	name[5] = (char)('0' + i);
	return world_node(world_find(&e->w, KIND_NODE, NULL, name));
}

static void read_back(const struct buf *text, enum wire_type type)
{
	struct wire_message m = { 0 };

	promise(wire_parse(text->data, text->len - 1, &m, NULL) == 0 && m.type == type);
	if (type == WIRE_APPLY)
		for (size_t i = 0; i < m.apply->pods.count; i++)
			promise(m.apply->pods.items[i].pod != NULL);
	wire_message_done(&m);
}

static void tell(struct end *e, unsigned i)
{
	const struct wire_apply *apply = NULL;
	struct node_session_words words;
	struct buf out = BUF_INIT;

	for (size_t k = 0; k < e->plan.apply_count; k++)
		if (e->plan.applies[k].node == node(e, i))
			apply = &e->plan.applies[k].apply;
	promise(!apply || e->sessions[i].greeted);
	if (!e->sessions[i].greeted)
		return;
	node_session_tell(&e->sessions[i], &e->w, node(e, i), CLUSTER, "me", apply, &words);
	if (words.welcome) {
		wire_write_welcome(&out, &words.welcome_body);
		read_back(&out, WIRE_WELCOME);
		buf_clear(&out);
	}
	if (words.apply) {
		wire_write_apply(&out, words.apply);
		read_back(&out, WIRE_APPLY);
	}
	buf_done(&out);
}

static void run_pass(struct end *e)
{
	const struct pass_input in = {
		.now = e->now, .version = e->version, .snapshot = e->taken ? NULL : e->snapshot
	};

	pass_run(&e->w, &in, &e->plan);
	e->taken = true;
	for (size_t i = 0; i < e->plan.record_count; i++)
		put(e, &e->plan.records[i]);
	e->version += (int64_t)e->plan.record_count;
	for (unsigned i = 0; i < NODES; i++)
		tell(e, i);
	plan_done(&e->plan);
	plan_init(&e->plan, false);
	world_sweep(&e->w);
}

/* --- lines ------------------------------------------------------------------------------------------------------ */

/* LINE with the UIDs of pods where they are meant. */
static void expand(struct end *e, const char *line, size_t len, struct buf *out)
{
	struct world_entry_list pods = world_kind_entries(&e->w, KIND_POD);

	for (size_t i = 0; i < len; i++) {
		size_t n = i + 1 < len && line[i] == '$' ? (size_t)(line[i + 1] - '0') : SIZE_MAX;

		if (n < pods.count) {
			buf_adds(out, pods.items[n]->uid);
			i++;
		} else {
			buf_addc(out, line[i]);
		}
	}
	free(pods.items);
}

static struct control control_now(struct end *e)
{
	return (struct control){ .world = &e->w, .plan = &e->plan, .now = e->now };
}

static void hang_up(struct end *e)
{
	struct control c = control_now(e);

	if (e->sessions[e->speaks].greeted)
		node_session_end(&e->sessions[e->speaks], &c, node(e, e->speaks));
}

/* As a link does: a second hello is taken as the first of another session. */
static void take_message(struct end *e, const char *line, size_t len)
{
	struct node_session *s = &e->sessions[e->speaks];
	struct control c = control_now(e);
	struct wire_message m = { 0 };

	if (wire_parse(line, len, &m, NULL) < 0) {
		hang_up(e);
		return;
	}
	if (m.type == WIRE_HELLO) {
		hang_up(e);
		node_session_hello(s, &c, CLUSTER, node(e, e->speaks), m.hello);
	} else if (m.type == WIRE_REPORT) {
		if (node_session_report(s, &c, node(e, e->speaks), m.report) != NODE_SESSION_GOES_ON)
			hang_up(e);
	}
	wire_message_done(&m);
}

static void take_line(struct end *e, const char *line, size_t len)
{
	struct buf text = BUF_INIT;

	if (len == 2 && line[0] == '@' && (line[1] == '0' || line[1] == '1')) {
		e->speaks = (unsigned)(line[1] - '0');
		return;
	}
	if (len == 1 && line[0] == '-') {
		hang_up(e);
	} else if (len == 1 && line[0] == '+') {
		e->now += 10 * NSEC_PER_SEC;
	} else if (len == 1 && line[0] == '!') {
		close_world(e);
		open_world(e);
	} else {
		expand(e, line, len, &text);
		take_message(e, text.data, text.len);
		buf_done(&text);
	}
	run_pass(e);
}

/* --- from the beginning to the end --------------------------------------------------------------------------------- */

static struct snapshot *make_snapshot(void)
{
	const struct object_load_options options = { .path = "f.yaml", .default_namespace = "default" };
	struct snapshot_change change = { .path = "f.yaml" };
	struct objects objects = { 0 };
	struct oid commit = { { 1 } };
	struct snapshot *s = NULL;
	struct diags diags;

	diags_init(&diags);
	promise(object_load_yaml(manifests, strlen(manifests), &options, &objects, &diags) >= 0);
	change.manifest = manifest_new("f.yaml", &commit, &objects, &diags);
	promise(snapshot_new(NULL, &commit, &change, 1, &s, &diags) >= 0);
	manifest_unref(change.manifest);
	objects_done(&objects);
	diags_done(&diags);
	return s;
}

/* What there is of pods, where, and in which phase. */
static void list_pods(struct end *e, struct buf *out)
{
	struct world_entry_list pods = world_kind_entries(&e->w, KIND_POD);

	for (size_t i = 0; i < pods.count; i++) {
		const struct world_pod *p = world_pod(pods.items[i]);

		buf_addf(out, "%s %s %s %d %d\n", p->o.key, p->o.uid, p->node ? p->node->o.name : "",
			(int)p->phase, p->o.deleting != 0);
	}
	free(pods.items);
}

static void start_anew(struct end *e)
{
	struct buf before = BUF_INIT, after = BUF_INIT;

	list_pods(e, &before);
	close_world(e);
	open_world(e);
	list_pods(e, &after);
	promise(str_eq(before.data, after.data));
	buf_done(&before);
	buf_done(&after);
	run_pass(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snapshot *snapshot; /* the same for all inputs */
	struct end e = { .version = 1, .now = START };
	struct wire_reader r;
	const char *line;
	size_t len;

	if (!snapshot)
		snapshot = make_snapshot();
	e.snapshot = snapshot;
	open_world(&e);
	run_pass(&e);
	wire_reader_init(&r, LINE_MAX_SIZE);
	wire_reader_feed(&r, data, size);
	for (unsigned n = 0; n < LINES_MAX && wire_reader_line(&r, &line, &len) > 0; n++)
		take_line(&e, line, len);
	wire_reader_done(&r);
	start_anew(&e);
	close_world(&e);
	for (size_t i = 0; i < e.tree.count; i++)
		file_free(e.tree.entries[i].value);
	map_done(&e.tree);
	return 0;
}
