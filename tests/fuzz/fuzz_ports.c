/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as a port and as addresses of port-forward: what is read is within its bounds, and reads the same when written out. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/port_forward_words.h"
#include "tests/fuzz/fuzz.h"

static void read_port(const char *text)
{
	_cleanup_(freep) char *written = NULL;
	struct forward_word w, again;
	struct err err = { 0 };

	if (forward_word_parse(text, &w, &err) < 0) {
		if (!err.code)
			abort();
		return;
	}
	if (w.same && w.local)
		abort();
	written = w.same ? xstrdup(w.remote) : xasprintf("%d:%s", w.local, w.remote);
	if (forward_word_parse(written, &again, &err) < 0 || !str_eq(w.remote, again.remote) ||
		w.number != again.number || w.local != again.local || w.same != again.same)
		abort();
}

static void read_addresses(const char *text)
{
	struct forward_addresses a = { 0 };
	struct err err = { 0 };
	size_t count;

	if (forward_addresses_add(&a, text, &err) < 0) {
		if (!err.code)
			abort();
		return;
	}
	if (a.count == 0 || a.count > FORWARD_ADDRESSES_MAX)
		abort();
	/* Once more is not more. */
	count = a.count;
	if (forward_addresses_add(&a, text, &err) < 0 || a.count != count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);

	read_port(text);
	read_addresses(text);
	return 0;
}
