/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/image_main.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "nodeagent/image_import.h"

enum { DONE = 0, FAILED = 2 };
enum { ID_SHOWN = 12 };

/* The words of one call. */
struct words {
	const char *mode; /* "import" */
	const char *name; /* --name, or NULL */
	bool json, no_headers;
	char **paths; /* what is no option */
	int count;
};

static int fail(const struct words *w, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "pintle image%s%s: %s\n", w->mode ? " " : "", str_or_empty(w->mode), text);
	return FAILED;
}

static int fail_err(const struct words *w, const struct err *err)
{
	return fail(w, err_text(err));
}

/* Sorts ARGV into options and the rest. */
static int parse(struct words *w, int argc, char **argv)
{
	bool options = true;
	w->mode = argc > 0 ? argv[0] : NULL;
	w->paths = xcalloc((size_t)argc + 1, sizeof(*w->paths));
	for (int i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-')
			w->paths[w->count++] = argv[i];
		else if (str_eq(argv[i], "--"))
			options = false;
		else if (str_eq(argv[i], "--json"))
			w->json = true;
		else if (str_eq(argv[i], "--no-headers"))
			w->no_headers = true;
		else if (str_eq(argv[i], "--name") && i + 1 < argc)
			w->name = argv[++i];
		else
			return fail(w, "unknown option, or one without its value");
	}
	return DONE;
}

/* --- import ------------------------------------------------------------------------------------------- */

static void write_imports_json(const struct image_imports *done, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);
	json_begin_list(&w);
	for (size_t i = 0; i < done->count; i++) {
		json_begin_map(&w);
		json_member_string(&w, "name", done->items[i].name);
		json_member_string(&w, "digest", done->items[i].digest);
		json_end_map(&w);
	}
	json_end_list(&w);
	buf_addc(out, '\n');
}

static int run_import(const struct words *w, struct image_store *s)
{
	struct err err = { 0 };
	struct image_imports done = { 0 };
	struct buf out = BUF_INIT;
	if (w->count != 1)
		return fail(w, "one path is wanted");
	if (image_import(s, w->paths[0], w->name, &done, &err) < 0)
		return fail_err(w, &err);
	if (w->json)
		write_imports_json(&done, &out);
	for (size_t i = 0; i < done.count && !w->json; i++)
		buf_addf(&out, "imported %s (%s)\n", done.items[i].name, done.items[i].digest);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	image_imports_done(&done);
	return DONE;
}

/* --- list ------------------------------------------------------------------------------------------------ */

static const char *short_id(const struct image *i)
{
	const char *hex = strchr(str_or_empty(i->id), ':');
	return hex ? hex + 1 : str_or_empty(i->id);
}

/* "4.3 MB", as registries and docker count. */
static void add_size(struct buf *out, int64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = (double)bytes;
	size_t unit = 0;
	for (; n >= 1000 && unit + 1 < ARRAY_LEN(units); unit++)
		n /= 1000;
	buf_addf(out, unit && n < 10 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void write_row(struct buf *out, size_t width, const char *name, const struct image *i)
{
	buf_addf(out, "%-*s   %-*.*s   ", (int)width, name, ID_SHOWN, ID_SHOWN, short_id(i));
	add_size(out, i->size);
	buf_addc(out, '\n');
}

static size_t widest_name(const struct image_list *l)
{
	size_t width = strlen("<none>");
	for (size_t i = 0; i < l->count; i++)
		for (size_t k = 0; k < l->items[i]->names.count; k++)
			if (strlen(l->items[i]->names.items[k]) > width)
				width = strlen(l->items[i]->names.items[k]);
	return width;
}

static void write_table(const struct words *w, const struct image_list *l, struct buf *out)
{
	size_t width = widest_name(l);
	if (!w->no_headers)
		buf_addf(out, "%-*s   %-*s   SIZE\n", (int)width, "NAME", ID_SHOWN, "IMAGE ID");
	for (size_t i = 0; i < l->count; i++) {
		const struct image *image = l->items[i];
		for (size_t k = 0; k < image->names.count; k++)
			write_row(out, width, image->names.items[k], image);
		if (image->names.count == 0)
			write_row(out, width, "<none>", image);
	}
}

static void write_list_json(const struct image_list *l, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);
	json_begin_list(&w);
	for (size_t i = 0; i < l->count; i++) {
		const struct image *image = l->items[i];
		json_begin_map(&w);
		json_key(&w, "names");
		json_begin_list(&w);
		for (size_t k = 0; k < image->names.count; k++)
			json_cstring(&w, image->names.items[k]);
		json_end_list(&w);
		json_member_string(&w, "id", image->id);
		json_member_string(&w, "digest", image->digest);
		json_member_int(&w, "size", image->size);
		json_end_map(&w);
	}
	json_end_list(&w);
	buf_addc(out, '\n');
}

static int run_list(const struct words *w, struct image_store *s)
{
	struct err err = { 0 };
	struct image_list list;
	struct buf out = BUF_INIT;
	size_t damaged = 0;
	if (w->count)
		return fail(w, "no words are wanted");
	if (image_store_list(s, &list, &damaged, &err) < 0)
		return fail_err(w, &err);
	if (w->json)
		write_list_json(&list, &out);
	else
		write_table(w, &list, &out);
	fwrite(out.data, 1, out.len, stdout);
	if (damaged)
		fprintf(stderr, "pintle image list: %zu damaged image%s left out: import or pull again\n",
			damaged, damaged == 1 ? " is" : "s are");
	buf_done(&out);
	image_list_done(&list);
	return DONE;
}

/* --- remove ----------------------------------------------------------------------------------------------- */

static int run_remove(const struct words *w, struct image_store *s)
{
	int code = DONE;
	if (w->count == 0)
		return fail(w, "at least one image is wanted");
	for (int i = 0; i < w->count; i++) {
		struct err err = { 0 };
		if (image_store_remove(s, w->paths[i], &err) < 0)
			code = fail_err(w, &err);
		else
			printf("removed %s\n", w->paths[i]);
	}
	return code;
}

/* --- the mode ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*run)(const struct words *w, struct image_store *s);
} modes[] = {
	{ "import", run_import },
	{ "list", run_list },
	{ "remove", run_remove },
};

static int run(const struct words *w, const char *home)
{
	struct err err = { 0 };
	_cleanup_(image_store_closep) struct image_store *s = NULL;
	_cleanup_(freep) char *agent = xasprintf("%s/agent", home);
	_cleanup_(freep) char *dir = xasprintf("%s/agent/images", home);
	struct image_store_options options = { .dir = dir };
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (!str_eq(modes[i].name, w->mode))
			continue;
		if (fs_mkdir_p(AT_FDCWD, agent, 0700, &err) < 0 || image_store_open(&options, &s, &err) < 0)
			return fail_err(w, &err);
		return modes[i].run(w, s);
	}
	return fail(w, "import, list or remove is wanted");
}

int image_main(const char *home, int argc, char **argv)
{
	struct words w = { 0 };
	int code = parse(&w, argc, argv);
	if (code == DONE)
		code = run(&w, home);
	free(w.paths);
	if (fflush(stdout) != 0 && code == DONE)
		code = fail(&w, strerror(errno));
	return code;
}
