/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * image import, list, remove: the images of the local node. They belong to the agent, and its program changes
 * them (pintle-agent image …), whether a daemon runs or not; this one only hands the words on.
 */
#include <unistd.h>

#include "lib/base/mem.h"
#include "reconciler/ctl/daemons.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option import_options[] = {
	{ "name", 0, CTL_STRING, "REFERENCE", "what to call it; default as the file says", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "json", outputs },
};
static const struct ctl_option list_options[] = {
	{ "output", 'o', CTL_STRING, "FORMAT", "json", outputs },
	{ "no-headers", 0, CTL_FLAG, NULL, "leave the line of titles out", NULL },
};

enum { WORDS_MAX = 64 };

/* Becomes `pintle-agent --home DIR image WORDS…`; returns only where that fails. */
static int become_agent(struct ctl *c, const char *const *words, size_t count)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(freep) char *path = daemon_path("pintle-agent");
	char *argv[WORDS_MAX + 8];
	size_t n = 0;
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	argv[n++] = path;
	argv[n++] = xstrdup("--home");
	argv[n++] = h->dir;
	argv[n++] = xstrdup("image");
	for (size_t i = 0; i < count; i++)
		argv[n++] = xstrdup(words[i]);
	argv[n] = NULL;
	fflush(stdout);
	execv(path, argv);
	return ctl_fail(c, "%s: %m", path);
}

static int run_import(struct ctl *c, const struct ctl_args *args)
{
	const char *words[WORDS_MAX] = { "import" };
	size_t n = 1;
	if (args->word_count != 1)
		return ctl_usage(c, "one path is wanted, and there are %zu", args->word_count);
	if (ctl_string(args, "name")) {
		words[n++] = "--name";
		words[n++] = ctl_string(args, "name");
	}
	if (ctl_string(args, "output"))
		words[n++] = "--json";
	words[n++] = "--";
	words[n++] = args->words[0];
	return become_agent(c, words, n);
}

static int run_list(struct ctl *c, const struct ctl_args *args)
{
	const char *words[WORDS_MAX] = { "list" };
	size_t n = 1;
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (ctl_string(args, "output"))
		words[n++] = "--json";
	if (ctl_flag(args, "no-headers"))
		words[n++] = "--no-headers";
	return become_agent(c, words, n);
}

static int run_remove(struct ctl *c, const struct ctl_args *args)
{
	const char *words[WORDS_MAX] = { "remove", "--" };
	size_t n = 2;
	if (args->word_count == 0 || args->word_count > WORDS_MAX - 2)
		return ctl_usage(c, "at least one image is wanted");
	for (size_t i = 0; i < args->word_count; i++)
		words[n++] = args->words[i];
	return become_agent(c, words, n);
}

const struct ctl_verb ctl_verb_image_import = {
	"image import",
	"PATH [--name REFERENCE]",
	"Takes an OCI layout, oci-archive or docker-archive into the local node's images.",
	CTL_OPTIONS(import_options),
	run_import,
	CTL_WORDS_FILES,
};
const struct ctl_verb ctl_verb_image_list = {
	"image list",
	"[-o json]",
	"Lists the images of the local node.",
	CTL_OPTIONS(list_options),
	run_list,
	CTL_WORDS_NONE,
};
const struct ctl_verb ctl_verb_image_remove = {
	"image remove",
	"REFERENCE…",
	"Removes images that no pod uses from the local node.",
	NULL,
	0,
	run_remove,
	CTL_WORDS_NONE,
};
