/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Requests without a session: what is sent is collected here, and may be said to be too much. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "nodeagent/logs.h"
#include "nodeagent/requests.h"
#include "tests/unit/nodeagent/agent_fixture.h"

struct answers {
	struct buf out, errs; /* the data */
	size_t lines, ends;
	int64_t exit_code;
	char *error; /* of the last end; owned */
	bool full;
};

static bool collect(const struct buf *line, void *arg)
{
	struct answers *a = arg;
	struct wire_message m = { 0 };

	assert_int_equal(wire_parse(line->data, line->len - 1, &m, NULL), 0);
	a->lines++;
	if (m.type == WIRE_DATA) {
		buf_add(str_eq(m.data->stream, "stdout") ? &a->out : &a->errs, m.data->data.data,
			m.data->data.len);
	} else {
		assert_int_equal(m.type, WIRE_END);
		a->ends++;
		a->exit_code = m.end->exit_code;
		free(a->error);
		a->error = xstrdup(str_or_empty(m.end->error));
	}
	wire_message_done(&m);
	return !a->full;
}

static void answers_done(struct answers *a)
{
	buf_done(&a->out);
	buf_done(&a->errs);
	free(a->error);
}
#define ANSWERS ((struct answers){ .out = BUF_INIT, .errs = BUF_INIT })

/* Adds pod ns/p; TEXT is the log of its container's start N. */
static void add_pod(struct ground *g, unsigned n, const char *text)
{
	_cleanup_(object_unrefp) struct object *o = ground_pod("p", "uid-1");
	_cleanup_(freep) char *dir = logs_container_dir(g->log_root, "ns", "p", "uid-1", "c");
	_cleanup_(freep) char *path = xasprintf("%s/%u.log", dir, n);

	if (pods_count(g->pods) == 0)
		assert_int_equal(pods_assign(g->pods, o, "d", &(struct string_map){ 0 }, NULL), 0);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, dir, 0755, NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0644, 0, NULL), 0);
}

static void turn_until_end(struct ground *g, const struct answers *a)
{
	nsec_t deadline = time_monotonic() + FIXTURE_BOUND;

	while (a->ends == 0) {
		assert_true(time_monotonic() < deadline);
		assert_true(loop_turn(g->node.loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

#define STAMP "2026-01-02T03:04:05.000000000Z"

static void logs_of_a_container(void **state)
{
	struct ground *g = *state;
	static const struct {
		struct wire_params params;
		const char *out, *errs, *error;
	} cases[] = {
		{ { .namespace = "ns", .pod = "p" }, "two\n", "", "" },
		{ { .namespace = "ns", .pod = "p", .container = "c", .previous = true }, "one\n", "oh\n",
			"" },
		{ { .namespace = "ns", .pod = "p", .timestamps = true }, STAMP " two\n", "", "" },
		{ { .namespace = "ns", .pod = "p", .uid = "uid-1" }, "two\n", "", "" },
		{ { .namespace = "ns", .pod = "p", .uid = "uid-2" }, "", "", "pod ns/p is not on this node" },
		{ { .namespace = "other", .pod = "p" }, "", "", "pod other/p is not on this node" },
		{ { .namespace = "ns", .pod = "p", .container = "x" }, "", "",
			"container x is not valid for pod p" },
		{ { .namespace = "ns", .pod = "p", .container = "i" }, "", "",
			"container \"i\" in pod \"p\" is waiting to start: ContainerCreating" },
		{ { 0 }, "", "", "pod / is not on this node" },
	};

	add_pod(g, 0, STAMP " stdout F one\n" STAMP " stderr F oh\n");
	add_pod(g, 1, STAMP " stdout F two\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answers a = ANSWERS;
		struct requests *r = requests_new(&g->node, g->pods, collect, &a);

		requests_start(
			r, &(struct wire_request){ .id = 7, .method = "logs", .params = cases[i].params });
		turn_until_end(g, &a);
		assert_string_equal(a.out.data, cases[i].out);
		assert_string_equal(a.errs.data, cases[i].errs);
		assert_string_equal(a.error, cases[i].error);
		assert_int_equal(a.exit_code, *cases[i].error != 0);
		requests_free(r);
		answers_done(&a);
	}
}

static void no_previous_instance(void **state)
{
	struct ground *g = *state;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);
	struct wire_params p = { .namespace = "ns", .pod = "p", .container = "c", .previous = true };

	add_pod(g, 0, STAMP " stdout F one\n");
	requests_start(r, &(struct wire_request){ .id = 1, .method = "logs", .params = p });
	turn_until_end(g, &a);
	assert_string_equal(a.error, "previous terminated container \"c\" in pod \"p\" not found");
	requests_free(r);
	answers_done(&a);
}

/* A reader that does not read: no more than one turn's work is sent; then everything, once, in order. */
static void what_is_not_read_is_not_sent(void **state)
{
	struct ground *g = *state;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);
	_cleanup_(buf_done) struct buf log = BUF_INIT, want = BUF_INIT;
	struct wire_params p = { .namespace = "ns", .pod = "p" };
	size_t lines;

	for (int i = 0; i < 40000; i++) {
		buf_addf(&log, STAMP " stdout F line %d of a log that is long\n", i);
		buf_addf(&want, "line %d of a log that is long\n", i);
	}
	add_pod(g, 0, log.data);
	a.full = true;
	requests_start(r, &(struct wire_request){ .id = 1, .method = "logs", .params = p });
	lines = a.lines;
	assert_true(lines >= 1);
	for (int i = 0; i < 20; i++)
		assert_true(loop_turn(g->node.loop, 0, NULL) >= 0);
	assert_int_equal(a.lines, lines);
	assert_int_equal(a.ends, 0);
	/* Others are answered meanwhile. */
	requests_start(r, &(struct wire_request){ .id = 2, .method = "nonsense" });
	assert_int_equal(a.ends, 1);
	a.ends = 0;
	/* One piece more, then it is full again. */
	requests_resume(r);
	assert_true(a.lines > lines + 1);
	assert_int_equal(a.ends, 0);
	assert_true(a.out.len < want.len);
	a.full = false;
	requests_resume(r);
	turn_until_end(g, &a);
	assert_string_equal(a.error, "");
	assert_int_equal(a.out.len, want.len);
	assert_memory_equal(a.out.data, want.data, want.len);
	requests_resume(r);
	requests_free(r);
	answers_done(&a);
}

/* One reader is slow: its answer waits, the other's does not; and what somebody else's line has drained wakes those who wait. */
static void one_is_paused(void **state)
{
	struct ground *g = *state;
	_cleanup_(buf_done) struct buf log = BUF_INIT;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);
	const struct wire_params all = { .namespace = "ns", .pod = "p" };
	const struct wire_params tail = {
		.namespace = "ns", .pod = "p", .tail_lines = { .set = true, .value = 1 }
	};
	size_t len;

	for (int i = 0; i < 40000; i++)
		buf_addf(&log, STAMP " stdout F line %05d of a log that is long\n", i);
	add_pod(g, 0, log.data);
	requests_start(r, &(struct wire_request){ .id = 1, .method = "logs", .params = all });
	len = a.out.len;
	assert_true(len > 0);
	assert_int_equal(a.ends, 0);
	requests_pause(r, 1, true);
	requests_pause(r, 7, true);
	for (int i = 0; i < 20; i++)
		assert_true(loop_turn(g->node.loop, 0, NULL) >= 0);
	assert_int_equal(a.out.len, len);
	requests_start(r, &(struct wire_request){ .id = 2, .method = "logs", .params = tail });
	turn_until_end(g, &a);
	assert_true(a.out.len > len);
	a.ends = 0;
	/* Its session is slow as well: either is reason enough to wait. */
	a.full = true;
	requests_start(r, &(struct wire_request){ .id = 3, .method = "nonsense" });
	assert_true(requests_waiting(r));
	a.ends = 0;
	len = a.out.len;
	requests_pause(r, 1, false);
	assert_int_equal(a.out.len, len);
	a.full = false;
	requests_resume(r);
	assert_false(requests_waiting(r));
	turn_until_end(g, &a);
	assert_int_equal(a.out.len, (40000 + 1) * strlen("line 00000 of a log that is long\n"));
	requests_free(r);
	answers_done(&a);
}

static void canceled_while_it_waits(void **state)
{
	struct ground *g = *state;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);
	struct wire_params p = { .namespace = "ns", .pod = "p" };
	size_t lines;

	add_pod(g, 0, STAMP " stdout F one\n" STAMP " stderr F two\n");
	a.full = true;
	requests_start(r, &(struct wire_request){ .id = 1, .method = "logs", .params = p });
	/* The number is taken until then. */
	requests_start(r, &(struct wire_request){ .id = 1, .method = "logs", .params = p });
	assert_string_equal(a.error, "request 1 is under way already");
	requests_cancel(r, 1);
	requests_cancel(r, 1);
	lines = a.lines;
	a.full = false;
	requests_resume(r);
	assert_true(loop_turn(g->node.loop, 0, NULL) >= 0);
	assert_int_equal(a.lines, lines);
	requests_free(r);
	assert_null(requests_free(NULL));
	answers_done(&a);
}

