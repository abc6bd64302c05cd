/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Probes of real containers by the real agent. Each test's files have the test's letter. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>

#include "tests/root/agent.h"

#define FOREVER "'command':['sleep','1000000'],'lifecycle':{'stopSignal':'SIGKILL'}"

static const struct condition *ready_of(const struct pod_status *s)
{
	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, "Ready"))
			return &s->conditions.items[i];
	fail_msg("no condition Ready");
	abort();
}

static bool is_ready(const struct wire_report_pod *p)
{
	return p->status && str_eq(agent_condition(p->status, "Ready"), "True");
}

/* Runs, is not ready, and a probe has said why. */
static bool is_unwell(const struct wire_report_pod *p)
{
	return agent_is_running(p) && !is_ready(p) &&
	       strstr(str_or_empty(ready_of(p->status)->message), "; ");
}

static bool was_restarted(const struct wire_report_pod *p)
{
	return p->status && p->status->container_statuses.items[0].restart_count == 1;
}

static bool runs_again(const struct wire_report_pod *p)
{
	return was_restarted(p) && p->status->container_statuses.items[0].state.running;
}

static void remove_file(const struct agent *a, const char *name)
{
	_cleanup_(freep) char *path = agent_path(a, name);

	assert_int_equal(unlink(path), 0);
}

/* --- readiness ------------------------------------------------------------------------------------------------ */

static void ready_as_a_command_says(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;
	nsec_t unready, ready;

	agent_assign(a,
		agent_pod(a, "a",
			"'containers':[{'name':'c',@SHARING@," FOREVER ",'readinessProbe':{'exec':{'command':"
			"['ls','/shared/a.ready']},'periodSeconds':1,'failureThreshold':1}},"
			"{'name':'d',@SHARING@," FOREVER "}]"),
		"1", NULL);
	s = agent_wait(a, "a", is_unwell, "not to be ready");
	assert_string_equal(ready_of(s)->reason, "ContainersNotReady");
	assert_string_equal(ready_of(s)->message,
		"containers with unready status: [c]; c: Readiness probe failed: ls: /shared/a.ready: No "
		"such file or directory");
	assert_string_equal(agent_condition(s, "ContainersReady"), "False");
	assert_true(agent_container(s, "c")->started.value);
	assert_false(agent_container(s, "c")->ready);
	assert_true(agent_container(s, "d")->ready);
	unready = ready_of(s)->last_transition_time.value;
	agent_make_file(a, "a.ready");
	s = agent_wait(a, "a", is_ready, "to be ready");
	ready = ready_of(s)->last_transition_time.value;
	assert_true(ready > unready);
	assert_true(agent_container(s, "c")->ready);
	assert_string_equal(agent_condition(s, "ContainersReady"), "True");
	/* The next agent says the same of it, and goes on asking. */
	agent_stop(a, SIGKILL);
	agent_start(a);
	s = agent_wait(a, "a", agent_is_running, "Running");
	assert_string_equal(agent_condition(s, "Ready"), "True");
	assert_int_equal(ready_of(s)->last_transition_time.value, ready);
	remove_file(a, "a.ready");
	s = agent_wait(a, "a", is_unwell, "not to be ready any more");
	assert_true(ready_of(s)->last_transition_time.value >= ready);
	assert_int_equal(agent_container(s, "c")->restart_count, 0);
	agent_gone(a, "a", 0);
}

static void ready_as_a_web_server_says(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "b",
			"'containers':[{'name':'c',@SHARING@,'command':['httpd','-f','-p','8080','-h','/"
			"shared'],"
			"'lifecycle':{'stopSignal':'SIGKILL'},'ports':[{'name':'web','containerPort':8080}],"
			"'readinessProbe':{'httpGet':{'port':'web','path':'/b.html'},'periodSeconds':1}}]"),
		"1", NULL);
	s = agent_wait(a, "b", is_unwell, "not to be ready");
	if (!strstr(ready_of(s)->message, "Readiness probe failed: HTTP probe failed with statuscode: 404") &&
		!strstr(ready_of(s)->message, "port 8080: Connection refused"))
		fail_msg("%s", ready_of(s)->message);
	agent_make_file(a, "b.html");
	agent_wait(a, "b", is_ready, "to be ready");
	agent_gone(a, "b", 0);
}

static void ready_as_a_port_is_open(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "c",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','until [ -e /shared/c.go "
			"]; do "
			"usleep 10000; done; exec nc -ll -p 9000 -e true'],'lifecycle':{'stopSignal':"
			"'SIGKILL'},'readinessProbe':{'tcpSocket':{'port':9000},'periodSeconds':1}}]"),
		"1", NULL);
	s = agent_wait(a, "c", is_unwell, "not to be ready");
	assert_non_null(strstr(ready_of(s)->message, "port 9000: Connection refused"));
	agent_make_file(a, "c.go");
	agent_wait(a, "c", is_ready, "to be ready");
	agent_gone(a, "c", 0);
}

