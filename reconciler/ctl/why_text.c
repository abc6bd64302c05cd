/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * An object's story is gathered first (struct story), then told as text or JSON. What the scheduler says of a pod is asked of books made
 * from the tree (simulation.h), in which a pod that is on a node has been taken off it for the question.
 */
#include "reconciler/ctl/why_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "reconciler/ctl/simulation.h"
#include "reconciler/ctl/target.h"
#include "reconciler/health.h"
#include "reconciler/world_objects.h"

struct story {
	const struct items *list;
	const struct object *object; /* that was asked for */
	const struct object *root;   /* of git: the object, or the one that it was made for */
	struct items pods;           /* borrowed: those that are its own, or itself */
	struct simulation *books;    /* NULL: nobody asked yet */
	bool good;
};

/* --- gathering ---------------------------------------------------------------------------------------------- */

static const struct object *by_uid(const struct items *list, const char *uid)
{
	for (size_t i = 0; uid && i < list->count; i++)
		if (str_eq(list->items[i].object->meta->uid, uid))
			return list->items[i].object;
	return NULL;
}

static const struct object *controller_of(const struct items *list, const struct object *o)
{
	const struct owner_reference *by = meta_controller(o->meta);

	return by ? by_uid(list, by->uid) : NULL;
}

/* Up from O, itself included, as far as the tree knows: is BY on the way? Ends where owners go in a circle. */
static bool is_made_for(const struct items *list, const struct object *o, const struct object *by)
{
	for (unsigned depth = 0; o && depth < 8; depth++) {
		if (o == by)
			return true;
		o = controller_of(list, o);
	}
	return false;
}

static const struct object *root_of(const struct items *list, const struct object *o)
{
	for (unsigned depth = 0; depth < 8; depth++) {
		const struct object *above = controller_of(list, o);

		if (!above)
			break;
		o = above;
	}
	return o;
}

static void gather(struct story *s)
{
	s->root = root_of(s->list, s->object);
	s->pods.items = xcalloc(s->list->count, sizeof(s->pods.items[0]));
	for (size_t i = 0; i < s->list->count; i++)
		if (s->list->items[i].object->kind->id == KIND_POD &&
			is_made_for(s->list, s->list->items[i].object, s->object))
			s->pods.items[s->pods.count++] = s->list->items[i];
	target_sort(&s->pods);
}

static bool is_good(enum health h)
{
	return h == HEALTH_GOOD || h == HEALTH_NONE;
}

/* --- the scheduler ------------------------------------------------------------------------------------------ */

static struct simulated_pod *ask(struct story *s, const struct object *pod)
{
	_cleanup_(freep) struct object **all = NULL;

	if (!s->books) {
		all = xcalloc(s->list->count, sizeof(all[0]));
		for (size_t i = 0; i < s->list->count; i++)
			all[i] = s->list->items[i].object;
		s->books = simulation_new(all, s->list->count);
	}
	for (size_t i = 0; i < s->books->count; i++)
		if (str_eq(s->books->pods[i].namespace, pod->meta->namespace) &&
			str_eq(s->books->pods[i].name, pod->meta->name))
			return &s->books->pods[i];
	return NULL;
}

/* What the scheduler says of POD, as if it had no node: into RET. False: it has no say in it, and *RET_BLOCKED why, or NULL. */
static bool explain(
	struct story *s, const struct object *pod, struct sched_explanation *ret, const char **ret_blocked)
{
	struct simulated_pod *p = ask(s, pod);

	*ret_blocked = p ? p->blocked : NULL;
	if (!p || p->blocked)
		return false;
	if (p->given)
		sched_cluster_remove_pod(s->books->cluster, p->node, p);
	sched_explain(s->books->cluster, p->request, p->pinned, ret);
	if (p->given)
		simulation_book(s->books, p);
	return true;
}

/* --- text --------------------------------------------------------------------------------------------------- */

static const char *note(const struct object *o, const char *key)
{
	return string_map_get(&o->meta->annotations, key);
}

static void write_name(const struct object *o, struct buf *out)
{
	buf_addf(out, "%s/%s", o->kind->singular, o->meta->name);
	if (o->meta->namespace)
		buf_addf(out, " in %s", o->meta->namespace);
}

