/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a pod of two init containers (a plain one "i", then a sidecar "s") and two containers "c" and "d" needs, as a table. How
 * each of the four stands, and what each needs, is a word in that order:
 *
 *     w waiting   p being prepared   n being created   r running   h running, its postStart hook not over   H likewise, the hook runs
 *     b running, preStop runs   B running, preStop is over   t running, signalled at T
 *     e ended well   f ended badly   F ended badly, again in ten seconds   x condemned at T with a grace of 5
 *
 *     . nothing   S start   P postStart   B preStop   T signal   K kill
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "nodeagent/pod_state.h"

#define S NSEC_PER_SEC
#define T (1000 * S)

enum { COUNT = 4 };

/* Hooks of c; the pod's policy is Always, or WHAT says otherwise. */
#define POST "\"postStart\":{\"sleep\":{\"seconds\":1}}"
#define PRE "\"preStop\":{\"sleep\":{\"seconds\":1}}"

struct pod_case {
	const char *what, *policy, *c_hooks, *s_hooks, *states;
	bool removing;
	nsec_t now;
	const char *want;
	enum pod_need need;
	nsec_t wake;
};

#define ON POD_NEEDS_CONTAINERS
#define NEVER NSEC_NEVER

static const struct pod_case pod_cases[] = {
	/* 1: init containers one after another; a sidecar lets the next begin once it has started. */
	{ "the first alone", "Always", "", "", "wwww", false, T, "S...", ON, NEVER },
	{ "while it runs", "Always", "", "", "rwww", false, T, "....", ON, NEVER },
	{ "the sidecar next", "Always", "", "", "ewww", false, T, ".S..", ON, NEVER },
	{ "while that is prepared", "Always", "", "", "epww", false, T, "....", ON, NEVER },
	{ "while that is created", "Always", "", "", "enww", false, T, "....", ON, NEVER },
	{ "while its hook is due", "Always", "", POST, "ehww", false, T, ".P..", ON, NEVER },
	{ "while its hook runs", "Always", "", POST, "eHww", false, T, "....", ON, NEVER },
	{ "then the others at once", "Always", "", "", "erww", false, T, "..SS", ON, NEVER },
	{ "also if it ends", "Always", "", "", "eFww", false, T, "..SS", ON, T + 10 * S },
	{ "and it starts again", "Always", "", "", "efrr", false, T, ".S..", ON, NEVER },
	{ "a failure waits", "Always", "", "", "Fwww", false, T, "....", ON, T + 10 * S },
	{ "a failure starts again", "Always", "", "", "fwww", false, T, "S...", ON, NEVER },
	{ "a failure for good", "Never", "", "", "fwww", false, T, "....", POD_NEEDS_RELEASE, NEVER },
	/* 2: a postStart hook holds up what stands behind it. */
	{ "c with a hook first", "Always", POST, "", "erww", false, T, "..S.", ON, NEVER },
	{ "d waits for its creation", "Always", POST, "", "ernw", false, T, "....", ON, NEVER },
	{ "d waits for its hook", "Always", POST, "", "erhw", false, T, "..P.", ON, NEVER },
	{ "d waits for its end", "Always", POST, "", "erHw", false, T, "....", ON, NEVER },
	{ "but no end waits", "Always", POST, "", "erHx", false, T, "...T", ON, T + 5 * S },
	{ "d's turn", "Always", POST, "", "errw", false, T, "...S", ON, NEVER },
	{ "c can't be started now", "Always", POST, "", "erFw", false, T, "...S", ON, T + 10 * S },
	/* 3: one that is condemned ends alone, its hook first; then its policy decides. */
	{ "condemned", "Always", "", "", "erxr", false, T, "..T.", ON, T + 5 * S },
	{ "condemned, with a hook", "Always", PRE, "", "erxr", false, T, "..B.", ON, T + 5 * S },
	/* 4: the end of all: hooks at once, sidecars' signals last. */
	{ "removed", "Always", "", "", "errr", true, T, "..TT", ON, T + 30 * S },
	{ "removed, hooks", "Always", PRE, PRE, "errr", true, T, ".BBT", ON, T + 30 * S },
	{ "hooks run", "Always", PRE, PRE, "ebbt", true, T, "....", ON, T + 30 * S },
	{ "hooks are over", "Always", PRE, PRE, "eBBt", true, T + S, "..T.", ON, T + 30 * S },
	{ "the sidecar waits for d", "Always", "", "", "eret", true, T + S, "....", ON, T + 30 * S },
	{ "the sidecar's turn", "Always", "", "", "eree", true, T + S, ".T..", ON, T + 30 * S },
	{ "kills", "Always", "", "", "ertt", true, T + 30 * S, ".TKK", ON, T + 32 * S },
	{ "an init container too", "Always", "", "", "rwww", true, T, "T...", ON, T + 30 * S },
	{ "what is prepared is given up", "Always", "", "", "erpp", true, T, ".TKK", ON, T + 30 * S },
	{ "no postStart any more", "Always", POST, "", "erhw", true, T, "..T.", ON, T + 30 * S },
	{ "its own end may be sooner", "Always", "", "", "erxr", true, T, "..TT", ON, T + 5 * S },
	{ "nothing is left", "Always", "", "", "efff", true, T, "....", POD_NEEDS_TEARDOWN, NEVER },
	/* 5: ends for good. */
	{ "all is done", "OnFailure", "", "", "eeee", false, T, "....", POD_NEEDS_RELEASE, NEVER },
	{ "but the sidecar", "OnFailure", "", "", "eree", false, T, ".T..", ON, T + 30 * S },
	{ "the sidecar does not start again", "OnFailure", "", "", "efee", false, T, "....",
		POD_NEEDS_RELEASE, NEVER },
	{ "one fails, one runs", "Never", "", "", "erfr", false, T, "....", ON, NEVER },
	{ "one fails, policy OnFailure", "OnFailure", "", "", "erfe", false, T, "..S.", ON, NEVER },
	{ "policy Always", "Always", "", "", "eree", false, T, "..SS", ON, NEVER },
};

