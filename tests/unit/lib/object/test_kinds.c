/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/str.h"
#include "lib/object/object.h"

static void test_words(void **state)
{
	static const struct {
		const char *word;
		int id; /* -1: unknown */
	} cases[] = {
		{ "pod", KIND_POD },
		{ "pods", KIND_POD },
		{ "po", KIND_POD },
		{ "Pod", KIND_POD },
		{ "PODS", KIND_POD },
		{ "deploy", KIND_DEPLOYMENT },
		{ "deployments.apps", KIND_DEPLOYMENT },
		{ "deploy.apps", KIND_DEPLOYMENT },
		{ "deployments.batch", -1 },
		{ "pods.apps", -1 },
		{ "rs", KIND_REPLICA_SET },
		{ "cm", KIND_CONFIG_MAP },
		{ "svc", KIND_SERVICE },
		{ "ns", KIND_NAMESPACE },
		{ "no", KIND_NODE },
		{ "ev", KIND_EVENT },
		{ "clusters.pintle.dev", KIND_CLUSTER },
		{ "secret", KIND_SECRET },
		{ "secretss", -1 },
		{ "pvc", KIND_CLAIM },
		{ "pv", KIND_PERSISTENT_VOLUME },
		{ "sc", KIND_STORAGE_CLASS },
		{ "storageclasses.storage.k8s.io", KIND_STORAGE_CLASS },
		{ "ep", KIND_ENDPOINTS },
		{ "endpoints", KIND_ENDPOINTS },
		{ "endpointslice", KIND_ENDPOINT_SLICE },
		{ "ing", KIND_INGRESS },
		{ "ingresses.networking.k8s.io", KIND_INGRESS },
		{ "ingressclasses", KIND_INGRESS_CLASS },
		{ "netpol", KIND_NETWORK_POLICY },
		{ "networkpolicies", KIND_NETWORK_POLICY },
		{ "role", KIND_ROLE },
		{ "rolebindings", KIND_ROLE_BINDING },
		{ "clusterrole.rbac.authorization.k8s.io", KIND_CLUSTER_ROLE },
		{ "ClusterRoleBinding", KIND_CLUSTER_ROLE_BINDING },
		{ "ds", KIND_DAEMON_SET },
		{ "sts", KIND_STATEFUL_SET },
		{ "StatefulSets.apps", KIND_STATEFUL_SET },
		{ "rc", KIND_REPLICATION_CONTROLLER },
		{ "job", KIND_JOB },
		{ "cj", KIND_CRON_JOB },
		{ "cronjobs.batch", KIND_CRON_JOB },
		{ "hpa", KIND_AUTOSCALER },
		{ "sa", KIND_SERVICE_ACCOUNT },
		{ "quota", KIND_RESOURCE_QUOTA },
		{ "limits", KIND_LIMIT_RANGE },
		{ "pdb", KIND_DISRUPTION_BUDGET },
		{ "pc", KIND_PRIORITY_CLASS },
		{ "runtimeclass", KIND_RUNTIME_CLASS },
		{ "leases", KIND_LEASE },
		{ "podtemplate", -1 },
		{ "", -1 },
		{ ".apps", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct kind *k = kind_by_word(cases[i].word);

		if ((k ? (int)k->id : -1) != cases[i].id)
			fail_msg("\"%s\": expected %d, found %s", cases[i].word, cases[i].id,
				k ? k->name : "nothing");
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(kind_find("apps/v1", "Deployment"), &kinds[KIND_DEPLOYMENT]);
	assert_ptr_equal(kind_find("v1", "Pod"), &kinds[KIND_POD]);
	assert_null(kind_find("v1", "Deployment"));
	assert_null(kind_find("v1", "pod"));
	assert_null(kind_find("v1beta1", "Pod"));
}

/* Every row of every table: a name, a line of explanation, words and defaults that fit. */
static void check_rows(const struct schema *s, unsigned depth)
{
	assert_true(depth < 16);
	if (!s->name || !s->doc || s->size == 0)
		fail_msg("%s: has no name, no doc or no size", s->name);
	for (size_t i = 0; i < s->field_count; i++) {
		const struct field *f = &s->fields[i];

		if (str_empty(f->name) || str_empty(f->doc))
			fail_msg("%s: row %zu has no name or no doc", s->name, i);
		if (f->kind != FIELD_NONE && f->offset >= s->size)
			fail_msg("%s.%s: stands outside of the struct", s->name, f->name);
		if (f->support == REFUSED && !f->hint)
			fail_msg("%s.%s: is refused without saying what to use", s->name, f->name);
		if (f->values && f->value_default) {
			bool found = false;

			for (size_t j = 0; f->values[j]; j++)
				found |= str_eq(f->values[j], f->value_default);
			if (!found)
				fail_msg("%s.%s: its default is not among its words", s->name, f->name);
		}
		for (size_t j = 0; j < i; j++)
			if (str_eq(s->fields[j].name, f->name))
				fail_msg("%s.%s: stands there twice", s->name, f->name);
		if (f->of)
			check_rows(f->of, depth + 1);
	}
}

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *k = &kinds[i];

		assert_int_equal(k->id, i);
		if (!k->api_version || !k->name || !k->singular || !k->plural || !k->short_names ||
			!k->schema || !k->name_rule || !k->doc)
			fail_msg("%s: is not complete", k->name);
		assert_string_equal(k->schema->name, k->name);
		assert_string_equal(k->schema->fields[0].name, "apiVersion");
		assert_int_equal(k->schema->fields[2].offset, 0);
		check_rows(k->schema, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
