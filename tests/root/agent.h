/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The real agent (build/pintle-agent) with real containers, and a reconciler to it that a test plays: agent_begin and agent_end
 * are cmocka group fixtures, *state is the struct agent. Include after cmocka.h; run from the top directory.
 *
 * The program gets a network of its own, so that agents of several tests do not meet. Each message that the agent sends is kept:
 * agent_wait looks at what has been said before it waits for more, and fails the test after AGENT_BOUND.
 */
#pragma once

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <net/if.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"
#include "nodeagent/agent_home.h"
#include "tests/unit/lib/base/scratch.h"

#define AGENT_BOUND (30 * NSEC_PER_SEC)
#define AGENT_IMAGE "pintle.example/test:1"

struct agent {
	struct scratch *dir;
	char *home, *shared, *log;
	pid_t pid;
	int pidfd, fd;
	struct wire_reader in;
	struct wire_message *said; /* all since agent_connect */
	size_t said_count, said_cap;
	int64_t revision, request;
	int64_t term; /* beyond the first */
};

/* --- the program ------------------------------------------------------------------------------------------ */

static inline void agent_fail(struct agent *a, const char *what)
{
	_cleanup_(buf_done) struct buf log = BUF_INIT;

	fs_read(AT_FDCWD, a->log, 1 << 20, &log, NULL);
	fail_msg("%s\n--- the agent's log:\n%s", what, str_or_empty(log.data));
}

static inline void agent_run_program(struct agent *a, const char *const *argv)
{
	struct err err = { 0 };

	(void)a;
	if (proc_check(&(struct proc_spec){ .argv = argv }, NULL, &err) < 0)
		fail_msg("%s: %s", argv[0], err_text(&err));
}

static inline void agent_say(struct agent *a, const struct buf *text)
{
	struct err err = { 0 };

	if (fs_write_fd(a->fd, "the session", text->data, text->len, &err) < 0)
		agent_fail(a, err_text(&err));
}

/* The next message; NULL when none has come within the bound, or the session is over. */
static inline const struct wire_message *agent_next(struct agent *a, nsec_t deadline)
{
	struct err err = { 0 };
	const char *line;
	size_t len;
	int r;

	while ((r = wire_reader_line(&a->in, &line, &len)) == 0) {
		nsec_t left = deadline - time_monotonic();
		struct pollfd p = { .fd = a->fd, .events = POLLIN };
		char data[65536];
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) <= 0)
			return NULL;
		n = recv(a->fd, data, sizeof(data), 0);
		if (n <= 0)
			return NULL;
		wire_reader_feed(&a->in, data, (size_t)n);
	}
	a->said = grow(a->said, &a->said_cap, a->said_count + 1, sizeof(a->said[0]));
	if (r < 0 || wire_parse(line, len, &a->said[a->said_count], &err) < 0)
		fail_msg("%s: %s", err_text(&err), line);
	return &a->said[a->said_count++];
}

static inline void agent_disconnect(struct agent *a)
{
	for (size_t i = 0; i < a->said_count; i++)
		wire_message_done(&a->said[i]);
	a->said_count = 0;
	wire_reader_done(&a->in);
	a->fd = fd_close(a->fd);
}

/* Connects once the agent listens; a session that ends without a word was one of an agent before, whose child had not let go of the socket. */
static inline void agent_meet(struct agent *a, const struct agent_home *home)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;

	for (;;) {
		struct pollfd gone = { .fd = a->pidfd, .events = POLLIN };

		wire_reader_init(&a->in, 0);
		a->fd = agent_home_connect(home, NULL);
		if (a->fd >= 0 && agent_next(a, deadline))
			return;
		agent_disconnect(a);
		if (poll(&gone, 1, 10) != 0 || time_monotonic() > deadline)
			agent_fail(a, "the agent does not listen, or says nothing");
	}
}

/* Connects, is greeted, and takes over. */
static inline void agent_connect(struct agent *a)
{
	struct agent_home home;
	struct wire_welcome welcome = {
		.version = WIRE_VERSION,
		.node = "n",
		.term = 1 + a->term,
		.holder = "test",
		.pod_cidr = "10.77.0.0/24",
		.dns_domain = "cluster.local",
	};
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	assert_int_equal(agent_home_open(a->home, &home, NULL), 0);
	agent_meet(a, &home);
	welcome.cluster_id = home.cluster_id;
	wire_write_welcome(&text, &welcome);
	agent_say(a, &text);
	agent_home_done(&home);
}