static struct object *load(const struct pod_case *c)
{
	char text[2048];
	struct object *o = NULL;
	struct err err = { 0 };

	snprintf(text, sizeof(text),
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
		"\"spec\":{"
		"\"restartPolicy\":\"%s\",\"initContainers\":[{\"name\":\"i\",\"image\":\"i\"},{\"name\":"
		"\"s\","
		"\"image\":\"i\",\"restartPolicy\":\"Always\",\"lifecycle\":{%s}}],\"containers\":[{\"name\":"
		"\"c\",\"image\":\"i\",\"lifecycle\":{%s}},{\"name\":\"d\",\"image\":\"i\"}]}}",
		c->policy, c->s_hooks, c->c_hooks);
	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static void end(struct container_record *r, int64_t code, nsec_t delay)
{
	r->phase = CONTAINER_EXITED;
	r->end = (struct container_end){ .set = true, .exit_code = code, .finished_at = T };
	r->restart = (struct backoff){ delay, delay > 0 ? T : 0 };
}

static void stand(struct container_record *r, char state)
{
	r->phase = CONTAINER_RUNNING;
	switch (state) {
	case 'w':
	case 'p':
		r->phase = CONTAINER_WAITING;
		r->starting = state == 'p';
		break;
	case 'n':
		r->phase = CONTAINER_CREATING;
		break;
	case 'h':
	case 'H':
		r->post_start = true;
		r->post_starting = state == 'H';
		break;
	case 'b':
		r->pre_stopping = true;
		break;
	case 'B':
		r->pre_stopped = true;
		break;
	case 't':
		r->term_at = T;
		break;
	case 'x':
		container_condemn(r, T, 5, "it failed");
		break;
	case 'e':
		end(r, 0, 0);
		break;
	case 'f':
	case 'F':
		end(r, 1, state == 'F' ? 10 * S : 0);
		break;
	}
	/* A sidecar that has ended had started before. */
	r->passed = state == 'e' || state == 'f' || state == 'F';
}

static void needs_text(const struct pod_decision *d, char ret[COUNT + 1])
{
	static const char letters[] = {
		[CONTAINER_NEEDS_NOTHING] = '.',
		[CONTAINER_NEEDS_START] = 'S',
		[CONTAINER_NEEDS_POST_START] = 'P',
		[CONTAINER_NEEDS_PRE_STOP] = 'B',
		[CONTAINER_NEEDS_TERM] = 'T',
		[CONTAINER_NEEDS_KILL] = 'K',
	};

	for (size_t i = 0; i < COUNT; i++)
		ret[i] = letters[d->needs[i]];
	ret[COUNT] = 0;
}

static void what_a_pod_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pod_cases); i++) {
		const struct pod_case *c = &pod_cases[i];
		struct object *o = load(c);
		struct pod_record r;
		struct pod_decision d;
		char got[COUNT + 1];

		record_init(&r, object_pod(o), T - 100 * S);
		r.phase = POD_UP;
		r.removing = c->removing;
		for (size_t k = 0; k < COUNT; k++)
			stand(&r.containers[k], c->states[k]);
		if (pod_is_stopping(object_pod(o), &r)) {
			r.stop_since = T;
			r.grace = 30;
		}
		pod_decide(object_pod(o), &r, c->now, &d);
		needs_text(&d, got);
		if (!str_eq(got, c->want) || d.need != c->need || d.wake != c->wake)
			fail_msg("%s: %s needs %s, expected %s; the pod %d, expected %d; wake at T%+.0f, "
				 "expected T%+.0f",
				c->what, c->states, got, c->want, (int)d.need, (int)c->need,
				(double)(d.wake - T) / (double)S, (double)(c->wake - T) / (double)S);
		record_done(&r);
		object_unref(o);
	}
}

