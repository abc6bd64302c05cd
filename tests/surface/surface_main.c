/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * surface FILE [-v]: reads a list of the fields of Kubernetes' types and says how far Pintle's tables know those of the
 * kinds that it has. It fails where no table knows a field, where its type is another one, or where a row that is said
 * to be supported has no member to hold it. With -v each field is printed.
 *
 * A line of FILE is group/version, struct, field, "optional" or "required", and type, with tabs between; types are as
 * TypeScript writes them (string, number | string, []Container); the first line is a heading. A struct with a
 * field kind whose type is a word in quotes is a kind. Fields that are maps need not be there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/foreign.h"
#include "lib/object/object.h"

enum { COLUMNS = 5, DEPTH_MAX = 32, FILE_MAX = 16 * 1024 * 1024 };

/* One line. */
struct row {
	const char *group, *of, *name, *type;
};

struct rows {
	struct row *items;
	size_t count, cap;
};

/* As enum field_support, and what Pintle itself writes. */
enum level { LEVEL_SUPPORTED, LEVEL_ACCEPTED, LEVEL_PENDING, LEVEL_REFUSED, LEVEL_SERVER_SET, LEVELS };

static const char *const level_names[LEVELS] = { "supported", "accepted", "pending", "refused",
	"server-set" };

/* One kind on its way. */
struct walk {
	const struct rows *rows;
	const struct kind *kind;
	bool verbose;
	size_t counts[LEVELS], wrong;
};

/* --- the list --------------------------------------------------------------------------------------- */

/* Cuts TEXT, which the rows go on pointing into. */
static void read_rows(char *text, struct rows *ret)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *fields[COLUMNS] = { 0 }, *rest = line;

		for (size_t i = 0; i < COLUMNS; i++)
			fields[i] = strsep(&rest, "\t");
		if (!fields[COLUMNS - 1] || str_eq(fields[0], "group/version"))
			continue;
		ret->items = grow(ret->items, &ret->cap, ret->count + 1, sizeof(ret->items[0]));
		ret->items[ret->count++] = (struct row){ fields[0], fields[1], fields[2], fields[4] };
	}
}

static const struct row *find_row(
	const struct rows *rows, const char *group, const char *of, const char *name)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->items[i];

		if (str_eq(r->of, of) && (!group || str_eq(r->group, group)) &&
			(!name || str_eq(r->name, name)))
			return r;
	}
	return NULL;
}

/* The group of struct OF as GROUP means it: its own, or one of those that all share; NULL: it is no struct of the list. */
static const char *group_of(const struct rows *rows, const char *group, const char *of)
{
	const char *const groups[] = { group, "core/v1", "meta/v1" };

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (find_row(rows, groups[i], of, NULL))
			return groups[i];
	return NULL;
}

/* --- fields ----------------------------------------------------------------------------------------- */

static enum level level_of(const struct field *f, enum level around)
{
	enum level own = LEVEL_SUPPORTED;

	if (f->flags & FIELD_SERVER_SET)
		own = LEVEL_SERVER_SET;
	else if (f->support == ACCEPTED)
		own = LEVEL_ACCEPTED;
	else if (f->support == PENDING)
		own = LEVEL_PENDING;
	else if (f->support == REFUSED)
		own = LEVEL_REFUSED;
	return own > around ? own : around;
}

/* May a field of the list's TYPE be held by F? */
static bool type_fits(const struct field *f, const char *type, bool is_struct)
{
	static const struct {
		const char *type;
		enum field_kind kinds[6]; /* ended by FIELD_NONE */
	} types[] = {
		{ "string", { FIELD_STRING, FIELD_BYTES, FIELD_DURATION, FIELD_NONE } },
		{ "number", { FIELD_INT, FIELD_OPT_INT, FIELD_NONE } },
		{ "boolean", { FIELD_BOOL, FIELD_OPT_BOOL, FIELD_NONE } },
		{ "number | string", { FIELD_INT_OR_STRING, FIELD_NONE } },
		{ "[]string", { FIELD_STRINGS, FIELD_NONE } },
		{ "[]number", { FIELD_INTS, FIELD_NONE } },
		{ "Quantity", { FIELD_QUANTITY, FIELD_NONE } },
		{ "Time", { FIELD_TIME, FIELD_NONE } },
		{ "MicroTime", { FIELD_TIME, FIELD_NONE } },
	};

	if (f->kind == FIELD_NONE || f->kind == FIELD_ANY)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!str_eq(types[i].type, type))
			continue;
		for (size_t j = 0; types[i].kinds[j] != FIELD_NONE; j++)
			if (types[i].kinds[j] == f->kind)
				return true;
		return false;
	}
	if (str_starts(type, "[]"))
		return f->kind == FIELD_STRUCTS;
	/* A struct of quantities by name is not in the list. */
	return !is_struct || f->kind == FIELD_STRUCT || f->kind == FIELD_EMBED;
}

static void wrong(struct walk *w, const char *path, const char *what)
{
	printf("%s.%s: %s\n", w->kind->name, path, what);
	w->wrong++;
}

