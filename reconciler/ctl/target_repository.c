/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/target_repository.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/source.h"

enum { GIT_WORDS = 24, GIT_OUTPUT_MAX = 1 << 20 };

/* --- the owner ----------------------------------------------------------------------------------------- */

/* Root for a while as somebody else: what is written is theirs. Where git looks for settings is theirs, too: root's can't be read then. */
struct guise {
	bool on;
	gid_t gid;
	char *home, *xdg; /* root's own HOME and XDG_CONFIG_HOME; or NULL */
};

static void put_back(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void guise_off(struct guise *g)
{
	if (!g->on)
		return;
	if (seteuid(0) < 0 || setegid(g->gid) < 0)
		abort();
	put_back("HOME", g->home);
	put_back("XDG_CONFIG_HOME", g->xdg);
	free(g->home);
	free(g->xdg);
	*g = (struct guise){ 0 };
}

static char *kept(const char *name)
{
	const char *value = getenv(name);

	return value ? xstrdup(value) : NULL;
}

static int guise_on(const char *dir, struct guise *ret, struct err *err)
{
	const struct passwd *user;
	struct stat st;

	*ret = (struct guise){ 0 };
	if (geteuid() != 0 || stat(dir, &st) < 0 || st.st_uid == 0)
		return 0;
	user = getpwuid(st.st_uid);
	*ret = (struct guise){
		.on = true, .gid = getegid(), .home = kept("HOME"), .xdg = kept("XDG_CONFIG_HOME")
	};
	setenv("HOME", user ? user->pw_dir : "/", 1);
	unsetenv("XDG_CONFIG_HOME");
	if (setegid(st.st_gid) == 0 && seteuid(st.st_uid) == 0)
		return 0;
	int r = err_errno(err, -errno, "becoming user %u, who owns %s", (unsigned)st.st_uid, dir);
	guise_off(ret);
	return r;
}

/* --- the git program ----------------------------------------------------------------------------------- */

/* git -C DIR WORDS…, ended by NULL. Appends what it says to RET (may be NULL). */
static int __attribute__((sentinel)) git(const char *dir, struct buf *ret, struct err *err, ...)
{
	_cleanup_(freep) char *safe = xasprintf("safe.directory=%s", dir);
	const char *argv[GIT_WORDS] = { "git", "-c", safe, "-C", dir };
	const char *env[] = { "GIT_LITERAL_PATHSPECS=1", NULL };
	struct proc_spec spec = { .argv = argv, .env = env, .output_max = GIT_OUTPUT_MAX };
	va_list words;

	va_start(words, err);
	for (size_t n = 5; n + 1 < ARRAY_LEN(argv) && (argv[n] = va_arg(words, const char *)); n++)
		continue;
	va_end(words);
	return proc_check(&spec, ret, err);
}

/* --- work trees ------------------------------------------------------------------------------------------ */

/* Finds the one that has the branch checked out, in what `git worktree list --porcelain` says. */
static void find_work_tree(struct target_repository *t, const char *list)
{
	_cleanup_(freep) char *wanted = xasprintf("branch refs/heads/%s", t->branch);
	_cleanup_(freep) char *text = xstrdup(list);
	const char *path = NULL;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (str_after(line, "worktree "))
			path = str_after(line, "worktree ");
		if (path && str_eq(line, wanted) && !t->work_tree)
			t->work_tree = xstrdup(path);
	}
}

static int look_for_work_tree(struct target_repository *t, struct err *err)
{
	_cleanup_(guise_off) struct guise g = { 0 };
	_cleanup_(buf_done) struct buf list = BUF_INIT;
	int r = guise_on(t->where, &g, err);

	if (r == 0)
		r = git(t->where, &list, err, "worktree", "list", "--porcelain", NULL);
	if (r == 0)
		find_work_tree(t, list.data);
	return r;
}

int target_check(struct target_repository *t, const struct repo_edit *edits, size_t count, struct err *err)
{
	_cleanup_(guise_off) struct guise g = { 0 };
	int r = t->work_tree ? guise_on(t->work_tree, &g, err) : 0;

	for (size_t i = 0; i < count && t->work_tree && r == 0; i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		r = git(t->work_tree, &out, err, "status", "--porcelain", "--untracked-files=all",
			"--ignored", "--", edits[i].path, NULL);
		if (r == 0 && out.len > 0)
			r = err_set(err, -EBUSY,
				"%s/%s has changes that are not committed: commit or undo them first",
				t->work_tree, edits[i].path);
	}
	return r;
}

/* The branch has moved: the work tree's files, and its index, move with it. */
static int follow_branch(struct target_repository *t, const struct repo_new_commit *c, struct err *err)
{
	for (size_t i = 0; i < c->edit_count && t->work_tree; i++) {
		int r = git(t->work_tree, NULL, err, "checkout", "-q", "HEAD", "--", c->edits[i].path, NULL);

		if (r < 0)
			return err_wrap(err, r, "the commit is made, but %s/%s is still the old one",
				t->work_tree, c->edits[i].path);
	}
	return 0;
}

/* --- opening ------------------------------------------------------------------------------------------------- */

