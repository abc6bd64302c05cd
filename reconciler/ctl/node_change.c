/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/host_name.h"

/* --- what they change ------------------------------------------------------------------------------------ */

static const struct yaml_step unschedulable[] = { { .key = "spec" }, { .key = "unschedulable" } };
static const struct yaml_step drain[] = { { .key = "metadata" }, { .key = "annotations" },
	{ .key = ANNOTATION_DRAIN } };
static const struct value yes = { .type = VALUE_BOOL, .boolean = true };
static const struct value yes_text = { .type = VALUE_STRING, .string = "true", .len = 4 };

#define STEPS(array) .steps = (array), .step_count = ARRAY_LEN(array)
static const struct yaml_edit cordon_edits[] = { { STEPS(unschedulable), .value = &yes } };
static const struct yaml_edit uncordon_edits[] = { { STEPS(unschedulable) }, { STEPS(drain) } };
static const struct yaml_edit drain_edits[] = { { STEPS(unschedulable), .value = &yes },
	{ STEPS(drain), .value = &yes_text } };

#define EDITS(array) .edits = (array), .edit_count = ARRAY_LEN(array)
const struct node_change node_change_cordon = { "cordon", "cordoned", EDITS(cordon_edits) };
const struct node_change node_change_uncordon = { "uncordon", "uncordoned", EDITS(uncordon_edits) };
const struct node_change node_change_drain = { "drain", "cordoned, to be drained", EDITS(drain_edits) };

/* --- names ------------------------------------------------------------------------------------------------- */

static bool has_name(const struct node_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (str_eq(n->items[i].name, name))
			return true;
	return false;
}

int node_names_parse(const char *const *words, size_t count, struct node_names *ret, struct err *err)
{
	*ret = (struct node_names){ .items = xcalloc(count + 1, sizeof(ret->items[0])) };
	for (size_t i = 0; i < count; i++) {
		const char *slash = strchr(words[i], '/'), *name = slash ? slash + 1 : words[i];
		_cleanup_(freep) char *kind = xstrndup(words[i], slash ? (size_t)(slash - words[i]) : 0);

		if (!*name || (slash && kind_by_word(kind) != &kinds[KIND_NODE])) {
			node_names_done(ret);
			return err_set(err, -EINVAL, "\"%s\" is no node's name", words[i]);
		}
		if (!has_name(ret, name))
			ret->items[ret->count++].name = name;
	}
	return 0;
}

void node_names_done(struct node_names *n)
{
	free(n->items);
	*n = (struct node_names){ 0 };
}

/* --- the commit ---------------------------------------------------------------------------------------------- */

char *node_manifest_path(const char *subpath, const char *name)
{
	return xasprintf("%s%snodes/%s.yaml", subpath, *subpath ? "/" : "", name);
}

void node_manifest_local(const char *name, struct buf *out)
{
	buf_addf(out,
		"apiVersion: v1\nkind: Node\nmetadata:\n  name: %s\n  annotations:\n    pintle.dev/local: "
		"\"true\"\n",
		name);
}

struct change {
	const struct node_change *change;
	struct node_names *names;
};

/* Where git has no Node, this host is one: it gets a manifest to be changed. */
static int edit_this_host(const struct commit_base *base, struct commit_files *files,
	const struct commit_object *o, struct err *err)
{
	_cleanup_(object_location_done) struct object_location at = { .line = 1, .col = 1 };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (!o->edits[0].value)
		return -EALREADY;
	at.path = node_manifest_path(base->subpath, o->name);
	node_manifest_local(o->name, &text);
	commit_files_put(files, at.path, &text);
	return commit_files_edit_at(files, base, &at, o->edits, o->edit_count, err);
}

static int fill(const struct commit_base *base, struct commit_files *ret, void *arg, struct err *err)
{
	struct change *c = arg;
	char host[HOST_NAME_SIZE];
	bool any = false;

	host_node_name(host, sizeof(host));
	for (size_t i = 0; i < c->names->count; i++) {
		const struct commit_object o = { .kind = &kinds[KIND_NODE],
			.name = c->names->items[i].name,
			.edits = c->change->edits,
			.edit_count = c->change->edit_count };
		int r = commit_files_edit(ret, base, &o, err);

		if (r == -ENOENT && commit_base_count(base, KIND_NODE) == 0 && str_eq(o.name, host))
			r = edit_this_host(base, ret, &o, err);
		if (r < 0 && r != -EALREADY)
			return r;
		c->names->items[i].changed = r == 0;
		any = any || r == 0;
	}
	return any ? 0 : -EALREADY;
}

static char *message_of(const struct node_change *change, const struct node_names *names)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, names->count == 1 ? "node " : "nodes ");
	for (size_t i = 0; i < names->count; i++)
		buf_addf(&text, "%s%s", i > 0 ? ", " : "", names->items[i].name);
	buf_addf(&text, ": %s\n", change->verb);
	return buf_take(&text);
}

static void say_done(const struct node_change *change, const struct node_names *names, bool dry_run,
	const struct oid *commit)
{
	char hex[OID_HEX];

	for (size_t i = 0; i < names->count; i++) {
		const struct node_name *n = &names->items[i];

		if (!n->changed)
			printf("node/%s already %s\n", n->name, change->done);
		else if (dry_run)
			printf("node/%s %s (dry run)\n", n->name, change->done);
		else
			printf("node/%s %s (commit %.10s)\n", n->name, change->done, oid_format(commit, hex));
	}
	fflush(stdout);
}

static int make(const struct home *h, const struct node_change *change, struct node_names *names,
	bool dry_run, struct oid *ret, struct err *err)
{
	struct change c = { .change = change, .names = names };
	_cleanup_(freep) char *message = message_of(change, names);
	const struct commit_request request = {
		.message = message, .dry_run = dry_run, .fill = fill, .arg = &c
	};
	int r = commit_make(h, &request, ret, err);

	if (r < 0 && r != -EALREADY)
		return r;
	say_done(change, names, dry_run, ret);
	if (r == -EALREADY || dry_run)
		*ret = (struct oid){ 0 };
	return 0;
}

int node_change_verb(struct ctl *c, const struct ctl_args *args, const struct node_change *change,
	struct home **ret_home, struct node_names *ret_names, struct oid *ret)
{
	struct err err = { 0 };

	if (args->word_count == 0)
		return ctl_usage(c, "which node?");
	if (node_names_parse(args->words, args->word_count, ret_names, &err) < 0)
		return ctl_usage(c, "%s", err_text(&err));
	if (home_open(c->home, ret_home, &err) < 0 ||
		make(*ret_home, change, ret_names, ctl_flag(args, "dry-run"), ret, &err) < 0)
		return ctl_fail_err(c, &err);
	return CTL_DONE;
}
