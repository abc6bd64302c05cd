/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Lifecycle hooks and ends of containers, by the real agent. Each test's files have the test's letter. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "tests/root/agent.h"

/* What a container runs that says when it is told to end; $1 is its file, $2 the word. */
#define TRAPPED "trap \\\"echo $2 >>/shared/$1; exit 0\\\" TERM; touch /shared/$1.$2; sleep 1000000 & wait"

static bool all_started(const struct wire_report_pod *p)
{
	for (size_t i = 0; p->status && i < p->status->container_statuses.count; i++)
		if (!p->status->container_statuses.items[i].started.value)
			return false;
	return p->status;
}

/* --- postStart --------------------------------------------------------------------------------------------------- */

/* Until it is over, its container has not started, and the next one is not begun. */
static void post_start_comes_first(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "a",
			"'terminationGracePeriodSeconds':5,'containers':["
			"{'name':'c',@SHARING@,'command':['sleep','1000000'],'lifecycle':{'postStart':{'exec'"
			":{"
			"'command':['sh','-c','touch /shared/a.hook; until [ -e /shared/a.go ]; do usleep "
			"10000; "
			"done']}},'stopSignal':'SIGKILL'}},"
			"{'name':'d',@SHARING@,'command':['sh','-c','touch /shared/a.d; exec sleep 1000000'],"
			"'lifecycle':{'stopSignal':'SIGKILL'}}]"),
		"1", NULL);
	agent_wait_file(a, "a.hook");
	s = agent_wait(a, "a", agent_is_pending, "Pending");
	assert_string_equal(agent_waits_for(s, "c"), "ContainerCreating");
	assert_false(agent_container(s, "c")->started.value);
	assert_false(agent_has_file(a, "a.d"));
	agent_make_file(a, "a.go");
	s = agent_wait(a, "a", agent_is_running, "Running");
	agent_wait_file(a, "a.d");
	assert_true(agent_container(s, "c")->started.value);
	assert_non_null(agent_container(s, "c")->state.running);
	agent_gone(a, "a", -1);
}

/* The container is told to end (its preStop hook comes first), and the restart policy decides. */
static void a_failed_post_start_ends_it(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "b",
			"'restartPolicy':'Never','containers':[{'name':'c',@SHARING@,"
			"'command':['sh','-c','" TRAPPED "','sh','b','term'],"
			"'lifecycle':{'postStart':{'exec':{'command':['sh','-c','until [ -e /shared/b.term "
			"]; do "
			"usleep 10000; done; echo went wrong >&2; exit 3']}},"
			"'preStop':{'exec':{'command':['sh','-c','echo pre >>/shared/b']}}}}]"),
		"1", NULL);
	s = agent_wait(a, "b", agent_is_over, "its end");
	assert_string_equal(s->phase, "Succeeded");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 0);
	assert_string_equal(agent_end_of(s, "c")->message,
		"postStart hook failed: its command exited with 3: went wrong");
	agent_expect_file(a, "b", "pre\nterm\n");
	agent_gone(a, "b", -1);
}

static bool restarted(const struct wire_report_pod *p)
{
	return p->status && p->status->container_statuses.items[0].restart_count >= 1 &&
	       p->status->container_statuses.items[0].state.waiting &&
	       str_eq(p->status->container_statuses.items[0].state.waiting->reason, "CrashLoopBackOff");
}

/* Kubernetes takes tcpSocket hooks, and fails them. */
static void it_restarts_with_back_off(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "c",
			"'terminationGracePeriodSeconds':1,'containers':[{'name':'c',@IMAGE@,"
			"'command':['sleep','1000000'],'lifecycle':{'stopSignal':'SIGKILL',"
			"'postStart':{'tcpSocket':{'port':80}}}}]"),
		"1", NULL);
	s = agent_wait(a, "c", restarted, "its second end");
	assert_string_equal(
		agent_end_of(s, "c")->message, "postStart hook failed: tcpSocket hooks can't be run");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	assert_int_equal(agent_events(a, "c", "FailedPostStartHook"), 2);
	assert_int_equal(agent_events(a, "c", "BackOff"), 1);
	agent_gone(a, "c", 0);
}

/* At least once: the next agent runs it again. */
static void an_agent_that_is_killed_meanwhile(void **state)
{
	struct agent *a = *state;

	agent_assign(a,
		agent_pod(a, "d",
			"'terminationGracePeriodSeconds':1,'containers':[{'name':'c',@SHARING@,"
			"'command':['sleep','1000000'],'lifecycle':{'stopSignal':'SIGKILL',"
			"'postStart':{'exec':{'command':['sh','-c','echo hook >>/shared/d; [ -e "
			"/shared/d.hook ] || { "
			"touch /shared/d.hook; sleep 1000000; }']}}}}]"),
		"1", NULL);
	agent_wait_file(a, "d.hook");
	agent_stop(a, SIGKILL);
	agent_start(a);
	agent_wait(a, "d", agent_is_running, "Running");
	agent_expect_file(a, "d", "hook\nhook\n");
	agent_gone(a, "d", 0);
}

