/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/ordered.h"

#include "lib/base/str.h"

size_t ordered_place(
	struct object *const *objects, size_t count, int kind, const char *namespace, const char *name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct object *o = objects[middle];
		int order = (int)o->kind->id - kind;

		if (order == 0)
			order = str_cmp(o->meta->namespace, namespace);
		if (order == 0)
			order = str_cmp(o->meta->name, name);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct object *ordered_find(struct object *const *objects, size_t count, enum kind_id kind,
	const char *namespace, const char *name)
{
	const char *in = kinds[kind].namespaced ? namespace : NULL;
	size_t i = ordered_place(objects, count, (int)kind, in, name);
	struct object *o = i < count ? objects[i] : NULL;

	if (!o || o->kind->id != kind || !str_eq(o->meta->namespace, in) || !str_eq(o->meta->name, name))
		return NULL;
	return o;
}

size_t ordered_kind(struct object *const *objects, size_t count, enum kind_id kind, size_t *ret_count)
{
	size_t start = ordered_place(objects, count, (int)kind, NULL, NULL);

	*ret_count = ordered_place(objects, count, (int)kind + 1, NULL, NULL) - start;
	return start;
}
