/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/yaml_nodes.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

/* Where a block scalar ends: behind its last line that is not blank, unless "+" says that blank ones count. */
static size_t block_end(const char *text, const struct yaml_place *p)
{
	size_t header = p->from + strcspn(text + p->from, "|>"), to = p->to;

	for (size_t i = header; i < to && text[i] != '\n' && text[i] != '#'; i++)
		if (text[i] == '+')
			return to;
	while (to > header + 1 && strchr(" \t\r\n", text[to - 1]))
		to--;
	return to;
}

static void add_child(struct yaml_node *parent, struct yaml_node *n)
{
	n->parent = parent;
	n->before = parent->last;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
}

static struct yaml_node *node_new(struct arena *a, const char *text, const struct yaml_place *p)
{
	struct yaml_node *n = arena_alloc(a, sizeof(*n));

	n->place = *p;
	n->to = p->type == YAML_PIECE_SCALAR && p->style == YAML_PLACE_BLOCK ? block_end(text, p) : p->to;
	return n;
}

/* The end of what was open: its bracket, or the last thing in it. */
static void close_node(struct yaml_node *n, const struct yaml_place *end)
{
	n->to = n->place.flow ? end->to : n->last ? n->last->to : n->place.to;
}

int yaml_nodes(struct arena *a, const char *text, size_t len, struct yaml_node **ret)
{
	struct yaml_node *root = arena_alloc(a, sizeof(*root)), *open = root, *key = NULL;
	struct yaml_place *places;
	size_t count;
	int r = yaml_places(a, text, len, &places, &count);

	root->place.type = YAML_PIECE_LIST;
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct yaml_place *p = &places[i];
		struct yaml_node *n;

		if (p->type == YAML_PIECE_DOCUMENT)
			continue;
		if (p->type == YAML_PIECE_END) {
			close_node(open, p);
			open = open->parent;
			continue;
		}
		n = node_new(a, text, p);
		if (open->place.type == YAML_PIECE_MAP && !key) {
			key = n;
			continue;
		}
		n->key = key;
		key = NULL;
		add_child(open, n);
		if (p->type == YAML_PIECE_MAP || p->type == YAML_PIECE_LIST)
			open = n;
	}
	*ret = root;
	return r;
}

struct yaml_node *yaml_node_at(struct yaml_node *root, uint32_t line, uint32_t col)
{
	for (struct yaml_node *n = root->first; n; n = n->next) {
		struct yaml_node *found;

		if (n->place.type == YAML_PIECE_MAP && n->place.line == line && n->place.col == col)
			return n;
		found = yaml_node_at(n, line, col);
		if (found)
			return found;
	}
	return NULL;
}

struct yaml_node *yaml_node_get(const struct yaml_node *map, const char *key)
{
	for (struct yaml_node *n = map->first; n; n = n->next)
		if (n->key && n->key->place.type == YAML_PIECE_SCALAR && str_eq(n->key->place.text, key))
			return n;
	return NULL;
}

struct yaml_node *yaml_node_item(const struct yaml_node *list, size_t index)
{
	struct yaml_node *n = list->first;

	while (n && index-- > 0)
		n = n->next;
	return n;
}

bool yaml_node_merges(const struct yaml_node *map)
{
	const struct yaml_node *n = yaml_node_get(map, "<<");

	return n && n->key->place.style == YAML_PLACE_PLAIN;
}

bool yaml_node_is_null(const struct yaml_node *n)
{
	struct value v = { .type = VALUE_STRING };

	if (n->place.type != YAML_PIECE_SCALAR || n->place.style != YAML_PLACE_PLAIN || n->place.tagged)
		return false;
	yaml_resolve(n->place.text, strlen(n->place.text), &v);
	return v.type == VALUE_NULL;
}
