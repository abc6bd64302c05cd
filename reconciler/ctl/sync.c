/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* sync: takes the newest commit now, and can wait until all of it runs. */
#include "reconciler/ctl/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/diff.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/load.h"
#include "reconciler/ctl/planned.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/source.h"

#define DEFAULT_TIMEOUT (300 * NSEC_PER_SEC)
#define FILES_TIMEOUT (5 * NSEC_PER_SEC)
#define REMOTE_TIMEOUT (60 * NSEC_PER_SEC)
enum { PLAN_MAX = 256 << 20 };

static const struct ctl_option options[] = {
	{ "wait", 'w', CTL_FLAG, NULL, "until every workload is healthy", NULL },
	{ "timeout", 0, CTL_DURATION, "DURATION", "wait no longer than this; default 5m, 0 is for ever",
		NULL },
	{ "dry-run", 0, CTL_FLAG, NULL, "do nothing: say what would change, as pintle diff", NULL },
	{ "plan", 0, CTL_STRING, "FILE",
		"only if this plan of pintle diff -o json is still what would happen; - is standard input",
		NULL },
	{ "once", 0, CTL_FLAG, NULL, "reconcile in this process; pintled must not run", NULL },
};

/* --- which commit ------------------------------------------------------------------------------------- */

/* The newest commit of a remote branch, without fetching it. */
static int remote_tip(const char *repository, const char *branch, char ret[OID_HEX], struct err *err)
{
	_cleanup_(freep) char *ref = xasprintf("refs/heads/%s", branch);
	const char *argv[] = { "git", "ls-remote", "--", repository, ref, NULL };
	const char *env[] = { "GIT_TERMINAL_PROMPT=0", NULL };
	struct proc_spec spec = { .argv = argv, .env = env, .timeout = REMOTE_TIMEOUT };
	struct buf out = BUF_INIT;
	struct oid oid;
	int r = proc_check(&spec, &out, err);
	if (r >= 0 && out.len == 0)
		r = err_set(err, -ENOENT, "%s has no branch %s", repository, branch);
	if (r >= 0) {
		snprintf(ret, OID_HEX, "%.40s", out.data);
		if (oid_parse(ret, &oid) < 0)
			r = err_set(err, -EPROTO, "%s: what git says of branch %s is no commit", repository,
				branch);
	}
	buf_done(&out);
	return r;
}

static int find_target(struct sync *s, struct err *err)
{
	_cleanup_(freep) char *repository = home_repository(s->home);
	const char *branch = s->home->config.branch;
	struct oid oid;
	if (source_is_remote(repository)) {
		revision_open_git(s->home, &s->git, NULL);
		return remote_tip(repository, branch, s->target, err);
	}
	int r = revision_open_git(s->home, &s->git, err);
	if (r >= 0)
		r = repo_resolve_branch(s->git, branch, &oid, err);
	if (r == -ENOENT && s->git)
		return err_set(err, r, "branch %s of %s has no commit yet", branch, repository);
	if (r >= 0)
		oid_format(&oid, s->target);
	return r;
}

/* A newer commit that came meanwhile does as well. */
static bool contains_target(const char *force, void *arg)
{
	struct sync *s = arg;
	struct oid a, b;
	return s->git && oid_parse(s->target, &a) == 0 && oid_parse(force, &b) == 0 &&
	       repo_is_ancestor(s->git, &a, &b, NULL) == 1;
}

/* --- watching it come about --------------------------------------------------------------------------- */

static void show(struct sync *s, const char *line)
{
	if (!s->c->terminal)
		return;
	printf("\r\033[K%.110s", line);
	fflush(stdout);
}

static void say_in_force(struct sync *s)
{
	if (s->in_force_said || !progress_in_force(&s->progress))
		return;
	s->in_force_said = true;
	show(s, "");
	printf("commit %.10s is in force\n", s->progress.sync.in_force);
	fflush(stdout);
}

int sync_take(const struct actual_record *record, void *arg)
{
	struct sync *s = arg;
	struct buf line = BUF_INIT;
	if (record && record->version > s->version)
		s->version = record->version;
	if (record)
		return progress_take(&s->progress, record->path, record->json, record->len, &s->err);
	s->state = progress_judge(&s->progress, &line);
	/* What the tree shows is old then. */
	if (s->stuck && s->state == PROGRESS_DONE)
		s->state = PROGRESS_GOING;
	say_in_force(s);
	show(s, line.data);
	buf_done(&line);
	return s->state != PROGRESS_GOING;
}

static int take_file(const char *path, const char *text, size_t len, void *arg)
{
	struct actual_record record = { .path = path, .json = text, .len = len };
	return sync_take(&record, arg);
}

