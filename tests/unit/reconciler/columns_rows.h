/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects in, rows out: what the tests of columns share. Include after cmocka.h; each test is a program of its own, so
 * that all is static. Rows are shown at 2026-01-02T03:04:15Z, wide columns included.
 */
#pragma once

#include <string.h>

#include "lib/base/str.h"
#include "reconciler/columns.h"

struct row {
	const char *name, *yaml; /* an object as it is stored */
	const char *cells;       /* "a|b|c" */
};

static inline void row_of(const char *yaml, struct buf *out)
{
	const struct object_load_options options = { .path = "a.yaml", .mode = DECODE_STORED };
	struct objects objects = { 0 };
	struct diags diags;
	nsec_t now;
	size_t count;

	diags_init(&diags);
	assert_int_equal(time_parse("2026-01-02T03:04:15Z", &now), 0);
	object_load_yaml(yaml, strlen(yaml), &options, &objects, &diags);
	if (objects.count != 1) {
		diags_format(&diags, out);
		fail_msg("expected one object, found %zu: %s", objects.count, out->data);
	}
	const struct column *columns = columns_of(objects.items[0]->kind, &count);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(out, '|');
		columns[i].print(out, objects.items[0], now);
	}
	objects_done(&objects);
	diags_done(&diags);
}

/* Fails the test where a row has other cells, and shows all such rows. */
static inline void check_rows(const struct row *rows, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		row_of(rows[i].yaml, &text);
		if (strcmp(text.data, rows[i].cells) == 0)
			continue;
		print_message(
			"--- %s: expected\n%s\n--- found\n%s\n", rows[i].name, rows[i].cells, text.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}
