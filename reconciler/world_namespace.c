/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Namespaces in the tree. */
#include "reconciler/stored.h"

static void *body_namespace(struct world_scratch *s, const struct world_object *o)
{
	struct namespace *n = stored_plain(s, o);
	const struct string_pair name = { "kubernetes.io/metadata.name", o->name };

	n->meta.labels = stored_merge(s->arena, &n->meta.labels, NULL, &name, 1);
	n->status.phase = o->deleting ? "Terminating" : "Active";
	return n;
}

const struct world_kind world_kind_namespace = {
	.body = body_namespace,
};
