/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "lib/base/str.h"
#include "reconciler/ctl/select.h"

#define MAX 6

/* What WORDS select, as "pods pods/web services", with "+" behind it where several kinds are asked for. */
static void describe(const struct selection *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++)
		buf_addf(out, "%s%s%s%s", i ? " " : "", s->items[i].kind->plural, s->items[i].name ? "/" : "",
			str_or_empty(s->items[i].name));
	if (s->several_kinds)
		buf_adds(out, " +");
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;
	while (n < MAX && words[n])
		n++;
	return n;
}

static void words_select_as_kubectl_does(void **state)
{
	(void)state;
	static const struct {
		const char *words[MAX], *want;
	} cases[] = {
		{ { "pods" }, "pods" },
		{ { "po" }, "pods" },
		{ { "Deployment" }, "deployments" },
		{ { "pods", "web-1", "web-2" }, "pods/web-1 pods/web-2" },
		{ { "pods", "web-1", "web-1" }, "pods/web-1" },
		{ { "po,svc" }, "pods services +" },
		{ { "po,svc", "web" }, "pods/web services/web +" },
		{ { "pod,pods" }, "pods" },
		{ { "pod/web-1" }, "pods/web-1" },
		{ { "pod/web-1", "deploy/hello" }, "pods/web-1 deployments/hello +" },
		{ { "pod/a", "po/b" }, "pods/a pods/b" },
		{ { "all" }, "pods replicationcontrollers services daemonsets deployments replicasets "
			     "statefulsets horizontalpodautoscalers cronjobs jobs +" },
		{ { "no", "vm" }, "nodes/vm" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selection s;
		struct err err = { 0 };
		struct buf got = BUF_INIT;
		assert_int_equal(selection_parse(cases[i].words, count_words(cases[i].words), &s, &err), 0);
		describe(&s, &got);
		assert_string_equal(got.data, cases[i].want);
		buf_done(&got);
	}
}

static void nonsense_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *words[MAX], *message;
	} cases[] = {
		{ { NULL }, "say what: pods, deployments … or all" },
		{ { "podz" }, "unknown kind \"podz\"; did you mean pods?" },
		{ { "qqqqqqqq" }, "unknown kind \"qqqqqqqq\"; pintle explain lists the kinds" },
		{ { "" }, "unknown kind \"\"; pintle explain lists the kinds" },
		{ { "all", "x" }, "\"all\" takes no names" },
		{ { "pod/a", "b" }, "unknown kind \"b\"; pintle explain lists the kinds" },
		{ { "pod/a", "svc" }, "\"svc\" stands beside KIND/NAME: give each as KIND/NAME" },
		{ { "pod", "svc/a" }, "\"svc/a\" stands behind a kind: give each as KIND/NAME" },
		{ { "pod/" }, "\"pod/\" is no KIND/NAME" },
		{ { "pod/a/b" }, "\"pod/a/b\" is no KIND/NAME" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selection s;
		struct err err = { 0 };
		assert_int_equal(
			selection_parse(cases[i].words, count_words(cases[i].words), &s, &err), -EINVAL);
		assert_string_equal(err_text(&err), cases[i].message);
	}
}

static void too_many_names_are_refused(void **state)
{
	(void)state;
	const char *words[SELECT_MAX + 2] = { "pods" };
	char made[SELECT_MAX + 1][8];
	struct selection s;
	struct err err = { 0 };
	for (size_t i = 0; i <= SELECT_MAX; i++) {
		snprintf(made[i], sizeof(made[i]), "p%zu", i);
		words[i + 1] = made[i];
	}
	assert_int_equal(selection_parse(words, SELECT_MAX + 1, &s, &err), 0);
	assert_int_equal(s.count, SELECT_MAX);
	assert_int_equal(selection_parse(words, SELECT_MAX + 2, &s, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_select_as_kubectl_does),
		cmocka_unit_test(nonsense_is_named),
		cmocka_unit_test(too_many_names_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
