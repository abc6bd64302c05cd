/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The lines in which bytes travel (logs, exec, forward), without a tree of values between text and struct: reader and writer of exactly
 * what message_write makes of a wire_data. They are short cuts: what they don't know goes the way of all messages, with the same result.
 * For lib/wire itself.
 */
#pragma once

#include "lib/wire/wire.h"

/* false, and nothing has happened: LINE is not of that form, whether or not it is good. *RET is A's. */
bool data_line_read(struct arena *a, const char *line, size_t len, struct wire_data **ret);
/* Appends the line; false, and nothing has happened: M has other members than a number, a stream's plain name, and bytes. */
bool data_line_write(struct buf *out, const struct wire_data *m);
