/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintled from a commit to what its agent is told, through restarts, full disks and slow readers. */
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/reconciler/pintled_fixture.h"

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
	commit(f->dir, CLUSTER("10.7.0.0/16"));
	await_welcome(f, 2, "10.7.0.0/23");
	commit(f->dir, CLUSTER("10.8.0.0/16"));
	await_welcome(f, 3, "10.8.0.0/23");
}

static void test_bad_commits_change_nothing(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit_web(f, 2, "i:1");
	await_file(f, DEPLOYMENT, "\"availableReplicas\":2");
	commit(f->dir, "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {contaners: []}\n");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "sync.json", "\"path\":\"a.yaml\",\"line\":4");
	commit(f->dir, "");
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
	commit(f->dir, FROZEN("one"));
	await_file(f, "namespaces/default/configmaps/frozen.json", "\"one\"");
	commit(f->dir, FROZEN("two"));
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "sync.json", "\"path\":\"a.yaml\",\"line\":5,\"col\":11");
	commit(f->dir, FROZEN("one") "\n");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	stop(f);
	commit(f->dir, FROZEN("two"));
	start(f);
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	await_file(f, "namespaces/default/configmaps/frozen.json", "\"one\"");
}

static void test_no_address(void **state)
{
	struct fixture *f = *state;

	start(f);
	commit(f->dir, "apiVersion: v1\nkind: Node\nmetadata: {name: lost}\n");
	await_file(f, "cluster/nodes/lost.json", "\"type\":\"Reachable\",\"status\":\"False\"");
	assert_true(file_has(f, "cluster/nodes/lost.json", "\"reason\":\"NoAddress\""));
	/* Now it says. */
	agent_start(f);
	commit(f->dir, "apiVersion: v1\nkind: Node\nmetadata: {name: lost, annotations: {pintle.dev/local: "
		       "'true'}}\n");
	await_file(f, "cluster/nodes/lost.json", "\"type\":\"Reachable\",\"status\":\"True\"");
}

/* --agents: a Node without an address is reached at a socket that is named as the Node is. */
static void test_nodes_of_a_directory(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *agents = xasprintf("%s/run", f->dir);

	agent_start(f); /* at run/agent.sock */
	start_with(f, agents);
	commit(f->dir, "apiVersion: v1\nkind: Node\nmetadata: {name: other}\n---\n"
		       "apiVersion: v1\nkind: Node\nmetadata: {name: agent}\n");
	await_file(f, "cluster/nodes/agent.json", "\"type\":\"Ready\",\"status\":\"True\"");
	assert_false(file_has(f, "cluster/nodes/other.json", "\"type\":\"Ready\",\"status\":\"True\""));
}

static void test_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	_cleanup_(home_freep) struct home *home = NULL;
	struct pintled *other = NULL;
	struct err err = { 0 };

	start(f);
	assert_int_equal(home_open(f->dir, &home, &err), 0);
	assert_int_equal(pintled_new(f->loop, home, &(struct pintled_options){ .host_name = "test-host" },
				 &other, &err),
		-EWOULDBLOCK);
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
	commit(f->dir,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: flood}\nspec: {containers: [{name: c, image: "
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

/* As much standard input as pintled takes; returns how much that is. */
static size_t pour(struct fixture *f, const struct buf *line, size_t *at)
{
	size_t sum = 0;

	for (;;) {
		ssize_t n = send(f->client, line->data + *at, line->len - *at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return sum;
		*at = (*at + (size_t)n) % line->len;
		sum += (size_t)n;
	}
}

/* Standard input for an agent that does not read it is not taken for ever, and goes on when it does. */
static void test_standard_input_waits(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[48 << 10];
	const struct wire_data data = { .id = 7, .stream = "stdin", .data = { bytes, sizeof(bytes) } };
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	size_t at = 0, taken = 0;

	wire_write_data(&line, &data);
	agent_start(f);
	start(f);
	commit(f->dir,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: flood}\nspec: {containers: [{name: c, image: "
		"i}]}\n");
	await_pods(f, 1);
	ask(f, "exec", "flood");
	while (!f->flood)
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	loop_io_set_events(f->peer_io, 0);
	for (unsigned idle = 0; idle < 5;) {
		size_t n = pour(f, &line, &at);

		taken += n;
		idle = n > 0 ? 0 : idle + 1;
		assert_true(taken < (4 << 20));
		assert_true(loop_turn(f->loop, 0, NULL) >= 0);
	}
	loop_io_set_events(f->peer_io, EPOLLIN);
	for (size_t more = 0; more < (8 << 20); more += pour(f, &line, &at))
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	assert_true(f->peer >= 0);
}

/* What is too fast for its command hears so, under the number that it gave. */
static void test_a_slow_command_is_told_of(void **state)
{
	static const enum wire_type types[] = { WIRE_PAUSE, WIRE_RESUME, WIRE_PAUSE };
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit(f->dir,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: flood}\nspec: {containers: [{name: c, image: "
		"i}]}\n");
	await_pods(f, 1);
	ask(f, "forward", "flood");
	while (!f->flood)
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct wire_pause pause = { .id = f->flood };
		struct wire_message m = { 0 };
		struct buf out = BUF_INIT;

		if (types[i] == WIRE_PAUSE)
			wire_write_pause(&out, &pause);
		else
			wire_write_resume(&out, &pause);
		agent_write(f, &out);
		await_answer(f, &m);
		assert_int_equal(m.type, types[i]);
		assert_int_equal(m.pause->id, 7);
		wire_message_done(&m);
	}
}

static void test_readers_are_answered(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	start(f);
	commit(f->dir, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "
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
		cmocka_unit_test_setup_teardown(test_no_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes_of_a_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stops_before_a_newer_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_slow_reader_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_standard_input_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_slow_command_is_told_of, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readers_are_answered, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
