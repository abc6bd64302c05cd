/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* In a network namespace of the test's own, with a host and a "world" at the other end of a veth pair. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/netlink.h"
#include "nodeagent/podnet.h"
#include "nodeagent/sandbox.h"

static const struct peers nobody;
static int world_netns = -1; /* the other end of the host's uplink */

static struct cidr cidr(const char *text)
{
	struct cidr c;

	assert_int_equal(
		strchr(text, '/') ? cidr_parse(text, &c, NULL) : cidr_parse_address(text, &c, NULL), 0);
	return c;
}

/* The host: lo, and `up` with 198.51.100.1/32 to the world's 198.51.100.2, which knows no route to pods. */
static int setup(void **state)
{
	struct netlink_veth veth = { .name = "up",
		.index = 2,
		.peer = "down",
		.mac = { 2, 0, 0, 0, 0, 1 },
		.peer_mac = { 2, 0, 0, 0, 0, 2 } };
	struct netlink_route route = { .to = cidr("198.51.100.2"), .index = 2 };
	struct cidr here = cidr("198.51.100.1"), there = cidr("198.51.100.2");
	_cleanup_(closep) int host = -1;
	_cleanup_(netlink_closep) struct netlink *nl = NULL, *world = NULL;
	struct err err = { 0 };
	uint32_t index;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	world_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(netlink_open(&world, &err), 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(netlink_open(&nl, &err), 0);
	veth.peer_netns = world_netns;
	netlink_add_veth(nl, &veth);
	netlink_add_link_up(nl, 1);
	netlink_add_link_up(nl, 2);
	netlink_add_address(nl, 2, &here);
	netlink_add_route(nl, &route);
	if (netlink_commit(nl, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(netlink_index(world, "down", &index), 0);
	assert_int_equal(netlink_index(world, "nothing", &route.index), -ENODEV);
	route = (struct netlink_route){ .to = here, .index = index };
	netlink_add_link_up(world, index);
	netlink_add_address(world, index, &there);
	netlink_add_route(world, &route);
	assert_int_equal(netlink_commit(world, &err), 0);
	return 0;
}

static struct node_env env_of(char digit)
{
	struct node_env env;
	char id[16];

	snprintf(id, sizeof(id), "f%c%06x", digit, (unsigned)getpid() % 0xffffff);
	assert_int_equal(node_env_init(&env, "/nonexistent", id, NULL), 0);
	return env;
}

static void env_end(struct node_env *env)
{
	fs_remove_tree(AT_FDCWD, env->run_dir, NULL);
	rmdir("/run/pintle");
	node_env_done(env);
}

static void up(const struct node_env *env, const char *subnet)
{
	struct err err = { 0 };

	if (podnet_up(env, subnet, &nobody, &err) < 0)
		fail_msg("podnet_up %s: %s", subnet, err_text(&err));
}

static void down(const struct node_env *env)
{
	struct err err = { 0 };

	if (podnet_down(env, &err) < 0)
		fail_msg("podnet_down: %s", err_text(&err));
}

static void refused(const struct node_env *env, const char *subnet, int code, const char *text)
{
	struct err err = { 0 };
	int r = podnet_up(env, subnet, &nobody, &err);

	if (r != code || strcmp(err_text(&err), text) != 0)
		fail_msg("%s: %d \"%s\", expected %d \"%s\"", subnet, r, err_text(&err), code, text);
}

static char *ruleset(void)
{
	const char *const argv[] = { "nft", "list", "ruleset", NULL };
	struct proc_spec spec = { .argv = argv };
	struct buf out = BUF_INIT;

	assert_int_equal(proc_check(&spec, &out, NULL), 0);
	return buf_take(&out);
}

struct counted {
	size_t unreachable;
	struct cidr last;
};

static int count_one(const struct netlink_seen *seen, void *arg)
{
	struct counted *c = arg;

	/* The kernel keeps one for IPv6 on loopback. */
	if (seen->unreachable && seen->prefix.family == AF_INET) {
		c->unreachable++;
		c->last = seen->prefix;
	}
	return 0;
}

static struct counted unreachable(void)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	struct counted c = { 0 };

	assert_int_equal(netlink_open(&nl, NULL), 0);
	assert_int_equal(netlink_each(nl, count_one, &c, NULL), 0);
	return c;
}

static void test_up_and_down(void **state)
{
	struct node_env env = env_of('0');
	_cleanup_(freep) char *with = NULL, *without = NULL;
	char text[CIDR_TEXT_MAX];
	struct counted c;

	(void)state;
	up(&env, "10.213.7.0/24");
	up(&env, "10.213.7.0/24"); /* again, as after a restart */
	c = unreachable();
	assert_int_equal(c.unreachable, 1);
	assert_string_equal(cidr_format(&c.last, text), "10.213.7.0/24");
	with = ruleset();
	assert_non_null(strstr(with, env.short_id));
	assert_non_null(strstr(with, "ip saddr 10.213.7.0/24"));
	up(&env, "10.213.8.0/24"); /* replaces */
	c = unreachable();
	assert_int_equal(c.unreachable, 1);
	assert_string_equal(cidr_format(&c.last, text), "10.213.8.0/24");
	down(&env);
	down(&env);
	assert_int_equal(unreachable().unreachable, 0);
	without = ruleset();
	assert_null(strstr(without, env.short_id));
	env_end(&env);
}

static void test_overlaps(void **state)
{
	struct node_env one = env_of('1'), two = env_of('2');

	(void)state;
	refused(&one, "10.213.7.0", -EINVAL,
		"pod subnet: \"10.213.7.0\" is not an IP prefix like 10.244.0.0/24");
	refused(&one, "fd00::/64", -EINVAL, "pod subnet: fd00::/64: only IPv4 is supported yet");
	refused(&one, "198.51.100.0/24", -EADDRINUSE,
		"pod subnet 198.51.100.0/24 overlaps the host's address 198.51.100.1/32 on up");
	refused(&one, "127.0.0.0/24", -EADDRINUSE,
		"pod subnet 127.0.0.0/24 overlaps the host's address 127.0.0.1/8 on lo");
	up(&one, "10.213.7.0/24");
	refused(&two, "10.213.0.0/16", -EADDRINUSE,
		"pod subnet 10.213.0.0/16 overlaps the host's unreachable route (another home's pod subnet?) "
		"10.213.7.0/24");
	up(&two, "10.213.8.0/24");
	down(&one);
	up(&one, "10.213.9.0/24");
	down(&one);
	down(&two);
	env_end(&two);
	env_end(&one);
}

/* A pod's sandbox lies in its own subnet, of course. */
static void test_up_beside_sandboxes(void **state)
{
	struct node_env env = env_of('3');
	struct sandbox_spec spec = { .id = "a", .hostname = "a", .address = "10.213.7.2" };
	struct sandbox s;

	(void)state;
	up(&env, "10.213.7.0/24");
	assert_int_equal(sandbox_create(&env, &spec, &s, NULL), 0);
	up(&env, "10.213.7.0/24");
	assert_int_equal(sandbox_destroy(&env, "a", NULL), 0);
	sandbox_done(&s);
	down(&env);
	env_end(&env);
}

/* A namespace that outlives its sandbox, as the kernel's do for a while, keeps its interface: down takes it. */
static void test_down_takes_interfaces(void **state)
{
	struct node_env env = env_of('4');
	struct sandbox_spec spec = { .id = "a", .hostname = "a", .address = "10.213.8.2" };
	struct sandbox s;
	int held;

	(void)state;
	up(&env, "10.213.8.0/24");
	assert_int_equal(sandbox_create(&env, &spec, &s, NULL), 0);
	held = open(s.net, O_RDONLY | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(sandbox_destroy(&env, "a", NULL), 0);
	assert_true(if_nametoindex(s.ifname) > 0);
	down(&env);
	assert_int_equal(if_nametoindex(s.ifname), 0);
	fd_close(held);
	sandbox_done(&s);
	env_end(&env);
}

/* --- what the world sees --- */

static int in_netns(int fd, const char *path)
{
	_cleanup_(closep) int opened = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	return setns(path ? opened : fd, CLONE_NEWNET);
}

/* Answers one datagram on port 9 in the world; the exit status says whether it came from the host's address. */
static int world_main(int ready)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) }, from;
	socklen_t len = sizeof(from);
	char text[INET_ADDRSTRLEN], c;
	int fd;

	if (in_netns(world_netns, NULL) < 0)
		return 1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || write(ready, "x", 1) != 1)
		return 2;
	if (recvfrom(fd, &c, 1, 0, (struct sockaddr *)&from, &len) != 1 ||
		sendto(fd, &c, 1, 0, (struct sockaddr *)&from, len) != 1)
		return 3;
	inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
	if (str_eq(text, "198.51.100.1"))
		return 0;
	fprintf(stderr, "the world saw %s\n", text);
	return 4;
}