/* An empty repository that knows those of directory OBJECTS, where that is there. */
static int make_scratch(struct target_repository *t, const char *objects, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_(freep) char *dir = xasprintf("%s/pintle-commit.XXXXXX", str_empty(tmp) ? "/tmp" : tmp);
	_cleanup_(freep) char *alternates = NULL, *line = xasprintf("%s\n", objects);

	if (!mkdtemp(dir))
		return err_errno(err, -errno, "making %s", dir);
	t->scratch = TAKE_PTR(dir);
	int r = repo_create_bare(t->scratch, t->branch, err);
	alternates = xasprintf("%s/objects/info/alternates", t->scratch);
	if (r == 0 && fs_exists(AT_FDCWD, objects))
		r = fs_mkdir_parents(AT_FDCWD, alternates, 0755, err);
	if (r == 0 && fs_exists(AT_FDCWD, objects))
		r = fs_write(AT_FDCWD, alternates, line, strlen(line), 0644, 0, err);
	return r;
}

int target_rehearsal(struct target_repository *t, struct repo **ret, struct err *err)
{
	_cleanup_(freep) char *objects = xasprintf("%sobjects", repo_common_dir(t->git));
	int r = t->scratch ? 0 : make_scratch(t, objects, err);

	return r == 0 ? repo_open(t->scratch, ret, err) : r;
}

int target_open(const struct home *h, struct target_repository *ret, struct err *err)
{
	_cleanup_(freep) char *mirrored = home_path(h, "desired.git/objects");
	int r = 0;

	*ret = (struct target_repository){ .where = home_repository(h), .branch = xstrdup(h->config.branch) };
	ret->remote = source_is_remote(ret->where);
	if (ret->remote)
		r = make_scratch(ret, mirrored, err);
	else
		r = repo_open(ret->where, &ret->git, err);
	if (r == 0 && !ret->remote)
		r = look_for_work_tree(ret, err);
	if (r < 0)
		target_done(ret);
	return r;
}

void target_done(struct target_repository *t)
{
	repo_free(t->git);
	if (t->scratch)
		fs_remove_tree(AT_FDCWD, t->scratch, NULL);
	free(t->scratch);
	free(t->where);
	free(t->branch);
	free(t->work_tree);
	*t = (struct target_repository){ 0 };
}

static int fetch(struct target_repository *t, struct err *err)
{
	_cleanup_(freep) char *ref = xasprintf("refs/heads/%s", t->branch);
	_cleanup_(freep) char *spec = xasprintf("+%s:%s", ref, ref);
	_cleanup_(buf_done) struct buf there = BUF_INIT;
	int r = git(t->scratch, &there, err, "ls-remote", "--", t->where, ref, NULL);

	if (r == 0 && there.len > 0)
		r = git(t->scratch, NULL, err, "fetch", "-q", "--no-tags", "--", t->where, spec, NULL);
	t->git = repo_free(t->git);
	return r == 0 ? repo_open(t->scratch, &t->git, err) : err_wrap(err, r, "fetching from %s", t->where);
}

int target_tip(struct target_repository *t, struct err *err)
{
	int r = t->remote ? fetch(t, err) : t->git ? 0 : repo_open(t->where, &t->git, err);

	t->tip = (struct oid){ 0 };
	if (r == 0)
		r = repo_resolve_branch(t->git, t->branch, &t->tip, err);
	if (r == -ENOENT && t->git) {
		err_clear(err);
		return 0;
	}
	return r;
}

/* --- committing ------------------------------------------------------------------------------------------------ */

int target_author(struct target_repository *t, char **ret_name, char **ret_email, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *less, *greater;
	int r = git(t->remote ? t->scratch : t->where, &out, err, "var", "GIT_AUTHOR_IDENT", NULL);

	if (r < 0)
		return err_wrap(err, r, "whose commit is it? Set git config user.name and user.email");
	less = strchr(out.data, '<');
	greater = less ? strchr(less, '>') : NULL;
	if (!greater || less == out.data)
		return err_set(err, -EBADMSG, "git var GIT_AUTHOR_IDENT says \"%s\"", out.data);
	*ret_name = xstrndup(out.data, (size_t)(less - out.data) - (less[-1] == ' '));
	*ret_email = xstrndup(less + 1, (size_t)(greater - less) - 1);
	return 0;
}

static int push(struct target_repository *t, const struct oid *commit, struct err *err)
{
	char hex[OID_HEX];
	_cleanup_(freep) char *spec = xasprintf("%s:refs/heads/%s", oid_format(commit, hex), t->branch);
	const struct oid before = t->tip;
	struct err again = { 0 };
	int r = git(t->scratch, NULL, err, "push", "-q", "--", t->where, spec, NULL);

	if (r == 0)
		return 0;
	/* Was another one faster? */
	if (target_tip(t, &again) == 0 && !oid_equal(&before, &t->tip))
		return err_set(err, -ESTALE, "branch %s of %s has moved meanwhile", t->branch, t->where);
	return err_wrap(err, r, "pushing to %s", t->where);
}

int target_commit(struct target_repository *t, struct repo_new_commit *c, struct oid *ret, struct err *err)
{
	_cleanup_(guise_off) struct guise g = { 0 };
	int r = t->remote ? 0 : guise_on(t->where, &g, err);

	/* Opened anew by whom it is written: the library remembers whose settings it looks for. */
	if (g.on) {
		t->git = repo_free(t->git);
		r = repo_open(t->where, &t->git, err);
	}
	c->branch = t->branch;
	c->expected = oid_is_zero(&t->tip) ? NULL : &t->tip;
	if (r == 0)
		r = repo_commit_edits(t->git, c, ret, err);
	if (r == 0)
		r = t->remote ? push(t, ret, err) : follow_branch(t, c, err);
	if (g.on)
		t->git = repo_free(t->git);
	return r;
}
