/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The record, what it needs next, and what is said of it: one pod from nothing to its end. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "nodeagent/pod_status.h"

#define S NSEC_PER_SEC

static struct object *load(const char *policy)
{
	char text[1024];
	struct object *o = NULL;
	struct err err = { 0 };

	snprintf(text, sizeof(text),
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"ns\","
		"\"uid\":\"u\"},\"spec\":{\"restartPolicy\":\"%s\",\"terminationGracePeriodSeconds\":7,"
		"\"initContainers\":[{\"name\":\"i\",\"image\":\"a:1\"}],"
		"\"containers\":[{\"name\":\"c\",\"image\":\"b:1\"}]}}",
		policy);
	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static void step(struct container_record *r, enum container_event_type type, nsec_t now, int64_t code)
{
	struct container_event ev = { .type = type, .now = now, .exit_code = code };

	assert_int_equal(container_step(r, &ev), 0);
}

static void expect(const struct pod *pod, const struct pod_record *r, nsec_t now, const char *phase,
	const char *init, const char *main_state, const char *ready)
{
	struct arena *a = arena_new(0);
	struct pod_status_input in = {
		.pod = pod, .record = r, .cluster = "x", .host_ip = "10.0.0.1", .now = now
	};
	struct pod_status *s = pod_status_build(a, &in);
	const struct container_status *got[] = { &s->init_container_statuses.items[0],
		&s->container_statuses.items[0] };
	const char *want[] = { init, main_state };

	assert_string_equal(s->phase, phase);
	for (size_t i = 0; i < 2; i++) {
		const struct container_state *st = &got[i]->state;
		const char *text = st->waiting   ? st->waiting->reason
				   : st->running ? "running"
						 : st->terminated->reason;

		assert_string_equal(text, want[i]);
	}
	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, "Ready"))
			assert_string_equal(s->conditions.items[i].status, ready);
	arena_free(a);
}

static struct pod_decision decide(const struct pod *pod, const struct pod_record *r, nsec_t now)
{
	struct pod_decision d;

	pod_decide(pod, r, now, &d);
	return d;
}

static void a_life(void **state)
{
	struct object *o = load("Always");
	const struct pod *pod = object_pod(o);
	struct pod_record r;

	(void)state;
	record_init(&r, pod, 100 * S);
	struct container_record *init = &r.containers[0], *c = &r.containers[1];

	assert_int_equal(decide(pod, &r, 100 * S).need, POD_NEEDS_SETUP);
	expect(pod, &r, 100 * S, "Pending", "ContainerCreating", "PodInitializing", "False");
	r.phase = POD_UP;
	/* The init container first, and alone. */
	assert_int_equal(decide(pod, &r, 100 * S).needs[0], CONTAINER_NEEDS_START);
	assert_int_equal(decide(pod, &r, 100 * S).needs[1], CONTAINER_NEEDS_NOTHING);
	step(init, CONTAINER_INTEND, 100 * S, 0);
	step(init, CONTAINER_STARTED, 100 * S, 0);
	expect(pod, &r, 101 * S, "Pending", "running", "PodInitializing", "False");
	step(init, CONTAINER_ENDED, 102 * S, 0);
	assert_int_equal(decide(pod, &r, 102 * S).needs[0], CONTAINER_NEEDS_NOTHING);
	assert_int_equal(decide(pod, &r, 102 * S).needs[1], CONTAINER_NEEDS_START);
	step(c, CONTAINER_INTEND, 102 * S, 0);
	step(c, CONTAINER_STARTED, 103 * S, 0);
	expect(pod, &r, 103 * S, "Running", "Completed", "running", "True");
	/* It crashes: restarted at once, then after ten seconds. */
	step(c, CONTAINER_ENDED, 104 * S, 1);
	assert_int_equal(decide(pod, &r, 104 * S).needs[1], CONTAINER_NEEDS_START);
	expect(pod, &r, 104 * S, "Running", "Completed", "Error", "False");
	step(c, CONTAINER_AGAIN, 104 * S, 0);
	step(c, CONTAINER_INTEND, 104 * S, 0);
	step(c, CONTAINER_STARTED, 104 * S, 0);
	step(c, CONTAINER_ENDED, 105 * S, 1);
	assert_int_equal(decide(pod, &r, 105 * S).needs[1], CONTAINER_NEEDS_NOTHING);
	assert_int_equal(decide(pod, &r, 105 * S).wake, 115 * S);
	expect(pod, &r, 105 * S, "Running", "Completed", "CrashLoopBackOff", "False");
	step(c, CONTAINER_AGAIN, 115 * S, 0);
	step(c, CONTAINER_INTEND, 115 * S, 0);
	step(c, CONTAINER_STARTED, 115 * S, 0);
	/* Told to go: TERM, KILL after the grace period, then down. */
	r.removing = true;
	r.grace = 7;
	r.stop_since = 200 * S;
	assert_int_equal(decide(pod, &r, 200 * S).needs[1], CONTAINER_NEEDS_TERM);
	c->stopping = true;
	assert_int_equal(decide(pod, &r, 206 * S).needs[1], CONTAINER_NEEDS_NOTHING);
	assert_int_equal(decide(pod, &r, 206 * S).wake, 207 * S);
	assert_int_equal(decide(pod, &r, 207 * S).needs[1], CONTAINER_NEEDS_KILL);
	step(c, CONTAINER_ENDED, 207 * S, 137);
	assert_int_equal(decide(pod, &r, 207 * S).need, POD_NEEDS_TEARDOWN);
	expect(pod, &r, 207 * S, "Failed", "Completed", "Error", "False");
	r.phase = POD_DOWN;
	assert_int_equal(decide(pod, &r, 208 * S).need, POD_NEEDS_NOTHING);
	record_done(&r);
	object_unref(o);
}

