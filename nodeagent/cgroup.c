/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The difference between the versions is in three tables: which trees there are, which files hold
 * a pod's limits, which files hold the counters. A tree is a directory: the root itself in version 2, one per
 * hierarchy in version 1 (links like cpu → cpu,cpuacct are used to write, and passed over when removing).
 */
#include "nodeagent/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/cgroup_tree.h"

static const char default_root[] = "/sys/fs/cgroup";
static const char pod_prefix[] = "pod-";
enum { FILE_MAX = 1 << 16, TREES_MAX = 32 };

struct cgroups {
	enum cgroup_mode mode;
	char *root;
	char *top;              /* "/pintle-SHORT" */
	char *trees[TREES_MAX]; /* directories of the hierarchies */
	size_t tree_count;
};

const char *cgroup_mode_name(enum cgroup_mode mode)
{
	static const char *const names[] = {
		[CGROUP_V2] = "v2",
		[CGROUP_V1] = "v1",
		[CGROUP_HYBRID] = "hybrid",
	};

	return names[mode];
}

static bool is_cgroup2(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_detect(const char *root, enum cgroup_mode *ret, struct err *err)
{
	_cleanup_(freep) char *unified = xasprintf("%s/unified", root);
	_cleanup_(freep) char *memory = xasprintf("%s/memory", root);

	if (is_cgroup2(root))
		*ret = CGROUP_V2;
	else if (!fs_exists(AT_FDCWD, memory))
		return err_set(err, -ENOENT, "no control groups are mounted at %s", root);
	else
		*ret = is_cgroup2(unified) ? CGROUP_HYBRID : CGROUP_V1;
	return 0;
}

enum cgroup_mode cgroup_mode(const struct cgroups *cg)
{
	return cg->mode;
}

/* --- files --------------------------------------------------------------------------------------------------- */

static int file_write(const char *dir, const char *file, const char *value, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, file);
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return err_errno(err, -errno, "writing \"%s\" to %s", value, path);
	return 0;
}

static int file_read(const char *dir, const char *file, struct buf *ret, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, file);

	return fs_read(AT_FDCWD, path, FILE_MAX, ret, err);
}

/* Is WORD one of the words of TEXT? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || p[-1] == ' ') && strchr(" \n", p[len]))
			return true;
	return false;
}

/* --- version 2: controllers handed down ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	bool required;
} controllers[] = {
	{ "cpu", true },
	{ "memory", true },
	{ "pids", true },
	{ "io", false },
	{ "cpuset", false },
	{ "hugetlb", false },
};

/* What DIR has and doesn't hand down yet, as "+cpu +memory". */
static int controllers_missing(const char *dir, struct buf *ret, struct err *err)
{
	_cleanup_(buf_done) struct buf has = BUF_INIT, gives = BUF_INIT;
	int r = file_read(dir, "cgroup.controllers", &has, err);

	if (r == 0)
		r = file_read(dir, "cgroup.subtree_control", &gives, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(controllers); i++) {
		if (has_word(gives.data, controllers[i].name))
			continue;
		if (has_word(has.data, controllers[i].name))
			buf_addf(ret, "%s+%s", ret->len ? " " : "", controllers[i].name);
		else if (controllers[i].required)
			r = err_set(err, -EOPNOTSUPP, "control groups: %s has no %s controller", dir,
				controllers[i].name);
	}
	return r;
}

static int controllers_enable(const char *dir, struct err *err)
{
	_cleanup_(buf_done) struct buf missing = BUF_INIT;
	int r = controllers_missing(dir, &missing, err);

	if (r < 0 || missing.len == 0)
		return r;
	return file_write(dir, "cgroup.subtree_control", missing.data, err);
}

/* --- open ---------------------------------------------------------------------------------------------------- */

/* The directories of version 1's hierarchies; links among them are other names of the same. */
static int trees_find(struct cgroups *cg, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r;

	if (cg->mode == CGROUP_V2) {
		cg->trees[cg->tree_count++] = xstrdup(cg->root);
		return 0;
	}
	r = fs_list(AT_FDCWD, cg->root, &names, &count, err);
	for (size_t i = 0; r == 0 && i < count && cg->tree_count < TREES_MAX; i++) {
		char *path = xasprintf("%s/%s", cg->root, names[i]);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && !str_eq(names[i], "unified"))
			cg->trees[cg->tree_count++] = path;
		else
			free(path);
	}
	fs_names_free(names, count);
	return r;
}

