/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sim/tree.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/tree_path.h"

void tree_init(struct tree *t)
{
	*t = (struct tree){ .next_version = 1 };
}

static void file_free(struct tree_file *f)
{
	if (!f)
		return;
	free(f->path);
	free(f->json);
	free(f);
}

static void clear(struct map *m)
{
	for (size_t i = 0; i < m->count; i++)
		file_free(m->entries[i].value);
	map_done(m);
	*m = (struct map){ 0 };
}

void tree_done(struct tree *t)
{
	clear(&t->files);
	clear(&t->pending);
}

static struct tree_file *file_new(const char *path, const char *json, size_t len)
{
	struct tree_file *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->json = len > 0 ? xstrndup(json, len) : NULL;
	f->len = len;
	return f;
}

void tree_copy(struct tree *t, const struct tree *from)
{
	tree_init(t);
	t->version = from->version;
	t->next_version = from->version + 1;
	for (size_t i = 0; i < from->files.count; i++) {
		const struct tree_file *f = from->files.entries[i].value;
		struct tree_file *copy = file_new(f->path, f->json, f->len);

		map_put(&t->files, copy->path, copy);
	}
}

static void put(struct map *m, struct tree_file *f)
{
	file_free(map_remove(m, f->path));
	map_put(m, f->path, f);
}

void tree_put_plan(struct tree *t, const struct plan *plan)
{
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < plan->record_count; i++) {
		const struct plan_record *r = &plan->records[i];

		buf_clear(&path);
		tree_path_add(&path, r->kind->plural, r->namespace, r->name);
		put(&t->pending, file_new(path.data, plan->text.data + r->start, r->len));
		t->next_version++;
	}
	buf_done(&path);
}

void tree_commit(struct tree *t)
{
	for (size_t i = 0; i < t->pending.count; i++) {
		struct tree_file *f = t->pending.entries[i].value;

		t->bytes += f->len;
		if (f->json) {
			put(&t->files, f);
			continue;
		}
		file_free(map_remove(&t->files, f->path));
		file_free(f);
	}
	map_clear(&t->pending);
	t->version = t->next_version - 1;
}

void tree_lose(struct tree *t)
{
	clear(&t->pending);
	t->next_version = t->version + 1;
}
