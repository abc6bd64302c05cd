/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Two commits of two files each, cut from any bytes at lines of "=== ": each is loaded, and what differs between their snapshots is
 * the same, the other way round, when read from the second to the first; a snapshot made from the one before is the one made afresh;
 * and the fields of a changed object differ exactly where the object does. What is said of references is the same either way to
 * build, and rules about changes hold against an object and itself.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/admission.h"
#include "reconciler/immutable.h"
#include "reconciler/references.h"
#include "tests/fuzz/fuzz.h"

enum { FILES = 2, COMMITS = 2 };
static const char *const paths[FILES] = { "a.yaml", "b.yaml" };

struct part {
	const char *text;
	size_t len;
};

/* The next part of *REST: up to a line that begins with "=== ", which is taken away. */
static struct part take_part(struct part *rest)
{
	const char *end = memmem(rest->text, rest->len, "\n=== ", 5), *line;
	struct part p = *rest;

	if (!end) {
		*rest = (struct part){ rest->text + rest->len, 0 };
		return p;
	}
	p.len = (size_t)(end - p.text) + 1;
	rest->len -= p.len;
	rest->text += p.len;
	line = memchr(rest->text, '\n', rest->len);
	p.len--;
	line = line ? line + 1 : rest->text + rest->len;
	rest->len -= (size_t)(line - rest->text);
	rest->text = line;
	return p;
}

static struct manifest *load(const char *path, const struct part *p, unsigned char blob)
{
	const struct object_load_options options = { .path = path, .default_namespace = "default" };
	struct oid id;
	struct objects objects = { 0 };
	struct diags diags;
	struct manifest *m;

	diags_init(&diags);
	object_load_yaml(p->text, p->len, &options, &objects, &diags);
	memset(&id, blob, sizeof(id));
	/* A file with errors is in no snapshot; but those of its objects that are fine are as good as any. */
	diags_done(&diags);
	diags_init(&diags);
	m = manifest_new(path, &id, &objects, &diags);
	diags_done(&diags);
	return m;
}

static struct snapshot *build(const struct snapshot *before, struct manifest *const *files)
{
	struct snapshot_change changes[FILES];
	struct oid commit = { { 1 } };
	struct snapshot *s = NULL;
	struct diags diags;

	for (size_t i = 0; i < FILES; i++)
		changes[i] = (struct snapshot_change){ paths[i], files[i] };
	diags_init(&diags);
	if (snapshot_new(before, &commit, changes, FILES, &s, &diags) < 0 && (s || diags.errors == 0))
		abort();
	diags_done(&diags);
	return s;
}

/* What a diff said, as text: how both directions and both ways to build compare. */
struct said {
	struct arena *arena;
	struct buf text;
	bool reverse;
};

static void look(struct object *before, struct object *after, void *arg)
{
	struct said *s = arg;
	struct object *a = s->reverse ? after : before, *b = s->reverse ? before : after;
	const struct object *o = before ? before : after;
	struct schema_changes changes = { 0 };

	if (!before && !after)
		abort();
	buf_addf(&s->text, "%s %c%c\n", object_key(s->arena, o->kind, o->meta->namespace, o->meta->name),
		a ? 'a' : '-', b ? 'b' : '-');
	if (!before || !after)
		return;
	if (object_cmp(before, after) != 0 || schema_equal(o->kind->schema, a->body, b->body))
		abort();
	schema_diff(s->arena, o->kind->schema, a->body, b->body, &changes);
	struct diags diags;
	diags_init(&diags);
	immutable_check(a, b, &diags);
	if (diags.count > changes.count)
		abort();
	diags_done(&diags);
	if (changes.count == 0)
		abort();
	for (size_t i = 0; i < changes.count; i++)
		if (str_eq(changes.items[i].before, changes.items[i].after) &&
			!str_eq(changes.items[i].before, "\"(secret)\""))
			abort();
}

/* What is said of the references of S. */
static char *references(const struct snapshot *s)
{
	struct buf text = BUF_INIT;
	struct diags diags;

	diags_init(&diags);
	references_report(s, &diags);
	diags_sort(&diags);
	diags_format(&diags, &text);
	diags_done(&diags);
	return buf_take(&text);
}

static void check_rules(const struct snapshot *first, const struct snapshot *second)
{
	struct snapshot_change changes[FILES];
	struct diags diags;

	diags_init(&diags);
	for (size_t i = 0; i < second->object_count; i++)
		immutable_check(second->objects[i], second->objects[i], &diags);
	if (diags.count > 0)
		abort();
	for (size_t i = 0; i < second->manifest_count && i < FILES; i++)
		changes[i] = (struct snapshot_change){ second->manifests[i]->path, second->manifests[i] };
	admission_check(second, second, changes, second->manifest_count, &diags);
	if (diags.count > 0)
		abort();
	admission_check(second, first, changes, second->manifest_count, &diags);
	diags_done(&diags);
}

static char *diff(const struct snapshot *a, const struct snapshot *b, bool reverse)
{
	struct said s = { .arena = arena_new(0), .text = BUF_INIT, .reverse = reverse };

	snapshot_diff(reverse ? b : a, reverse ? a : b, look, &s);
	arena_free(s.arena);
	return buf_take(&s.text);
}

static void compare(const struct snapshot *first, const struct snapshot *second, const struct snapshot *step)
{
	_cleanup_(freep) char *there = diff(first, second, false);
	_cleanup_(freep) char *back = diff(first, second, true);
	_cleanup_(freep) char *stepped = diff(first, step, false);
	_cleanup_(freep) char *none = diff(second, step, false);
	_cleanup_(freep) char *self = diff(first, first, false);
	_cleanup_(freep) char *fresh = references(second), *followed = references(step);

	check_rules(first, second);
	if (strcmp(fresh, followed) != 0)
		abort();
	if (strcmp(there, back) != 0 || strcmp(there, stepped) != 0 || *none || *self)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part rest = { (const char *)data, size };
	struct manifest *files[COMMITS][FILES];
	struct snapshot *first, *second, *step;

	if (size > 1 << 16)
		return 0;
	for (size_t c = 0; c < COMMITS; c++)
		for (size_t i = 0; i < FILES; i++) {
			struct part p = take_part(&rest);

			files[c][i] = load(paths[i], &p, (unsigned char)(1 + c * FILES + i));
		}
	first = build(NULL, files[0]);
	second = build(NULL, files[1]);
	step = first ? build(first, files[1]) : NULL;
	if (first && !second != !step)
		abort();
	if (first && second)
		compare(first, second, step);
	snapshot_unref(step);
	snapshot_unref(second);
	snapshot_unref(first);
	for (size_t c = 0; c < COMMITS; c++)
		for (size_t i = 0; i < FILES; i++)
			manifest_unref(files[c][i]);
	return 0;
}