/* The trees in which we make groups ourselves; the OCI runtime makes its own path in all. */
static const char *const v1_controllers[] = { "cpu", "memory", "pids" };

static int group_make(const char *dir, struct err *err)
{
	return mkdir(dir, 0755) < 0 && errno != EEXIST
		       ? err_errno(err, -errno, "making control group %s", dir)
		       : 0;
}

/* Makes the group PATH, whose parent exists. */
static int group_make_everywhere(const struct cgroups *cg, const char *path, struct err *err)
{
	int r = 0;

	if (cg->mode == CGROUP_V2) {
		_cleanup_(freep) char *dir = xasprintf("%s%s", cg->root, path);

		r = group_make(dir, err);
		return r < 0 ? r : controllers_enable(dir, err);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(v1_controllers); i++) {
		_cleanup_(freep) char *tree = xasprintf("%s/%s", cg->root, v1_controllers[i]);
		_cleanup_(freep) char *dir = xasprintf("%s%s", tree, path);

		if (!fs_exists(AT_FDCWD, tree))
			return err_set(err, -EOPNOTSUPP, "control groups: there is no %s controller at %s",
				v1_controllers[i], tree);
		r = group_make(dir, err);
	}
	return r;
}

int cgroup_open_at(const char *root, enum cgroup_mode mode, const struct node_env *env, struct cgroups **ret,
	struct err *err)
{
	_cleanup_(cgroup_closep) struct cgroups *cg = xcalloc(1, sizeof(*cg));
	int r;

	cg->mode = mode == CGROUP_HYBRID ? CGROUP_V1 : mode;
	cg->root = xstrdup(root);
	cg->top = xasprintf("/pintle-%s", env->short_id);
	r = trees_find(cg, err);
	if (r == 0 && cg->mode == CGROUP_V2)
		r = controllers_enable(root, err);
	if (r == 0)
		r = group_make_everywhere(cg, cg->top, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(cg);
	return 0;
}

int cgroup_open(const struct node_env *env, struct cgroups **ret, struct err *err)
{
	enum cgroup_mode mode;
	int r = cgroup_detect(default_root, &mode, err);

	return r < 0 ? r : cgroup_open_at(default_root, mode, env, ret, err);
}

struct cgroups *cgroup_close(struct cgroups *cg)
{
	if (!cg)
		return NULL;
	for (size_t i = 0; i < cg->tree_count; i++)
		free(cg->trees[i]);
	free(cg->root);
	free(cg->top);
	free(cg);
	return NULL;
}

void cgroup_closep(struct cgroups **cg)
{
	*cg = cgroup_close(*cg);
}

/* --- pods ---------------------------------------------------------------------------------------------------- */

char *cgroup_pod_path(const struct cgroups *cg, const char *uid)
{
	return xasprintf("%s/%s%s", cg->top, pod_prefix, uid);
}

char *cgroup_container_path(
	const struct cgroups *cg, const char *uid, const char *container, unsigned attempt)
{
	return xasprintf("%s/%s%s/%s-%u", cg->top, pod_prefix, uid, container, attempt);
}

/* A value or, where there is none, the word for no limit. */
static void limit_text(char *to, size_t size, int64_t value, const char *none)
{
	if (value > 0)
		snprintf(to, size, "%" PRId64, value);
	else
		snprintf(to, size, "%s", none);
}

enum { LIMITS = 5, LIMIT_TEXT = 48 };
struct limit_file {
	const char *tree; /* version 1: below the root; version 2: "" */
	const char *file;
	char value[LIMIT_TEXT]; /* "": leave alone */
};

static size_t limits_v2(const struct cgroup_resources *r, struct limit_file to[LIMITS])
{
	char quota[24];

	to[0] = (struct limit_file){ "", "cpu.weight", "" };
	if (r->cpu_shares > 0)
		limit_text(to[0].value, LIMIT_TEXT, cgroup_weight_from_shares(r->cpu_shares), "");
	limit_text(quota, sizeof(quota), r->cpu_quota, "max");
	to[1] = (struct limit_file){ "", "cpu.max", "" };
	snprintf(to[1].value, LIMIT_TEXT, "%s %" PRId64, quota, r->cpu_period > 0 ? r->cpu_period : 100000);
	to[2] = (struct limit_file){ "", "memory.max", "" };
	limit_text(to[2].value, LIMIT_TEXT, r->memory_limit, "max");
	to[3] = (struct limit_file){ "", "pids.max", "" };
	limit_text(to[3].value, LIMIT_TEXT, r->pids_limit, "max");
	return 4;
}

static size_t limits_v1(const struct cgroup_resources *r, struct limit_file to[LIMITS])
{
	to[0] = (struct limit_file){ "/cpu", "cpu.shares", "" };
	limit_text(to[0].value, LIMIT_TEXT, r->cpu_shares, "");
	to[1] = (struct limit_file){ "/cpu", "cpu.cfs_period_us", "" };
	limit_text(to[1].value, LIMIT_TEXT, r->cpu_quota > 0 ? r->cpu_period : 0, "");
	to[2] = (struct limit_file){ "/cpu", "cpu.cfs_quota_us", "" };
	limit_text(to[2].value, LIMIT_TEXT, r->cpu_quota, "-1");
	to[3] = (struct limit_file){ "/memory", "memory.limit_in_bytes", "" };
	limit_text(to[3].value, LIMIT_TEXT, r->memory_limit, "-1");
	to[4] = (struct limit_file){ "/pids", "pids.max", "" };
	limit_text(to[4].value, LIMIT_TEXT, r->pids_limit, "max");
	return 5;
}

static int limits_write(
	struct cgroups *cg, const char *path, const struct cgroup_resources *resources, struct err *err)
{
	struct limit_file files[LIMITS];
	size_t count = cg->mode == CGROUP_V2 ? limits_v2(resources, files) : limits_v1(resources, files);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_(freep) char *dir = xasprintf("%s%s%s", cg->root, files[i].tree, path);

