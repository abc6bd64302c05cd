/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/prune.h"
#include "tests/unit/reconciler/snapshots.h"

enum { DEFAULT = 25 };

/* A snapshot of COUNT ConfigMaps c00, c01 … from FIRST on, and of MORE. */
static struct snapshot *config_maps(size_t first, size_t count, const char *more)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT, problems = BUF_INIT;

	for (size_t i = first; i < first + count; i++)
		buf_addf(&text, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%03zu}\n", i);
	buf_addf(&text, "---\n%s", more);
	return snapshot_of(NULL, &(struct file){ "a.yaml", text.data }, 1, &problems);
}

static bool waits(
	const struct snapshot *before, const struct snapshot *after, int64_t percent, struct buf *why)
{
	_cleanup_(prune_done) struct prune p;

	prune_find(before->objects, before->object_count, after, &p);
	return prune_waits(&p, percent, why);
}

#define CLAIM                                                                   \
	"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n" \
	"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
#define NEVER "metadata: {name: data, annotations: {pintle.dev/prune: Never}}"
#define CLAIM_NEVER                                           \
	"apiVersion: v1\nkind: PersistentVolumeClaim\n" NEVER \
	"\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
#define STATEFUL(policy)                                                                           \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n" \
	"  persistentVolumeClaimRetentionPolicy: {whenDeleted: " policy "}\n"                      \
	"  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"         \
	"    spec: {containers: [{name: c, image: i}]}\n"

static void test_numbers(void **state)
{
	static const struct {
		size_t before, gone;
		int64_t percent;
		bool waits;
	} cases[] = {
		{ 10, 9, DEFAULT, false },   /* 90 %, but ten go free */
		{ 12, 10, DEFAULT, false },  /* likewise */
		{ 12, 11, DEFAULT, true },   /* more than ten, and more than a quarter */
		{ 44, 11, DEFAULT, false },  /* exactly a quarter */
		{ 43, 11, DEFAULT, true },   /* a little more */
		{ 100, 25, DEFAULT, false }, /* the limit itself is allowed */
		{ 100, 26, DEFAULT, true },
		{ 100, 50, 50, false },
		{ 100, 51, 50, true },
		{ 100, 99, 100, false }, /* 100: never for the number … */
		{ 100, 100, 100, true }, /* … but nothing at all is another matter */
		{ 100, 1, 0, true },     /* 0: every deletion */
		{ 100, 0, 0, false },
		{ 1, 1, DEFAULT, true },
		{ 0, 0, DEFAULT, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(snapshot_unrefp) struct snapshot *before = config_maps(0, cases[i].before, ""),
							   *after = config_maps(cases[i].gone,
								   cases[i].before - cases[i].gone, "");
		_cleanup_(buf_done) struct buf why = BUF_INIT;
		bool got = waits(before, after, cases[i].percent, &why);

		if (got != cases[i].waits)
			fail_msg("%zu of %zu with %d %%: %s", cases[i].gone, cases[i].before,
				(int)cases[i].percent, got ? why.data : "goes through");
	}
}

static void test_words(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = config_maps(0, 20, CLAIM);
	_cleanup_(snapshot_unrefp) struct snapshot *half = config_maps(0, 8, CLAIM);
	_cleanup_(snapshot_unrefp) struct snapshot *no_claim = config_maps(1, 19, "");
	_cleanup_(snapshot_unrefp) struct snapshot *nothing = config_maps(0, 0, "");
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	(void)state;
	assert_true(waits(before, half, DEFAULT, &why));
	assert_string_equal(why.data,
		"it would delete 12 of the 21 objects in force, more than prune.maxPercent (25 %): "
		"ConfigMap/default/c008, ConfigMap/default/c009, ConfigMap/default/c010, "
		"ConfigMap/default/c011, ConfigMap/default/c012 and 7 more");
	buf_clear(&why);
	assert_true(waits(before, no_claim, DEFAULT, &why));
	assert_string_equal(why.data, "it would delete 2 of the 21 objects in force, with data: "
				      "PersistentVolumeClaim/default/data; in all: ConfigMap/default/c000, "
				      "PersistentVolumeClaim/default/data");
	buf_clear(&why);
	assert_true(waits(before, nothing, 100, &why));
	assert_true(str_starts(why.data,
		"there is no object in it at all, and it would delete 21 of the 21 objects in force; with "
		"data: PersistentVolumeClaim/default/data; in all: ConfigMap/default/c000, "));
}

/* Which single object among twelve may go, and which must wait. */
static void test_data(void **state)
{
	static const struct {
		const char *yaml;
		bool waits;
	} cases[] = {
		{ CLAIM, true },
		{ CLAIM_NEVER, false }, /* it stays */
		{ STATEFUL("Delete"), true },
		{ STATEFUL("Retain"), false },
		{ "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", false },
	};
	_cleanup_(snapshot_unrefp) struct snapshot *after = config_maps(0, 11, "");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(snapshot_unrefp) struct snapshot *before = config_maps(0, 11, cases[i].yaml);

		if (waits(before, after, 100, NULL) != cases[i].waits)
			fail_msg("case %zu should %s", i, cases[i].waits ? "wait" : "go through");
	}
}

/* What stays does not count as deleted, though nothing else is left. */
static void test_never(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = config_maps(0, 0, CLAIM_NEVER),
						   *nothing = config_maps(0, 0, "");

	(void)state;
	assert_false(waits(before, nothing, 0, NULL));
}

/* Confirmed is what the commit that confirms has deleted, not what came later. */
static void test_confirmed(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = config_maps(0, 30, ""),
						   *allowed = config_maps(12, 18, ""),
						   *after = config_maps(25, 5, ""),
						   *forked = config_maps(5, 25, "");
	_cleanup_(prune_done) struct prune p;

	(void)state;
	prune_find(before->objects, before->object_count, after, &p);
	assert_int_equal(p.gone_count, 25);
	prune_confirmed(&p, allowed, forked);
	/* c000 to c004 were not there where it began. */
	assert_int_equal(p.gone_count, 5 + 13);
	assert_string_equal(p.gone[0]->meta->name, "c000");
	assert_string_equal(p.gone[5]->meta->name, "c012");
	prune_confirmed(&p, allowed, NULL);
	assert_int_equal(p.gone_count, 13);
	assert_true(prune_waits(&p, DEFAULT, NULL));
	prune_confirmed(&p, after, NULL);
	assert_int_equal(p.gone_count, 0);
	assert_false(prune_waits(&p, 0, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
