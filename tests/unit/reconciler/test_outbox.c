/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reconciler/outbox.h"

enum { LARGE = 10000 };

/* COUNT times C. */
static struct outbox_text *text_of(char c, size_t count)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		buf_addc(&b, c);
	return outbox_text_new(&b);
}

/* Sends at most STEP bytes a time, as long as there are any, and says what came: "a3 b10000 …". */
static void drain(struct outbox *o, size_t step, struct buf *out)
{
	_cleanup_(buf_done) struct buf all = BUF_INIT;
	const char *data;
	size_t n, left;

	while ((n = outbox_next(o, &data)) > 0) {
		left = outbox_left(o);
		n = n < step ? n : step;
		buf_add(&all, data, n);
		outbox_sent(o, n);
		assert_int_equal(outbox_left(o), left - n);
	}
	assert_int_equal(outbox_left(o), 0);
	for (size_t i = 0, from = 0; i < all.len; i++)
		if (i + 1 == all.len || all.data[i + 1] != all.data[i]) {
			buf_addf(out, "%s%c%zu", out->len > 0 ? " " : "", all.data[i], i + 1 - from);
			from = i + 1;
		}
}

static void sends(struct outbox *o, size_t step, const char *want)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	drain(o, step, &got);
	assert_string_equal(got.data, want);
}

static void all_comes_in_order(void **state)
{
	static const size_t steps[] = { 1, 7, 4096, 100000 };
	struct outbox_text *one = text_of('s', LARGE), *two = text_of('t', LARGE), *small = text_of('u', 5);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct outbox o;

		outbox_init(&o);
		sends(&o, steps[i], "");
		buf_adds(&o.own, "aaa");
		sends(&o, steps[i], "a3");
		outbox_add(&o, one);
		sends(&o, steps[i], "s10000");
		buf_adds(&o.own, "aaa");
		outbox_add(&o, one);
		buf_adds(&o.own, "bb");
		outbox_add(&o, two);
		outbox_add(&o, small);
		buf_adds(&o.own, "c");
		assert_int_equal(outbox_left(&o), 3 + LARGE + 2 + LARGE + 5 + 1);
		sends(&o, steps[i], "a3 s10000 b2 t10000 u5 c1");
		outbox_done(&o);
	}
	assert_int_equal(one->refs + two->refs + small->refs, 3);
	outbox_text_unref(one);
	outbox_text_unref(two);
	outbox_text_unref(small);
}

/* A slow peer holds the text, not a copy of it; and lets it go. */
static void a_large_text_is_there_once(void **state)
{
	struct outbox_text *t = text_of('s', LARGE);
	struct outbox slow[3];
	const char *data;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		outbox_init(&slow[i]);
		outbox_add(&slow[i], t);
		assert_int_equal(slow[i].own.len, 0);
		assert_int_equal(outbox_next(&slow[i], &data), LARGE);
		assert_ptr_equal(data, t->text.data);
	}
	assert_int_equal(t->refs, 4);
	outbox_sent(&slow[0], LARGE);
	assert_int_equal(t->refs, 3);
	outbox_sent(&slow[1], 1);
	outbox_clear(&slow[1]);
	assert_int_equal(outbox_left(&slow[1]), 0);
	assert_int_equal(t->refs, 2);
	outbox_text_unref(t);
	assert_int_equal(outbox_next(&slow[2], &data), LARGE);
	for (size_t i = 0; i < ARRAY_LEN(slow); i++)
		outbox_done(&slow[i]);
}

static void a_large_buffer_is_given_back(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	for (size_t i = 0; i < 100000; i++)
		buf_addc(&o.own, 'x');
	sends(&o, 1000, "x100000");
	assert_int_equal(o.own.cap, 0);
	buf_adds(&o.own, "y");
	sends(&o, 1, "y1");
	assert_true(o.own.cap > 0);
	outbox_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_in_order),
		cmocka_unit_test(a_large_text_is_there_once),
		cmocka_unit_test(a_large_buffer_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
