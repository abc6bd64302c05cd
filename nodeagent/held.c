/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A map from hash to object in front of two directories of files. */
#include "nodeagent/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { OBJECT_MAX = 8 << 20, HASH_MAX = 128 };

struct held_item {
	char *hash;
	struct object *object;
	bool saved; /* on disk */
};
struct held {
	char *config_dir, *secret_dir;
	struct map items;
	bool unsaved; /* some item may not be on disk */
};

static bool hash_valid(const char *hash)
{
	size_t len = strlen(str_or_empty(hash));

	return len > 0 && len <= HASH_MAX && hash[0] != '.' &&
	       strspn(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") == len;
}

static bool kind_held(enum kind_id id)
{
	return id == KIND_SECRET || id == KIND_CONFIG_MAP;
}

static char *file_of(const struct held *h, const char *hash, const struct object *o)
{
	return xasprintf("%s/%s.json", o->kind->id == KIND_SECRET ? h->secret_dir : h->config_dir, hash);
}

static void item_free(struct held_item *item)
{
	object_unref(item->object);
	free(item->hash);
	free(item);
}

/* Takes the reference. */
static struct held_item *put(struct held *h, const char *hash, struct object *object)
{
	struct held_item *item = xcalloc(1, sizeof(*item));

	item->hash = xstrdup(hash);
	item->object = object;
	item->saved = true;
	map_put(&h->items, item->hash, item);
	return item;
}

static int save(struct held *h, struct held_item *item, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);
	_cleanup_(freep) char *path = file_of(h, item->hash, item->object);
	int r;

	object_write_json(&w, item->object, 0, NULL);
	r = fs_write(AT_FDCWD, path, text.data, text.len, 0600, 0, err);
	item->saved = r >= 0;
	h->unsaved = h->unsaved || r < 0;
	return r;
}

int held_save(struct held *h, struct err *err)
{
	int r = 0;

	if (!h->unsaved)
		return 0;
	h->unsaved = false;
	for (size_t i = 0; i < h->items.count; i++) {
		struct held_item *item = h->items.entries[i].value;

		if (!item->saved && save(h, item, err) < 0)
			r = err->code;
	}
	return r;
}

/*
 * What stands in DIR under NAME. Anything that held_add would not have put there is removed: a file that does not load, a
 * Secret outside of the secrets' directory, what a killed agent was about to write.
 */
static void load_one(struct held *h, const char *dir, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name), *own = NULL;
	size_t len = strlen(name) - (str_ends(name, ".json") ? strlen(".json") : 0);
	_cleanup_(freep) char *hash = xstrndup(name, len);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;

	if (str_ends(name, ".json") && hash_valid(hash) && !map_has(&h->items, hash) &&
		fs_read(AT_FDCWD, path, OBJECT_MAX, &text, NULL) >= 0 &&
		object_load_json(text.data, text.len, &o, NULL) >= 0 && kind_held(o->kind->id)) {
		own = file_of(h, hash, o);
		if (str_eq(own, path)) {
			put(h, hash, TAKE_PTR(o));
			return;
		}
	}
	unlink(path);
}

static int load(struct held *h, const char *dir, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r;

	r = fs_mkdir_p(AT_FDCWD, dir, 0700, err);
	if (r >= 0)
		r = fs_list(AT_FDCWD, dir, &names, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		load_one(h, dir, names[i]);
	fs_names_free(names, count);
	return 0;
}

int held_open(const char *state_dir, const char *run_dir, struct held **ret, struct err *err)
{
	struct held *h = xcalloc(1, sizeof(*h));
	int r;

	h->config_dir = xasprintf("%s/objects", state_dir);
	h->secret_dir = xasprintf("%s/secrets", run_dir);
	r = load(h, h->config_dir, err);
	if (r >= 0)
		r = load(h, h->secret_dir, err);
	if (r < 0) {
		held_close(h);
		return r;
	}
	*ret = h;
	return 0;
}

struct held *held_close(struct held *h)
{
	if (!h)
		return NULL;
	for (size_t i = 0; i < h->items.count; i++)
		item_free(h->items.entries[i].value);
	map_done(&h->items);
	free(h->config_dir);
	free(h->secret_dir);
	free(h);
	return NULL;
}

int held_add(struct held *h, const char *hash, struct object *object, struct err *err)
{
	if (!hash_valid(hash))
		return err_set(err, -EINVAL, "\"%s\" is no hash of an object", str_or_empty(hash));
	if (!kind_held(object->kind->id))
		return err_set(err, -EINVAL, "a %s is not held on nodes", object->kind->name);
	if (map_has(&h->items, hash))
		return 0;
	return save(h, put(h, hash, object_ref(object)), err);
}

void held_forget(struct held *h, const char *hash)
{
	struct held_item *item = map_remove(&h->items, hash);
	_cleanup_(freep) char *path = NULL;

	if (!item)
		return;
	path = file_of(h, hash, item->object);
	unlink(path);
	item_free(item);
}

const struct object *held_find(const struct held *h, const char *hash)
{
	const struct held_item *item = map_get(&h->items, hash);

	return item ? item->object : NULL;
}

struct strings held_hashes(const struct held *h, struct arena *arena)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&h->items);
	struct strings list = { .count = h->items.count };

	list.items = arena_array(arena, list.count, sizeof(list.items[0]));
	for (size_t i = 0; i < list.count; i++)
		list.items[i] = arena_strdup(arena, sorted[i].key);
	return list;
}
