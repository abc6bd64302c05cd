/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "lib/base/str.h"
#include "reconciler/network.h"

/* "full a=SUBNET@ADDRESS … -b …" of what those hear who were told SINCE; "" for nothing. */
static const char *heard(struct network *nw, uint64_t since)
{
	static char text[1024];
	const struct network_news *n = network_news(nw, since);
	size_t at = 0;

	text[0] = '\0';
	if (!n)
		return text;
	at += (size_t)snprintf(text, sizeof(text), "%s%s", n->body.cluster_cidr, n->body.full ? " full" : "");
	for (size_t i = 0; i < n->body.nodes.count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %s=%s@%s", n->body.nodes.items[i].name,
			n->body.nodes.items[i].pod_cidr, n->body.nodes.items[i].address);
	for (size_t i = 0; i < n->body.remove.count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " -%s", n->body.remove.items[i]);
	return text;
}

static struct network *three(void)
{
	struct network *nw = network_new();

	network_set_cluster(nw, "10.0.0.0/8");
	network_set_node(nw, "c", "10.0.2.0/24", "192.0.2.3");
	network_set_node(nw, "a", "10.0.0.0/24", "192.0.2.1");
	network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.2");
	network_told(nw);
	return nw;
}

static void the_whole_and_what_changed(void **state)
{
	struct network *nw = three();
	uint64_t before = network_generation(nw);

	(void)state;
	assert_string_equal(heard(nw, 0),
		"10.0.0.0/8 full a=10.0.0.0/24@192.0.2.1 b=10.0.1.0/24@192.0.2.2 c=10.0.2.0/24@192.0.2.3");
	assert_string_equal(heard(nw, before), "");
	network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.9");
	network_remove_node(nw, "c");
	network_set_node(nw, "d", "10.0.3.0/24", "192.0.2.4");
	assert_string_equal(
		heard(nw, before), "10.0.0.0/8 b=10.0.1.0/24@192.0.2.9 d=10.0.3.0/24@192.0.2.4 -c");
	assert_string_equal(heard(nw, before + 1), "10.0.0.0/8 d=10.0.3.0/24@192.0.2.4 -c");
	assert_string_equal(heard(nw, before + 2), "10.0.0.0/8 d=10.0.3.0/24@192.0.2.4");
	assert_string_equal(heard(nw, network_generation(nw)), "");
	network_free(nw);
}

/* Whatever a node was in between: it is said once, as it is now. */
static void a_node_is_said_once(void **state)
{
	struct network *nw = three();
	uint64_t before = network_generation(nw);

	(void)state;
	network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.9");
	network_remove_node(nw, "b");
	network_set_node(nw, "b", "10.0.7.0/24", "192.0.2.9");
	network_set_node(nw, "e", "10.0.8.0/24", "192.0.2.8");
	network_remove_node(nw, "e");
	assert_string_equal(heard(nw, before), "10.0.0.0/8 b=10.0.7.0/24@192.0.2.9 -e");
	network_free(nw);
}

static void what_is_no_news(void **state)
{
	struct network *nw = three();
	uint64_t before = network_generation(nw);

	(void)state;
	network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.2");
	network_set_cluster(nw, "10.0.0.0/8");
	network_remove_node(nw, "x");
	network_set_node(nw, "x", "10.0.1.0/24", NULL);
	assert_int_equal(network_generation(nw), before);
	network_free(nw);
}

static void the_cluster_alone(void **state)
{
	struct network *nw = three();
	uint64_t before = network_generation(nw);

	(void)state;
	network_set_cluster(nw, "10.0.0.0/9");
	assert_string_equal(heard(nw, before), "10.0.0.0/9");
	network_free(nw);
}

/* What others can't send to is in nobody's routes. */
static void only_what_can_be_used(void **state)
{
	static const char *const addresses[] = { NULL, "", "x", "127.0.0.1", "0.0.0.0", "169.254.1.1",
		"fd00::1", "192.0.2.1/24" };
	static const char *const subnets[] = { NULL, "", "x", "fd00::/64", "10.0.0.1" };
	struct network *nw = three();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		uint64_t before = network_generation(nw);

		network_set_node(nw, "b", "10.0.1.0/24", addresses[i]);
		assert_string_equal(heard(nw, before), "10.0.0.0/8 -b");
		network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.2");
	}
	for (size_t i = 0; i < ARRAY_LEN(subnets); i++) {
		uint64_t before = network_generation(nw);

		network_set_node(nw, "b", subnets[i], "192.0.2.2");
		assert_string_equal(heard(nw, before), "10.0.0.0/8 -b");
		network_set_node(nw, "b", "10.0.1.0/24", "192.0.2.2");
	}
	network_free(nw);
}

/* Who is behind the log's end hears the whole; the log keeps what those need who hear of every change. */
static void the_log_ends(void **state)
{
	struct network *nw = three();
	uint64_t first = network_generation(nw);
	char address[20];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t before = network_generation(nw);

		snprintf(address, sizeof(address), "192.0.%u.%u", 3 + i / 250, 1 + i % 250);
		network_set_node(nw, "b", "10.0.1.0/24", address);
		assert_false(network_news(nw, before)->body.full);
		assert_int_equal(network_news(nw, before)->body.nodes.count, 1);
		network_told(nw);
	}
	assert_true(network_news(nw, first)->body.full);
	assert_ptr_equal(network_news(nw, first), network_news(nw, 0));
	network_free(nw);
}

static void all_hear_the_same_line(void **state)
{
	struct network *nw = three();
	uint64_t before = network_generation(nw);
	const struct network_news *n;

	(void)state;
	network_remove_node(nw, "c");
	n = network_news(nw, before);
	assert_string_equal(n->line->text.data,
		"{\"type\":\"network\",\"clusterCIDR\":\"10.0.0.0/8\",\"remove\":[\"c\"]}\n");
	assert_ptr_equal(network_news(nw, before)->line->text.data, n->line->text.data);
	network_remove_node(nw, "b");
	assert_string_equal(network_news(nw, before)->line->text.data,
		"{\"type\":\"network\",\"clusterCIDR\":\"10.0.0.0/8\",\"remove\":[\"b\",\"c\"]}\n");
	network_free(nw);
}

/* It goes by what there is, not by how it came to be. */
static void the_digest(void **state)
{
	struct network *nw = three(), *other = network_new();
	char a[WIRE_NETWORK_DIGEST], b[WIRE_NETWORK_DIGEST];

	(void)state;
	network_set_node(other, "b", "10.0.1.0/24", "192.0.2.7");
	network_set_node(other, "x", "10.0.9.0/24", "192.0.2.8");
	network_set_node(other, "a", "10.0.0.0/24", "192.0.2.1");
	network_set_node(other, "b", "10.0.1.0/24", "192.0.2.2");
	network_remove_node(other, "x");
	network_set_cluster(other, "10.0.0.0/8");
	network_digest(nw, a);
	network_digest(other, b);
	assert_string_not_equal(a, b);
	network_set_node(other, "c", "10.0.2.0/24", "192.0.2.3");
	network_digest(other, b);
	assert_string_equal(a, b);
	network_set_cluster(other, "10.0.0.0/9");
	network_digest(other, b);
	assert_string_not_equal(a, b);
	network_free(nw);
	network_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_and_what_changed),
		cmocka_unit_test(a_node_is_said_once),
		cmocka_unit_test(what_is_no_news),
		cmocka_unit_test(the_cluster_alone),
		cmocka_unit_test(only_what_can_be_used),
		cmocka_unit_test(the_log_ends),
		cmocka_unit_test(all_hear_the_same_line),
		cmocka_unit_test(the_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