		if (files[i].value[0])
			r = file_write(dir, files[i].file, files[i].value, err);
	}
	return r;
}

int cgroup_pod_create(
	struct cgroups *cg, const char *uid, const struct cgroup_resources *resources, struct err *err)
{
	_cleanup_(freep) char *path = cgroup_pod_path(cg, uid);
	int r = group_make_everywhere(cg, path, err);

	return r < 0 || !resources ? r : limits_write(cg, path, resources, err);
}

int cgroup_remove(struct cgroups *cg, const char *path, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < cg->tree_count; i++) {
		_cleanup_(freep) char *dir = xasprintf("%s%s", cg->trees[i], path);
		int r = cgroup_tree_remove(dir, ret < 0 ? NULL : err);

		if (r < 0 && ret == 0)
			ret = r;
	}
	return ret;
}

int cgroup_pod_remove(struct cgroups *cg, const char *uid, struct err *err)
{
	_cleanup_(freep) char *path = cgroup_pod_path(cg, uid);

	return cgroup_remove(cg, path, err);
}

int cgroup_remove_all(struct cgroups *cg, struct err *err)
{
	return cgroup_remove(cg, cg->top, err);
}

/* Where version 1 has all our pods: a group may be left in one tree only, so all are asked. */
int cgroup_pod_list(struct cgroups *cg, char ***ret, size_t *ret_count, struct err *err)
{
	char **uids = NULL;
	size_t n = 0, cap = 0;

	for (size_t t = 0; t < cg->tree_count; t++) {
		_cleanup_(freep) char *dir = xasprintf("%s%s", cg->trees[t], cg->top);
		char **names = NULL;
		size_t count = 0;
		int r = fs_exists(AT_FDCWD, dir) ? fs_list(AT_FDCWD, dir, &names, &count, err) : 0;

		if (r < 0) {
			fs_names_free(uids, n);
			return r;
		}
		for (size_t i = 0; i < count; i++) {
			const char *uid = str_after(names[i], pod_prefix);
			bool seen = !uid;

			for (size_t k = 0; k < n && !seen; k++)
				seen = str_eq(uids[k], uid);
			if (seen)
				continue;
			uids = grow(uids, &cap, n + 1, sizeof(uids[0]));
			uids[n++] = xstrdup(uid);
		}
		fs_names_free(names, count);
	}
	*ret = uids;
	*ret_count = n;
	return 0;
}

/* --- processes ----------------------------------------------------------------------------------------------- */

/* Frozen, no process can fork away between our reading and our signals; the signals take effect at the thaw. */
static int kill_frozen(const char *dir, const char *file, const char *on, const char *off, struct err *err)
{
	int r;

	file_write(dir, file, on, NULL);
	r = cgroup_tree_kill(dir, err);
	file_write(dir, file, off, NULL);
	return r;
}