static void write_origin(const struct object *root, struct buf *out)
{
	const char *source = note(root, WORLD_NOTE_SOURCE), *commit = note(root, WORLD_NOTE_COMMIT);

	if (source)
		buf_addf(out, "    from %s", source);
	if (source && commit)
		buf_addf(out, ", commit %.12s", commit);
	buf_adds(out, source ? "\n" : "    no manifest in git has it\n");
}

/* Its health in a line below it. */
static bool write_health(const struct object *o, const char *indent, struct buf *out)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	enum health h = health_of(o, &why);

	if (h != HEALTH_NONE)
		buf_addf(out, "%s%s%s%s\n", indent, health_name(h), why.len ? ": " : "", why.data);
	return is_good(h);
}

static void write_state(const struct container_state *s, struct buf *out)
{
	if (s->running)
		buf_adds(out, "running");
	else if (s->terminated)
		buf_addf(out, "ended with %" PRId64 "%s%s", s->terminated->exit_code,
			s->terminated->reason ? ", " : "", str_or_empty(s->terminated->reason));
	else if (s->waiting)
		buf_addf(out, "waits%s%s%s%s", s->waiting->reason ? ": " : "",
			str_or_empty(s->waiting->reason), s->waiting->message ? ", " : "",
			str_or_empty(s->waiting->message));
	else
		buf_adds(out, "not begun");
}

static void write_containers(const struct container_statuses *list, const char *what, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct container_status *c = &list->items[i];

		buf_addf(out, "        %s %s: ", what, c->name);
		write_state(&c->state, out);
		if (c->restart_count > 0)
			buf_addf(out, ", %" PRId64 " restart%s", c->restart_count,
				c->restart_count == 1 ? "" : "s");
		buf_addf(out, "%s\n", c->state.running && !c->ready ? ", not ready" : "");
	}
}

/* TEXT's lines, each INDENT further in. */
static void write_lines(const char *text, const char *indent, struct buf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_addf(out, "%s%.*s\n", indent, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void write_unplaced(struct story *s, const struct object *pod, struct buf *out)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct sched_explanation e;
	const char *blocked;

	/* What blocks it stands in its health. */
	if (explain(s, pod, &e, &blocked))
		sched_explanation_write(&e, &text);
	write_lines(text.data, "        ", out);
}

/* Why its node, as things are now; for a pod that was asked for alone. */
static void write_choice(struct story *s, const struct object *pod, struct buf *out)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct sched_explanation e;
	const char *blocked;

	if (!explain(s, pod, &e, &blocked) || e.best_count == 0)
		return;
	buf_adds(out, "        of the nodes that would take it now:\n");
	sched_explanation_write(&e, &text);
	write_lines(text.data, "            ", out);
}

/* All of a pod but its name. */
static void write_pod(struct story *s, const struct object *o, struct buf *out)
{
	const struct pod *p = object_pod(o);
	bool placed = !str_empty(p->spec.node_name);

	buf_addf(out, "%s%s\n", placed ? "on " : "has no node", placed ? p->spec.node_name : "");
	s->good &= write_health(o, "        ", out);
	write_containers(&p->status.init_container_statuses, "init container", out);
	write_containers(&p->status.container_statuses, "container", out);
	if (!placed && !o->meta->deletion_timestamp.set)
		write_unplaced(s, o, out);
	else if (placed && o == s->object)
		write_choice(s, o, out);
}

static void write_same(size_t count, struct buf *out)
{
	if (count > 0)
		buf_addf(out, "    … and %zu more of which the same is true\n", count);
}

/* Those that are worst first; what several say alike stands there once. */
static void write_pods(struct story *s, struct buf *out)
{
	_cleanup_(buf_done) struct buf last = BUF_INIT, text = BUF_INIT;
	size_t same = 0;

	for (size_t i = s->pods.count; i > 0; i--) {
		const struct object *o = s->pods.items[i - 1].object;

		buf_clear(&text);
		write_pod(s, o, &text);
		if (str_eq(last.data, text.data)) {
			same++;
			continue;
		}
		write_same(same, out);
		same = 0;
		buf_addf(out, "    pod/%s %s", o->meta->name, text.data);
		buf_clear(&last);
		buf_adds(&last, text.data);
	}
	write_same(same, out);
}

