/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Two pods of one name: the real agent never runs both. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/root/agent.h"

/* A pod web-0 with UID that says in the shared directory when it begins and when it has ended. */
static void assign(struct agent *a, const char *uid)
{
	_cleanup_(freep) char *text = xasprintf(
		"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'web-0','"
		"namespace':'ns','uid':'%s'},'spec':{"
		"'volumes':[{'name':'shared','hostPath':{'path':'@DIR@'}}],'"
		"containers':[{'name':'c',@SHARING@,"
		"'command':['sh','-c','echo begins %s >>/shared/order; trap \\\"echo ends %s "
		">>/shared/order; "
		"exit 0\\\" TERM; touch /shared/%s; sleep 1000000 & wait']}]}}",
		uid, uid, uid, uid);

	agent_assign(a, agent_object(a, text), "1", NULL);
}

static bool waits_for_first(const struct wire_report_pod *p)
{
	return p->status && p->status->container_statuses.count > 0 &&
	       p->status->container_statuses.items[0].state.waiting &&
	       str_eq(p->status->container_statuses.items[0].state.waiting->message,
		       "it waits until the pod of its name with UID first has gone");
}

static void one_after_the_other(void **state)
{
	struct agent *a = *state;

	assign(a, "first");
	agent_wait_file(a, "first");
	agent_wait(a, "first", agent_is_running, "Running");
	assign(a, "second");
	agent_wait(a, "second", waits_for_first, "waiting for the first");
	/* One that starts anew waits as well. */
	agent_stop(a, SIGKILL);
	agent_start(a);
	agent_wait(a, "first", agent_is_running, "Running");
	agent_wait(a, "second", waits_for_first, "waiting for the first");
	agent_gone(a, "first", -1);
	agent_wait(a, "second", agent_is_running, "Running");
	agent_wait_file(a, "second");
	agent_gone(a, "second", -1);
	agent_expect_file(a, "order", "begins first\nends first\nbegins second\nends second\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
