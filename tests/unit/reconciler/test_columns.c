/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The lines of `pintle get`: an object, and its cells in all columns, the wide ones too. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/columns.h"
#include "tests/unit/lib/object/load.h"

static const struct {
	const char *name, *json, *cells;
} cases[] = {
	{ "volume",
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolume\",\"metadata\":{\"name\":\"v\"},\"spec\":"
		"{"
		"\"capacity\":{\"storage\":\"5Gi\"},\"accessModes\":[\"ReadWriteMany\",\"ReadWriteOnce\"],"
		"\"hostPath\":{\"path\":\"/x\"},\"claimRef\":{\"namespace\":\"a\",\"name\":\"c\"},"
		"\"storageClassName\":\"slow\"},\"status\":{\"phase\":\"Bound\"}}",
		"NAME=v|CAPACITY=5Gi|ACCESS MODES=RWO,RWX|RECLAIM POLICY=Retain|STATUS=Bound|CLAIM=a/c|"
		"STORAGECLASS=slow|VOLUMEATTRIBUTESCLASS=<unset>|REASON=|AGE=<unknown>|VOLUMEMODE="
		"Filesystem|" },
	{ "claim",
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c\","
		"\"namespace\":\"a\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{"
		"\"requests\":{"
		"\"storage\":\"1Gi\"}},\"volumeName\":\"v\",\"storageClassName\":\"slow\"},\"status\":{"
		"\"phase\":"
		"\"Bound\",\"accessModes\":[\"ReadWriteOnce\"],\"capacity\":{\"storage\":\"5Gi\"}}}",
		"NAME=c|STATUS=Bound|VOLUME=v|CAPACITY=5Gi|ACCESS MODES=RWO|STORAGECLASS=slow|"
		"VOLUMEATTRIBUTESCLASS=<unset>|AGE=<unknown>|VOLUMEMODE=Filesystem|" },
	{ "unbound claim",
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c\","
		"\"namespace\":\"a\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{"
		"\"requests\":{"
		"\"storage\":\"1Gi\"}}}}",
		"NAME=c|STATUS=Pending|VOLUME=|CAPACITY=|ACCESS MODES=|STORAGECLASS=|"
		"VOLUMEATTRIBUTESCLASS=<unset>|AGE=<unknown>|VOLUMEMODE=Filesystem|" },
	{ "class",
		"{\"apiVersion\":\"storage.k8s.io/"
		"v1\",\"kind\":\"StorageClass\",\"metadata\":{\"name\":\"s\","
		"\"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"}},\"provisioner\":"
		"\"a.b/c\",\"allowVolumeExpansion\":true}",
		"NAME=s (default)|PROVISIONER=a.b/c|RECLAIMPOLICY=Delete|VOLUMEBINDINGMODE=Immediate|"
		"ALLOWVOLUMEEXPANSION=true|AGE=<unknown>|" },
	{ "endpoints",
		"{\"apiVersion\":\"v1\",\"kind\":\"Endpoints\",\"metadata\":{\"name\":\"e\",\"namespace\":"
		"\"a\"},"
		"\"subsets\":[{\"addresses\":[{\"ip\":\"10.0.0.1\"},{\"ip\":\"fd00::1\"}],\"ports\":[{"
		"\"name\":"
		"\"a\",\"port\":80},{\"name\":\"b\",\"port\":81}]}]}",
		"NAME=e|ENDPOINTS=10.0.0.1:80,[fd00::1]:80,10.0.0.1:81 + 1 more...|AGE=<unknown>|" },
	{ "no endpoints",
		"{\"apiVersion\":\"v1\",\"kind\":\"Endpoints\",\"metadata\":{\"name\":\"e\",\"namespace\":"
		"\"a\"}}",
		"NAME=e|ENDPOINTS=<none>|AGE=<unknown>|" },
	{ "slice",
		"{\"apiVersion\":\"discovery.k8s.io/"
		"v1\",\"kind\":\"EndpointSlice\",\"metadata\":{\"name\":\"e\","
		"\"namespace\":\"a\"},\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.0.0.1\","
		"\"10.0.0.2\"]}],\"ports\":[{\"name\":\"a\",\"port\":80},{\"name\":\"x\"},{}]}",
		"NAME=e|ADDRESSTYPE=IPv4|PORTS=80,x,*|ENDPOINTS=10.0.0.1,10.0.0.2|AGE=<unknown>|" },
	{ "ingress",
		"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\",\"metadata\":{\"name\":\"i\","
		"\"namespace\":\"a\"},\"spec\":{\"ingressClassName\":\"web\",\"tls\":[{}],\"rules\":[{"
		"\"host\":"
		"\"a.b\"},{\"host\":\"c.d\"}]},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2."
		"1\"}]}}}",
		"NAME=i|CLASS=web|HOSTS=a.b,c.d|ADDRESS=192.0.2.1|PORTS=80, 443|AGE=<unknown>|" },
	{ "ingress for everything",
		"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\",\"metadata\":{\"name\":\"i\","
		"\"namespace\":\"a\"},\"spec\":{\"defaultBackend\":{\"service\":{\"name\":\"s\",\"port\":{"
		"\"number\":"
		"80}}}}}",
		"NAME=i|CLASS=<none>|HOSTS=*|ADDRESS=|PORTS=80|AGE=<unknown>|" },
	{ "ingress class",
		"{\"apiVersion\":\"networking.k8s.io/"
		"v1\",\"kind\":\"IngressClass\",\"metadata\":{\"name\":\"i\"},"
		"\"spec\":{\"controller\":\"a.b/"
		"c\",\"parameters\":{\"kind\":\"K\",\"name\":\"p\",\"apiGroup\":"
		"\"d.e\"}}}",
		"NAME=i|CONTROLLER=a.b/c|PARAMETERS=K.d.e/p|AGE=<unknown>|" },
	{ "network policy",
		"{\"apiVersion\":\"networking.k8s.io/"
		"v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\","
		"\"namespace\":\"a\"},\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"db\"}}}}",
		"NAME=p|POD-SELECTOR=app=db|AGE=<unknown>|" },
	{ "balanced service",
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"
		"\"a\"},"
		"\"spec\":{\"type\":\"LoadBalancer\",\"clusterIP\":\"10.96.0.9\",\"externalIPs\":[\"192.0.2."
		"2\"],"
		"\"ports\":[{\"port\":80,\"nodePort\":30080}]},\"status\":{\"loadBalancer\":{\"ingress\":[{"
		"\"ip\":"
		"\"192.0.2.1\"}]}}}",
		"NAME=s|TYPE=LoadBalancer|CLUSTER-IP=10.96.0.9|EXTERNAL-IP=192.0.2.1,192.0.2.2|"
		"PORT(S)=80:30080/TCP|AGE=<unknown>|SELECTOR=<none>|" },
	{ "role",
		"{\"apiVersion\":\"rbac.authorization.k8s.io/"
		"v1\",\"kind\":\"Role\",\"metadata\":{\"name\":\"r\","
		"\"namespace\":\"a\",\"creationTimestamp\":\"2026-01-02T03:04:05Z\"}}",
		"NAME=r|CREATED AT=2026-01-02T03:04:05Z|" },
	{ "role binding",
		"{\"apiVersion\":\"rbac.authorization.k8s.io/"
		"v1\",\"kind\":\"RoleBinding\",\"metadata\":{\"name\":"
		"\"b\",\"namespace\":\"a\"},\"roleRef\":{\"kind\":\"Role\",\"name\":\"r\"},\"subjects\":[{"
		"\"kind\":"
		"\"User\",\"name\":\"u\"},{\"kind\":\"ServiceAccount\",\"name\":\"s\",\"namespace\":\"n\"},{"
		"\"kind\":"
		"\"User\",\"name\":\"w\"},{\"kind\":\"Group\",\"name\":\"g\"}]}",
		"NAME=b|ROLE=Role/r|AGE=<unknown>|USERS=u, w|GROUPS=g|SERVICEACCOUNTS=n/s|" },
	{ "cluster role binding",
		"{\"apiVersion\":\"rbac.authorization.k8s.io/"
		"v1\",\"kind\":\"ClusterRoleBinding\",\"metadata\":{"
		"\"name\":\"b\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"r\"}}",
		"NAME=b|ROLE=ClusterRole/r|AGE=<unknown>|USERS=|GROUPS=|SERVICEACCOUNTS=|" },
};

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf line = BUF_INIT;
		_cleanup_(object_unrefp) struct object *o = NULL;
		struct err err = { 0 };
		if (object_load_json(cases[i].json, strlen(cases[i].json), &o, &err) < 0)
			fail_msg("%s: %s", cases[i].name, err_text(&err));
		size_t count;
		const struct column *columns = columns_of(o->kind, &count);
		for (size_t k = 0; k < count; k++) {
			buf_addf(&line, "%s=", columns[k].title);
			columns[k].print(&line, o, 0);
			buf_addc(&line, '|');
		}
		if (strcmp(line.data, cases[i].cells) != 0)
			fail_msg("%s: expected\n%s\nfound\n%s", cases[i].name, cases[i].cells, line.data);
	}
}

/* Every kind has a name and an age, or when it was made. */
static void test_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		size_t count;
		const struct column *columns = columns_of(&kinds[i], &count);
		bool name = false, age = false;
		for (size_t k = 0; k < count; k++) {
			name |= str_eq(columns[k].title, "NAME");
			age |= str_eq(columns[k].title, "AGE") || str_eq(columns[k].title, "CREATED AT") ||
			       str_eq(columns[k].title, "LAST SEEN");
		}
		if (!name || !age)
			fail_msg("%s: has no name or no age", kinds[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
