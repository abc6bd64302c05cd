/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What kubectl get prints: cases of printers_test.go, in our kinds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/columns.h"

#define NOW (1767323045 * NSEC_PER_SEC) /* 2026-01-02T03:04:05Z */

static struct object *load(const char *text)
{
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s: %s", text, err_text(&err));
	return o;
}

/* All cells of O, wide ones too, parted by "|"; or that of column TITLE alone. */
static void print(const struct object *o, const char *title, struct buf *out)
{
	size_t count;
	const struct column *c = columns_of(o->kind, &count);

	for (size_t i = 0; i < count; i++) {
		if (title && !str_eq(c[i].title, title))
			continue;
		buf_adds(out, out->len ? "|" : "");
		c[i].print(out, o, NOW);
	}
}

static void expect(const char *text, const char *title, const char *want)
{
	_cleanup_(object_unrefp) struct object *o = load(text);
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	print(o, title, &got);
	if (!str_eq(got.data, want))
		fail_msg("%s\n%s: expected %s, found %s", text, title ? title : "all", want, got.data);
}

/* --- pods --------------------------------------------------------------------------------------------- */

#define INIT2 "\"initContainers\":[{\"name\":\"i\",\"image\":\"i:1\"},{\"name\":\"j\",\"image\":\"i:1\"}],"
#define SIDE "\"initContainers\":[{\"name\":\"i\",\"image\":\"i:1\",\"restartPolicy\":\"Always\"}],"
#define ST(name, state)     \
	"{\"name\":\"" name \
	"\",\"image\":\"\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0,\"state\":{" state "}}"
#define RUNNING "\"running\":{\"startedAt\":\"2026-01-01T00:00:00Z\"}"
#define DONE(code, reason) "\"terminated\":{\"exitCode\":" code ",\"reason\":\"" reason "\"}"
#define WAIT(reason) "\"waiting\":{\"reason\":\"" reason "\"}"
#define READY(name, inside)                                                                                 \
	"{\"name\":\"" name                                                                                 \
	"\",\"image\":\"\",\"imageID\":\"\",\"restartCount\":0,\"ready\":true,\"started\":true,\"state\":{" \
	"" inside "}}"
#define IS_READY "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],"

static char *pod(const char *meta, const char *spec, const char *status)
{
	return xasprintf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":"
			 "\"n\"%s},\"spec\":{%s\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"},{\"name\":"
			 "\"d\",\"image\":\"i:2\"}]},\"status\":{%s}}",
		meta, spec, status);
}

