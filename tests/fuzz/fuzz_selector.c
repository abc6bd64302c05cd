/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as a label selector and as a field selector: what is read is written so that it reads back and chooses the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/field_path.h"
#include "lib/object/object.h"
#include "tests/fuzz/fuzz.h"

static struct string_pair pairs[] = { { "a", "b" }, { "app", "web" }, { "n", "6" }, { "x.y/z", "" } };
static const struct string_map labels = { .items = pairs, .count = ARRAY_LEN(pairs) };

static void read_labels(struct arena *a, const char *text)
{
	_cleanup_(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;
	struct label_selector s, again;
	const char *why = NULL;

	if (label_selector_parse(a, text, &s, &why) < 0) {
		if (!why)
			abort();
		return;
	}
	label_selector_format(&s, &once);
	if (label_selector_parse(a, once.data, &again, &why) < 0)
		abort();
	label_selector_format(&again, &twice);
	if (strcmp(once.data, twice.data) != 0 ||
		label_selector_matches(&s, &labels) != label_selector_matches(&again, &labels))
		abort();
}

static void read_fields(struct arena *a, const char *text)
{
	const struct pod pod = { .meta = { .name = "a=b", .namespace = "x" }, .spec.host_network = true };
	_cleanup_(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;
	struct field_selector s, again;
	const char *why = NULL;

	if (field_selector_parse(a, text, &schema_pod, &s, &why) < 0) {
		if (!why)
			abort();
		return;
	}
	field_selector_format(&s, &once);
	if (field_selector_parse(a, once.data, &schema_pod, &again, &why) < 0)
		abort();
	field_selector_format(&again, &twice);
	if (strcmp(once.data, twice.data) != 0 || field_selector_matches(&s, &schema_pod, &pod) !=
							  field_selector_matches(&again, &schema_pod, &pod))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);
	_cleanup_(arena_freep) struct arena *a = arena_new(0);

	read_labels(a, text);
	read_fields(a, text);
	return 0;
}
