/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Hosts that are network namespaces, joined by a bridge: pods reach each other across them by their own addresses, as the
 * hosts' routes follow what the reconciler tells.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
#include "nodeagent/routes.h"
#include "nodeagent/sandbox.h"
#include "tests/unit/lib/base/scratch.h"

enum { HOSTS = 3 };

/* Host 0 is node a, at 192.0.2.1, with pods in 10.213.1.0/24; and so on. */
struct host {
	int netns;
	char name[2], subnet[32], pod_address[32];
	struct node_env env;
	struct routes *routes;
	struct sandbox pod;
};
struct ground {
	void *dir;
	int lan;
	struct host hosts[HOSTS];
};

static void in(int netns)
{
	assert_int_equal(setns(netns, CLONE_NEWNET), 0);
}

static _printf_(2, 3) void run_in(int netns, const char *fmt, ...)
{
	char command[512];
	const char *const argv[] = { "/bin/sh", "-ec", command, NULL };
	struct err err = { 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	in(netns);
	if (proc_check(&(struct proc_spec){ .argv = argv }, NULL, &err) < 0)
		fail_msg("%s: %s", command, err_text(&err));
}

static int netns_new(void)
{
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* --- what the reconciler tells ---------------------------------------------------------------------------- */

#define NODE(name, n, address) \
	"{\"name\":\"" name "\",\"podCIDR\":\"10.213." n ".0/24\",\"address\":\"" address "\"}"
#define A NODE("a", "1", "192.0.2.1")
#define B NODE("b", "2", "192.0.2.2")
#define C NODE("c", "3", "192.0.2.3")
/* Not on the hosts' network. */
#define FAR NODE("far", "4", "198.51.100.4")

static void tell(struct host *h, const char *members)
{
	_cleanup_(freep) char *line = xasprintf(
		"{\"type\":\"network\",\"clusterCIDR\":\"10.213.0.0/16\",%s}", members);
	struct wire_message m = { 0 };

	assert_int_equal(wire_parse(line, strlen(line), &m, NULL), 0);
	routes_take(h->routes, m.network);
	wire_message_done(&m);
}

static bool sync_routes(struct host *h)
{
	in(h->netns);
	return routes_sync(h->routes, h->name);
}

static bool told(struct host *h, const char *members)
{
	tell(h, members);
	assert_true(routes_is_due(h->routes));
	return sync_routes(h);
}

/* --- what the host has ------------------------------------------------------------------------------------- */

static int add_route(const struct netlink_seen *seen, void *arg)
{
	char to[CIDR_TEXT_MAX], via[CIDR_TEXT_MAX];
	struct buf *out = arg;

	if (seen->is_address || !seen->has_via || seen->prefix.family != AF_INET)
		return 0;
	cidr_format(&seen->via, via);
	via[strcspn(via, "/")] = '\0';
	buf_addf(out, "%s%s>%s", out->len > 0 ? " " : "", cidr_format(&seen->prefix, to), via);
	return 0;
}

/* Its routes by way of a gateway are WANT, in the kernel's order (by subnet). */
static void has_routes(struct host *h, const char *want)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	in(h->netns);
	assert_int_equal(netlink_open(&nl, NULL), 0);
	assert_int_equal(netlink_each(nl, add_route, &text, NULL), 0);
	if (!str_eq(text.data, want))
		fail_msg("node %s has \"%s\", expected \"%s\"", h->name, text.data, want);
}

static void says(struct host *h, const char *status, const char *reason, const char *message)
{
	struct condition c;

	assert_true(routes_condition(h->routes, &c));
	assert_string_equal(c.type, "NetworkUnavailable");
	if (!str_eq(c.status, status) || !str_eq(c.reason, reason) || !str_eq(c.message, message))
		fail_msg("node %s says %s %s \"%s\"", h->name, c.status, c.reason, c.message);
}

#define ALL_THERE "there are routes to the pods of all other nodes"
#define ADVICE                                                                                               \
	" not on a network of this host: put the hosts on one network, or give the router between them a "   \
	"route to each node's pods, and this host one to all pods by way of it (ip route add 10.213.0.0/16 " \
	"via ROUTER)"

/* --- hosts --------------------------------------------------------------------------------------------------- */

static void host_begin(struct ground *g, struct host *h, unsigned n)
{
	struct sandbox_spec spec = { .id = "pod", .hostname = "pod", .address = h->pod_address };
	struct scratch *dir = g->dir;
	char id[16], home[256];
	struct err err = { 0 };

	snprintf(id, sizeof(id), "d%x%06x", n, (unsigned)getpid() % 0xffffff);
	snprintf(home, sizeof(home), "%s/%s", dir->path, h->name);
	assert_int_equal(node_env_init(&h->env, home, id, NULL), 0);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, h->env.state_dir, 0700, NULL), 0);
	in(h->netns);
	h->routes = routes_open(&h->env);
	if (routes_subnet_up(h->routes, h->subnet, &err) < 0 ||
		sandbox_create(&h->env, &spec, &h->pod, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct ground *g = xcalloc(1, sizeof(*g));

	assert_int_equal(scratch_setup(&g->dir), 0);
	g->lan = netns_new();
	run_in(g->lan, "ip link add lan type bridge; ip link set lan up");
	for (unsigned i = 0; i < HOSTS; i++) {
		struct host *h = &g->hosts[i];

		*h = (struct host){ .name = { (char)('a' + i) } };
		snprintf(h->subnet, sizeof(h->subnet), "10.213.%u.0/24", i + 1);
		snprintf(h->pod_address, sizeof(h->pod_address), "10.213.%u.2", i + 1);
		h->netns = netns_new();
		in(g->lan);
		run_in(g->lan,
			"ip link add h%u type veth peer name eth0 netns /proc/%d/fd/%d; "
			"ip link set h%u master lan up",
			i, (int)getpid(), h->netns, i);
		run_in(h->netns,
			"ip link set lo up; ip link set eth0 up; ip addr add 192.0.2.%u/24 dev eth0; "
			"echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter",
			i + 1);
		host_begin(g, h, i);
	}
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;

	for (unsigned i = 0; i < HOSTS; i++) {
		struct host *h = &g->hosts[i];

		in(h->netns);
		sandbox_destroy(&h->env, "pod", NULL);
		sandbox_done(&h->pod);
		assert_int_equal(routes_down(&h->env, NULL), 0);
		assert_int_equal(podnet_down(&h->env, NULL), 0);
		routes_close(h->routes);
		fs_remove_tree(AT_FDCWD, h->env.run_dir, NULL);
		node_env_done(&h->env);
		close(h->netns);
	}
	rmdir("/run/pintle");
	close(g->lan);
	scratch_teardown(&g->dir);
	free(g);
	return 0;
}

/* The agent starts anew: what it knew is on disk. */
static void restart(struct host *h)
{
	routes_close(h->routes);
	h->routes = routes_open(&h->env);
}

/* --- packets ---------------------------------------------------------------------------------------------------- */

static int enter(const char *netns)
{
	_cleanup_(closep) int fd = open(netns, O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWNET);
}

/* Answers datagrams on port 9 with the address that they came from. */
static void answer(const char *netns, int ready)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) }, from;
	char text[INET_ADDRSTRLEN], c;
	int fd;

	alarm(20);
	if (enter(netns) < 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || write(ready, "x", 1) != 1)
		_exit(2);
	for (;;) {
		socklen_t len = sizeof(from);

		if (recvfrom(fd, &c, 1, 0, (struct sockaddr *)&from, &len) < 0)
			continue;
		inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
		sendto(fd, text, strlen(text) + 1, 0, (struct sockaddr *)&from, len);
	}
}

