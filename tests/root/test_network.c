/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The real agent is told of other nodes. Its host is a network namespace with one end of a veth pair. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/root/agent.h"

#define CLUSTER "10.77.0.0/16"
static const struct wire_network_node self = { "n", "10.77.0.0/24", "192.0.2.1" },
				      near = { "b", "10.77.1.0/24", "192.0.2.2" },
				      far = { "far", "10.77.2.0/24", "198.51.100.3" };

static void tell(struct agent *a, const struct wire_network *m)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	wire_write_network(&text, m);
	agent_say(a, &text);
}

static void tell_all(struct agent *a)
{
	struct wire_network_node nodes[] = { self, near, far };

	tell(a, &(struct wire_network){
			.cluster_cidr = CLUSTER, .full = true, .nodes = { nodes, ARRAY_LEN(nodes) } });
}

static void run(struct agent *a, const char *command)
{
	agent_run_program(a, (const char *const[]){ "/bin/sh", "-ec", command, NULL });
}

/* The first report about the node behind the first AT messages in which IS is true of its status. */
static const struct wire_report *wait_for(
	struct agent *a, size_t at, bool (*is)(const struct node_status *s), const char *wanted)
{
	nsec_t deadline = time_monotonic() + AGENT_BOUND;

	for (;; at++) {
		if (at == a->said_count && !agent_next(a, deadline))
			agent_fail(a, wanted);
		if (a->said[at].type == WIRE_REPORT && a->said[at].report->node &&
			is(a->said[at].report->node))
			return a->said[at].report;
	}
}

static bool is_any(const struct node_status *s)
{
	(void)s;
	return true;
}

/* What is said of the network; all NULL where nothing is. */
static struct condition network(const struct node_status *s)
{
	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, "NetworkUnavailable"))
			return s->conditions.items[i];
	return (struct condition){ 0 };
}

static bool lacks_far(const struct node_status *s)
{
	struct condition c = network(s);

	return str_eq(c.status, "True") && strstr(str_or_empty(c.message), "far (198.51.100.3)");
}

static bool reaches_all(const struct node_status *s)
{
	return str_eq(network(s).status, "False");
}

static bool is_alone(const struct node_status *s)
{
	return !network(s).status;
}

static bool is_at(const struct node_status *s, const char *address)
{
	return str_eq(s->addresses.items[0].type, "InternalIP") &&
	       str_eq(s->addresses.items[0].address, address);
}

static bool is_at_1(const struct node_status *s)
{
	return is_at(s, "192.0.2.1");
}

static bool is_at_9(const struct node_status *s)
{
	return is_at(s, "192.0.2.9");
}

/* --- tests, each after those before it ------------------------------------------------------------------------- */

static void knows_nothing(void **state)
{
	struct agent *a = *state;
	const struct wire_report *first = wait_for(a, 0, is_any, "the first report");

	assert_int_equal(first->seq, 1);
	assert_string_equal(first->network, "");
	assert_true(is_alone(first->node));
}

/* As DHCP would: the address comes, and is another one later. */
static void tells_its_address(void **state)
{
	struct agent *a = *state;
	size_t before;

	run(a, "ip link add eth0 type veth peer name eth1; ip link set eth0 up; ip link set eth1 up; "
	       "ip addr add 192.0.2.9/24 dev eth0");
	wait_for(a, 0, is_at_9, "its address");
	before = a->said_count;
	run(a, "ip addr del 192.0.2.9/24 dev eth0; ip addr add 192.0.2.1/24 dev eth0");
	wait_for(a, before, is_at_1, "its new address");
}

static void makes_routes_and_says_what_it_can_not(void **state)
{
	struct agent *a = *state;

	tell_all(a);
	assert_string_equal(
		network(wait_for(a, 0, lacks_far, "what it can't reach")->node).reason, "NodesUnreachable");
	run(a, "ip route | grep -qx '10.77.1.0/24 via 192.0.2.2 dev eth0 proto static '");
	run(a, "test $(ip route | grep -c ' via ') = 1");
	run(a, "nft list ruleset | grep -q 10.77.0.0/16");
	/* What it asks for in its message. */
	run(a, "ip route add 10.77.0.0/16 via 192.0.2.254");
	wait_for(a, 0, reaches_all, "that it can");
	run(a, "ip route del 10.77.0.0/16");
}

static void has_them_again(void **state)
{
	struct agent *a = *state;
	char digest[WIRE_NETWORK_DIGEST];

	agent_stop(a, SIGKILL);
	run(a, "ip link set eth0 down; ip link set eth0 up; ! ip route | grep ' via '");
	agent_start(a);
	run(a, "ip route | grep -q '^10.77.1.0/24 via 192.0.2.2 '");
	wire_network_digest(wire_network_hash_cluster(CLUSTER) + wire_network_hash(&self) +
				    wire_network_hash(&near) + wire_network_hash(&far),
		digest);
	assert_string_equal(wait_for(a, 0, lacks_far, "what it can't reach")->network, digest);
}

static void lets_go_of_who_leaves(void **state)
{
	struct agent *a = *state;
	const char *names[] = { "b", "far" };
	size_t before = a->said_count;

	tell(a, &(struct wire_network){ .cluster_cidr = CLUSTER, .remove = { names, 2 } });
	wait_for(a, before, is_alone, "that nobody else is there");
	run(a, "! ip route | grep ' via '");
}

static void purge_leaves_nothing(void **state)
{
	struct agent *a = *state;
	_cleanup_(freep) char *file = xasprintf("%s/agent/network", a->home);
	size_t before = a->said_count;

	tell_all(a);
	wait_for(a, before, lacks_far, "what it can't reach");
	assert_int_equal(access(file, F_OK), 0);
	agent_stop(a, SIGTERM);
	run(a, "ip route | grep -q ' via '");
	agent_run_program(a, (const char *const[]){ "build/pintle-agent", "--home", a->home, "purge", NULL });
	run(a, "! ip route | grep ' via '");
	assert_int_equal(access(file, F_OK), -1);
	agent_start(a);
	assert_string_equal(wait_for(a, 0, is_any, "the first report")->network, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_nothing),
		cmocka_unit_test(tells_its_address),
		cmocka_unit_test(makes_routes_and_says_what_it_can_not),
		cmocka_unit_test(has_them_again),
		cmocka_unit_test(lets_go_of_who_leaves),
		cmocka_unit_test(purge_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
