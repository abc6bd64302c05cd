/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"

static void test_sha256_vectors(void **state)
{
	char hex[SHA256_HEX];

	(void)state; /* FIPS 180-4's examples */
	sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
	assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha256_in_parts(void **state)
{
	uint8_t whole[SHA256_SIZE], parts[SHA256_SIZE];
	char text[1000];

	(void)state;
	memset(text, 'q', sizeof(text));
	sha256(text, sizeof(text), whole);
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	for (size_t i = 0; i < sizeof(text);) {
		size_t n = i % 97 < sizeof(text) - i ? i % 97 : sizeof(text) - i;

		sha256_update(s, text + i, n);
		sha256_update(s, text + i + n, n < sizeof(text) - i);
		i += n + 1;
	}
	sha256_final(s, parts);
	assert_memory_equal(whole, parts, sizeof(whole));
	assert_null(sha256_free(NULL));
}

/* RFC 4231, cases 1, 2, 4 and 6 (a key longer than a block), and an empty key. */
static void test_hmac_vectors(void **state)
{
	char key1[20], key4[25], key6[131], data4[50], hex[SHA256_HEX];
	uint8_t mac[SHA256_SIZE];
	const char *data6 = "Test Using Larger Than Block-Size Key - Hash Key First";

	memset(key1, 0x0b, sizeof(key1));
	for (size_t i = 0; i < sizeof(key4); i++)
		key4[i] = (char)(i + 1);
	memset(data4, 0xcd, sizeof(data4));
	memset(key6, 0xaa, sizeof(key6));

	const struct {
		const void *key, *data;
		size_t key_len, len;
		const char *mac;
	} cases[] = {
		{ key1, "Hi There", sizeof(key1), 8,
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?", 4, 28,
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ key4, data4, sizeof(key4), sizeof(data4),
			"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
		{ key6, data6, sizeof(key6), strlen(data6),
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ "", "", 0, 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		hmac_sha256(cases[i].key, cases[i].key_len, cases[i].data, cases[i].len, mac);
		str_hex(mac, sizeof(mac), hex);
		assert_string_equal(hex, cases[i].mac);
	}
}

/* Names and file orders hang on it: the numbers must never change. */
static void test_hash_is_fixed(void **state)
{
	(void)state;
	assert_true(hash_string("") == 0x0baa562b32f3e2c9);
	assert_true(hash_string("pintle") == 0x4d6a13715dbd3185);
	assert_true(hash_string("default/web-1") == 0xca76a64fc9d5487c);
	assert_true(hash_bytes("12345678", 8) == 0x9d287fd77df8a17f);
	assert_true(hash_bytes("a", 1) != hash_bytes("a\0", 2));
	assert_true(hash_bytes("\0", 1) != hash_bytes("\0\0", 2));
	assert_true(hash_bytes("", 0) != hash_bytes("\0", 1));
}

/* Like random numbers: 4096 similar names leave about 1/e of 4096 slots empty. */
static void test_hash_spreads(void **state)
{
	static bool low[4096], high[4096];
	int low_empty = 0, high_empty = 0;

	(void)state;
	for (int i = 0; i < 4096; i++) {
		char name[32];

		snprintf(name, sizeof(name), "default/pod-%d", i);
		uint64_t h = hash_string(name);
		low[h % 4096] = true;
		high[h >> 52] = true;
	}
	for (int i = 0; i < 4096; i++) {
		low_empty += !low[i];
		high_empty += !high[i];
	}
	assert_in_range(low_empty, 1400, 1620);
	assert_in_range(high_empty, 1400, 1620);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_vectors),
		cmocka_unit_test(test_sha256_in_parts),
		cmocka_unit_test(test_hmac_vectors),
		cmocka_unit_test(test_hash_is_fixed),
		cmocka_unit_test(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
