/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The ConfigMaps and Secrets that a pod refers to, and its volumes when they change (kubernetes.io/docs/concepts/configuration/configmap):
 *
 * 1  Mounted files follow what is in force, all of a volume at once. Environment variables and subPath mounts do so from the
 *    container's next start on.
 * 2  What was immutable when the pod got it is the pod's for as long as it lives: if another takes its name, the pod does not see that.
 * 3  A volume that can't be made anew (a key that is not optional is gone) keeps its files; it is tried again when objects come.
 * 4  A pod that was given with an object which the node doesn't hold (a reboot loses Secrets) waits for it, also where it might do
 *    without: an optional one that is there is never left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/pod_run.h"

static const struct object *ref_find(const struct pod_run *pod, const char *kind, const char *name)
{
	_cleanup_(freep) char *key = xasprintf("%s/%s", kind, name);
	const char *hash = string_map_get(&pod->assignment.refs, key);

	return hash ? held_find(pod->pods->node->held, hash) : NULL;
}

static const struct config_map *source_config_map(void *arg, const char *name)
{
	const struct object *o = ref_find(arg, "ConfigMap", name);

	return o && o->kind->id == KIND_CONFIG_MAP ? object_config_map(o) : NULL;
}

static const struct secret *source_secret(void *arg, const char *name)
{
	const struct object *o = ref_find(arg, "Secret", name);

	return o && o->kind->id == KIND_SECRET ? object_secret(o) : NULL;
}

void pod_sources(struct pod_run *pod, struct volume_sources *ret)
{
	*ret = (struct volume_sources){
		.pod = pod_spec_of(pod),
		.config_map = source_config_map,
		.secret = source_secret,
		.arg = pod,
		.allocatable = pod->pods->node->allocatable,
	};
}

int pod_refs_check(const struct pod_run *pod, const char **ret_reason, struct err *err)
{
	const struct string_map *refs = &pod->assignment.refs;

	for (size_t i = 0; i < refs->count; i++) {
		const char *key = refs->items[i].key;

		if (held_find(pod->pods->node->held, refs->items[i].value))
			continue;
		*ret_reason = str_starts(key, "Secret/") ? "SecretsUnavailable" : "ConfigMapsUnavailable";
		return err_set(
			err, -ENOENT, "%s is not on this node: it waits for the reconciler to send it", key);
	}
	return 0;
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

static bool is_immutable(const struct object *o)
{
	if (o && o->kind->id == KIND_CONFIG_MAP)
		return object_config_map(o)->immutable.set && object_config_map(o)->immutable.value;
	if (o && o->kind->id == KIND_SECRET)
		return object_secret(o)->immutable.set && object_secret(o)->immutable.value;
	return false;
}

struct string_map pod_refs_keep(const struct pod_run *pod, const struct string_map *next, struct arena *arena)
{
	struct string_map kept = { arena_array(arena, next->count + 1, sizeof(kept.items[0])), next->count };

	for (size_t i = 0; i < next->count; i++) {
		const char *old = string_map_get(&pod->assignment.refs, next->items[i].key);

		kept.items[i] = next->items[i];
		if (old && is_immutable(held_find(pod->pods->node->held, old)))
			kept.items[i].value = old;
	}
	return kept;
}

void pod_refresh_try(struct pod_run *pod)
{
	struct err err = { 0 };

	if (pod->record.phase != POD_UP)
		return;
	pod->stale = pod_refresh(pod, &err) < 0;
	if (pod->stale)
		log_warning("pod %s/%s: %s", pod->record.namespace, pod->record.name, err_text(&err));
}

bool pods_refer_to(const struct pods *p, const char *hash)
{
	for (size_t i = 0; i < p->by_uid.count; i++) {
		const struct pod_run *pod = p->by_uid.entries[i].value;

		for (size_t k = 0; k < pod->assignment.refs.count; k++)
			if (str_eq(pod->assignment.refs.items[k].value, hash))
				return true;
	}
	return false;
}
