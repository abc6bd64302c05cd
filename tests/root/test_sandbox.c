/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Real namespaces, real interfaces, real packets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/netlink.h"
#include "nodeagent/sandbox.h"

static struct node_env env_of(const char *cluster_id)
{
	struct node_env env;

	assert_int_equal(node_env_init(&env, "/nonexistent", cluster_id, NULL), 0);
	return env;
}

static struct node_env test_env(void)
{
	char id[32];

	snprintf(id, sizeof(id), "%08x", 0xfe000000U + (unsigned)getpid() % 0xffffff);
	return env_of(id);
}

static void env_end(struct node_env *env)
{
	struct sandbox_list l;

	assert_int_equal(sandbox_list(env, &l, NULL), 0);
	for (size_t i = 0; i < l.count; i++)
		sandbox_destroy(env, l.items[i].id, NULL);
	sandbox_list_done(&l);
	fs_remove_tree(AT_FDCWD, env->run_dir, NULL);
	rmdir("/run/pintle");
	node_env_done(env);
}

static void create(const struct node_env *env, const struct sandbox_spec *spec, struct sandbox *s)
{
	struct err err = { 0 };

	if (sandbox_create(env, spec, s, &err) < 0)
		fail_msg("sandbox_create: %s", err_text(&err));
	assert_string_equal(err.text, "");
}

static void destroy(const struct node_env *env, const char *id)
{
	struct err err = { 0 };

	if (sandbox_destroy(env, id, &err) < 0)
		fail_msg("sandbox_destroy: %s", err_text(&err));
}

/* Runs FN(ARG) in a child that joined the sandbox's namespaces; its return value is the exit status. */
static int inside(const struct sandbox *s, int (*fn)(void *), void *arg)
{
	const char *const paths[] = { s->net, s->ipc, s->uts };
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
			int fd = paths[i] ? open(paths[i], O_RDONLY | O_CLOEXEC) : -1;

			if (paths[i] && (fd < 0 || setns(fd, 0) < 0))
				_exit(100);
		}
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static bool file_is(const char *path, const char *text)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	if (fs_read(AT_FDCWD, path, 4096, &got, NULL) < 0)
		return false;
	while (got.len > 0 && strchr("\n ", got.data[got.len - 1]))
		buf_truncate(&got, got.len - 1);
	if (str_eq(got.data, text))
		return true;
	fprintf(stderr, "%s holds \"%s\", expected \"%s\"\n", path, got.data, text);
	return false;
}

static int look_inside(void *arg)
{
	char name[128];

	(void)arg;
	if (gethostname(name, sizeof(name)) < 0 || !str_eq(name, "web-1"))
		return 1;
	if (!file_is("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"))
		return 2;
	if (!file_is("/proc/sys/net/ipv4/ping_group_range", "0\t2147483647"))
		return 3;
	if (!file_is("/proc/sys/net/core/somaxconn", "777"))
		return 4;
	if (!file_is("/proc/sys/kernel/shmmax", "65536"))
		return 5;
	if (if_nametoindex("eth0") == 0 || if_nametoindex("lo") == 0)
		return 6;
	return 0;
}

static void test_inside(void **state)
{
	static const struct sandbox_sysctl sysctls[] = {
		{ "net.core.somaxconn", "777" },
		{ "kernel.shmmax", "65536" },
	};
	struct node_env env = test_env();
	struct sandbox s;
	struct sandbox_spec spec = { .id = "one",
		.hostname = "web-1",
		.address = "10.213.7.2",
		.sysctls = sysctls,
		.sysctl_count = 2 };

	(void)state;
	create(&env, &spec, &s);
	assert_true(s.complete);
	assert_string_equal(s.address, "10.213.7.2");
	assert_true(str_starts(s.ifname, "pfe"));
	assert_int_equal(strlen(s.ifname), 15);
	assert_int_not_equal(if_nametoindex(s.ifname), 0);
	assert_int_equal(inside(&s, look_inside, NULL), 0);
	assert_false(file_is("/proc/sys/net/core/somaxconn", "777"));
	sandbox_done(&s);
	env_end(&env);
}

/* --- packets --- */

struct echo {
	int ready; /* written once listening */
	const char *address;
};

