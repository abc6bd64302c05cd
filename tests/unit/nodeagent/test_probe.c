/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* When probes are asked, and what each row of answers does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "nodeagent/probe.h"

#define S NSEC_PER_SEC
enum { GRACE = 30 };

static struct probe probe(int64_t period, int64_t successes, int64_t failures)
{
	return (struct probe){
		.period_seconds = period, .success_threshold = successes, .failure_threshold = failures
	};
}

static void give(struct container *c, enum probe_kind kind, struct probe *p)
{
	struct probe **const where[] = { &c->startup_probe, &c->liveness_probe, &c->readiness_probe };

	*where[kind] = p;
}

/* --- answers ---------------------------------------------------------------------------------------------- */

/* What the record says: "s" started, "r" ready, "x" condemned. */
static const char *now_is(const struct probe_subject *s, char ret[4])
{
	size_t n = 0;

	if (container_started(s->spec, s->record))
		ret[n++] = 's';
	if (container_ready(s->spec, s->record))
		ret[n++] = 'r';
	if (s->record->stop_since > 0)
		ret[n++] = 'x';
	ret[n] = '\0';
	return ret;
}

/*
 * One probe alone, answered Success, Failure, Unknown in turn; after each answer the state follows: "s" started, "r" ready,
 * "x" condemned. A "*" before it: the status may have changed.
 */
static const struct {
	enum probe_kind kind;
	int64_t successes, failures;
	const char *begin, *answers, *states;
} rows[] = {
	/* 1: the first success starts, further answers are not asked for */
	{ PROBE_STARTUP, 1, 3, "", "S", "*sr" },
	{ PROBE_STARTUP, 1, 3, "", "FFS", "*,,*sr" },
	{ PROBE_STARTUP, 1, 3, "", "FFF", "*,,*x" },
	{ PROBE_STARTUP, 1, 1, "", "F", "*x" },
	{ PROBE_STARTUP, 1, 2, "", "UUUUFUF", "*,,,,,,*x" },
	{ PROBE_STARTUP, 1, 3, "", "UUS", "*,,*sr" },
	/* 7: liveness changes nothing but an end */
	{ PROBE_LIVENESS, 1, 3, "sr", "SSS", "sr,sr,sr" },
	{ PROBE_LIVENESS, 1, 3, "sr", "FFSFFSFFF", "sr,sr,sr,sr,sr,sr,sr,sr,*srx" },
	{ PROBE_LIVENESS, 1, 1, "sr", "F", "*srx" },
	{ PROBE_LIVENESS, 1, 2, "sr", "FUF", "sr,sr,*srx" },
	{ PROBE_LIVENESS, 1, 1, "sr", "UUU", "sr,sr,sr" },
	/* 12: readiness goes to and fro */
	{ PROBE_READINESS, 1, 3, "s", "S", "*sr" },
	{ PROBE_READINESS, 1, 3, "s", "FFFF", "*s,s,s,s" },
	{ PROBE_READINESS, 1, 3, "s", "SFFSFFF", "*sr,sr,sr,sr,sr,sr,*s" },
	{ PROBE_READINESS, 1, 1, "s", "SFSF", "*sr,*s,*sr,*s" },
	{ PROBE_READINESS, 3, 1, "s", "SSFSSS", "s,s,*s,s,s,*sr" },
	{ PROBE_READINESS, 2, 2, "s", "SSFSFF", "s,*sr,sr,sr,sr,*s" },
	{ PROBE_READINESS, 2, 1, "s", "SUS", "s,*s,*sr" },
	{ PROBE_READINESS, 1, 1, "s", "UUSU", "*s,s,*sr,sr" },
};

static void answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct probe p = probe(10, rows[i].successes, rows[i].failures);
		struct container spec = { .name = "c" };
		struct container_record r = { .phase = CONTAINER_RUNNING };
		struct probe_subject subject = { &spec, &r, GRACE, false };
		struct probe_set set;
		const char *want = rows[i].states;
		char text[4];

		give(&spec, rows[i].kind, &p);
		probe_set_begin(&set, &spec, 100 * S, 100 * S, 0);
		assert_string_equal(now_is(&subject, text), rows[i].begin);
		for (const char *a = rows[i].answers; *a; a++) {
			enum probe_result result = *a == 'S'   ? PROBE_SUCCESS
						   : *a == 'F' ? PROBE_FAILURE
							       : PROBE_UNKNOWN;
			size_t len = strcspn(want, ",");
			bool changed;

			probe_set_ask(&set, &spec, rows[i].kind, 100 * S);
			changed = probe_set_answer(&set, &subject, rows[i].kind, result, "why", 200 * S);
			now_is(&subject, text);
			if (changed != (*want == '*') || strlen(text) != len - changed ||
				strncmp(text, want + changed, strlen(text)) != 0)
				fail_msg("row %zu, answer %zu: %s%s instead of %.*s", i + 1,
					(size_t)(a - rows[i].answers) + 1, changed ? "*" : "", text, (int)len,
					want);
			want += len + (want[len] == ',');
		}
		assert_string_equal(want, "");
		str_set(&r.unhealthy, NULL);
		str_set(&r.stop_message, NULL);
	}
}

