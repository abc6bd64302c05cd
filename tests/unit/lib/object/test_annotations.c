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

static const struct said manifests[] = {
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
	{ "printed from the tree",
		SECRET("pintle.dev/source: 'a:1', pintle.dev/commit: x, pintle.dev/digest: d, "
		       "pintle.dev/held: z, "
		       "pintle.dev/left-git: c"),
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
