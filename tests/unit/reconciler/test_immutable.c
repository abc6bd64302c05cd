/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Two versions of an object, and what is said of the change. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "reconciler/immutable.h"
#include "tests/unit/lib/object/load.h"

#define ANEW "delete the object in one commit and add it in the next, or use another name"
#define POD_ANEW                                                                                          \
	"of a Pod only the images, tolerations in addition and a nearer deadline can change; delete the " \
	"Pod in one commit and add it in the next, or let a Deployment make it"
#define OTHER "use another name, and refer to that"
#define FROZEN "the object in force says immutable: true; use another name, and refer to that"
#define CLAIM_ANEW "a claim can only ask for more storage; make another claim, and copy what is in this one"
#define ADDRESS                                                                                              \
	"to keep its address leave the field out; for another one delete the Service in one commit and add " \
	"it in the next"

#define POD(spec)                                                                                         \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i}], " spec \
	"}\n"
#define DEPLOYMENT(labels, replicas)                                                                 \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: " replicas     \
	", selector: {matchLabels: " labels "}, template: {metadata: {labels: {a: b, c: d}}, spec: " \
	"{containers: [{name: c, image: i}]}}}\n"
#define SERVICE(spec) \
	"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}], " spec "}\n"
#define CONFIG(rest) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" rest "\n"
#define SECRET(rest) "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n" rest "\n"
#define CLAIM(spec)                                                                              \
	"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\nspec: {accessModes: " \
	"[ReadWriteOnce], " spec "}\n"

#define SET_ANEW "delete the StatefulSet in one commit (its claims stay) and add it in the next"
#define JOB_ANEW                                                                                           \
	"a Job runs what it was made for; use another name, or delete it in one commit and add it in the " \
	"next"
#define SET(spec, size)                                                                                 \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x}\nspec: {" spec                     \
	", selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: " \
	"[{name: c, image: i}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: "    \
	"[ReadWriteOnce], resources: {requests: {storage: " size "}}}}]}\n"
#define JOB(spec, image)                                                     \
	"apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec: {" spec \
	", template: {spec: {restartPolicy: Never, containers: [{name: c, image: " image "}]}}}\n"
#define VOLUME(source, size)                                                                     \
	"apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: x}\nspec: {hostPath: {" source \
	"}, accessModes: [ReadWriteOnce], capacity: {storage: " size "}}\n"
#define BINDING(role)                                                                                 \
	"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x}\nroleRef: " \
	"{apiGroup: rbac.authorization.k8s.io, kind: Role, name: " role "}\n"

