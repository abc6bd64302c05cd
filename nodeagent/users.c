/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* passwd(5) and group(5) are read as text, line by line; damaged lines are skipped, as libc does. */
#include "nodeagent/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

enum { USER_FIELDS = 7, USER_GROUPS_MAX = 1024 };

/* One line of colon-separated fields; each is copied into the arena. */
struct user_line {
	const char *field[USER_FIELDS];
	size_t count;
};

/* Splits the next line of *TEXT into RET and moves *TEXT on; false at the end. */
static bool line_next(struct arena *a, const char **text, struct user_line *ret)
{
	const char *p = *text;

	if (!p || !*p)
		return false;
	ret->count = 0;
	for (;;) {
		size_t len = strcspn(p, ":\n");

		if (ret->count < USER_FIELDS)
			ret->field[ret->count++] = arena_strndup(a, p, len);
		p += len;
		if (*p != ':')
			break;
		p++;
	}
	*text = *p ? p + 1 : p;
	return true;
}

static bool number(const char *s, int64_t *ret)
{
	return str_to_i64(s, ret) == 0 && *ret >= 0 && *ret <= UINT32_MAX - 1;
}

/* Finds the line of passwd (uid in field 2) or group (gid in field 2) by name or, where NAME is NULL, by ID. */
static bool entry_find(struct arena *a, const char *text, const char *name, int64_t id, struct user_line *ret,
	int64_t *ret_id)
{
	while (line_next(a, &text, ret))
		if (ret->count >= 3 && number(ret->field[2], ret_id) &&
			(name ? str_eq(ret->field[0], name) : *ret_id == id))
			return true;
	return false;
}

/* --- supplementary groups ------------------------------------------------------------------------- */

static bool name_in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && strncmp(list, name, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static int cmp_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void groups_collect(struct arena *a, const struct user_input *in, struct user_ids *ids)
{
	const struct pod_security_context *psc = in->pod->security_context;
	bool merge = !psc || !str_eq(psc->supplemental_groups_policy, "Strict");
	int64_t *items = arena_array(a, USER_GROUPS_MAX, sizeof(items[0])), gid;
	const char *text = in->group;
	struct user_line line;
	size_t n = 0, kept = 0;

	while (merge && ids->name && n < USER_GROUPS_MAX && line_next(a, &text, &line))
		if (line.count >= 4 && number(line.field[2], &gid) && name_in_list(line.field[3], ids->name))
			items[n++] = gid;
	for (size_t i = 0; psc && i < psc->supplemental_groups.count && n < USER_GROUPS_MAX; i++)
		items[n++] = psc->supplemental_groups.items[i];
	if (psc && psc->fs_group.set && n < USER_GROUPS_MAX)
		items[n++] = psc->fs_group.value;
	if (n > 0)
		qsort(items, n, sizeof(items[0]), cmp_i64);
	for (size_t i = 0; i < n; i++)
		if (items[i] != ids->gid && (kept == 0 || items[kept - 1] != items[i]))
			items[kept++] = items[i];
	ids->groups = (struct ints){ .items = items, .count = kept };
}

/* --- user and group --------------------------------------------------------------------------------- */

static struct opt_int choose(struct opt_int own, const struct opt_int *of_pod)
{
	if (own.set)
		return own;
	return of_pod ? *of_pod : (struct opt_int){ 0 };
}

static int user_find(struct arena *a, const struct user_input *in, const char *user, struct opt_int fixed,
	struct user_ids *ids, struct err *err)
{
	struct user_line line;
	int64_t uid = 0, gid = 0, found;
	bool numeric = fixed.set || str_empty(user) || number(user, &uid);

	if (fixed.set)
		uid = fixed.value;
	if (entry_find(a, in->passwd, numeric ? NULL : user, uid, &line, &found)) {
		uid = found;
		if (line.count > 3 && number(line.field[3], &gid))
			ids->gid = (uint32_t)gid;
		ids->name = line.field[0];
		ids->home = line.count > 5 ? line.field[5] : NULL;
	} else if (!numeric)
		return err_set(err, -ENOENT, "the image's user \"%s\" is not in its /etc/passwd", user);
	ids->uid = (uint32_t)uid;
	return 0;
}

static int group_find(struct arena *a, const struct user_input *in, const char *group, struct user_ids *ids,
	struct err *err)
{
	struct user_line line;
	int64_t gid;

	if (str_empty(group))
		return 0;
	if (!number(group, &gid) && !entry_find(a, in->group, group, 0, &line, &gid))
		return err_set(err, -ENOENT, "the image's group \"%s\" is not in its /etc/group", group);
	ids->gid = (uint32_t)gid;
	return 0;
}

static int non_root_check(
	const struct user_input *in, const char *user, bool fixed, uint32_t uid, struct err *err)
{
	const struct security_context *sc = in->container->security_context;
	const struct pod_security_context *psc = in->pod->security_context;
	struct opt_bool want = { 0 };
	int64_t unused;

	if (psc && psc->run_as_non_root.set)
		want = psc->run_as_non_root;
	if (sc && sc->run_as_non_root.set)
		want = sc->run_as_non_root;
	if (!want.set || !want.value)
		return 0;
	if (fixed && uid == 0)
		return err_set(err, -EPERM, "container's runAsUser breaks non-root policy (container: %s)",
			in->container->name);
	if (!fixed && !str_empty(user) && !number(user, &unused))
		return err_set(err, -EPERM,
			"container has runAsNonRoot and image has non-numeric user (%s), cannot verify user "
			"is non-root (container: %s)",
			user, in->container->name);
	if (uid == 0)
		return err_set(err, -EPERM,
			"container has runAsNonRoot and image will run as root (container: %s)",
			in->container->name);
	return 0;
}

int users_resolve(struct arena *arena, const struct user_input *in, struct user_ids *ret, struct err *err)
{
	const struct security_context *sc = in->container->security_context;
	const struct pod_security_context *psc = in->pod->security_context;
	struct opt_int uid = choose(
		sc ? sc->run_as_user : (struct opt_int){ 0 }, psc ? &psc->run_as_user : NULL);
	struct opt_int gid = choose(
		sc ? sc->run_as_group : (struct opt_int){ 0 }, psc ? &psc->run_as_group : NULL);
	const char *text = str_or_empty(in->image_user), *colon = strchr(text, ':');
	const char *user = colon ? arena_strndup(arena, text, (size_t)(colon - text)) : text;
	struct user_ids ids = { 0 };
	int r;

	r = user_find(arena, in, user, uid, &ids, err);
	if (r >= 0 && !uid.set)
		r = group_find(arena, in, colon ? colon + 1 : NULL, &ids, err);
	if (r >= 0)
		r = non_root_check(in, user, uid.set, ids.uid, err);
	if (r < 0)
		return r;
	if (gid.set)
		ids.gid = (uint32_t)gid.value;
	groups_collect(arena, in, &ids);
	*ret = ids;
	return 0;
}
