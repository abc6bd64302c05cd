/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The meaning of plain scalars, as goyaml.v2 finds it (resolve.go): the first character decides
 * what is tried at all, so that most text costs one look.
 */
#include "lib/object/yaml_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* --- words ---------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	enum value_type type;
	bool boolean;
	double number;
} words[] = {
	{ "y", VALUE_BOOL, true, 0 },
	{ "Y", VALUE_BOOL, true, 0 },
	{ "yes", VALUE_BOOL, true, 0 },
	{ "Yes", VALUE_BOOL, true, 0 },
	{ "YES", VALUE_BOOL, true, 0 },
	{ "true", VALUE_BOOL, true, 0 },
	{ "True", VALUE_BOOL, true, 0 },
	{ "TRUE", VALUE_BOOL, true, 0 },
	{ "on", VALUE_BOOL, true, 0 },
	{ "On", VALUE_BOOL, true, 0 },
	{ "ON", VALUE_BOOL, true, 0 },
	{ "n", VALUE_BOOL, false, 0 },
	{ "N", VALUE_BOOL, false, 0 },
	{ "no", VALUE_BOOL, false, 0 },
	{ "No", VALUE_BOOL, false, 0 },
	{ "NO", VALUE_BOOL, false, 0 },
	{ "false", VALUE_BOOL, false, 0 },
	{ "False", VALUE_BOOL, false, 0 },
	{ "FALSE", VALUE_BOOL, false, 0 },
	{ "off", VALUE_BOOL, false, 0 },
	{ "Off", VALUE_BOOL, false, 0 },
	{ "OFF", VALUE_BOOL, false, 0 },
	{ "~", VALUE_NULL, false, 0 },
	{ "null", VALUE_NULL, false, 0 },
	{ "Null", VALUE_NULL, false, 0 },
	{ "NULL", VALUE_NULL, false, 0 },
	{ ".nan", VALUE_FLOAT, false, NAN },
	{ ".NaN", VALUE_FLOAT, false, NAN },
	{ ".NAN", VALUE_FLOAT, false, NAN },
	{ ".inf", VALUE_FLOAT, false, INFINITY },
	{ ".Inf", VALUE_FLOAT, false, INFINITY },
	{ ".INF", VALUE_FLOAT, false, INFINITY },
	{ "+.inf", VALUE_FLOAT, false, INFINITY },
	{ "+.Inf", VALUE_FLOAT, false, INFINITY },
	{ "+.INF", VALUE_FLOAT, false, INFINITY },
	{ "-.inf", VALUE_FLOAT, false, -INFINITY },
	{ "-.Inf", VALUE_FLOAT, false, -INFINITY },
	{ "-.INF", VALUE_FLOAT, false, -INFINITY },
};

enum { WORD_MAX = 5 };

static bool resolve_word(const char *s, struct value *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].text[0] != s[0] || strcmp(words[i].text, s) != 0)
			continue;
		ret->type = words[i].type;
		if (ret->type == VALUE_BOOL)
			ret->boolean = words[i].boolean;
		else if (ret->type == VALUE_FLOAT)
			ret->number = words[i].number;
		return true;
	}
	return false;
}

/* --- numbers -------------------------------------------------------------------------------- */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Behind the prefix that names the base: 0x, 0o, 0b, or a 0 before other digits. */
static const char *skip_base(const char *s, int *ret_base)
{
	*ret_base = 10;
	if (s[0] != '0' || s[1] == '\0')
		return s;
	switch (s[1]) {
	case 'x':
	case 'X':
		*ret_base = 16;
		return s + 2;
	case 'o':
	case 'O':
		*ret_base = 8;
		return s + 2;
	case 'b':
	case 'B':
		*ret_base = 2;
		return s + 2;
	}
	*ret_base = 8;
	return s + 1;
}

/* Go's ParseInt(s, 0, 64), and ParseUint where that overflows; resolve.go also reads a sign behind 0b. */
static bool resolve_int(const char *s, struct value *ret)
{
	bool negative, sign;
	uint64_t n = 0;
	int base;

	if (s[0] == '0' && s[1] == 'b' && (s[2] == '+' || s[2] == '-')) {
		sign = true;
		negative = s[2] == '-';
		base = 2;
		s += 3;
	} else {
		negative = *s == '-';
		sign = *s == '-' || *s == '+';
		s = skip_base(s + sign, &base);
	}
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		int digit = digit_value(*s);

		if (digit >= base || __builtin_mul_overflow(n, (uint64_t)base, &n) ||
			__builtin_add_overflow(n, (uint64_t)digit, &n))
			return false;
	}
	if (n <= (uint64_t)INT64_MAX + negative) {
		ret->type = VALUE_INT;
		ret->integer = negative ? (int64_t)-n : (int64_t)n;
		return true;
	}
	if (sign)
		return false;
	ret->type = VALUE_FLOAT;
	ret->number = (double)n;
	return true;
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool is_float(const char *s)
{
	size_t whole, fraction = 0;

	if (*s == '+' || *s == '-')
		s++;
	whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.') {
		fraction = strspn(++s, "0123456789");
		s += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		if (strspn(s, "0123456789") == 0)
			return false;
		s += strspn(s, "0123456789");
	}
	return *s == '\0';
}

static bool resolve_float(const char *s, struct value *ret)
{
	double d;

	if (!is_float(s))
		return false;
	d = strtod(s, NULL);
	if (isinf(d))
		return false;
	ret->type = VALUE_FLOAT;
	ret->number = d;
	return true;
}

/* S without its underscores, for the caller to free; NULL: it has none. */
static char *without_underscores(const char *s, size_t len)
{
	char *plain, *to;

	if (!memchr(s, '_', len))
		return NULL;
	to = plain = xstrndup(s, len);
	for (; *s; s++)
		if (*s != '_')
			*to++ = *s;
	*to = '\0';
	return plain;
}

/* Underscores do not count: 1_000. */
static void resolve_number(const char *s, size_t len, struct value *ret)
{
	_cleanup_(freep) char *plain = without_underscores(s, len);

	s = plain ? plain : s;
	if (!resolve_int(s, ret))
		resolve_float(s, ret);
}

/* What begins with a point goes to Go's ParseFloat as it is, which takes underscores between digits only. */
static void resolve_fraction(const char *s, size_t len, struct value *ret)
{
	_cleanup_(freep) char *plain = without_underscores(s, len);

	for (size_t i = 1; i < len; i++)
		if (s[i] == '_' && (digit_value(s[i - 1]) > 9 || digit_value(s[i + 1]) > 9))
			return;
	resolve_float(plain ? plain : s, ret);
}

void yaml_resolve(const char *s, size_t len, struct value *ret)
{
	ret->type = VALUE_STRING;
	switch (s[0]) {
	case '\0':
		if (len == 0)
			ret->type = VALUE_NULL;
		return;
	case 'y':
	case 'Y':
	case 'n':
	case 'N':
	case 't':
	case 'T':
	case 'f':
	case 'F':
	case 'o':
	case 'O':
	case '~':
		if (len <= WORD_MAX)
			resolve_word(s, ret);
		return;
	case '.':
		if (len > WORD_MAX || !resolve_word(s, ret))
			resolve_fraction(s, len, ret);
		return;
	case '+':
	case '-':
		if (len > WORD_MAX || !resolve_word(s, ret))
			resolve_number(s, len, ret);
		return;
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		resolve_number(s, len, ret);
		return;
	}
}
