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
	c->term_at = 200 * S;
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
		/* It gives back what it has, once; its logs stay until it is told to go. */
		assert_int_equal(decide(object_pod(o), &r, 3 * S).need, POD_NEEDS_RELEASE);
		r.phase = POD_OVER;
		assert_int_equal(decide(object_pod(o), &r, 3 * S).need, POD_NEEDS_NOTHING);
		r.removing = true;
		assert_int_equal(decide(object_pod(o), &r, 3 * S).need, POD_NEEDS_TEARDOWN);
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
	str_set(&r.ip, "10.0.0.2");
	r.ready = true;
	r.ready_since = 5 * S;
	step(&r.containers[1], CONTAINER_INTEND, S, 0);
	step(&r.containers[1], CONTAINER_STARTED, S, 0);
	step(&r.containers[1], CONTAINER_ENDED, 2 * S, 1);
	step(&r.containers[1], CONTAINER_AGAIN, 3 * S, 0);
	step(&r.containers[1], CONTAINER_INTEND, 3 * S, 0);
	step(&r.containers[1], CONTAINER_STARTED, 3 * S, 0);
	r.containers[1].started = r.containers[1].ready = r.containers[1].passed = true;
	str_set(&r.containers[1].unhealthy, "no");
	container_condemn(&r.containers[1], 4 * S, 3, "why");
	record_write(&text, &r);
	assert_int_equal(record_read(text.data, text.len, &again, NULL), 0);
	record_write(&twice, &again);
	assert_string_equal(twice.data, text.data);
	assert_int_equal(again.containers[1].attempt, 1);
	assert_int_equal(again.containers[1].restart.delay, 10 * S);
	assert_true(again.ready && again.containers[1].started && again.containers[1].ready &&
		    again.containers[1].passed);
	assert_int_equal(again.ready_since, 5 * S);
	assert_int_equal(again.containers[1].stop_since, 4 * S);
	assert_int_equal(again.containers[1].stop_grace, 3);
	assert_string_equal(again.containers[1].stop_message, "why");
	assert_string_equal(again.containers[1].unhealthy, "no");
	record_done(&again);
	assert_int_equal(record_read("{}", 2, &again, NULL), -EBADMSG);
	record_done(&r);
	buf_done(&text);
	buf_done(&twice);
	object_unref(o);
}

/* A sidecar "s" and a container "c", each with a startup and a readiness probe; "p", without any, between them. */
static struct object *load_probed(void)
{
#define PROBES \
	",\"startupProbe\":{\"tcpSocket\":{\"port\":1}},\"readinessProbe\":{\"tcpSocket\":{\"port\":1}}"
	static const char text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"ns\","
		"\"uid\":\"u\"},\"spec\":{\"terminationGracePeriodSeconds\":7,\"initContainers\":["
		"{\"name\":\"s\",\"image\":\"a:1\",\"restartPolicy\":\"Always\"" PROBES "}],"
		"\"containers\":[{\"name\":\"p\",\"image\":\"b:1\"},{\"name\":\"c\",\"image\":\"b:1\"" PROBES
		"}]}}";
#undef PROBES
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static void run(struct container_record *r, nsec_t now)
{
	step(r, CONTAINER_INTEND, now, 0);
	step(r, CONTAINER_STARTED, now, 0);
}

/* What the condition Ready says at NOW; MESSAGE NULL: none. */
static void expect_ready(const struct pod *pod, struct pod_record *r, nsec_t now, const char *status,
	nsec_t since, const char *message)
{
	struct arena *a = arena_new(0);
	struct pod_status_input in = { .pod = pod, .record = r, .cluster = "x", .now = now };
	struct pod_status *s;
	size_t seen = 0;

	pod_note_ready(pod, r, now);
	s = pod_status_build(a, &in);
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (!str_eq(c->type, "Ready") && !str_eq(c->type, "ContainersReady"))
			continue;
		seen++;
		assert_string_equal(c->status, status);
		assert_int_equal(c->last_transition_time.value / S, since / S);
		assert_string_equal(str_or_empty(c->message), str_or_empty(message));
	}
	assert_int_equal(seen, 2);
	arena_free(a);
}