/* Asks until there is an answer. Exits with 0: it saw OWN. */
static void ask(const char *netns, const char *address, const char *own)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	char text[INET_ADDRSTRLEN] = "";
	int fd;

	alarm(10);
	inet_pton(AF_INET, address, &to.sin_addr);
	if (enter(netns) < 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		_exit(2);
	for (struct pollfd p = { .fd = fd, .events = POLLIN };;) {
		if (send(fd, "x", 1, 0) != 1)
			_exit(4);
		if (poll(&p, 1, 100) != 1)
			continue;
		if (recv(fd, text, sizeof(text) - 1, 0) < 0)
			_exit(4);
		if (!str_eq(text, own))
			fprintf(stderr, "%s was seen as %s\n", own, text);
		_exit(str_eq(text, own) ? 0 : 3);
	}
}

/* How FROM's pod fares that sends to TO's. */
static int exchange(struct host *from, struct host *to)
{
	int fds[2], status;
	pid_t server, client;
	char c;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	server = fork();
	if (server == 0)
		answer(to->pod.net, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	client = fork();
	if (client == 0)
		ask(from->pod.net, to->pod_address, from->pod_address);
	assert_int_equal(waitpid(client, &status, 0), client);
	kill(server, SIGKILL);
	assert_int_equal(waitpid(server, NULL, 0), server);
	return status;
}

static void meet(struct host *one, struct host *other)
{
	if (exchange(one, other) != 0 || exchange(other, one) != 0)
		fail_msg("the pods of %s and %s don't meet", one->name, other->name);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void all_know_all(struct ground *g)
{
	for (unsigned i = 0; i < HOSTS; i++)
		assert_true(told(&g->hosts[i], "\"full\":true,\"nodes\":[" A "," B "," C "]"));
}

static void test_pods_meet_by_their_own_addresses(void **state)
{
	struct ground *g = *state;

	all_know_all(g);
	has_routes(&g->hosts[0], "10.213.2.0/24>192.0.2.2 10.213.3.0/24>192.0.2.3");
	has_routes(&g->hosts[2], "10.213.1.0/24>192.0.2.1 10.213.2.0/24>192.0.2.2");
	says(&g->hosts[0], "False", "RoutesMade", ALL_THERE);
	meet(&g->hosts[0], &g->hosts[1]);
	meet(&g->hosts[0], &g->hosts[2]);
	assert_false(sync_routes(&g->hosts[0]));
}

static void test_one_leaves(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];

	all_know_all(g);
	assert_false(told(a, "\"remove\":[\"c\"]"));
	has_routes(a, "10.213.2.0/24>192.0.2.2");
	meet(a, &g->hosts[1]);
	assert_true(told(a, "\"remove\":[\"b\"]"));
	has_routes(a, "");
	assert_false(routes_condition(a->routes, &(struct condition){ 0 }));
}

static void test_another_address(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0], *b = &g->hosts[1];

	all_know_all(g);
	run_in(b->netns, "ip addr flush dev eth0; ip addr add 192.0.2.22/24 dev eth0");
	told(a, "\"nodes\":[" NODE("b", "2", "192.0.2.22") "]");
	has_routes(a, "10.213.2.0/24>192.0.2.22 10.213.3.0/24>192.0.2.3");
	has_routes(b, ""); /* the kernel takes them away with the address */
	sync_routes(b);
	has_routes(b, "10.213.1.0/24>192.0.2.1 10.213.3.0/24>192.0.2.3");
	meet(a, b);
}

