/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Objects that a controller of Kubernetes would take on: said when one of the two is new or has changed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "reconciler/overlap.h"
#include "tests/unit/reconciler/snapshots.h"

#define POD(name, labels)                                                                    \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", labels: {" labels "}}\n" \
	"spec: {containers: [{name: c, image: i}]}\n"
#define TEMPLATE \
	"template: {metadata: {labels: {app: web, tier: x}}, spec: {containers: [{name: c, image: i}]}}"
#define SET(kind, name, meta)                                                              \
	"---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: " name ", " meta "}\n" \
	"spec: {selector: {matchLabels: {app: web}}, " TEMPLATE "}\n"
#define CONTROLLER(name)                                                                                     \
	"---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: " name "}\nspec: {" TEMPLATE "}" \
	"\n"
#define SAYS(kept, keeper)                                                                             \
	kept ": metadata.labels: match the selector of " keeper ", which in Kubernetes would take it " \
	     "on; here each stays what it is\n"

static const struct {
	const char *name, *before, *now, *says;
} cases[] = {
	{ "a pod and a set", NULL, POD("p", "app: web") SET("ReplicaSet", "s", ""),
		SAYS("Pod/default/p", "ReplicaSet `s`") },
	{ "other labels", NULL, POD("p", "app: db") SET("ReplicaSet", "s", ""), "" },
	{ "a Deployment's sets have a hash of their own", NULL,
		POD("p", "app: web") SET("Deployment", "d", ""), "" },
	{ "a set without labels", NULL, SET("Deployment", "d", "") SET("ReplicaSet", "s", ""), "" },
	{ "a set with labels", NULL, SET("Deployment", "d", "") SET("ReplicaSet", "s", "labels: {app: web}"),
		SAYS("ReplicaSet/default/s", "Deployment `d`") },
	{ "the template's labels are a ReplicationController's selector", NULL,
		POD("p", "app: web") POD("q", "app: web, tier: x") CONTROLLER("c"),
		SAYS("Pod/default/q", "ReplicationController `c`") },
	{ "said before", POD("p", "app: web") SET("ReplicaSet", "s", ""),
		POD("p", "app: web") SET("ReplicaSet", "s", "") POD("other", "app: db"), "" },
	{ "the set is new", POD("p", "app: web"), POD("p", "app: web") SET("ReplicaSet", "s", ""),
		SAYS("Pod/default/p", "ReplicaSet `s`") },
	{ "the pod is new", SET("ReplicaSet", "s", ""), POD("p", "app: web") SET("ReplicaSet", "s", ""),
		SAYS("Pod/default/p", "ReplicaSet `s`") },
	{ "its labels change", POD("p", "app: db") SET("ReplicaSet", "s", ""),
		POD("p", "app: web") SET("ReplicaSet", "s", ""), SAYS("Pod/default/p", "ReplicaSet `s`") },
	{ "another namespace", NULL, POD("p", "app: web") SET("ReplicaSet", "s", "namespace: other"), "" },
};

static char *said_of(const char *before, const char *now)
{
	const struct file then = { "a.yaml", before }, file = { "a.yaml", now };
	struct buf ignored = BUF_INIT, out = BUF_INIT;
	struct snapshot *in_force = before ? snapshot_of(NULL, &then, 1, &ignored) : NULL;
	struct snapshot *s = snapshot_of(in_force, &file, 1, &ignored);
	const struct snapshot_change change = { "a.yaml", s->manifests[0] };
	struct diags diags;

	diags_init(&diags);
	overlap_check(s, in_force, &change, 1, &diags);
	diags_sort(&diags);
	for (size_t i = 0; i < diags.count; i++) {
		assert_int_equal(diags.items[i].severity, DIAG_WARNING);
		buf_addf(&out, "%s: %s: %s\n", diags.items[i].object, diags.items[i].field,
			diags.items[i].message);
	}
	diags_done(&diags);
	snapshot_unref(in_force);
	snapshot_unref(s);
	buf_done(&ignored);
	return buf_take(&out);
}

static void test_cases(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *says = said_of(cases[i].before, cases[i].now);

		if (strcmp(says ? says : "", cases[i].says) == 0)
			continue;
		print_message(
			"--- %s: expected\n%s--- found\n%s", cases[i].name, cases[i].says, says ? says : "");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