/* Accepts one connection on port 80 of ADDRESS, answers "hello". */
static int serve_one(void *arg)
{
	struct echo *e = arg;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	inet_pton(AF_INET, e->address, &at.sin_addr);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		return 1;
	if (write(e->ready, "r", 1) != 1)
		return 2;
	peer = accept(fd, NULL, NULL);
	return peer >= 0 && write(peer, "hello", 5) == 5 ? 0 : 3;
}

static int connect_and_read(void *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char got[8];

	inet_pton(AF_INET, arg, &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno;
	return recv(fd, got, 5, MSG_WAITALL) == 5 && memcmp(got, "hello", 5) == 0 ? 0 : 201;
}

static void expect_answer(const struct sandbox *server, const struct sandbox *client)
{
	int pipefd[2], status;
	char c;
	struct echo e = { .address = server->address };
	pid_t pid;

	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	e.ready = pipefd[1];
	pid = fork();
	if (pid == 0) {
		alarm(10);
		_exit(inside(server, serve_one, &e));
	}
	close(pipefd[1]);
	assert_int_equal(read(pipefd[0], &c, 1), 1);
	close(pipefd[0]);
	assert_int_equal(inside(client, connect_and_read, (void *)(uintptr_t)server->address), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_packets(void **state)
{
	struct node_env env = test_env();
	struct sandbox a, b, host = { 0 };
	struct sandbox_spec spec = { .id = "a", .hostname = "a", .address = "10.213.7.2" };
	_cleanup_(buf_done) struct buf forward = BUF_INIT;

	(void)state;
	assert_int_equal(fs_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", 16, &forward, NULL), 0);
	assert_int_equal(system("echo 1 >/proc/sys/net/ipv4/ip_forward"), 0);
	create(&env, &spec, &a);
	spec.id = spec.hostname = "b";
	spec.address = "10.213.7.3";
	create(&env, &spec, &b);
	expect_answer(&a, &host); /* host → pod */
	expect_answer(&a, &b);    /* pod → pod */
	expect_answer(&b, &b);    /* a pod to itself */
	if (forward.data[0] == '0')
		assert_int_equal(system("echo 0 >/proc/sys/net/ipv4/ip_forward"), 0);
	sandbox_done(&a);
	sandbox_done(&b);
	env_end(&env);
}

/* --- what is refused --- */

static void test_refused(void **state)
{
	static const struct sandbox_sysctl host_wide = { "kernel.core_pattern", "x" };
	static const struct sandbox_sysctl net = { "net.core.somaxconn", "1" };
	static const struct sandbox_sysctl missing = { "net.no.such", "1" };
	static const struct sandbox_sysctl bad_value = { "net.core.somaxconn", "many" };
	const struct {
		struct sandbox_spec spec;
		int code;
		const char *text;
	} cases[] = {
		{ { .id = "..", .hostname = "h", .address = "10.213.7.2" }, -EINVAL, "is no sandbox id" },
		{ { .id = "a/b", .hostname = "h", .address = "10.213.7.2" }, -EINVAL, "is no sandbox id" },
		{ { .id = "", .hostname = "h", .address = "10.213.7.2" }, -EINVAL, "is no sandbox id" },
		{ { .id = "a", .hostname = "h", .address = "10.213.7" }, -EINVAL, "not an IP address" },
		{ { .id = "a", .hostname = "h" }, -EINVAL, "not an IP address" },
		{ { .id = "a", .hostname = "h", .address = "fd00::2" }, -EINVAL, "only IPv4" },
		{ { .id = "a", .hostname = "", .address = "10.213.7.2" }, -EINVAL, "host name" },
		{ { .id = "a",
			  .hostname = "h",
			  .address = "10.213.7.2",
			  .sysctls = &host_wide,
			  .sysctl_count = 1 },
			-EPERM, "kernel.core_pattern" },
		{ { .id = "a", .host_network = true, .sysctls = &net, .sysctl_count = 1 }, -EINVAL,
			"shares the host's network" },
		{ { .id = "a",
			  .hostname = "h",
			  .address = "10.213.7.2",
			  .sysctls = &missing,
			  .sysctl_count = 1 },
			-ENOENT, "net.no.such" },
		{ { .id = "a",
			  .hostname = "h",
			  .address = "10.213.7.2",
			  .sysctls = &bad_value,
			  .sysctl_count = 1 },
			-EINVAL, "net.core.somaxconn" },
	};
	struct node_env env = test_env();
	struct sandbox_list l;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		struct sandbox s;
		int r = sandbox_create(&env, &cases[i].spec, &s, &err);

		if (r != cases[i].code || !strstr(err_text(&err), cases[i].text))
			fail_msg("case %zu: %d \"%s\", expected %d \"%s\"", i, r, err_text(&err),
				cases[i].code, cases[i].text);
	}
	assert_int_equal(sandbox_list(&env, &l, NULL), 0);
	assert_int_equal(l.count, 0);
	sandbox_list_done(&l);
	env_end(&env);
}

static void test_exists(void **state)
{
	struct node_env env = test_env();
	struct sandbox s, again;
	struct err err = { 0 };
	struct sandbox_spec spec = { .id = "a", .hostname = "h", .address = "10.213.7.2" };

	(void)state;
	create(&env, &spec, &s);
	assert_int_equal(sandbox_create(&env, &spec, &again, &err), -EEXIST);
	assert_string_equal(err_text(&err), "sandbox a: it exists");
	assert_int_not_equal(if_nametoindex(s.ifname), 0);
	sandbox_done(&s);
	env_end(&env);
}

/* --- namespaces of the host --- */

static void test_host_namespaces(void **state)
{
	struct node_env env = test_env();
	struct sandbox s;
	struct sandbox_list l;
	struct sandbox_spec spec = { .id = "net", .host_network = true };

	(void)state;
	create(&env, &spec, &s);
	assert_null(s.net);
	assert_null(s.uts);
	assert_non_null(s.ipc);
	assert_string_equal(s.ifname, "");
	sandbox_done(&s);
	spec.id = "none";
	spec.host_ipc = true;
	create(&env, &spec, &s);
	assert_null(s.ipc);
	sandbox_done(&s);
	assert_int_equal(sandbox_list(&env, &l, NULL), 0);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.items[0].id, "net");
	assert_true(l.items[0].complete);
	assert_string_equal(l.items[1].id, "none");
	assert_true(l.items[1].complete);
	assert_string_equal(l.items[1].address, "");
	sandbox_list_done(&l);
	env_end(&env);
}

/* --- leftovers --- */

static void expect_none(const struct node_env *env)
{
	struct sandbox_list l;

	assert_int_equal(sandbox_list(env, &l, NULL), 0);
	assert_int_equal(l.count, 0);
	sandbox_list_done(&l);
}

/* The same id and address again at once, while the kernel still takes the old namespace apart. */
static void test_again_and_again(void **state)
{
	struct node_env env = test_env();
	struct sandbox_spec spec = { .id = "a", .hostname = "h", .address = "10.213.7.2" };

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct sandbox s, host = { 0 };

		create(&env, &spec, &s);
		if (i % 5 == 0)
			expect_answer(&s, &host);
		sandbox_done(&s);
		destroy(&env, "a");
		destroy(&env, "a");
	}
	expect_none(&env);
	env_end(&env);
}

/* Until interface NAME is gone: each change of an interface wakes the wait. */
static void wait_gone(int links, const char *name)
{
	char events[65536];
	struct pollfd p = { .fd = links, .events = POLLIN };

	while (if_nametoindex(name) != 0) {
		assert_int_equal(poll(&p, 1, 10000), 1);
		assert_true(recv(links, events, sizeof(events), 0) > 0 || errno == ENOBUFS);
	}
}

/* A pod gets the address of one that has just gone: the old interface, going later, must not take the new one's route along. */
static void test_address_of_a_gone_pod(void **state)
{
	struct node_env env = test_env();
	struct sockaddr_nl all_links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	_cleanup_(closep) int links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	(void)state;
	assert_int_equal(bind(links, (struct sockaddr *)&all_links, sizeof(all_links)), 0);
	for (int i = 0; i < 5; i++) {
		struct sandbox_spec old_spec = { .id = "old", .hostname = "h", .address = "10.213.7.2" };
		struct sandbox_spec new_spec = { .id = "new", .hostname = "h", .address = "10.213.7.2" };
		struct sandbox old, new, host = { 0 };

		create(&env, &old_spec, &old);
		expect_answer(&old, &host);
		destroy(&env, "old");
		create(&env, &new_spec, &new);
		expect_answer(&new, &host);
		wait_gone(links, old.ifname);
		expect_answer(&new, &host);
		destroy(&env, "new");
		sandbox_done(&old);
		sandbox_done(&new);
	}
	env_end(&env);
}

/* What every moment of creation and destruction may leave, made by hand. */
static void test_half_made(void **state)
{
	static const char *const drop[] = { "sandbox", "net", "ipc", "uts" };
	struct node_env env = test_env();
	struct sandbox_spec spec = { .id = "a", .hostname = "h", .address = "10.213.7.2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(drop); i++) {
		_cleanup_(freep) char *path = xasprintf("%s/ns/a/%s", env.run_dir, drop[i]);
		struct sandbox s;
		struct sandbox_list l;

		create(&env, &spec, &s);
		umount2(path, MNT_DETACH); /* leaves an empty file; the state file just goes */
		if (i == 0)
			assert_int_equal(unlink(path), 0);
		assert_int_equal(sandbox_list(&env, &l, NULL), 0);
		assert_int_equal(l.count, 1);
		assert_false(l.items[0].complete);
		sandbox_list_done(&l);
		sandbox_done(&s);
		create(&env, &spec, &s); /* clears that away first */
		assert_int_equal(inside(&s, connect_and_read, (void *)(uintptr_t) "127.0.0.1"), ECONNREFUSED);
		sandbox_done(&s);
		destroy(&env, "a");
	}
	expect_none(&env);
	env_end(&env);
}

static void creator(const struct node_env *env)
{
	for (unsigned n = 0;; n++) {
		char id[16], address[SANDBOX_ADDRESS_MAX];
		struct sandbox s;
		struct sandbox_spec spec = { .id = id, .hostname = "h", .address = address };

		snprintf(id, sizeof(id), "k%u", n % 4);
		snprintf(address, sizeof(address), "10.213.8.%u", 2 + n % 4);
		if (sandbox_create(env, &spec, &s, NULL) == 0)
			sandbox_done(&s);
		sandbox_destroy(env, id, NULL);
	}
}

/* kill -9 at 60 moments; whatever is left is listed, and can be used if it is complete, and destroyed. */
static void test_killed(void **state)
{
	struct node_env env = test_env();
	unsigned seed = 7, half = 0;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct sandbox_list l;
		struct pollfd none = { .fd = -1 };
		pid_t pid = fork();

		if (pid == 0)
			creator(&env);
		seed = seed * 1664525 + 1013904223;
		ppoll(&none, 1, &(struct timespec){ .tv_nsec = 2000000 + (seed >> 8) % 8000000 }, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(sandbox_list(&env, &l, NULL), 0);
		for (size_t i = 0; i < l.count; i++) {
			half += !l.items[i].complete;
			if (l.items[i].complete)
				assert_int_not_equal(if_nametoindex(l.items[i].ifname), 0);
			destroy(&env, l.items[i].id);
		}
		sandbox_list_done(&l);
		expect_none(&env);
	}
	print_message("%u of 60 kills left a half-made sandbox\n", half);
	env_end(&env);
}

/* Two homes with the same pod ids and addresses of their own. */
static void test_two_homes(void **state)
{
	struct node_env one = test_env(), two = env_of("fdfdfdfd00");
	struct sandbox a, b;
	struct sandbox_list l;
	struct sandbox_spec spec = { .id = "a", .hostname = "h", .address = "10.213.7.2" };

	(void)state;
	create(&one, &spec, &a);
	spec.address = "10.213.9.2";
	create(&two, &spec, &b);
	assert_string_not_equal(a.ifname, b.ifname);
	destroy(&one, "a");
	assert_int_equal(sandbox_list(&two, &l, NULL), 0);
	assert_int_equal(l.count, 1);
	assert_true(l.items[0].complete);
	assert_string_equal(l.items[0].address, "10.213.9.2");
	assert_string_equal(l.items[0].ifname, b.ifname);
	sandbox_list_done(&l);
	sandbox_done(&a);
	sandbox_done(&b);
	env_end(&two);
	env_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_exists),
		cmocka_unit_test(test_host_namespaces),
		cmocka_unit_test(test_again_and_again),
		cmocka_unit_test(test_address_of_a_gone_pod),
		cmocka_unit_test(test_half_made),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_two_homes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
