/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The daemon whole, on a loop of the test's own: a real home, a real repository, and an agent that is a few lines of
 * this file at the other end of the home's socket. Every wait is for an event, with a bound.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"
#include "reconciler/pintled.h"

#define PATIENCE (20 * NSEC_PER_SEC)
enum { PODS_MAX = 64 };

struct held {
	char uid[64], digest[80];
	unsigned starts;
	bool there;
};
struct fixture {
	char top[64], dir[80];
	struct loop *loop;
	struct home *home;
	struct pintled *pintled;
	/* the agent */
	int listen, peer;
	struct loop_source *listen_io, *peer_io;
	struct wire_reader reader;
	int64_t term, seq, reported, welcomes, applies, grace;
	char pod_cidr[32]; /* of the last welcome */
	struct held pods[PODS_MAX];
	size_t count;
	int64_t flood; /* a request that is answered without end */
	size_t flooded, pauses;
	bool paused;
	/* a reader */
	int client;
	struct wire_reader client_lines;
};

/* --- the agent ----------------------------------------------------------------------------------------------- */

static void agent_write(struct fixture *f, struct buf *out)
{
	assert_int_equal(send(f->peer, out->data, out->len, MSG_NOSIGNAL), (ssize_t)out->len);
	buf_done(out);
}

static void agent_hello(struct fixture *f)
{
	struct buf out = BUF_INIT;
	struct wire_held_pod pods[PODS_MAX];
	struct quantity_pair have[] = { { .key = "cpu" }, { .key = "memory" }, { .key = "pods" } };
	struct node_status status = { .capacity = { have, 3 }, .allocatable = { have, 3 } };
	struct wire_hello h = {
		.version = 1, .min_version = 1, .agent = "test", .term = f->term, .status = &status
	};

	for (size_t i = 0; i < 3; i++) {
		quantity_parse(i == 1 ? "8Gi" : "100", &have[i].value);
		have[i].value.set = true;
	}
	h.pods.items = pods;
	for (size_t i = 0; i < f->count; i++)
		if (f->pods[i].there)
			pods[h.pods.count++] = (struct wire_held_pod){ .uid = f->pods[i].uid,
				.digest = f->pods[i].digest };
	wire_write_hello(&out, &h);
	agent_write(f, &out);
}

/* All pods, as an agent does once it is welcome; they are as the reconciler knows them. */
static void agent_report_all(struct fixture *f)
{
	struct buf out = BUF_INIT;
	struct wire_report r = { .seq = ++f->seq };

	wire_write_report(&out, &r);
	agent_write(f, &out);
}

static void agent_report(struct fixture *f, const char *uid, bool gone)
{
	struct buf out = BUF_INIT;
	struct condition ready = { .type = "Ready", .status = "True" };
	struct pod_status status = { .phase = "Running", .conditions = { &ready, 1 } };
	struct wire_report_pod pod = { .uid = uid, .status = &status, .gone = gone };
	struct wire_report r = { .seq = ++f->seq, .pods = { &pod, 1 } };

	wire_write_report(&out, &r);
	agent_write(f, &out);
}

static struct held *held_pod(struct fixture *f, const char *uid)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->pods[i].uid, uid))
			return &f->pods[i];
	assert_true(f->count < PODS_MAX);
	snprintf(f->pods[f->count].uid, sizeof(f->pods[0].uid), "%s", uid);
	return &f->pods[f->count++];
}

static void agent_apply(struct fixture *f, const struct wire_apply *a)
{
	f->applies++;
	for (size_t i = 0; i < a->pods.count; i++) {
		struct held *h = held_pod(f, a->pods.items[i].pod->meta->uid);

		h->starts += !h->there;
		h->there = true;
		snprintf(h->digest, sizeof(h->digest), "%s", a->pods.items[i].digest);
		agent_report(f, h->uid, false);
	}
	for (size_t i = 0; i < a->remove.count; i++) {
		held_pod(f, a->remove.items[i].uid)->there = false;
		agent_report(f, a->remove.items[i].uid, true);
	}
}

