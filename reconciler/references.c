/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What has to be looked at again after a change:
 *
 *   1  the references of objects that came                 all of them
 *   2  findings of the snapshot before                     where something came that they may have missed
 *   3  references that led somewhere until now             where what they name went, or what they select
 *
 * 3 needs a walk over all references, but only where something went (or lost labels or ports), and a
 * comparison of names for most of them.
 */
#include "reconciler/references.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/reference_targets.h"

enum { TOUCHED_MAX = 64 }; /* objects, above which nothing more is sorted out before it is looked up again */

/* What a change can have touched. */
struct touched {
	bool kinds[KIND_COUNT]; /* objects came, went, or changed what others refer to */
	bool pods;              /* likewise: what some pods are labelled, and which ports they have */
	bool makers;            /* objects that stood in for others went, or do so no longer */
	struct map names;       /* of objects that went, or lost something that others refer to */
	/* The first of them; the counts may be larger than TOUCHED_MAX. */
	const struct object *came[TOUCHED_MAX], *went[TOUCHED_MAX], *gone_pods[TOUCHED_MAX];
	size_t came_count, went_count, gone_pod_count;
};

struct check {
	struct snapshot *s;
	struct touched touched;
	struct reference_lookup lookup;
};

/* --- what was touched --------------------------------------------------------------------------------- */

static bool same_ports(const struct containers *a, const struct containers *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->items[i].ports.count != b->items[i].ports.count)
			return false;
		for (size_t k = 0; k < a->items[i].ports.count; k++)
			if (!str_eq(a->items[i].ports.items[k].name, b->items[i].ports.items[k].name))
				return false;
	}
	return true;
}

static bool same_pods(const struct object *a, const struct object *b)
{
	const struct template_view x = object_template(a), y = object_template(b);

	return string_map_equal(x.labels, y.labels) && same_ports(&x.spec->containers, &y.spec->containers) &&
	       same_ports(&x.spec->init_containers, &y.spec->init_containers);
}

static void note(const struct object **list, size_t *count, const struct object *o)
{
	if (*count < TOUCHED_MAX)
		list[*count] = o;
	(*count)++;
}

static void lose_pods(struct touched *t, const struct object *o)
{
	note(t->gone_pods, &t->gone_pod_count, o);
	t->pods = true;
}

static void lose(struct touched *t, const struct object *o)
{
	map_put(&t->names, o->meta->name, t);
	t->kinds[o->kind->id] = true;
	note(t->went, &t->went_count, o);
	t->makers |= reference_stands_in(o->kind, NULL);
	if (object_template(o).labels)
		lose_pods(t, o);
}

static void gain(struct touched *t, const struct object *o)
{
	t->kinds[o->kind->id] = true;
	note(t->came, &t->came_count, o);
	t->pods |= object_template(o).labels != NULL;
}

/* The name stays: what matters is what others see of it. */
static void change(struct touched *t, const struct object *before, const struct object *after)
{
	if (memcmp(before->hash, after->hash, sizeof(before->hash)) == 0)
		return;
	if (!reference_same_parts(before, after)) {
		map_put(&t->names, before->meta->name, t);
		t->kinds[before->kind->id] = true;
	}
	if (object_template(before).labels && !same_pods(before, after))
		lose_pods(t, before);
	if (!reference_same_stand_in(before, after)) {
		t->makers = true;
		t->kinds[before->kind->id] = true;
	}
}

static void touch(struct touched *t, const struct snapshot_delta *d)
{
	for (size_t i = 0, j = 0; i < d->gone_count || j < d->added_count;) {
		const struct object *x = i < d->gone_count ? d->gone[i] : NULL;
		const struct object *y = j < d->added_count ? d->added[j] : NULL;
		int order = !x ? 1 : !y ? -1 : object_cmp(x, y);

		i += order <= 0;
		j += order >= 0;
		if (order == 0)
			change(t, x, y);
		else if (order < 0)
			lose(t, x);
		else
			gain(t, y);
	}
}

/* --- findings ------------------------------------------------------------------------------------------ */

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->items[i].message);
	free(f->items);
	*f = (struct findings){ 0 };
}

/* Takes over MESSAGE. */
static void add_finding(struct check *c, const struct object *from, const struct reference *r, char *message)
{
	struct findings *f = &c->s->findings;

	f->items = grow(f->items, &f->cap, f->count + 1, sizeof(f->items[0]));
	f->items[f->count++] = (struct finding){ from, r, message };
}

static void look(struct check *c, const struct object *from, const struct reference *r)
{
	char *message = reference_problem(&c->lookup, from, r);

	if (message)
		add_finding(c, from, r, message);
}

static bool is_about_pods(const struct reference *r)
{
	return str_eq(r->to, REFERS_PODS) || str_eq(r->to, REFERS_CONTAINER_PORT);
}

/* Is what F misses, or what its message suggests instead, among the objects of KIND that came or went? */
static bool is_touched(const struct touched *t, const struct finding *f, const struct kind *kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (t->kinds[i] && reference_stands_in(&kinds[i], kind))
			return true;
	if (t->came_count > TOUCHED_MAX || t->went_count > TOUCHED_MAX)
		return t->kinds[kind->id];
	for (size_t i = 0; i < t->came_count; i++) {
		const char *const names[] = { t->came[i]->meta->name, NULL };

		if (t->came[i]->kind == kind && str_nearest(f->reference->name, names))
			return true;
	}
	for (size_t i = 0; i < t->went_count; i++)
		if (t->went[i]->kind == kind && strstr(f->message, t->went[i]->meta->name))
			return true;
	return false;
}