static void check_field(struct walk *w, const struct field *f, const struct row *r, const char *path,
	bool is_struct, enum level level)
{
	bool names_the_kind = str_eq(r->name, "apiVersion") || str_eq(r->name, "kind");

	if (!type_fits(f, r->type, is_struct))
		wrong(w, path, "the table has it as another type");
	else if (f->kind == FIELD_NONE && level == LEVEL_SUPPORTED && !names_the_kind)
		wrong(w, path, "is said to be supported, and is not kept");
	w->counts[level]++;
	if (w->verbose)
		printf("%s.%s: %s\n", w->kind->name, path, level_names[level]);
}

/* The fields of struct OF of GROUP, which SCHEMA (NULL: all is kept as it is, or nothing) is the table of. */
static void walk_struct(struct walk *w, const char *group, const char *of, const struct schema *schema,
	const char *path, enum level around)
{
	for (size_t i = 0; i < w->rows->count; i++) {
		const struct row *r = &w->rows->items[i];
		const char *inner = str_starts(r->type, "[]") ? r->type + 2 : r->type;
		const struct field *f = NULL;
		enum level level = around;

		if (!str_eq(r->of, of) || !str_eq(r->group, group))
			continue;
		_cleanup_(freep) char *below = xasprintf("%s%s%s", path, *path ? "." : "", r->name);
		const char *inner_group = group_of(w->rows, group, inner);
		if (schema) {
			f = schema_find(schema, r->name);
			if (!f) {
				wrong(w, below, "no table knows it");
				continue;
			}
			level = level_of(f, around);
			check_field(w, f, r, below, inner_group != NULL, level);
		} else {
			w->counts[around]++;
		}
		if (inner_group)
			walk_struct(w, inner_group, inner, f ? f->of : NULL, below, level);
	}
}

/* --- kinds ------------------------------------------------------------------------------------------ */

/* "v1" of the list's "\"v1\"", in TEXT's place. */
static char *unquoted(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && text[0] == '"' ? xasprintf("%.*s", (int)(len - 2), text + 1) : NULL;
}

static void add_counts(size_t *sum, const size_t *counts)
{
	for (size_t i = 0; i < LEVELS; i++)
		sum[i] += counts[i];
}

static void print_counts(const char *name, const size_t *counts, size_t wrong_count)
{
	printf("%-36s", name);
	for (size_t i = 0; i < LEVELS; i++)
		printf(" %4zu %s", counts[i], level_names[i]);
	printf(", %zu wrong\n", wrong_count);
}

/* What a manifest of a kind without a table gets to hear. */
static void print_foreign(const char *api_version, const char *name)
{
	struct arena *a = arena_new(0);

	printf("%-36s no table: %s\n", name, foreign_explain(a, api_version, name, NULL).message);
	arena_free(a);
}

struct sums {
	size_t counts[LEVELS], wrong, kinds;
};

static void walk_kind(const struct rows *rows, const struct row *r, bool verbose, struct sums *sums)
{
	const struct row *version = find_row(rows, r->group, r->of, "apiVersion");
	_cleanup_(freep) char *name = unquoted(r->type);
	_cleanup_(freep) char *api_version = version ? unquoted(version->type) : NULL;
	const struct kind *kind = name && api_version ? kind_find(api_version, name) : NULL;
	struct walk w = { .rows = rows, .kind = kind, .verbose = verbose };

	if (!name || !api_version)
		return;
	_cleanup_(freep) char *title = xasprintf("%s %s", api_version, name);
	if (!kind) {
		if (verbose)
			print_foreign(api_version, name);
		return;
	}
	bool older = str_eq(api_version, kind->older_version);
	walk_struct(&w, r->group, r->of, older ? kind->older_schema : kind->schema, "",
		kind->in_manifests ? LEVEL_SUPPORTED : LEVEL_SERVER_SET);
	print_counts(title, w.counts, w.wrong);
	add_counts(sums->counts, w.counts);
	sums->wrong += w.wrong;
	sums->kinds++;
}

int main(int argc, char **argv)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct rows rows = { 0 };
	struct sums sums = { 0 };
	struct err err = { 0 };
	size_t fields = 0;

	if (argc < 2 || !*argv[1]) {
		fprintf(stderr, "usage: surface FILE [-v]\n");
		return 2;
	}
	if (fs_read(AT_FDCWD, argv[1], FILE_MAX, &text, &err) < 0) {
		fprintf(stderr, "surface: %s\n", err_text(&err));
		return 2;
	}
	read_rows(text.data, &rows);
	for (size_t i = 0; i < rows.count; i++)
		if (str_eq(rows.items[i].name, "kind") && rows.items[i].type[0] == '"')
			walk_kind(&rows, &rows.items[i], argc > 2 && str_eq(argv[2], "-v"), &sums);
	print_counts("all", sums.counts, sums.wrong);
	for (size_t i = 0; i < LEVELS; i++)
		fields += sums.counts[i];
	printf("%zu kinds\n%zu passed, %zu failed\n", sums.kinds, fields, sums.wrong);
	free(rows.items);
	return sums.wrong > 0 || sums.kinds == 0;
}