/* Takes one request from LISTENER, and answers that there is no such thing. Its first line into RET. */
static void serve_one(struct agent *a, int listener, char ret[256])
{
	static const char answer[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	struct pollfd p = { .fd = listener, .events = POLLIN };
	size_t len = 0;

	if (poll(&p, 1, (int)(AGENT_BOUND / NSEC_PER_MSEC)) <= 0)
		agent_fail(a, "nobody asks");
	_cleanup_(closep) int fd = accept(listener, NULL, NULL);
	memset(ret, 0, 256);
	while (len < 255 && !strstr(ret, "\r\n")) {
		ssize_t n = read(fd, ret + len, 255 - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	ret[strcspn(ret, "\r")] = 0;
	assert_int_equal(write(fd, answer, strlen(answer)), (ssize_t)strlen(answer));
}

/* A host of its own (here the test), or the pod's address and the port by its name; any answer is as good as another. */
static void hooks_by_http(void **state)
{
	struct agent *a = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	_cleanup_(closep) int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Reads a request up to its empty line, then answers. */
	static const char script[] =
		"while read -r line; do echo \"$line\" >>/shared/i.got; [ ${#line} -gt 1 ] || break; "
		"done; printf 'HTTP/1.1 500 No\\r\\nContent-Length: 0\\r\\n\\r\\n'\n";
	_cleanup_(freep) char *spec = NULL, *got = agent_path(a, "i.got"), *path = agent_path(a, "i.sh");
	_cleanup_(buf_done) struct buf request = BUF_INIT;
	char line[256];

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(fs_write(AT_FDCWD, path, script, strlen(script), 0644, 0, NULL), 0);
	spec = xasprintf(
		"'containers':["
		"{'name':'c',@IMAGE@,'command':['sleep','1000000'],'lifecycle':{'stopSignal':'SIGKILL',"
		"'postStart':{'httpGet':{'host':'127.0.0.1','port':%d,'path':'/hello'}}}},"
		"{'name':'d',@SHARING@,'ports':[{'name':'web','containerPort':8080}],'command':['nc','-ll',"
		"'-p','8080','-e','sh','/shared/i.sh'],"
		"'lifecycle':{'stopSignal':'SIGKILL',"
		"'postStart':{'exec':{'command':['sh','-c','until cat /proc/net/tcp* | grep -q :1F90; do "
		"usleep "
		"10000; done']}},"
		"'preStop':{'httpGet':{'port':'web','path':'/bye','httpHeaders':[{'name':'X-Say','value':'so "
		"long'}]}}}}]",
		ntohs(address.sin_port));
	agent_assign(a, agent_pod(a, "i", spec), "1", NULL);
	serve_one(a, listener, line);
	assert_string_equal(line, "GET /hello HTTP/1.1");
	agent_wait(a, "i", all_started, "both to start");
	agent_gone(a, "i", -1);
	assert_int_equal(fs_read(AT_FDCWD, got, 65536, &request, NULL), 0);
	assert_true(str_starts(request.data, "GET /bye HTTP/1.1\r\n"));
	assert_non_null(strstr(request.data, "\r\nX-Say: so long\r\n"));
	assert_non_null(strstr(request.data, "\r\nUser-Agent: kube-lifecycle/1.32\r\n"));
}

static void a_port_that_is_not_there(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "j",
			"'restartPolicy':'Never','containers':[{'name':'c',@IMAGE@,'command':['sleep','"
			"1000000'],"
			"'lifecycle':{'stopSignal':'SIGKILL','postStart':{'httpGet':{'host':'127.0.0.1','"
			"port':1}}}}]"),
		"1", NULL);
	s = agent_wait(a, "j", agent_is_over, "its end");
	assert_string_equal(s->phase, "Failed");
	assert_true(str_starts(agent_end_of(s, "c")->message, "postStart hook failed: "));
	agent_gone(a, "j", 0);
}

/* --- the end --------------------------------------------------------------------------------------------------------- */

/* preStop before the signal; sidecars last one first, after the others, their hooks with the others'. */
static void the_order_of_ends(void **state)
{
	struct agent *a = *state;

	agent_assign(a,
		agent_pod(a, "e",
			"'initContainers':["
			"{'name':'s','restartPolicy':'Always',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','e','s'],'lifecycle':{'preStop':{'exec':{'command':['touch','/shared/"
			"e.hook']}}}},"
			"{'name':'t','restartPolicy':'Always',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','e','t']}],"
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','e','c'],'lifecycle':{'preStop':{'exec':{'command':['sh','-c',"
			"'until [ -e /shared/e.hook ]; do usleep 10000; done; echo pre >>/shared/e']}}}}]"),
		"1", NULL);
	agent_wait_file(a, "e.s");
	agent_wait_file(a, "e.t");
	agent_wait_file(a, "e.c");
	agent_wait(a, "e", agent_is_running, "Running");
	agent_gone(a, "e", -1);
	agent_expect_file(a, "e", "pre\nc\nt\ns\n");
}

/* A hook without end, and a container that heeds nothing: the grace period, and two seconds after the signal. */
static void the_grace_period_ends(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;
	nsec_t since;

	agent_assign(a,
		agent_pod(a, "f",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','trap \\\"echo term "
			">>/shared/f\\\" "
			"TERM; touch /shared/f.c; while true; do sleep 1000000 & wait; done'],"
			"'lifecycle':{'preStop':{'sleep':{'seconds':30}}}}]"),
		"1", NULL);
	agent_wait_file(a, "f.c");
	agent_wait(a, "f", agent_is_running, "Running");
	since = time_monotonic();
	agent_remove(a, "f", 1);
	s = agent_wait(a, "f", agent_is_gone, "its end");
	assert_true(time_monotonic() - since >= 3 * NSEC_PER_SEC);
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	agent_expect_file(a, "f", "term\n");
}

static bool runs_again(const struct wire_report_pod *p)
{
	return p->status && agent_container(p->status, "c")->restart_count == 1 &&
	       agent_container(p->status, "c")->state.running;
}

/* One that is not alive has its hook too, before its signal; the others go on. */
static void what_is_not_alive(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "k",
			"'terminationGracePeriodSeconds':5,'containers':["
			"{'name':'c',@SHARING@,'command':['sh','-c','" TRAPPED "','sh','k','term'],"
			"'livenessProbe':{'exec':{'command':['sh','-c','[ -e /shared/k ] || [ ! -e "
			"/shared/k.term ]']},"
			"'failureThreshold':1,'periodSeconds':1},"
			"'lifecycle':{'preStop':{'exec':{'command':['sh','-c','echo pre >>/shared/k']}}}},"
			"{'name':'d',@IMAGE@,'command':['sleep','1000000'],'lifecycle':{'stopSignal':'"
			"SIGKILL'}}]"),
		"1", NULL);
	s = agent_wait(a, "k", runs_again, "its second start");
	agent_expect_file(a, "k", "pre\nterm\n");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 0);
	assert_int_equal(agent_events(a, "k", "Unhealthy"), 1);
	assert_int_equal(agent_container(s, "d")->restart_count, 0);
	agent_gone(a, "k", 0);
}

