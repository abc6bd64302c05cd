/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* How much nodes' pods wait: from an agent into the tree, over a restart, and to the scheduler. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/collect.h"
#include "reconciler/pressure.h"
#include "tests/unit/reconciler/world_fixture.h"

static void test_text(void **state)
{
	static const struct {
		const char *text;
		struct sched_pressure p;
	} cases[] = {
		{ "cpu=10,memory=0,io=20", { 10, 0, 20 } },
		{ "cpu=100,memory=100,io=100", { 100, 100, 100 } },
		{ "cpu=999,memory=0,io=0", { 100, 0, 0 } },
		{ "cpu=1000,memory=0,io=0", { 0, 0, 0 } },
		{ "cpu=10,memory=0,io=20,more=1", { 0, 0, 0 } },
		{ "cpu=10,memory=0", { 0, 0, 0 } },
		{ "cpu=x,memory=0,io=0", { 0, 0, 0 } },
		{ "", { 0, 0, 0 } },
		{ NULL, { 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sched_pressure p = pressure_from_text(cases[i].text);
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		assert_memory_equal(&p, &cases[i].p, sizeof(p));
		pressure_format(p, &out);
		assert_int_equal(out.len == 0, p.cpu == 0 && p.memory == 0 && p.io == 0);
		if (i < 2)
			assert_string_equal(out.data, cases[i].text);
	}
}

static void test_wire(void **state)
{
	const struct sched_pressure wanted = { 0, 100, 30 };
	struct sched_pressure got;

	(void)state;
	got = pressure_from_wire(&(struct wire_pressure){ -1, 5000, 30 });
	assert_memory_equal(&got, &wanted, sizeof(got));
}

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"

static void report(struct fx *f, const char *node, struct wire_pressure p)
{
	struct control c = fx_control(f);

	collect_report(&c, fx_node(f, node), &(struct wire_report){ .seq = 1, .pressure = &p });
	fx_step(f);
}

static void test_tree(void **state)
{
	static const char says[] = "\"pintle.dev/pressure\":\"cpu=20,memory=0,io=10\"";
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE("a") NODE("b"));
	fx_step(&f);
	fx_hello(&f, "a", "4", "8Gi");
	fx_hello(&f, "b", "4", "8Gi");
	fx_step(&f);
	assert_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "pintle.dev/pressure"));
	report(&f, "a", (struct wire_pressure){ 20, 0, 10 });
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), says));
	assert_null(strstr(fx_file(&f, "cluster/nodes/b.json"), "pintle.dev/pressure"));
	fx_crash(&f);
	assert_int_equal(fx_node(&f, "a")->pressure.cpu, 20);
	fx_hello(&f, "a", "4", "8Gi");
	fx_step(&f);
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), says));
	report(&f, "a", (struct wire_pressure){ 0, 0, 0 });
	assert_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "pintle.dev/pressure"));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
