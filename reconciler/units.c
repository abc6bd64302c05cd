/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/prune_confirm.h"
#include "reconciler/unit_moves.h"

/* A unit that differs between what is in force and the new commit. */
struct candidate {
	char *name;
	bool taken;
	bool chosen;             /* is in the set that is being tried */
	enum sync_status status; /* why it is held */
	char *message;
	struct diags problems;
	struct unit_objects objects; /* of the new commit */
	bool objects_read;
};

struct mixing {
	const struct units_request *q;
	struct oid tree;    /* of what is in force and what was taken so far; zero: nothing */
	struct snapshot *s; /* its, a reference; NULL: nothing */
	struct candidate *items;
	size_t count, cap;
	struct err *err;
};

bool units_wanted(const struct cluster *c)
{
	return c && str_eq(c->spec.sync.unit, "Directory");
}

/* --- names ---------------------------------------------------------------------------------------------- */

const char *units_of_path(struct arena *arena, const char *path, const char *subpath)
{
	const char *rest = path + strlen(str_or_empty(subpath));
	const char *slash;

	rest += strspn(rest, "/");
	slash = strchr(rest, '/');
	return slash ? arena_strndup(arena, rest, (size_t)(slash - rest)) : REPO_UNIT_TOP;
}

static bool is_in_unit(const struct object *o, const char *unit, const char *subpath)
{
	const char *rest = str_or_empty(o->path);
	size_t len = strlen(unit);

	if (strlen(rest) < strlen(str_or_empty(subpath)))
		return false;
	rest += strlen(str_or_empty(subpath));
	rest += strspn(rest, "/");
	if (str_eq(unit, REPO_UNIT_TOP))
		return !strchr(rest, '/');
	return strncmp(rest, unit, len) == 0 && rest[len] == '/';
}

/* The directory of UNIT; the caller frees it. Those that are none of their own: the path. */
static char *dir_of(const struct units_request *q, const char *unit)
{
	if (str_eq(unit, REPO_UNIT_TOP) || str_eq(unit, REPO_UNIT_OUTSIDE))
		return xstrdup(str_or_empty(q->subpath));
	return xasprintf("%s%s%s", str_or_empty(q->subpath), str_empty(q->subpath) ? "" : "/", unit);
}

/* --- deletions ------------------------------------------------------------------------------------------ */

static struct oid commit_of(const struct units_request *q, const char *unit)
{
	const struct sync_unit *known = sync_units_find(q->known, unit);
	struct oid id = q->in_force;

	if (known && oid_parse(known->in_force, &id) < 0)
		id = (struct oid){ 0 };
	return id;
}

static bool has_any(const struct snapshot *s, const char *unit, const char *subpath)
{
	for (size_t i = 0; i < s->object_count; i++)
		if (is_in_unit(s->objects[i], unit, subpath))
			return true;
	return false;
}

/* Would S delete of UNIT what nobody has confirmed? */
static bool unit_must_wait(
	const struct units_request *q, const char *unit, const struct snapshot *s, struct buf *why)
{
	size_t total = q->before ? q->before->object_count : 0;
	_cleanup_(freep) struct object **before = xcalloc(total + 1, sizeof(before[0]));
	_cleanup_(freep) char *dir = dir_of(q, unit);
	struct prune_question p = {
		.before = before,
		.after = s,
		.max_percent = q->max_percent,
		.repo = q->repo,
		.in_force = commit_of(q, unit),
		.commit = q->commit,
		.subpath = dir,
	};

	for (size_t i = 0; i < total; i++)
		if (is_in_unit(q->before->objects[i], unit, q->subpath))
			before[p.before_count++] = q->before->objects[i];
	p.emptied = !has_any(s, unit, q->subpath);
	return p.before_count > 0 && prune_must_wait(&p, why);
}

/* Only those that lose something can have to wait. */
bool units_must_wait(const struct units_request *q, const struct snapshot *s)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(prune_done) struct prune prune = { 0 };
	struct map seen = { 0 };
	bool waits = false;

	if (q->before)
		prune_find(q->before->objects, q->before->object_count, s, &prune);
	for (size_t i = 0; i < prune.gone_count && !waits; i++) {
		const char *unit = units_of_path(a, str_or_empty(prune.gone[i]->path), q->subpath);

		if (map_has(&seen, unit))
			continue;
		map_put(&seen, unit, a);
		waits = unit_must_wait(q, unit, s, NULL);
	}
	map_done(&seen);
	return waits;
}

/* --- candidates ------------------------------------------------------------------------------------------- */

