/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/wire/wire.h"

static const struct wire_network_node a = { "a", "10.244.0.0/23", "192.0.2.1" },
				      b = { "b", "10.244.2.0/23", "192.0.2.2" };

/* printf %s 'a 10.244.0.0/23 192.0.2.1' | sha256sum | cut -c 1-16, and so on: the protocol says what it is. */
static void is_what_the_protocol_says(void **state)
{
	char text[WIRE_NETWORK_DIGEST];

	(void)state;
	wire_network_digest(wire_network_hash(&a), text);
	assert_string_equal(text, "5d54ec22ffcf818e");
	wire_network_digest(wire_network_hash_cluster("10.244.0.0/16"), text);
	assert_string_equal(text, "12240718778febd5");
	wire_network_digest(0x1f, text);
	assert_string_equal(text, "000000000000001f");
}

static void each_member_counts(void **state)
{
	struct wire_network_node other[] = { a, a, a, { NULL, NULL, NULL } };

	(void)state;
	other[0].name = "c";
	other[1].pod_cidr = "10.244.4.0/23";
	other[2].address = "192.0.2.3";
	assert_true(wire_network_hash(&a) ==
		    wire_network_hash(&(struct wire_network_node){ "a", "10.244.0.0/23", "192.0.2.1" }));
	assert_true(wire_network_hash(&a) != wire_network_hash(&b));
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_true(wire_network_hash(&a) != wire_network_hash(&other[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_the_protocol_says),
		cmocka_unit_test(each_member_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
