/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* node drain: commits that a node is to be empty, and shows how its pods leave, as kubectl drain does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/node.h"
#include "reconciler/ctl/revision.h"
#include "reconciler/ctl/sync_view.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/health.h"
#include "reconciler/tree_path.h"

static const struct ctl_option options[] = {
	{ "timeout", 0, CTL_DURATION, "DURATION", "wait no longer than this; default 0, for ever", NULL },
	{ "no-wait", 0, CTL_FLAG, NULL, "commit, and don't wait until the pods have left", NULL },
	{ "dry-run", 0, CTL_FLAG, NULL, "show what would be committed, and commit nothing", NULL },
	{ "ignore-daemonsets", 0, CTL_FLAG, NULL,
		"understood for kubectl's sake: pods of DaemonSets always stay", NULL },
	{ "delete-emptydir-data", 0, CTL_FLAG, NULL,
		"understood for kubectl's sake: what is in an emptyDir always goes with its pod", NULL },
};

/* What is known of one node. */
struct drained_node {
	const char *name;
	char *path;    /* of its file in the tree */
	bool drained;  /* its condition says so */
	bool said;     /* that it is */
	char *message; /* the condition's, once a budget is in the way; or NULL */
};

/* A pod on one of the nodes. */
struct drained_pod {
	char *path; /* in the tree; the map's key */
	char *name; /* "ns/name" */
};

struct drain {
	struct home *home;
	struct repo *git;  /* or NULL */
	struct oid commit; /* to be in force; zero: it is */
	struct sync_view sync;
	struct drained_node *nodes;
	size_t node_count;
	struct map pods; /* path → struct drained_pod, of those that must leave */
	struct map stay; /* likewise, of DaemonSets */
	bool shown;      /* who must leave was told: now it is told who has left */
	struct err err;
};

static void pod_free(struct drained_pod *p)
{
	if (!p)
		return;
	free(p->path);
	free(p->name);
	free(p);
}

static void pods_done(struct map *pods)
{
	for (size_t i = 0; i < pods->count; i++)
		pod_free(pods->entries[i].value);
	map_done(pods);
}

static void drain_done(struct drain *d)
{
	for (size_t i = 0; i < d->node_count; i++) {
		free(d->nodes[i].path);
		free(d->nodes[i].message);
	}
	free(d->nodes);
	pods_done(&d->pods);
	pods_done(&d->stay);
	sync_view_done(&d->sync);
	repo_free(d->git);
}

/* --- the tree ------------------------------------------------------------------------------------------- */

static struct drained_node *node_named(struct drain *d, const char *name)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (str_eq(d->nodes[i].name, name))
			return &d->nodes[i];
	return NULL;
}

static struct drained_node *node_at(struct drain *d, const char *path)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (str_eq(d->nodes[i].path, path))
			return &d->nodes[i];
	return NULL;
}

static void take_node(struct drained_node *n, const struct node *node)
{
	const struct condition *c = NULL;
	const char *status = health_condition(&node->status.conditions, "Drained", &c);

	n->drained = str_eq(status, "True");
	free(n->message);
	n->message = c && str_eq(c->reason, "WaitsForBudget") ? xstrdup(str_or_empty(c->message)) : NULL;
}

static bool is_daemon(const struct object_meta *meta)
{
	const struct owner_reference *owner = meta_controller(meta);

	return owner && str_eq(owner->kind, "DaemonSet");
}

static void forget_pod(struct drain *d, const char *path)
{
	struct drained_pod *p = map_remove(&d->pods, path);

	if (p && d->shown)
		printf("pod/%s evicted\n", p->name);
	pod_free(p);
	pod_free(map_remove(&d->stay, path));
}

static void add_pod(struct map *pods, const char *path, const struct object *o)
{
	struct drained_pod *p;

	if (map_has(pods, path))
		return;
	p = xcalloc(1, sizeof(*p));
	p->path = xstrdup(path);
	p->name = xasprintf("%s/%s", o->meta->namespace, o->meta->name);
	map_put(pods, p->path, p);
}

