/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * mutation [-v] [-s SEED] [-n COUNT] FILE…: single mistakes in the good manifests of FILEs. Each document must load without an error; then
 * COUNT places (default: all, at least 500) are chosen by SEED, in each one mistake is made, and an error must be reported at that line
 * (and column). Kinds that there are no good manifests of are a failure, and so are broken references without a place. Exit status 1: something was not found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "tests/mutation/mutation.h"

enum { FILE_MAX = 1 << 20, DOCUMENTS_MAX = 1000, PLANTED_MIN = 500, REFERENCES_MAX = 200 };

struct run {
	struct arena *arena;
	struct document documents[DOCUMENTS_MAX];
	size_t document_count;
	uint64_t seed;
	size_t count;
	bool verbose;
	size_t planted, missed, unknown_kinds;
	size_t by_mistake[MISTAKE_COUNT];
	bool seen[KIND_COUNT], referred[REFERENCES_MAX];
};

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* --- documents ---------------------------------------------------------------------------------- */

static void load(const char *text, size_t len, const char *path, struct diags *diags)
{
	const struct object_load_options options = { .path = path, .default_namespace = "default" };
	struct objects objects = { 0 };

	diags_init(diags);
	object_load_yaml(text, len, &options, &objects, diags);
	diags_sort(diags);
	objects_done(&objects);
}

/* The text of lines [FROM, TO) as a document of its own; it must be good. */
static int add_document(struct run *r, const char *file, char **lines, size_t from, size_t to)
{
	struct document *d = &r->documents[r->document_count];
	_cleanup_(buf_done) struct buf text = BUF_INIT, said = BUF_INIT;
	struct yaml_documents parsed;
	struct diags diags;

	*d = (struct document){ file, from + 1, lines + from, to - from, NULL, NULL, r->arena };
	for (size_t i = 0; i < d->line_count; i++)
		buf_addf(&text, "%s\n", d->lines[i]);
	diags_init(&diags);
	yaml_parse(r->arena, file, text.data, text.len, &yaml_limits_default, &parsed, &diags);
	diags_done(&diags);
	if (parsed.count != 1)
		return -1;
	d->root = parsed.items[0];
	d->kind = kind_find(value_get_string(d->root, "apiVersion"), value_get_string(d->root, "kind"));
	if (!d->kind) {
		r->unknown_kinds++;
		return 0;
	}
	load(text.data, text.len, file, &diags);
	size_t errors = diags.errors;

	diags_format(&diags, &said);
	diags_done(&diags);
	if (errors > 0) {
		fprintf(stderr, "mutation: the document at %s:%zu is not good:\n%s", file, from + 1,
			said.data);
		return -1;
	}
	r->seen[d->kind->id] = true;
	r->document_count++;
	return 0;
}

static int read_file(struct run *r, const char *path)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct err err = { 0 };
	size_t count = 0, from = 0;

	if (fs_read(AT_FDCWD, path, FILE_MAX, &text, &err) < 0) {
		fprintf(stderr, "mutation: %s\n", err_text(&err));
		return -1;
	}
	char *copy = arena_strndup(r->arena, text.data, text.len);
	char **lines = arena_array(r->arena, text.len + 1, sizeof(*lines));

	for (char *p = copy; *p; count++) {
		lines[count] = p;
		p += strcspn(p, "\n");
		if (*p)
			*p++ = '\0';
	}
	for (size_t i = 0; i <= count; i++) {
		if (i < count && !str_eq(lines[i], "---"))
			continue;
		if (i > from &&
			(r->document_count == DOCUMENTS_MAX || add_document(r, path, lines, from, i) < 0))
			return -1;
		from = i + 1;
	}
	return 0;
}

/* --- mistakes -------------------------------------------------------------------------------------- */

static bool is_found(const struct diags *diags, const struct site *s, const struct planted *p)
{
	bool warned = s->mistake == MISTAKE_REFERENCE;

	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *d = &diags->items[i];

		/* What the API server lets pass is a warning: a name of nothing. */
		if ((d->severity == DIAG_ERROR || warned) && d->line == p->line &&
			(p->col == 0 || d->col == p->col) && (!p->meant || strstr(d->message, p->meant)))
			return true;
	}
	return false;
}