static void agent_answer(struct fixture *f, const struct wire_request *q)
{
	struct buf out = BUF_INIT;
	const struct wire_data data = {
		.id = q->id, .stream = "stdout", .data = { (const uint8_t *)"a line\n", 7 }
	};
	const struct wire_end end = { .id = q->id };

	assert_string_equal(q->method, "logs");
	wire_write_data(&out, &data);
	wire_write_end(&out, &end);
	agent_write(f, &out);
}

/* A log without end, a piece at a time, until it is asked to pause: as an agent with a large log does. */
static void agent_flood(struct fixture *f)
{
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = {
		.id = f->flood, .stream = "stdout", .data = { bytes, sizeof(bytes) }
	};
	struct buf out = BUF_INIT;

	wire_write_data(&out, &data);
	agent_write(f, &out);
	f->flooded += sizeof(bytes);
}

static void agent_message(struct fixture *f, const struct wire_message *m)
{
	if (m->type == WIRE_WELCOME) {
		f->welcomes++;
		f->term = m->welcome->term;
		snprintf(f->pod_cidr, sizeof(f->pod_cidr), "%s", m->welcome->pod_cidr);
		agent_report_all(f);
	} else if (m->type == WIRE_APPLY) {
		agent_apply(f, m->apply);
	} else if (m->type == WIRE_REPORTED) {
		f->reported = m->reported->seq;
	} else if (m->type == WIRE_REQUEST && str_eq(m->request->params.pod, "flood")) {
		f->flood = m->request->id;
	} else if (m->type == WIRE_PAUSE || m->type == WIRE_RESUME) {
		assert_int_equal(m->pause->id, f->flood);
		f->pauses += m->type == WIRE_PAUSE;
		f->paused = m->type == WIRE_PAUSE;
	} else if (m->type == WIRE_REQUEST) {
		agent_answer(f, m->request);
	}
}

static void agent_hang_up(struct fixture *f)
{
	f->peer_io = loop_source_free(f->peer_io);
	f->peer = fd_close(f->peer);
	wire_reader_done(&f->reader);
}

static int on_peer(int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;
	char bytes[65536];
	const char *line;
	size_t len;
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n <= 0) {
		agent_hang_up(f);
		return 0;
	}
	wire_reader_feed(&f->reader, bytes, (size_t)n);
	while (wire_reader_line(&f->reader, &line, &len) > 0) {
		struct wire_message m = { 0 };

		assert_int_equal(wire_parse(line, len, &m, NULL), 0);
		agent_message(f, &m);
		wire_message_done(&m);
	}
	return 0;
}

static int on_listen(int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;

	(void)events;
	f->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f->peer >= 0);
	wire_reader_init(&f->reader, 0);
	f->seq = f->reported = 0;
	assert_int_equal(loop_io(f->loop, f->peer, EPOLLIN, on_peer, f, &f->peer_io, NULL), 0);
	agent_hello(f);
	return 0;
}

static void address(const struct fixture *f, const char *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/run/%s", f->dir, name);
}

static void agent_start(struct fixture *f)
{
	struct sockaddr_un a;

	address(f, "agent.sock", &a);
	f->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(f->listen, 4), 0);
	assert_int_equal(loop_io(f->loop, f->listen, EPOLLIN, on_listen, f, &f->listen_io, NULL), 0);
}

/* --- the home -------------------------------------------------------------------------------------------------- */

static void start(struct fixture *f)
{
	struct err err = { 0 };

	if (home_open(f->dir, &f->home, &err) < 0 ||
		pintled_new(f->loop, f->home, "test-host", &f->pintled, &err) < 0)
		fail_msg("%s", err.text);
}

