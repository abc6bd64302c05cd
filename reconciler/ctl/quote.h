/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Words for a POSIX shell. */
#pragma once

#include "lib/base/buf.h"

/* Appends WORD in single quotes. */
void quote_add(struct buf *out, const char *word);
/* Appends "NAME='VALUE'" and a line's end. */
void quote_set(struct buf *out, const char *name, const char *value);
