/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* simulate: where the pods of manifests would be placed, on nodes that are given. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/ctl/load.h"
#include "reconciler/ctl/simulation.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "nodes", 0, CTL_STRING, "FILE",
		"the Nodes, as kubectl get nodes -o yaml prints them; - for standard input", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "json: placements, and what is unschedulable", outputs },
};

/* What a large cluster prints: 15,000 nodes with their images. */
static const struct yaml_limits printed_limits = {
	.bytes = (size_t)1024 * 1024 * 1024,
	.depth = 128,
	.nodes = 100000000,
	.documents = 1000000,
};

struct input {
	struct objects objects;
	struct diags diags;
	bool nodes_given; /* those of the paths don't count */
};

static void add_snapshot(struct input *in, const struct snapshot *s)
{
	for (size_t i = 0; i < s->object_count; i++)
		if (!in->nodes_given || s->objects[i]->kind->id != KIND_NODE)
			objects_add(&in->objects, object_ref(s->objects[i]));
}

/* Problems of manifests are no failure here: they are in IN's list. */
static int read_path(struct input *in, const char *path, struct err *err)
{
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	int r = load_observed(path, &s, &in->diags, err);

	if (r == 0)
		add_snapshot(in, s);
	return r == -EBADMSG ? 0 : r;
}

static int read_nodes(struct input *in, const char *path, struct err *err)
{
	const struct object_load_options how = { .path = str_eq(path, "-") ? "standard input" : path,
		.default_namespace = "default",
		.mode = DECODE_MANIFEST,
		.observed = true,
		.limits = &printed_limits };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = str_eq(path, "-") ? fs_read_fd(STDIN_FILENO, how.path, printed_limits.bytes, &text, err)
				  : fs_read(AT_FDCWD, path, printed_limits.bytes, &text, err);

	if (r == 0)
		object_load_yaml(text.data, text.len, &how, &in->objects, &in->diags);
	in->nodes_given = true;
	return r;
}

static int read_all(struct input *in, const struct ctl_args *args, struct err *err)
{
	const char *nodes = ctl_string(args, "nodes");
	int r = nodes ? read_nodes(in, nodes, err) : 0;

	for (size_t i = 0; i < args->word_count && r == 0; i++)
		r = read_path(in, args->words[i], err);
	for (size_t i = 0; i < args->rest_count && r == 0; i++)
		r = read_path(in, args->rest[i], err);
	return r;
}

/* Warnings are check's to give. */
static void print_errors(struct diags *diags)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	diags_sort(diags);
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == DIAG_ERROR)
			diag_format(&diags->items[i], &out);
	fwrite(out.data, 1, out.len, stderr);
}

static bool has_kind(const struct objects *list, enum kind_id kind)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i]->kind->id == kind)
			return true;
	return false;
}

static int simulate(struct ctl *c, const struct input *in, bool json)
{
	_cleanup_(simulation_freep) struct simulation *s = NULL;
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	s = simulation_run(in->objects.items, in->objects.count);
	simulation_explain(s);
	if (json)
		simulation_write_json(s, &out);
	else
		simulation_write_text(s, &out);
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	if (!has_kind(&in->objects, KIND_NODE))
		ctl_fail(c, "there are no Nodes: give them with --nodes FILE, or among the paths");
	return s->unschedulable_count > 0 ? CTL_NO : CTL_DONE;
}

static int run_simulate(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	struct input in = { 0 };
	int r, code = CTL_FAILED;

	if (args->word_count + args->rest_count == 0)
		return ctl_usage(c, "a path is wanted: a manifest, or a directory of them");
	diags_init(&in.diags);
	r = read_all(&in, args, &err);
	print_errors(&in.diags);
	if (r < 0)
		ctl_fail_err(c, &err);
	else if (in.diags.errors > 0)
		ctl_fail(c, "the manifests have errors: nothing is placed");
	else
		code = simulate(c, &in, ctl_string(args, "output") != NULL);
	objects_done(&in.objects);
	diags_done(&in.diags);
	return code;
}

const struct ctl_verb ctl_verb_simulate = {
	"simulate",
	"[--nodes FILE] PATH…",
	"Places the manifests' pods on the given nodes, and says why where it can't.",
	CTL_OPTIONS(options),
	run_simulate,
	CTL_WORDS_FILES,
};