static void pod_status(void **state)
{
	static const struct {
		const char *meta, *spec, *status, *want;
	} cases[] = {
		{ "", "", "", "Pending" },
		{ "", "", "\"phase\":\"Running\"", "Running" },
		{ "", "", "\"phase\":\"Failed\",\"reason\":\"Evicted\"", "Evicted" },
		{ "", "",
			"\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":"
			"\"False\","
			"\"reason\":\"SchedulingGated\"}]",
			"SchedulingGated" },
		{ "", "", "\"phase\":\"Pending\",\"containerStatuses\":[" ST("c", WAIT("ErrImagePull")) "]",
			"ErrImagePull" },
		/* The first container that has something to say. */
		{ "", "",
			"\"phase\":\"Running\",\"containerStatuses\":[" ST(
				"c", WAIT("CrashLoopBackOff")) "," ST("d", DONE("1", "Error")) "]",
			"CrashLoopBackOff" },
		{ "", "", "\"phase\":\"Failed\",\"containerStatuses\":[" ST("c", DONE("3", "")) "]",
			"ExitCode:3" },
		{ "", "",
			"\"phase\":\"Failed\",\"containerStatuses\":[" ST(
				"c", "\"terminated\":{\"exitCode\":137,\"signal\":9}") "]",
			"Signal:9" },
		{ "", "",
			"\"phase\":\"Running\"," IS_READY
			"\"containerStatuses\":[" ST("c", DONE("0", "Completed")) "," READY("d", RUNNING) "]",
			"Running" },
		{ "", "",
			"\"phase\":\"Running\",\"containerStatuses\":[" ST(
				"c", DONE("0", "Completed")) "," READY("d", RUNNING) "]",
			"NotReady" },
		{ "", INIT2, "\"phase\":\"Pending\",\"initContainerStatuses\":[" ST("i", RUNNING) "]",
			"Init:0/2" },
		{ "", INIT2,
			"\"phase\":\"Pending\",\"initContainerStatuses\":[" ST(
				"i", DONE("0", "Completed")) "," ST("j", WAIT("PodInitializing")) "]",
			"Init:1/2" },
		{ "", INIT2,
			"\"phase\":\"Pending\",\"initContainerStatuses\":[" ST("i", DONE("1", "Error")) "]",
			"Init:Error" },
		{ "", INIT2,
			"\"phase\":\"Pending\",\"initContainerStatuses\":[" ST(
				"i", WAIT("CrashLoopBackOff")) "]",
			"Init:CrashLoopBackOff" },
		{ "", SIDE,
			"\"phase\":\"Running\",\"initContainerStatuses\":[" READY(
				"i", RUNNING) "],\"containerStatuses\":[" READY("c", RUNNING) "]",
			"Running" },
		{ ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", "", "\"phase\":\"Running\"",
			"Terminating" },
		{ ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", "",
			"\"phase\":\"Running\",\"reason\":\"NodeLost\"", "Unknown" },
		/* What has ended is not being ended. */
		{ ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", "",
			"\"phase\":\"Succeeded\",\"containerStatuses\":[" ST("c", DONE("0", "Completed")) "]",
			"Completed" },
		{ ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", "",
			"\"phase\":\"Failed\",\"reason\":\"Evicted\"", "Evicted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *text = pod(cases[i].meta, cases[i].spec, cases[i].status);

		expect(text, "STATUS", cases[i].want);
	}
}

static void pod_counts(void **state)
{
	static const char times[] =
		"{\"name\":\"%s\",\"image\":\"\",\"imageID\":\"\",\"ready\":false,\"restartCount\":%d,"
		"\"state\":{%s},\"lastState\":{\"terminated\":{\"exitCode\":1,"
		"\"finishedAt\":\"2026-01-02T03:0%d:05Z\"}}}";
	_cleanup_(buf_done) struct buf running = BUF_INIT, init = BUF_INIT;
	_cleanup_(freep) char *none = pod("", "", ""), *some = NULL, *initializing = NULL, *side = NULL;

	(void)state;
	expect(none, "READY", "0/2");
	expect(none, "RESTARTS", "0");
	expect(none, "AGE", "<unknown>");
	buf_adds(&running, "\"phase\":\"Running\",\"containerStatuses\":[");
	buf_addf(&running, times, "c", 2, RUNNING, 1);
	buf_adds(&running, ",");
	buf_addf(&running, times, "d", 3, RUNNING, 2);
	buf_adds(&running, "]");
	some = pod("", "", running.data);
	expect(some, "RESTARTS", "5 (2m ago)");
	/* While init containers run, it is their restarts that tell how it goes. */
	buf_adds(&init, "\"phase\":\"Pending\",\"initContainerStatuses\":[");
	buf_addf(&init, times, "i", 4, WAIT("CrashLoopBackOff"), 3);
	buf_adds(&init, "]");
	initializing = pod("", INIT2, init.data);
	expect(initializing, "RESTARTS", "4 (60s ago)");
	side = pod("", SIDE,
		"\"phase\":\"Running\",\"initContainerStatuses\":[" READY("i",
			RUNNING) "],\"containerStatuses\":[" READY("c", RUNNING) "," ST("d", RUNNING) "]");
	expect(side, "READY", "2/3");
}

static void a_pod_in_full(void **state)
{
	_cleanup_(freep) char *text = pod(",\"creationTimestamp\":\"2026-01-01T03:04:05Z\"",
		"\"nodeName\":\"n1\",\"readinessGates\":[{\"conditionType\":\"a\"},{\"conditionType\":\"b\"}]"
		",",
		"\"phase\":\"Running\",\"podIP\":\"10.0.0.9\",\"conditions\":[{\"type\":\"b\",\"status\":"
		"\"True\"}]");
	_cleanup_(freep) char *bare = pod(",\"creationTimestamp\":\"2027-01-01T03:04:05Z\"", "", "");

	(void)state;
	expect(text, NULL, "p|0/2|Running|0|24h|10.0.0.9|n1|<none>|1/2");
	/* A clock that has been set back. */
	expect(bare, NULL, "p|0/2|Pending|0|0s|<none>|<none>|<none>|<none>");
}

/* --- the others ------------------------------------------------------------------------------------------- */

static void other_kinds(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "{\"apiVersion\":\"apps/"
		  "v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"namespace\":"
		  "\"n\"},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"a\":\"1\",\"b\":\"2\"},"
		  "\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\",\"values\":[\"x\",\"y\"]},{"
		  "\"key\":"
		  "\"l\",\"operator\":\"NotIn\",\"values\":[\"z\"]},{\"key\":\"m\",\"operator\":\"Exists\"},{"
		  "\"key\":\"o\",\"operator\":\"DoesNotExist\"}]},\"template\":{\"metadata\":{\"labels\":{"
		  "\"a\":\"1\",\"b\":\"2\",\"k\":\"x\",\"m\":\"\"}},\"spec\":{\"containers\":[{"
		  "\"name\":\"c\",\"image\":\"i:1\"},{\"name\":\"d\",\"image\":\"j:2\"}]}}},\"status\":{"
		  "\"readyReplicas\":1,\"updatedReplicas\":2,\"availableReplicas\":1}}",
			"d|1/3|2|1|<unknown>|c,d|i:1,j:2|a=1,b=2,k in (x,y),l notin (z),m,!o" },
		{ "{\"apiVersion\":\"apps/"
		  "v1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"r\",\"namespace\":\"n\"},\"spec\":{"
		  "\"replicas\":3,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{"
		  "\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}}"
		  ",\"status\":{\"replicas\":2,\"readyReplicas\":1}}",
			"r|3|2|1|<unknown>|c|i:1|a=b" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"
		  "\"n\"},"
		  "\"spec\":{\"type\":\"NodePort\",\"clusterIP\":\"10.1.1.1\",\"ports\":[{\"name\":\"w\","
		  "\"port\":80,\"nodePort\":30080},{\"port\":53,\"protocol\":\"UDP\",\"name\":\"d\"}],"
		  "\"selector\":{\"a\":\"b\"}}}",
			"s|NodePort|10.1.1.1|<none>|80:30080/TCP,53/UDP|<unknown>|a=b" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"
		  "\"n\"},"
		  "\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"db.example\"}}",
			"s|ExternalName|<none>|db.example|<none>|<unknown>|<none>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"
		  "\"n\"},"
		  "\"spec\":{\"type\":\"LoadBalancer\",\"ports\":[{\"port\":80}]}}",
			"s|LoadBalancer|<none>|<pending>|80/TCP|<unknown>|<none>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":"
		  "\"n\"},"
		  "\"data\":{\"a\":\"1\",\"b\":\"2\"},\"binaryData\":{\"c\":\"eA==\"}}",
			"c|3|<unknown>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"namespace\":"
		  "\"n\"},"
		  "\"data\":{\"a\":\"eA==\"}}",
			"s|Opaque|1|<unknown>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\"}}",
			"n|Active|<unknown>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":{"
		  "\"node-role.kubernetes.io/control\":\"\",\"node-role.kubernetes.io/"
		  "web\":\"\",\"x\":\"y\"}},"
		  "\"spec\":{\"unschedulable\":true},\"status\":{\"conditions\":[{\"type\":\"Ready\","
		  "\"status\":"
		  "\"False\"}],\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"}],"
		  "\"nodeInfo\":{"
		  "\"kubeletVersion\":\"v\",\"kernelVersion\":\"6\"}}}",
			"n|NotReady,SchedulingDisabled|control,web|<unknown>|v|10.0.0.1|<none>|<unknown>|6|<"
			"unknown>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}",
			"n|Unknown|<none>|<unknown>||<none>|<none>|<unknown>|<unknown>|<unknown>" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\",\"namespace\":"
		  "\"n\"},"
		  "\"type\":\"Warning\",\"reason\":\"BackOff\",\"message\":\"again\",\"count\":3,"
		  "\"firstTimestamp\":\"2026-01-02T03:02:05Z\",\"lastTimestamp\":\"2026-01-02T03:04:00Z\","
		  "\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"}}",
			"5s (x3 over 2m)|Warning|BackOff|pod/p|again|e" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\",\"namespace\":"
		  "\"n\"},"
		  "\"involvedObject\":{\"kind\":\"Widget\",\"name\":\"w\"}}",
			"<unknown>|||Widget/w||e" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i].text, NULL, cases[i].want);
}

