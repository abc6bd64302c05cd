/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Addresses and host keys: what is taken, and what is said of what isn't. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "lib/base/str.h"
#include "lib/object/ssh_address.h"

#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIG797gwAh2pvfJ5zOzXdg1yc9QeuSO/1nuHVdUPWEXCD"
#define ECDSA                                                                                              \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBN7rWwjcu7+hmu4KONJn3PFRsC8la/rU73RyNxDGnmdM" \
	"maUCyyDx2VBQybdokvWi8S6c4AveYS4utJ/6JV4J+mw="
#define TYPES                                                                                         \
	" is no type of a host key (allowed: ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, " \
	"ecdsa-sha2-nistp521, ssh-rsa)"

static const struct {
	const char *text, *user, *host;
	int port;
	const char *formatted;
} addresses[] = {
	{ "n1", NULL, "n1", 22, "n1" },
	{ "root@n1.example.org", "root", "n1.example.org", 22, "n1.example.org" },
	{ "pintle@10.0.0.7:2222", "pintle", "10.0.0.7", 2222, "10.0.0.7:2222" },
	{ "[fd00::1]", NULL, "fd00::1", 22, "[fd00::1]" },
	{ "a.b-c_d+e@[fe80::1%eth0]:65535", "a.b-c_d+e", "fe80::1%eth0", 65535, "[fe80::1%eth0]:65535" },
	{ "me@corp@n1:1", "me@corp", "n1", 1, "n1:1" },
};

static void test_addresses(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct ssh_address a;
		const char *wrong = ssh_address_parse(arena, addresses[i].text, &a);

		if (wrong)
			fail_msg("%s: %s", addresses[i].text, wrong);
		assert_true(str_eq(a.user, addresses[i].user));
		assert_string_equal(a.host, addresses[i].host);
		assert_int_equal(a.port, addresses[i].port);
		assert_string_equal(ssh_address_format(arena, &a), addresses[i].formatted);
	}
	arena_free(arena);
}

struct wrong {
	const char *text, *says;
};

static const struct wrong wrong_addresses[] = {
	{ "", "must be [USER@]HOST[:PORT], but has no host" },
	{ "root@", "must be [USER@]HOST[:PORT], but has no host" },
	{ "@n1", "`` is no name of a user" },
	{ ":22", "must be [USER@]HOST[:PORT], but has no host" },
	{ "n1:0", "`0` is no port (1 to 65535)" },
	{ "n1:65536", "`65536` is no port (1 to 65535)" },
	{ "n1:ssh", "`ssh` is no port (1 to 65535)" },
	{ "n1:", "`` is no port (1 to 65535)" },
	{ "fd00::1", "an IPv6 address stands in brackets: `[fd00::1]`" },
	{ "[fd00::1", "`[fd00::1` has no closing bracket" },
	{ "[n1]", "`n1` is no IPv6 address" },
	{ "[fd00::1]22", "`22` is no port (1 to 65535)" },
	{ "[fe80::1%]", "`fe80::1%` is no IPv6 address" },
	/* What ssh(1) would take for an option, or a shell for more than a word. */
	{ "-oProxyCommand=x", "`-oProxyCommand=x` is no name or address of a host" },
	{ "-l@n1", "`-l` is no name of a user" },
	{ "n 1", "`n 1` is no name or address of a host" },
	{ "n1;reboot", "`n1;reboot` is no name or address of a host" },
	{ "ssh://n1", "`//n1` is no port (1 to 65535)" },
};

static void test_wrong_addresses(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong_addresses); i++) {
		struct ssh_address a;
		const char *wrong = ssh_address_parse(arena, wrong_addresses[i].text, &a);

		if (!wrong || !str_eq(wrong, wrong_addresses[i].says))
			fail_msg("\"%s\": expected: %s\nfound: %s", wrong_addresses[i].text,
				wrong_addresses[i].says, wrong ? wrong : "nothing wrong");
	}
	arena_free(arena);
}

static void test_host_keys(void **state)
{
	struct arena *arena = arena_new(0);
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(arena,
		"# n1:22 SSH-2.0-OpenSSH\n\nssh-ed25519 " ED25519 " root@n1\r\n  ecdsa-sha2-nistp256\t" ECDSA,
		&keys);

	(void)state;
	assert_null(wrong);
	assert_int_equal(keys.count, 2);
	assert_string_equal(keys.items[0].type, "ssh-ed25519");
	assert_string_equal(keys.items[0].base64, ED25519);
	assert_int_equal(keys.items[0].len, 51);
	assert_string_equal(ssh_fingerprint(arena, keys.items[0].blob, keys.items[0].len),
		"SHA256:FlGY3aHy9hZmCcDnEQLfoX9WLYrwuuxI/OP7ZPn9VGQ");
	assert_string_equal(keys.items[1].type, "ecdsa-sha2-nistp256");
	assert_true(ssh_host_key_is_modern(&keys.items[1]));
	assert_false(ssh_host_key_is_modern(&(struct ssh_host_key){ .type = "ssh-rsa" }));
	arena_free(arena);
}

static const struct wrong wrong_keys[] = {
	{ "", "must be `TYPE BASE64`, but is empty" },
	{ "# ssh-ed25519 " ED25519 "\n", "must be `TYPE BASE64`, but is empty" },
	{ "ssh-ed25519", "must be `TYPE BASE64`, but the key behind `ssh-ed25519` is missing" },
	{ "n1 ssh-ed25519 " ED25519, "must be `TYPE BASE64`: leave out `n1` before `ssh-ed25519`" },
	{ "ssh-dss AAAA", "`ssh-dss`" TYPES },
	{ ED25519, "`" ED25519 "`" TYPES },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG79",
		"the ssh-ed25519 key is not whole: the text behind its type is none such" },
	{ "ssh-ed25519 " ECDSA, "the ssh-ed25519 key is not whole: the text behind its type is none such" },
	{ "ssh-ed25519 *", "the ssh-ed25519 key is not whole: the text behind its type is none such" },
};

static void test_wrong_keys(void **state)
{
	struct arena *arena = arena_new(0);
	struct ssh_host_keys keys;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong_keys); i++) {
		const char *wrong = ssh_host_keys_parse(arena, wrong_keys[i].text, &keys);

		if (!wrong || !str_eq(wrong, wrong_keys[i].says))
			fail_msg("\"%s\": expected: %s\nfound: %s", wrong_keys[i].text, wrong_keys[i].says,
				wrong ? wrong : "nothing wrong");
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_wrong_addresses),
		cmocka_unit_test(test_host_keys),
		cmocka_unit_test(test_wrong_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
