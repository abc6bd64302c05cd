/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/pod.h"
#include "nodeagent/oci_spec.h"
#include "nodeagent/seccomp_profile.h"

/* The profile of a container that adds and drops such capabilities (NULL: none), as a value in A. */
static const struct value *profile(struct arena *a, const char *add, const char *drop)
{
	struct capabilities own = {
		.add = { &add, add != NULL },
		.drop = { &drop, drop != NULL },
	};
	struct security_context sc = { .capabilities = &own };
	struct container c = { .security_context = &sc };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct value *v;
	uint64_t set;

	assert_int_equal(oci_capabilities(&c, &set, NULL), 0);
	seccomp_profile_write(&text, set);
	assert_int_equal(json_parse(a, text.data, text.len, &v, NULL), 0);
	return v;
}

static bool names_call(const struct value *rule, const char *call)
{
	const struct value *names = value_get(rule, "names");

	for (size_t i = 0; i < names->list.count; i++)
		if (str_eq(value_string(names->list.items[i]), call))
			return true;
	return false;
}

/* How CALL is answered: "allow", "args" (allowed with some), an errno as text, or "default". */
static const char *answer(const struct value *p, const char *call)
{
	const struct value *rules = value_get(p, "syscalls");
	const char *ret = "default";

	for (size_t i = 0; i < rules->list.count; i++) {
		const struct value *rule = rules->list.items[i];

		if (!names_call(rule, call))
			continue;
		if (!str_eq(value_get_string(rule, "action"), "SCMP_ACT_ALLOW"))
			ret = value_get_int(rule, "errnoRet", 0) == ENOSYS ? "ENOSYS" : "errno";
		else if (value_get(rule, "args"))
			ret = "args";
		else
			return "allow";
	}
	return ret;
}

static void what_is_allowed(void **state)
{
	static const struct {
		const char *call, *plain, *admin, *dropped; /* nothing, add SYS_ADMIN, drop ALL */
	} cases[] = {
		{ "read", "allow", "allow", "allow" },
		{ "execve", "allow", "allow", "allow" },
		{ "openat2", "allow", "allow", "allow" },
		{ "futex_waitv", "allow", "allow", "allow" },
		{ "chroot", "allow", "allow", "default" }, /* SYS_CHROOT is granted by default */
		{ "mount", "default", "allow", "default" },
		{ "setns", "default", "allow", "default" },
		{ "unshare", "default", "allow", "default" },
		{ "bpf", "default", "allow", "default" },
		{ "clone", "args", "allow", "args" },
		{ "clone3", "ENOSYS", "allow", "ENOSYS" },
		{ "socket", "args", "args", "args" },
		{ "personality", "args", "args", "args" },
		{ "reboot", "default", "default", "default" },
		{ "init_module", "default", "default", "default" },
		{ "kexec_load", "default", "default", "default" },
		{ "keyctl", "default", "default", "default" },
		{ "add_key", "default", "default", "default" },
		{ "io_uring_setup", "default", "default", "default" },
		{ "userfaultfd", "default", "default", "default" },
		{ "no_such_call", "default", "default", "default" },
	};
	struct arena *a = arena_new(0);
	const struct value *plain = profile(a, NULL, NULL), *admin = profile(a, "SYS_ADMIN", NULL),
			   *dropped = profile(a, NULL, "all");

	(void)state;
	assert_string_equal(value_get_string(plain, "defaultAction"), "SCMP_ACT_ERRNO");
	assert_int_equal(value_get_int(plain, "defaultErrnoRet", 0), EPERM);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].call);
		assert_string_equal(answer(plain, cases[i].call), cases[i].plain);
		assert_string_equal(answer(admin, cases[i].call), cases[i].admin);
		assert_string_equal(answer(dropped, cases[i].call), cases[i].dropped);
	}
	arena_free(a);
}

static void capabilities_bring_their_calls(void **state)
{
	static const struct {
		const char *capability, *call;
	} cases[] = {
		{ "SYS_TIME", "clock_settime" },
		{ "SYS_BOOT", "reboot" },
		{ "SYS_MODULE", "finit_module" },
		{ "SYS_NICE", "mbind" },
		{ "SYS_RAWIO", "iopl" },
		{ "SYS_PTRACE", "process_madvise" },
		{ "SYS_PACCT", "acct" },
		{ "SYS_TTY_CONFIG", "vhangup" },
		{ "DAC_READ_SEARCH", "open_by_handle_at" },
		{ "SYSLOG", "syslog" },
		{ "BPF", "bpf" },
		{ "PERFMON", "perf_event_open" },
	};
	struct arena *a = arena_new(0);
	const struct value *plain = profile(a, NULL, NULL), *all = profile(a, "ALL", NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].capability);
		assert_string_equal(answer(plain, cases[i].call), "default");
		assert_string_equal(answer(profile(a, cases[i].capability, NULL), cases[i].call), "allow");
		assert_string_equal(answer(all, cases[i].call), "allow");
	}
	arena_free(a);
}

/* The mask must hold every flag that makes a namespace, and no other. */
static void clone_makes_no_namespace(void **state)
{
	const int64_t flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
			      CLONE_NEWNET | CLONE_NEWCGROUP;
	struct arena *a = arena_new(0);
	const struct value *rules = value_get(profile(a, NULL, NULL), "syscalls"), *arg = NULL;

	(void)state;
	for (size_t i = 0; i < rules->list.count; i++)
		if (names_call(rules->list.items[i], "clone"))
			arg = value_get(rules->list.items[i], "args")->list.items[0];
	assert_non_null(arg);
	assert_int_equal(value_get_int(arg, "index", -1), 0);
	assert_int_equal(value_get_int(arg, "value", -1), flags);
	assert_int_equal(value_get_int(arg, "valueTwo", -1), 0);
	assert_string_equal(value_get_string(arg, "op"), "SCMP_CMP_MASKED_EQ");
	arena_free(a);
}

static void nothing_stands_twice(void **state)
{
	struct arena *a = arena_new(0);
	const struct value *rules = value_get(profile(a, NULL, NULL), "syscalls");
	const struct value *names = value_get(rules->list.items[0], "names");

	(void)state;
	for (size_t i = 0; i < names->list.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				value_string(names->list.items[i]), names->list.items[k]->string);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_allowed),
		cmocka_unit_test(capabilities_bring_their_calls),
		cmocka_unit_test(clone_makes_no_namespace),
		cmocka_unit_test(nothing_stands_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
