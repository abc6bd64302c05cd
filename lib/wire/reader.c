/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Bytes in, lines out. What was handed out is dropped from the buffer only when more bytes are fed, so that many
 * lines that arrive at once cost one move.
 */
#include "lib/wire/wire.h"

#include <errno.h>
#include <string.h>

void wire_reader_init(struct wire_reader *r, size_t max)
{
	*r = (struct wire_reader){ .in = BUF_INIT, .max = max ? max : WIRE_LINE_MAX };
}

void wire_reader_done(struct wire_reader *r)
{
	buf_done(&r->in);
}

void wire_reader_feed(struct wire_reader *r, const void *data, size_t len)
{
	if (r->start > 0) {
		buf_consume(&r->in, r->start);
		r->start = 0;
	}
	buf_add(&r->in, data, len);
}

int wire_reader_line(struct wire_reader *r, const char **ret_line, size_t *ret_len)
{
	for (;;) {
		char *line = r->in.data + r->start;
		size_t have = r->in.len - r->start;
		char *newline = memchr(line + r->scanned, '\n', have - r->scanned);
		size_t len = newline ? (size_t)(newline - line) : have;

		if (len > r->max)
			return -EMSGSIZE;
		if (!newline) {
			r->scanned = have;
			return 0;
		}
		r->start += len + 1;
		r->scanned = 0;
		if (len == 0)
			continue;
		*newline = 0;
		*ret_line = line;
		*ret_len = len;
		return 1;
	}
}
