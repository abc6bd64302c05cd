/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What kustomization files refer to, which of them are roots, and what these need. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomization.h"

static void test_names(void **state)
{
	(void)state;
	assert_true(kustomization_is_name("kustomization.yaml"));
	assert_true(kustomization_is_name("a/b/kustomization.yml"));
	assert_true(kustomization_is_name("a/Kustomization"));
	assert_false(kustomization_is_name("a/kustomization.json"));
	assert_false(kustomization_is_name("a/my-kustomization.yaml"));
	assert_false(kustomization_is_name("kustomization.yaml/a"));
}

/* "a b " of the directories that TEXT, in directory "apps/web", refers to; then what is said. */
static char *parse(const char *text, int want)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct kustomization k;
	struct diags diags;
	struct buf out = BUF_INIT;

	diags_init(&diags);
	int r = kustomization_parse(
		a, "apps/web", "apps/web/kustomization.yaml", text, strlen(text), &k, &diags);
	for (size_t i = 0; i < k.ref_count; i++)
		buf_addf(&out, "%s ", *k.refs[i].dir ? k.refs[i].dir : ".");
	if (k.component)
		buf_adds(&out, "component ");
	diags_format(&diags, &out);
	diags_done(&diags);
	if (r != want)
		fail_msg("%s: expected %d, found %d: %s", text, want, r, out.data);
	return buf_take(&out);
}

