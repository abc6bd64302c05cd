/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/actual_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

void actual_index_done(struct actual_index *i)
{
	for (size_t k = 0; k < i->entries.count; k++)
		free(i->entries.entries[k].value);
	map_done(&i->entries);
	free(i->behind);
	*i = (struct actual_index){ 0 };
}

struct actual_entry *actual_index_get(const struct actual_index *i, const char *path)
{
	return map_get(&i->entries, path);
}

static struct actual_entry *find_or_add(struct actual_index *i, const char *path, size_t path_len)
{
	struct actual_entry *e = xcalloc(1, sizeof(*e) + path_len + 1), *old;

	memcpy(e->path, path, path_len);
	old = map_get(&i->entries, e->path);
	if (old) {
		free(e);
		return old;
	}
	e->dead = true;
	map_put(&i->entries, e->path, e);
	return e;
}

static void forget(struct actual_index *i, struct actual_entry *e)
{
	map_remove(&i->entries, e->path);
	free(e);
}

void actual_index_set(struct actual_index *i, const char *path, size_t path_len,
	const struct actual_entry *now, bool file_behind)
{
	struct actual_entry *e = find_or_add(i, path, path_len);

	if (!e->dead) {
		i->live--;
		i->live_bytes -= e->len;
	}
	e->version = now->version;
	e->offset = now->offset;
	e->moved = 0;
	e->len = now->len;
	e->dead = now->dead;
	if (!e->dead) {
		i->live++;
		i->live_bytes += e->len;
	}
	if (file_behind)
		actual_index_mark_behind(i, e);
	else if (e->dead && !e->behind)
		forget(i, e);
}

void actual_index_mark_behind(struct actual_index *i, struct actual_entry *e)
{
	if (e->behind)
		return;
	e->behind = true;
	i->behind = grow(i->behind, &i->behind_cap, i->behind_count + 1, sizeof(i->behind[0]));
	i->behind[i->behind_count++] = e;
}

struct actual_entry *actual_index_next_behind(struct actual_index *i)
{
	if (i->behind_done < i->behind_count)
		return i->behind[i->behind_done];
	i->behind_done = i->behind_count = 0;
	return NULL;
}

void actual_index_written(struct actual_index *i)
{
	assert(i->behind_done < i->behind_count);

	struct actual_entry *e = i->behind[i->behind_done++];

	e->behind = false;
	if (e->dead)
		forget(i, e);
}
