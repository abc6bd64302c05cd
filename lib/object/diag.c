/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A list of findings: see diag.h. */
#include "lib/object/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

void diags_init(struct diags *d)
{
	*d = (struct diags){ .arena = arena_new(0) };
}

void diags_done(struct diags *d)
{
	d->arena = arena_free(d->arena);
	free(d->items);
	*d = (struct diags){ 0 };
}

static const char *copied(struct diags *d, const char *s)
{
	return s ? arena_strdup(d->arena, s) : NULL;
}

/* One file repeats its path in each of its findings: the last copy serves again. */
static const char *copied_path(struct diags *d, const char *path)
{
	if (d->count > 0 && str_eq(d->items[d->count - 1].path, str_or_empty(path)))
		return d->items[d->count - 1].path;
	return arena_strdup(d->arena, str_or_empty(path));
}

static void add(struct diags *d, const struct diag *at, const char *message)
{
	if (at->severity == DIAG_ERROR)
		d->errors++;
	if (d->count >= DIAGS_MAX) {
		d->dropped++;
		return;
	}
	d->items = grow(d->items, &d->cap, d->count + 1, sizeof(d->items[0]));
	struct diag item = *at;

	item.path = copied_path(d, at->path);
	item.object = copied(d, at->object);
	item.field = copied(d, at->field);
	item.message = arena_strdup(d->arena, message);
	d->items[d->count++] = item;
}

void diags_add(struct diags *d, const struct diag *at, const char *fmt, ...)
{
	_cleanup_(freep) char *message = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&message, fmt, args) < 0)
		abort();
	va_end(args);
	add(d, at, message);
}

void diags_take_back(struct diags *d, const char *object, const char *field, const char *message)
{
	for (size_t i = d->count; i-- > 0;) {
		const struct diag *item = &d->items[i];

		if (item->severity != DIAG_ERROR || !str_eq(item->field, field) ||
			!str_eq(item->message, message) || !str_eq(item->object, object))
			continue;
		memmove(&d->items[i], &d->items[i + 1], (d->count - i - 1) * sizeof(d->items[0]));
		d->count--;
		d->errors--;
		return;
	}
}

void diags_append(struct diags *d, const struct diags *src)
{
	for (size_t i = 0; i < src->count; i++)
		add(d, &src->items[i], src->items[i].message);
	d->dropped += src->dropped;
	size_t kept = 0;

	for (size_t i = 0; i < src->count; i++)
		kept += src->items[i].severity == DIAG_ERROR;
	d->errors += src->errors - kept;
}

static int u32_cmp(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int diag_cmp(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;
	int r;

	if ((r = strcmp(x->path, y->path)) != 0)
		return r;
	if ((r = u32_cmp(x->line, y->line)) != 0)
		return r;
	if ((r = u32_cmp(x->col, y->col)) != 0)
		return r;
	if (x->severity != y->severity)
		return x->severity == DIAG_ERROR ? -1 : 1;
	if ((r = strcmp(x->message, y->message)) != 0)
		return r;
	if ((r = str_cmp(x->object, y->object)) != 0)
		return r;
	return str_cmp(x->field, y->field);
}

void diags_sort(struct diags *d)
{
	size_t kept = 0;

	if (d->count == 0)
		return;
	qsort(d->items, d->count, sizeof(d->items[0]), diag_cmp);
	for (size_t i = 1; i < d->count; i++) {
		if (diag_cmp(&d->items[kept], &d->items[i]) != 0)
			d->items[++kept] = d->items[i];
		else if (d->items[i].severity == DIAG_ERROR)
			d->errors--;
	}
	d->count = kept + 1;
}

/* Texts quote what people wrote: a line stays a line. */
static void add_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\n')
			buf_adds(out, "\\n");
		else if (c == '\t')
			buf_adds(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, *s);
	}
}

void diag_format(const struct diag *d, struct buf *out)
{
	if (!str_empty(d->path)) {
		add_text(out, d->path);
		if (d->line > 0)
			buf_addf(out, ":%u", d->line);
		if (d->line > 0 && d->col > 0)
			buf_addf(out, ":%u", d->col);
		buf_adds(out, ": ");
	}
	buf_adds(out, d->severity == DIAG_ERROR ? "error: " : "warning: ");
	if (!str_empty(d->object)) {
		add_text(out, d->object);
		buf_adds(out, ": ");
	}
	if (!str_empty(d->field)) {
		add_text(out, d->field);
		buf_adds(out, ": ");
	}
	add_text(out, d->message);
	buf_addc(out, '\n');
}

void diags_format(const struct diags *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++)
		diag_format(&d->items[i], out);
	if (d->dropped > 0)
		buf_addf(out, "… and %zu more\n", d->dropped);
}
