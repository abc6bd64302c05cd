/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a plan says of where it puts pods, and of those that wait. */
#include <fcntl.h>

#include "lib/base/fs.h"
#include "tests/unit/reconciler/golden_script.h"

#include "reconciler/ctl/planned_why.h"

#define POD(name, cpu)                                                                    \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {containers: " \
	"[{name: c, image: i, resources: {requests: {cpu: " cpu ", memory: 1Gi}}}]}\n"
#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: a, annotations: {pintle.dev/local: 'true'}}\n"

/* The plan for MANIFESTS on one node with 4 CPUs. */
static void expect(const char *manifests, const char *const *lines)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct pass_input in = { 0 };
	struct fx f;

	fx_init(&f);
	fx_commit(&f, NODE);
	fx_step(&f);
	fx_hello(&f, "a", "4", "8Gi");
	fx_settle(&f);
	fx_commit(&f, manifests);
	fx_drop_plan(&f);
	plan_init(&f.plan, true);
	f.has_plan = true;
	in.now = f.now;
	in.before = f.snapshot;
	in.snapshot = f.next;
	pass_plan(&f.w, &in, &f.plan);
	planned_why(&f.plan, &f.w);
	plan_write_text(&f.plan, &text);
	for (; *lines; lines++)
		if (!strstr(text.data, *lines))
			fail_msg("no \"%s\" in\n%s", *lines, text.data);
	fx_done(&f);
}

static void placed(void **state)
{
	(void)state;
	/* The first has the node to itself; the second finds it half used. */
	expect(NODE POD("p", "1") POD("q", "2"), (const char *const[]){
							 "scores 89 (fit 68, balance 81, ",
							 "scores 87 (fit 50, balance 75, ",
							 NULL,
						 });
}

static void waits(void **state)
{
	(void)state;
	expect(NODE POD("p", "5"), (const char *const[]){
					   "wait Pod/default/p: 0/1 nodes are available: 1 Insufficient cpu. "
					   "It would fit: cpu: request 4 instead of 5, then a takes it",
					   NULL,
				   });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placed),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
