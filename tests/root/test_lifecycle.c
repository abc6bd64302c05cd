/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Init containers, sidecars, restart policies, deadlines and ends for good, by the real agent. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/root/agent.h"

/* --- init containers ------------------------------------------------------------------------------------------------ */

static void init_containers_in_order(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "a",
			"'restartPolicy':'Never','initContainers':["
			"{'name':'i',@SHARING@,'command':['sh','-c','echo i >>/shared/a']},"
			"{'name':'s','restartPolicy':'Always',@SHARING@,'command':['sh','-c','echo s "
			">>/shared/a; "
			"touch /shared/a.s; trap \\\"exit 0\\\" TERM; sleep 1000000 & wait']},"
			"{'name':'k',@SHARING@,'command':['sh','-c','until [ -e /shared/a.s ]; do usleep "
			"10000; done; "
			"touch /shared/a.k; until [ -e /shared/a.go ]; do usleep 10000; done; echo k "
			">>/shared/a']}],"
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','echo c >>/shared/a']}]"),
		"1", NULL);
	agent_wait_file(a, "a.k");
	s = agent_wait(a, "a", agent_is_pending, "Pending");
	assert_string_equal(agent_condition(s, "Initialized"), "False");
	assert_string_equal(agent_waits_for(s, "c"), "PodInitializing");
	agent_make_file(a, "a.go");
	s = agent_wait(a, "a", agent_is_over, "its end");
	assert_string_equal(s->phase, "Succeeded");
	assert_string_equal(agent_condition(s, "Initialized"), "True");
	assert_string_equal(agent_condition(s, "Ready"), "False");
	assert_true(agent_container(s, "i")->ready);
	assert_int_equal(agent_end_of(s, "i")->exit_code, 0);
	assert_string_equal(agent_end_of(s, "k")->reason, "Completed");
	/* The sidecar was told to end when the container had ended, and heeded that. */
	assert_int_equal(agent_end_of(s, "s")->exit_code, 0);
	agent_expect_file(a, "a", "i\ns\nk\nc\n");
	agent_gone(a, "a", -1);
}

static void a_failed_init_container_fails_the_pod(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "b",
			"'restartPolicy':'Never','initContainers':[{'name':'i',@IMAGE@,'command':['sh','-c','"
			"exit "
			"7']}],'containers':[{'name':'c',@SHARING@,'command':['touch','/shared/b.c']}]"),
		"1", NULL);
	s = agent_wait(a, "b", agent_is_over, "its end");
	assert_string_equal(s->phase, "Failed");
	assert_int_equal(agent_end_of(s, "i")->exit_code, 7);
	assert_false(agent_container(s, "i")->ready);
	assert_string_equal(agent_condition(s, "Initialized"), "False");
	assert_string_equal(agent_waits_for(s, "c"), "PodInitializing");
	assert_false(agent_has_file(a, "b.c"));
	agent_gone(a, "b", -1);
}

static bool init_backs_off(const struct wire_report_pod *p)
{
	const struct container_status *c = p->status ? &p->status->init_container_statuses.items[0] : NULL;

	return c && c->restart_count == 1 && c->state.waiting &&
	       str_eq(c->state.waiting->reason, "CrashLoopBackOff");
}

static void a_failed_init_container_is_tried_again(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "c",
			"'initContainers':[{'name':'i',@SHARING@,'command':['sh','-c','echo x >>/shared/c; "
			"exit "
			"1']}],'containers':[{'name':'c',@IMAGE@,'command':['true']}]"),
		"1", NULL);
	s = agent_wait(a, "c", init_backs_off, "its back-off");
	assert_string_equal(s->phase, "Pending");
	assert_int_equal(agent_end_of(s, "i")->exit_code, 1);
	agent_expect_file(a, "c", "x\nx\n");
	agent_gone(a, "c", -1);
}

static bool sidecar_is_back(const struct wire_report_pod *p)
{
	const struct container_status *c = p->status ? &p->status->init_container_statuses.items[0] : NULL;

	return c && c->restart_count == 1 && c->state.running;
}

/* A sidecar is started again whatever the pod's policy, and holds up nobody by that. */
static void a_sidecar_is_started_again(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "d",
			"'restartPolicy':'Never','terminationGracePeriodSeconds':1,'initContainers':["
			"{'name':'s','restartPolicy':'Always',@SHARING@,'lifecycle':{'stopSignal':'SIGKILL'},"
			"'command':"
			"['sh','-c','[ -e /shared/d.first ] && exec sleep 1000000; until [ -e /shared/d.c ]; "
			"do usleep "
			"10000; done; touch /shared/d.first; exit "
			"5']}],'containers':[{'name':'c',@SHARING@,'command':["
			"'sh','-c','touch /shared/d.c; until [ -e /shared/d.go ]; do usleep 10000; done']}]"),
		"1", NULL);
	s = agent_wait(a, "d", sidecar_is_back, "the sidecar's second start");
	assert_string_equal(s->phase, "Running");
	assert_string_equal(agent_condition(s, "Initialized"), "True");
	assert_int_equal(agent_end_of(s, "s")->exit_code, 5);
	agent_make_file(a, "d.go");
	/* How a sidecar ends says nothing about the pod. */
	assert_string_equal(agent_wait(a, "d", agent_is_over, "its end")->phase, "Succeeded");
	agent_gone(a, "d", -1);
}

