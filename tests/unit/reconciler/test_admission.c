/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* LimitRanges and ResourceQuotas: what is in force, what a commit makes of it, and what is said. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "reconciler/admission.h"
#include "reconciler/limits.h"
#include "tests/unit/reconciler/snapshots.h"

#define LIMITS(items) \
	"---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [" items "]}\n"
#define QUOTA(hard) "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: " hard "}\n"
#define POD(name, resources)                                                                                \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {containers: [{name: c, image: " \
	"i, resources: " resources "}]}\n"
#define DEPLOYMENT(name, replicas, resources)                                                                \
	"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " name "}\nspec: {replicas: " replicas \
	", selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: "      \
	"[{name: c, image: i, resources: " resources "}]}}}\n"
#define CLAIM(name, size)                                                                                    \
	"---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " name "}\nspec: {accessModes: " \
	"[ReadWriteOnce], resources: {requests: {storage: " size "}}}\n"
#define CONFIG(name) "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n"
#define ALL_DAY "{requests: {cpu: 1}}"

static const struct {
	const char *name, *before, *now, *says;
} cases[] = {
	/* --- LimitRange --- */
	{ "within", NULL,
		LIMITS("{type: Container, min: {cpu: 100m}, max: {cpu: 2}}")
			POD("p", "{requests: {cpu: 200m}, limits: {cpu: 1}}"),
		"" },
	{ "defaults help", NULL, LIMITS("{type: Container, max: {cpu: 2}}") POD("p", "{}"), "" },
	{ "too much", NULL,
		LIMITS("{type: Container, max: {cpu: 2}}") DEPLOYMENT("d", "1", "{limits: {cpu: 3}}"),
		"Deployment/default/d: spec.template.spec.containers[0].resources.limits.cpu: the limit of "
		"cpu is 3, "
		"more than 2 (LimitRange `l`, for each Container)\n"
		"Deployment/default/d: spec.template.spec.containers[0].resources.requests.cpu: the request "
		"of cpu is "
		"3, more than 2 (LimitRange `l`, for each Container)\n" },
	{ "too little", NULL,
		LIMITS("{type: Container, min: {memory: 64Mi}}") POD("p", "{limits: {memory: 32Mi}}"),
		"Pod/default/p: spec.containers[0].resources.limits.memory: the limit of memory is 32Mi, "
		"less than "
		"64Mi (LimitRange `l`, for each Container)\n"
		"Pod/default/p: spec.containers[0].resources.requests.memory: the request of memory is 32Mi, "
		"less than "
		"64Mi (LimitRange `l`, for each Container)\n" },
	{ "too uneven", NULL,
		LIMITS("{type: Container, maxLimitRequestRatio: {cpu: 2}}")
			POD("p", "{requests: {cpu: 100m}, limits: {cpu: 250m}}"),
		"Pod/default/p: spec.containers[0].resources.limits.cpu: the limit of cpu is 250m, 2.5 times "
		"the "
		"request (100m), more than 2 times (LimitRange `l`, for each Container)\n" },
	{ "a pod's sum", NULL, LIMITS("{type: Pod, max: {cpu: 2}}") POD("p", "{limits: {cpu: 3}}"),
		"Pod/default/p: spec: the limit of cpu is 3, more than 2 (LimitRange `l`, for each Pod)\n"
		"Pod/default/p: spec: the request of cpu is 3, more than 2 (LimitRange `l`, for each "
		"Pod)\n" },
	{ "a pod without", NULL, LIMITS("{type: Pod, max: {cpu: 2}}") POD("p", "{}"),
		"Pod/default/p: spec: the limit of cpu is missing, and must be at most 2 (LimitRange `l`, "
		"for each "
		"Pod)\n" },
	{ "a claim", NULL,
		LIMITS("{type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 5Gi}}")
			CLAIM("a", "500Mi") CLAIM("b", "2Gi") CLAIM("c", "9Gi"),
		"PersistentVolumeClaim/default/a: spec.resources.requests.storage: the request of storage is "
		"500Mi, "
		"less than 1Gi (LimitRange `l`, for each PersistentVolumeClaim)\n"
		"PersistentVolumeClaim/default/c: spec.resources.requests.storage: the request of storage is "
		"9Gi, "
		"more than 5Gi (LimitRange `l`, for each PersistentVolumeClaim)\n" },
	{ "another namespace", NULL,
		"apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: kube-system}\nspec: "
		"{limits: [{type: "
		"Container, max: {cpu: 2}}]}\n" POD("p", "{limits: {cpu: 3}}"),
		"" },
	{ "who is there stays, what is made anew does not",
		POD("p", "{limits: {cpu: 3}}") DEPLOYMENT("d", "1", "{limits: {cpu: 3}}"),
		LIMITS("{type: Pod, max: {cpu: 2}}") POD("p", "{limits: {cpu: 3}}")
			DEPLOYMENT("d", "1", "{limits: {cpu: 3}}"),
		"Deployment/default/d: spec.template.spec: the limit of cpu is 3, more than 2 (LimitRange "
		"`l`, for each "
		"Pod)\n"
		"Deployment/default/d: spec.template.spec: the request of cpu is 3, more than 2 (LimitRange "
		"`l`, for "
		"each Pod)\n" },
	/* --- ResourceQuota --- */
	{ "a job's pods at once", NULL,
		QUOTA("{pods: 2}") "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: "
				   "{parallelism: 5, "
				   "completions: 3, template: {spec: {restartPolicy: Never, containers: "
				   "[{name: c, image: "
				   "i}]}}}\n",
		"Job/default/j: exceeds ResourceQuota `q`: pods would be 3 of 2 (3 for this one, 0 for what "
		"was there "
		"before)\n" },
	{ "fits", NULL, QUOTA("{requests.cpu: 3, pods: 3}") DEPLOYMENT("d", "3", ALL_DAY), "" },
	{ "replicas count", NULL, QUOTA("{requests.cpu: 3}") DEPLOYMENT("d", "4", ALL_DAY),
		"Deployment/default/d: exceeds ResourceQuota `q`: requests.cpu would be 4 of 3 (4 for this "
		"one, 0 for "
		"what was there before)\n" },
	{ "the one that does not fit", NULL,
		QUOTA("{pods: 2}") POD("a", "{}") POD("b", "{}") POD("c", "{}") POD("d", "{}"),
		"Pod/default/c: exceeds ResourceQuota `q`: pods would be 3 of 2 (1 for this one, 2 for what "
		"was there "
		"before)\n" },
	{ "who was there first", QUOTA("{pods: 2}") POD("x", "{}") POD("z", "{}"),
		QUOTA("{pods: 2}") POD("a", "{}") POD("x", "{}") POD("z", "{}"),
		"Pod/default/a: exceeds ResourceQuota `q`: pods would be 3 of 2 (1 for this one, 2 for what "
		"was there "
		"before)\n" },
	{ "lowered below what is used", QUOTA("{pods: 2}") POD("x", "{}") POD("z", "{}"),
		QUOTA("{pods: 1}") POD("x", "{}") POD("z", "{}"), "" },
	{ "less, but still too much", QUOTA("{pods: 4}") DEPLOYMENT("d", "4", "{}"),
		QUOTA("{pods: 1}") DEPLOYMENT("d", "3", "{}"), "" },
	{ "grown", QUOTA("{pods: 4}") DEPLOYMENT("d", "4", "{}"),
		QUOTA("{pods: 4}") DEPLOYMENT("d", "5", "{}"),
		"Deployment/default/d: exceeds ResourceQuota `q`: pods would be 5 of 4 (5 for this one, 0 "
		"for what was "
		"there before)\n" },
	{ "no request", NULL, QUOTA("{requests.cpu: 3}") POD("p", "{}"),
		"Pod/default/p: spec.containers[c].resources: must have a request of cpu: ResourceQuota `q` "
		"counts "
		"it\n" },
	{ "a default request", NULL,
		QUOTA("{requests.cpu: 3}") LIMITS("{type: Container, defaultRequest: {cpu: 4}}")
			POD("p", "{}"),
		"Pod/default/p: exceeds ResourceQuota `q`: requests.cpu would be 4 of 3 (4 for this one, 0 "
		"for what was "
		"there before)\n" },
	{ "objects by number", NULL,
		QUOTA("{configmaps: 1, count/deployments.apps: 0}") CONFIG("a") CONFIG("b")
			DEPLOYMENT("d", "1", "{}"),
		"ConfigMap/default/b: exceeds ResourceQuota `q`: configmaps would be 2 of 1 (1 for this one, "
		"1 for what "
		"was there before)\n"
		"Deployment/default/d: exceeds ResourceQuota `q`: count/deployments.apps would be 1 of 0 (1 "
		"for this "
		"one, 0 for what was there before)\n" },
	{ "storage", NULL,
		QUOTA("{requests.storage: 3Gi, persistentvolumeclaims: 5}") CLAIM("a", "2Gi")
			CLAIM("b", "2Gi"),
		"PersistentVolumeClaim/default/b: exceeds ResourceQuota `q`: requests.storage would be 4Gi "
		"of 3Gi (2Gi "
		"for this one, 2Gi for what was there before)\n" },
	{ "a scope", NULL,
		"apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: 0}, scopes: "
		"[BestEffort]}\n" POD("a", "{limits: {cpu: 1}}") POD("b", "{}"),
		"Pod/default/b: exceeds ResourceQuota `q`: pods would be 1 of 0 (1 for this one, 0 for what "
		"was there "
		"before)\n" },
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
	admission_check(s, in_force, &change, 1, &diags);
	diags_sort(&diags);
	for (size_t i = 0; i < diags.count; i++) {
		const struct diag *d = &diags.items[i];

		assert_int_equal(d->severity, DIAG_ERROR);
		buf_addf(&out, "%s: %s%s%s\n", d->object, str_or_empty(d->field), d->field ? ": " : "",
			d->message);
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

		if (strcmp(says, cases[i].says) == 0)
			continue;
		print_message("--- %s: expected\n%s--- found\n%s", cases[i].name, cases[i].says, says);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void check_amount(const struct pod_spec *spec, bool limits, const char *resource, const char *want)
{
	struct quantity q = limits_pod_amount(spec, limits, resource);
	char text[QUANTITY_TEXT_MAX];

	assert_string_equal(q.set ? quantity_format(&q, text) : "unset", want);
}

/* Containers and sidecars together, or an init container with the sidecars before it. */
static void test_amounts(void **state)
{
	const struct file file = { "a.yaml",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
		"  initContainers:\n"
		"    - {name: a, image: i, resources: {requests: {cpu: 5}}}\n"
		"    - {name: b, image: i, restartPolicy: Always, resources: {requests: {cpu: 1}, limits: "
		"{memory: 1Gi}}}\n"
		"    - {name: d, image: i, resources: {requests: {cpu: 4500m}}}\n"
		"  containers:\n"
		"    - {name: e, image: i, resources: {requests: {cpu: 2}, limits: {memory: 2Gi}}}\n"
		"    - {name: f, image: i}\n" };
	struct manifest *m = manifest_of(&file);
	const struct pod_spec *spec = object_template(m->objects.items[0]).spec;

	(void)state;
	check_amount(spec, false, "cpu", "5500m");
	check_amount(spec, true, "memory", "3Gi");
	check_amount(spec, false, "memory", "3Gi");
	check_amount(spec, true, "cpu", "unset");
	manifest_unref(m);
}

/* What a pod lacks comes from the ranges by name; what it has stays; nothing to do costs nothing. */
static void test_apply(void **state)
{
	const struct file file = { "a.yaml",
		LIMITS("{type: Container, default: {cpu: 2, memory: 1Gi}, defaultRequest: {cpu: 1}}")
			POD("p", "{limits: {cpu: 3}}") POD("r", "{limits: {cpu: 3, memory: 2Gi}}") };
	struct manifest *m = manifest_of(&file);
	const struct limit_ranges ranges = { m->objects.items, 1 };
	struct arena *a = arena_new(0);
	const struct pod_spec *p = object_template(m->objects.items[1]).spec;
	const struct pod_spec *r = object_template(m->objects.items[2]).spec;
	const struct pod_spec *limited = limits_apply(a, &ranges, p);

	(void)state;
	assert_ptr_not_equal(limited, p);
	check_amount(limited, true, "cpu", "3");
	check_amount(limited, false, "cpu", "3");
	check_amount(limited, true, "memory", "1Gi");
	check_amount(limited, false, "memory", "1Gi");
	check_amount(p, true, "memory", "unset");
	assert_ptr_equal(limits_apply(a, &ranges, r), r);
	assert_ptr_equal(limits_apply(a, &(struct limit_ranges){ 0 }, p), p);
	arena_free(a);
	manifest_unref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
