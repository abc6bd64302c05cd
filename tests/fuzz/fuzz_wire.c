/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any bytes as what a peer sends, cut into lines and parsed, in both directions. */
#include "lib/wire/wire.h"
#include "tests/fuzz/fuzz.h"

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

			if (wire_parse(line, len, &m, NULL) == 0)
				wire_message_done(&m);
		}
		if (half == 0)
			wire_reader_feed(&r, data + size / 2, size - size / 2);
	}
	wire_reader_done(&r);
	return 0;
}