int cgroup_kill(struct cgroups *cg, const char *path, struct err *err)
{
	_cleanup_(freep) char *dir = xasprintf(
		"%s%s%s", cg->root, cg->mode == CGROUP_V2 ? "" : "/freezer", path);
	_cleanup_(freep) char *memory = xasprintf("%s/memory%s", cg->root, path);
	int count;

	if (cg->mode != CGROUP_V2 && !fs_exists(AT_FDCWD, dir))
		return cgroup_tree_kill(memory, err);
	if (cg->mode != CGROUP_V2)
		return kill_frozen(dir, "freezer.state", "FROZEN", "THAWED", err);
	count = cgroup_tree_count(dir, err);
	if (count <= 0 || file_write(dir, "cgroup.kill", "1", NULL) == 0)
		return count;
	return kill_frozen(dir, "cgroup.freeze", "1", "0", err); /* before Linux 5.14 */
}

int cgroup_attach(struct cgroups *cg, const char *path, pid_t pid, struct err *err)
{
	char text[16];
	int r = 0;

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (size_t i = 0; r == 0 && i < cg->tree_count; i++) {
		_cleanup_(freep) char *dir = xasprintf("%s%s", cg->trees[i], path);

		if (cg->mode == CGROUP_V2 || fs_exists(AT_FDCWD, dir))
			r = file_write(dir, "cgroup.procs", text, err);
	}
	return r;
}

/* --- counters ------------------------------------------------------------------------------------------------ */

/* The number behind KEY in lines of "key number", or the file's only number where KEY is NULL. 0 where there is none. */
static uint64_t counter(const char *dir, const char *file, const char *key)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	size_t len = key ? strlen(key) : 0;
	const char *p = text.data;

	if (file_read(dir, file, &text, NULL) < 0)
		return 0;
	for (p = text.data; key && p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, key, len) == 0 && p[len] == ' ')
			break;
	return p ? strtoull(p + len, NULL, 10) : 0;
}

struct counter_file {
	const char *tree, *file, *key;
	uint64_t unit;
	size_t offset;
};
#define STAT(member) offsetof(struct cgroup_stats, member)
static const struct counter_file counters_v2[] = {
	{ "", "cpu.stat", "usage_usec", 1000, STAT(cpu_nsec) },
	{ "", "memory.current", NULL, 1, STAT(memory_bytes) },
	{ "", "memory.stat", "inactive_file", 1, STAT(memory_working_set) },
	{ "", "pids.current", NULL, 1, STAT(pids) },
	{ "", "memory.events", "oom_kill", 1, STAT(oom_kills) },
};
static const struct counter_file counters_v1[] = {
	{ "/cpuacct", "cpuacct.usage", NULL, 1, STAT(cpu_nsec) },
	{ "/memory", "memory.usage_in_bytes", NULL, 1, STAT(memory_bytes) },
	{ "/memory", "memory.stat", "total_inactive_file", 1, STAT(memory_working_set) },
	{ "/pids", "pids.current", NULL, 1, STAT(pids) },
	{ "/memory", "memory.oom_control", "oom_kill", 1, STAT(oom_kills) },
};
#undef STAT

int cgroup_read_stats(struct cgroups *cg, const char *path, struct cgroup_stats *ret, struct err *err)
{
	bool v2 = cg->mode == CGROUP_V2;
	const struct counter_file *files = v2 ? counters_v2 : counters_v1;
	_cleanup_(freep) char *group = xasprintf("%s%s%s", cg->root, v2 ? "" : "/memory", path);

	if (!fs_exists(AT_FDCWD, group))
		return err_set(err, -ENOENT, "there is no control group %s", group);
	*ret = (struct cgroup_stats){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(counters_v2); i++) {
		_cleanup_(freep) char *dir = xasprintf("%s%s%s", cg->root, files[i].tree, path);
		uint64_t value = counter(dir, files[i].file, files[i].key) * files[i].unit;

		memcpy((char *)ret + files[i].offset, &value, sizeof(value));
	}
	/* So far the inactive file pages stand there. */
	ret->memory_working_set = ret->memory_working_set < ret->memory_bytes
					  ? ret->memory_bytes - ret->memory_working_set
					  : 0;
	return 0;
}
