/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Local repositories: every directory in which a change of the branch shows is watched: where the repository is to
 * appear, its top (packed-refs, HEAD), refs, refs/heads and the branch's own directory. Any event but those of lock files
 * makes us look again: watches first, then the ref, so that nothing falls between the two. A push is
 * one rename in refs/heads; `git gc` moves packed-refs into place, and deletes the loose ref afterwards.
 *
 * Remote ones: a timer and a `git fetch` child.
 */
#include "reconciler/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

enum {
	WATCH_ROUNDS = 16,
	FETCH_TIMEOUT_S = 300,
	RECHECK_S = 30,
	INTERVAL_S = 60,
	RETRY_MAX_S = 300,
	PROBLEM_MAX = 1000
};

struct source {
	struct loop *loop;
	char *repository, *branch, *mirror;
	bool remote;
	nsec_t interval;
	source_fn fn;
	void *arg;
	struct repo *repo;
	bool reopen; /* what `repo` was opened from may be another one now */
	int inotify_fd, newest_watch;
	struct loop_source *events, *timer;
	struct proc *fetch;
	bool fetch_again; /* poked while a fetch was running */
	unsigned failures;
	bool told; /* the three below are what the caller was told last */
	enum source_state state;
	struct oid commit;
	char *problem;
};

bool source_is_remote(const char *repository)
{
	const char *colon = strchr(repository, ':'), *slash = strchr(repository, '/');

	/* As git sees it: scheme://…, or host:path unless a slash comes first. */
	return strstr(repository, "://") || (colon && (!slash || colon < slash));
}

/* Tells what is new. The last thing a handler does: the callback may free S. */
static void tell(struct source *s, enum source_state state, const struct oid *commit, const char *problem)
{
	if (s->told && s->state == state && oid_equal(&s->commit, commit) && str_eq(s->problem, problem))
		return;

	char *copy = problem ? xstrdup(problem) : NULL;
	free(s->problem);
	s->problem = copy;
	s->told = true;
	s->state = state;
	s->commit = *commit;
	s->fn(&(struct source_event){ .state = state, .commit = *commit, .problem = copy }, s->arg);
}

/* --- watches ------------------------------------------------------------------------------------ */

static bool watch(struct source *s, const char *dir)
{
	int wd = inotify_add_watch(s->inotify_fd, dir,
		IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE_SELF |
			IN_MOVE_SELF | IN_ONLYDIR);

	if (wd > s->newest_watch)
		s->newest_watch = wd;
	return wd >= 0;
}

/* PATH with its last component cut off, in place. False: there is nothing above. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || (slash == path && !path[1]))
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* The nearest directory above PATH that there is. */
static void watch_above(struct source *s, const char *path)
{
	_cleanup_(freep) char *dir = xstrdup(path);

	while (go_up(dir))
		if (watch(s, dir))
			return;
}

static void watch_below(struct source *s, const char *dir, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);

	watch(s, path);
}

/* refs, refs/heads and, for a branch such as team/web, refs/heads/team. */
static void watch_refs(struct source *s, const char *common)
{
	_cleanup_(freep) char *ref = xasprintf("refs/heads/%s", str_or_empty(s->branch));

	for (char *slash = strchr(ref, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		watch_below(s, common, ref);
		*slash = '/';
	}
}

static void watch_once(struct source *s)
{
	watch_above(s, s->repository);
	watch(s, s->repository);
	watch_below(s, s->repository, ".git");
	if (!s->repo)
		return;
	watch(s, repo_dir(s->repo));
	watch(s, repo_common_dir(s->repo));
	watch_refs(s, repo_common_dir(s->repo));
}

/* Until a round adds no watch: what a directory got before it was watched would otherwise go unseen. */
static void watch_all(struct source *s)
{
	int before;

	for (int rounds = 0; rounds < WATCH_ROUNDS; rounds++) {
		before = s->newest_watch;
		watch_once(s);
		if (s->newest_watch == before)
			return;
	}
}

/* --- looking ------------------------------------------------------------------------------------ */

static int open_repository(struct source *s, const char *path, struct err *err)
{
	if (s->repo && s->reopen)
		s->repo = repo_free(s->repo);
	s->reopen = false;
	return s->repo ? 0 : repo_open(path, &s->repo, err);
}

static int resolve(struct source *s, struct oid *ret, struct err *err)
{
	_cleanup_(freep) char *head = NULL;
	const char *branch = s->branch;

	if (!branch) {
		int r = repo_head_branch(s->repo, &head, err);

		if (r < 0)
			return r;
		branch = head;
	}
	return repo_resolve_branch(s->repo, branch, ret, err);
}

static void look(struct source *s)
{
	struct err err = { 0 };
	struct oid commit = { 0 };
	bool was_open = s->repo && !s->reopen;
	int r;

	watch_all(s);
	r = open_repository(s, s->repository, &err);
	/* Only now its own directories are known. */
	if (r == 0 && !was_open)
		watch_all(s);
	if (r == 0)
		r = resolve(s, &commit, &err);
	loop_timer_set(s->timer, time_monotonic() + RECHECK_S * NSEC_PER_SEC);
	if (r == 0)
		tell(s, SOURCE_COMMIT, &commit, NULL);
	else if (r == -ENOENT && s->repo)
		tell(s, SOURCE_MISSING, &commit, err_text(&err));
	else if (r == -ENOENT) {
		_cleanup_(freep) char *text = xasprintf("there is no repository at %s", s->repository);

		tell(s, SOURCE_MISSING, &commit, text);
	} else {
		tell(s, SOURCE_FAILED, &s->commit, err_text(&err));
	}
}

/* Does the event make us look? Lock files come before the rename that counts. */
static bool matters(struct source *s, const struct inotify_event *e)
{
	if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_Q_OVERFLOW | IN_UNMOUNT)) {
		s->reopen = true;
		return true;
	}
	return e->len == 0 || !str_ends(e->name, ".lock");
}