static void test_references(void **state)
{
	static const struct {
		const char *text, *says;
		int result;
	} cases[] = {
		{ "resources: [a.yaml, ../base, ./x/./y/, ../..]\n",
			"apps/web/a.yaml apps/base apps/web/x/y . ", 0 },
		{ "kind: Component\ncomponents: [../c]\nbases: [b]\n", "apps/web/b apps/c component ", 0 },
		{ "transformers: [t, \"kind: X\\nname: y\\n\"]\nvalidators: [v]\ngenerators: [g]\n",
			"apps/web/g apps/web/t apps/web/v ", 0 },
		{ "", "", 0 },
		{ "resources: none\nbases: [{a: b}, 1]\npatches: [{path: ../../../x}]\n", "", 0 },
		{ "resources: [../../../x, /etc]\n",
			"apps/web/kustomization.yaml:1:13: error: resources: `../../../x` leads out of the "
			"repository\n"
			"apps/web/kustomization.yaml:1:25: error: resources: `/etc` leads out of the "
			"repository\n",
			-EBADMSG },
		{ "resources:\n- https://example.org/x?ref=v1\n- ok\n",
			"apps/web/ok apps/web/kustomization.yaml:2:3: error: resources: "
			"`https://example.org/x?ref=v1` is not in this repository, and kustomizations are "
			"built without a network: commit a copy and name its directory\n",
			-EBADMSG },
		{ "resources: [github.com/a/b]\n",
			"apps/web/kustomization.yaml:1:13: error: resources: `github.com/a/b` is not in this "
			"repository, and kustomizations are built without a network: commit a copy and name "
			"its directory\n",
			-EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *says = parse(cases[i].text, cases[i].result);

		if (!str_eq(says, cases[i].says))
			fail_msg("%s: expected\n%s\nfound\n%s", cases[i].text, cases[i].says, says);
	}
	_cleanup_(freep) char *broken = parse("resources: [\n", -EBADMSG);
	assert_non_null(strstr(broken, "apps/web/kustomization.yaml:"));
}

static void add(struct kustomize_graph *g, const char *dir, const char *text)
{
	_cleanup_(freep) char *shown = xasprintf("%s/kustomization.yaml", dir);
	struct diags diags;

	diags_init(&diags);
	kustomize_graph_add(g, dir, shown, text, strlen(text), &diags)->in_scope = !str_starts(dir, "lib");
	diags_done(&diags);
}

/* "root(dir dir) …" by name. */
static char *roots(struct kustomize_graph *g)
{
	_cleanup_(freep) struct map_entry *sorted = NULL;
	struct buf out = BUF_INIT;

	kustomize_graph_finish(g);
	sorted = map_sorted(&g->nodes);
	for (size_t i = 0; i < g->nodes.count; i++) {
		const struct kustomize_node *n = sorted[i].value;

		if (!n->root)
			continue;
		buf_addf(&out, "%s(", n->shown);
		for (size_t k = 0; k < n->dir_count; k++)
			buf_addf(&out, "%s%s", k ? " " : "", *n->dirs[k] ? n->dirs[k] : ".");
		buf_adds(&out, ") ");
	}
	kustomize_graph_done(g);
	return buf_take(&out);
}

static void test_roots(void **state)
{
	struct kustomize_graph g;

	(void)state;
	kustomize_graph_init(&g);
	add(&g, "base", "resources: [d.yaml, sub]");
	add(&g, "base/sub", "");
	add(&g, "overlays/a", "resources: [../../base]\ncomponents: [../../comp]");
	add(&g, "overlays/b", "resources: [../../base, ../../lib/x]");
	add(&g, "comp", "kind: Component");
	add(&g, "unused", "kind: Component");
	add(&g, "lib/x", "resources: [../y]");
	add(&g, "lib/y", "");
	add(&g, "lib/z", "");
	_cleanup_(freep) char *found = roots(&g);
	assert_string_equal(found, "overlays/a/kustomization.yaml(overlays/a base comp) "
				   "overlays/b/kustomization.yaml(overlays/b base lib/x lib/y) ");
}

/* A top-level kustomization needs everything; one beside it that nobody refers to is a root of its own. */
static void test_top(void **state)
{
	struct kustomize_graph g;

	(void)state;
	kustomize_graph_init(&g);
	add(&g, "", "resources: [a]");
	add(&g, "a", "");
	add(&g, "b", "resources: [../a]");
	assert_true(kustomize_graph_covers(&g, "x/y/z.yaml"));
	_cleanup_(freep) char *found = roots(&g);
	assert_string_equal(found, "/kustomization.yaml(.) b/kustomization.yaml(b a) ");
}

static void test_circle(void **state)
{
	struct kustomize_graph g;

	(void)state;
	kustomize_graph_init(&g);
	add(&g, "c/1", "resources: [../2]");
	add(&g, "c/2", "resources: [../1]");
	add(&g, "self", "resources: [.]");
	_cleanup_(freep) char *found = roots(&g);
	assert_string_equal(found, "c/1/kustomization.yaml(c/1 c/2) self/kustomization.yaml(self) ");
}

/* As deep as people can make it. */
static void test_long_chain(void **state)
{
	struct kustomize_graph g;

	(void)state;
	kustomize_graph_init(&g);
	for (int i = 0; i < 20000; i++) {
		_cleanup_(freep) char *dir = xasprintf("d%d", i);
		_cleanup_(freep) char *text = xasprintf("resources: [../d%d]", i + 1);

		add(&g, dir, text);
	}
	kustomize_graph_finish(&g);
	assert_true(kustomize_graph_get(&g, "d0")->root);
	assert_int_equal(kustomize_graph_get(&g, "d0")->dir_count, 20000);
	kustomize_graph_done(&g);
}

static void test_covers(void **state)
{
	struct kustomize_graph g;

	(void)state;
	kustomize_graph_init(&g);
	assert_false(kustomize_graph_covers(&g, "a.yaml"));
	add(&g, "apps/web", "");
	add(&g, "lib/x", "");
	assert_true(kustomize_graph_covers(&g, "apps/web/a.yaml"));
	assert_true(kustomize_graph_covers(&g, "apps/web/x/y/a.yaml"));
	assert_false(kustomize_graph_covers(&g, "apps/a.yaml"));
	assert_false(kustomize_graph_covers(&g, "apps/web2/a.yaml"));
	assert_false(kustomize_graph_covers(&g, "lib/x/a.yaml"));
	kustomize_graph_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
