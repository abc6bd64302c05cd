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

	switch (file % 4) {
	case 0:
		return xasprintf(POD("p%zu", "{app: a%u, tier: t%u}",
					 "  volumes:\n"
					 "    - {name: v, configMap: {name: c%u-%u}}\n"
					 "    - {name: w, secret: {secretName: s%u-%u}}\n"),
			file, label, other, name, label, other, label * 4 + 3);
	case 1:
		return xasprintf(SERVICE("s%zu", "{app: a%u, tier: t%u}", "%s"), file, label, other,
			other ? "http" : "nope");
	case 2:
		return xasprintf(
			CONFIG("c%zu-%zu") "data: {k: v%u}\n", file / 12 * 2 + name % 2, file / 4 % 3, other);
	default:
		return xasprintf(SECRET("s%u-%zu"), other, file);
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
