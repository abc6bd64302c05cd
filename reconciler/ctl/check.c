/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* check: loads and validates manifests, and names every problem. */
#include <errno.h>

#include "lib/base/str.h"
#include "reconciler/ctl/problems.h"
#include "reconciler/ctl/revision.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "output", 'o', CTL_STRING, "FORMAT", "json: a list of problems", outputs },
};

static void print_text(const struct revision *r, const struct snapshot *s, const struct diags *diags)
{
	struct buf out = BUF_INIT, summary = BUF_INIT;
	diags_format(diags, &out);
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	revision_describe(r, &summary);
	buf_adds(&summary, ": ");
	problems_count_text(&summary, diags);
	if (s)
		buf_addf(&summary, "; %zu object%s in %zu manifest%s", s->object_count,
			s->object_count == 1 ? "" : "s", s->manifest_count,
			s->manifest_count == 1 ? "" : "s");
	fprintf(stderr, "%s\n", summary.data);
	buf_done(&out);
	buf_done(&summary);
}

static void print_json(const struct diags *diags)
{
	struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 4);
	problems_write_json(&w, diags);
	puts(out.data);
	buf_done(&out);
}

static int check(struct ctl *c, struct revision *r, bool json)
{
	struct err err = { 0 };
	struct diags diags;
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	diags_init(&diags);
	int code = revision_load(r, &s, &diags, &err);
	bool bad = diags.errors > 0;
	if (r->guard)
		diags_add(&diags, &(struct diag){ .severity = DIAG_WARNING, .path = "" }, "%s", r->guard);
	if (code == 0 || bad) {
		if (json)
			print_json(&diags);
		else
			print_text(r, s, &diags);
	}
	diags_done(&diags);
	if (code < 0 && code != -EBADMSG)
		return ctl_fail_err(c, &err);
	return bad ? CTL_NO : CTL_DONE;
}

static int run_check(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	struct revision r;
	size_t words = args->word_count + args->rest_count;
	if (words > 1)
		return ctl_usage(c, "one path or revision is wanted, and there are %zu", words);
	const char *word = args->word_count ? args->words[0] : args->rest_count ? args->rest[0] : NULL;
	if (revision_parse(c, word, &r, &err) < 0)
		return ctl_fail_err(c, &err);
	int code = check(c, &r, ctl_string(args, "output") != NULL);
	revision_done(&r);
	return code;
}

const struct ctl_verb ctl_verb_check = {
	"check",
	"[PATH | REV]",
	"Loads and validates manifests; one line a problem.",
	CTL_OPTIONS(options),
	run_check,
	CTL_WORDS_FILES,
};