/* Asks until there is an answer: what is sent before the kernel's own work has activated an interface that just came up is lost. */
static int pod_main(const char *netns)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd;

	inet_pton(AF_INET, "198.51.100.2", &to.sin_addr);
	if (in_netns(-1, netns) < 0)
		return 1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (struct pollfd p = { .fd = fd, .events = POLLIN };;) {
		if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1)
			return 2;
		if (poll(&p, 1, 100) == 1)
			return 0;
	}
}

static void test_masquerade(void **state)
{
	struct node_env env = env_of('4');
	struct sandbox_spec spec = { .id = "a", .hostname = "a", .address = "10.213.7.2" };
	struct sandbox s;
	int fds[2], status;
	pid_t world, pod;
	char c;

	(void)state;
	up(&env, "10.213.7.0/24");
	assert_int_equal(sandbox_create(&env, &spec, &s, NULL), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	world = fork();
	if (world == 0) {
		alarm(10);
		_exit(world_main(fds[1]));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	pod = fork();
	if (pod == 0) {
		alarm(10);
		_exit(pod_main(s.net));
	}
	assert_int_equal(waitpid(pod, &status, 0), pod);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(world, &status, 0), world);
	assert_int_equal(status, 0);
	assert_int_equal(sandbox_destroy(&env, "a", NULL), 0);
	sandbox_done(&s);
	down(&env);
	env_end(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_and_down),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_up_beside_sandboxes),
		cmocka_unit_test(test_down_takes_interfaces),
		cmocka_unit_test(test_masquerade),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
