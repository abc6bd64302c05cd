/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nodeagent/peers.h"

#define MESSAGE "{\"type\":\"network\",\"clusterCIDR\":\"10.0.0.0/8\","
#define A "{\"name\":\"a\",\"podCIDR\":\"10.0.0.0/24\",\"address\":\"192.0.2.1\"}"
#define B "{\"name\":\"b\",\"podCIDR\":\"10.0.1.0/24\",\"address\":\"192.0.2.2\"}"
#define B9 "{\"name\":\"b\",\"podCIDR\":\"10.0.1.0/24\",\"address\":\"192.0.2.9\"}"
#define C "{\"name\":\"c\",\"podCIDR\":\"10.0.2.0/24\",\"address\":\"192.0.2.3\"}"

static bool take(struct peers *p, const char *line)
{
	struct wire_message m = { 0 };
	bool changed;

	assert_int_equal(wire_parse(line, strlen(line), &m, NULL), 0);
	assert_int_equal(m.type, WIRE_NETWORK);
	changed = peers_take(p, m.network);
	wire_message_done(&m);
	return changed;
}

static void knows(const struct peers *p, const char *want)
{
	struct buf out = BUF_INIT;

	peers_write(p, &out);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void takes_what_it_is_told(void **state)
{
	struct peers p = { 0 };

	(void)state;
	assert_true(take(&p, MESSAGE "\"full\":true,\"nodes\":[" C "," A "]}"));
	knows(&p, MESSAGE "\"full\":true,\"nodes\":[" A "," C "]}\n");
	assert_false(take(&p, MESSAGE "\"full\":true,\"nodes\":[" C "," A "]}"));
	assert_true(take(&p, MESSAGE "\"nodes\":[" B "]}"));
	knows(&p, MESSAGE "\"full\":true,\"nodes\":[" A "," B "," C "]}\n");
	assert_false(take(&p, MESSAGE "\"nodes\":[" B "]}"));
	assert_true(take(&p, MESSAGE "\"nodes\":[" B9 "],\"remove\":[\"c\",\"x\"]}"));
	knows(&p, MESSAGE "\"full\":true,\"nodes\":[" A "," B9 "]}\n");
	assert_false(take(&p, MESSAGE "\"nodes\":[" B9 "],\"remove\":[\"c\",\"x\"]}"));
	assert_true(take(&p, MESSAGE "\"full\":true,\"nodes\":[" C "]}"));
	knows(&p, MESSAGE "\"full\":true,\"nodes\":[" C "]}\n");
	assert_true(take(&p, "{\"type\":\"network\",\"clusterCIDR\":\"10.0.0.0/9\"}"));
	knows(&p, "{\"type\":\"network\",\"clusterCIDR\":\"10.0.0.0/9\",\"full\":true,\"nodes\":[" C "]}\n");
	peers_done(&p);
}

/* That nobody is there is news to who knew nothing. */
static void none_is_something(void **state)
{
	struct peers p = { 0 };
	char digest[WIRE_NETWORK_DIGEST];

	(void)state;
	peers_digest(&p, digest);
	assert_string_equal(digest, "");
	assert_true(take(&p, "{\"type\":\"network\",\"full\":true}"));
	peers_digest(&p, digest);
	assert_string_not_equal(digest, "");
	assert_false(take(&p, "{\"type\":\"network\",\"full\":true}"));
	peers_done(&p);
}

/* The same on both ends, whatever came in between, and after it was on disk. */
static void the_digest(void **state)
{
	struct peers p = { 0 }, q = { 0 };
	char one[WIRE_NETWORK_DIGEST], other[WIRE_NETWORK_DIGEST];
	const struct wire_network_node a = { "a", "10.0.0.0/24", "192.0.2.1" },
				       b = { "b", "10.0.1.0/24", "192.0.2.2" };
	struct buf out = BUF_INIT;

	(void)state;
	take(&p, MESSAGE "\"full\":true,\"nodes\":[" B9 "," C "]}");
	take(&p, MESSAGE "\"nodes\":[" B "," A "],\"remove\":[\"c\"]}");
	peers_digest(&p, one);
	wire_network_digest(
		wire_network_hash_cluster("10.0.0.0/8") + wire_network_hash(&a) + wire_network_hash(&b),
		other);
	assert_string_equal(one, other);
	peers_write(&p, &out);
	assert_int_equal(peers_read(&q, out.data, out.len, NULL), 0);
	peers_digest(&q, other);
	assert_string_equal(one, other);
	buf_done(&out);
	peers_done(&p);
	peers_done(&q);
}

static void damage_is_said(void **state)
{
	static const char *const lines[] = { "", "{", "{\"type\":\"ping\"}", MESSAGE "\"nodes\":[" A "]}" };
	struct peers p = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct err err = { 0 };

		assert_int_equal(peers_read(&p, lines[i], strlen(lines[i]), &err), -EBADMSG);
		assert_null(p.cluster_cidr);
		assert_true(err_text(&err)[0] != '\0');
	}
	peers_done(&p);
}

/* Members that are missing, as anybody may send them. */
static void nonsense_is_kept(void **state)
{
	struct peers p = { 0 };

	(void)state;
	take(&p, "{\"type\":\"network\",\"full\":true,\"nodes\":[{},{\"name\":\"x\"},{}],\"remove\":[\"\"]}");
	assert_int_equal(p.count, 2);
	assert_string_equal(p.items[0].said.name, "");
	take(&p, "{\"type\":\"network\",\"remove\":[\"\"]}");
	assert_int_equal(p.count, 1);
	peers_done(&p);
}

static void many(void **state)
{
	struct peers p = { 0 };
	char line[256];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned n = i * 7919 % 3000;

		snprintf(line, sizeof(line),
			MESSAGE "\"nodes\":[{\"name\":\"n%u\",\"podCIDR\":\"10.%u.%u.0/24\"}]}", n, n / 250,
			n % 250);
		assert_true(take(&p, line));
	}
	assert_int_equal(p.count, 3000);
	for (size_t i = 1; i < p.count; i++)
		assert_true(strcmp(p.items[i - 1].said.name, p.items[i].said.name) < 0);
	peers_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_it_is_told),
		cmocka_unit_test(none_is_something),
		cmocka_unit_test(the_digest),
		cmocka_unit_test(damage_is_said),
		cmocka_unit_test(nonsense_is_kept),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
