/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as what a peer sends, cut into lines and parsed, in both directions. A line means the same with a space in it, which keeps it
 * from the short cut for bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/wire/wire.h"
#include "tests/fuzz/fuzz.h"

static void compare(const char *line, size_t len, const struct wire_message *m)
{
	_cleanup_(buf_done) struct buf spaced = BUF_INIT;
	struct wire_message other = { 0 };

	buf_add(&spaced, "{ ", 2);
	buf_add(&spaced, line + 1, len - 1);
	if (wire_parse(spaced.data, spaced.len, &other, NULL) < 0 || other.type != WIRE_DATA ||
		other.data->id != m->data->id || !str_eq(other.data->stream, m->data->stream) ||
		other.data->data.len != m->data->data.len ||
		(other.data->data.len > 0 &&
			memcmp(other.data->data.data, m->data->data.data, other.data->data.len) != 0))
		abort();
	wire_message_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r;
	const char *line;
	size_t len;

	wire_reader_init(&r, 1 << 16);
	wire_reader_feed(&r, data, size / 2);
	for (int half = 0; half < 2; half++) {
		while (wire_reader_line(&r, &line, &len) > 0) {
			struct wire_message m = { 0 };

			if (wire_parse(line, len, &m, NULL) < 0)
				continue;
			if (m.type == WIRE_DATA && line[0] == '{')
				compare(line, len, &m);
			wire_message_done(&m);
		}
		if (half == 0)
			wire_reader_feed(&r, data + size / 2, size - size / 2);
	}
	wire_reader_done(&r);
	return 0;
}