/* --- ends for good ---------------------------------------------------------------------------------------------------- */

static void what_exit_codes_make_of_a_pod(void **state)
{
	static const struct {
		const char *name, *policy, *command, *phase;
		int64_t code, restarts;
	} cases[] = {
		{ "e1", "Never", "exit 0", "Succeeded", 0, 0 },
		{ "e2", "Never", "exit 3", "Failed", 3, 0 },
		{ "e3", "OnFailure", "exit 0", "Succeeded", 0, 0 },
		{ "e4", "OnFailure", "[ -e /shared/e4 ] && exit 0; touch /shared/e4; exit 3", "Succeeded", 0,
			1 },
		{ "e5", "Never", "exit 137", "Failed", 137, 0 },
	};
	struct agent *a = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *spec = xasprintf("'restartPolicy':'%s','containers':[{'name':'c',@"
							"SHARING@,'command':['sh','-c','%s']}]",
			cases[i].policy, cases[i].command);

		agent_assign(a, agent_pod(a, cases[i].name, spec), "1", NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct pod_status *s = agent_wait(a, cases[i].name, agent_is_over, "its end");

		assert_string_equal(s->phase, cases[i].phase);
		assert_int_equal(agent_end_of(s, "c")->exit_code, cases[i].code);
		assert_int_equal(agent_container(s, "c")->restart_count, cases[i].restarts);
		assert_null(s->reason);
		agent_gone(a, cases[i].name, -1);
	}
}

/* Is there anything at PATH below the agent's directory under /run, where UID stands for %s? */
static bool in_run_dir(struct agent *a, const char *path, const char *uid)
{
	_cleanup_(freep) char *glob = xasprintf("ls -d /run/pintle/*/%s/%s >/dev/null 2>&1", path, uid);
	const char *const argv[] = { "sh", "-c", glob, NULL };

	(void)a;
	return proc_check(&(struct proc_spec){ .argv = argv }, NULL, NULL) == 0;
}

/* A finished pod keeps its status and its logs, and nothing else; also for the next agent. */
static void a_finished_pod_gives_back_what_it_took(void **state)
{
	struct agent *a = *state;
	_cleanup_(freep) char *volume = xasprintf("%s/agent/pods/f/volumes/memory", a->home);
	const struct pod_status *s;

	agent_assign(a,
		agent_object(a, "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'f','namespace':'ns','"
				"uid':'f'},'spec':{"
				"'restartPolicy':'Never','volumes':[{'name':'memory','emptyDir':{'medium':'"
				"Memory'}}],"
				"'containers':[{'name':'c',@IMAGE@,'command':['sh','-c','echo said; exit "
				"4'],'volumeMounts':[{"
				"'name':'memory','mountPath':'/m'}]}]}}"),
		"1", NULL);
	s = agent_wait(a, "f", agent_gave_back, "giving back");
	assert_string_equal(s->phase, "Failed");
	assert_non_null(s->pod_ip);
	assert_false(in_run_dir(a, "ns", "f"));
	assert_false(in_run_dir(a, "pods", "f"));
	assert_false(fs_exists(AT_FDCWD, volume));
	for (int i = 0; i < 2; i++) {
		_cleanup_(buf_done) struct buf log = BUF_INIT;

		agent_logs(a, "f", &log);
		assert_string_equal(log.data, "said\n");
		if (i == 0) {
			agent_stop(a, SIGKILL);
			agent_start(a);
			s = agent_wait(a, "f", agent_is_over, "its end");
			assert_int_equal(agent_end_of(s, "c")->exit_code, 4);
		}
	}
	agent_gone(a, "f", -1);
}

/* --- children ------------------------------------------------------------------------------------------------------------- */

/* The agent's children, by pidfd into FDS; how many there are, at most CAP. */
static size_t children(const struct agent *a, int *fds, size_t cap)
{
	_cleanup_(freep) char *path = xasprintf("/proc/%d/task/%d/children", (int)a->pid, (int)a->pid);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	size_t count = 0;
	char *p, *end;

	assert_int_equal(fs_read(AT_FDCWD, path, 65536, &text, NULL), 0);
	for (p = text.data; count < cap; p = end) {
		long pid = strtol(p, &end, 10);

		if (end == p)
			break;
		fds[count] = pidfd_open((pid_t)pid, 0);
		count += fds[count] >= 0;
	}
	return count;
}

