/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { GAP = 3, NARROWEST = 6 /* with its gap; as kubectl */ };

void table_begin(struct table *t, size_t columns)
{
	*t = (struct table){
		.columns = columns, .text = BUF_INIT, .widths = xcalloc(columns, sizeof(*t->widths))
	};
}

void table_done(struct table *t)
{
	buf_done(&t->text);
	free(t->widths);
	*t = (struct table){ .text = BUF_INIT };
}

struct buf *table_cell(struct table *t)
{
	if (t->cells++)
		buf_addc(&t->text, '\0');
	return &t->text;
}

void table_text(struct table *t, const char *text)
{
	buf_adds(table_cell(t), text);
}

/* Characters of UTF-8 text. */
static size_t width(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* A cell must not break its row: control characters become spaces. */
static void add_cell(struct buf *out, const char *cell)
{
	size_t from = out->len;
	buf_adds(out, cell);
	for (size_t i = from; i < out->len; i++)
		if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
			out->data[i] = ' ';
}

static void widen(struct table *t)
{
	const char *cell = t->text.data;
	for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
		size_t w = width(cell);
		if (w > t->widths[i % t->columns])
			t->widths[i % t->columns] = w;
	}
}

static size_t full_width(const struct table *t, size_t column)
{
	size_t w = t->widths[column] + GAP;
	return w < NARROWEST ? NARROWEST : w;
}

void table_write(struct table *t, struct buf *out)
{
	const char *cell = t->text.data;
	assert(t->cells % t->columns == 0);
	widen(t);
	for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
		size_t column = i % t->columns;
		add_cell(out, cell);
		if (column + 1 == t->columns)
			buf_addc(out, '\n');
		else
			buf_addf(out, "%*s", (int)(full_width(t, column) - width(cell)), "");
	}
	buf_clear(&t->text);
	t->cells = 0;
}
