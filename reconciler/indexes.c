/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/indexes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

void indexes_done(struct indexes *s)
{
	free(s->items);
	*s = (struct indexes){ 0 };
}

/* The first run that ends at INDEX or later; COUNT where none does. */
static size_t find(const struct indexes *s, int64_t index)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->items[mid].last >= index)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

bool indexes_has(const struct indexes *s, int64_t index)
{
	size_t at = find(s, index);

	return at < s->count && s->items[at].first <= index;
}

static void take_out(struct indexes *s, size_t at)
{
	memmove(&s->items[at], &s->items[at + 1], (s->count - at - 1) * sizeof(s->items[0]));
	s->count--;
}

static void insert(struct indexes *s, size_t at, struct index_run run)
{
	s->items = grow(s->items, &s->cap, s->count + 1, sizeof(s->items[0]));
	memmove(&s->items[at + 1], &s->items[at], (s->count - at) * sizeof(s->items[0]));
	s->items[at] = run;
	s->count++;
}

bool indexes_add(struct indexes *s, int64_t index)
{
	size_t at = find(s, index);
	bool before = at > 0 && s->items[at - 1].last == index - 1;
	bool after = at < s->count && s->items[at].first == index + 1;

	if (indexes_has(s, index))
		return false;
	if (before && after) {
		s->items[at - 1].last = s->items[at].last;
		take_out(s, at);
	} else if (before) {
		s->items[at - 1].last = index;
	} else if (after) {
		s->items[at].first = index;
	} else {
		insert(s, at, (struct index_run){ index, index });
	}
	return true;
}

int64_t indexes_total(const struct indexes *s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->items[i].last - s->items[i].first + 1;
	return n;
}

void indexes_cut(struct indexes *s, int64_t completions)
{
	while (s->count > 0 && s->items[s->count - 1].first >= completions)
		s->count--;
	if (s->count > 0 && s->items[s->count - 1].last >= completions)
		s->items[s->count - 1].last = completions - 1;
}

int64_t indexes_common(const struct indexes *a, const struct indexes *b)
{
	int64_t n = 0;

	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		const struct index_run *x = &a->items[i], *y = &b->items[k];
		int64_t first = x->first > y->first ? x->first : y->first;
		int64_t last = x->last < y->last ? x->last : y->last;

		if (last >= first)
			n += last - first + 1;
		if (x->last < y->last)
			i++;
		else
			k++;
	}
	return n;
}

int64_t indexes_gap(const struct indexes *s, int64_t from)
{
	size_t at = find(s, from);

	return at < s->count && s->items[at].first <= from ? s->items[at].last + 1 : from;
}

void indexes_format(const struct indexes *s, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < s->count; i++, comma = ",") {
		const struct index_run *r = &s->items[i];

		buf_addf(out, "%s%" PRId64, comma, r->first);
		if (r->last > r->first)
			buf_addf(out, "%c%" PRId64, r->last > r->first + 1 ? '-' : ',', r->last);
	}
}

/* A whole number at *P, which moves behind it. */
static bool read_index(const char **p, int64_t *ret)
{
	int64_t n = 0;
	const char *start = *p;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		n = n * 10 + (**p - '0');
		if (n > INT32_MAX)
			return false;
	}
	*ret = n;
	return *p > start;
}

static bool read_run(const char **p, struct index_run *ret)
{
	if (!read_index(p, &ret->first))
		return false;
	ret->last = ret->first;
	if (**p == '-') {
		(*p)++;
		if (!read_index(p, &ret->last))
			return false;
	}
	return (**p == ',' || **p == '\0') && ret->last >= ret->first;
}

/* RUN is behind all that is there, as in every text that was written here; else it goes in one by one. */
static void add_run(struct indexes *s, struct index_run run)
{
	const struct index_run *last = s->count > 0 ? &s->items[s->count - 1] : NULL;

	if (!last || last->last + 1 < run.first) {
		insert(s, s->count, run);
		return;
	}
	for (int64_t i = run.first; i <= run.last; i++)
		indexes_add(s, i);
}

void indexes_add_all(struct indexes *s, const struct indexes *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_run(s, from->items[i]);
}

void indexes_parse(struct indexes *s, const char *text)
{
	for (const char *p = text; p && *p;) {
		struct index_run run;

		if (read_run(&p, &run))
			add_run(s, run);
		p += strcspn(p, ",");
		p += *p == ',';
	}
}