static void test_another_subnet(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];

	all_know_all(g);
	told(a, "\"nodes\":[" NODE("b", "3", "192.0.2.2") "," NODE("c", "2", "192.0.2.3") "]");
	has_routes(a, "10.213.2.0/24>192.0.2.3 10.213.3.0/24>192.0.2.2");
}

/* An agent that starts anew knows what it knew, and what it made; after a boot nothing is left of that but what it knew. */
static void test_the_agent_starts_anew(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];
	_cleanup_(freep) char *record = xasprintf("%s/routes", a->env.run_dir);

	all_know_all(g);
	restart(a);
	assert_true(routes_is_due(a->routes));
	assert_true(sync_routes(a));
	has_routes(a, "10.213.2.0/24>192.0.2.2 10.213.3.0/24>192.0.2.3");
	told(a, "\"remove\":[\"c\"]");
	has_routes(a, "10.213.2.0/24>192.0.2.2");
	run_in(a->netns, "ip link set eth0 down; ip link set eth0 up");
	has_routes(a, "");
	assert_int_equal(unlink(record), 0);
	restart(a);
	sync_routes(a);
	has_routes(a, "10.213.2.0/24>192.0.2.2");
	meet(a, &g->hosts[1]);
}

/* Damage on disk is no reason not to start: the reconciler tells it again. */
static void test_damage(void **state)
{
	static const char lines[] = "x\n\n10.213.2.0/24 192.0.2.2\n10.213.3.0/24";
	struct ground *g = *state;
	struct host *a = &g->hosts[0];
	_cleanup_(freep) char *known = xasprintf("%s/network", a->env.state_dir),
			      *record = xasprintf("%s/routes", a->env.run_dir);

	all_know_all(g);
	assert_int_equal(fs_write(AT_FDCWD, known, "{\"type", 6, 0600, 0, NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, record, lines, strlen(lines), 0600, 0, NULL), 0);
	restart(a);
	assert_null(routes_peers(a->routes)->cluster_cidr);
	sync_routes(a);
	has_routes(a, "10.213.2.0/24>192.0.2.2 10.213.3.0/24>192.0.2.3");
	/* Of one that the record no longer has nobody can say that it is ours. */
	told(a, "\"full\":true,\"nodes\":[" A "]");
	has_routes(a, "10.213.3.0/24>192.0.2.3");
}

