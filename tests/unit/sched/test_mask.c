/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Where pods may be by names, labels and taints: a node each for what conditions say, before and after it changes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/mask.h"
#include "tests/unit/sched/load.h"

static void put_node(struct sched_cluster *c, const char *name, const char *labels, const char *spec)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {%s}}\nspec: {%s}\n", name, labels,
		spec);
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(c, o);
}

/* a: disk ssd, 4 cores; b: disk hdd, 16 cores; c: no labels; d: tainted; e: unschedulable. */
static struct sched_cluster *five_nodes(void)
{
	struct sched_cluster *c = sched_cluster_new();

	put_node(c, "a", "disk: ssd, cores: '4'", "");
	put_node(c, "b", "disk: hdd, cores: '16'", "");
	put_node(c, "c", "", "");
	put_node(c, "d", "disk: ssd", "taints: [{key: k, value: v, effect: NoSchedule}]");
	put_node(c, "e", "disk: ssd", "unschedulable: true");
	return c;
}

#define NODES(terms)                                                                                     \
	"affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: " \
	"[" terms "]}}}, "
#define LABEL(more) "{matchExpressions: [{" more "}]}"

static const struct {
	const char *spec, *nodes;
} cases[] = {
	{ "", "abc" },
	{ "nodeSelector: {disk: ssd}, ", "a" },
	{ "nodeSelector: {disk: tape}, ", "" },
	{ "nodeSelector: {disk: hdd, cores: '16'}, ", "b" },
	{ "nodeSelector: {disk: hdd, cores: '4'}, ", "" },
	{ NODES(LABEL("key: disk, operator: In, values: [ssd, hdd, tape]")), "ab" },
	{ NODES(LABEL("key: disk, operator: NotIn, values: [hdd, tape]")), "ac" },
	{ NODES(LABEL("key: disk, operator: Exists")), "ab" },
	{ NODES(LABEL("key: disk, operator: DoesNotExist")), "c" },
	{ NODES(LABEL("key: cores, operator: Gt, values: ['4']")), "b" },
	{ NODES(LABEL("key: cores, operator: Lt, values: ['5']")), "a" },
	{ NODES(LABEL("key: nothing, operator: Exists") ", " LABEL(
		  "key: cores, operator: Lt, values: ['5']")),
		"a" },
	{ NODES("{matchExpressions: [{key: disk, operator: Exists}, {key: cores, operator: Gt, values: "
		"['7']}]}"),
		"b" },
	{ NODES("{matchFields: [{key: metadata.name, operator: In, values: [c]}]}"), "c" },
	{ NODES("{matchFields: [{key: metadata.name, operator: NotIn, values: [c]}]}"), "ab" },
	{ NODES("{matchFields: [{key: metadata.name, operator: In, values: [a]}], matchExpressions: [{key: "
		"disk, operator: "
		"In, values: [hdd]}]}"),
		"" },
	{ "nodeSelector: {disk: hdd}, " NODES(LABEL("key: cores, operator: Exists")), "b" },
	{ "tolerations: [{key: k, value: v}], ", "abcd" },
	{ "tolerations: [{key: k, value: w}], ", "abc" },
	{ "tolerations: [{operator: Exists}], ", "abcde" },
	{ "tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}], nodeSelector: {disk: "
	  "ssd}, ",
		"ae" },
};

static void nodes_of(const struct sched_cluster *c, const struct sched_request *r, char ret[8])
{
	size_t n = 0;

	for (char name = 'a'; name <= 'f'; name++) {
		const struct sched_node *node = sched_node_find(c, (char[]){ name, '\0' });

		if (node && sched_mask_word(c, r, node->index / 64) >> node->index % 64 & 1)
			ret[n++] = name;
	}
	ret[n] = '\0';
}

static size_t expect(const struct sched_cluster *c, const struct sched_request *r, size_t i, const char *when)
{
	char found[8];

	nodes_of(c, r, found);
	if (str_eq(found, cases[i].nodes))
		return 0;
	print_error("%s, %s: expected \"%s\", found \"%s\"\n", cases[i].spec, when, cases[i].nodes, found);
	return 1;
}

/* Of nodes that were there before, and of those that come after. */
static void test_cases(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: "
			"{%scontainers: [{name: c, image: i}]}\n",
			cases[i].spec);
		_cleanup_(object_unrefp) struct object *o = load(yaml);
		_cleanup_(sched_cluster_freep) struct sched_cluster *before = five_nodes(),
								    *after = sched_cluster_new();
		struct sched_request *r = load_request(o), *s = load_request(o);

		sched_request_prepare(before, r);
		wrong += expect(before, r, i, "nodes there");
		sched_request_prepare(after, s);
		put_node(after, "e", "", "");
		put_node(after, "a", "disk: hdd", "taints: [{key: l, effect: NoExecute}]");
		put_node(after, "a", "disk: ssd, cores: '4'", "");
		put_node(after, "b", "disk: hdd, cores: '16'", "");
		put_node(after, "c", "", "");
		put_node(after, "f", "disk: ssd", "");
		sched_cluster_remove_node(after, "f");
		put_node(after, "d", "disk: ssd", "taints: [{key: k, value: v, effect: NoSchedule}]");
		put_node(after, "e", "disk: ssd", "unschedulable: true");
		wrong += expect(after, s, i, "nodes come");
		sched_request_unref(r);
		sched_request_unref(s);
	}
	assert_int_equal(wrong, 0);
}

static void test_equal_conditions_share(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = five_nodes();
	_cleanup_(object_unrefp) struct object *o = load(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {disk: ssd}, "
		"tolerations: [{key: k, "
		"operator: Exists}], containers: [{name: c, image: i}]}\n");
	struct sched_request *r = load_request(o),
			     *s = sched_request_new(&object_pod(o)->spec, "e", &o->meta->labels);

	(void)state;
	sched_request_prepare(c, r);
	sched_request_prepare(c, s);
	assert_ptr_equal(r->masks->affinity, s->masks->affinity);
	assert_ptr_equal(r->masks->taints, s->masks->taints);
	assert_int_equal(c->masks->by_text.count, 2);
	sched_request_unref(r);
	assert_int_equal(c->masks->by_text.count, 2);
	sched_request_unref(s);
	assert_int_equal(c->masks->by_text.count, 0);
}

/* A request that comes when a node with taints has gone asks nothing of it; nor does the next node inherit from it. */
static void test_tainted_node_goes(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = load(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {tolerations: [{key: other, operator: "
		"Exists}], "
		"containers: [{name: c, image: i}]}\n");
	struct sched_request *r = load_request(o);
	char found[8];

	(void)state;
	put_node(c, "a", "", "unschedulable: true, taints: [{key: k, value: v, effect: NoSchedule}]");
	put_node(c, "b", "", "");
	sched_cluster_remove_node(c, "a");
	sched_request_prepare(c, r);
	nodes_of(c, r, found);
	assert_string_equal(found, "b");
	put_node(c, "c", "", "");
	nodes_of(c, r, found);
	assert_string_equal(found, "bc");
	sched_request_unref(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_equal_conditions_share),
		cmocka_unit_test(test_tainted_node_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
