/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/overlap.h"

#include "lib/base/str.h"

struct overlap {
	const struct snapshot *now, *in_force;
	struct diags *diags;
};

static struct label_selector selector_of(const struct object *o)
{
	if (o->kind->id == KIND_REPLICATION_CONTROLLER)
		return (struct label_selector){
			.match_labels = object_replication_controller(o)->spec.selector
		};
	return o->kind->id == KIND_DEPLOYMENT ? *object_deployment(o)->spec.selector
					      : *object_replica_set(o)->spec.selector;
}

/* Which kinds would take on which. */
static const struct {
	enum kind_id keeper, kept;
} pairs[] = {
	{ KIND_REPLICA_SET, KIND_POD },
	{ KIND_REPLICATION_CONTROLLER, KIND_POD },
	{ KIND_DEPLOYMENT, KIND_REPLICA_SET },
};

static void warn(const struct overlap *v, const struct object *keeper, const struct object *kept)
{
	const struct diag at = {
		.severity = DIAG_WARNING,
		.path = str_or_empty(kept->path),
		.line = kept->line,
		.col = kept->col,
		.object = object_key(v->diags->arena, kept->kind, kept->meta->namespace, kept->meta->name),
		.field = "metadata.labels",
	};

	diags_add(v->diags, &at,
		"match the selector of %s `%s`, which in Kubernetes would take it on; here each stays what "
		"it is",
		keeper->kind->name, keeper->meta->name);
}

/* O, which is new or has changed, beside the objects of kind OTHER. Where both are new, what is kept says it. */
static void compare(const struct overlap *v, const struct object *o, enum kind_id other, bool keeps)
{
	size_t count;
	struct object **list = snapshot_kind_in(v->now, other, o->meta->namespace, &count);

	for (size_t i = 0; i < count; i++) {
		const struct object *keeper = keeps ? o : list[i], *kept = keeps ? list[i] : o;
		const struct label_selector selector = selector_of(keeper);

		if (keeps && !snapshot_holds(v->in_force, kept))
			continue;
		if (label_selector_matches(&selector, &kept->meta->labels))
			warn(v, keeper, kept);
	}
}

static void look_at(const struct overlap *v, const struct object *o)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (o->kind->id == pairs[i].kept)
			compare(v, o, pairs[i].keeper, false);
		if (o->kind->id == pairs[i].keeper)
			compare(v, o, pairs[i].kept, true);
	}
}

void overlap_check(const struct snapshot *now, const struct snapshot *in_force,
	const struct snapshot_change *changes, size_t count, struct diags *diags)
{
	const struct overlap v = { .now = now, .in_force = in_force, .diags = diags };

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; changes[i].manifest && k < changes[i].manifest->objects.count; k++)
			if (!snapshot_holds(in_force, changes[i].manifest->objects.items[k]))
				look_at(&v, changes[i].manifest->objects.items[k]);
}