static void stop(struct fixture *f)
{
	f->pintled = pintled_free(f->pintled);
	f->home = home_free(f->home);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->top, "/tmp/pintle-pintled-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/home", f->top);
	f->peer = f->listen = f->client = -1;
	assert_int_equal(home_create(f->dir, &(struct home_options){ 0 }, NULL), 0);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	stop(f);
	agent_hang_up(f);
	loop_source_free(f->listen_io);
	fd_close(f->listen);
	fd_close(f->client);
	wire_reader_done(&f->client_lines);
	loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->top, NULL);
	free(f);
	return 0;
}

/* The branch's tip becomes a commit with one file (or none). */
static void commit(struct fixture *f, const char *text)
{
	_cleanup_(freep) char *dir = xasprintf("%s/desired.git", f->dir);
	_cleanup_(freep) char *input = xasprintf(
		"commit refs/heads/main\ncommitter t <t@example.com> 1700000000 +0000\ndata 1\nm\ndeleteall\n"
		"%s%zu\n%s\n",
		*text ? "M 644 inline a.yaml\ndata " : "M 644 inline README\ndata ", strlen(text), text);
	const char *const argv[] = { "git", "--git-dir", dir, "fast-import", "--quiet", "--force", NULL };
	const struct proc_spec spec = { .argv = argv, .input = input, .input_len = strlen(input) };
	struct err err = { 0 };

	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void commit_web(struct fixture *f, int replicas, const char *image)
{
	_cleanup_(freep) char *text = xasprintf(
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: '%s'}]}\n",
		replicas, image);

	commit(f, text);
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

/* Files are indented for people: TEXT is looked for without white space. */
static void squeeze(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] != ' ' && b->data[i] != '\n')
			b->data[n++] = b->data[i];
	buf_truncate(b, n);
}

static bool file_has(const struct fixture *f, const char *path, const char *text)
{
	_cleanup_(freep) char *whole = xasprintf("%s/actual/%s", f->dir, path);
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	if (!fs_exists(AT_FDCWD, whole) || fs_read(AT_FDCWD, whole, 1 << 20, &b, NULL) < 0)
		return false;
	squeeze(&b);
	return strstr(b.data, text) != NULL;
}

/* Turns the loop until the file says TEXT. */
static void await_file(struct fixture *f, const char *path, const char *text)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (!file_has(f, path, text)) {
		if (time_monotonic() > end)
			fail_msg("%s does not come to say %s", path, text);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

static size_t alive(const struct fixture *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->pods[i].there;
	return n;
}

static void await_pods(struct fixture *f, size_t count)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (alive(f) != count || f->reported != f->seq) {
		if (time_monotonic() > end)
			fail_msg("%zu pods at the agent, not %zu", alive(f), count);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

/* Turns the loop until COUNT welcomes have come, the last with SUBNET. */
static void await_welcome(struct fixture *f, int64_t count, const char *subnet)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (f->welcomes < count) {
		if (time_monotonic() > end)
			fail_msg("%d welcomes, not %d", (int)f->welcomes, (int)count);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
	assert_int_equal(f->welcomes, count);
	assert_string_equal(f->pod_cidr, subnet);
}

#define DEPLOYMENT "namespaces/default/deployments/web.json"

/* --- the tests ------------------------------------------------------------------------------------------------------ */

static void test_commit_to_running(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit_web(f, 3, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":3");
	await_pods(f, 3);
	commit_web(f, 1, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":1");
	await_pods(f, 1);
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	await_file(f, "cluster/nodes/test-host.json", "\"podCIDR\":\"10.244.0.0/23\"");
	assert_string_equal(f->pod_cidr, "10.244.0.0/23");
}

static void test_restart_starts_nothing_twice(void **state)
{
	struct fixture *f = *state;
	int64_t term;

	agent_start(f);
	start(f);
	commit_web(f, 3, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":3");
	await_pods(f, 3);
	term = f->term;
	for (unsigned i = 0; i < 3; i++) {
		int64_t welcomes = f->welcomes;

		stop(f);
		start(f);
		while (f->welcomes == welcomes)
			assert_true(loop_turn(f->loop, PATIENCE, NULL) > 0);
		commit_web(f, 3 + (int)i % 2, "i:1");
		await_pods(f, 3 + i % 2);
	}
	assert_int_equal(f->term, term + 3);
	for (size_t i = 0; i < f->count; i++)
		assert_int_equal(f->pods[i].starts, 1);
}

static void test_stray_pods_are_removed(void **state)
{
	struct fixture *f = *state;

	held_pod(f, "11111111-2222-3333-4444-555555555555")->there = true;
	agent_start(f);
	start(f);
	/* Not before git has been looked at: perhaps all that is wrong is that the tree was lost. */
	await_welcome(f, 1, "");
	assert_int_equal(alive(f), 1);
	assert_int_equal(f->applies, 0);
	commit_web(f, 2, "i:1");
	await_pods(f, 2);
	assert_false(f->pods[0].there);
}

#define CLUSTER(cidr) \
	"apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster}\nspec: {podCIDR: " cidr "}\n"

/* The node introduces itself before the first commit, which says where its pods have their addresses from. */
static void test_subnets_follow_the_cluster(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	await_welcome(f, 1, "");
	commit(f, CLUSTER("10.7.0.0/16"));
	await_welcome(f, 2, "10.7.0.0/23");
	commit(f, CLUSTER("10.8.0.0/16"));
	await_welcome(f, 3, "10.8.0.0/23");
}

static void test_bad_commits_change_nothing(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit_web(f, 2, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":2");
	commit(f, "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {contaners: []}\n");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "sync.json", "\"path\":\"a.yaml\",\"line\":4");
	commit(f, "");
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_int_equal(alive(f), 2);
	/* A restart on such a commit keeps what is in force, too. */
	stop(f);
	start(f);
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	await_pods(f, 2);
	commit_web(f, 1, "i:1");
	await_pods(f, 1);
	await_file(f, "sync.json", "\"state\":\"Synced\"");
}

#define FROZEN(value) \
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: frozen}\nimmutable: true\ndata: {k: " value "}\n"

