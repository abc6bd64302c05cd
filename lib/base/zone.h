/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Time zones as tables: a compiled file of the IANA time zone database (TZif, RFC 9636), read once, then asked for the
 * offset from UTC at any instant. Who reads the file is not decided here: the bytes are an argument.
 *
 * Of a file the 64-bit part counts (version 2 and later); version 1 files have 32-bit transitions only. After the last
 * transition the footer's rule goes on for ever ("CET-1CEST,M3.5.0,M10.5.0/3"). Leap seconds are not counted, as in POSIX
 * time. A NULL zone is UTC. Immutable.
 */
#pragma once

#include <stddef.h>

#include "lib/base/time.h"

struct zone;

/* DATA (LEN bytes; not kept) → *RET. -EBADMSG: ERR says what is wrong with it. */
int zone_parse(const void *data, size_t len, struct zone **ret, struct err *err);
/* A zone by its rule alone, in POSIX's language of TZ with RFC 9636's extensions: "CET-1CEST,M3.5.0,M10.5.0/3". -EBADMSG. */
int zone_parse_rule(const char *text, struct zone **ret, struct err *err);
struct zone *zone_free(struct zone *z);
void zone_freep(struct zone **z);

/* Seconds east of UTC at T. */
int32_t zone_offset(const struct zone *z, nsec_t t);
/* The first instant after T at which the offset may change; NSEC_NEVER: none. */
nsec_t zone_next_change(const struct zone *z, nsec_t t);
/* RFC 3339 with the zone's offset, whole seconds: "2026-01-02T04:04:05+01:00"; "Z" where it is 0. RET has TIME_TEXT_MAX bytes. */
char *zone_format(const struct zone *z, nsec_t t, char *ret);