static void add_candidate(const char *unit, void *arg)
{
	struct mixing *m = arg;
	struct candidate *c;

	m->items = grow(m->items, &m->cap, m->count + 1, sizeof(m->items[0]));
	c = &m->items[m->count++];
	*c = (struct candidate){ .name = xstrdup(unit) };
	diags_init(&c->problems);
}

static void mixing_done(struct mixing *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct candidate *c = &m->items[i];

		free(c->name);
		free(c->message);
		diags_done(&c->problems);
		unit_objects_done(&c->objects);
	}
	free(m->items);
	snapshot_unref(m->s);
}

static const struct candidate *find_candidate(const struct mixing *m, const char *unit)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq(m->items[i].name, unit))
			return &m->items[i];
	return NULL;
}

static bool is_chosen(const char *unit, void *arg)
{
	const struct candidate *c = find_candidate(arg, unit);

	return c && c->chosen;
}

/* C stays as it is in force. MESSAGE is taken over. */
static void hold(struct candidate *c, enum sync_status status, char *message)
{
	free(c->message);
	c->message = message;
	c->status = status;
}

/* --- one that gives an object to another ------------------------------------------------------------------ */

static int read_objects(struct mixing *m, struct candidate *c)
{
	_cleanup_(freep) char *dir = dir_of(m->q, c->name);

	if (c->objects_read || str_eq(c->name, REPO_UNIT_OUTSIDE))
		return 0;
	c->objects_read = true;
	return unit_objects_read(&c->objects, m->q->repo, m->q->before ? &m->q->before->commit : NULL,
		&m->q->commit, dir, str_eq(c->name, REPO_UNIT_TOP), m->err);
}

struct lost {
	struct object **items; /* borrowed */
	size_t count;
};

static void note_lost(struct object *before, struct object *after, void *arg)
{
	struct lost *l = arg;

	if (!after)
		l->items[l->count++] = before;
}

/* What those that are chosen have no more, by what their files say. */
static int list_lacking(struct mixing *m, struct lost *l)
{
	const struct snapshot *s = m->q->before;

	for (size_t i = 0; i < m->count; i++) {
		struct candidate *c = &m->items[i];
		int r = c->chosen ? read_objects(m, c) : 0;

		if (r < 0)
			return r;
		for (size_t k = 0; c->chosen && s && k < s->object_count; k++)
			if (unit_objects_lacks(&c->objects, s->objects[k]))
				l->items[l->count++] = s->objects[k];
	}
	return 0;
}

/* The next candidate that is to have something of what is LOST, or NULL; *RET_WHAT is that. */
static int next_receiver(
	struct mixing *m, const struct lost *lost, struct candidate **ret, const struct object **ret_what)
{
	*ret = NULL;
	for (size_t i = 0; i < m->count && lost->count > 0; i++) {
		struct candidate *c = &m->items[i];
		int r;

		if (c->taken || c->chosen)
			continue;
		if ((r = read_objects(m, c)) < 0)
			return r;
		for (size_t k = 0; k < lost->count; k++)
			if (unit_objects_has(&c->objects, lost->items[k])) {
				*ret_what = lost->items[k];
				*ret = c;
				return 0;
			}
	}
	return 0;
}

/* Who must go together with those that are chosen: by their files, or (S) by what came of them. */
static int find_receiver(
	struct mixing *m, const struct snapshot *s, struct candidate **ret, const struct object **ret_what)
{
	size_t most = (m->s ? m->s->object_count : 0) + (m->q->before ? m->q->before->object_count : 0);
	_cleanup_(freep) struct object **items = xcalloc(most + 1, sizeof(items[0]));
	struct lost lost = { .items = items };
	int r = 0;

	if (s)
		snapshot_diff(m->s, s, note_lost, &lost);
	else
		r = list_lacking(m, &lost);
	return r < 0 ? r : next_receiver(m, &lost, ret, ret_what);
}

/* --- trying ------------------------------------------------------------------------------------------------ */

struct attempt {
	struct snapshot *s;
	struct oid tree;
	struct diags problems;
	char *moves; /* what else must move, and where to; or NULL */
};

static void attempt_done(struct attempt *a)
{
	snapshot_unref(a->s);
	diags_done(&a->problems);
	free(a->moves);
}

/* What was taken so far with those that are chosen. -EBADMSG: a->problems. */
static int load_chosen(struct mixing *m, struct attempt *a)
{
	const struct oid *base = oid_is_zero(&m->tree) ? NULL : &m->tree;
	int r = repo_mix_units(
		m->q->repo, base, &m->q->commit, m->q->subpath, is_chosen, m, &a->tree, m->err);

	diags_done(&a->problems);
	diags_init(&a->problems);
	a->s = snapshot_unref(a->s);
	return r < 0 ? r
		     : desired_load(m->q->repo, &a->tree, m->q->subpath, m->s, m->q->builder, &a->s,
			       &a->problems, m->err);
}