/* What can't be changed is compared with what is in force, also when the commit came while nobody looked. */
static void test_fields_that_stay(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit(f, FROZEN("one"));
	await_file(f, "namespaces/default/configmaps/frozen.json", "\"one\"");
	commit(f, FROZEN("two"));
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "sync.json", "\"path\":\"a.yaml\",\"line\":5,\"col\":11");
	commit(f, FROZEN("one") "\n");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	stop(f);
	commit(f, FROZEN("two"));
	start(f);
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "namespaces/default/configmaps/frozen.json", "\"one\"");
}

static void test_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	_cleanup_(home_freep) struct home *home = NULL;
	struct pintled *other = NULL;
	struct err err = { 0 };

	start(f);
	assert_int_equal(home_open(f->dir, &home, &err), 0);
	assert_int_equal(pintled_new(f->loop, home, "test-host", &other, &err), -EWOULDBLOCK);
	assert_null(other);
}

static void test_stops_before_a_newer_one(void **state)
{
	struct fixture *f = *state;

	f->term = 1000;
	agent_start(f);
	start(f);
	assert_int_equal(loop_run(f->loop, NULL), 3);
	assert_int_equal(f->welcomes, 0);
}

static void ask(struct fixture *f, const char *method, const char *pod)
{
	struct sockaddr_un a;
	struct buf out = BUF_INIT;
	const struct wire_request q = {
		.id = 7, .method = method, .params = { .pod = pod, .follow = str_eq(method, "status") }
	};

	address(f, "read.sock", &a);
	if (f->client < 0) {
		f->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_int_equal(connect(f->client, (struct sockaddr *)&a, sizeof(a)), 0);
		wire_reader_init(&f->client_lines, 0);
	}
	wire_write_request(&out, &q);
	assert_int_equal(send(f->client, out.data, out.len, 0), (ssize_t)out.len);
	buf_done(&out);
}

