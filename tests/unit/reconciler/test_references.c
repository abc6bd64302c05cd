/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is said of references that lead nowhere; and that a change is judged as everything anew would be. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>

#include "lib/base/mem.h"
#include "tests/unit/reconciler/snapshots.h"

#define CONFIG(name) "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n"
#define SECRET(name) "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " name "}\n"
#define POD(name, labels, more)                                                                   \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", labels: " labels "}\nspec:\n" \
	"  containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]\n" more
#define POD_KEY(what, name, key) POD_KEY_NAMED("k", what, name, key)
#define POD_KEY_NAMED(pod, what, name, key)                                                 \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " pod "}\nspec:\n  containers:\n" \
	"    - {name: c, image: i, env: [{name: A, valueFrom: {" what ":\n"                 \
	"        {name: " name ", key: " key "}}}]}\n"
#define BUDGET(selector) BUDGET_NAMED("b", selector)
#define BUDGET_NAMED(name, selector)                                                          \
	"---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: " name "}\n" \
	"spec: {minAvailable: 1, selector: " selector "}\n"
#define INGRESS(name, port)                                                                 \
	"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: " \
	"{defaultBackend:\n"                                                                \
	"  {service: {name: " name ", port: " port "}}}\n"
#define SET(name)                                                                                            \
	"---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " name "}\nspec:\n"                   \
	"  selector: {matchLabels: {a: b}}\n"                                                                \
	"  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}\n"              \
	"  volumeClaimTemplates:\n    - metadata: {name: data}\n      spec: {accessModes: [ReadWriteOnce], " \
	"resources: {requests: {storage: 1Gi}}}\n"
#define CLAIM(name) "  volumes: [{name: v, persistentVolumeClaim: {claimName: " name "}}]\n"
#define SERVICE(name, selector, port)                                                                       \
	"---\napiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec:\n  selector: " selector "\n" \
	"  ports: [{port: 80, targetPort: " port "}]\n"