/* Chooses what has to go together with C, until nothing is missing. -EBADMSG: it does not load. */
static int load_with_receivers(struct mixing *m, struct candidate *c, struct attempt *a)
{
	for (;;) {
		struct candidate *other;
		const struct object *what;
		int r = find_receiver(m, NULL, &other, &what);

		if (r == 0 && !other) {
			r = load_chosen(m, a);
			if (r == 0)
				r = find_receiver(m, a->s, &other, &what);
			if (r < 0 || !other)
				return r;
		}
		if (r < 0)
			return r;
		other->chosen = true;
		if (!a->moves)
			a->moves = xasprintf("%s/%s is to move from %s to %s: ", what->kind->name,
				what->meta->name, c->name, other->name);
	}
}

static bool chosen_wait(struct mixing *m, const struct attempt *a, struct buf *why)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->items[i].chosen && unit_must_wait(m->q, m->items[i].name, a->s, why))
			return true;
	return false;
}

static void take_chosen(struct mixing *m, struct attempt *a)
{
	snapshot_unref(m->s);
	m->s = TAKE_PTR(a->s);
	m->tree = a->tree;
	for (size_t i = 0; i < m->count; i++)
		m->items[i].taken |= m->items[i].chosen;
}

static void refuse(struct candidate *c, struct attempt *a)
{
	hold(c, SYNC_REFUSED,
		xasprintf("%s%zu error%s; what is in force of it stays so", str_or_empty(a->moves),
			a->problems.errors, a->problems.errors == 1 ? "" : "s"));
	diags_done(&c->problems);
	diags_init(&c->problems);
	diags_append(&c->problems, &a->problems);
}

/* Takes C if that can be. < 0: nothing can be said. */
static int try_candidate(struct mixing *m, struct candidate *c)
{
	_cleanup_(attempt_done) struct attempt a = { 0 };
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	int r;

	diags_init(&a.problems);
	for (size_t i = 0; i < m->count; i++)
		m->items[i].chosen = &m->items[i] == c;
	r = load_with_receivers(m, c, &a);
	if (r == -EBADMSG && a.problems.errors > 0)
		refuse(c, &a);
	else if (r < 0)
		return r;
	else if (chosen_wait(m, &a, &why))
		hold(c, SYNC_GUARDED, xasprintf("%s%s", str_or_empty(a.moves), why.data));
	else
		take_chosen(m, &a);
	return 0;
}

static size_t count_held(const struct mixing *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += !m->items[i].taken;
	return n;
}

