/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Snapshots from texts, without a repository. Include after cmocka.h; each test is a program of its own, so that
 * all is static.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/snapshot.h"

/* A file and what it holds; yaml NULL: it is gone. */
struct file {
	const char *path, *yaml;
};

static inline struct manifest *manifest_of(const struct file *f)
{
	const struct object_load_options options = {
		.path = f->path, .default_namespace = "default", .mode = DECODE_MANIFEST
	};
	static const struct oid none;
	struct objects objects = { 0 };
	struct diags diags;

	if (!f->yaml)
		return NULL;
	diags_init(&diags);
	object_load_yaml(f->yaml, strlen(f->yaml), &options, &objects, &diags);
	if (diags.errors > 0) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		diags_format(&diags, &text);
		print_message("%s", text.data);
		fail_msg("%s has errors", f->path);
	}
	/* What is said of one file alone is not the matter here. */
	diags_done(&diags);
	diags_init(&diags);
	struct manifest *m = manifest_new(f->path, &none, &objects, &diags);

	diags_done(&diags);
	return m;
}

/* BEFORE with the COUNT FILES (by path); the problems, sorted, go to TEXT. NULL where there are errors. */
static inline struct snapshot *snapshot_of(
	const struct snapshot *before, const struct file *files, size_t count, struct buf *text)
{
	static const struct oid none;
	struct snapshot_change *changes = calloc(count + 1, sizeof(changes[0]));
	struct snapshot *s = NULL;
	struct diags diags;

	for (size_t i = 0; i < count; i++)
		changes[i] = (struct snapshot_change){ files[i].path, manifest_of(&files[i]) };
	diags_init(&diags);
	snapshot_new(before, &none, changes, count, &s, &diags);
	diags_sort(&diags);
	diags_format(&diags, text);
	diags_done(&diags);
	for (size_t i = 0; i < count; i++)
		manifest_unref(changes[i].manifest);
	free(changes);
	return s;
}