/* No grace at all: no hook, no signal but the last. */
static void no_grace(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	agent_assign(a,
		agent_pod(a, "g",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','g','term'],"
			"'lifecycle':{'preStop':{'exec':{'command':['touch','/shared/g.pre']}}}}]"),
		"1", NULL);
	agent_wait_file(a, "g.term");
	agent_wait(a, "g", agent_is_running, "Running");
	agent_remove(a, "g", 0);
	s = agent_wait(a, "g", agent_is_gone, "its end");
	assert_int_equal(agent_end_of(s, "c")->exit_code, 137);
	assert_false(agent_has_file(a, "g"));
	assert_false(agent_has_file(a, "g.pre"));
}

/* One that fails is said, and changes nothing. */
static void a_failed_pre_stop(void **state)
{
	struct agent *a = *state;

	agent_assign(a,
		agent_pod(a, "l",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','l','term'],"
			"'lifecycle':{'preStop':{'exec':{'command':['false']}}}}]"),
		"1", NULL);
	agent_wait_file(a, "l.term");
	agent_wait(a, "l", agent_is_running, "Running");
	agent_gone(a, "l", -1);
	agent_expect_file(a, "l", "term\n");
	assert_int_equal(agent_events(a, "l", "FailedPreStopHook"), 1);
}

/* Killed while preStop runs: the next agent runs it again, within what is left. */
static void an_agent_that_is_killed_in_the_end(void **state)
{
	struct agent *a = *state;

	agent_assign(a,
		agent_pod(a, "h",
			"'containers':[{'name':'c',@SHARING@,'command':['sh','-c','" TRAPPED
			"','sh','h','term'],"
			"'lifecycle':{'preStop':{'exec':{'command':['sh','-c','echo pre >>/shared/h; "
			"[ -e /shared/h.pre ] || { touch /shared/h.pre; sleep 1000000; }']}}}}]"),
		"1", NULL);
	agent_wait_file(a, "h.term");
	agent_wait(a, "h", agent_is_running, "Running");
	agent_remove(a, "h", -1);
	agent_wait_file(a, "h.pre");
	agent_stop(a, SIGKILL);
	agent_start(a);
	agent_wait(a, "h", agent_is_gone, "its end");
	agent_expect_file(a, "h", "pre\npre\nterm\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(post_start_comes_first),
		cmocka_unit_test(a_failed_post_start_ends_it),
		cmocka_unit_test(it_restarts_with_back_off),
		cmocka_unit_test(an_agent_that_is_killed_meanwhile),
		cmocka_unit_test(hooks_by_http),
		cmocka_unit_test(a_port_that_is_not_there),
		cmocka_unit_test(the_order_of_ends),
		cmocka_unit_test(the_grace_period_ends),
		cmocka_unit_test(what_is_not_alive),
		cmocka_unit_test(no_grace),
		cmocka_unit_test(a_failed_pre_stop),
		cmocka_unit_test(an_agent_that_is_killed_in_the_end),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
