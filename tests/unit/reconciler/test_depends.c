/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/reconciler/snapshots.h"

#define SECRET(name, on)                                            \
	"---\napiVersion: v1\nkind: Secret\nmetadata: {name: " name \
	", annotations: {pintle.dev/depends-on: '" on "'}}\n"
#define PLAIN(name) "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " name "}\n"
#define FIELD "metadata.annotations[\"pintle.dev/depends-on\"]"

static void test_said(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
		{ SECRET("a", "Secret/b") SECRET("b", "Secret/c") PLAIN("c"), "" },
		/* by itself, and by several names */
		{ SECRET("a", "Secret/b, Secret/default/b, Secret/c") PLAIN("b") PLAIN("c"), "" },
		{ SECRET("a", "Secret/a"), "a.yaml:2:1: error: Secret/default/a: " FIELD
					   ": depends on itself: Secret/default/a (a.yaml:2:1) -> itself\n" },
		/* all of its members, from the least */
		{ SECRET("c", "Secret/a") SECRET("b", "Secret/c") SECRET("a", "Secret/b")
				SECRET("d", "Secret/a"),
			"a.yaml:10:1: error: Secret/default/a: " FIELD
			": depends on itself: Secret/default/a (a.yaml:10:1) -> Secret/default/b "
			"(a.yaml:6:1) -> Secret/default/c (a.yaml:2:1) -> itself\n" },
		/* two of them */
		{ SECRET("a", "Secret/b") SECRET("b", "Secret/a") SECRET("c", "Secret/d")
				SECRET("d", "Secret/c"),
			"a.yaml:2:1: error: Secret/default/a: " FIELD
			": depends on itself: Secret/default/a (a.yaml:2:1) -> Secret/default/b "
			"(a.yaml:6:1) -> itself\n"
			"a.yaml:10:1: error: Secret/default/c: " FIELD
			": depends on itself: Secret/default/c (a.yaml:10:1) -> Secret/default/d "
			"(a.yaml:14:1) -> itself\n" },
		/* that share a member */
		{ SECRET("a", "Secret/b, Secret/c") SECRET("b", "Secret/a") SECRET("c", "Secret/a"),
			"a.yaml:2:1: error: Secret/default/a: " FIELD
			": depends on itself: Secret/default/a (a.yaml:2:1) -> Secret/default/b "
			"(a.yaml:6:1) -> itself\n" },
		/* behind one that is none */
		{ SECRET("a", "Secret/b, Secret/d") SECRET("b", "Secret/c") SECRET("c", "Secret/b")
				PLAIN("d"),
			"a.yaml:6:1: error: Secret/default/b: " FIELD
			": depends on itself: Secret/default/b (a.yaml:6:1) -> Secret/default/c "
			"(a.yaml:10:1) -> itself\n" },
		{ SECRET("a", "Secret/nobody"),
			"a.yaml:2:1: warning: Secret/default/a: " FIELD
			": no manifest defines Secret/default/nobody: this one is held until it is there\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		_cleanup_(snapshot_unrefp) struct snapshot *s = snapshot_of(
			NULL, &(struct file){ "a.yaml", cases[i].yaml }, 1, &text);

		if (!str_eq(text.data, cases[i].said))
			fail_msg("case %zu:\n got  %s\n want %s", i, text.data, cases[i].said);
	}
}

static const char *said_of_next(struct snapshot **s, const char *yaml, struct buf *text)
{
	struct snapshot *next;

	buf_clear(text);
	next = snapshot_of(*s, &(struct file){ "a.yaml", yaml }, 1, text);
	/* What has errors leaves the one before in force. */
	if (next) {
		snapshot_unref(*s);
		*s = next;
	}
	return text->data;
}

static size_t dependents(const struct snapshot *s)
{
	assert_non_null(s);
	return s ? s->dependent_count : 0;
}

/* Whether anything depends on anything is counted from one snapshot to the next. */
static void test_come_and_go(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct snapshot *s = NULL;
	const char *cycle = SECRET("a", "Secret/b") SECRET("b", "Secret/a");

	(void)state;
	said_of_next(&s, PLAIN("a"), &text);
	assert_int_equal(dependents(s), 0);
	assert_non_null(strstr(said_of_next(&s, cycle, &text), "depends on itself"));
	said_of_next(&s, SECRET("a", "Secret/b") PLAIN("b"), &text);
	assert_int_equal(dependents(s), 1);
	assert_non_null(strstr(said_of_next(&s, cycle, &text), "depends on itself"));
	said_of_next(&s, PLAIN("a") PLAIN("b"), &text);
	assert_int_equal(dependents(s), 0);
	snapshot_unref(s);
}

/* A chain as long as a repository is no matter; neither is the cycle that it ends in. */
static void test_long(void **state)
{
	_cleanup_(buf_done) struct buf yaml = BUF_INIT, text = BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		buf_addf(&yaml,
			"---\napiVersion: v1\nkind: Secret\nmetadata: {name: s%u, annotations: "
			"{pintle.dev/depends-on: "
			"Secret/s%u}}\n",
			i, i < 19999 ? i + 1 : 19998);
	assert_null(snapshot_of(NULL, &(struct file){ "a.yaml", yaml.data }, 1, &text));
	assert_non_null(strstr(text.data, "Secret/default/s19998 (a.yaml:79994:1) -> Secret/default/s19999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
