/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Instants and spans as signed nanoseconds: realtime since the epoch, monotonic since boot.
 * The two clock readers are the only impure ones and stand apart in clock.c; pure code takes `now` as an argument.
 */
#pragma once

#include "lib/base/err.h"

typedef int64_t nsec_t;
#define NSEC_PER_USEC ((nsec_t)1000)
#define NSEC_PER_MSEC ((nsec_t)1000000)
#define NSEC_PER_SEC ((nsec_t)1000000000)
#define NSEC_NEVER INT64_MAX

/* CLOCK_REALTIME (with the tests' PINTLE_CLOCK_OFFSET) and CLOCK_MONOTONIC (clock.c). */
nsec_t time_now(void);
nsec_t time_monotonic(void);

enum { TIME_TEXT_MAX = 40 };
/* RFC 3339 in UTC, whole seconds: "2026-01-02T03:04:05Z". RET has TIME_TEXT_MAX bytes; returns RET. */
char *time_format(nsec_t t, char *ret);
/* As time_format with nanoseconds: "2026-01-02T03:04:05.000000001Z" (CRI log lines, micro times). */
char *time_format_nano(nsec_t t, char *ret);
/* RFC 3339 with any offset and fraction. -EINVAL. */
int time_parse(const char *s, nsec_t *ret);
/* Go duration syntax ("1h30m", "250ms", "-1.5s", "0"), as metav1.Duration. -EINVAL, -ERANGE. */
int duration_parse(const char *s, nsec_t *ret);
/* Go's Duration.String(): "1h30m0s", "250ms", "0s". */
char *duration_format(nsec_t d, char *ret);
/* As kubectl prints ages: "12s", "5m3s", "3h12m", "2d4h", "45d", "2y11d" (apimachinery duration.HumanDuration). */
char *duration_human(nsec_t d, char *ret);

/* Days from 1970-01-01 to a date of the Gregorian calendar, which is taken to reach back for ever; MONTH and DAY from 1. */
int64_t time_days_from_date(int64_t year, int month, int day);
/* The date of that day. */
void time_date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day);
