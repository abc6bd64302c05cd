/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the kernel lists while it changes: a namespace with more addresses than it tells in one part. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "nodeagent/netlink.h"

enum { ADDRESSES = 500 };

static struct cidr address(int i)
{
	struct cidr c;
	char text[CIDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.%d.%d.1/32", i / 250, i % 250);
	assert_int_equal(cidr_parse(text, &c, NULL), 0);
	return c;
}

static struct netlink *opened(void)
{
	struct netlink *nl = NULL;
	struct err err = { 0 };

	if (netlink_open(&nl, &err) < 0)
		fail_msg("%s", err_text(&err));
	return nl;
}

/* To interface 1, the loopback. */
static void give(struct netlink *nl, int i)
{
	struct err err = { 0 };
	struct cidr c = address(i);

	netlink_add_address(nl, 1, &c);
	if (netlink_commit(nl, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct netlink *nl;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	nl = opened();
	netlink_add_link_up(nl, 1);
	for (int i = 0; i < ADDRESSES; i++)
		give(nl, i);
	netlink_close(nl);
	return 0;
}

/* What was listed; at the first entry OTHER, where it is not NULL, gives one address more. */
struct seen {
	struct netlink *other;
	int added;
	size_t addresses;
};

static int count_one(const struct netlink_seen *one, void *arg)
{
	struct seen *s = arg;

	if (s->other)
		give(s->other, s->added);
	s->other = NULL;
	s->addresses += one->is_address && one->prefix.family == AF_INET;
	return 0;
}

static void test_lists_all_parts(void **state)
{
	struct netlink *nl = opened();
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(netlink_each(nl, count_one, &s, NULL), 0);
	assert_int_equal(s.addresses, ADDRESSES + 1); /* and 127.0.0.1 */
	netlink_close(nl);
}

/* Told so; and asked again it lists all of it. */
static void test_changed_while_listed(void **state)
{
	struct netlink *nl = opened();
	struct seen s = { .other = opened(), .added = ADDRESSES }, again = { 0 };
	struct netlink *other = s.other;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(netlink_each(nl, count_one, &s, NULL), -EINTR);
	if (netlink_each(nl, count_one, &again, &err) < 0)
		fail_msg("the second time: %s", err_text(&err));
	assert_int_equal(again.addresses, ADDRESSES + 2);
	netlink_close(other);
	netlink_close(nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_all_parts),
		cmocka_unit_test(test_changed_while_listed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
