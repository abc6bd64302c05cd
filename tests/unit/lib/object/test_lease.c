/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Leases: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec:\n"
		"  holderIdentity: me\n"
		"  leaseDurationSeconds: 15\n"
		"  acquireTime: \"2026-01-02T03:04:05.123456Z\"\n"
		"  renewTime: \"2026-01-02T03:04:06.000000+01:00\"\n"
		"  leaseTransitions: 0\n",
		"" },
	{ "numbers",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec: {leaseDurationSeconds: 0, leaseTransitions: -1}\n",
		"a.yaml:4:30: error: Lease/default/leader: spec.leaseDurationSeconds: must be at least 1, "
		"but is 0\n"
		"a.yaml:4:51: error: Lease/default/leader: spec.leaseTransitions: must be at least 0, but is "
		"-1\n" },
	{ "times",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec: {renewTime: yesterday, acquireTime: \"2026-13-01T00:00:00Z\"}\n",
		"a.yaml:4:19: error: Lease/default/leader: spec.renewTime: `yesterday` is no time such "
		"as 2026-01-02T03:04:05.000000Z\n"
		"a.yaml:4:43: error: Lease/default/leader: spec.acquireTime: `2026-13-01T00:00:00Z` is "
		"no time such as 2026-01-02T03:04:05.000000Z\n" },
	{ "choice",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec: {preferredHolder: me, strategy: Oldest}\n",
		"a.yaml:4:39: error: Lease/default/leader: spec.strategy: `Oldest` is not allowed "
		"(allowed: OldestEmulationVersion)\n" },
	{ "preferred",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec: {preferredHolder: me}\n",
		"a.yaml:4:25: error: Lease/default/leader: spec.preferredHolder: needs strategy\n" },
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
