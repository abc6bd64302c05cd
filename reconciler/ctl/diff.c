/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* diff: what would change, by the reconciler's own planner. */
#include <errno.h>

#include "reconciler/ctl/diff.h"
#include "reconciler/ctl/planned.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "output", 'o', CTL_STRING, "FORMAT", "json: a plan, which pintle sync --plan takes", outputs },
};

static void print_plan(struct ctl *c, const struct planned *p, bool json)
{
	struct buf out = BUF_INIT;
	if (json)
		planned_write_json(p, &out);
	else
		plan_write_text(&p->plan, &out);
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	buf_done(&out);
	if (p->guard)
		ctl_fail(c, "%s", p->guard);
}

/* The home that is compared with; a path may be given without opening one. */
static int need_home(const struct ctl *c, struct revision *r, struct err *err)
{
	return r->home ? 0 : home_open(c->home, &r->home, err);
}

int diff_load(const struct ctl *c, struct revision *r, struct snapshot **ret, struct err *err)
{
	struct diags diags;
	/* Opened first, so that what is in force there is what a path is compared with. */
	int code = need_home(c, r, err);
	if (code < 0)
		return code;
	diags_init(&diags);
	code = revision_load(r, ret, &diags, err);
	if (r->part && (code == 0 || code == -EBADMSG)) {
		/* Directories by themselves: what is in order is taken. */
		snapshot_unref(*ret);
		*ret = TAKE_PTR(r->part);
		code = 0;
	}
	if (code == -EBADMSG) {
		struct buf out = BUF_INIT;
		diags_format(&diags, &out);
		fwrite(out.data, 1, out.len, stderr);
		buf_done(&out);
		err_set(err, code, "the manifests have errors: nothing would be done");
	}
	diags_done(&diags);
	return code;
}

int diff_run(struct ctl *c, const char *word, bool json)
{
	struct err err = { 0 };
	struct revision r;
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	struct planned planned;
	if (revision_parse(c, word, &r, &err) < 0)
		return ctl_fail_err(c, &err);
	int code = diff_load(c, &r, &s, &err);
	if (code >= 0)
		code = planned_make(r.home, s, &planned, &err);
	if (code >= 0)
		planned.guard = TAKE_PTR(r.guard);
	revision_done(&r);
	if (code < 0)
		return ctl_fail_err(c, &err);
	print_plan(c, &planned, json);
	code = planned.plan.step_count ? CTL_NO : CTL_DONE;
	planned_done(&planned);
	return code;
}

static int run_diff(struct ctl *c, const struct ctl_args *args)
{
	size_t words = args->word_count + args->rest_count;
	if (words > 1)
		return ctl_usage(c, "one path or revision is wanted, and there are %zu", words);
	const char *word = args->word_count ? args->words[0] : args->rest_count ? args->rest[0] : NULL;
	return diff_run(c, word, ctl_string(args, "output") != NULL);
}

const struct ctl_verb ctl_verb_diff = {
	"diff",
	"[REV | PATH]",
	"Shows what would change: objects, fields, pods, and where they would be placed.",
	CTL_OPTIONS(options),
	run_diff,
	CTL_WORDS_FILES,
};