/* What is said against it: the first thing since it was well, and of what condemned it. */
static void reasons(void **state)
{
	struct probe startup = probe(10, 1, 9), readiness = probe(10, 1, 2), liveness = probe(10, 1, 1);
	struct container spec = {
		.startup_probe = &startup, .readiness_probe = &readiness, .liveness_probe = &liveness
	};
	struct container_record r = { .phase = CONTAINER_RUNNING };
	struct probe_subject subject = { &spec, &r, GRACE, false };
	struct probe_set set;

	(void)state;
	probe_set_begin(&set, &spec, 0, 0, 0);
	probe_set_answer(&set, &subject, PROBE_STARTUP, PROBE_FAILURE, "one", S);
	assert_string_equal(r.unhealthy, "Startup probe failed: one");
	probe_set_answer(&set, &subject, PROBE_STARTUP, PROBE_FAILURE, "two", S);
	assert_string_equal(r.unhealthy, "Startup probe failed: one");
	probe_set_answer(&set, &subject, PROBE_STARTUP, PROBE_SUCCESS, NULL, S);
	assert_null(r.unhealthy);
	assert_true(r.started);
	probe_set_answer(&set, &subject, PROBE_READINESS, PROBE_UNKNOWN, "no port \"http\"", S);
	assert_string_equal(r.unhealthy, "Readiness probe errored: no port \"http\"");
	probe_set_answer(&set, &subject, PROBE_READINESS, PROBE_SUCCESS, NULL, S);
	assert_null(r.unhealthy);
	/* It is ready still. */
	probe_set_answer(&set, &subject, PROBE_READINESS, PROBE_FAILURE, "three", S);
	assert_null(r.unhealthy);
	probe_set_answer(&set, &subject, PROBE_READINESS, PROBE_FAILURE, "four", S);
	assert_string_equal(r.unhealthy, "Readiness probe failed: four");
	probe_set_answer(&set, &subject, PROBE_LIVENESS, PROBE_FAILURE, "five", 7 * S);
	assert_string_equal(r.unhealthy, "Readiness probe failed: four");
	assert_string_equal(r.stop_message, "Liveness probe failed: five");
	assert_int_equal(r.stop_since, 7 * S);
	str_set(&r.unhealthy, NULL);
	str_set(&r.stop_message, NULL);
}

/* The probe's own grace period comes before the pod's. */
static void grace_periods(void **state)
{
	static const enum probe_kind kinds[] = { PROBE_STARTUP, PROBE_LIVENESS };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (int own = 0; own < 2; own++) {
			struct probe p = probe(10, 1, 1);
			struct container spec = { 0 };
			struct container_record r = { .phase = CONTAINER_RUNNING };
			struct probe_subject subject = { &spec, &r, GRACE, false };
			struct probe_set set;

			if (own)
				p.termination_grace_period_seconds = (struct opt_int){ true, 5 };
			give(&spec, kinds[i], &p);
			probe_set_begin(&set, &spec, 0, 0, 0);
			probe_set_answer(&set, &subject, kinds[i], PROBE_FAILURE, "", S);
			assert_int_equal(r.stop_grace, own ? 5 : GRACE);
			str_set(&r.unhealthy, NULL);
			str_set(&r.stop_message, NULL);
		}
}

/* --- questions -------------------------------------------------------------------------------------------- */

