/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* explain: what a field means, from the schema tables. Needs no home. */
#include "lib/object/explain.h"

#include <errno.h>

#include "lib/base/str.h"
#include "reconciler/ctl/table.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "recursive", 'r', CTL_FLAG, NULL, "the fields below, all the way down", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "json", outputs },
};

static void add_short_names(const struct kind *k, struct buf *out)
{
	for (size_t i = 0; k->short_names && k->short_names[i]; i++)
		buf_addf(out, "%s%s", i ? "," : "", k->short_names[i]);
}

static void write_kinds_json(struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);
	json_begin_list(&w);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		json_begin_map(&w);
		json_member_string(&w, "name", kinds[i].plural);
		json_member_string(&w, "apiVersion", kinds[i].api_version);
		json_member_string(&w, "kind", kinds[i].name);
		json_member_bool(&w, "namespaced", kinds[i].namespaced);
		json_end_map(&w);
	}
	json_end_list(&w);
	buf_addc(out, '\n');
}

static void write_kinds(struct buf *out)
{
	static const char *const titles[] = { "NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND" };
	struct table t;
	table_begin(&t, ARRAY_LEN(titles));
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		table_text(&t, titles[i]);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		table_text(&t, kinds[i].plural);
		add_short_names(&kinds[i], table_cell(&t));
		table_text(&t, kinds[i].api_version);
		table_text(&t, kinds[i].namespaced ? "true" : "false");
		table_text(&t, kinds[i].name);
	}
	table_write(&t, out);
	table_done(&t);
}

static void print(struct buf *out)
{
	fwrite(out->data, 1, out->len, stdout);
	if (out->len && out->data[out->len - 1] != '\n')
		putchar('\n');
	buf_done(out);
}

static int run_explain(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	struct buf out = BUF_INIT;
	struct explained e;
	bool json = ctl_string(args, "output") != NULL;
	if (args->word_count > 1)
		return ctl_usage(c, "one KIND[.field…] is wanted, and there are %zu", args->word_count);
	if (args->word_count == 0) {
		if (json)
			write_kinds_json(&out);
		else
			write_kinds(&out);
		return print(&out), CTL_DONE;
	}
	if (explain_find(args->words[0], &e, &err) < 0)
		return ctl_fail_err(c, &err), CTL_NO;
	if (json) {
		struct json_writer w = JSON_WRITER(&out, 4);
		explain_write_json(&w, &e);
	} else {
		explain_write(&out, &e, ctl_flag(args, "recursive"));
	}
	return print(&out), CTL_DONE;
}

const struct ctl_verb ctl_verb_explain = {
	"explain",
	"[KIND[.FIELD…]]",
	"Says what a field of a manifest means; without a word lists the kinds.",
	CTL_OPTIONS(options),
	run_explain,
	CTL_WORDS_KINDS,
};
