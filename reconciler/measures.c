/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/measures.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "reconciler/control/autoscaler.h"

enum { LONGEST = 60 /* seconds between two answers; further apart they say nothing of now */ };

static const struct world_container_usage *before_of(const struct world_pod *p, const char *container)
{
	for (size_t i = 0; p->usage && i < p->usage->count; i++)
		if (str_eq(p->usage->containers[i].container, container))
			return &p->usage->containers[i];
	return NULL;
}

/* Thousandths of a CPU; -1: not known yet. */
static int64_t rate(const struct world_pod *p, const char *container, int64_t cpu_nsec, nsec_t now)
{
	const struct world_container_usage *before = before_of(p, container);
	nsec_t elapsed = before ? now - p->usage->at : 0;

	if (elapsed < NSEC_PER_SEC || elapsed > LONGEST * NSEC_PER_SEC || cpu_nsec < before->cpu_nsec)
		return -1;
	return (cpu_nsec - before->cpu_nsec) / (elapsed / 1000);
}

static void take_pod(struct world_pod *p, const struct value *containers, nsec_t now)
{
	size_t count = containers && containers->type == VALUE_LIST ? containers->list.count : 0;
	_cleanup_(freep) struct world_container_usage *list = xcalloc(count, sizeof(list[0]));
	struct world_usage u = { .at = now, .containers = list };

	u.window = p->usage ? now - p->usage->at : 0;
	for (size_t i = 0; i < count; i++) {
		const struct value *v = containers->list.items[i];
		const char *name = value_get_string(v, "name");
		int64_t cpu = value_get_int(v, "cpuNanoseconds", 0);

		if (!name)
			continue;
		list[u.count++] = (struct world_container_usage){
			.container = name,
			.cpu_nsec = cpu,
			.cpu_milli = rate(p, name, cpu, now),
			.memory = value_get_int(v, "memoryWorkingSet", 0),
		};
	}
	autoscaler_take_usage(p, &u);
}

int measures_take(
	struct control *c, const struct world_node *n, const char *text, size_t len, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(len);
	const struct value *pods;
	struct value *v;
	int r = json_parse(arena, text, len, &v, err);

	if (r < 0)
		return r;
	pods = value_get(v, "pods");
	if (!pods || pods->type != VALUE_LIST)
		return err_set(err, -EBADMSG, "an answer to stats without pods");
	for (size_t i = 0; i < pods->list.count; i++) {
		const char *uid = value_get_string(pods->list.items[i], "uid");
		struct world_pod *p = uid ? world_pod_by_uid(c->world, uid) : NULL;

		if (p && p->node == n)
			take_pod(p, value_get(pods->list.items[i], "containers"), c->now);
	}
	return 0;
}