static void test_off_the_segment(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];
	struct err err = { 0 };

	all_know_all(g);
	assert_true(told(a, "\"nodes\":[" FAR "]"));
	has_routes(a, "10.213.2.0/24>192.0.2.2 10.213.3.0/24>192.0.2.3");
	says(a, "True", "NodesUnreachable",
		"no route to the pods of 1 of 3 other nodes: far (198.51.100.4) is" ADVICE);
	meet(a, &g->hosts[1]);
	/* A default route is no network of the host. */
	run_in(a->netns, "ip route add default via 192.0.2.254");
	assert_false(sync_routes(a));
	/* What people are told to do. */
	run_in(a->netns, "ip route add 10.213.0.0/16 via 192.0.2.254");
	assert_true(sync_routes(a));
	says(a, "False", "RoutesMade", ALL_THERE);
	in(a->netns);
	if (routes_subnet_up(a->routes, a->subnet, &err) < 0)
		fail_msg("%s", err_text(&err));
	run_in(a->netns, "ip route del 10.213.0.0/16; ip route del default");
	assert_true(told(a, "\"remove\":[\"b\",\"c\"]"));
	says(a, "True", "NodesUnreachable",
		"no route to the pods of 1 of 1 other node: far (198.51.100.4) is" ADVICE);
	assert_true(told(a, "\"nodes\":[" NODE("far2", "5", "198.51.100.5") "]"));
	says(a, "True", "NoNodeReachable",
		"no route to the pods of 2 of 2 other nodes: far (198.51.100.4), far2 (198.51.100.5) "
		"are" ADVICE);
	/* Its network comes: the next look makes the routes. */
	run_in(a->netns, "ip addr add 198.51.100.1/24 dev eth0");
	assert_true(sync_routes(a));
	says(a, "False", "RoutesMade", ALL_THERE);
	has_routes(a, "10.213.4.0/24>198.51.100.4 10.213.5.0/24>198.51.100.5");
	run_in(a->netns, "ip addr del 198.51.100.1/24 dev eth0");
}

/* What the host has of its own stays as it is, whatever we are told. */
static void test_the_hosts_own(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];

	run_in(a->netns, "ip route add 10.213.2.128/25 dev eth0; ip route add 10.213.3.0/24 via 192.0.2.3");
	all_know_all(g);
	has_routes(a, "10.213.3.0/24>192.0.2.3");
	says(a, "True", "NodesUnreachable",
		"no route to the pods of 1 of 2 other nodes: b: 10.213.2.0/24 overlaps this host's route "
		"10.213.2.128/25 on eth0");
	told(a, "\"remove\":[\"c\"]");
	has_routes(a, "10.213.3.0/24>192.0.2.3");
	run_in(a->netns, "ip route del 10.213.2.128/25; ip route del 10.213.3.0/24");
	assert_true(sync_routes(a));
	has_routes(a, "10.213.2.0/24>192.0.2.2");
	/* Somebody has put another in the place of ours. */
	run_in(a->netns, "ip route replace 10.213.2.0/24 via 192.0.2.7");
	told(a, "\"remove\":[\"b\"]");
	has_routes(a, "10.213.2.0/24>192.0.2.7");
	run_in(a->netns, "ip route del 10.213.2.0/24");
}

/* Pods of a node whose subnet is elsewhere keep their addresses too. */
static void test_outside_of_the_pod_network(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0], *b = &g->hosts[1];
	struct sandbox_spec spec = { .id = "pod", .hostname = "pod", .address = "172.30.2.2" };
	struct err err = { 0 };

	tell(b, "\"full\":true,\"nodes\":[" A "]");
	in(b->netns);
	assert_int_equal(sandbox_destroy(&b->env, "pod", NULL), 0);
	sandbox_done(&b->pod);
	if (routes_subnet_up(b->routes, "172.30.2.0/24", &err) < 0 ||
		sandbox_create(&b->env, &spec, &b->pod, &err) < 0)
		fail_msg("%s", err_text(&err));
	snprintf(b->pod_address, sizeof(b->pod_address), "172.30.2.2");
	sync_routes(b);
	told(a, "\"full\":true,\"nodes\":[" A
		",{\"name\":\"b\",\"podCIDR\":\"172.30.2.0/24\",\"address\":\"192.0.2.2\"}]");
	has_routes(a, "172.30.2.0/24>192.0.2.2");
	meet(a, b);
}

static void test_down(void **state)
{
	struct ground *g = *state;
	struct host *a = &g->hosts[0];

	all_know_all(g);
	in(a->netns);
	assert_int_equal(routes_down(&a->env, NULL), 0);
	has_routes(a, "");
	assert_int_equal(routes_down(&a->env, NULL), 0);
	restart(a);
	assert_null(routes_peers(a->routes)->cluster_cidr);
	assert_false(sync_routes(a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pods_meet_by_their_own_addresses),
		TEST(test_one_leaves),
		TEST(test_another_address),
		TEST(test_another_subnet),
		TEST(test_the_agent_starts_anew),
		TEST(test_damage),
		TEST(test_off_the_segment),
		TEST(test_the_hosts_own),
		TEST(test_outside_of_the_pod_network),
		TEST(test_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
