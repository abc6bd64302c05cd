/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/needs.h"

#include <string.h>

#include "lib/base/str.h"

/* --- which ---------------------------------------------------------------------------------------------------------- */

bool need_same(const struct need *a, const struct need *b)
{
	return a->of == b->of && str_eq(a->name, b->name) && str_eq(a->namespace, b->namespace);
}

static struct need of_volume(const struct scene *w, const struct being *b, size_t number)
{
	const struct volume *v = &b->kin->spec->volumes.items[number];
	struct need n = { .name = v->name, .of = b, .namespace = b->kin->namespace };
	const struct object *o;

	if (v->ephemeral) {
		n.claim = &b->kin->own[number];
		return n;
	}
	n.of = NULL;
	n.name = v->persistent_volume_claim->claim_name;
	o = scene_object(w, KIND_CLAIM, n.namespace, n.name);
	n.claim = o ? object_claim(o) : NULL;
	return n;
}

size_t needs_of(const struct scene *w, const struct being *b, struct need *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < b->kin->spec->volumes.count && count < NEEDS_MAX; i++) {
		const struct volume *v = &b->kin->spec->volumes.items[i];
		bool again = false;

		if (!v->ephemeral && !v->persistent_volume_claim)
			continue;
		ret[count] = of_volume(w, b, i);
		for (size_t k = 0; k < count; k++)
			again = again || need_same(&ret[k], &ret[count]);
		count += !again;
	}
	return count;
}

struct need need_of_object(const struct object *o)
{
	return (struct need){
		.name = o->meta->name, .namespace = o->meta->namespace, .claim = object_claim(o)
	};
}

bool need_is_of(const struct need *n, const struct being *b)
{
	if (n->of)
		return n->of == b;
	for (size_t i = 0; i < b->kin->spec->volumes.count; i++) {
		const struct claim_source *c = b->kin->spec->volumes.items[i].persistent_volume_claim;

		if (c && str_eq(c->claim_name, n->name) && str_eq(b->kin->namespace, n->namespace))
			return true;
	}
	return false;
}

/* --- what it has ------------------------------------------------------------------------------------------------------ */

static const struct storage_class *class_called(const struct scene *w, const char *name)
{
	const struct object *o = str_empty(name) ? NULL : scene_object(w, KIND_STORAGE_CLASS, NULL, name);

	return o ? object_storage_class(o) : NULL;
}

const struct storage_class *need_class(const struct scene *w, const struct need *n)
{
	const struct storage_class *best = NULL;

	if (n->claim->spec.storage_class_name)
		return class_called(w, n->claim->spec.storage_class_name);
	for (size_t i = 0; i < w->object_count; i++) {
		const struct object *o = w->objects[i];

		if (o->kind->id == KIND_STORAGE_CLASS &&
			str_eq(string_map_get(
				       &o->meta->annotations, "storageclass.kubernetes.io/is-default-class"),
				"true") &&
			(!best || strcmp(o->meta->name, best->meta.name) < 0))
			best = object_storage_class(o);
	}
	return best;
}

const struct persistent_volume *need_volume(const struct scene *w, const char *name)
{
	const struct object *o = scene_object(w, KIND_PERSISTENT_VOLUME, NULL, name);

	return o ? object_persistent_volume(o) : NULL;
}

/* By the class that the claim names, or else by that of its volume. */
const char *need_provisioner(const struct scene *w, const struct need *n)
{
	const struct assumed *a = need_assumed(w, n);
	const struct storage_class *class;
	const struct persistent_volume *v;

	if (!n->claim)
		return NULL;
	class = need_class(w, n);
	if (class)
		return class->provisioner;
	v = need_volume(w, !str_empty(n->claim->spec.volume_name) ? n->claim->spec.volume_name
			   : a                                    ? a->volume
								  : "");
	class = v ? class_called(w, v->spec.storage_class_name) : NULL;
	return class ? class->provisioner : NULL;
}

bool need_waits(const struct scene *w, const struct need *n)
{
	const struct storage_class *class = need_class(w, n);

	return class && str_eq(class->volume_binding_mode, "WaitForFirstConsumer");
}

bool need_is_well(const struct need *n)
{
	return n->claim && !str_eq(n->claim->status.phase, "Lost") && !n->claim->meta.deletion_timestamp.set;
}

bool need_is_for(const struct persistent_volume *v, const struct need *n)
{
	const struct object_reference *ref = v->spec.claim_ref;

	/* What the claim of an ephemeral volume is called nobody has told. */
	return ref && !n->of && str_eq(ref->namespace, n->namespace) && str_eq(ref->name, n->name);
}

bool need_is_about(const struct assumed *a, const struct need *n)
{
	return a->of == n->of && str_eq(a->claim, n->name) && str_eq(a->namespace, n->namespace);
}

const struct assumed *need_assumed(const struct scene *w, const struct need *n)
{
	for (size_t i = 0; i < w->assumed_count; i++)
		if (need_is_about(&w->assumed[i], n))
			return &w->assumed[i];
	return NULL;
}

bool need_bound(const struct scene *w, const struct need *n, const struct persistent_volume **ret)
{
	const struct assumed *a = need_assumed(w, n);

	if (!str_empty(n->claim->spec.volume_name)) {
		*ret = need_volume(w, n->claim->spec.volume_name);
		return !*ret || !(*ret)->spec.claim_ref || need_is_for(*ret, n);
	}
	*ret = a && a->volume[0] ? need_volume(w, a->volume) : NULL;
	return *ret;
}