static void stats_and_images(void **state)
{
	struct ground *g = *state;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);

	add_pod(g, 0, "");
	/* Nothing of it runs. */
	requests_start(r, &(struct wire_request){ .id = 1, .method = "stats" });
	assert_string_equal(a.out.data, "{\"pods\":[{\"uid\":\"uid-1\",\"namespace\":\"ns\",\"name\":\"p\","
					"\"containers\":[]}]}");
	buf_clear(&a.out);
	requests_start(
		r, &(struct wire_request){ .id = 2, .method = "stats", .params = { .namespace = "other" } });
	assert_string_equal(a.out.data, "{\"pods\":[]}");
	buf_clear(&a.out);
	requests_start(r, &(struct wire_request){
				  .id = 3, .method = "stats", .params = { .namespace = "ns", .pod = "q" } });
	assert_string_equal(a.out.data, "{\"pods\":[]}");
	buf_clear(&a.out);
	requests_start(r, &(struct wire_request){ .id = 4, .method = "images" });
	assert_string_equal(a.out.data, "{\"images\":[]}");
	assert_int_equal(a.ends, 4);
	requests_free(r);
	answers_done(&a);
}

static void exec_where_nothing_runs(void **state)
{
	static const char *command[] = { "sh" };
	struct ground *g = *state;
	struct answers a = ANSWERS;
	struct requests *r = requests_new(&g->node, g->pods, collect, &a);
	struct wire_request q = { .id = 1, .method = "exec", .params = { .namespace = "ns", .pod = "p" } };

	add_pod(g, 0, "");
	requests_start(r, &q);
	assert_string_equal(a.error, "no command was given");
	q.params.command = (struct strings){ command, 1 };
	requests_start(r, &q);
	assert_string_equal(a.error, "container c of pod p is not running");
	assert_int_equal(a.exit_code, 1);
	q.method = NULL;
	requests_start(r, &q);
	assert_string_equal(a.error, "there is no method \"\"");
	requests_free(r);
	answers_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(logs_of_a_container, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(no_previous_instance, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(what_is_not_read_is_not_sent, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(one_is_paused, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(canceled_while_it_waits, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(stats_and_images, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(exec_where_nothing_runs, ground_setup, ground_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
