/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What is told of pods: all of them, one by its name or UID, those that changed. */
#include "lib/base/str.h"
#include "nodeagent/pod_run.h"

size_t pods_count(const struct pods *p)
{
	return p->by_uid.count;
}

static struct pod_view view_of(const struct pod_run *pod)
{
	return (struct pod_view){
		.uid = pod->record.uid,
		.namespace = pod->record.namespace,
		.name = pod->record.name,
		.digest = str_or_empty(pod->assignment.digest),
		.object = pod->assignment.pod,
		.record = &pod->record,
		.gone = pod->record.removing && pod->record.phase == POD_DOWN,
	};
}

struct pod_view pods_view(const struct pods *p, size_t i)
{
	return view_of(p->by_uid.entries[i].value);
}

bool pods_find(const struct pods *p, const char *ns, const char *name, const char *uid, struct pod_view *ret)
{
	for (size_t i = p->by_uid.count; i-- > 0;) {
		struct pod_view v = view_of(p->by_uid.entries[i].value);

		if (!v.object || (uid && !str_eq(v.uid, uid)))
			continue;
		if (str_eq(v.namespace, ns) && str_eq(v.name, name)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

bool pods_by_uid(const struct pods *p, const char *uid, struct pod_view *ret)
{
	const struct pod_run *pod = map_get(&p->by_uid, uid);

	if (pod)
		*ret = view_of(pod);
	return pod != NULL;
}

struct pod_status *pods_status(
	const struct pods *p, struct arena *arena, const struct pod_view *view, nsec_t now)
{
	struct pod_status_input in = {
		.record = view->record,
		.cluster = p->node->env->short_id,
		.host_ip = p->node->host_ip,
		.now = now,
	};

	if (!view->object)
		return NULL;
	in.pod = object_pod(view->object);
	return pod_status_build(arena, &in);
}

struct strings pods_changed(struct pods *p, struct arena *arena)
{
	struct strings list = { 0 };

	list.items = arena_array(arena, p->by_uid.count, sizeof(list.items[0]));
	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->changed)
			list.items[list.count++] = pod->record.uid;
		pod->changed = false;
	}
	return list;
}