/* From the start of the pod, whatever it does; what is over already has no deadline any more. */
static void deadlines(void **state)
{
	static const char text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
		"\"spec\":{"
		"\"activeDeadlineSeconds\":60,\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"c\","
		"\"image\":\"i\"}]}}";
	struct object *o = NULL;
	struct pod_record r;
	struct pod_decision d;

	(void)state;
	assert_int_equal(object_load_json(text, strlen(text), &o, NULL), 0);
	record_init(&r, object_pod(o), T);
	pod_decide(object_pod(o), &r, T, &d);
	assert_int_equal(d.need, POD_NEEDS_SETUP);
	assert_int_equal(d.wake, T + 60 * S);
	pod_decide(object_pod(o), &r, T + 60 * S, &d);
	assert_true(d.fail_deadline);
	r.phase = POD_UP;
	stand(&r.containers[0], 'r');
	pod_decide(object_pod(o), &r, T + 59 * S, &d);
	assert_false(d.fail_deadline);
	assert_int_equal(d.wake, T + 60 * S);
	pod_decide(object_pod(o), &r, T + 61 * S, &d);
	assert_true(d.fail_deadline);
	str_set(&r.failed_reason, "DeadlineExceeded");
	r.stop_since = T + 61 * S;
	r.grace = 30;
	pod_decide(object_pod(o), &r, T + 61 * S, &d);
	assert_int_equal(d.needs[0], CONTAINER_NEEDS_TERM);
	assert_null(pod_final_phase(object_pod(o), &r));
	stand(&r.containers[0], 'e');
	assert_string_equal(pod_final_phase(object_pod(o), &r), "Failed");
	str_set(&r.failed_reason, NULL);
	pod_decide(object_pod(o), &r, T + 61 * S, &d);
	assert_false(d.fail_deadline);
	assert_string_equal(pod_final_phase(object_pod(o), &r), "Succeeded");
	record_done(&r);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_pod_needs),
		cmocka_unit_test(deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