static void expect_reaped(const struct agent *a, int fd)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;
	struct pollfd child = { .fd = fd, .events = POLLIN }, agent = { .fd = a->pidfd, .events = POLLIN };

	if (poll(&child, 1, (int)(AGENT_BOUND / NSEC_PER_MSEC)) != 1)
		fail_msg("a child of the agent goes on");
	while (pidfd_send_signal(fd, 0, NULL, 0) == 0)
		if (poll(&agent, 1, 10) != 0 || time_monotonic() > deadline)
			fail_msg("a child of the agent is a zombie");
	fd_close(fd);
}

/* The monitors of a pod that is gone are, too, whichever of them ends last. */
static void monitors_are_reaped(void **state)
{
	struct agent *a = *state;
	int fds[32];
	size_t count;
	static const char *const names[] = { "z1", "z2", "z3" };

	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		agent_assign(a,
			agent_pod(a, names[n],
				"'terminationGracePeriodSeconds':0,'containers':["
				"{'name':'c1',@IMAGE@,'command':['sleep','1000000']},"
				"{'name':'c2',@IMAGE@,'command':['sleep','1000000']},"
				"{'name':'c3',@IMAGE@,'command':['sleep','1000000']},"
				"{'name':'c4',@IMAGE@,'command':['sleep','1000000']}]"),
			"1", NULL);
		agent_wait(a, names[n], agent_is_running, "its start");
		count = children(a, fds, ARRAY_LEN(fds));
		assert_true(count >= 4);
		agent_gone(a, names[n], 0);
		for (size_t i = 0; i < count; i++)
			expect_reaped(a, fds[i]);
	}
}

/* --- deadlines ------------------------------------------------------------------------------------------------------------ */

static void a_deadline_fails_the_pod(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "g",
			"'activeDeadlineSeconds':1,'containers':[{'name':'c',@SHARING@,'command':['sh','-c','"
			"trap "
			"\\\"echo term >>/shared/g; exit 0\\\" TERM; sleep 1000000 & wait']}]"),
		"1", NULL);
	s = agent_wait(a, "g", agent_is_over, "its end");
	assert_string_equal(s->phase, "Failed");
	assert_string_equal(s->reason, "DeadlineExceeded");
	assert_string_equal(s->message, "Pod was active on the node longer than the specified deadline");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 0);
	assert_string_equal(agent_condition(s, "Ready"), "False");
	agent_expect_file(a, "g", "term\n");
	agent_gone(a, "g", -1);
}

/* A deadline that comes later, to a pod that runs. */
static void a_deadline_that_is_brought_nearer(void **state)
{
	static const char *const deadlines[] = { "'activeDeadlineSeconds':1000,",
		"'activeDeadlineSeconds':1," };
	struct agent *a = *state;

	for (size_t i = 0; i < ARRAY_LEN(deadlines); i++) {
		_cleanup_(freep) char *spec = xasprintf(
			"%s'containers':[{'name':'c',@IMAGE@,'command':['sleep',"
			"'1000000'],'lifecycle':{'stopSignal':'SIGKILL'}}]",
			deadlines[i]);

		agent_assign(a, agent_pod(a, "k", spec), i == 0 ? "1" : "2", NULL);
		if (i == 0)
			agent_wait(a, "k", agent_is_running, "Running");
	}
	assert_string_equal(agent_wait(a, "k", agent_is_over, "its end")->reason, "DeadlineExceeded");
	agent_gone(a, "k", -1);
}

/* Whatever the pod does: here it waits for an image that is not there. */
static void a_deadline_before_the_start(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "h",
			"'activeDeadlineSeconds':1,'containers':[{'name':'c','image':'pintle.example/none:1',"
			"'imagePullPolicy':'Never'}]"),
		"1", NULL);
	s = agent_wait(a, "h", agent_is_over, "its end");
	assert_string_equal(s->reason, "DeadlineExceeded");
	assert_string_equal(agent_waits_for(s, "c"), "ErrImageNeverPull");
	agent_gone(a, "h", -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_containers_in_order),
		cmocka_unit_test(a_failed_init_container_fails_the_pod),
		cmocka_unit_test(a_failed_init_container_is_tried_again),
		cmocka_unit_test(a_sidecar_is_started_again),
		cmocka_unit_test(what_exit_codes_make_of_a_pod),
		cmocka_unit_test(a_finished_pod_gives_back_what_it_took),
		cmocka_unit_test(monitors_are_reaped),
		cmocka_unit_test(a_deadline_fails_the_pod),
		cmocka_unit_test(a_deadline_before_the_start),
		cmocka_unit_test(a_deadline_that_is_brought_nearer),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
