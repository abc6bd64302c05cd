/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  annotations:\n"
#define KEY                                         \
	"    pintle.dev/ssh-host-key: ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIG797gwAh2pvfJ5zOzXdg1yc9QeuSO/1nuHVdUPWEXCD\n"
#define SAID "Node/n1: metadata.annotations[\"pintle.dev/"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, value: b, effect: NoSchedule}], unschedulable: true}\n"
		"status: {capacity: {cpu: 4}}\n",
		"" },
	{ "no spec",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"\n",
		"" },
	{ "taints",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, effect: NoRun}, {effect: NoSchedule}, {key: \"a b\", effect: "
		"NoExecute}]}\n",
		"a.yaml:4:34: error: Node/x: spec.taints[0].effect: `NoRun` is not allowed (allowed: "
		"NoSchedule, PreferNoSchedule, NoExecute)\n"
		"a.yaml:4:42: error: Node/x: spec.taints[1].key: is required\n"
		"a.yaml:4:70: error: Node/x: spec.taints[2].key: `a b` must be letters, digits, \"-\", \"_\" "
		"and \".\", start and end with a letter or digit, and may have a DNS name and \"/\" before "
		"it\n" },
	{ "same taint",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, effect: NoSchedule}, {key: a, value: b, effect: NoSchedule}]}\n",
		"a.yaml:4:47: error: Node/x: spec.taints[1]: key,effect `a,NoSchedule` is already used in "
		"line 4\n" },
	{ "subnet",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {podCIDR: 10.0.0.0, podCIDRs: [10.0.0.0/33]}\n",
		"a.yaml:4:17: error: Node/x: spec.podCIDR: `10.0.0.0` is no network such as 10.0.0.0/16\n"
		"a.yaml:4:37: error: Node/x: spec.podCIDRs: must begin with podCIDR\n"
		"a.yaml:4:38: error: Node/x: spec.podCIDRs[0]: `10.0.0.0/33` is no network such as "
		"10.0.0.0/16\n" },
	{ "annotations",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata:\n"
		"  name: host\n"
		"  annotations: {pintle.dev/local: \"true\", pintle.dev/ssh: root@n}\n",
		"a.yaml:5:59: error: Node/host: metadata.annotations[\"pintle.dev/ssh\"]: can't be given "
		"with pintle.dev/local: \"true\"\n" },
	{ "local",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata:\n"
		"  name: host\n"
		"  annotations: {pintle.dev/local: \"yes\"}\n",
		"a.yaml:5:35: error: Node/host: metadata.annotations[\"pintle.dev/local\"]: must be \"true\" "
		"or \"false\"\n" },
	{ "over SSH",
		NODE "    pintle.dev/ssh: root@n.example.org:2222\n    pintle.dev/transport: openssh\n"
		     "    pintle.dev/address: 10.0.0.7\n" KEY,
		"" },
	{ "over SSH to nowhere", NODE KEY "    pintle.dev/ssh: root@\n",
		"a.yaml:7:21: error: " SAID "ssh\"]: must be [USER@]HOST[:PORT], but has no host\n" },
	{ "over SSH without a host key", NODE "    pintle.dev/ssh: n1\n",
		"a.yaml:6:21: error: " SAID "ssh\"]: needs pintle.dev/ssh-host-key beside it, the host's "
		"public key: `TYPE BASE64` of /etc/ssh/ssh_host_ed25519_key.pub there, or of what "
		"`ssh-keyscan -t ed25519 n1` prints\n" },
	{ "… of another port", NODE "    pintle.dev/ssh: \"[fd00::1]:2222\"\n",
		"a.yaml:6:21: error: " SAID "ssh\"]: needs pintle.dev/ssh-host-key beside it, the host's "
		"public key: `TYPE BASE64` of /etc/ssh/ssh_host_ed25519_key.pub there, or of what "
		"`ssh-keyscan -t ed25519 -p 2222 fd00::1` prints\n" },
	{ "a host key that is none", NODE "    pintle.dev/ssh: n1\n    pintle.dev/ssh-host-key: \"*\"\n",
		"a.yaml:7:30: error: " SAID "ssh-host-key\"]: `*` is no type of a host key (allowed: "
		"ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-rsa)\n" },
	{ "an RSA key alone",
		NODE
		"    pintle.dev/ssh: n1\n    pintle.dev/ssh-host-key: ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n",
		"a.yaml:7:30: error: " SAID "ssh-host-key\"]: needs a key of type ssh-ed25519 or "
		"ecdsa-sha2-nistp256 (RSA goes with pintle.dev/transport: openssh)\n" },
	{ "an RSA key for the ssh program",
		NODE "    pintle.dev/ssh: n1\n    pintle.dev/ssh-host-key: ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n"
		     "    pintle.dev/transport: openssh\n",
		"" },
	{ "another transport", NODE "    pintle.dev/ssh: n1\n    pintle.dev/transport: telnet\n" KEY,
		"a.yaml:7:27: error: " SAID "transport\"]: must be ssh or openssh, but is `telnet`\n" },
	{ "SSH's alone", NODE "    pintle.dev/transport: ssh\n" KEY,
		"a.yaml:6:27: warning: " SAID "transport\"]: means nothing without pintle.dev/ssh\n"
		"a.yaml:7:30: warning: " SAID "ssh-host-key\"]: means nothing without pintle.dev/ssh\n" },
	{ "no address", NODE "    pintle.dev/address: fd00::1\n",
		"a.yaml:6:25: error: " SAID "address\"]: must be an IPv4 address, but is `fd00::1`\n" },
	{ "an address of no host", NODE "    pintle.dev/address: 127.0.0.1\n",
		"a.yaml:6:25: error: " SAID "address\"]: may not be in the loopback range (127.0.0.0/8, "
		"::1)\n" },
	{ "namespace",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: host, namespace: x}\n",
		"a.yaml:3:35: error: Node/host: metadata.namespace: can't be given: a Node is in no "
		"namespace\n" },
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
