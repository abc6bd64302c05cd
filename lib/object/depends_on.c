/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/depends_on.h"

#include <string.h>

#include "lib/base/str.h"

enum { ENTRIES_MAX = 100 };

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].in_manifests && str_eq(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static const char *unknown_kind(struct arena *a, const char *name)
{
	const char *names[KIND_COUNT + 1] = { NULL };
	const char *near;
	size_t count = 0;

	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].in_manifests)
			names[count++] = kinds[i].name;
	near = str_nearest(name, names);
	return arena_printf(a, "`%s` is no kind%s%s%s", name, near ? "; did you mean `" : "",
		str_or_empty(near), near ? "`?" : "");
}

/* ENTRY is a copy to cut up. */
static const char *parse_entry(struct arena *a, char *entry, const char *namespace, struct depends_on *ret)
{
	const char *whole = arena_strdup(a, entry), *wrong;
	char *first = strchr(entry, '/'), *second = first ? strchr(first + 1, '/') : NULL;

	if (!first || (second && strchr(second + 1, '/')))
		return arena_printf(a, "`%s` must be Kind/name or Kind/namespace/name", whole);
	*first = '\0';
	ret->kind = find_kind(entry);
	if (!ret->kind)
		return unknown_kind(a, entry);
	if (second && !ret->kind->namespaced)
		return arena_printf(a, "`%s`: a %s is in no namespace", whole, entry);
	if (second)
		*second = '\0';
	ret->name = second ? second + 1 : first + 1;
	if (ret->kind->namespaced)
		ret->namespace = second ? first + 1 : str_empty(namespace) ? "default" : namespace;
	wrong = ret->kind->namespaced ? rule_dns_label(a, ret->namespace) : NULL;
	if (!wrong)
		wrong = ret->kind->name_rule(a, ret->name);
	return wrong ? arena_printf(a, "`%s`: %s", whole, wrong) : NULL;
}

const char *depends_on_parse(
	struct arena *arena, const char *text, const char *namespace, struct depends_on_list *ret)
{
	ret->items = arena_array(arena, ENTRIES_MAX, sizeof(ret->items[0]));
	ret->count = 0;
	for (const char *p = text;; p++) {
		size_t blank = strspn(p, " \t\r\n"), len = strcspn(p + blank, ",");
		size_t end = len;

		while (end > 0 && strchr(" \t\r\n", p[blank + end - 1]))
			end--;
		if (end == 0)
			return "must name what it depends on: Kind/name, and more behind commas";
		if (ret->count == ENTRIES_MAX)
			return arena_printf(arena, "names more than %d objects", ENTRIES_MAX);
		const char *wrong = parse_entry(
			arena, arena_strndup(arena, p + blank, end), namespace, &ret->items[ret->count++]);

		if (wrong)
			return wrong;
		p += blank + len;
		if (*p == '\0')
			return NULL;
	}
}

void depends_on_of(struct arena *arena, const struct object *o, struct depends_on_list *ret)
{
	const char *text = o->meta->annotations.count > 0
				   ? string_map_get(&o->meta->annotations, ANNOTATION_DEPENDS_ON)
				   : NULL;

	*ret = (struct depends_on_list){ 0 };
	/* What a manifest has was checked; what a tree has that somebody else wrote may be anything. */
	if (text && depends_on_parse(arena, text, o->meta->namespace, ret))
		ret->count = 0;
}
