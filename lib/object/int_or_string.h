/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What an int-or-string means: a number, a port's name, or a share of a total such as "25%". Source: apimachinery
 * pkg/util/intstr.
 */
#pragma once

#include "lib/object/schema.h"

enum { INT_OR_STRING_PERCENT_MAX = 9999 };

/* The number that V is, also where it is written in quotes; false where it is none. */
bool int_or_string_number(const struct int_or_string *v, int64_t *ret);
/* "12%": 12. -1: V is no percentage of 0 to INT_OR_STRING_PERCENT_MAX. */
int64_t int_or_string_percent(const struct int_or_string *v);
/*
 * The number itself, or the percentage of TOTAL (from 0), rounded UP or down; 0 where V is not set. -EINVAL: it is neither. A number may be
 * negative.
 */
int int_or_string_scale(const struct int_or_string *v, int64_t total, bool up, int64_t *ret);
/* What V means, as the shortest text: "5", "http", "25%" ("025%" too). "007" and "7" are the number 7. Both are set: equal text is equal meaning. */
void int_or_string_format(const struct int_or_string *v, struct buf *out);
bool int_or_string_equal(const struct int_or_string *a, const struct int_or_string *b);
