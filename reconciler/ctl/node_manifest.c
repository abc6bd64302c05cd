/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/node_manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/check.h"
#include "lib/object/yaml.h"
#include "reconciler/ctl/node.h"
#include "reconciler/host_name.h"

enum { EDITS_MAX = 64 };

int node_label_check(const char *label, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const char *equals = strchr(label, '=');
	const char *wrong;

	if (!equals || equals == label)
		return err_set(err, -EINVAL, "--label takes KEY=VALUE, not \"%s\"", label);
	wrong = rule_label_key(a, arena_strndup(a, label, (size_t)(equals - label)));
	if (!wrong)
		wrong = rule_label_value(a, equals + 1);
	return wrong ? err_set(err, -EINVAL, "--label %s: %s", label, wrong) : 0;
}

/* --- a new one -------------------------------------------------------------------------------------------- */

void node_manifest_write(const struct node_manifest *m, struct buf *out)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *node = value_map_new(a), *meta = value_map_new(a), *labels = value_map_new(a);
	struct value *annotations = value_map_new(a);

	value_set_string(a, node, "apiVersion", "v1");
	value_set_string(a, node, "kind", "Node");
	value_set(a, node, "metadata", meta);
	value_set_string(a, meta, "name", m->name);
	for (size_t i = 0; i < m->label_count; i++) {
		const char *equals = strchr(m->labels[i], '=');

		value_set_string(a, labels, arena_strndup(a, m->labels[i], (size_t)(equals - m->labels[i])),
			equals + 1);
	}
	if (m->label_count > 0)
		value_set(a, meta, "labels", labels);
	value_set(a, meta, "annotations", annotations);
	value_set_string(a, annotations, ANNOTATION_SSH, m->ssh);
	value_set_string(a, annotations, ANNOTATION_SSH_HOST_KEY, m->host_key);
	if (m->openssh)
		value_set_string(a, annotations, ANNOTATION_TRANSPORT, "openssh");
	yaml_write(out, node);
}

/* --- one that is there --------------------------------------------------------------------------------------- */

struct edits {
	struct arena *arena;
	struct yaml_edit items[EDITS_MAX];
	size_t count;
};

/* metadata.MAP[KEY] becomes VALUE, or goes (NULL). */
static void add_edit(struct edits *e, const char *map, const char *key, const char *value)
{
	const struct yaml_step steps[] = { { .key = "metadata" }, { .key = map }, { .key = key } };

	if (e->count < EDITS_MAX)
		e->items[e->count++] = (struct yaml_edit){ .steps = arena_memdup(
								   e->arena, steps, sizeof(steps)),
			.step_count = ARRAY_LEN(steps),
			.value = value ? value_string_new(e->arena, value) : NULL };
}

/* Has the manifest the host's key among those that people have put there? */
static bool has_key(const struct commit_base *base, const struct node_manifest *m, struct arena *a)
{
	const struct object *o = base->snapshot ? snapshot_find(base->snapshot, KIND_NODE, NULL, m->name)
						: NULL;
	const char *text = o ? string_map_get(&o->meta->annotations, ANNOTATION_SSH_HOST_KEY) : NULL;
	struct ssh_host_keys have, want;

	if (!text || ssh_host_keys_parse(a, text, &have) || ssh_host_keys_parse(a, m->host_key, &want))
		return false;
	for (size_t i = 0; i < have.count; i++)
		if (str_eq(have.items[i].base64, want.items[0].base64))
			return true;
	return false;
}

static int change_node(const struct commit_base *base, struct commit_files *files,
	const struct node_manifest *m, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct edits e = { .arena = a };

	add_edit(&e, "annotations", ANNOTATION_SSH, m->ssh);
	if (!has_key(base, m, a))
		add_edit(&e, "annotations", ANNOTATION_SSH_HOST_KEY, m->host_key);
	/* What people have said of it is left, unless it can't be. */
	if (m->openssh)
		add_edit(&e, "annotations", ANNOTATION_TRANSPORT, "openssh");
	for (size_t i = 0; i < m->label_count; i++) {
		const char *equals = strchr(m->labels[i], '=');

		add_edit(&e, "labels", arena_strndup(a, m->labels[i], (size_t)(equals - m->labels[i])),
			equals + 1);
	}
	const struct commit_object o = {
		.kind = &kinds[KIND_NODE], .name = m->name, .edits = e.items, .edit_count = e.count
	};
	return commit_files_edit(files, base, &o, err);
}

/* A file that is there, and has something else in it, is not overwritten. */
static int put_new(const struct commit_base *base, struct commit_files *files, const char *name,
	const struct buf *text, struct err *err)
{
	_cleanup_(freep) char *path = node_manifest_path(base->subpath, name);
	_cleanup_(buf_done) struct buf there = BUF_INIT;

	if (commit_files_read(files, base, path, &there, NULL) == 0)
		return err_set(err, -EEXIST, "%s is there, and has no Node %s in it", path, name);
	commit_files_put(files, path, text);
	return 0;
}

static int put_local(
	const struct commit_base *base, struct commit_files *files, const char *but, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char host[HOST_NAME_SIZE];

	host_node_name(host, sizeof(host));
	if (str_eq(host, but))
		return err_set(err, -EEXIST, "%s is the name of this host, which is a node itself", but);
	node_manifest_local(host, &text);
	return put_new(base, files, host, &text, err);
}

int node_manifest_fill(const struct commit_base *base, struct commit_files *ret, void *arg, struct err *err)
{
	const struct node_manifest *m = arg;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = change_node(base, ret, m, err);

	if (r != -ENOENT)
		return r;
	err_clear(err);
	r = 0;
	if (m->declare_local && commit_base_count(base, KIND_NODE) == 0)
		r = put_local(base, ret, m->name, err);
	node_manifest_write(m, &text);
	return r < 0 ? r : put_new(base, ret, m->name, &text, err);
}