static const struct {
	const char *name, *before, *after, *says;
} cases[] = {
	{ "nothing", DEPLOYMENT("{a: b}", "1"), DEPLOYMENT("{a: b}", "1"), "" },
	{ "replicas", DEPLOYMENT("{a: b}", "1"), DEPLOYMENT("{a: b}", "2"), "" },
	{ "a selector", DEPLOYMENT("{a: b}", "1"), DEPLOYMENT("{c: d}", "1"),
		"spec.selector.matchLabels.a: can't be changed from \"b\" to absent: " ANEW "\n"
		"spec.selector.matchLabels.c: can't be changed from absent to \"d\": " ANEW "\n" },
	{ "a Pod's image", POD("hostname: h"),
		"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: j}], "
		"hostname: h}\n",
		"" },
	{ "a Pod's labels", POD("hostname: h"),
		"apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {a: b}}\nspec: {containers: [{name: "
		"c, image: "
		"i}], hostname: h}\n",
		"" },
	{ "a Pod's host name", POD("hostname: h"), POD("hostname: g"),
		"spec.hostname: can't be changed from \"h\" to \"g\": " POD_ANEW "\n" },
	{ "a Pod's new deadline", POD("hostname: h"), POD("hostname: h, activeDeadlineSeconds: 9"), "" },
	{ "a nearer deadline", POD("activeDeadlineSeconds: 10"), POD("activeDeadlineSeconds: 9"), "" },
	{ "a later deadline", POD("activeDeadlineSeconds: 9"), POD("activeDeadlineSeconds: 10"),
		"spec.activeDeadlineSeconds: can't be changed from 9 to 10: " POD_ANEW "\n" },
	{ "no deadline any more", POD("activeDeadlineSeconds: 9"), POD("hostname: \"\""),
		"spec.activeDeadlineSeconds: can't be changed from 9 to absent: " POD_ANEW "\n" },
	{ "one toleration more", POD("tolerations: [{key: a, operator: Exists}]"),
		POD("tolerations: [{key: a, operator: Exists}, {key: b, operator: Exists}]"), "" },
	{ "another toleration", POD("tolerations: [{key: a, operator: Exists}]"),
		POD("tolerations: [{key: b, operator: Exists}]"),
		"spec.tolerations[0].key: can't be changed from \"a\" to \"b\": " POD_ANEW "\n" },
	{ "a cluster IP", SERVICE("clusterIP: 10.96.0.9"), SERVICE("clusterIP: 10.96.0.10"),
		"spec.clusterIP: can't be changed from \"10.96.0.9\" to \"10.96.0.10\": " ADDRESS "\n" },
	{ "a cluster IP no longer asked for", SERVICE("clusterIP: 10.96.0.9"), SERVICE("type: ClusterIP"),
		"" },
	{ "headless", SERVICE("type: ClusterIP"), SERVICE("clusterIP: None"),
		"spec.clusterIP: can't be changed from absent to \"None\": " ADDRESS "\n" },
	{ "headless no more", SERVICE("clusterIP: None"), SERVICE("type: ClusterIP"),
		"spec.clusterIP: can't be changed from \"None\" to absent: " ADDRESS "\n" },
	{ "an alias that gets an address", SERVICE("type: ExternalName, externalName: a.b"),
		SERVICE("clusterIP: 10.96.0.9"), "" },
	{ "a ConfigMap", CONFIG("data: {a: b}"), CONFIG("data: {a: c}"), "" },
	{ "a ConfigMap that becomes immutable", CONFIG("data: {a: b}"),
		CONFIG("data: {a: c}\nimmutable: true"), "" },
	{ "an immutable ConfigMap", CONFIG("data: {a.x: b}\nimmutable: true"),
		CONFIG("data: {a.x: c}\nimmutable: true"),
		"data[\"a.x\"]: can't be changed from \"b\" to \"c\": " FROZEN "\n" },
	{ "immutable no more", CONFIG("data: {a: b}\nimmutable: true"), CONFIG("data: {a: b}"),
		"immutable: can't be changed from true to absent: " FROZEN "\n" },
	{ "an immutable Secret", SECRET("data: {a: Yg==}\nimmutable: true"),
		SECRET("data: {a: Yw==}\nimmutable: true"), "data.a: can't be changed: " FROZEN "\n" },
	{ "a Secret's type", SECRET("type: Opaque"), SECRET("type: example.com/other"),
		"type: can't be changed from \"Opaque\" to \"example.com/other\": " ANEW "\n" },
	{ "a claim that grows", CLAIM("resources: {requests: {storage: 1Gi}}"),
		CLAIM("resources: {requests: {storage: 2Gi}}"), "" },
	{ "a claim that shrinks", CLAIM("resources: {requests: {storage: 1Gi}}"),
		CLAIM("resources: {requests: {storage: 1000Mi}}"),
		"spec.resources.requests.storage: can't be changed from \"1Gi\" to \"1000Mi\": " CLAIM_ANEW
		"\n" },
	{ "a claim's class, given later", CLAIM("resources: {requests: {storage: 1Gi}}"),
		CLAIM("resources: {requests: {storage: 1Gi}}, storageClassName: fast"), "" },
	{ "a claim's class", CLAIM("resources: {requests: {storage: 1Gi}}, storageClassName: slow"),
		CLAIM("resources: {requests: {storage: 1Gi}}, storageClassName: fast"),
		"spec.storageClassName: can't be changed from \"slow\" to \"fast\": " CLAIM_ANEW "\n" },
	{ "a set's claims", SET("serviceName: s", "1Gi"), SET("serviceName: s", "2Gi"),
		"spec.volumeClaimTemplates[0].spec.resources.requests.storage: can't be changed from \"1Gi\" "
		"to "
		"\"2Gi\": " SET_ANEW "\n" },
	{ "a set's service", SET("serviceName: s", "1Gi"), SET("serviceName: t", "1Gi"),
		"spec.serviceName: can't be changed from \"s\" to \"t\": " SET_ANEW "\n" },
	{ "a set's order", SET("serviceName: s", "1Gi"),
		SET("serviceName: s, podManagementPolicy: Parallel", "1Gi"),
		"spec.podManagementPolicy: can't be changed from \"OrderedReady\" to \"Parallel\": " SET_ANEW
		"\n" },
	{ "a set's replicas", SET("serviceName: s", "1Gi"), SET("serviceName: s, replicas: 3", "1Gi"), "" },
	{ "a job's template", JOB("parallelism: 1", "i"), JOB("parallelism: 1", "j"),
		"spec.template.spec.containers[c].image: can't be changed from \"i\" to \"j\": " JOB_ANEW
		"\n" },
	{ "a job's parallelism", JOB("parallelism: 1", "i"), JOB("parallelism: 2", "i"), "" },
	{ "an indexed job's size", JOB("completionMode: Indexed, completions: 2, parallelism: 2", "i"),
		JOB("completionMode: Indexed, completions: 3, parallelism: 3", "i"), "" },
	{ "an indexed job's completions alone",
		JOB("completionMode: Indexed, completions: 2, parallelism: 2", "i"),
		JOB("completionMode: Indexed, completions: 3, parallelism: 2", "i"),
		"spec.completions: can't be changed from 2 to 3: " JOB_ANEW "\n" },
	{ "a job's completions", JOB("completions: 2, parallelism: 2", "i"),
		JOB("completions: 3, parallelism: 3", "i"),
		"spec.completions: can't be changed from 2 to 3: " JOB_ANEW "\n" },
	{ "where a suspended job runs",
		JOB("suspend: true", "i, }], nodeSelector: {a: b}, tolerations: [{key: c"),
		JOB("suspend: true", "i, }], nodeSelector: {a: c}, tolerations: [{key: d"), "" },
	{ "where a job runs", JOB("suspend: false", "i, }], nodeSelector: {a: b}, tolerations: [{key: c"),
		JOB("suspend: false", "i, }], nodeSelector: {a: c}, tolerations: [{key: c"),
		"spec.template.spec.nodeSelector.a: can't be changed "
		"from \"b\" to \"c\": " JOB_ANEW "\n" },
	{ "what a suspended job runs", JOB("suspend: true", "i"), JOB("suspend: true", "j"),
		"spec.template.spec.containers[c].image: can't be changed "
		"from \"i\" to \"j\": " JOB_ANEW "\n" },
	{ "a volume's path", VOLUME("path: /a", "1Gi"), VOLUME("path: /b", "1Gi"),
		"spec.hostPath.path: can't be changed from \"/a\" to \"/b\": " OTHER "\n" },
	{ "a volume's size", VOLUME("path: /a", "1Gi"), VOLUME("path: /a", "2Gi"), "" },
	{ "a class's parameters",
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: x}\nprovisioner: "
		"pintle.dev/local\nparameters: {a: b}\n",
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: x}\nprovisioner: "
		"pintle.dev/local\nparameters: {a: c}\n",
		"parameters.a: can't be changed from \"b\" to \"c\": " OTHER "\n" },
	{ "a binding's role", BINDING("a"), BINDING("b"),
		"roleRef.name: can't be changed from \"a\" to \"b\": " ANEW "\n" },
	{ "a slice's addresses",
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: x}\naddressType: "
		"IPv4\n"
		"endpoints: []\n",
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: x}\naddressType: "
		"IPv6\n"
		"endpoints: []\n",
		"addressType: can't be changed from \"IPv4\" to \"IPv6\": " ANEW "\n" },
	{ "an ingress class's controller",
		"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: x}\nspec: "
		"{controller: "
		"example.com/a}\n",
		"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: x}\nspec: "
		"{controller: "
		"example.com/b}\n",
		"spec.controller: can't be changed from \"example.com/a\" to \"example.com/b\": " OTHER
		"\n" },
	{ "a priority's value",
		"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: x}\nvalue: 1\n",
		"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: x}\nvalue: 2\n",
		"value: can't be changed from 1 to 2: " OTHER "\n" },
	{ "a runtime's handler",
		"apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: x}\nhandler: crun\n",
		"apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: x}\nhandler: runc\n",
		"handler: can't be changed from \"crun\" to \"runc\": " OTHER "\n" },
};

