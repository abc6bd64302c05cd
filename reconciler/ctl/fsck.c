/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* fsck: do the journal and the files of the actual tree say the same? */
#include <errno.h>

#include "lib/base/str.h"
#include "lib/object/json.h"
#include "reconciler/actual.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/home.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "output", 'o', CTL_STRING, "FORMAT", "json: a list of differences", outputs },
};

static void print_line(const char *path, const char *problem, void *arg)
{
	(void)arg;
	printf("actual/%s: %s\n", path, problem);
}

static void add_json(const char *path, const char *problem, void *arg)
{
	struct json_writer *w = arg;
	json_begin_map(w);
	json_member_string(w, "path", path);
	json_member_string(w, "problem", problem);
	json_end_map(w);
}

static int fsck_json(const char *dir, struct err *err)
{
	struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 4);
	json_begin_list(&w);
	int r = actual_fsck(dir, add_json, &w, err);
	json_end_list(&w);
	if (r >= 0)
		puts(out.data);
	buf_done(&out);
	return r;
}

static int run_fsck(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	bool json = ctl_string(args, "output") != NULL;
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	_cleanup_(freep) char *dir = home_path(h, "actual");
	int r = json ? fsck_json(dir, &err) : actual_fsck(dir, print_line, NULL, &err);
	if (r == -EWOULDBLOCK)
		return ctl_fail(c, "pintled is running and writes the tree: stop it first (pintle down)");
	if (r == -ENOENT)
		return ctl_fail(c, "%s has no journal yet: pintled has never run", dir);
	if (r < 0)
		return ctl_fail_err(c, &err);
	if (r > 0)
		fprintf(stderr,
			"%d difference%s; pintled brings the files up to date from the journal when it "
			"starts\n",
			r, r == 1 ? "" : "s");
	return r > 0 ? CTL_NO : CTL_DONE;
}

const struct ctl_verb ctl_verb_fsck = {
	"fsck",
	"",
	"Compares the actual tree with its journal; changes neither.",
	CTL_OPTIONS(options),
	run_fsck,
	CTL_WORDS_NONE,
};