static const struct {
	const char *name, *yaml, *says;
} cases[] = {
	{ "all there", CONFIG("web") POD("p", "{a: b}", "  volumes: [{name: v, configMap: {name: web}}]\n"),
		"" },
	{ "a letter too few",
		CONFIG("web-config")
			POD("p", "{a: b}", "  volumes: [{name: v, configMap: {name: web-confg}}]\n"),
		"a.yaml:11:41: warning: Pod/default/p: spec.volumes[0].configMap.name: ConfigMap `web-confg` "
		"is not "
		"in the repository; did you mean `web-config`?\n" },
	{ "nothing near", POD("p", "{a: b}", "  volumes: [{name: v, secret: {secretName: key}}]\n"),
		"a.yaml:7:44: warning: Pod/default/p: spec.volumes[0].secret.secretName: Secret `key` is not "
		"in the "
		"repository\n" },
	{ "an autoscaler without its target",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
		"spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: "
		"dc}}\n" SET("db"),
		"a.yaml:4:87: warning: HorizontalPodAutoscaler/default/h: spec.scaleTargetRef.name: "
		"StatefulSet `dc` is "
		"not in the repository; did you mean `db`?\n" },
	{ "a key", CONFIG("web") "data: {color: red}\n" POD_KEY("configMapKeyRef", "web", "color"), "" },
	{ "a key too many", CONFIG("web") "data: {color: red}\n" POD_KEY("configMapKeyRef", "web", "colour"),
		"a.yaml:13:26: warning: Pod/default/k: "
		"spec.containers[0].env[0].valueFrom.configMapKeyRef.key: "
		"ConfigMap `web` has no key `colour`; did you mean `color`?\n" },
	{ "a Secret's key", SECRET("web") "stringData: {a: red}\n" POD_KEY("secretKeyRef", "web", "bcd"),
		"a.yaml:13:26: warning: Pod/default/k: spec.containers[0].env[0].valueFrom.secretKeyRef.key: "
		"Secret `web` has no key `bcd`\n" },
	{ "a key of nothing", POD_KEY("secretKeyRef", "web", "a, optional: true"), "" },
	{ "optional",
		POD("p", "{a: b}", "  volumes: [{name: v, secret: {secretName: key, optional: true}}]\n"),
		"" },
	{ "another namespace",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: kube-system}\n" POD(
			"p", "{a: b}", "  imagePullSecrets: [{name: key}]\n"),
		"a.yaml:10:29: warning: Pod/default/p: spec.imagePullSecrets[0].name: Secret `key` is not in "
		"the "
		"repository; there is one in namespace `kube-system`\n" },
	{ "built in", POD("p", "{a: b}", "  volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]\n"),
		"" },
	{ "selected", POD("p", "{app: web}", "") SERVICE("s", "{app: web}", "http"), "" },
	{ "selects nothing", POD("p", "{app: web}", "") SERVICE("s", "{app: wbe}", "http"),
		"a.yaml:12:13: warning: Service/default/s: spec.selector: selects no pods: none in the "
		"repository "
		"have app=wbe; did you mean `app=web`?\n" },
	{ "no such port", POD("p", "{app: web}", "") SERVICE("s", "{app: web}", "htpt"),
		"a.yaml:13:34: warning: Service/default/s: spec.ports[0].targetPort: no container of the "
		"pods that it "
		"selects has a port named `htpt`; did you mean `http`?\n" },
	{ "a port by number", POD("p", "{app: web}", "") SERVICE("s", "{app: web}", "8080"), "" },
	{ "a budget", POD("p", "{app: web}", "") BUDGET("{matchLabels: {app: web}}"), "" },
	{ "a budget for all", POD("p", "{app: web}", "") BUDGET("{}"), "" },
	{ "a budget for nobody", POD("p", "{app: web}", "") BUDGET("{matchLabels: {app: wbe}}"),
		"a.yaml:11:35: warning: PodDisruptionBudget/default/b: spec.selector: selects no pods: none "
		"in the "
		"repository have app=wbe; did you mean `app=web`?\n" },
	{ "a budget by expressions",
		POD("p", "{app: web}", "") BUDGET("{matchExpressions: [{key: app, operator: DoesNotExist}]}"),
		"a.yaml:11:35: warning: PodDisruptionBudget/default/b: spec.selector: selects no pods: none "
		"in the "
		"repository have such labels\n" },
	{ "an ingress",
		POD("p", "{app: web}", "") SERVICE("web", "{app: web}", "80") INGRESS("web", "{number: 80}"),
		"" },
	{ "an ingress without a service", INGRESS("web", "{number: 80}"),
		"a.yaml:6:20: warning: Ingress/default/i: spec.defaultBackend.service.name: Service `web` is "
		"not in the "
		"repository\n" },
	{ "an ingress without the port",
		POD("p", "{app: web}", "") SERVICE("web", "{app: web}", "80") INGRESS("web", "{name: http}"),
		"a.yaml:19:38: warning: Ingress/default/i: spec.defaultBackend.service.port.name: Service "
		"`web` has no "
		"port `http`; it has 80\n" },
	{ "a claim of a set", SET("db") POD("p", "{a: b}", CLAIM("data-db-0")), "" },
	{ "no claim of a set", SET("db") POD("p", "{a: b}", CLAIM("data-db-x")),
		"a.yaml:17:58: warning: Pod/default/p: spec.volumes[0].persistentVolumeClaim.claimName: "
		"PersistentVolumeClaim `data-db-x` is not in the repository\n" },
	{ "a binding",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\n"
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\n"
		"subjects:\n"
		"  - {kind: User, apiGroup: rbac.authorization.k8s.io, name: ann}\n"
		"  - {kind: ServiceAccount, name: default, namespace: kube-system}\n"
		"  - {kind: ServiceAccount, name: robot, namespace: default}\n",
		"a.yaml:4:66: warning: RoleBinding/default/b: roleRef.name: Role `reader` is not in the "
		"repository\n"
		"a.yaml:8:34: warning: RoleBinding/default/b: subjects[2].name: ServiceAccount `robot` is "
		"not in the "
		"repository\n" },
	{ "two labels, one wrong",
		POD("p", "{app: web, tier: front}", "") SERVICE("s", "{app: web, tier: back}", "80"),
		"a.yaml:12:13: warning: Service/default/s: spec.selector: selects no pods: none in the "
		"repository "
		"have app=web,tier=back\n" },
};