/* Field and message of each, in the order found. */
static char *said_of(const char *before, const char *after)
{
	struct object *a = load_one(before), *b = load_one(after);
	struct buf out = BUF_INIT;
	struct diags diags;

	diags_init(&diags);
	immutable_check(a, b, &diags);
	for (size_t i = 0; i < diags.count; i++)
		buf_addf(&out, "%s: %s\n", diags.items[i].field, diags.items[i].message);
	assert_int_equal(diags.errors, diags.count);
	diags_done(&diags);
	object_unref(a);
	object_unref(b);
	return buf_take(&out);
}

static void test_cases(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *says = said_of(cases[i].before, cases[i].after);

		if (strcmp(says, cases[i].says) == 0)
			continue;
		print_message("--- %s: expected\n%s--- found\n%s", cases[i].name, cases[i].says, says);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* An error stands where the object does. */
static void test_place(void **state)
{
	struct object *a = load_one(DEPLOYMENT("{a: b}", "1")), *b = load_one(DEPLOYMENT("{c: d}", "1"));
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct diags diags;

	(void)state;
	diags_init(&diags);
	immutable_check(a, a, &diags);
	assert_int_equal(diags.count, 0);
	immutable_check(a, b, &diags);
	diag_format(&diags.items[0], &text);
	assert_string_equal(text.data,
		"a.yaml:1:1: error: Deployment/default/x: spec.selector.matchLabels.a: can't be changed from "
		"\"b\" to absent: " ANEW "\n");
	diags_done(&diags);
	object_unref(a);
	object_unref(b);
}

/* Long values are cut, and of very many changes the first few tell enough. */
static void test_bounds(void **state)
{
	_cleanup_(freep) char *says = said_of(
		CONFIG("data: {a: x, b: x, c: x, d: x, e: x, f: x}\nimmutable: true"),
		CONFIG("data: {a: \"y1111111112222222222333333333344444444445555555555666666666677\", b: "
		       "\"y\", "
		       "c: \"y\", d: \"y\", e: \"y\", f: \"y\"}\nimmutable: true"));

	(void)state;
	assert_non_null(strstr(says, "to \"y1111111112222"));
	assert_non_null(strstr(says, "…: "));
	assert_non_null(strstr(says, "data.e: "));
	assert_null(strstr(says, "data.f: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