int sync_list(struct sync *s, uint64_t *ret_since, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *reader = NULL;
	struct buf text = BUF_INIT;
	int r = actual_reader_open(s->dir, &reader, err);
	if (r < 0)
		return r;
	*ret_since = actual_reader_version(reader);
	if (actual_reader_get(reader, "sync.json", &text, NULL) >= 0)
		r = take_file("sync.json", text.data, text.len, s);
	buf_done(&text);
	for (size_t i = 0; i < KIND_COUNT && r >= 0 && s->progress.wait; i++)
		if (kinds[i].workload)
			r = actual_reader_list(reader, kinds[i].plural, NULL, take_file, s, err);
	if (r < 0 && s->err.code)
		*err = s->err;
	return r;
}

struct daemon_view {
	struct sync *sync;
	struct client client;
};

/* Said once when it begins: it may take the whole of the time that is left. */
static void take_status(struct sync *s, const struct wire_data *data)
{
	struct sync_view v;
	sync_view_init(&v);
	bool stuck = sync_view_overlay(&v, (const char *)data->data.data, data->data.len);
	if (stuck && !str_eq(s->stuck, v.message)) {
		show(s, "");
		ctl_fail(s->c, "%s", v.message);
	}
	free(s->stuck);
	s->stuck = stuck ? xstrdup(v.message) : NULL;
	sync_view_done(&v);
}

/* All messages that have arrived. */
static int on_daemon(void *arg, struct err *err)
{
	struct daemon_view *d = arg;
	struct wire_message m;
	int r = client_receive(&d->client, err);
	while (r >= 0 && (r = client_next(&d->client, &m, err)) > 0) {
		if (m.type == WIRE_DATA)
			take_status(d->sync, m.data);
		wire_message_done(&m);
	}
	return r;
}

/* Sends a request and takes the first message that answers it. */
static int ask(struct daemon_view *d, const struct wire_request *q, struct err *err)
{
	struct wire_message m;
	int r = client_request(&d->client, q, err);
	if (r >= 0)
		r = client_wait(&d->client, &m, err);
	if (r <= 0)
		return r;
	if (m.type == WIRE_END && !str_empty(m.end->error))
		r = err_set(err, -EIO, "pintled: %s", m.end->error);
	else if (m.type == WIRE_DATA)
		take_status(d->sync, m.data);
	wire_message_done(&m);
	return r;
}

/* Asks the running pintled to look now, then follows what it writes, and what it says it can't write. */
static int through_daemon(struct sync *s, struct err *err)
{
	struct daemon_view d = { .sync = s };
	const struct wire_request look = { .id = 1, .method = "sync" };
	const struct wire_request status = { .id = 2, .method = "status", .params = { .follow = true } };
	uint64_t since;
	int r = client_open(s->home, &d.client, err);
	if (r < 0)
		return r;
	const struct follow_also also = { .fd = d.client.fd, .readable = on_daemon, .arg = &d };
	r = ask(&d, &look, err);
	if (r >= 0)
		r = ask(&d, &status, err);
	do {
		if (r >= 0)
			r = sync_list(s, &since, err);
		if (r >= 0)
			r = follow(s->dir, since, s->deadline, &also, sync_take, s, err);
	} while (r == -ESTALE);
	if (r < 0 && s->err.code)
		*err = s->err;
	client_done(&d.client);
	return r < 0 ? r : 0;
}

/* --- the answer ------------------------------------------------------------------------------------------ */

static int say_refused(struct sync *s)
{
	const struct sync_view *v = &s->progress.sync;
	struct buf out = BUF_INIT;
	show(s, "");
	diags_format(&v->problems, &out);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	ctl_fail(s->c, "commit %.10s %s%s%s; %s%.10s", s->target,
		str_eq(v->state, "Guarded") ? "waits" : "is refused", *v->message ? ": " : "", v->message,
		*v->in_force ? "in force is " : "nothing is in force", v->in_force);
	return CTL_NO;
}

static int say_late(struct sync *s)
{
	struct buf out = BUF_INIT;
	show(s, "");
	progress_obstacles(&s->progress, &out);
	ctl_fail(s->c, "not in time; in the way:");
	if (s->stuck)
		fprintf(stderr, "  %s\n", s->stuck);
	fwrite(out.data, 1, out.len, stderr);
	buf_done(&out);
	return CTL_NO;
}

/*
 * The journal is ahead of the files for a moment: whoever reads the tree after this answer shall find what it was given
 * by. Bounded: a disk that is full must not keep the answer back.
 */
static void wait_for_files(const struct sync *s)
{
	_cleanup_(actual_reader_freep) struct actual_reader *reader = NULL;
	_cleanup_(freep) char *flushed = xasprintf("%s/.flushed", s->dir);
	_cleanup_(closep) int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	nsec_t deadline = time_monotonic() + FILES_TIMEOUT;
	char events[4096];
	if (notify < 0 || inotify_add_watch(notify, flushed, IN_MODIFY) < 0 ||
		actual_reader_open(s->dir, &reader, NULL) < 0)
		return;
	while (actual_reader_version(reader) < s->version) {
		struct pollfd p = { .fd = notify, .events = POLLIN };
		nsec_t left = deadline - time_monotonic();
		if (left <= 0 || poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) <= 0)
			return;
		while (read(notify, events, sizeof(events)) > 0)
			continue;
	}
}