/* Who is asked while what holds; all are due. Answers to what is not asked for count for nothing. */
static void gates(void **state)
{
	static const struct {
		bool has_startup, started, condemned, pod_ends;
		const char *asked; /* S, L, R */
	} cases[] = {
		{ true, false, false, false, "S" },
		{ true, true, false, false, "LR" },
		{ false, false, false, false, "LR" },
		{ true, false, true, false, "" },
		{ true, false, false, true, "" },
		{ true, true, true, false, "R" },
		{ true, true, false, true, "R" },
		{ false, false, true, true, "R" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct probe all = probe(10, 1, 1);
		struct container spec = { .startup_probe = cases[i].has_startup ? &all : NULL,
			.liveness_probe = &all,
			.readiness_probe = &all };
		struct container_record r = { .phase = CONTAINER_RUNNING,
			.started = cases[i].started,
			.stop_since = cases[i].condemned };
		struct probe_subject subject = { &spec, &r, GRACE, cases[i].pod_ends };
		struct probe_set set;
		enum probe_kind kind;
		char asked[4] = "";
		size_t n = 0;

		probe_set_begin(&set, &spec, 0, 0, 0);
		while (n < 3 && probe_set_next(&set, &subject, &kind) == 0) {
			probe_set_ask(&set, &spec, kind, 0);
			asked[n++] = "SLR"[kind];
		}
		assert_string_equal(asked, cases[i].asked);
		assert_int_equal(probe_set_next(&set, &subject, &kind), NSEC_NEVER);
		for (int k = 0; k < PROBE_KIND_COUNT; k++)
			if (!strchr(asked, "SLR"[k]))
				assert_false(probe_set_answer(
					&set, &subject, (enum probe_kind)k, PROBE_FAILURE, "", S));
	}
}

/* Asked at NOW and answered at ANSWERED, the next question is due at NEXT (seconds after the first was due, period 10). */
static void periods(void **state)
{
	static const struct {
		nsec_t asked, answered, next;
	} cases[] = { { 0, 1, 10 }, { 3, 4, 10 }, { 9, 9, 10 }, { 0, 15, 10 }, { 10, 11, 20 }, { 25, 26, 35 },
		{ 1000, 1001, 1010 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct probe p = probe(10, 1, 3);
		struct container spec = { .readiness_probe = &p };
		struct container_record r = { .phase = CONTAINER_RUNNING };
		struct probe_subject subject = { &spec, &r, GRACE, false };
		struct probe_set set;
		enum probe_kind kind;

		p.initial_delay_seconds = 7;
		probe_set_begin(&set, &spec, 100 * S, 101 * S, 0);
		assert_int_equal(probe_set_next(&set, &subject, &kind), 107 * S);
		assert_int_equal(kind, PROBE_READINESS);
		probe_set_ask(&set, &spec, kind, (107 + cases[i].asked) * S);
		/* Not again before it is answered. */
		assert_int_equal(probe_set_next(&set, &subject, &kind), NSEC_NEVER);
		probe_set_answer(&set, &subject, kind, PROBE_SUCCESS, NULL, S);
		assert_int_equal(probe_set_next(&set, &subject, &kind), (107 + cases[i].next) * S);
		str_set(&r.unhealthy, NULL);
	}
}

/* After a restart of the agent: not before what initialDelaySeconds says, and spread over a period. */
static void resumed(void **state)
{
	struct probe p = probe(10, 1, 3);
	struct container spec = { .liveness_probe = &p };
	struct container_record r = { .phase = CONTAINER_RUNNING };
	struct probe_subject subject = { &spec, &r, GRACE, false };
	struct probe_set set;
	enum probe_kind kind;
	nsec_t least = NSEC_NEVER, most = 0;

	(void)state;
	for (uint64_t seed = 1; seed < 1000; seed++) {
		nsec_t due;

		probe_set_begin(&set, &spec, 100 * S, 5000 * S, seed * 0x9e3779b97f4a7c15);
		due = probe_set_next(&set, &subject, &kind);
		assert_true(due >= 5000 * S && due < 5010 * S);
		least = due < least ? due : least;
		most = due > most ? due : most;
	}
	assert_true(least < 5001 * S && most > 5009 * S);
	p.initial_delay_seconds = 6000;
	probe_set_begin(&set, &spec, 100 * S, 5000 * S, 77);
	assert_int_equal(probe_set_next(&set, &subject, &kind), 6100 * S);
	/* Of a new attempt whose start was told late: at once. */
	p.initial_delay_seconds = 0;
	probe_set_begin(&set, &spec, 100 * S, 101 * S, 0);
	assert_int_equal(probe_set_next(&set, &subject, &kind), 101 * S);
}

static void names(void **state)
{
	struct probe p = probe(1, 1, 1);
	struct container none = { 0 }, one = { .liveness_probe = &p };

	(void)state;
	assert_false(probe_any(&none));
	assert_true(probe_any(&one));
	assert_ptr_equal(probe_find(&one, PROBE_LIVENESS), &p);
	assert_null(probe_find(&one, PROBE_STARTUP));
	assert_string_equal(probe_name(PROBE_READINESS), "Readiness");
	struct container_port ports[] = { { .name = "a", .container_port = 1 }, { .container_port = 2 },
		{ .name = "b", .container_port = 3 } };
	struct container named = { .ports = { ports, ARRAY_LEN(ports) } };
	assert_int_equal(probe_port(&named, &(struct int_or_string){ .set = true, .string = "b" }), 3);
	assert_int_equal(probe_port(&named, &(struct int_or_string){ .set = true, .string = "c" }), -ENOENT);
	assert_int_equal(probe_port(&none, &(struct int_or_string){ .set = true, .integer = 65535 }), 65535);
	assert_int_equal(
		probe_port(&none, &(struct int_or_string){ .set = true, .integer = 65536 }), -ENOENT);
	assert_int_equal(probe_port(&none, &(struct int_or_string){ 0 }), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(reasons),
		cmocka_unit_test(grace_periods),
		cmocka_unit_test(gates),
		cmocka_unit_test(periods),
		cmocka_unit_test(resumed),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