/* A sidecar lets the others begin once its startup probe has succeeded, and for good. */
static void probes_gate_and_make_ready(void **state)
{
	struct object *o = load_probed();
	const struct pod *pod = object_pod(o);
	struct pod_record r;

	(void)state;
	record_init(&r, pod, 100 * S);
	struct container_record *sidecar = &r.containers[0], *plain = &r.containers[1], *c = &r.containers[2];

	r.phase = POD_UP;
	run(sidecar, 100 * S);
	assert_false(container_started(record_spec(pod, 0), sidecar));
	assert_false(pod_initialized(pod, &r));
	assert_int_equal(decide(pod, &r, 101 * S).needs[1], CONTAINER_NEEDS_NOTHING);
	sidecar->started = sidecar->passed = true;
	assert_true(container_started(record_spec(pod, 0), sidecar));
	assert_true(pod_initialized(pod, &r));
	assert_int_equal(decide(pod, &r, 101 * S).needs[1], CONTAINER_NEEDS_START);
	assert_int_equal(decide(pod, &r, 101 * S).needs[2], CONTAINER_NEEDS_START);
	run(plain, 102 * S);
	run(c, 102 * S);
	assert_true(container_ready(record_spec(pod, 1), plain));
	c->ready = true; /* as long as it has not started, that counts for nothing */
	assert_false(container_ready(record_spec(pod, 2), c));
	c->started = true;
	assert_true(container_ready(record_spec(pod, 2), c));
	expect_ready(pod, &r, 103 * S, "False", 100 * S, "containers with unready status: [s]");
	sidecar->ready = true;
	expect_ready(pod, &r, 104 * S, "True", 104 * S, NULL);
	expect_ready(pod, &r, 105 * S, "True", 104 * S, NULL);
	c->ready = false;
	str_set(&c->unhealthy, "Readiness probe failed: no");
	expect_ready(pod, &r, 106 * S, "False", 106 * S,
		"containers with unready status: [c]; c: Readiness probe failed: no");
	sidecar->ready = false;
	expect_ready(pod, &r, 107 * S, "False", 106 * S,
		"containers with unready status: [s c]; c: Readiness probe failed: no");
	/* Its end takes all of that along; the others go on. */
	step(sidecar, CONTAINER_ENDED, 108 * S, 1);
	assert_false(sidecar->started || sidecar->ready);
	assert_true(pod_initialized(pod, &r));
	c->ready = true;
	expect_ready(pod, &r, 109 * S, "False", 106 * S, "containers with unready status: [s]");
	step(c, CONTAINER_ENDED, 110 * S, 1);
	assert_null(c->unhealthy);
	record_done(&r);
	object_unref(o);
}

/* Stopped within its own grace, and started again; the pod's own end may only be sooner. */
static void one_container_ends_alone(void **state)
{
	struct object *o = load_probed();
	const struct pod *pod = object_pod(o);
	struct pod_record r;
	struct pod_decision d;

	(void)state;
	record_init(&r, pod, 100 * S);
	struct container_record *c = &r.containers[2];
	r.phase = POD_UP;
	run(&r.containers[0], 100 * S);
	r.containers[0].started = r.containers[0].passed = true;
	run(&r.containers[1], 100 * S);
	run(c, 100 * S);
	container_condemn(c, 200 * S, 5, "Liveness probe failed: no");
	d = decide(pod, &r, 200 * S);
	assert_int_equal(d.needs[2], CONTAINER_NEEDS_TERM);
	assert_int_equal(d.needs[1], CONTAINER_NEEDS_NOTHING);
	c->term_at = 200 * S;
	d = decide(pod, &r, 201 * S);
	assert_int_equal(d.needs[2], CONTAINER_NEEDS_NOTHING);
	assert_int_equal(d.wake, 205 * S);
	/* Told to go, the pod has seven seconds, this container no more than it had. */
	r.removing = true;
	r.stop_since = 202 * S;
	r.grace = 7;
	assert_int_equal(decide(pod, &r, 205 * S).needs[2], CONTAINER_NEEDS_KILL);
	assert_int_equal(decide(pod, &r, 205 * S).needs[1], CONTAINER_NEEDS_TERM);
	r.removing = false;
	r.stop_since = 0;
	assert_int_equal(decide(pod, &r, 205 * S).needs[2], CONTAINER_NEEDS_KILL);
	step(c, CONTAINER_ENDED, 205 * S, 137);
	assert_string_equal(c->end.message, "Liveness probe failed: no");
	assert_int_equal(c->stop_since, 0);
	assert_null(c->stop_message);
	assert_int_equal(decide(pod, &r, 205 * S).needs[2], CONTAINER_NEEDS_START);
	record_done(&r);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(an_end_for_good),
		cmocka_unit_test(a_failed_init),
		cmocka_unit_test(probes_gate_and_make_ready),
		cmocka_unit_test(one_container_ends_alone),
		cmocka_unit_test(records_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