static int say_answer(struct sync *s)
{
	switch (s->state) {
	case PROGRESS_GOING:
		return say_late(s);
	case PROGRESS_REFUSED:
		return say_refused(s);
	case PROGRESS_DONE:
		break;
	}
	show(s, "");
	wait_for_files(s);
	if (s->progress.wait) {
		size_t n = progress_workloads(&s->progress);
		printf("%zu workload%s healthy\n", n, n == 1 ? " is" : "s are");
	}
	return CTL_DONE;
}

/* --- the verb ---------------------------------------------------------------------------------------------- */

/* What the target asks for; nothing where it can't be read here (a remote's mirror may not have it yet). */
static struct snapshot *load_wanted(struct sync *s)
{
	struct snapshot *snapshot = NULL;
	struct diags diags;
	struct oid oid;
	diags_init(&diags);
	if (s->git && oid_parse(s->target, &oid) == 0)
		load_commit(s->home, s->git, &oid, s->home->config.path, NULL, &snapshot, &diags, NULL);
	diags_done(&diags);
	return snapshot;
}

static int read_plan(const char *file, struct arena *a, struct value **ret, struct err *err)
{
	struct buf text = BUF_INIT;
	int r = str_eq(file, "-") ? fs_read_fd(0, "standard input", PLAN_MAX, &text, err)
				  : fs_read(AT_FDCWD, file, PLAN_MAX, &text, err);
	if (r >= 0)
		r = json_parse(a, text.data, text.len, ret, err);
	buf_done(&text);
	return r < 0 ? err_wrap(err, r, "%s", file) : 0;
}

/* -ESTALE: the newest commit would do something else now than the plan in FILE says. */
static int check_plan(struct sync *s, const char *file, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	struct revision newest;
	struct planned planned;
	struct buf text = BUF_INIT;
	struct value *then, *now;
	int r = read_plan(file, a, &then, err);
	if (r < 0)
		return r;
	r = revision_parse(s->c, NULL, &newest, err);
	if (r < 0)
		return r;
	r = diff_load(s->c, &newest, &snapshot, err);
	if (r >= 0)
		r = planned_make(newest.home, snapshot, &planned, err);
	if (r >= 0)
		planned.guard = TAKE_PTR(newest.guard);
	revision_done(&newest);
	if (r < 0)
		return r;
	planned_write_json(&planned, &text);
	planned_done(&planned);
	r = json_parse(a, text.data, text.len, &now, err);
	buf_done(&text);
	if (r >= 0 && !value_equal(then, now))
		r = err_set(err, -ESTALE, "the world has moved since %s was made: see pintle diff", file);
	return r;
}

static int sync_run(struct sync *s, const struct ctl_args *args, struct err *err)
{
	nsec_t timeout = ctl_duration(args, "timeout", DEFAULT_TIMEOUT);
	bool once = ctl_flag(args, "once");
	int r = home_open(s->c->home, &s->home, err);
	if (r >= 0 && ctl_string(args, "plan"))
		r = check_plan(s, ctl_string(args, "plan"), err);
	if (r >= 0)
		r = find_target(s, err);
	if (r < 0)
		return r;
	_cleanup_(snapshot_unrefp) struct snapshot *wanted = load_wanted(s);
	s->dir = home_path(s->home, "actual");
	s->deadline = timeout > 0 ? time_monotonic() + timeout : NSEC_NEVER;
	/* Without a daemon nobody goes on when this process ends: where there is an agent, see it through. */
	s->progress.wait = ctl_flag(args, "wait") || (once && home_running(s->home, "pintle-agent"));
	s->progress.target = s->target;
	s->progress.wanted = wanted;
	s->progress.contains = contains_target;
	s->progress.arg = s;
	r = once ? sync_once(s, err) : through_daemon(s, err);
	if (r >= 0)
		r = say_answer(s);
	s->progress.wanted = NULL;
	return r;
}

static int run_sync(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	struct sync s = { .c = c };
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (ctl_flag(args, "dry-run"))
		return diff_run(c, NULL, false);
	progress_init(&s.progress);
	int r = sync_run(&s, args, &err);
	progress_done(&s.progress);
	repo_free(s.git);
	home_free(s.home);
	free(s.dir);
	free(s.stuck);
	return r < 0 ? ctl_fail_err(c, &err) : r;
}

const struct ctl_verb ctl_verb_sync = {
	"sync",
	"[--wait] [--timeout DURATION] [--dry-run] [--plan FILE] [--once]",
	"Takes the newest commit now; with --wait until everything is healthy.",
	CTL_OPTIONS(options),
	run_sync,
	CTL_WORDS_NONE,
};