static void test_words(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		const struct file file = { "a.yaml", cases[i].yaml };

		snapshot_unref(snapshot_of(NULL, &file, 1, &text));
		if (strcmp(text.data, cases[i].says) == 0)
			continue;
		print_message("--- %s: expected\n%s--- found\n%s", cases[i].name, cases[i].says, text.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Where a manifest has errors, what it holds is not "not in the repository". */
static void test_doubts(void **state)
{
	static const char pod[] = POD("p", "{a: b}",
		"  volumes: [{name: v, configMap: {name: web}}, {name: w, configMap: {name: other}}]\n");
	const struct file file = { "a.yaml", pod };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	static const struct oid none;
	struct snapshot_change change = { "a.yaml", manifest_of(&file) };
	struct snapshot *s = NULL;
	struct diags diags;

	(void)state;
	diags_init(&diags);
	diags_add(&diags,
		&(struct diag){ .severity = DIAG_ERROR, .path = "b.yaml", .object = "ConfigMap/default/web" },
		"is broken");
	assert_int_not_equal(snapshot_new(NULL, &none, &change, 1, &s, &diags), 0);
	diags_sort(&diags);
	diags_format(&diags, &text);
	assert_non_null(strstr(text.data, "`other` is not in the repository"));
	assert_null(strstr(text.data, "`web` is not in the repository"));
	diags_done(&diags);
	manifest_unref(change.manifest);
}

/* --- changes ------------------------------------------------------------------------------------------------ */

enum { FILES = 24, STEPS = 600 };

/* A small generator: the same run each time. */
static unsigned next(unsigned *seed, unsigned limit)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % limit;
}

/* One file's text: one of a few kinds, whose names and labels meet those of the others now and then. */
static char *random_text(unsigned *seed, size_t file)
{
	unsigned name = next(seed, 4), label = next(seed, 3), other = next(seed, 3);

	switch (file % 6) {
	case 0:
		return xasprintf(POD("p%zu", "{app: a%u, tier: t%u}",
					 "  volumes:\n"
					 "    - {name: v, configMap: {name: c%u-%u}}\n"
					 "    - {name: w, secret: {secretName: s%u-%u}}\n"
					 "    - {name: z, persistentVolumeClaim: {claimName: data-d%u-0}}\n"),
			file, label, other, name, label, other, label * 6 + 3, name);
	case 1:
		return xasprintf(SERVICE("s%zu", "{app: a%u, tier: t%u}", "%s"), file, label, other,
			other ? "http" : "nope");
	case 2:
		return xasprintf(
			CONFIG("c%zu-%zu") "data: {k%u: v}\n", file / 12 * 2 + name % 2, file / 6 % 2, other);
	case 3:
		if (name == 3)
			return xasprintf(POD_KEY_NAMED("k%zu", "configMapKeyRef", "c0-%u", "k%u"), file,
				label % 2, other);
		return xasprintf(SECRET("s%u-%zu"), other, file);
	case 4:
		return name ? xasprintf(
				      SET("d%zu") "    - metadata: {name: x%u}\n      spec: {accessModes: "
						  "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
				      file / 6, label)
			    : xasprintf(BUDGET_NAMED("b%zu", "{matchExpressions: [{key: app, operator: "
							     "NotIn, values: [a%u]}]}"),
				      file, label);
	default:
		return xasprintf(
			"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i%zu}\n"
			"spec: {defaultBackend: {service: {name: s%u, port: {number: 8%u}}}}\n",
			file, name * 6 + 1, other / 2);
	}
}

struct world {
	struct file files[FILES];
	char paths[FILES][8];
};

static void step(struct world *w, unsigned *seed, size_t i, struct file *ret)
{
	free((char *)(uintptr_t)w->files[i].yaml);
	w->files[i].yaml = next(seed, 4) ? random_text(seed, i) : NULL;
	*ret = w->files[i];
}

static void test_changes(void **state)
{
	struct world w = { 0 };
	struct snapshot *s = NULL;
	unsigned seed = 7;
	size_t with_findings = 0;

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		snprintf(w.paths[i], sizeof(w.paths[i]), "%02zu.yaml", i);
		w.files[i].path = w.paths[i];
	}
	for (size_t n = 0; n < STEPS; n++) {
		_cleanup_(buf_done) struct buf changed = BUF_INIT, whole = BUF_INIT;
		size_t first = next(&seed, FILES), count = 1 + next(&seed, 3);
		struct file change[3];

		if (first + count > FILES)
			count = 1;
		for (size_t i = 0; i < count; i++)
			step(&w, &seed, first + i, &change[i]);
		struct snapshot *fresh = snapshot_of(NULL, w.files, FILES, &whole);
		struct snapshot *after = snapshot_of(s, change, count, &changed);
		assert_non_null(fresh);
		assert_non_null(after);
		if (strcmp(whole.data, changed.data) != 0)
			fail_msg("step %zu: expected\n%s--- found\n%s", n, whole.data, changed.data);
		with_findings += whole.len > 0;
		snapshot_unref(fresh);
		snapshot_unref(s);
		s = after;
	}
	snapshot_unref(s);
	for (size_t i = 0; i < FILES; i++)
		free((char *)(uintptr_t)w.files[i].yaml);
	assert_true(with_findings > STEPS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