static void write_text(struct story *s, struct buf *out)
{
	const struct object *o = s->object;

	write_name(s->root, out);
	buf_addc(out, '\n');
	write_origin(s->root, out);
	s->good &= write_health(s->root, "    ", out);
	if (o != s->root && o->kind->id != KIND_POD) {
		write_name(o, out);
		buf_addc(out, '\n');
		s->good &= write_health(o, "    ", out);
	}
	write_pods(s, out);
}

/* --- JSON --------------------------------------------------------------------------------------------------- */

static void json_health(struct story *s, struct json_writer *w, const struct object *o)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	enum health h = health_of(o, &why);

	s->good &= is_good(h);
	if (h != HEALTH_NONE)
		json_member_string(w, "health", health_name(h));
	if (why.len > 0)
		json_member_string(w, "reason", why.data);
}

static void json_object(struct story *s, struct json_writer *w, const struct object *o)
{
	json_member_string(w, "kind", o->kind->name);
	json_member_string(w, "namespace", o->meta->namespace);
	json_member_string(w, "name", o->meta->name);
	json_health(s, w, o);
}

static void json_candidates(struct json_writer *w, const struct sched_explanation *e)
{
	json_key(w, "nodes");
	json_begin_list(w);
	for (size_t i = 0; i < e->best_count; i++) {
		json_begin_map(w);
		json_member_string(w, "node", e->best[i].node);
		json_member_int(w, "score", e->best[i].score);
		json_key(w, "terms");
		json_begin_map(w);
		for (size_t t = 0; t < SCHED_TERM_COUNT; t++)
			json_member_int(w, sched_term_names[t], e->best[i].terms[t]);
		json_end_map(w);
		json_end_map(w);
	}
	json_end_list(w);
}

static void json_scheduling(struct story *s, struct json_writer *w, const struct object *pod)
{
	struct sched_explanation e;
	const char *blocked;
	bool asked = explain(s, pod, &e, &blocked);

	json_key(w, "scheduling");
	json_begin_map(w);
	json_key(w, "reasons");
	json_begin_list(w);
	for (size_t i = 0; asked && i < e.verdict.reason_count; i++) {
		json_begin_map(w);
		json_member_int(w, "nodes", e.verdict.reasons[i].nodes);
		json_member_string(w, "reason", e.verdict.reasons[i].text);
		json_end_map(w);
	}
	if (blocked) {
		json_begin_map(w);
		json_member_string(w, "reason", blocked);
		json_end_map(w);
	}
	json_end_list(w);
	if (asked && e.advice[0])
		json_member_string(w, "advice", e.advice);
	if (asked)
		json_candidates(w, &e);
	json_end_map(w);
}

static void write_json(struct story *s, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);

	json_begin_map(&w);
	json_object(s, &w, s->object);
	json_member_string(&w, "source", note(s->root, WORLD_NOTE_SOURCE));
	json_member_string(&w, "commit", note(s->root, WORLD_NOTE_COMMIT));
	if (s->root != s->object) {
		json_key(&w, "from");
		json_begin_map(&w);
		json_object(s, &w, s->root);
		json_end_map(&w);
	}
	json_key(&w, "pods");
	json_begin_list(&w);
	for (size_t i = 0; i < s->pods.count; i++) {
		const struct object *o = s->pods.items[i].object;
		const char *node = object_pod(o)->spec.node_name;

		json_begin_map(&w);
		json_object(s, &w, o);
		json_member_string(&w, "node", str_empty(node) ? NULL : node);
		if (str_empty(node) || o == s->object)
			json_scheduling(s, &w, o);
		json_end_map(&w);
	}
	json_end_list(&w);
	json_end_map(&w);
	buf_addc(out, '\n');
}

bool why_write(const struct items *list, const struct object *o, bool json, struct buf *out)
{
	struct story s = { .list = list, .object = o, .good = true };

	gather(&s);
	if (json)
		write_json(&s, out);
	else
		write_text(&s, out);
	simulation_free(s.books);
	free(s.pods.items);
	return s.good;
}