/* Turns the loop until the next message is there. To be ended with wire_message_done. */
static void await_answer(struct fixture *f, struct wire_message *ret)
{
	const char *line;
	size_t len;

	while (wire_reader_line(&f->client_lines, &line, &len) == 0) {
		char bytes[4096];
		ssize_t n = recv(f->client, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n > 0)
			wire_reader_feed(&f->client_lines, bytes, (size_t)n);
		else
			assert_true(loop_turn(f->loop, PATIENCE, NULL) > 0);
	}
	assert_int_equal(wire_parse(line, len, ret, NULL), 0);
}

static void expect_answer(struct fixture *f, enum wire_type type, const char *text)
{
	struct wire_message m = { 0 };

	await_answer(f, &m);
	assert_int_equal(m.type, type);
	if (type == WIRE_DATA)
		assert_memory_equal(m.data->data.data, text, strlen(text));
	else
		assert_string_equal(str_or_empty(m.end->error), text);
	wire_message_done(&m);
}

static void expect_status(struct fixture *f, const char *text)
{
	struct wire_message m = { 0 };

	await_answer(f, &m);
	assert_int_equal(m.type, WIRE_DATA);
	if (!memmem(m.data->data.data, m.data->data.len, text, strlen(text)))
		fail_msg("no %s in %.*s", text, (int)m.data->data.len, (const char *)m.data->data.data);
	wire_message_done(&m);
}

/* Of this process's files. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The tree can't say it: who follows the status hears it at once, and when it is over; nothing was lost meanwhile. */
static void test_a_full_disk_is_said(void **state)
{
	struct fixture *f = *state;

	signal(SIGXFSZ, SIG_IGN);
	agent_start(f);
	start(f);
	commit_web(f, 1, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":1");
	ask(f, "status", NULL);
	expect_status(f, "\"state\":\"Synced\"");
	commit_web(f, 2, "i:1");
	limit_files(1);
	expect_status(f, "\"state\":\"Stuck\"");
	assert_int_equal(alive(f), 1);
	limit_files(RLIM_INFINITY);
	expect_status(f, "\"state\":\"Synced\"");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":2");
	await_pods(f, 2);
}

/* The agent is asked to wait for a reader that does not read, long before much has piled up; others are answered meanwhile. */
static void test_a_slow_reader_waits(void **state)
{
	struct fixture *f = *state;
	size_t got = 0;

	agent_start(f);
	start(f);
	commit(f, "apiVersion: v1\nkind: Pod\nmetadata: {name: flood}\nspec: {containers: [{name: c, image: "
		  "i}]}\n");
	await_pods(f, 1);
	ask(f, "logs", "flood");
	while (!f->paused) {
		if (f->flood)
			agent_flood(f);
		assert_true(f->flooded < (8 << 20));
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	}
	while (f->paused) {
		char bytes[65536];
		ssize_t n = recv(f->client, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n > 0)
			got += (size_t)n;
		else
			assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	}
	assert_true(got > 0);
	assert_int_equal(f->pauses, 1);
}

static void test_readers_are_answered(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit(f, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "
		  "i}]}\n");
	await_pods(f, 1);
	ask(f, "logs", "p");
	expect_answer(f, WIRE_DATA, "a line\n");
	expect_answer(f, WIRE_END, "");
	ask(f, "logs", "nobody");
	expect_answer(f, WIRE_END, "there is no such pod");
	ask(f, "format", "p");
	expect_answer(f, WIRE_END, "unknown method");
	ask(f, "sync", NULL);
	expect_answer(f, WIRE_END, "");
	agent_hang_up(f);
	loop_source_free(f->listen_io);
	f->listen_io = NULL;
	f->listen = fd_close(f->listen);
	assert_true(loop_turn(f->loop, PATIENCE, NULL) > 0);
	ask(f, "logs", "p");
	expect_answer(f, WIRE_END, "there is no session with the node's agent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commit_to_running, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_restart_starts_nothing_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray_pods_are_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_subnets_follow_the_cluster, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_commits_change_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fields_that_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stops_before_a_newer_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_slow_reader_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readers_are_answered, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