static const char *name_of(const struct map_entry *e)
{
	return ((const struct drained_pod *)e->value)->name;
}

static void take_pod(struct drain *d, const char *path, const struct object *o)
{
	const struct pod *pod = object_pod(o);
	bool ended = str_eq(pod->status.phase, "Succeeded") || str_eq(pod->status.phase, "Failed");

	if (ended || !node_named(d, str_or_empty(pod->spec.node_name)))
		forget_pod(d, path);
	else
		add_pod(is_daemon(o->meta) ? &d->stay : &d->pods, path, o);
}

static int take(struct drain *d, const char *path, const char *json, size_t len)
{
	struct drained_node *n = node_at(d, path);
	bool pod = str_starts(path, "namespaces/") && strstr(path, "/pods/");
	struct items one = ITEMS_INIT;

	if (str_eq(path, "sync.json"))
		return json ? sync_view_parse(&d->sync, json, len, &d->err) : 0;
	if (!json && pod)
		forget_pod(d, path);
	if (!json && n)
		return err_set(&d->err, -ENOENT, "node \"%s\" is there no more", n->name);
	if (!json || (!n && !pod))
		return 0;
	int r = items_add(&one, path, json, len, &d->err);
	if (r == 0 && n)
		take_node(n, object_node(one.items[0].object));
	if (r == 0 && pod)
		take_pod(d, path, one.items[0].object);
	items_done(&one);
	return r;
}

/* --- what is told ----------------------------------------------------------------------------------------- */

/* Also where a newer commit came meanwhile. */
static bool in_force(const struct drain *d)
{
	char hex[OID_HEX];
	struct oid force;

	if (oid_is_zero(&d->commit) || str_eq(d->sync.in_force, oid_format(&d->commit, hex)))
		return true;
	return d->git && oid_parse(d->sync.in_force, &force) == 0 &&
	       repo_is_ancestor(d->git, &d->commit, &force, NULL) == 1;
}

static bool is_refused(const struct drain *d)
{
	char hex[OID_HEX];

	return str_eq(d->sync.seen, oid_format(&d->commit, hex)) &&
	       (str_eq(d->sync.state, "Refused") || str_eq(d->sync.state, "Guarded"));
}

static void say_who_leaves(struct drain *d)
{
	_cleanup_(freep) struct map_entry *stay = map_sorted(&d->stay), *leave = map_sorted(&d->pods);

	d->shown = true;
	for (size_t i = 0; i < d->stay.count; i++)
		printf("%s%s%s", i == 0 ? "pods of DaemonSets stay: " : ", ", name_of(&stay[i]),
			i + 1 == d->stay.count ? "\n" : "");
	for (size_t i = 0; i < d->pods.count; i++)
		printf("evicting pod %s\n", name_of(&leave[i]));
}

static void say_nodes(struct drain *d)
{
	for (size_t i = 0; i < d->node_count; i++) {
		struct drained_node *n = &d->nodes[i];

		if (n->message && *n->message)
			printf("node/%s waits: %s\n", n->name, n->message);
		if (n->message)
			*n->message = '\0';
		if (n->drained && !n->said)
			printf("node/%s drained\n", n->name);
		n->said = n->drained;
	}
}

static bool all_drained(const struct drain *d)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (!d->nodes[i].drained)
			return false;
	return true;
}

/* A batch is over. 1: that is the end. */
static int judge(struct drain *d)
{
	if (is_refused(d))
		return err_set(&d->err, -EBADMSG, "the commit is %s: %s",
			str_eq(d->sync.state, "Guarded") ? "kept waiting" : "refused",
			*d->sync.message ? d->sync.message : "see pintle status");
	if (!in_force(d))
		return 0;
	if (!d->shown)
		say_who_leaves(d);
	say_nodes(d);
	fflush(stdout);
	return all_drained(d);
}

static int on_record(const struct actual_record *record, void *arg)
{
	struct drain *d = arg;

	return record ? take(d, record->path, record->json, record->len) : judge(d);
}

