/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/ctl/ctl.h"

static const char *const outputs[] = { "json", "yaml", NULL };

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "namespace", NULL },
	{ "all-namespaces", 'A', CTL_FLAG, NULL, "all", NULL },
	{ "watch", 'w', CTL_FLAG, NULL, "watch", NULL },
	{ "tail", 0, CTL_INT, "N", "lines", NULL },
	{ "timeout", 0, CTL_DURATION, "D", "how long", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "format", outputs },
};
static const struct ctl_verb verb = {
	"get",
	"KIND",
	"prints objects",
	CTL_OPTIONS(options),
	NULL,
	CTL_WORDS_NONE,
};

static int parse(struct ctl_args *a, struct err *err, const char *const *words)
{
	char *argv[16];
	int argc = 0;
	while (words[argc]) {
		union {
			const char *in;
			char *out;
		} word = { .in = words[argc] };
		argv[argc++] = word.out;
	}
	return ctl_args_parse(&verb, argc, argv, a, err);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void options_and_words_mix(void **state)
{
	(void)state;
	struct ctl_args a;
	struct err err = { 0 };
	assert_int_equal(
		parse(&a, &err, WORDS("pods", "-n", "web", "--tail=5", "a", "-Aw", "--timeout", "1m30s")), 0);
	assert_int_equal(a.word_count, 2);
	assert_string_equal(a.words[0], "pods");
	assert_string_equal(a.words[1], "a");
	assert_string_equal(ctl_string(&a, "namespace"), "web");
	assert_true(ctl_flag(&a, "all-namespaces"));
	assert_true(ctl_flag(&a, "watch"));
	assert_int_equal(ctl_int(&a, "tail", -1), 5);
	assert_int_equal(ctl_duration(&a, "timeout", 0), 90 * NSEC_PER_SEC);
	ctl_args_done(&a);
}

static void absent_options_fall_back(void **state)
{
	(void)state;
	struct ctl_args a;
	assert_int_equal(parse(&a, NULL, WORDS("-")), 0);
	assert_int_equal(a.word_count, 1);
	assert_null(ctl_string(&a, "namespace"));
	assert_false(ctl_flag(&a, "watch"));
	assert_int_equal(ctl_int(&a, "tail", -1), -1);
	assert_int_equal(ctl_duration(&a, "timeout", 7), 7);
	ctl_args_done(&a);
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	struct ctl_args a;
	assert_int_equal(parse(&a, NULL, WORDS("-nweb", "pod", "--", "sh", "-n", "--", "x")), 0);
	assert_string_equal(ctl_string(&a, "namespace"), "web");
	assert_int_equal(a.word_count, 1);
	assert_int_equal(a.rest_count, 4);
	assert_string_equal(a.rest[0], "sh");
	assert_string_equal(a.rest[3], "x");
	ctl_args_done(&a);
}

static void flags_can_be_turned_off(void **state)
{
	(void)state;
	struct ctl_args a;
	assert_int_equal(parse(&a, NULL, WORDS("-w", "--watch=false", "-n=x")), 0);
	assert_false(ctl_flag(&a, "watch"));
	assert_string_equal(ctl_string(&a, "namespace"), "x");
	ctl_args_done(&a);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *words[4];
		const char *message;
	} cases[] = {
		{ { "--namespce", "x" }, "unknown option --namespce; did you mean --namespace?" },
		{ { "--zzz=1" }, "unknown option --zzz" },
		{ { "-x" }, "unknown option -x" },
		{ { "--tail", "many" }, "--tail takes a number, not \"many\"" },
		{ { "--timeout=soon" }, "--timeout takes a duration such as 30s or 5m, not \"soon\"" },
		{ { "--watch=maybe" }, "--watch takes true or false, not \"maybe\"" },
		{ { "--namespace" }, "--namespace needs a value: --namespace NAMESPACE" },
		{ { "-oxml" }, "--output takes one of json, yaml, not \"xml\"" },
		{ { "-n" }, "-n needs a value: -n NAMESPACE" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ctl_args a;
		struct err err = { 0 };
		assert_int_equal(parse(&a, &err, cases[i].words), -EINVAL);
		assert_string_equal(err_text(&err), cases[i].message);
	}
}

static void given_again(void **state)
{
	(void)state;
	struct ctl_args a;
	struct err err = { 0 };
	assert_int_equal(parse(&a, &err, WORDS("-n", "a", "-Aw", "--namespace=b", "x", "-nc")), 0);
	assert_string_equal(ctl_string(&a, "namespace"), "c");
	assert_string_equal(ctl_nth(&a, "namespace", 0), "a");
	assert_string_equal(ctl_nth(&a, "namespace", 1), "b");
	assert_string_equal(ctl_nth(&a, "namespace", 2), "c");
	assert_null(ctl_nth(&a, "namespace", 3));
	assert_null(ctl_nth(&a, "tail", 0));
	ctl_args_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_mix),
		cmocka_unit_test(given_again),
		cmocka_unit_test(absent_options_fall_back),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(flags_can_be_turned_off),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