static bool only_second_is_unwell(const struct wire_report_pod *p)
{
	return is_unwell(p) && p->status->container_statuses.items[0].ready;
}

/* Of the host's network, by an address of the host; and a port that is none. */
static void ready_in_the_hosts_network(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "d",
			"'hostNetwork':true,'containers':[{'name':'c',@SHARING@,'command':['httpd','-f','-p',"
			"'127.0.0.1:18080','-h','/shared'],'lifecycle':{'stopSignal':'SIGKILL'},"
			"'readinessProbe':{'httpGet':{'port':18080,'path':'/d.html','host':'localhost'},"
			"'periodSeconds':1}},{'name':'d',@SHARING@," FOREVER
			",'readinessProbe':{'tcpSocket':{'port':'none'}}}]"),
		"1", NULL);
	agent_make_file(a, "d.html");
	s = agent_wait(a, "d", only_second_is_unwell, "the first to be ready, and the second not");
	assert_string_equal(ready_of(s)->message,
		"containers with unready status: [d]; d: Readiness probe errored: no port of the container "
		"is called \"none\"");
	agent_gone(a, "d", 0);
}

/* --- liveness ------------------------------------------------------------------------------------------------- */

static void what_is_not_alive_is_restarted(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "e",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','trap \\\"exit 7\\\" TERM; "
			"touch /shared/e.up; sleep 1000000 & wait'],'livenessProbe':{'exec':{'command':['sh',"
			"'-c','if rm /shared/e.dead 2>/dev/null; then echo it is dead >&2; exit 1; fi']},"
			"'periodSeconds':1,'failureThreshold':1}}]"),
		"1", NULL);
	agent_wait_file(a, "e.up");
	agent_wait(a, "e", is_ready, "to be ready");
	agent_make_file(a, "e.dead");
	s = agent_wait(a, "e", runs_again, "its restart");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 7);
	assert_string_equal(agent_end_of(s, "c")->message, "Liveness probe failed: it is dead");
	agent_gone(a, "e", 0);
}

/* What does not heed the signal is killed after the probe's own grace period, and as the policy says not restarted. */
static void its_own_grace_period(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "f",
			"'restartPolicy':'Never','terminationGracePeriodSeconds':3600,'containers':["
			"{'name':'c',@SHARING@,'command':['sh','-c','trap \\\"touch /shared/f.term\\\" TERM; "
			"while "
			"true; do sleep 1000000 & wait; done'],'livenessProbe':{'tcpSocket':{'port':1},"
			"'periodSeconds':1,'failureThreshold':2,'terminationGracePeriodSeconds':1}}]"),
		"1", NULL);
	s = agent_wait(a, "f", agent_is_over, "its end");
	assert_string_equal(s->phase, "Failed");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	assert_true(agent_has_file(a, "f.term"));
	agent_gone(a, "f", -1);
}

/* The agent is killed after the signal: the next one knows when the grace period is over. */
static void an_agent_that_is_killed_meanwhile(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "g",
			"'terminationGracePeriodSeconds':3600,'containers':[{'name':'c',@SHARING@,'command':"
			"['sh','-c','trap \\\"touch /shared/g.term\\\" TERM; while true; do sleep 1000000 & "
			"wait; "
			"done'],'livenessProbe':{'exec':{'command':['test','-e','/shared/g.term']},"
			"'periodSeconds':1,'failureThreshold':1,'terminationGracePeriodSeconds':2}}]"),
		"1", NULL);
	agent_wait_file(a, "g.term");
	agent_stop(a, SIGKILL);
	agent_start(a);
	s = agent_wait(a, "g", runs_again, "its restart");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	assert_string_equal(agent_end_of(s, "c")->message, "Liveness probe failed: exit status 1");
	agent_gone(a, "g", 0);
}

/* The process of the host whose command line is "sleep ARGUMENT"; 0: there is none. */
static pid_t find_sleep(const char *argument)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	for (struct dirent *d; found == 0 && (d = readdir(proc)) != NULL;) {
		_cleanup_(freep) char *path = xasprintf("/proc/%s/cmdline", d->d_name);
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		size_t len = strlen("sleep") + 1 + strlen(argument) + 1;

		if (d->d_name[0] < '0' || d->d_name[0] > '9' ||
			fs_read(AT_FDCWD, path, 4096, &text, NULL) < 0 || text.len != len)
			continue;
		if (memcmp(text.data, "sleep", 6) == 0 && str_eq(text.data + 6, argument))
			found = (pid_t)atoi(d->d_name);
	}
	closedir(proc);
	return found;
}