static int on_inotify(int fd, uint32_t events, void *arg)
{
	struct source *s = arg;
	_Alignas(struct inotify_event) char data[16384];
	bool look_again = false;
	ssize_t n;

	(void)events;
	while ((n = read(fd, data, sizeof(data))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(data + at);

			look_again |= matters(s, e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	if (look_again)
		look(s);
	return 0;
}

/* --- fetching ----------------------------------------------------------------------------------- */

/* TEXT without the user and password that stand in the repository's URL. The caller frees it. */
static char *without_password(const struct source *s, const char *text)
{
	const char *scheme = strstr(s->repository, "://"), *at = scheme ? strchr(scheme, '@') : NULL;
	const char *slash = scheme ? strchr(scheme + 3, '/') : NULL;

	if (!at || (slash && slash < at))
		return xstrdup(text);

	_cleanup_(freep) char *secret = xstrndup(scheme + 3, (size_t)(at + 1 - scheme - 3));
	struct buf out = BUF_INIT;
	for (const char *found; (found = strstr(text, secret)); text = found + strlen(secret))
		buf_add(&out, text, (size_t)(found - text));
	buf_adds(&out, text);
	return buf_take(&out);
}

/* Git's own words: lines joined, its hints and the trailing newline left out. */
static char *complaint(const struct source *s, const struct proc_result *result, const struct err *err)
{
	struct buf out = BUF_INIT;

	buf_addf(&out, "fetching %s: ", s->repository);
	if (err && err->code)
		buf_adds(&out, err->text);
	else if (result->timed_out)
		buf_addf(&out, "no end after %d s", FETCH_TIMEOUT_S);
	else if (result->errs.len == 0)
		buf_addf(&out, "git fetch ended with status %d", result->status);
	else
		for (const char *p = result->errs.data; *p;) {
			size_t n = strcspn(p, "\n");

			buf_addf(&out, "%.*s%s", (int)n, p, p[n] && p[n + 1] ? "; " : "");
			p += n + (p[n] == '\n');
		}
	if (out.len > PROBLEM_MAX)
		buf_truncate(&out, PROBLEM_MAX);

	char *text = without_password(s, out.data);
	buf_done(&out);
	return text;
}

/* 2 s, doubled each time, up to the interval or five minutes; up to an eighth more by hash, so that many don't come at once. */
static nsec_t pause_before_retry(const struct source *s)
{
	nsec_t most = RETRY_MAX_S * NSEC_PER_SEC, pause = NSEC_PER_SEC;

	if (most < s->interval)
		most = s->interval;
	for (unsigned i = 0; i < s->failures && pause < most; i++)
		pause *= 2;
	if (pause > most)
		pause = most;
	return pause + (nsec_t)((hash_string(s->repository) + s->failures) % (uint64_t)(pause / 8));
}

/* What the mirror has. */
static int look_at_mirror(struct source *s, struct oid *ret, struct err *err)
{
	int r = open_repository(s, s->mirror, err);

	return r < 0 ? r : resolve(s, ret, err);
}

static void on_fetched(const struct proc_result *result, const struct err *err, void *arg)
{
	struct source *s = arg;
	struct oid commit = { 0 };
	struct err why = { 0 };
	bool ok = !(err && err->code) && result->status == 0;

	s->fetch = NULL;
	s->failures = ok ? 0 : s->failures + 1;
	nsec_t pause = s->fetch_again ? 0 : ok ? s->interval : pause_before_retry(s);
	s->fetch_again = false;
	loop_timer_set(s->timer, time_monotonic() + pause);
	if (ok && look_at_mirror(s, &commit, &why) == 0) {
		tell(s, SOURCE_COMMIT, &commit, NULL);
		return;
	}
	_cleanup_(freep) char *text = ok ? xstrdup(err_text(&why)) : complaint(s, result, err);
	if (strstr(text, "couldn't find remote ref"))
		tell(s, SOURCE_MISSING, &commit, text);
	else
		tell(s, SOURCE_FAILED, &s->commit, text);
}

static int start_fetch(struct source *s, struct err *err)
{
	_cleanup_(freep) char *refspec = xasprintf("+refs/heads/%s:refs/heads/%s", s->branch, s->branch);
	_cleanup_(freep) char *trust = xasprintf("safe.directory=%s", s->mirror);
	_cleanup_(freep) char *dir = xasprintf("--git-dir=%s", s->mirror);
	const char *const argv[] = { "git", dir, "-c", trust, "-c", "gc.autoDetach=false", "fetch", "--quiet",
		"--no-tags", "--no-write-fetch-head", "--end-of-options", s->repository, refspec, NULL };
	const char *const env[] = { "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", NULL };
	struct proc_spec spec = {
		.argv = argv,
		.env = env,
		.timeout = FETCH_TIMEOUT_S * NSEC_PER_SEC,
		.die_with_parent = true,
		.new_session = true, /* no terminal: nothing can ask for a password */
	};
	int r = repo_create_bare(s->mirror, s->branch, err);

	return r < 0 ? r : proc_start(s->loop, &spec, on_fetched, s, &s->fetch, err);
}

static void fetch(struct source *s)
{
	struct err err = { 0 };

	if (s->fetch) {
		s->fetch_again = true;
		return;
	}
	/* What an earlier run fetched counts until this one knows better. */
	struct oid known = { 0 };
	bool first = !s->told && look_at_mirror(s, &known, NULL) == 0;
	int r = start_fetch(s, &err);
	if (r < 0) {
		s->failures++;
		loop_timer_set(s->timer, time_monotonic() + pause_before_retry(s));
		tell(s, SOURCE_FAILED, first ? &known : &s->commit, err_text(&err));
	} else if (first) {
		tell(s, SOURCE_COMMIT, &known, NULL);
	}
}

/* --- life --------------------------------------------------------------------------------------- */

static int on_timer(void *arg)
{
	struct source *s = arg;

	if (s->remote)
		fetch(s);
	else
		look(s);
	return 0;
}

static nsec_t interval_of(nsec_t wanted)
{
	return wanted > 0 ? wanted : INTERVAL_S * NSEC_PER_SEC;
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

int source_new(struct loop *l, const struct source_spec *spec, source_fn fn, void *arg, struct source **ret,
	struct err *err)
{
	_cleanup_(source_freep) struct source *s = xcalloc(1, sizeof(*s));
	int r = 0;

	s->loop = l;
	s->fn = fn;
	s->arg = arg;
	s->repository = xstrdup(spec->repository);
	s->remote = source_is_remote(spec->repository);
	s->branch = s->remote ? xstrdup(spec->branch ? spec->branch : "main") : copy_or_null(spec->branch);
	s->mirror = copy_or_null(spec->mirror);
	s->interval = interval_of(spec->interval);
	s->inotify_fd = -1;
	/* No trailing slash: go_up would take it for a component. */
	for (size_t n = strlen(s->repository); n > 1 && s->repository[n - 1] == '/'; n--)
		s->repository[n - 1] = '\0';
	if (s->remote && !s->mirror)
		return err_set(err, -EINVAL, "watching %s: no mirror to fetch into", s->repository);
	if (!s->remote) {
		s->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (s->inotify_fd < 0)
			return err_errno(err, -errno, "watching %s", s->repository);
		r = loop_io(l, s->inotify_fd, EPOLLIN, on_inotify, s, &s->events, err);
	}
	if (r == 0)
		r = loop_timer(l, time_monotonic(), on_timer, s, &s->timer, err);
	if (r < 0)
		return err_wrap(err, r, "watching %s", s->repository);
	*ret = TAKE_PTR(s);
	return 0;
}

struct source *source_free(struct source *s)
{
	if (!s)
		return NULL;
	if (s->fetch)
		proc_cancel(s->fetch);
	loop_source_free(s->timer);
	loop_source_free(s->events);
	fd_close(s->inotify_fd);
	repo_free(s->repo);
	free(s->repository);
	free(s->branch);
	free(s->mirror);
	free(s->problem);
	free(s);
	return NULL;
}

void source_freep(struct source **s)
{
	*s = source_free(*s);
}

void source_poke(struct source *s)
{
	if (s->fetch)
		s->fetch_again = true;
	else
		loop_timer_set(s->timer, time_monotonic());
}

void source_set_interval(struct source *s, nsec_t interval)
{
	nsec_t before = s->interval;

	s->interval = interval_of(interval);
	/* Before the first one nothing is put off; while one runs, or failed, its end sets the timer. */
	if (s->remote && s->told && s->interval != before && !s->fetch && s->failures == 0)
		loop_timer_set(s->timer, time_monotonic() + s->interval);
}

struct repo *source_repo(struct source *s)
{
	return s->repo;
}