static inline void agent_start(struct agent *a)
{
	const char *const argv[] = { "build/pintle-agent", "--home", a->home, NULL };
	_cleanup_(closep) int log = open(a->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct proc_fd fds[] = { { log, 1 }, { log, 2 } };
	struct proc_spec spec = {
		.argv = argv, .fds = fds, .fd_count = ARRAY_LEN(fds), .die_with_parent = true
	};
	struct err err = { 0 };

	a->pidfd = proc_spawn(&spec, &a->pid, &err);
	if (a->pidfd < 0)
		fail_msg("%s", err_text(&err));
	agent_connect(a);
}

static inline void agent_stop(struct agent *a, int signo)
{
	siginfo_t info;

	agent_disconnect(a);
	if (a->pidfd < 0)
		return;
	pidfd_send_signal(a->pidfd, signo, NULL, 0);
	waitid(P_PIDFD, (id_t)a->pidfd, &info, WEXITED);
	a->pidfd = fd_close(a->pidfd);
}

/* A network of its own, with no address but the loopback's: the host reaches its pods nevertheless. */
static inline void agent_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	_cleanup_(closep) int sock = -1;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(sock, SIOCSIFFLAGS, &lo), 0);
}

/* STATE_SIZE: that of a file system of its own for the agent's state; NULL: none. */
static inline int agent_begin_on(void **state, const char *state_size)
{
	struct agent *a = xcalloc(1, sizeof(*a));
	void *dir = NULL;

	agent_network();
	assert_int_equal(scratch_setup(&dir), 0);
	*a = (struct agent){ .dir = dir, .pidfd = -1, .fd = -1 };
	a->home = xasprintf("%s/home", a->dir->path);
	a->shared = xasprintf("%s/shared", a->dir->path);
	a->log = xasprintf("%s/agent.log", a->dir->path);
	_cleanup_(freep) char *image = xasprintf("%s/image", a->dir->path);
	_cleanup_(freep) char *id = xasprintf("%08x%08x%08x%08x\n",
		0xfd000000U + (unsigned)getpid() % 0xffffff, (unsigned)getpid(), 0U, 0U);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, a->home, 0755, NULL), 0);
	assert_int_equal(mkdir(a->shared, 0777), 0);
	if (state_size) {
		_cleanup_(freep) char *at = xasprintf("%s/agent", a->home);
		_cleanup_(freep) char *options = xasprintf("size=%s", state_size);

		assert_int_equal(mkdir(at, 0700), 0);
		assert_int_equal(mount("tmpfs", at, "tmpfs", 0, options), 0);
	}
	assert_int_equal(fs_write(a->dir->fd, "home/cluster-id", id, strlen(id), 0644, 0, NULL), 0);
	agent_run_program(a, (const char *const[]){ "tests/make-image", image, AGENT_IMAGE, NULL });
	agent_run_program(a, (const char *const[]){ "build/pintle-agent", "--home", a->home, "image",
				     "import", "--name", AGENT_IMAGE, image, NULL });
	agent_start(a);
	*state = a;
	return 0;
}

static inline int agent_begin(void **state)
{
	return agent_begin_on(state, NULL);
}

static inline int agent_end(void **state)
{
	struct agent *a = *state;
	void *dir = a->dir;

	agent_stop(a, SIGTERM);
	agent_run_program(a, (const char *const[]){ "build/pintle-agent", "--home", a->home, "purge", NULL });
	_cleanup_(freep) char *mounted = xasprintf("%s/agent", a->home);
	umount2(mounted, MNT_DETACH);
	free(a->said);
	free(a->home);
	free(a->shared);
	free(a->log);
	free(a);
	return scratch_teardown(&dir);
}

/* --- objects ------------------------------------------------------------------------------------------------ */

/* TEXT with ' as ", and what stands between @ replaced; owned by the caller. */
static inline char *agent_expand(const struct agent *a, const char *text)
{
	const struct {
		const char *name, *value;
	} words[] = {
		{ "@DIR@", a->shared }, /* which pods share with the test */
		{ "@IMAGE@", "\"image\":\"" AGENT_IMAGE "\",\"imagePullPolicy\":\"Never\"" },
		/* The same, with that directory mounted at /shared. */
		{ "@SHARING@",
			"\"image\":\"" AGENT_IMAGE "\",\"imagePullPolicy\":\"Never\",\"volumeMounts\":[{"
			"\"name\":\"shared\",\"mountPath\":\"/shared\"}]" },
	};
	struct buf out = BUF_INIT;

	while (*text) {
		size_t i = 0;

		while (i < ARRAY_LEN(words) && !str_starts(text, words[i].name))
			i++;
		if (i < ARRAY_LEN(words))
			buf_adds(&out, words[i].value);
		else
			buf_addc(&out, *text == '\'' ? '"' : *text);
		text += i < ARRAY_LEN(words) ? strlen(words[i].name) : 1;
	}
	return out.data;
}