/* May F, which led nowhere, lead somewhere now, or be worded differently? */
static bool may_have_come(const struct check *c, const struct finding *f)
{
	const struct touched *t = &c->touched;
	const struct reference *r = f->reference;
	const struct kind *kind = reference_kind(r);

	if (is_about_pods(r))
		return t->pods;
	if (reference_part_of(r))
		return t->kinds[reference_part_of(r)->id];
	return !kind || is_touched(t, f, kind);
}

/* May R, which led somewhere, lead nowhere now? */
static bool may_have_gone(const struct check *c, const struct object *from, const struct reference *r)
{
	const struct touched *t = &c->touched;
	struct label_selector selector;

	if (reference_part_of(r))
		return r->in && map_has(&t->names, r->in);
	if (!is_about_pods(r))
		return map_has(&t->names, r->name) ||
		       (t->makers && reference_kind(r) && reference_stands_in(NULL, reference_kind(r)));
	if (t->gone_pod_count == 0 || !reference_selector(from, &selector))
		return false;
	if (t->gone_pod_count > TOUCHED_MAX)
		return true;
	for (size_t i = 0; i < t->gone_pod_count; i++)
		if (str_eq(t->gone_pods[i]->meta->namespace, from->meta->namespace) &&
			label_selector_matches(&selector, object_template(t->gone_pods[i]).labels))
			return true;
	return false;
}

/* --- the three walks ------------------------------------------------------------------------------------- */

static void look_at_new(struct check *c, const struct snapshot_delta *d)
{
	for (size_t i = 0; i < d->added_count; i++)
		for (size_t k = 0; k < d->added[i]->reference_count; k++)
			look(c, d->added[i], &d->added[i]->references[k]);
}

static void look_at_findings(struct check *c, const struct snapshot *before)
{
	for (size_t i = 0; i < before->findings.count; i++) {
		const struct finding *f = &before->findings.items[i];
		const struct object_meta *m = f->from->meta;

		if (snapshot_find(c->s, f->from->kind->id, m->namespace, m->name) != f->from)
			continue;
		if (may_have_come(c, f))
			look(c, f->from, f->reference);
		else
			add_finding(c, f->from, f->reference, xstrdup(f->message));
	}
}

static void look_at_all(struct check *c)
{
	for (size_t i = 0; i < c->s->object_count; i++) {
		const struct object *o = c->s->objects[i];
		struct label_selector selector;

		/* Where no name went, only those that select pods can have lost something. */
		if (c->touched.names.count == 0 && !c->touched.makers && !reference_selector(o, &selector))
			continue;
		for (size_t k = 0; k < o->reference_count; k++)
			if (may_have_gone(c, o, &o->references[k]))
				look(c, o, &o->references[k]);
	}
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return (x->reference > y->reference) - (x->reference < y->reference);
}

/* One reference may have been looked at for two reasons. */
static void drop_repeated(struct findings *f)
{
	size_t kept = 0;

	if (f->count < 2)
		return;
	qsort(f->items, f->count, sizeof(f->items[0]), compare_findings);
	for (size_t i = 1; i < f->count; i++)
		if (f->items[i].reference == f->items[kept].reference)
			free(f->items[i].message);
		else
			f->items[++kept] = f->items[i];
	f->count = kept + 1;
}

void references_check(struct snapshot *s, const struct snapshot *before, const struct snapshot_delta *delta)
{
	struct check c = { .s = s, .lookup = { .snapshot = s } };

	look_at_new(&c, delta);
	if (before) {
		touch(&c.touched, delta);
		look_at_findings(&c, before);
		if (c.touched.names.count > 0 || c.touched.gone_pod_count > 0 || c.touched.makers)
			look_at_all(&c);
	}
	drop_repeated(&s->findings);
	map_done(&c.touched.names);
	reference_lookup_done(&c.lookup);
}

/* --- saying so ---------------------------------------------------------------------------------------------- */

/* Objects that have errors are not in the snapshot, and yet in the repository. */
struct doubts {
	bool pods; /* workloads are among them */
	struct map objects;
};

/* "Deployment/ns/name". */
static bool is_workload(const char *object)
{
	size_t len = strcspn(object, "/");

	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].workload && strlen(kinds[i].name) == len &&
			strncmp(kinds[i].name, object, len) == 0)
			return true;
	return false;
}

static void doubts_find(struct doubts *doubts, const struct diags *diags)
{
	for (size_t i = 0; i < diags->count && diags->errors > 0; i++) {
		const struct diag *d = &diags->items[i];

		if (d->severity != DIAG_ERROR || !d->object)
			continue;
		map_put(&doubts->objects, d->object, doubts);
		doubts->pods |= is_workload(d->object);
	}
}

/* Could what F misses be one of them? */
static bool is_doubtful(const struct doubts *doubts, const struct finding *f, struct arena *a)
{
	const struct reference *r = f->reference;
	const struct kind *kind = reference_kind(r);

	if (doubts->objects.count == 0)
		return false;
	if (is_about_pods(r))
		return doubts->pods;
	if (!kind)
		return true;
	return map_has(
		&doubts->objects, object_key(a, kind, r->in ? r->in : f->from->meta->namespace, r->name));
}

void references_report(const struct snapshot *s, struct diags *diags)
{
	struct doubts doubts = { 0 };

	doubts_find(&doubts, diags);
	for (size_t i = 0; i < s->findings.count; i++) {
		const struct finding *f = &s->findings.items[i];

		if (!f->message[0] || is_doubtful(&doubts, f, diags->arena))
			continue;
		struct diag at = object_place(f->from, DIAG_WARNING, diags->arena);
		at.line = f->reference->line;
		at.col = f->reference->col;
		at.field = f->reference->field;
		diags_add(diags, &at, "%s", f->message);
	}
	map_done(&doubts.objects);
}
