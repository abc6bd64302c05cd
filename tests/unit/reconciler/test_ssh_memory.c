/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is allocated, freed and forgotten, in any order; sanitizers tell of what is lost. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "reconciler/ssh_memory.h"

static void test_order(void **state)
{
	struct ssh_memory m;
	void *memory = &m;
	char *p[4];

	(void)state;
	ssh_memory_init(&m);
	for (size_t i = 0; i < 4; i++)
		p[i] = ssh_memory_alloc(10 + i, &memory);
	ssh_memory_free(p[1], &memory);
	ssh_memory_free(p[3], &memory);
	ssh_memory_free(NULL, &memory);
	memset(p[0], 'a', 10);
	memset(p[2], 'c', 12);
	/* The first and the third are forgotten. */
	ssh_memory_done(&m);
	ssh_memory_done(&m);
}

static void test_other_sizes(void **state)
{
	struct ssh_memory m;
	void *memory = &m;
	char *p;

	(void)state;
	ssh_memory_init(&m);
	p = ssh_memory_realloc(NULL, 3, &memory);
	memcpy(p, "abc", 3);
	p = ssh_memory_realloc(p, 1000, &memory);
	assert_memory_equal(p, "abc", 3);
	memset(p, 'x', 1000);
	p = ssh_memory_realloc(p, 2, &memory);
	assert_memory_equal(p, "xx", 2);
	ssh_memory_free(p, &memory);
	ssh_memory_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_other_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
