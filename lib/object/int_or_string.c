/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/int_or_string.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

int64_t int_or_string_percent(const struct int_or_string *v)
{
	const char *s = v->string;
	size_t digits = s ? strspn(s, "0123456789") : 0;
	int64_t n = 0;

	if (digits == 0 || strcmp(s + digits, "%") != 0)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		n = n * 10 + (s[i] - '0');
		if (n > INT_OR_STRING_PERCENT_MAX)
			return -1;
	}
	return n;
}

bool int_or_string_number(const struct int_or_string *v, int64_t *ret)
{
	if (v->string)
		return str_to_i64(v->string, ret) == 0;
	*ret = v->integer;
	return true;
}

int int_or_string_scale(const struct int_or_string *v, int64_t total, bool up, int64_t *ret)
{
	int64_t percent = int_or_string_percent(v);

	*ret = 0;
	if (!v->set)
		return 0;
	if (percent < 0)
		return int_or_string_number(v, ret) ? 0 : -EINVAL;
	__int128 share = ((__int128)percent * total + (up ? 99 : 0)) / 100;

	*ret = share > INT64_MAX ? INT64_MAX : (int64_t)share;
	return 0;
}

void int_or_string_format(const struct int_or_string *v, struct buf *out)
{
	int64_t percent = int_or_string_percent(v), n;

	if (percent >= 0)
		buf_addf(out, "%lld%%", (long long)percent);
	else if (int_or_string_number(v, &n))
		buf_addf(out, "%lld", (long long)n);
	else
		buf_adds(out, v->string);
}

bool int_or_string_equal(const struct int_or_string *a, const struct int_or_string *b)
{
	_cleanup_(buf_done) struct buf x = BUF_INIT, y = BUF_INIT;

	if (!a->string && !b->string)
		return a->integer == b->integer;
	int_or_string_format(a, &x);
	int_or_string_format(b, &y);
	return strcmp(x.data, y.data) == 0;
}
