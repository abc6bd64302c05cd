/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Quantities, exactly.
 *
 * Text is a row of decimal digits with a point somewhere, times a power of ten or of two. A
 * power of ten only moves the point. What stands before the point is then an integer
 * and is multiplied by the nano-units in one unit (a power of two times 10^9); what
 * stands behind it is folded in from its last digit, dividing by ten at each step and
 * remembering whether anything was cut off, so that rounding up (away from zero) is exact
 * however many digits there are. All of it fits in 128 bits: 2^63 units are 2^93 nano-units.
 */
#include "lib/object/quantity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef unsigned __int128 u128;

#define NANO ((__int128)1000000000)
/* Two of the largest amounts can still be added. */
#define NANO_MAX (((u128)1 << 126) - 1)
/* As ParseQuantity has it, binary amounts end earlier. */
#define BINARY_MAX ((u128)INT64_MAX * (u128)NANO)

enum { EXPONENT_MAX = 100 }; /* beyond it everything is clamped, or rounded to one nano-unit */

struct suffix {
	const char *text;
	int exponent; /* of ten or of two */
	enum quantity_format format;
};

static const struct suffix suffixes[] = {
	{ "", 0, QUANTITY_DECIMAL_SI },
	{ "n", -9, QUANTITY_DECIMAL_SI },
	{ "u", -6, QUANTITY_DECIMAL_SI },
	{ "m", -3, QUANTITY_DECIMAL_SI },
	{ "k", 3, QUANTITY_DECIMAL_SI },
	{ "M", 6, QUANTITY_DECIMAL_SI },
	{ "G", 9, QUANTITY_DECIMAL_SI },
	{ "T", 12, QUANTITY_DECIMAL_SI },
	{ "P", 15, QUANTITY_DECIMAL_SI },
	{ "E", 18, QUANTITY_DECIMAL_SI },
	{ "Ki", 10, QUANTITY_BINARY_SI },
	{ "Mi", 20, QUANTITY_BINARY_SI },
	{ "Gi", 30, QUANTITY_BINARY_SI },
	{ "Ti", 40, QUANTITY_BINARY_SI },
	{ "Pi", 50, QUANTITY_BINARY_SI },
	{ "Ei", 60, QUANTITY_BINARY_SI },
};

/* --- parsing -------------------------------------------------------------------------------- */

/* "e3", "E-6": the exponent of ten, held within ±EXPONENT_MAX. */
static bool exponent_parse(const char *s, int *ret)
{
	bool negative = false;
	int e = 0;

	if (s[0] != 'e' && s[0] != 'E')
		return false;
	s++;
	if (*s == '+' || *s == '-')
		negative = *s++ == '-';
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (e < EXPONENT_MAX)
			e = e * 10 + (*s - '0');
	}
	*ret = negative ? -e : e;
	return true;
}

static bool suffix_parse(const char *s, struct suffix *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (strcmp(s, suffixes[i].text) == 0) {
			*ret = suffixes[i];
			return true;
		}
	}
	ret->format = QUANTITY_DECIMAL_EXPONENT;
	return exponent_parse(s, &ret->exponent);
}

/* Digits of a number, the point taken out. */
struct digits {
	const char *whole, *fraction; /* digits before and behind the point as written */
	size_t whole_len, fraction_len;
};

static char digit_at(const struct digits *d, size_t i)
{
	return i < d->whole_len ? d->whole[i] : d->fraction[i - d->whole_len];
}

static const char *digits_scan(const char *s, struct digits *ret)
{
	ret->whole = s;
	ret->whole_len = strspn(s, "0123456789");
	s += ret->whole_len;
	ret->fraction = s;
	ret->fraction_len = 0;
	if (*s == '.') {
		ret->fraction = ++s;
		ret->fraction_len = strspn(s, "0123456789");
		s += ret->fraction_len;
	}
	return ret->whole_len + ret->fraction_len > 0 ? s : NULL;
}

/* D with its point moved right by SHIFT, times UNIT, rounded up; NANO_MAX at most. */
static u128 digits_value(const struct digits *d, long shift, u128 unit)
{
	long count = (long)(d->whole_len + d->fraction_len);
	long point = (long)d->whole_len + shift;
	u128 whole = 0, part = 0;
	bool cut = false;

	for (long i = 0; i < point && (i < count || whole > 0); i++) {
		if (whole > NANO_MAX / 10)
			return NANO_MAX;
		whole = whole * 10 + (i < count ? (u128)(digit_at(d, (size_t)i) - '0') : 0);
	}
	for (long i = count - 1; i >= point && i >= 0; i--) {
		part += (u128)(digit_at(d, (size_t)i) - '0') * unit;
		cut = cut || part % 10 != 0;
		part /= 10;
	}
	for (long i = point; i < 0 && part > 0; i++) {
		cut = cut || part % 10 != 0;
		part /= 10;
	}
	if (__builtin_mul_overflow(whole, unit, &whole) || whole > NANO_MAX)
		return NANO_MAX;
	whole += part + cut;
	return whole > NANO_MAX ? NANO_MAX : whole;
}