/* An object of JSON text, expanded. */
static inline struct object *agent_object(const struct agent *a, const char *text)
{
	_cleanup_(freep) char *json = agent_expand(a, text);
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(json, strlen(json), &o, &err) < 0)
		fail_msg("%s\n%s", err_text(&err), json);
	return o;
}

/* A pod NAME (also its UID) of namespace ns with members of its SPEC beside the volume "shared". */
static inline struct object *agent_pod(const struct agent *a, const char *name, const char *spec)
{
	_cleanup_(freep) char *text = xasprintf(
		"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'ns','uid':'%s'},'spec':"
		"{"
		"'volumes':[{'name':'shared','hostPath':{'path':'@DIR@'}}],%s}}",
		name, name, spec);

	return agent_object(a, text);
}

static inline void agent_apply(struct agent *a, struct wire_apply *apply)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	apply->term = 1 + a->term;
	apply->revision = ++a->revision;
	wire_write_apply(&text, apply);
	agent_say(a, &text);
}

/* POD (a reference, dropped here) is to run, with REFS; DIGEST as the agent is to know it. */
static inline void agent_assign(
	struct agent *a, struct object *pod, const char *digest, const struct string_map *refs)
{
	struct wire_pod p = { .digest = digest, .pod = pod };
	struct wire_apply apply = { .pods = { &p, 1 } };

	if (refs)
		p.refs = *refs;
	agent_apply(a, &apply);
	object_unref(pod);
}

/* OBJECT (a reference, dropped here), a ConfigMap or a Secret, under HASH. */
static inline void agent_give(struct agent *a, struct object *object, const char *hash)
{
	struct wire_object o = { .hash = hash, .object = object };
	struct wire_apply apply = { .objects = { &o, 1 } };

	agent_apply(a, &apply);
	object_unref(object);
}

static inline void agent_remove(struct agent *a, const char *uid, int64_t grace)
{
	struct wire_remove r = { .uid = uid, .grace_period_seconds = { grace >= 0, grace } };
	struct wire_apply apply = { .remove = { &r, 1 } };

	agent_apply(a, &apply);
}

/* --- what the agent says -------------------------------------------------------------------------------------- */

/* What was said of UID last; NULL: nothing yet. */
static inline const struct wire_report_pod *agent_last(const struct agent *a, const char *uid)
{
	for (size_t i = a->said_count; i-- > 0;) {
		const struct wire_message *m = &a->said[i];

		for (size_t k = 0; m->type == WIRE_REPORT && k < m->report->pods.count; k++)
			if (str_eq(m->report->pods.items[k].uid, uid))
				return &m->report->pods.items[k];
	}
	return NULL;
}

/* How often it was said of UID that REASON happened. */
static inline size_t agent_events(const struct agent *a, const char *uid, const char *reason)
{
	size_t n = 0;

	for (size_t i = 0; i < a->said_count; i++) {
		const struct wire_message *m = &a->said[i];

		for (size_t k = 0; m->type == WIRE_REPORT && k < m->report->pods.count; k++)
			for (size_t e = 0; e < m->report->pods.items[k].events.count; e++)
				n += str_eq(m->report->pods.items[k].uid, uid) &&
				     str_eq(m->report->pods.items[k].events.items[e].reason, reason);
	}
	return n;
}

typedef bool (*agent_test)(const struct wire_report_pod *p);

static inline bool agent_is_gone(const struct wire_report_pod *p)
{
	return p->gone;
}
static inline bool agent_is_pending(const struct wire_report_pod *p)
{
	return p->status && str_eq(p->status->phase, "Pending");
}
static inline bool agent_is_running(const struct wire_report_pod *p)
{
	return p->status && str_eq(p->status->phase, "Running");
}
static inline bool agent_is_over(const struct wire_report_pod *p)
{
	return p->status && (str_eq(p->status->phase, "Succeeded") || str_eq(p->status->phase, "Failed"));
}

/* It has ended for good, and its sandbox is gone. */
static inline bool agent_gave_back(const struct wire_report_pod *p)
{
	for (size_t i = 0; agent_is_over(p) && i < p->status->conditions.count; i++)
		if (str_eq(p->status->conditions.items[i].type, "PodReadyToStartContainers"))
			return str_eq(p->status->conditions.items[i].status, "False");
	return false;
}