static void a_command_that_takes_too_long(void **state)
{
	struct agent *a = *state;
	_cleanup_(freep) char *argument = xasprintf("98%07d", (int)getpid());
	_cleanup_(freep) char *spec = xasprintf(
		"'containers':[{'name':'c',@SHARING@," FOREVER
		",'readinessProbe':{'exec':{'command':['sh','-c',"
		"'touch /shared/h.asked; sleep %s & wait']},'periodSeconds':3600}}]",
		argument);
	const struct pod_status *s;
	struct pollfd p = { .events = POLLIN };

	agent_assign(a, agent_pod(a, "h", spec), "1", NULL);
	agent_wait_file(a, "h.asked");
	for (pid_t pid = 0; pid == 0;)
		if ((pid = find_sleep(argument)) > 0)
			p.fd = pidfd_open(pid, 0);
	assert_true(p.fd >= 0);
	s = agent_wait(a, "h", is_unwell, "not to be ready");
	assert_string_equal(ready_of(s)->message,
		"containers with unready status: [c]; c: Readiness probe failed: timed out after 1s");
	assert_int_equal(poll(&p, 1, (int)(AGENT_BOUND / NSEC_PER_MSEC)), 1);
	close(p.fd);
	agent_gone(a, "h", 0);
}

/* --- startup -------------------------------------------------------------------------------------------------- */

/* It succeeds when it is asked the third time; before that nothing else is asked, and after it nothing of it. */
static void nothing_else_before_the_start(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "i",
			"'containers':[{'name':'c',@SHARING@," FOREVER ",'startupProbe':{'exec':{'command':"
			"['sh','-c','echo >>/shared/i; [ $(wc -l </shared/i) -ge 3 ]']},'periodSeconds':1},"
			"'livenessProbe':{'exec':{'command':['sh','-c','cp /shared/i /shared/i.n; mv "
			"/shared/i.n "
			"/shared/i.live']},'periodSeconds':1},"
			"'readinessProbe':{'exec':{'command':['sh','-c','test -e /shared/i.live']},"
			"'periodSeconds':1}}]"),
		"1", NULL);
	s = agent_wait(a, "i", is_unwell, "not to be ready");
	assert_false(agent_container(s, "c")->started.value);
	assert_string_equal(ready_of(s)->message,
		"containers with unready status: [c]; c: Startup probe failed: exit status 1");
	agent_wait_file(a, "i.live");
	s = agent_wait(a, "i", is_ready, "to be ready");
	assert_true(agent_container(s, "c")->started.value);
	agent_expect_file(a, "i.live", "\n\n\n");
	agent_expect_file(a, "i", "\n\n\n");
	assert_int_equal(agent_container(s, "c")->restart_count, 0);
	agent_gone(a, "i", 0);
}

static void what_does_not_start_is_restarted(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "j",
			"'containers':[{'name':'c',@IMAGE@," FOREVER ",'startupProbe':{'exec':{'command':"
			"['false']},'periodSeconds':1,'failureThreshold':2},'livenessProbe':{'exec':{'"
			"command':"
			"['true']}}}]"),
		"1", NULL);
	s = agent_wait(a, "j", runs_again, "its restart");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	assert_string_equal(agent_end_of(s, "c")->message, "Startup probe failed: exit status 1");
	assert_false(agent_container(s, "c")->started.value);
	agent_gone(a, "j", 0);
}

/* A sidecar's holds up what comes after it. */
static void a_sidecar_that_starts(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "k",
			"'initContainers':[{'name':'s','restartPolicy':'Always',@SHARING@,'command':['sh','-"
			"c',"
			"'touch /shared/k.s; exec sleep 1000000'],'lifecycle':{'stopSignal':'SIGKILL'},"
			"'startupProbe':{'exec':{'command':['sh','-c','touch /shared/k.asked; test -e "
			"/shared/k.go']},'periodSeconds':1,'failureThreshold':1000}}],"
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','touch /shared/k.c; exec "
			"sleep "
			"1000000'],'lifecycle':{'stopSignal':'SIGKILL'}}]"),
		"1", NULL);
	agent_wait_file(a, "k.asked");
	s = agent_wait(a, "k", agent_is_pending, "Pending");
	assert_false(agent_has_file(a, "k.c"));
	assert_string_equal(agent_waits_for(s, "c"), "PodInitializing");
	agent_make_file(a, "k.go");
	agent_wait_file(a, "k.c");
	s = agent_wait(a, "k", is_ready, "to be ready");
	assert_true(agent_container(s, "s")->started.value);
	agent_gone(a, "k", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_as_a_command_says),
		cmocka_unit_test(ready_as_a_web_server_says),
		cmocka_unit_test(ready_as_a_port_is_open),
		cmocka_unit_test(ready_in_the_hosts_network),
		cmocka_unit_test(what_is_not_alive_is_restarted),
		cmocka_unit_test(its_own_grace_period),
		cmocka_unit_test(an_agent_that_is_killed_meanwhile),
		cmocka_unit_test(a_command_that_takes_too_long),
		cmocka_unit_test(nothing_else_before_the_start),
		cmocka_unit_test(what_does_not_start_is_restarted),
		cmocka_unit_test(a_sidecar_that_starts),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