static void show(const struct run *r, const struct document *d, const struct site *s, const struct planted *p,
	const struct diags *diags)
{
	_cleanup_(buf_done) struct buf said = BUF_INIT;
	const char *line = p->text.data;

	for (uint32_t i = 1; i < p->line; i++)
		line += strcspn(line, "\n") + 1;
	diags_format(diags, &said);
	printf("%s: %s at %s, %s:%u:%u of the document at line %zu (seed %llu)\n    %.*s\n%s",
		r->verbose ? "mistake" : "NOT FOUND", mistake_names[s->mistake], s->path, d->file, p->line,
		p->col, d->first_line, (unsigned long long)r->seed, (int)strcspn(line, "\n"), line,
		said.len > 0 ? said.data : "(nothing said)\n");
	if (p->meant)
		printf("(expected to name `%s`)\n", p->meant);
}

static void try_site(struct run *r, const struct document *d, const struct site *s, uint64_t random)
{
	struct planted p;
	struct diags diags;
	bool found;

	if (!site_plant(d, s, random, &p)) {
		buf_done(&p.text);
		return;
	}
	load(p.text.data, p.text.len, d->file, &diags);
	found = is_found(&diags, s, &p);
	r->planted++;
	r->by_mistake[s->mistake]++;
	r->missed += !found;
	if (!found || r->verbose)
		show(r, d, s, &p, &diags);
	diags_done(&diags);
	buf_done(&p.text);
}

struct choice {
	const struct document *document;
	struct site site;
	uint64_t random;
};

/* All sites in an order that the seed makes; then one after another until there are enough. */
static void plant_all(struct run *r)
{
	struct choice *choices = NULL;
	size_t count = 0, cap = 0;
	uint64_t state = r->seed;

	for (size_t i = 0; i < r->document_count; i++) {
		struct sites sites;

		sites_find(&r->documents[i], &sites);
		for (size_t k = 0; k < sites.count; k++) {
			if (sites.items[k].mistake == MISTAKE_REFERENCE)
				r->referred[sites.items[k].reference] = true;
			choices = grow(choices, &cap, count + 1, sizeof(choices[0]));
			choices[count++] = (struct choice){ &r->documents[i], sites.items[k],
				random_next(&state) };
		}
		free(sites.items);
	}
	for (size_t i = count; i > 1; i--) {
		size_t k = random_next(&state) % i;
		struct choice swap = choices[i - 1];

		choices[i - 1] = choices[k];
		choices[k] = swap;
	}
	for (size_t i = 0; i < count && (r->count == 0 || r->planted < r->count); i++)
		try_site(r, choices[i].document, &choices[i].site, choices[i].random);
	free(choices);
}

static bool all_kinds_seen(const struct run *r)
{
	bool all = true;

	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (r->seen[i] || !kinds[i].in_manifests)
			continue;
		fprintf(stderr, "mutation: there is no good manifest of a %s\n", kinds[i].name);
		all = false;
	}
	return all;
}

/* After plant_all. */
static bool all_references_placed(const struct run *r)
{
	bool all = true;

	for (size_t i = 0; reference_path(i); i++) {
		if (r->referred[i])
			continue;
		fprintf(stderr, "mutation: no good manifest has a place for the broken reference %s\n",
			reference_path(i));
		all = false;
	}
	return all;
}

int main(int argc, char **argv)
{
	static struct run r = { .seed = 1 };
	int option;
	bool fine = true;

	while ((option = getopt(argc, argv, "vs:n:")) != -1) {
		if (option == 'v')
			r.verbose = true;
		else if (option == 's')
			r.seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			r.count = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	r.arena = arena_new(0);
	for (int i = optind; i < argc; i++)
		fine = read_file(&r, argv[i]) == 0 && fine;
	fine = all_kinds_seen(&r) && fine;
	if (fine)
		plant_all(&r);
	fine = fine && all_references_placed(&r);
	printf("mutation: %zu mistakes in %zu manifests, %zu not found (seed %llu)\n", r.planted,
		r.document_count, r.missed, (unsigned long long)r.seed);
	for (size_t i = 0; i < MISTAKE_COUNT; i++)
		printf("    %6zu  %s\n", r.by_mistake[i], mistake_names[i]);
	arena_free(r.arena);
	return fine && r.missed == 0 && r.planted >= (r.count ? r.count : PLANTED_MIN) ? 0 : 1;
}