static inline void agent_describe(struct agent *a, const char *uid, const char *wanted)
{
	const struct wire_report_pod *p = agent_last(a, uid);
	_cleanup_(freep) char *text = NULL;

	if (!p || !p->status)
		text = xasprintf("pod %s: waited for %s; nothing was said of it", uid, wanted);
	else
		text = xasprintf("pod %s: waited for %s; it is %s%s%s", uid, wanted, p->status->phase,
			p->gone ? ", gone" : "",
			p->status->container_statuses.count > 0 &&
					p->status->container_statuses.items[0].state.waiting
				? p->status->container_statuses.items[0].state.waiting->message
				: "");
	agent_fail(a, text);
}

/* Waits until IS is true of what was said last of UID. The status lives until agent_stop. */
static inline const struct pod_status *agent_wait(
	struct agent *a, const char *uid, agent_test is, const char *wanted)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;
	const struct wire_report_pod *p;

	while (!(p = agent_last(a, uid)) || !is(p))
		if (!agent_next(a, deadline)) {
			agent_describe(a, uid, wanted);
			abort();
		}
	if (!p->status)
		agent_fail(a, "no status");
	return p->status;
}

/* Removes UID within GRACE (< 0: its own), and waits until it is gone. */
static inline void agent_gone(struct agent *a, const char *uid, int64_t grace)
{
	agent_remove(a, uid, grace);
	agent_wait(a, uid, agent_is_gone, "its end");
}

/* What pod NAME's only container has logged. */
static inline void agent_logs(struct agent *a, const char *name, struct buf *ret)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;
	struct wire_request request = {
		.id = ++a->request, .method = "logs", .params = { .namespace = "ns", .pod = name }
	};
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const struct wire_message *m;

	wire_write_request(&text, &request);
	agent_say(a, &text);
	while ((m = agent_next(a, deadline))) {
		if (m->type == WIRE_DATA && m->data->id == request.id)
			buf_add(ret, m->data->data.data, m->data->data.len);
		if (m->type != WIRE_END || m->end->id != request.id)
			continue;
		if (!str_empty(m->end->error))
			agent_fail(a, m->end->error);
		return;
	}
	agent_fail(a, "the logs do not end");
}

/* The container of STATUS by its name, init containers too. */
static inline const struct container_status *agent_container(const struct pod_status *s, const char *name)
{
	const struct container_statuses *lists[] = { &s->container_statuses, &s->init_container_statuses };

	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			if (str_eq(lists[l]->items[i].name, name))
				return &lists[l]->items[i];
	fail_msg("no status of container %s", name);
	abort();
}

/* How the container of that name has ended. */
static inline const struct container_state_terminated *agent_end_of(
	const struct pod_status *s, const char *name)
{
	const struct container_status *c = agent_container(s, name);

	if (c->state.terminated)
		return c->state.terminated;
	if (c->last_state.terminated)
		return c->last_state.terminated;
	fail_msg("container %s has not ended", name);
	abort();
}

/* The reason for which the container waits, or "". */
static inline const char *agent_waits_for(const struct pod_status *s, const char *name)
{
	const struct container_status *c = agent_container(s, name);

	return c->state.waiting ? str_or_empty(c->state.waiting->reason) : "";
}

/* "True" or "False", or "none". */
static inline const char *agent_condition(const struct pod_status *s, const char *type)
{
	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, type))
			return s->conditions.items[i].status;
	return "none";
}

/* --- the directory that pods share with the test ---------------------------------------------------------------- */

static inline char *agent_path(const struct agent *a, const char *name)
{
	return xasprintf("%s/%s", a->shared, name);
}

/* Waits until NAME is there. */
static inline void agent_wait_file(struct agent *a, const char *name)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;
	_cleanup_(freep) char *path = agent_path(a, name);
	_cleanup_(closep) int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char events[4096];

	assert_true(inotify_add_watch(watch, a->shared, IN_CREATE | IN_MOVED_TO) >= 0);
	while (!fs_exists(AT_FDCWD, path)) {
		struct pollfd p = { .fd = watch, .events = POLLIN };
		nsec_t left = deadline - time_monotonic();

		if (left <= 0 || poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) <= 0)
			agent_fail(a, name);
		while (read(watch, events, sizeof(events)) > 0)
			continue;
	}
}

static inline void agent_make_file(const struct agent *a, const char *name)
{
	_cleanup_(freep) char *path = agent_path(a, name);

	assert_int_equal(fs_write(AT_FDCWD, path, "", 0, 0644, 0, NULL), 0);
}

static inline bool agent_has_file(const struct agent *a, const char *name)
{
	_cleanup_(freep) char *path = agent_path(a, name);

	return fs_exists(AT_FDCWD, path);
}

static inline void agent_expect_file(const struct agent *a, const char *name, const char *text)
{
	_cleanup_(freep) char *path = agent_path(a, name);
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	fs_read(AT_FDCWD, path, 1 << 20, &got, NULL);
	assert_string_equal(str_or_empty(got.data), text);
}
