/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is said about annotations of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

#define SECRET(notes) "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {" notes "}\n"

#define WORKLOAD(kind, notes)                                                                     \
	"apiVersion: apps/v1\nkind: " kind "\nmetadata:\n  name: w\n  annotations: {" notes "}\n" \
	"spec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n" \
	"    spec: {containers: [{name: m, image: 'i:1'}]}\n"

#define TEMPLATE(notes)                                                \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\n" \
	"spec:\n  selector: {matchLabels: {a: b}}\n  template:\n"      \
	"    metadata: {labels: {a: b}, annotations: {" notes "}}\n"   \
	"    spec: {containers: [{name: m, image: 'i:1'}]}\n"

#define POD(notes)                                                                      \
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations: {" notes "}\n" \
	"spec: {containers: [{name: m, image: 'i:1'}]}\n"

#define NODE(notes) "apiVersion: v1\nkind: Node\nmetadata:\n  name: m\n  annotations: {" notes "}\n"

static const struct said manifests[] = {
	{ "rollback", WORKLOAD("Deployment", "pintle.dev/rollback: OnFailure"), "" },
	{ "never back", WORKLOAD("Deployment", "pintle.dev/rollback: Never"), "" },
	{ "back when?", WORKLOAD("Deployment", "pintle.dev/rollback: Always"),
		"a.yaml:5:38: error: Deployment/default/w: metadata.annotations[\"pintle.dev/rollback\"]: "
		"must "
		"be OnFailure or Never, but is `Always`\n" },
	{ "not a ReplicaSet's", WORKLOAD("ReplicaSet", "pintle.dev/rollback: OnFailure"),
		"a.yaml:5:38: warning: ReplicaSet/default/w: metadata.annotations[\"pintle.dev/rollback\"]: "
		"means nothing on a ReplicaSet, only on a Deployment\n" },
	{ "restart", WORKLOAD("Deployment", "pintle.dev/on-config-change: Restart"), "" },
	{ "keep", WORKLOAD("Deployment", "pintle.dev/on-config-change: Keep"), "" },
	{ "restart?", WORKLOAD("Deployment", "pintle.dev/on-config-change: 'yes'"),
		"a.yaml:5:46: error: Deployment/default/w: "
		"metadata.annotations[\"pintle.dev/on-config-change\"]: must be Restart or Keep, but is "
		"`yes`\n" },
	{ "whose pods are not rolled", SECRET("pintle.dev/on-config-change: Restart"),
		"a.yaml:5:46: warning: Secret/default/s: "
		"metadata.annotations[\"pintle.dev/on-config-change\"]: means nothing on a Secret, only on a "
		"Deployment, a DaemonSet or a StatefulSet\n" },
	{ "a gang", POD("pintle.dev/gang: training, pintle.dev/deadline: 90m"), "" },
	{ "an instant", POD("pintle.dev/deadline: '2026-01-31T12:00:00Z'"), "" },
	{ "no time", POD("pintle.dev/deadline: soon"),
		"a.yaml:5:38: error: Pod/default/p: metadata.annotations[\"pintle.dev/deadline\"]: must be a "
		"time (2026-01-31T12:00:00Z) or how long after its creation (30m), but is `soon`\n" },
	{ "before it is made", POD("pintle.dev/deadline: -5m"),
		"a.yaml:5:38: error: Pod/default/p: metadata.annotations[\"pintle.dev/deadline\"]: must be a "
		"time (2026-01-31T12:00:00Z) or how long after its creation (30m), but is `-5m`\n" },
	{ "no name", POD("pintle.dev/gang: a b"),
		"a.yaml:5:34: error: Pod/default/p: metadata.annotations[\"pintle.dev/gang\"]: `a b` must be "
		"lower-case letters, digits, \"-\" and \".\", each part between dots starting and ending "
		"with a letter or digit (RFC 1123 subdomain)\n" },
	{ "a gang of Deployments", WORKLOAD("Deployment", "pintle.dev/gang: training"),
		"a.yaml:5:34: warning: Deployment/default/w: metadata.annotations[\"pintle.dev/gang\"]: "
		"means "
		"nothing on a Deployment, only on a Pod or in its template\n" },
	{ "in a template", TEMPLATE("pintle.dev/gang: training, pintle.dev/deadline: 5m"), "" },
	{ "wrong in a template", TEMPLATE("pintle.dev/deadline: '5'"),
		"a.yaml:7:67: error: Deployment/default/w: "
		"spec.template.metadata.annotations[\"pintle.dev/deadline\"]: must be a time "
		"(2026-01-31T12:00:00Z) or how long after its creation (30m), but is `5`\n" },
	{ "never", SECRET("pintle.dev/prune: Never"), "" },
	{ "others' are nobody's business",
		SECRET("example.com/prune: never, pintle: x, kpintle.dev/prune: z"), "" },
	{ "case counts", SECRET("pintle.dev/prune: never"),
		"a.yaml:5:35: error: Secret/default/s: metadata.annotations[\"pintle.dev/prune\"]: must be "
		"Never, but is `never`\n" },
	{ "a slip", SECRET("pintle.dev/purne: Never"),
		"a.yaml:5:35: warning: Secret/default/s: metadata.annotations[\"pintle.dev/purne\"]: Pintle "
		"knows no such annotation; did you mean `pintle.dev/prune`?\n" },
	{ "nothing near", SECRET("pintle.dev/colour: green"),
		"a.yaml:5:36: warning: Secret/default/s: metadata.annotations[\"pintle.dev/colour\"]: Pintle "
		"knows no such annotation\n" },
	{ "a node's", SECRET("pintle.dev/local: 'true'"),
		"a.yaml:5:35: warning: Secret/default/s: metadata.annotations[\"pintle.dev/local\"]: means "
		"nothing on a Secret, only on a Node\n" },
	{ "to be drained", NODE("pintle.dev/drain: 'true', pintle.dev/node-out-of-service: 'false'"), "" },
	{ "no node", SECRET("pintle.dev/node-out-of-service: 'true'"),
		"a.yaml:5:49: warning: Secret/default/s: "
		"metadata.annotations[\"pintle.dev/node-out-of-service\"]: means nothing on a Secret, only "
		"on a Node\n" },
	{ "printed from the tree",
		SECRET("pintle.dev/source: 'a:1', pintle.dev/commit: x, pintle.dev/digest: d, "
		       "pintle.dev/held: z, "
		       "pintle.dev/left-git: c, pintle.dev/kept-replicas: '3', "
		       "pintle.dev/was-ready: '1', pintle.dev/failures: '{}'"),
		"" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
