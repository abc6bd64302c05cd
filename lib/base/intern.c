/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A map from texts to entries, an array of entries by number; free numbers are chained through the array. */
#include "lib/base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

struct entry {
	uint32_t number, users;
	char text[];
};

struct place {
	struct entry *entry; /* NULL: free */
	uint32_t next_free;  /* of a free one: the next, as number + 1; 0 = none */
};

struct intern {
	struct map by_text; /* text → struct entry */
	struct place *places;
	size_t count, cap;
	uint32_t free; /* number + 1; 0 = none */
};

struct intern *intern_new(void)
{
	return xcalloc(1, sizeof(struct intern));
}

struct intern *intern_free(struct intern *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->count; i++)
		free(t->places[i].entry);
	free(t->places);
	map_done(&t->by_text);
	free(t);
	return NULL;
}

void intern_freep(struct intern **t)
{
	*t = intern_free(*t);
}

static uint32_t take_number(struct intern *t)
{
	uint32_t number = t->free;

	if (number > 0) {
		t->free = t->places[number - 1].next_free;
		return number - 1;
	}
	if (t->count >= UINT32_MAX)
		mem_exhausted();
	t->places = grow(t->places, &t->cap, t->count + 1, sizeof(t->places[0]));
	return (uint32_t)t->count++;
}

uint32_t intern_ref(struct intern *t, const char *text)
{
	struct entry *e = map_get(&t->by_text, text);
	size_t len = strlen(text);

	if (e) {
		e->users++;
		return e->number;
	}
	e = xcalloc(1, sizeof(*e) + len + 1);
	memcpy(e->text, text, len + 1);
	e->number = take_number(t);
	e->users = 1;
	t->places[e->number] = (struct place){ .entry = e };
	map_put(&t->by_text, e->text, e);
	return e->number;
}

static struct entry *entry_at(const struct intern *t, uint32_t number)
{
	return number < t->count ? t->places[number].entry : NULL;
}

void intern_unref(struct intern *t, uint32_t number)
{
	struct entry *e = entry_at(t, number);

	if (!e || --e->users > 0)
		return;
	map_remove(&t->by_text, e->text);
	free(e);
	t->places[number] = (struct place){ .next_free = t->free };
	t->free = number + 1;
}

const char *intern_text(const struct intern *t, uint32_t number)
{
	const struct entry *e = entry_at(t, number);

	return e ? e->text : NULL;
}

size_t intern_count(const struct intern *t)
{
	return t->by_text.count;
}