/* --- titles and cells, the wide ones too ------------------------------------------------------------------- */

static const struct {
	const char *name, *json, *cells;
} rows[] = {
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
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(buf_done) struct buf line = BUF_INIT;
		_cleanup_(object_unrefp) struct object *o = NULL;
		struct err err = { 0 };
		if (object_load_json(rows[i].json, strlen(rows[i].json), &o, &err) < 0)
			fail_msg("%s: %s", rows[i].name, err_text(&err));
		size_t count;
		const struct column *columns = columns_of(o->kind, &count);
		for (size_t k = 0; k < count; k++) {
			buf_addf(&line, "%s=", columns[k].title);
			columns[k].print(&line, o, 0);
			buf_addc(&line, '|');
		}
		if (strcmp(line.data, rows[i].cells) != 0)
			fail_msg("%s: expected\n%s\nfound\n%s", rows[i].name, rows[i].cells, line.data);
	}
}

/* Every kind has one name, an age or when it was made, and titles in capitals. */
static void every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		size_t count, names = 0, ages = 0;
		const struct column *c = columns_of(&kinds[i], &count);

		for (size_t k = 0; k < count; k++) {
			names += str_eq(c[k].title, "NAME");
			ages += str_eq(c[k].title, "AGE") || str_eq(c[k].title, "CREATED AT") ||
				str_eq(c[k].title, "LAST SEEN");
			for (const char *p = c[k].title; *p; p++)
				assert_false(*p >= 'a' && *p <= 'z');
		}
		if (names != 1 || ages != 1)
			fail_msg("%s: has no name or no age", kinds[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pod_status),
		cmocka_unit_test(pod_counts),
		cmocka_unit_test(a_pod_in_full),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
