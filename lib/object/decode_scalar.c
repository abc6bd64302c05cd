/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Single values by the row's kind: strings, booleans, numbers, quantities, times, bytes. */
#include "lib/object/decode.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/base64.h"

/* --- strings ---------------------------------------------------------------------------------- */

static bool listed(const char *const *words, const char *s)
{
	for (; words && *words; words++)
		if (strcmp(*words, s) == 0)
			return true;
	return false;
}

/* Kubernetes cannot tell "" from absent in a plain string, so that "" gets the default too. */
static bool empty_is_absent(const struct field *f)
{
	return !(f->flags & (FIELD_REQUIRED | FIELD_NOT_EMPTY)) &&
	       (f->value_default || (f->values && !listed(f->values, "")) || f->rule);
}

static bool word_fits(struct decode *d, const struct field *f, const struct value *v, const char *s)
{
	if (f->values && !listed(f->values, s)) {
		decode_bad_word(d, v, s, f->values);
		return false;
	}
	if (d->mode == DECODE_MANIFEST && d->quiet == 0 && listed(f->values_pending, s)) {
		const char *why = arena_printf(d->arena, "`%s` is not supported yet", s);

		decode_hold(d, v, NULL, why);
	}
	return true;
}

const char *decode_one_string(struct decode *d, const struct field *f, const struct value *v)
{
	const char *s, *wrong;

	if (v->type != VALUE_STRING) {
		decode_wrong_type(d, v, "a string");
		return NULL;
	}
	if (memchr(v->string, '\0', v->len)) {
		decode_broken(d, v, "contains a NUL character");
		return NULL;
	}
	if (v->len == 0 && f->flags & FIELD_NOT_EMPTY) {
		decode_broken(d, v, "must not be empty");
		return NULL;
	}
	if (v->len == 0 && empty_is_absent(f))
		return NULL;
	s = arena_strndup(d->arena, v->string, v->len);
	if (!word_fits(d, f, v, s))
		return NULL;
	wrong = f->rule ? f->rule(d->arena, s) : NULL;
	if (wrong)
		decode_error(d, v, NULL, "%s", wrong);
	return s;
}

