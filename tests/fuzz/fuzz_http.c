/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as what a container answers: whole and in pieces they must come to the same, within the bounds; and any bytes as a
 * Location: what it leads to must fit into a request line.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/http_text.h"
#include "tests/fuzz/fuzz.h"

static void follow(const char *location)
{
	struct http_url base, u;

	http_url_init(&base, false, "10.0.0.1", 80, "/a/b?c");
	if (http_url_follow(&base, location, &u, NULL) == 0) {
		if (u.path[0] != '/' || strpbrk(u.path, " \t\r\n") || strpbrk(u.authority, " \t\r\n") ||
			!str_eq(u.host, "10.0.0.1") || u.port < 1 || u.port > 65535)
			abort();
		http_url_done(&u);
	}
	http_url_done(&base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply whole, pieces;
	enum http_reply_state one, two = HTTP_REPLY_MORE;
	char *text = xstrndup((const char *)data, size);

	http_reply_init(&whole);
	http_reply_init(&pieces);
	one = http_reply_feed(&whole, data, size);
	for (size_t i = 0; i < size; i++)
		two = http_reply_feed(&pieces, data + i, 1);
	if (one != two || whole.status != pieces.status || !str_eq(whole.location, pieces.location))
		abort();
	if (http_reply_end(&whole) == HTTP_REPLY_MORE || whole.status < 0 || whole.status > 999)
		abort();
	if (whole.line.len > HTTP_HEAD_MAX || (whole.location && strlen(whole.location) > HTTP_HEAD_MAX))
		abort();
	if (whole.location)
		follow(whole.location);
	follow(text);
	http_reply_done(&whole);
	http_reply_done(&pieces);
	free(text);
	return 0;
}