static void an_end_for_good(void **state)
{
	static const struct {
		const char *policy;
		int64_t code;
		const char *phase;
	} cases[] = { { "Never", 0, "Succeeded" }, { "Never", 3, "Failed" },
		{ "OnFailure", 0, "Succeeded" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct object *o = load(cases[i].policy);
		struct pod_record r;

		record_init(&r, object_pod(o), S);
		r.phase = POD_UP;
		for (size_t k = 0; k < 2; k++) {
			step(&r.containers[k], CONTAINER_INTEND, S, 0);
			step(&r.containers[k], CONTAINER_STARTED, S, 0);
			step(&r.containers[k], CONTAINER_ENDED, 2 * S, k == 0 ? 0 : cases[i].code);
		}
		assert_string_equal(pod_final_phase(object_pod(o), &r), cases[i].phase);
		assert_int_equal(decide(object_pod(o), &r, 3 * S).need, POD_NEEDS_NOTHING);
		record_done(&r);
		object_unref(o);
	}
}

/* A failed init container of a pod that is never restarted fails the pod; the container never starts. */
static void a_failed_init(void **state)
{
	struct object *o = load("Never");
	struct pod_record r;

	(void)state;
	record_init(&r, object_pod(o), S);
	r.phase = POD_UP;
	step(&r.containers[0], CONTAINER_INTEND, S, 0);
	step(&r.containers[0], CONTAINER_ENDED, 2 * S, 128);
	assert_string_equal(pod_final_phase(object_pod(o), &r), "Failed");
	assert_int_equal(decide(object_pod(o), &r, 3 * S).needs[1], CONTAINER_NEEDS_NOTHING);
	record_done(&r);
	object_unref(o);
}

static void records_round_trip(void **state)
{
	struct object *o = load("Always");
	struct pod_record r, again;
	struct buf text = BUF_INIT, twice = BUF_INIT;

	(void)state;
	record_init(&r, object_pod(o), S);
	r.phase = POD_UP;
	record_set_text(&r.ip, "10.0.0.2");
	step(&r.containers[1], CONTAINER_INTEND, S, 0);
	step(&r.containers[1], CONTAINER_STARTED, S, 0);
	step(&r.containers[1], CONTAINER_ENDED, 2 * S, 1);
	step(&r.containers[1], CONTAINER_AGAIN, 3 * S, 0);
	record_write(&text, &r);
	assert_int_equal(record_read(text.data, text.len, &again, NULL), 0);
	record_write(&twice, &again);
	assert_string_equal(twice.data, text.data);
	assert_int_equal(again.containers[1].attempt, 1);
	assert_int_equal(again.containers[1].restart.delay, 10 * S);
	record_done(&again);
	assert_int_equal(record_read("{}", 2, &again, NULL), -EBADMSG);
	record_done(&r);
	buf_done(&text);
	buf_done(&twice);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(an_end_for_good),
		cmocka_unit_test(a_failed_init),
		cmocka_unit_test(records_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