static void decode_string(struct decode *d, const struct field *f, const struct value *v, const char **ret)
{
	*ret = decode_one_string(d, f, v);
	if (!*ret && v->type == VALUE_STRING && v->len == 0 && f->value_default)
		*ret = f->value_default;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void out_of_range(struct decode *d, const struct field *f, const struct value *v, int64_t i)
{
	/* The ends of what a number can hold say nothing to people who are beyond the other end. */
	bool no_max = f->max == INT64_MAX || (f->max == INT32_MAX && i < f->min);
	bool no_min = f->min == INT64_MIN || ((f->min == INT32_MIN || f->max == INT32_MAX) && i > f->max);

	if (no_max)
		decode_error(
			d, v, NULL, "must be at least %lld, but is %lld", (long long)f->min, (long long)i);
	else if (no_min)
		decode_error(
			d, v, NULL, "must be at most %lld, but is %lld", (long long)f->max, (long long)i);
	else
		decode_error(d, v, NULL, "must be between %lld and %lld, but is %lld", (long long)f->min,
			(long long)f->max, (long long)i);
}

/* 1e3 and 3.0 are integers to JSON; 2^63 is a double, int64's end is not. */
static bool is_integral(const struct value *v)
{
	return v->number >= -0x1p63 && v->number < 0x1p63 && v->number == (double)(int64_t)v->number;
}

bool decode_one_int(struct decode *d, const struct field *f, const struct value *v, int64_t *ret)
{
	if (v->type == VALUE_INT)
		*ret = v->integer;
	else if (v->type == VALUE_FLOAT && is_integral(v))
		*ret = (int64_t)v->number;
	else {
		decode_wrong_type(d, v, "an integer");
		return false;
	}
	if ((f->min != 0 || f->max != 0) && (*ret < f->min || *ret > f->max))
		out_of_range(d, f, v, *ret);
	return true;
}

static void decode_int_or_string(
	struct decode *d, const struct field *f, const struct value *v, struct int_or_string *ret)
{
	if (v->type == VALUE_STRING) {
		ret->string = decode_one_string(d, f, v);
		ret->set = ret->string != NULL;
	} else if (v->type == VALUE_INT || (v->type == VALUE_FLOAT && is_integral(v))) {
		ret->set = decode_one_int(d, f, v, &ret->integer);
	} else {
		decode_wrong_type(d, v, "an integer or a string");
	}
}

/* What people write for G or Gi, k or Ki: a second guess at TEXT, or NULL. */
static const char *quantity_guess(struct decode *d, const char *text)
{
	char *guess = arena_strdup(d->arena, text);
	size_t len = strlen(guess);
	struct quantity q;

	if (len > 1 && (guess[len - 1] == 'B' || guess[len - 1] == 'b'))
		guess[--len] = '\0';
	if (len > 1 && guess[len - 1] == 'K')
		guess[len - 1] = 'k';
	if (len > 1 && (guess[len - 1] == 'g' || guess[len - 1] == 't'))
		guess[len - 1] = (char)(guess[len - 1] - 'a' + 'A');
	if (len > 2 && guess[len - 1] == 'i' && strchr("kmgt", guess[len - 2]))
		guess[len - 2] = (char)(guess[len - 2] - 'a' + 'A');
	return strcmp(guess, text) != 0 && quantity_parse(guess, &q) == 0 ? guess : NULL;
}

bool decode_one_quantity(struct decode *d, const struct value *v, struct quantity *ret)
{
	const char *text = v->string, *guess;
	char number[JSON_FLOAT_MAX];

	if (v->type == VALUE_INT) {
		*ret = quantity_from_units(v->integer, QUANTITY_DECIMAL_SI);
		return true;
	}
	if (v->type == VALUE_FLOAT)
		text = json_float_format(v->number, number);
	else if (v->type != VALUE_STRING) {
		decode_wrong_type(d, v, "a quantity");
		return false;
	}
	if (quantity_parse(text, ret) == 0 && (v->type == VALUE_FLOAT || strlen(text) == v->len))
		return true;
	guess = quantity_guess(d, text);
	if (guess)
		decode_broken(d, v, "`%s` is not a quantity, did you mean `%s`?", text, guess);
	else
		decode_broken(d, v,
			"`%s` is not a quantity: a number, then nothing or one of n u m k M G T P E Ki Mi Gi "
			"Ti Pi Ei",
			text);
	return false;
}

/* --- the others --------------------------------------------------------------------------------- */

static void decode_bool(struct decode *d, const struct value *v, bool *ret)
{
	if (v->type == VALUE_BOOL)
		*ret = v->boolean;
	else
		decode_wrong_type(d, v, "true or false");
}

static void decode_time(struct decode *d, const struct value *v, struct opt_int *ret)
{
	if (v->type != VALUE_STRING)
		decode_wrong_type(d, v, "a time");
	else if (time_parse(v->string, &ret->value) < 0)
		decode_broken(
			d, v, "`%s` is not a time in RFC 3339, such as 2026-01-02T03:04:05Z", v->string);
	else
		ret->set = true;
}

static void decode_duration(struct decode *d, const struct value *v, struct opt_int *ret)
{
	if (v->type != VALUE_STRING)
		decode_wrong_type(d, v, "a duration such as \"1m30s\"");
	else if (duration_parse(v->string, &ret->value) < 0)
		decode_broken(d, v, "`%s` is not a duration such as 1m30s", v->string);
	else
		ret->set = true;
}

/* What schema_encode wrote in a Secret's place is kept as that text: its value is not to be had from the tree. */
static bool stands_for_secret(const struct decode *d, const struct field *f, const struct value *v)
{
	return d->mode == DECODE_STORED && (f->flags & FIELD_SECRET) && str_starts(v->string, "hmac-sha256:");
}

bool decode_one_bytes(struct decode *d, const struct field *f, const struct value *v, struct bytes *ret)
{
	_cleanup_(buf_done) struct buf bytes = BUF_INIT;
	const char *hint = f->flags & FIELD_SECRET ? " (plain text goes into stringData)" : "";
	enum base64_fault fault;
	size_t at = 0;

	if (v->type != VALUE_STRING) {
		decode_wrong_type(d, v, "base64 text");
		return false;
	}
	if (stands_for_secret(d, f, v)) {
		ret->data = arena_memdup(d->arena, v->string, v->len + 1);
		ret->len = v->len;
		return true;
	}
	fault = base64_decode(v->string, v->len, &bytes, &at);
	if (fault == BASE64_TRUNCATED)
		decode_broken(d, v, "is not base64: it ends within a group of four characters%s", hint);
	else if (fault == BASE64_CHARACTER && v->string[at] >= 0x20 && v->string[at] < 0x7f)
		decode_broken(d, v, "is not base64: character %zu is `%c`%s", at + 1, v->string[at], hint);
	else if (fault == BASE64_CHARACTER)
		decode_broken(d, v, "is not base64: character %zu is 0x%02x%s", at + 1,
			(unsigned char)v->string[at], hint);
	if (fault != BASE64_OK)
		return false;
	ret->data = arena_memdup(d->arena, bytes.data, bytes.len + 1);
	ret->len = bytes.len;
	return true;
}

void decode_scalar(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct opt_bool *opt_bool = member;
	struct opt_int *opt_int = member;
	struct quantity *quantity = member;
	size_t broken = d->broken;

	switch (f->kind) {
	case FIELD_STRING:
		decode_string(d, f, v, member);
		break;
	case FIELD_BOOL:
		decode_bool(d, v, member);
		break;
	case FIELD_OPT_BOOL:
		decode_bool(d, v, &opt_bool->value);
		opt_bool->set = d->broken == broken;
		break;
	case FIELD_INT:
		decode_one_int(d, f, v, member);
		break;
	case FIELD_OPT_INT:
		opt_int->set = decode_one_int(d, f, v, &opt_int->value);
		break;
	case FIELD_QUANTITY:
		decode_one_quantity(d, v, quantity);
		break;
	case FIELD_INT_OR_STRING:
		decode_int_or_string(d, f, v, member);
		break;
	case FIELD_TIME:
		decode_time(d, v, opt_int);
		break;
	case FIELD_DURATION:
		decode_duration(d, v, opt_int);
		break;
	case FIELD_BYTES:
		decode_one_bytes(d, f, v, member);
		break;
	case FIELD_STRUCT:
	case FIELD_EMBED:
	case FIELD_INLINE:
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
	case FIELD_ANY:
	case FIELD_NONE:
		break;
	}
}

/* A default's words as the value that a manifest with them would have. */
static struct value default_value(const struct field *f)
{
	const char *words = f->value_default;
	struct value v = { .type = VALUE_STRING, .string = words, .len = strlen(words) };
	int64_t i;

	if (f->kind == FIELD_BOOL || f->kind == FIELD_OPT_BOOL)
		v = (struct value){ .type = VALUE_BOOL, .boolean = strcmp(words, "true") == 0 };
	else if (f->kind != FIELD_STRING && str_to_i64(words, &i) == 0)
		v = (struct value){ .type = VALUE_INT, .integer = i };
	return v;
}

void decode_default(struct decode *d, const struct field *f, void *member)
{
	if (f->kind == FIELD_STRING) {
		*(const char **)member = f->value_default;
		return;
	}
	struct value v = default_value(f);

	decode_scalar(d, f, &v, member);
}
