/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A disk that takes nothing more: what runs goes on, what is new waits and says why, and goes on by itself when there is room. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/root/agent.h"

#define POD "'containers':[{'name':'c',@IMAGE@,'command':['sleep','1000000']}]"

/* All of its room but what is kept for a term. */
static void fill_disk(const struct agent *a)
{
	_cleanup_(freep) char *path = xasprintf("%s/agent/fill", a->home);
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static const char data[4096];

	assert_true(fd >= 0);
	while (write(fd, data, sizeof(data)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
}

static void free_disk(const struct agent *a)
{
	_cleanup_(freep) char *path = xasprintf("%s/agent/fill", a->home);

	assert_int_equal(unlink(path), 0);
}

/* The node's condition DiskPressure, as it was told last; NULL: none. */
static const struct condition *pressure(const struct agent *a)
{
	for (size_t i = a->said_count; i > 0; i--) {
		const struct node_status *s = a->said[i - 1].type == WIRE_REPORT ? a->said[i - 1].report->node
										 : NULL;

		for (size_t k = 0; s && k < s->conditions.count; k++)
			if (str_eq(s->conditions.items[k].type, "DiskPressure"))
				return &s->conditions.items[k];
		if (s)
			return NULL;
	}
	return NULL;
}

static void wait_pressure(struct agent *a, bool wanted)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;

	while ((pressure(a) != NULL) != wanted)
		if (!agent_next(a, deadline))
			agent_fail(a, wanted ? "no DiskPressure is told" : "DiskPressure is still told");
}

static bool is_acknowledged(const struct agent *a, int64_t revision)
{
	for (size_t i = 0; i < a->said_count; i++)
		if (a->said[i].type == WIRE_APPLIED && a->said[i].applied->revision >= revision)
			return true;
	return false;
}

static bool waits_for_room(const struct wire_report_pod *p)
{
	const struct container_status *c = p->status && p->status->container_statuses.count > 0
						   ? p->status->container_statuses.items
						   : NULL;

	return c && c->state.waiting &&
	       strstr(str_or_empty(c->state.waiting->message), "No space left on device");
}

static void a_full_disk(void **state)
{
	struct agent *a = *state;
	const struct condition *c;

	agent_assign(a, agent_pod(a, "before", POD), "1", NULL);
	agent_wait(a, "before", agent_is_running, "Running");
	while (!is_acknowledged(a, a->revision))
		assert_non_null(agent_next(a, time_monotonic() + AGENT_BOUND));
	fill_disk(a);
	agent_assign(a, agent_pod(a, "after", POD), "1", NULL);
	agent_wait(a, "after", waits_for_room, "waiting for room");
	wait_pressure(a, true);
	c = pressure(a);
	assert_string_equal(c->status, "True");
	assert_non_null(
		strstr(c->message, "/agent takes nothing (No space left on device): free some space there"));
	assert_false(is_acknowledged(a, a->revision));
	agent_wait(a, "before", agent_is_running, "Running");
	/* Another session, of a higher term even: it is obeyed, and hears the same. */
	agent_disconnect(a);
	a->term++;
	agent_connect(a);
	agent_wait(a, "before", agent_is_running, "Running");
	agent_wait(a, "after", waits_for_room, "waiting for room");
	wait_pressure(a, true);
	/* Removing is possible. */
	agent_gone(a, "before", 1);
	free_disk(a);
	agent_wait(a, "after", agent_is_running, "Running");
	wait_pressure(a, false);
	while (!is_acknowledged(a, a->revision))
		if (!agent_next(a, time_monotonic() + AGENT_BOUND))
			agent_fail(a, "what is on disk is not acknowledged");
	/* It is on disk: one that starts anew has it. */
	agent_stop(a, SIGKILL);
	agent_start(a);
	agent_wait(a, "after", agent_is_running, "Running");
	agent_gone(a, "after", 1);
}

static int begin(void **state)
{
	return agent_begin_on(state, "32m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk),
	};

	return cmocka_run_group_tests(tests, begin, agent_end);
}
