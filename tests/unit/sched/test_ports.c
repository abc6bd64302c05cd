/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Host ports: what pods take, and what is in the way of what (node_ports_test.go). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/object.h"
#include "sched/ports.h"
#include "tests/unit/sched/load.h"

/* MORE continues the spec: flow style, one line each. */
static void ports_of(const char *more, struct sched_ports *ret)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n%s", more);
	_cleanup_(object_unrefp) struct object *pod = load(yaml);

	sched_ports_of(&object_pod(pod)->spec, ret);
}

static void one_container(const char *ports, struct sched_ports *ret)
{
	_cleanup_(freep) char *more = xasprintf("  containers: [{name: c, image: i, ports: [%s]}]\n", ports);

	ports_of(more, ret);
}

static const struct {
	const char *there, *comes;
	bool fits;
} cases[] = {
	{ "", "", true },
	{ "{containerPort: 1, hostPort: 8080}", "", true },
	{ "", "{containerPort: 1, hostPort: 8080}", true },
	{ "{containerPort: 1}", "{containerPort: 1}", true },
	{ "{containerPort: 1, hostPort: 8080}", "{containerPort: 2, hostPort: 8081}", true },
	{ "{containerPort: 1, hostPort: 8080}", "{containerPort: 2, hostPort: 8080}", false },
	{ "{containerPort: 1, hostPort: 8080, protocol: UDP}", "{containerPort: 1, hostPort: 8080}", true },
	{ "{containerPort: 1, hostPort: 8080, protocol: SCTP}",
		"{containerPort: 1, hostPort: 8080, protocol: SCTP}", false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}",
		"{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}", false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}",
		"{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.2}", true },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}", "{containerPort: 1, hostPort: 8080}",
		false },
	{ "{containerPort: 1, hostPort: 8080}", "{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}",
		false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 0.0.0.0}",
		"{containerPort: 1, hostPort: 8080, hostIP: 10.0.0.1}", false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 10.0.0.1}",
		"{containerPort: 1, hostPort: 8080, hostIP: 0.0.0.0}", false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: 'fd00::1'}",
		"{containerPort: 1, hostPort: 8080, hostIP: 'fd00:0::1'}", false },
	{ "{containerPort: 1, hostPort: 8080, hostIP: '::'}",
		"{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}", true },
	{ "{containerPort: 1, hostPort: 8080, hostIP: '::'}", "{containerPort: 1, hostPort: 8080}", false },
	/* Any of several. */
	{ "{containerPort: 1, hostPort: 8000}, {containerPort: 2, hostPort: 8080}",
		"{containerPort: 1, hostPort: 8001}, {containerPort: 2, hostPort: 8080}", false },
	{ "{containerPort: 1, hostPort: 8000}, {containerPort: 2, hostPort: 8080}",
		"{containerPort: 1, hostPort: 8001}, {containerPort: 2, hostPort: 8079}", true },
};

static void test_conflicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sched_port_book book = { 0 };
		struct sched_ports there, comes;

		one_container(cases[i].there, &there);
		one_container(cases[i].comes, &comes);
		sched_port_book_count(&book, &there, 1);
		if (sched_port_book_has_room(&book, &comes) != cases[i].fits)
			fail_msg("[%s] where [%s] is: expected %s", cases[i].comes, cases[i].there,
				cases[i].fits ? "room" : "none");
		sched_port_book_count(&book, &there, -1);
		assert_int_equal(book.count, 0);
		assert_true(sched_port_book_has_room(&book, &comes));
		sched_ports_done(&there);
		sched_ports_done(&comes);
		sched_port_book_done(&book);
	}
}

/* Several have one port where nobody asked the scheduler: it is free once the last is gone. */
static void test_counts(void **state)
{
	struct sched_port_book book = { 0 };
	struct sched_ports p, q;

	(void)state;
	one_container("{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 443}", &p);
	one_container("{containerPort: 1, hostPort: 443}", &q);
	sched_port_book_count(&book, &p, 2);
	sched_port_book_count(&book, &q, 1);
	assert_int_equal(book.count, 2);
	sched_port_book_count(&book, &p, -1);
	assert_false(sched_port_book_has_room(&book, &p));
	sched_port_book_count(&book, &p, -1);
	assert_int_equal(book.count, 1);
	assert_false(sched_port_book_has_room(&book, &q));
	sched_port_book_count(&book, &q, -1);
	assert_true(sched_port_book_has_room(&book, &p));
	sched_ports_done(&p);
	sched_ports_done(&q);
	sched_port_book_done(&book);
}

/* Whose ports count. */
static void test_containers(void **state)
{
	static const struct {
		const char *spec;
		size_t count;
		uint16_t first;
	} pods[] = {
		{ "  containers: [{name: a, image: i, ports: [{containerPort: 80}]}]\n", 0, 0 },
		{ "  hostNetwork: true\n  containers: [{name: a, image: i, ports: [{containerPort: 80}]}]\n",
			1, 80 },
		{ "  containers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 90}]},\n"
		  "    {name: b, image: i, ports: [{containerPort: 1, hostPort: 70}]}]\n",
			2, 70 },
		{ "  initContainers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 90}]}]\n"
		  "  containers: [{name: b, image: i}]\n",
			0, 0 },
		{ "  initContainers: [{name: a, image: i, restartPolicy: Always, ports: [{containerPort: 1, "
		  "hostPort: 90}]}]\n  containers: [{name: b, image: i}]\n",
			1, 90 },
		{ "  hostNetwork: true\n  initContainers: [{name: a, image: i, restartPolicy: Always, ports: "
		  "[{containerPort: 90}]}, {name: c, image: i, ports: [{containerPort: 91}]}]\n"
		  "  containers: [{name: b, image: i}]\n",
			1, 90 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
		struct sched_ports p;

		ports_of(pods[i].spec, &p);
		assert_int_equal(p.count, pods[i].count);
		if (p.count > 0)
			assert_int_equal(p.items[0].port, pods[i].first);
		sched_ports_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