/* Until nothing moves any more: what is taken may make room for what was held. */
static int try_all(struct mixing *m)
{
	for (size_t held = m->count + 1; count_held(m) < held && count_held(m) > 0;) {
		held = count_held(m);
		for (size_t i = 0; i < m->count; i++) {
			int r = m->items[i].taken ? 0 : try_candidate(m, &m->items[i]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- the result --------------------------------------------------------------------------------------------- */

struct listing {
	const struct mixing *m; /* NULL: everything is at the new commit */
	const struct units_request *q;
	struct sync_units *to;
};

static void list_unit(const char *unit, void *arg)
{
	const struct listing *l = arg;
	const struct candidate *c = l->m ? find_candidate(l->m, unit) : NULL;
	struct sync_unit u = { .name = (char *)(uintptr_t)unit, .status = SYNC_SYNCED };

	if (sync_units_find(l->to, unit))
		return;
	oid_format(&l->q->commit, u.in_force);
	if (c && !c->taken) {
		const struct oid id = l->q->before ? commit_of(l->q, unit) : (struct oid){ 0 };

		u.status = c->status;
		u.message = c->message;
		u.in_force[0] = '\0';
		if (!oid_is_zero(&id))
			oid_format(&id, u.in_force);
	}
	sync_units_add(l->to, &u);
}

static int compare_units(const void *a, const void *b)
{
	return strcmp(((const struct sync_unit *)a)->name, ((const struct sync_unit *)b)->name);
}

int units_list(const struct units_request *q, struct sync_units *ret, struct err *err)
{
	struct listing l = { .q = q, .to = ret };

	return repo_units_list(q->repo, &q->commit, q->subpath, list_unit, &l, err);
}

static int list_units(const struct mixing *m, struct units_result *ret)
{
	struct listing l = { .m = m, .q = m->q, .to = &ret->units };
	int r = repo_units_list(m->q->repo, &m->tree, m->q->subpath, list_unit, &l, m->err);

	for (size_t i = 0; i < m->count && r == 0; i++) {
		const struct candidate *c = &m->items[i];

		if (c->taken)
			continue;
		list_unit(c->name, &l);
		diags_append(&ret->problems, &c->problems);
		ret->held++;
	}
	if (ret->units.count > 1)
		qsort(ret->units.items, ret->units.count, sizeof(ret->units.items[0]), compare_units);
	return r;
}

/* Its parents are the commits that its units are of, the new one first: none of them can be lost as long as it is in force. */
static int write_commit(const struct mixing *m, const struct units_result *result, struct oid *ret)
{
	_cleanup_(freep) struct oid *parents = xcalloc(result->units.count + 1, sizeof(parents[0]));
	_cleanup_(buf_done) struct buf message = BUF_INIT;
	struct repo_commit c;
	char hex[OID_HEX];
	size_t count = 0;
	int r = repo_commit_read(m->q->repo, &m->q->commit, &c, m->err);

	if (r < 0)
		return r;
	nsec_t time = c.commit_time;
	repo_commit_done(&c);
	parents[count++] = m->q->commit;
	buf_addf(&message, "What is in force of %s\n\n", oid_format(&m->q->commit, hex));
	for (size_t i = 0; i < result->units.count; i++) {
		const struct sync_unit *u = &result->units.items[i];

		if (u->status == SYNC_SYNCED)
			continue;
		buf_addf(&message, "%s: %s\n", u->name, u->in_force[0] ? u->in_force : "nothing");
		if (oid_parse(u->in_force, &parents[count]) == 0)
			count++;
	}
	return repo_commit_tree(m->q->repo, &m->tree, parents, count, message.data, time, ret, m->err);
}

/* As the commit that it is from now on. */
static int load_result(const struct mixing *m, const struct oid *commit, struct units_result *ret)
{
	_cleanup_(diags_done) struct diags warnings;
	int r;

	diags_init(&warnings);
	r = desired_load(
		m->q->repo, commit, m->q->subpath, m->s, m->q->builder, &ret->snapshot, &warnings, m->err);
	diags_append(&ret->problems, &warnings);
	if (r == 0)
		ret->snapshot->named = m->q->commit;
	return r == -EBADMSG ? err_set(m->err, -EIO, "what was taken does not load as a whole") : r;
}

static int start(struct mixing *m)
{
	const struct units_request *q = m->q;
	const struct oid *base = q->before ? &q->before->commit : NULL;
	struct oid there;

	if (q->before) {
		m->tree = *base;
		m->s = snapshot_ref(q->before);
	}
	/* A path that is gone is a mistake of the whole commit. */
	int r = repo_find_tree(q->repo, &q->commit, str_or_empty(q->subpath), &there, m->err);
	return r < 0 ? r : repo_units_diff(q->repo, base, &q->commit, q->subpath, add_candidate, m, m->err);
}

int units_take(const struct units_request *q, struct units_result *ret, struct err *err)
{
	_cleanup_(mixing_done) struct mixing m = { .q = q, .err = err };
	struct oid commit;
	int r;

	*ret = (struct units_result){ 0 };
	diags_init(&ret->problems);
	r = start(&m);
	if (r == 0)
		r = try_all(&m);
	if (r < 0 || !m.s)
		return r;
	r = list_units(&m, ret);
	if (r == 0)
		r = write_commit(&m, ret, &commit);
	if (r == 0)
		r = load_result(&m, &commit, ret);
	diags_sort(&ret->problems);
	return r;
}

void units_result_done(struct units_result *r)
{
	snapshot_unref(r->snapshot);
	sync_units_done(&r->units);
	diags_done(&r->problems);
}

/* --- what is said ------------------------------------------------------------------------------------------- */

static const char *shown_name(const char *unit)
{
	if (str_eq(unit, REPO_UNIT_TOP))
		return "the top directory";
	return str_eq(unit, REPO_UNIT_OUTSIDE) ? "what is outside the path" : unit;
}

enum sync_status units_describe(const struct units_result *r, struct buf *out)
{
	enum sync_status worst = SYNC_SYNCED;
	bool guarded = false;

	buf_addf(out, "%zu of %zu directories %s held, and the others go ahead", r->held, r->units.count,
		r->held == 1 ? "is" : "are");
	for (size_t i = 0; i < r->units.count; i++) {
		const struct sync_unit *u = &r->units.items[i];

		if (u->status == SYNC_SYNCED)
			continue;
		buf_addf(out, "; %s: %s", shown_name(u->name), str_or_empty(u->message));
		guarded |= u->status == SYNC_GUARDED;
		if (worst != SYNC_REFUSED)
			worst = u->status;
	}
	if (guarded) {
		buf_adds(out, ". ");
		prune_add_remedy(out);
	}
	return worst;
}
