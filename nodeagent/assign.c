/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* JSON written with the writer, read through the value tree. */
#include "nodeagent/assign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { FILE_MAX = 32 << 20, RECORD_FILE_MAX = 64 << 10, UID_MAX = 128 };

static int json_load(struct arena *a, const char *path, struct value **ret, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	r = fs_read(AT_FDCWD, path, FILE_MAX, &text, err);
	if (r >= 0)
		r = json_parse(a, text.data, text.len, ret, err);
	return r < 0 ? err_wrap(err, r, "reading %s", path) : 0;
}

/* --- identity ------------------------------------------------------------------------------------------------ */

void identity_done(struct identity *id)
{
	free(id->cluster_id);
	free(id->node);
	free(id->holder);
	free(id->pod_cidr);
	free(id->dns_domain);
	*id = (struct identity){ 0 };
}

int identity_load(const char *state_dir, struct identity *ret, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/identity.json", state_dir);
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *v = NULL;
	int r;

	*ret = (struct identity){ 0 };
	r = json_load(a, path, &v, err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	/* Without its term an agent would obey a reconciler that has been replaced. */
	ret->term = value_get_int(v, "term", -1);
	if (ret->term < 0)
		return err_set(err, -EBADMSG, "reading %s: no term in it", path);
	str_set(&ret->cluster_id, value_get_string(v, "clusterId"));
	str_set(&ret->node, value_get_string(v, "node"));
	str_set(&ret->holder, value_get_string(v, "holder"));
	str_set(&ret->pod_cidr, value_get_string(v, "podCIDR"));
	str_set(&ret->dns_domain, value_get_string(v, "dnsDomain"));
	return 0;
}

int identity_save(const char *state_dir, const struct identity *id, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/identity.json", state_dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 2);

	json_begin_map(&w);
	json_member_string(&w, "clusterId", id->cluster_id);
	json_member_string(&w, "node", id->node);
	json_member_int(&w, "term", id->term);
	json_member_string(&w, "holder", id->holder);
	json_member_string(&w, "podCIDR", id->pod_cidr);
	json_member_string(&w, "dnsDomain", id->dns_domain);
	json_end_map(&w);
	buf_addc(&text, '\n');
	return fs_write(AT_FDCWD, path, text.data, text.len, 0600, FS_SYNC, err);
}

int64_t tree_version_load(const char *state_dir)
{
	_cleanup_(freep) char *path = xasprintf("%s/tree-version", state_dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int64_t version;

	if (fs_read(AT_FDCWD, path, 64, &text, NULL) < 0)
		return 0;
	text.data[strcspn(text.data, "\n")] = '\0';
	return str_to_i64(text.data, &version) == 0 && version > 0 ? version : 0;
}

int tree_version_save(const char *state_dir, int64_t version, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/tree-version", state_dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	buf_addf(&text, "%lld\n", (long long)version);
	return fs_write(AT_FDCWD, path, text.data, text.len, 0600, 0, err);
}

/* --- assignments ------------------------------------------------------------------------------------------------ */

bool pod_uid_valid(const char *uid)
{
	size_t len = strlen(str_or_empty(uid));

	if (len == 0 || len > UID_MAX || uid[0] == '.')
		return false;
	return strspn(uid, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

char *pod_state_dir(const char *state_dir, const char *uid)
{
	return xasprintf("%s/pods/%s", state_dir, uid);
}

void assignment_init(
	struct assignment *ret, struct object *pod, const char *digest, const struct string_map *refs)
{
	*ret = (struct assignment){
		.pod = object_ref(pod), .digest = xstrdup(str_or_empty(digest)), .arena = arena_new(0)
	};
	ret->refs.count = refs->count;
	ret->refs.items = arena_array(ret->arena, refs->count, sizeof(refs->items[0]));
	for (size_t i = 0; i < refs->count; i++) {
		ret->refs.items[i].key = arena_strdup(ret->arena, refs->items[i].key);
		ret->refs.items[i].value = arena_strdup(ret->arena, refs->items[i].value);
	}
}

void assignment_done(struct assignment *a)
{
	object_unref(a->pod);
	free(a->digest);
	arena_free(a->arena);
	*a = (struct assignment){ 0 };
}

int assignment_save(const char *state_dir, const struct assignment *a, struct err *err)
{
	_cleanup_(freep) char *dir = pod_state_dir(state_dir, a->pod->meta->uid);
	_cleanup_(freep) char *path = xasprintf("%s/assignment.json", dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making %s", dir);
	json_begin_map(&w);
	json_member_string(&w, "digest", a->digest);
	json_key(&w, "refs");
	json_begin_map(&w);
	for (size_t i = 0; i < a->refs.count; i++)
		json_member_string(&w, a->refs.items[i].key, a->refs.items[i].value);
	json_end_map(&w);
	json_key(&w, "pod");
	object_write_json(&w, a->pod, 0, NULL);
	json_end_map(&w);
	return fs_write(AT_FDCWD, path, text.data, text.len, 0600, 0, err);
}

int assignment_remove(const char *state_dir, const char *uid, struct err *err)
{
	_cleanup_(freep) char *dir = pod_state_dir(state_dir, uid);
	_cleanup_(freep) char *path = xasprintf("%s/assignment.json", dir);

	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, -errno, "removing %s", path);
	return fs_remove_tree(AT_FDCWD, dir, err);
}

static int cmp_pair(const void *a, const void *b)
{
	const struct string_pair *x = a, *y = b;

	return strcmp(x->key, y->key);
}

int assignment_load(const char *state_dir, const char *uid, struct assignment *ret, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/pods/%s/assignment.json", state_dir, uid);
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct string_map refs = { 0 };
	const struct value *list, *pod;
	struct object *object = NULL;
	struct value *v = NULL;
	int r;

	r = json_load(a, path, &v, err);
	if (r < 0)
		return r;
	list = value_get(v, "refs");
	if (list && list->type == VALUE_MAP && list->map.count > 0) {
		refs.items = arena_array(a, list->map.count, sizeof(refs.items[0]));
		for (size_t i = 0; i < list->map.count; i++)
			refs.items[refs.count++] = (struct string_pair){ list->map.entries[i].key,
				str_or_empty(value_string(list->map.entries[i].value)) };
		qsort(refs.items, refs.count, sizeof(refs.items[0]), cmp_pair);
	}
	pod = value_get(v, "pod");
	if (!pod)
		return err_set(err, -EBADMSG, "reading %s: no pod in it", path);
	r = object_from_value(pod, &object, err);
	if (r < 0)
		return err_wrap(err, r, "reading %s", path);
	if (object->kind->id != KIND_POD || !str_eq(object->meta->uid, uid)) {
		object_unref(object);
		return err_set(err, -EBADMSG, "reading %s: not the Pod of that UID", path);
	}
	assignment_init(ret, object, value_get_string(v, "digest"), &refs);
	object_unref(object);
	return 0;
}

/* --- records ---------------------------------------------------------------------------------------------------- */

/* Adds a line to the SIZE bytes that we have written before; cut short, it is taken back. */
static int record_append(const char *path, const struct buf *text, int64_t size)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text->data, text->len);

	if (n == (ssize_t)text->len)
		return 0;
	if (n < 0)
		return -errno;
	return ftruncate(fd, size) < 0 ? -errno : -ENOSPC;
}

int record_save(const char *state_dir, struct pod_record *r, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/pods/%s/state.json", state_dir, r->uid);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int64_t size = r->file_size;
	int code = -1;

	record_write(&text, r);
	r->file_size = 0;
	if (size > 0 && size + (int64_t)text.len <= RECORD_FILE_MAX)
		code = record_append(path, &text, size);
	if (code < 0) {
		size = 0;
		code = fs_write(AT_FDCWD, path, text.data, text.len, 0600, 0, err);
	}
	if (code >= 0)
		r->file_size = size + (int64_t)text.len;
	return code;
}

int record_load(const char *state_dir, const char *uid, struct pod_record *ret, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/pods/%s/state.json", state_dir, uid);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	r = fs_read(AT_FDCWD, path, FILE_MAX, &text, err);
	return r < 0 ? r : record_read(text.data, text.len, ret, err);
}