static int on_file(const char *path, const char *text, size_t len, void *arg)
{
	return take(arg, path, text, len);
}

static int list(struct drain *d, const char *dir, uint64_t *ret_since, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *reader = NULL;
	_cleanup_(buf_done) struct buf sync = BUF_INIT;
	int r = actual_reader_open(dir, &reader, err);

	if (r < 0)
		return r;
	*ret_since = actual_reader_version(reader);
	if (actual_reader_get(reader, "sync.json", &sync, NULL) >= 0)
		r = on_file("sync.json", sync.data, sync.len, d);
	if (r >= 0)
		r = actual_reader_list(reader, kinds[KIND_NODE].plural, "", on_file, d, err);
	if (r >= 0)
		r = actual_reader_list(reader, kinds[KIND_POD].plural, NULL, on_file, d, err);
	return r;
}

/* pintled says nothing unasked: it has gone. */
static int on_pintled(void *arg, struct err *err)
{
	int r = client_receive(arg, err);

	return r < 0 ? r : 0;
}

/* 1: drained; 0: out of time. */
static int watch(struct drain *d, nsec_t deadline, struct err *err)
{
	_cleanup_(freep) char *dir = home_path(d->home, "actual");
	struct client client;
	uint64_t since;
	int r = client_open(d->home, &client, err);

	if (r < 0)
		return err_wrap(err, r, "the commit is made, but nobody acts on it");
	const struct follow_also also = { .fd = client.fd, .readable = on_pintled, .arg = &client };
	do {
		r = list(d, dir, &since, err);
		if (r >= 0)
			r = follow(dir, since, deadline, &also, on_record, d, err);
	} while (r == -ESTALE);
	client_done(&client);
	if (r < 0 && d->err.code)
		*err = d->err;
	return r;
}

/* --- the verb ---------------------------------------------------------------------------------------------- */

static int say_late(struct ctl *c, const struct drain *d)
{
	_cleanup_(freep) struct map_entry *left = map_sorted(&d->pods);

	ctl_fail(c, "not in time; %zu pod%s left", d->pods.count, d->pods.count == 1 ? " is" : "s are");
	for (size_t i = 0; i < d->pods.count; i++)
		fprintf(stderr, "  %s\n", name_of(&left[i]));
	return CTL_NO;
}

static int wait_drained(struct ctl *c, struct home *h, const struct ctl_args *args,
	const struct node_names *names, const struct oid *commit)
{
	nsec_t timeout = ctl_duration(args, "timeout", 0);
	nsec_t deadline = timeout > 0 ? time_monotonic() + timeout : NSEC_NEVER;
	_cleanup_(drain_done) struct drain d = { .home = h, .commit = *commit };
	struct err err = { 0 };

	sync_view_init(&d.sync);
	d.nodes = xcalloc(names->count, sizeof(d.nodes[0]));
	for (; d.node_count < names->count; d.node_count++)
		d.nodes[d.node_count] = (struct drained_node){ .name = names->items[d.node_count].name,
			.path = tree_path(&kinds[KIND_NODE], NULL, names->items[d.node_count].name) };
	revision_open_git(h, &d.git, NULL);
	int r = watch(&d, deadline, &err);
	if (r < 0)
		return ctl_fail_err(c, &err);
	return r > 0 ? CTL_DONE : say_late(c, &d);
}

static int run(struct ctl *c, const struct ctl_args *args)
{
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(node_names_done) struct node_names names = { 0 };
	struct oid commit;
	int status = node_change_verb(c, args, &node_change_drain, &h, &names, &commit);

	if (status != CTL_DONE || ctl_flag(args, "dry-run") || ctl_flag(args, "no-wait"))
		return status;
	return wait_drained(c, h, args, &names, &commit);
}

const struct ctl_verb ctl_verb_node_drain = {
	"node drain",
	"NODE… [--timeout DURATION] [--no-wait] [--dry-run]",
	"Commits that nodes are to be empty, and waits until their pods have left.",
	CTL_OPTIONS(options),
	run,
	CTL_WORDS_NODES,
};
