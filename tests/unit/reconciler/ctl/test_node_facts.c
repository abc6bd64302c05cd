/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <elf.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/ctl/node_facts.h"

#define NOW (1700000000 * NSEC_PER_SEC)

static void test_take(void **state)
{
	_cleanup_(node_facts_done) struct node_facts f;

	(void)state;
	node_facts_init(&f);
	f.want_cluster_id = "abc";
	node_facts_take(&f,
		"user=ann\ngroup=staff\nuser_home=/home/ann\nmachine=x86_64\nkernel=Linux 6.1\n"
		"sudo=sudo: a password is required\nbanner\nsession=def:/srv/a\nsession=abc:/srv/b\n"
		"session=abcd:/srv/c\n");
	assert_string_equal(f.user, "ann");
	assert_string_equal(f.group, "staff");
	assert_string_equal(f.user_home, "/home/ann");
	assert_string_equal(f.sudo, "sudo: a password is required");
	assert_string_equal(f.session_home, "/srv/b");
	assert_null(f.cluster_id);
	assert_false(f.systemd);
	node_facts_take(&f,
		"systemd=yes\napt=yes\nanswers=yes\ncluster_id=00ff\nagent_keys=\ndisk_kib=4096\ntime=12\n"
		"lacks=program crun\nlacks=library libx.so.1\n");
	assert_true(f.systemd && f.apt && f.answers);
	assert_string_equal(f.cluster_id, "00ff");
	assert_null(f.agent_keys);
	assert_int_equal(f.disk_kib, 4096);
	assert_true(f.time == 12 * NSEC_PER_SEC);
	assert_int_equal(f.lack_count, 2);
	assert_string_equal(f.lacks[1], "library libx.so.1");
}

static void test_judge(void **state)
{
	static const struct {
		const char *name, *said;
		size_t count, hopeless;
		const char *text, *packages;
	} cases[] = {
		{ "all is there", "machine=x86_64\ndisk_kib=9999999\ntime=1700000020\n", 0, 0, "", "" },
		{ "nothing is known", "", 0, 0, "", "" },
		{ "programs", "lacks=program crun\nlacks=program nft\n", 2, 0,
			"the program crun, which runs containers (package crun)\n"
			"the program nft, which sets packet rules (package nftables)\n",
			" crun nftables" },
		{ "a package once", "lacks=library libssl.so.3\nlacks=library libcrypto.so.3\n", 2, 0,
			"the library libssl.so.3 (package libssl3)\nthe library libcrypto.so.3 (package "
			"libssl3)\n",
			" libssl3" },
		{ "a library of nobody", "lacks=library libx.so.1\n", 1, 1, "the library libx.so.1\n", "" },
		{ "the kernel", "lacks=kernel overlayfs\nlacks=cgroup memory\n", 2, 2,
			"overlayfs in the kernel\nthe control group controller memory, below "
			"/sys/fs/cgroup\n",
			"" },
		{ "the machine", "machine=aarch64\nlacks=program crun\n", 2, 1,
			"an agent for aarch64: this one is for x86_64 (--agent FILE gives another)\n"
			"the program crun, which runs containers (package crun)\n",
			" crun" },
		{ "the disk", "disk_kib=102400\n", 1, 1,
			"disk space: 100 MiB are free, and 512 are the least\n", "" },
		{ "ahead", "time=1700000100\n", 1, 1, "the right time: its clock is 100 s ahead\n", "" },
		{ "behind", "time=1699999940\n", 1, 1, "the right time: its clock is 60 s behind\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(node_facts_done) struct node_facts f;
		_cleanup_(buf_done) struct buf out = BUF_INIT, packages = BUF_INIT;
		const struct node_needs needs = { .elf_machine = EM_X86_64, .now = NOW };
		size_t hopeless;

		node_facts_init(&f);
		node_facts_take(&f, cases[i].said);
		size_t count = node_facts_judge(&f, &needs, &out, &packages, &hopeless);
		if (count != cases[i].count || hopeless != cases[i].hopeless)
			fail_msg("%s: %zu are missing, %zu of them for good", cases[i].name, count, hopeless);
		if (!str_eq(out.data, cases[i].text) || !str_eq(packages.data, cases[i].packages))
			fail_msg("%s:\n%s\npackages:%s", cases[i].name, out.data, packages.data);
	}
}

static void test_elf(void **state)
{
	Elf64_Ehdr h = { .e_machine = EM_AARCH64 };

	(void)state;
	memcpy(h.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(node_elf_machine(&h, sizeof(h)), EM_AARCH64);
	assert_int_equal(node_elf_machine(&h, sizeof(h) - 1), 0);
	assert_int_equal(
		node_elf_machine("#!/bin/sh and what follows it, up to the length of a header of ELF", 64),
		0);
}

static void test_script(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	node_facts_root_script(&out, "/usr/local/bin", "/srv/it's", "ann", "liba.so.1 libb.so.2");
	assert_true(str_starts(out.data, "bin='/usr/local/bin'\nhome='/srv/it'\\''s'\nuser='ann'\n"
					 "libs='liba.so.1 libb.so.2'\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
