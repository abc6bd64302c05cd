/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What `pintle explain` says. tests/explain/PATH.txt is what it says of PATH;
 * build/tests/lib/object/test_explain --update writes these anew; look at what git diff says then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/explain.h"

static void explain(const char *path, bool recursive, struct buf *out)
{
	struct explained e;
	struct err err = { 0 };

	if (explain_find(path, &e, &err) < 0)
		fail_msg("%s: %s", path, err_text(&err));
	explain_write(out, &e, recursive);
}

static void test_leaf(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	explain("deploy.spec.replicas", false, &out);
	assert_string_equal(out.data, "KIND:       Deployment\n"
				      "VERSION:    apps/v1\n"
				      "\n"
				      "FIELD:      replicas <integer>\n"
				      "REQUIRED:   no\n"
				      "DEFAULT:    1\n"
				      "ALLOWED:    0 to 2147483647\n"
				      "SUPPORTED:  yes\n"
				      "\n"
				      "DESCRIPTION:\n"
				      "    How many pods there are to be.\n");
}

static void test_words(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	explain("pods.spec.containers[0].imagePullPolicy", false, &out);
	assert_string_equal(out.data,
		"KIND:       Pod\n"
		"VERSION:    v1\n"
		"\n"
		"FIELD:      imagePullPolicy <string>\n"
		"REQUIRED:   no\n"
		"ALLOWED:    Always, IfNotPresent, Never\n"
		"SUPPORTED:  yes\n"
		"\n"
		"DESCRIPTION:\n"
		"    When to ask the registry: Always for the tag latest or none, else\n"
		"    IfNotPresent.\n");
}

static void test_struct(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	explain("node.spec.taints", false, &out);
	assert_string_equal(out.data,
		"KIND:       Node\n"
		"VERSION:    v1\n"
		"\n"
		"FIELD:      taints <[]Taint>\n"
		"REQUIRED:   no\n"
		"SUPPORTED:  yes\n"
		"\n"
		"DESCRIPTION:\n"
		"    What keeps pods away that don't tolerate it.\n"
		"\n"
		"FIELDS:\n"
		"  key\t<string> -required-\n"
		"      The taint's key.\n"
		"\n"
		"  value\t<string>\n"
		"      Its value.\n"
		"\n"
		"  effect\t<string> -required-\n"
		"      Whether pods that don't tolerate it stay away, rather stay away, or have\n"
		"      to leave.\n"
		"\n"
		"  timeAdded\t<Time>\n"
		"      Since when, for NoExecute.\n");
}

static void test_support(void **state)
{
	static const struct {
		const char *path, *line;
	} cases[] = {
		{ "pod.spec.containers.livenessProbe.grpc",
			"SUPPORTED:  not yet: a workload that uses it is held (NotYetSupported)\n" },
		{ "pod.spec.volumes.csi",
			"SUPPORTED:  refused; CSI drivers need an API server; use a hostPath, nfs or "
			"persistentVolumeClaim\n" },
		{ "pod.spec.serviceAccountName", "SUPPORTED:  accepted, has no effect here; there is no API "
						 "server to talk to, so no token is "
						 "mounted\n" },
		{ "pod.status", "SUPPORTED:  set by Pintle: what a manifest says is ignored\n" },
		{ "pod.status.phase",
			"SUPPORTED:  as status: set by Pintle: what a manifest says is ignored\n" },
		{ "pod.spec.readinessGates.conditionType",
			"SUPPORTED:  as readinessGates: not yet: a workload that uses it is held "
			"(NotYetSupported)\n" },
		{ "pod.apiVersion", "FIELD:      apiVersion <string>\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		explain(cases[i].path, false, &out);
		if (!strstr(out.data, cases[i].line))
			fail_msg("%s: expected %s in\n%s", cases[i].path, cases[i].line, out.data);
	}
}

static void test_recursive(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	explain("pod", true, &out);
	assert_non_null(
		strstr(out.data, "\n  spec\t<PodSpec> -required-\n    initContainers\t<[]Container>\n"));
	assert_non_null(strstr(out.data, "\n            scheme\t<string>\n"));
}

static void test_json(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);
	struct explained e;

	(void)state;
	assert_int_equal(explain_find("pod.spec.readinessGates", &e, NULL), 0);
	explain_write_json(&w, &e);
	assert_string_equal(out.data,
		"{\"kind\":\"Pod\",\"version\":\"v1\",\"name\":\"readinessGates\",\"type\":\"[]"
		"PodReadinessGate\","
		"\"required\":false,\"support\":\"pending\",\"description\":\"Further conditions for the pod "
		"to "
		"be ready.\",\"fields\":[{\"name\":\"conditionType\",\"type\":\"string\",\"required\":true,"
		"\"support\":\"pending\",\"description\":\"The condition that must be True.\"}]}");
}

static void test_not_found(void **state)
{
	static const struct {
		const char *path, *says;
	} cases[] = {
		{ "", "there is no kind `` in this version of Pintle" },
		{ "deploymnt", "there is no kind `deploymnt`; did you mean `deployment`?" },
		{ "podtemplate", "there is no kind `podtemplate` in this version of Pintle" },
		{ "pod.specs", "Pod has no field `specs`; did you mean `spec`?" },
		{ "pod.spec.containers.imagePullPolcy",
			"Container has no field `imagePullPolcy`; did you mean `imagePullPolicy`?" },
		{ "pod.spec.hostname.x", "nothing stands below it, so there is no `x`" },
		{ "pod.spec.qqqqqqqq", "PodSpec has no field `qqqqqqqq`" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct explained e;
		struct err err = { 0 };

		assert_int_equal(explain_find(cases[i].path, &e, &err), -ENOENT);
		assert_string_equal(err.text, cases[i].says);
	}
}

static const struct {
	const char *path;
	bool recursive;
} golden[] = { { "node", true }, { "configmap", false }, { "deployment.spec", false },
	{ "networkpolicy", false } };

static char *golden_file(const char *path)
{
	return xasprintf("tests/explain/%s.txt", path);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		_cleanup_(freep) char *path = golden_file(golden[i].path);
		_cleanup_(buf_done) struct buf want = BUF_INIT;
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		struct err err = { 0 };

		if (fs_read(AT_FDCWD, path, 1 << 20, &want, &err) < 0)
			fail_msg("%s", err_text(&err));
		explain(golden[i].path, golden[i].recursive, &out);
		if (!str_eq(out.data, want.data))
			fail_msg("%s: expected\n%s\nfound\n%s", path, want.data, out.data);
	}
}

static int update(void)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		_cleanup_(freep) char *path = golden_file(golden[i].path);
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		struct explained e;
		struct err err = { 0 };
		int r = explain_find(golden[i].path, &e, &err);

		if (r == 0) {
			explain_write(&out, &e, golden[i].recursive);
			r = fs_write(AT_FDCWD, path, out.data, out.len, 0644, 0, &err);
		}
		if (r < 0) {
			fprintf(stderr, "%s: %s\n", path, err_text(&err));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && str_eq(argv[1], "--update"))
		return update();

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_struct),
		cmocka_unit_test(test_support),
		cmocka_unit_test(test_recursive),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
