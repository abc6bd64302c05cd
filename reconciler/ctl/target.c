/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/health.h"

#define DEFAULT_CONTAINER "kubectl.kubernetes.io/default-container"

static int phase_rank(const struct pod *p)
{
	if (str_eq(p->status.phase, "Running"))
		return 0;
	return str_eq(p->status.phase, "Unknown") ? 1 : 2;
}

static int64_t restarts(const struct pod *p)
{
	int64_t most = 0;
	for (size_t i = 0; i < p->status.container_statuses.count; i++)
		if (p->status.container_statuses.items[i].restart_count > most)
			most = p->status.container_statuses.items[i].restart_count;
	return most;
}

static bool is_ready(const struct pod *p)
{
	return str_eq(health_condition(&p->status.conditions, "Ready", NULL), "True");
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_pods(const void *x, const void *y)
{
	const struct pod *a = object_pod(((const struct item *)x)->object);
	const struct pod *b = object_pod(((const struct item *)y)->object);
	int r = compare(str_empty(a->spec.node_name), str_empty(b->spec.node_name));
	if (r == 0)
		r = compare(phase_rank(a), phase_rank(b));
	if (r == 0)
		r = compare(is_ready(b), is_ready(a));
	if (r == 0)
		r = compare(restarts(b), restarts(a));
	if (r == 0)
		r = compare(a->meta.creation_timestamp.value, b->meta.creation_timestamp.value);
	return r != 0 ? r : str_cmp(a->meta.name, b->meta.name);
}

void target_sort(struct items *pods)
{
	if (pods->count > 1)
		qsort(pods->items, pods->count, sizeof(*pods->items), compare_pods);
}

const struct pod *target_running(const struct items *pods)
{
	const struct pod *leaving = NULL;
	for (size_t i = 0; i < pods->count; i++) {
		const struct pod *p = object_pod(pods->items[i].object);
		if (phase_rank(p) > 0)
			continue;
		if (!p->meta.deletion_timestamp.set)
			return p;
		leaving = leaving ? leaving : p;
	}
	return leaving;
}

bool target_has_ended(const struct pod *pod)
{
	return str_eq(pod->status.phase, "Succeeded") || str_eq(pod->status.phase, "Failed");
}

const struct label_selector *target_selector(const struct object *o, struct label_selector *scratch)
{
	*scratch = (struct label_selector){ 0 };
	if (o->kind->id == KIND_DEPLOYMENT)
		return object_deployment(o)->spec.selector;
	if (o->kind->id == KIND_REPLICA_SET)
		return object_replica_set(o)->spec.selector;
	if (o->kind->id == KIND_DAEMON_SET)
		return object_daemon_set(o)->spec.selector;
	if (o->kind->id == KIND_STATEFUL_SET)
		return object_stateful_set(o)->spec.selector;
	if (o->kind->id == KIND_JOB)
		return object_job(o)->spec.selector;
	if (o->kind->id == KIND_REPLICATION_CONTROLLER)
		scratch->match_labels = object_replication_controller(o)->spec.selector;
	if (o->kind->id == KIND_SERVICE)
		scratch->match_labels = object_service(o)->spec.selector;
	return scratch->match_labels.count > 0 ? scratch : NULL;
}

static bool has_container(const struct containers *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].name, name))
			return true;
	return false;
}

void target_container_names(const struct pod *pod, struct buf *out)
{
	for (size_t i = 0; i < pod->spec.containers.count; i++)
		buf_addf(out, "%s%s", i ? ", " : "", pod->spec.containers.items[i].name);
	for (size_t i = 0; i < pod->spec.init_containers.count; i++)
		buf_addf(out, ", %s (init)", pod->spec.init_containers.items[i].name);
}

int target_container(const struct pod *pod, const char *wanted, bool init, const char **ret, bool *ret_chosen,
	struct err *err)
{
	const struct pod_spec *s = &pod->spec;
	const char *by_note = string_map_get(&pod->meta.annotations, DEFAULT_CONTAINER);
	*ret_chosen = false;
	*ret = wanted ? wanted : by_note;
	if (*ret &&
		(has_container(&s->containers, *ret) || (init && has_container(&s->init_containers, *ret))))
		return 0;
	if (wanted || s->containers.count == 0) {
		struct buf names = BUF_INIT;
		target_container_names(pod, &names);
		int r = err_set(err, -ENOENT, "pod %s has no container \"%s\"; it has %s", pod->meta.name,
			str_or_empty(wanted), names.data);
		buf_done(&names);
		return r;
	}
	*ret = s->containers.items[0].name;
	*ret_chosen = s->containers.count + s->init_containers.count > 1;
	return 0;
}
