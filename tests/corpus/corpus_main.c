/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * corpus DIR [-v]: loads every YAML document below DIR and prints what became of it: how many documents,
 * how many objects, and what was said, most frequent first. With -v each diagnostic in full. It fails only
 * where an object that loaded does not survive being written and read again.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/object.h"
#include "lib/object/yaml.h"

struct corpus {
	bool verbose;
	size_t files, unreadable, documents, objects, lists, refused, held, errors, warnings, changed;
	size_t by_kind[KIND_COUNT];
	struct map reasons; /* message without its particulars → struct reason */
};

struct reason {
	char *text;
	size_t count;
	char *example;
};

static struct corpus corpus; /* nftw has no user pointer */

/* A message without what stands in backticks and without numbers, so that equal reasons fall together. */
static char *generalize(const char *message)
{
	char *out = xcalloc(strlen(message) + 1, 1), *o = out;
	for (const char *p = message; *p; p++) {
		const char *end = *p == '`' ? strchr(p + 1, '`') : NULL;
		if (end) {
			o = stpcpy(o, "``");
			p = end;
		} else if (*p >= '0' && *p <= '9') {
			while (p[1] >= '0' && p[1] <= '9')
				p++;
			*o++ = 'N';
		} else {
			*o++ = *p;
		}
	}
	return out;
}

/* The last name of a field's path: what the reason is about. */
static const char *last_name(const char *field)
{
	const char *dot = field ? strrchr(field, '.') : NULL;
	return dot ? dot + 1 : str_or_empty(field);
}

static void count_reason(const struct diag *d)
{
	_cleanup_(freep) char *message = generalize(d->message);
	_cleanup_(freep) char *field = generalize(last_name(d->field));
	char *text = xasprintf("%s %s: %s", d->severity == DIAG_ERROR ? "error" : "warning", field, message);
	struct reason *r = map_get(&corpus.reasons, text);
	if (r) {
		free(text);
	} else {
		_cleanup_(buf_done) struct buf line = BUF_INIT;
		diag_format(d, &line);
		r = xcalloc(1, sizeof(*r));
		*r = (struct reason){ .text = text, .example = buf_take(&line) };
		map_put(&corpus.reasons, r->text, r);
	}
	r->count++;
}

static void count_diags(struct diags *diags)
{
	diags_sort(diags);
	for (size_t i = 0; i < diags->count; i++) {
		_cleanup_(buf_done) struct buf line = BUF_INIT;
		count_reason(&diags->items[i]);
		diag_format(&diags->items[i], &line);
		if (corpus.verbose)
			fputs(line.data, stdout);
	}
	corpus.errors += diags->errors;
	corpus.warnings += diags->count - diags->errors;
}

/* Written as JSON and read again, the object must be the same. */
static void check_round_trip(const struct object *o)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);
	_cleanup_(object_unrefp) struct object *again = NULL;
	struct err err = { 0 };
	object_write_json(&w, o, 0, NULL);
	if (object_load_json(text.data, text.len, &again, &err) < 0)
		printf("CHANGED %s:%u: %s\n", o->path, o->line, err_text(&err));
	else if (!schema_equal(o->kind->schema, o->body, again->body) ||
		 memcmp(o->hash, again->hash, 32) != 0)
		printf("CHANGED %s:%u: %s is not what it was\n", o->path, o->line, o->meta->name);
	else
		return;
	corpus.changed++;
}

static void count_objects(const struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++) {
		const struct object *o = objects->items[i];
		corpus.by_kind[o->kind->id]++;
		corpus.held += o->held_count > 0;
		check_round_trip(o);
	}
	corpus.objects += objects->count;
}

static void load_document(const struct value *v, const char *path)
{
	const struct object_load_options options = { .path = path, .mode = DECODE_MANIFEST };
	_cleanup_(objects_done) struct objects objects = { 0 };
	_cleanup_(diags_done) struct diags diags;
	diags_init(&diags);
	corpus.documents++;
	if (object_load(v, &options, &objects, &diags) < 0)
		corpus.refused++;
	count_objects(&objects);
	count_diags(&diags);
}

static void load_file(const char *path)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(diags_done) struct diags diags;
	struct yaml_documents documents = { 0 };
	struct err err = { 0 };
	diags_init(&diags);
	if (fs_read(AT_FDCWD, path, yaml_limits_default.bytes, &text, &err) < 0) {
		printf("%s\n", err_text(&err));
		return;
	}
	corpus.files++;
	if (yaml_parse(a, path, text.data, text.len, &yaml_limits_default, &documents, &diags) < 0)
		corpus.unreadable++;
	count_diags(&diags);
	for (size_t i = 0; i < documents.count; i++)
		load_document(documents.items[i], path);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F && (str_ends(path, ".yaml") || str_ends(path, ".yml") || str_ends(path, ".json")))
		load_file(path);
	return 0;
}

static int more_first(const void *a, const void *b)
{
	const struct map_entry *x = a, *y = b;
	const struct reason *p = x->value, *q = y->value;
	return p->count != q->count ? (p->count < q->count ? 1 : -1) : strcmp(x->key, y->key);
}

static void print_table(void)
{
	struct map_entry *reasons = map_sorted(&corpus.reasons);
	qsort(reasons, corpus.reasons.count, sizeof(*reasons), more_first);
	for (size_t i = 0; i < corpus.reasons.count; i++) {
		struct reason *r = reasons[i].value;
		printf("%5zu %s\n      %s", r->count, r->text, r->example);
		free(r->text);
		free(r->example);
		free(r);
	}
	printf("\nfiles %zu (%zu not YAML), documents %zu, refused %zu; objects %zu, of which held %zu; "
	       "errors %zu, warnings %zu\n",
		corpus.files, corpus.unreadable, corpus.documents, corpus.refused, corpus.objects,
		corpus.held, corpus.errors, corpus.warnings);
	for (size_t i = 0; i < KIND_COUNT; i++)
		printf("%8zu %s\n", corpus.by_kind[i], kinds[i].name);
	free(reasons);
	map_done(&corpus.reasons);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: corpus DIR [-v]\n");
		return 2;
	}
	corpus.verbose = argc > 2 && str_eq(argv[2], "-v");
	if (nftw(argv[1], visit, 32, FTW_PHYS) < 0) {
		perror(argv[1]);
		return 2;
	}
	print_table();
	return corpus.changed > 0;
}
