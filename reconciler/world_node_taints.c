/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The taints of a node, each with the time since which it is there. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void taints_free(struct world_taint *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].key);
		free(list[i].value);
	}
	free(list);
}

static const char *effect_of(const char *text)
{
	static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute" };

	for (size_t i = 0; i < ARRAY_LEN(effects); i++)
		if (str_eq(effects[i], text))
			return effects[i];
	return effects[0];
}

static int taint_cmp(const void *a, const void *b)
{
	const struct world_taint *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	return r ? r : strcmp(x->effect, y->effect);
}

static bool same_taint(const struct world_taint *a, const struct world_taint *b)
{
	return taint_cmp(a, b) == 0 && str_eq(a->value, b->value);
}

static nsec_t time_of(const struct world_node *n, const struct world_taint *t)
{
	for (size_t i = 0; i < n->taint_count; i++)
		if (same_taint(&n->taints[i], t))
			return n->taints[i].added;
	return t->added;
}

bool world_node_taint(struct world_node *n, const struct world_taint *list, size_t count)
{
	struct world_taint *items = xcalloc(count, sizeof(items[0]));
	bool changed = count != n->taint_count;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct world_taint){
			.key = xstrdup(list[i].key),
			.value = xstrdup(str_or_empty(list[i].value)),
			.effect = effect_of(list[i].effect),
			.added = list[i].added,
		};
	if (count > 1)
		qsort(items, count, sizeof(items[0]), taint_cmp);
	for (size_t i = 0; i < count; i++) {
		items[i].added = time_of(n, &items[i]);
		changed = changed || !same_taint(&items[i], &n->taints[i]);
	}
	taints_free(n->taints, n->taint_count);
	n->taints = items;
	n->taint_count = count;
	return changed;
}

void world_node_taints_done(struct world_node *n)
{
	taints_free(n->taints, n->taint_count);
}

/* --- the tree's ---------------------------------------------------------------------------------------- */

void world_node_load_taints(struct world_node *n, const struct node_spec *spec)
{
	struct world_taint *list = xcalloc(spec->taints.count, sizeof(list[0]));

	for (size_t i = 0; i < spec->taints.count; i++) {
		const struct taint *t = &spec->taints.items[i];

		list[i] = (struct world_taint){ .effect = t->effect, .added = t->time_added.value };
		list[i].key = xstrdup(str_or_empty(t->key));
		list[i].value = xstrdup(str_or_empty(t->value));
	}
	world_node_taint(n, list, spec->taints.count);
	taints_free(list, spec->taints.count);
}

void world_node_add_taints(struct world_scratch *s, const struct world_node *n, struct node_spec *spec)
{
	spec->taints.items = arena_array(s->arena, n->taint_count + 1, sizeof(spec->taints.items[0]));
	spec->taints.count = n->taint_count;
	for (size_t i = 0; i < n->taint_count; i++) {
		const struct world_taint *t = &n->taints[i];

		spec->taints.items[i] = (struct taint){
			.key = t->key,
			.value = *t->value != '\0' ? t->value : NULL,
			.effect = t->effect,
		};
		if (str_eq(t->effect, "NoExecute"))
			spec->taints.items[i].time_added = stored_instant(t->added);
	}
}