int quantity_parse(const char *s, struct quantity *ret)
{
	struct suffix suffix = { 0 };
	struct digits digits;
	bool negative = *s == '-';
	u128 nano;

	if (*s == '-' || *s == '+')
		s++;
	s = digits_scan(s, &digits);
	if (!s || !suffix_parse(s, &suffix))
		return -EINVAL;
	if (suffix.format == QUANTITY_BINARY_SI) {
		nano = digits_value(&digits, 0, (u128)NANO << suffix.exponent);
		if (nano > BINARY_MAX)
			nano = BINARY_MAX;
	} else {
		nano = digits_value(&digits, suffix.exponent, (u128)NANO);
	}
	if (suffix.format == QUANTITY_BINARY_SI && nano > 0 && nano < (u128)NANO)
		suffix.format = QUANTITY_DECIMAL_SI; /* as ParseQuantity has it */
	*ret = (struct quantity){
		.nano = negative ? -(__int128)nano : (__int128)nano, .format = suffix.format, .set = true
	};
	return 0;
}

/* --- formatting ----------------------------------------------------------------------------- */

static char *u64_format(char *out, u128 n)
{
	char digits[40];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + (int)(n % 10));
		n /= 10;
	} while (n > 0);
	memcpy(out, digits + i, sizeof(digits) - i);
	return out + (sizeof(digits) - i);
}

static const char *suffix_for(enum quantity_format format, int exponent)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (suffixes[i].format == format && suffixes[i].exponent == exponent)
			return suffixes[i].text;
	return "";
}

/* The mantissa as small, and so the exponent as large, as it goes without a fraction. */
static void format_decimal(u128 nano, enum quantity_format format, char *out)
{
	int exponent = -9;

	while ((exponent < 18 || format == QUANTITY_DECIMAL_EXPONENT) && nano % 1000 == 0) {
		nano /= 1000;
		exponent += 3;
	}
	out = u64_format(out, nano);
	if (format == QUANTITY_DECIMAL_EXPONENT && exponent != 0)
		sprintf(out, "e%d", exponent);
	else
		strcpy(out, suffix_for(QUANTITY_DECIMAL_SI, exponent));
}

static void format_binary(u128 nano, char *out)
{
	u128 units = nano / (u128)NANO;
	int exponent = 0;

	while (exponent < 60 && units % 1024 == 0) {
		units /= 1024;
		exponent += 10;
	}
	strcpy(u64_format(out, units), exponent ? suffix_for(QUANTITY_BINARY_SI, exponent) : "");
}

char *quantity_format(const struct quantity *q, char *ret)
{
	bool negative = q->nano < 0;
	u128 nano = negative ? -(u128)q->nano : (u128)q->nano;
	char *out = ret;

	if (nano == 0)
		return strcpy(ret, "0");
	if (negative)
		*out++ = '-';
	/* Small and broken binary amounts are written in decimal, as apimachinery does, so that nothing is lost. */
	if (q->format == QUANTITY_BINARY_SI && nano >= 1024 * (u128)NANO && nano % (u128)NANO == 0)
		format_binary(nano, out);
	else
		format_decimal(nano,
			q->format == QUANTITY_DECIMAL_EXPONENT ? QUANTITY_DECIMAL_EXPONENT
							       : QUANTITY_DECIMAL_SI,
			out);
	return ret;
}

/* --- arithmetic ----------------------------------------------------------------------------- */

int quantity_cmp(const struct quantity *a, const struct quantity *b)
{
	return (a->nano > b->nano) - (a->nano < b->nano);
}

/* N / D rounded away from zero, clamped to int64. */
static int64_t divided_up(__int128 n, __int128 d)
{
	__int128 r = n / d;

	if (r * d != n)
		r += n > 0 ? 1 : -1;
	if (r > INT64_MAX)
		return INT64_MAX;
	return r < INT64_MIN ? INT64_MIN : (int64_t)r;
}

int64_t quantity_units(const struct quantity *q)
{
	return divided_up(q->nano, NANO);
}

int64_t quantity_milli(const struct quantity *q)
{
	return divided_up(q->nano, NANO / 1000);
}

static __int128 clamped(__int128 nano)
{
	if (nano > (__int128)NANO_MAX)
		return (__int128)NANO_MAX;
	return nano < -(__int128)NANO_MAX ? -(__int128)NANO_MAX : nano;
}

struct quantity quantity_from_units(int64_t units, enum quantity_format format)
{
	return (struct quantity){ .nano = units * NANO, .format = format, .set = true };
}

struct quantity quantity_from_milli(int64_t milli, enum quantity_format format)
{
	return (struct quantity){ .nano = milli * (NANO / 1000), .format = format, .set = true };
}

void quantity_add(struct quantity *sum, const struct quantity *add)
{
	if (sum->nano == 0)
		sum->format = add->format;
	sum->nano = clamped(sum->nano + add->nano);
	sum->set = true;
}

void quantity_sub(struct quantity *from, const struct quantity *sub)
{
	if (from->nano == 0)
		from->format = sub->format;
	from->nano = clamped(from->nano - sub->nano);
	from->set = true;
}
