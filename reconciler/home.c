/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/home.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/git.h"
#include "reconciler/home_config.h"

enum { SMALL_FILE = 4096, CONFIG_MAX = 64 * 1024 };

/* --- owner --------------------------------------------------------------------------------------- */

static unsigned id_from_env(const char *name, unsigned fallback)
{
	const char *text = getenv(name);
	int64_t id;

	return text && str_to_i64(text, &id) == 0 && id >= 0 && id < UINT_MAX ? (unsigned)id : fallback;
}

/* Who asks: the one behind sudo, where there is one. */
static void caller(uid_t *ret_uid, gid_t *ret_gid)
{
	*ret_uid = geteuid();
	*ret_gid = getegid();
	if (*ret_uid == 0) {
		*ret_uid = id_from_env("SUDO_UID", *ret_uid);
		*ret_gid = id_from_env("SUDO_GID", *ret_gid);
	}
}

static int own_one(const struct home *h, int dirfd, const char *name, struct err *err)
{
	if (fchownat(dirfd, name, h->uid, h->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, -errno, "giving %s to user %u", name, (unsigned)h->uid);
	return 0;
}

static int own_tree(const struct home *h, int parent, const char *name, struct err *err)
{
	_cleanup_(closep) int dirfd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = own_one(h, parent, name, err);
	char **names;
	size_t count;

	if (r < 0 || dirfd < 0)
		return r;
	r = fs_list(dirfd, ".", &names, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count && r == 0; i++)
		r = own_tree(h, dirfd, names[i], err);
	fs_names_free(names, count);
	return r;
}

int home_own(const struct home *h, const char *name, struct err *err)
{
	return geteuid() == h->uid ? 0 : own_tree(h, h->fd, name, err);
}

/* What git and ssh look up by the environment is the new user's: root's is not even readable. */
static int become_in_environment(const struct home *h)
{
	const struct passwd *user = getpwuid(h->uid);
	bool ok = setenv("HOME", user ? user->pw_dir : h->dir, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0;

	if (ok && user)
		ok = setenv("USER", user->pw_name, 1) == 0 && setenv("LOGNAME", user->pw_name, 1) == 0;
	return ok ? 0 : -errno;
}

int home_drop_privileges(const struct home *h, struct err *err)
{
	if (geteuid() != 0 || h->uid == 0)
		return 0;
	if (become_in_environment(h) < 0 || setgroups(0, NULL) < 0 || setresgid(h->gid, h->gid, h->gid) < 0 ||
		setresuid(h->uid, h->uid, h->uid) < 0)
		return err_errno(err, -errno, "becoming user %u", (unsigned)h->uid);
	return 0;
}

/* --- opening --------------------------------------------------------------------------------------- */

static char *absolute(const char *dir)
{
	_cleanup_(freep) char *cwd = NULL;

	if (dir[0] == '/')
		return xstrdup(dir);
	cwd = getcwd(NULL, 0);
	return xasprintf("%s/%s", cwd ? cwd : ".", dir);
}

static int open_dir(const char *dir, struct home **ret, struct err *err)
{
	_cleanup_(home_freep) struct home *h = xcalloc(1, sizeof(*h));
	struct stat st;

	h->dir = absolute(dir);
	for (size_t n = strlen(h->dir); n > 1 && h->dir[n - 1] == '/'; n--)
		h->dir[n - 1] = '\0';
	h->fd = fs_open_dir(AT_FDCWD, h->dir, err);
	if (h->fd < 0)
		return h->fd;
	if (fstat(h->fd, &st) < 0)
		return err_errno(err, -errno, "reading %s", dir);
	h->uid = st.st_uid;
	h->gid = st.st_gid;
	*ret = TAKE_PTR(h);
	return 0;
}

/* Reads 32 hex digits. -ENOENT: no home. */
static int read_cluster_id(struct home *h, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = fs_read(h->fd, "cluster-id", SMALL_FILE, &text, err);

	if (r < 0)
		return r;
	if (text.len < CLUSTER_ID_SIZE - 1 || strspn(text.data, "0123456789abcdef") != CLUSTER_ID_SIZE - 1)
		return err_set(err, -EBADMSG, "cluster-id does not hold 32 hexadecimal digits");
	memcpy(h->cluster_id, text.data, CLUSTER_ID_SIZE - 1);
	memcpy(h->short_id, text.data, CLUSTER_SHORT_SIZE - 1);
	return 0;
}

static int read_config(struct home *h, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = fs_read(h->fd, "pintle.conf", CONFIG_MAX, &text, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT)
		err_clear(err);
	return home_config_parse(text.data, text.len, h->dir, &h->config, err);
}

int home_open(const char *dir, struct home **ret, struct err *err)
{
	_cleanup_(home_freep) struct home *h = NULL;
	int r = open_dir(dir, &h, err);

	if (r == 0)
		r = read_cluster_id(h, err);
	if (r == -ENOENT)
		return err_set(err, r, "%s is not a home (`pintle init` makes one)", dir);
	if (r == 0)
		r = read_config(h, err);
	if (r < 0)
		return err_wrap(err, r, "opening the home %s", dir);
	*ret = TAKE_PTR(h);
	return 0;
}

struct home *home_free(struct home *h)
{
	if (!h)
		return NULL;
	fd_close(h->fd);
	home_config_done(&h->config);
	free(h->dir);
	free(h);
	return NULL;
}

void home_freep(struct home **h)
{
	*h = home_free(*h);
}

char *home_path(const struct home *h, const char *name)
{
	return xasprintf("%s/%s", h->dir, name);
}

char *home_repository(const struct home *h)
{
	return h->config.repository ? xstrdup(h->config.repository) : home_path(h, "desired.git");
}

/* --- making ------------------------------------------------------------------------------------------ */

/* The directory itself, owned by who asks when it is new. */
static int make_dir(const char *dir, struct home **ret, struct err *err)
{
	bool there = fs_exists(AT_FDCWD, dir);
	uid_t uid;
	gid_t gid;
	int r = fs_mkdir_p(AT_FDCWD, dir, 0755, err);

	if (r == 0)
		r = open_dir(dir, ret, err);
	if (r < 0 || there)
		return r;
	caller(&uid, &gid);
	if (uid == (*ret)->uid)
		return 0;
	if (fchown((*ret)->fd, uid, gid) < 0)
		return err_errno(err, -errno, "giving %s to user %u", dir, (unsigned)uid);
	(*ret)->uid = uid;
	(*ret)->gid = gid;
	return 0;
}

static int make_cluster_id(struct home *h, struct err *err)
{
	uint8_t raw[16];
	char text[CLUSTER_ID_SIZE + 1];
	int r;

	if (fs_exists(h->fd, "cluster-id"))
		return read_cluster_id(h, err);
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_errno(err, -EIO, "drawing the cluster's id");
	str_hex(raw, sizeof(raw), text);
	memcpy(text + CLUSTER_ID_SIZE - 1, "\n", 2);
	r = fs_write(h->fd, "cluster-id", text, CLUSTER_ID_SIZE, 0644, FS_SYNC | FS_EXCLUSIVE, err);
	if (r == 0)
		r = home_own(h, "cluster-id", err);
	return r < 0 ? r : read_cluster_id(h, err);
}

/* -EEXIST where OPTIONS ask for another value than an existing configuration has. */
static int check_same(const char *what, const char *asked, const char *have, struct err *err)
{
	if (!asked || str_eq(asked, have))
		return 0;
	return err_set(
		err, -EEXIST, "pintle.conf says %s %s, not %s: edit it", what, have ? have : "(none)", asked);
}

/*
 * A path as the caller means it, from where they stand: what is kept must not depend on that. The working directory
 * has no symbolic links in it, so that its last part can be cut for each "..".
 */
static int repository_absolute(const char *repository, char **ret, struct err *err)
{
	_cleanup_(freep) char *cwd = NULL;

	if (!repository || *repository == '/' || home_config_is_url(repository)) {
		*ret = repository ? xstrdup(repository) : NULL;
		return 0;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return err_errno(err, -errno, "finding %s", repository);
	for (size_t n; (n = strcspn(repository, "/")) <= 2 && strncmp(repository, "..", n) == 0;) {
		if (n == 2)
			*strrchr(cwd, '/') = '\0';
		if (*cwd == '\0')
			strcpy(cwd, "/");
		repository += n + strspn(repository + n, "/");
		if (*repository == '\0')
			break;
	}
	*ret = xasprintf("%s%s%s", str_eq(cwd, "/") ? "" : cwd, *repository ? "/" : "", repository);
	return 0;
}

static int make_config(struct home *h, const struct home_options *o, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	bool there = fs_exists(h->fd, "pintle.conf");
	int r;

	if (!there) {
		home_config_write(o, &text);
		r = home_config_parse(text.data, text.len, h->dir, &h->config, err);
		if (r == 0)
			r = fs_write(
				h->fd, "pintle.conf", text.data, text.len, 0644, FS_SYNC | FS_EXCLUSIVE, err);
		return r < 0 ? r : home_own(h, "pintle.conf", err);
	}
	r = read_config(h, err);
	if (r == 0)
		r = check_same("repository", o->repository, h->config.repository, err);
	if (r == 0)
		r = check_same("branch", o->branch, h->config.branch, err);
	if (r == 0)
		r = check_same("path", o->path, h->config.path, err);
	if (r == 0)
		r = check_same("listen", o->listen, h->config.listen, err);
	return r;
}

static int make_dirs(struct home *h, struct err *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "actual", 0755 }, { "run", 0755 } };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int r = fs_exists(h->fd, dirs[i].name) ? 0
						       : fs_mkdir_p(h->fd, dirs[i].name, dirs[i].mode, err);

		if (r == 0)
			r = home_own(h, dirs[i].name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_repository(struct home *h, struct err *err)
{
	_cleanup_(freep) char *path = home_path(h, "desired.git");
	int r;

	if (h->config.repository || fs_exists(h->fd, "desired.git"))
		return 0;
	r = repo_create_bare(path, h->config.branch, err);
	return r < 0 ? r : home_own(h, "desired.git", err);
}

int home_create(const char *dir, const struct home_options *options, struct err *err)
{
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(freep) char *repository = NULL;
	struct home_options o = { 0 };
	int r = make_dir(dir, &h, err);

	if (options)
		o = *options;
	if (r == 0)
		r = repository_absolute(o.repository, &repository, err);
	o.repository = repository;
	if (r == 0)
		r = make_config(h, &o, err);
	if (r == 0)
		r = make_dirs(h, err);
	if (r == 0)
		r = make_repository(h, err);
	/* Last: it is what makes a directory a home. */
	if (r == 0)
		r = make_cluster_id(h, err);
	return r < 0 ? err_wrap(err, r, "making the home %s", dir) : 0;
}

/* --- programs ------------------------------------------------------------------------------------------ */

static pid_t read_pid(int fd)
{
	char text[32] = "";
	int64_t pid;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return str_to_i64(text, &pid) == 0 && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

int home_claim(const struct home *h, const char *program, struct err *err)
{
	_cleanup_(freep) char *name = xasprintf("run/%s.pid", program);
	_cleanup_(closep) int fd = openat(h->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid()), r;

	if (fd < 0)
		return err_errno(err, -errno, "opening %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_errno(err, -errno, "locking %s", name);
		return err_set(err, -EWOULDBLOCK, "%s runs already in this home, as process %d", program,
			(int)read_pid(fd));
	}
	r = home_own(h, name, err);
	if (r == 0 && (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n))
		r = err_errno(err, errno ? -errno : -EIO, "writing %s", name);
	return r < 0 ? r : TAKE_FD(fd);
}

pid_t home_running(const struct home *h, const char *program)
{
	_cleanup_(freep) char *name = xasprintf("run/%s.pid", program);
	_cleanup_(closep) int fd = openat(h->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	/* Whoever holds the lock is alive: no pid that was used again is taken for it. */
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	return read_pid(fd);
}

/* --- term ------------------------------------------------------------------------------------------------ */

/* The number that NAME begins with; what follows it on the line goes into REST (NULL: must be nothing). A missing file: 0. */
static int read_term(const struct home *h, const char *name, uint64_t *ret, struct buf *rest, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	size_t digits;
	int64_t term;
	int r = fs_read(h->fd, name, SMALL_FILE, &text, err);

	*ret = 0;
	if (r == -ENOENT) {
		err_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	text.data[strcspn(text.data, "\n")] = '\0';
	digits = strspn(text.data, "0123456789");
	if (rest && text.data[digits] == ' ') {
		buf_adds(rest, text.data + digits + 1);
		text.data[digits] = '\0';
	}
	if (str_to_i64(text.data, &term) < 0 || term < 0)
		return err_set(err, -EBADMSG, "%s/%s does not hold a number", h->dir, name);
	*ret = (uint64_t)term;
	return 0;
}

int home_term_read(const struct home *h, uint64_t *ret, struct err *err)
{
	return read_term(h, "term", ret, NULL, err);
}

static int write_term(
	const struct home *h, const char *name, uint64_t term, const char *rest, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	buf_addf(&text, "%" PRIu64 "%s%s\n", term, *rest != '\0' ? " " : "", rest);
	r = fs_write(h->fd, name, text.data, text.len, 0644, FS_SYNC, err);
	return r == 0 ? home_own(h, name, err) : r;
}

int home_fence(const struct home *h, uint64_t term, const char *holder, struct err *err)
{
	return write_term(h, "fenced", term, str_or_empty(holder), err);
}

/* A reconciler that was fenced takes no term that the other one may have, or have had. */
static int check_fence(const struct home *h, uint64_t term, struct err *err)
{
	_cleanup_(buf_done) struct buf holder = BUF_INIT;
	uint64_t fence;
	int r = read_term(h, "fenced", &fence, &holder, err);

	if (r < 0 || fence < term)
		return r;
	return err_set(err, -ESTALE,
		"a reconciler with term %" PRIu64
		"%s%s has taken over from %s: where it is gone for good, start "
		"pintled --take-over",
		fence, holder.len > 0 ? ", " : "", holder.len > 0 ? holder.data : "", h->dir);
}

int home_take_over(const struct home *h, struct err *err)
{
	uint64_t fence, term;
	_cleanup_(buf_done) struct buf holder = BUF_INIT;
	int r = read_term(h, "fenced", &fence, &holder, err);

	if (r == 0)
		r = home_term_read(h, &term, err);
	if (r == 0 && fence > term)
		r = write_term(h, "term", fence, "", err);
	if (r == 0 && unlinkat(h->fd, "fenced", 0) < 0 && errno != ENOENT)
		r = err_errno(err, -errno, "removing %s/fenced", h->dir);
	return r;
}

int home_term_next(const struct home *h, uint64_t *ret, struct err *err)
{
	uint64_t term;
	int r = home_term_read(h, &term, err);

	if (r == 0)
		r = check_fence(h, ++term, err);
	if (r == 0)
		r = write_term(h, "term", term, "", err);
	if (r == 0)
		*ret = term;
	return r;
}
