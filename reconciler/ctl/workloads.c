/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/workloads.h"

#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

/* Nothing that is shown owns it. */
static bool is_root(const struct object *o)
{
	return o->kind->workload && !meta_controller(o->meta);
}

static struct workload *add(struct workloads *w, const struct object *o)
{
	struct buf why = BUF_INIT;
	w->items = grow(w->items, &w->cap, w->count + 1, sizeof(*w->items));
	struct workload *item = &w->items[w->count++];
	*item = (struct workload){ .object = o, .health = health_of(o, &why) };
	item->why = buf_take(&why);
	w->bad += item->health != HEALTH_GOOD;
	return item;
}

static void add_root(struct workloads *w, const struct object *o)
{
	w->total++;
	if (add(w, o)->health == HEALTH_GOOD)
		w->good++;
}

static void add_node(struct workloads *w, const struct object *o)
{
	const struct node *n = object_node(o);
	bool drains = health_condition(&n->status.conditions, "Drained", NULL) != NULL;
	w->nodes++;
	w->nodes_ready += str_eq(health_condition(&n->status.conditions, "Ready", NULL), "True");
	w->nodes_drained += drains;
	w->nodes_cordoned += n->spec.unschedulable && !drains;
	add(w, o);
}

/* What has a health, and neither runs nor is run on. */
static bool watches(const struct object *o)
{
	return o->kind->id == KIND_DISRUPTION_BUDGET || o->kind->id == KIND_AUTOSCALER;
}

static void add_reason(struct workload *w, const char *pod, const char *text)
{
	for (size_t i = 0; i < w->reason_count; i++)
		if (str_eq(w->reasons[i].text, text)) {
			w->reasons[i].pods++;
			return;
		}
	if (w->reason_count == WORKLOAD_REASONS_MAX)
		w->more++;
	else
		w->reasons[w->reason_count++] = (struct workload_reason){
			.pod = pod, .pods = 1, .text = xstrdup(text)
		};
}

/* Does a workload's word need that of a pod of HEALTH? Of one that is only coming where it has been so for too long. */
static bool is_reason(const struct workload *w, enum health health)
{
	return health == HEALTH_BAD || (health == HEALTH_COMING && w->health == HEALTH_BAD);
}

/* What a pod that belongs to a workload has to say. */
static void hear_pod(const struct map *owners, const struct object *o)
{
	const struct owner_reference *owner = meta_controller(o->meta);
	struct workload *w = owner && owner->uid ? map_get(owners, owner->uid) : NULL;
	struct buf why = BUF_INIT;
	if (w && w->health != HEALTH_GOOD && is_reason(w, health_of(o, &why)))
		add_reason(w, o->meta->name, why.data);
	buf_done(&why);
}

/* UIDs of the roots, and of the replica sets below them, to workloads. */
static void map_owners(const struct items *list, struct workloads *w, struct map *owners)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i].object->meta->uid)
			map_put(owners, w->items[i].object->meta->uid, &w->items[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct object *o = list->items[i].object;
		const struct owner_reference *owner = meta_controller(o->meta);
		if (o->kind->id != KIND_REPLICA_SET || !owner || !owner->uid || !o->meta->uid)
			continue;
		struct workload *root = map_get(owners, owner->uid);
		if (root)
			map_put(owners, o->meta->uid, root);
	}
}

void workloads_judge(const struct items *list, struct workloads *ret)
{
	struct map owners = { 0 };
	*ret = (struct workloads){ 0 };
	for (size_t i = 0; i < list->count; i++)
		if (is_root(list->items[i].object))
			add_root(ret, list->items[i].object);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].object->kind->id == KIND_NODE)
			add_node(ret, list->items[i].object);
	for (size_t i = 0; i < list->count; i++)
		if (watches(list->items[i].object))
			add(ret, list->items[i].object);
	map_owners(list, ret, &owners);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].object->kind->id == KIND_POD)
			hear_pod(&owners, list->items[i].object);
	map_done(&owners);
}

void workloads_done(struct workloads *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->items[i].why);
		for (size_t k = 0; k < w->items[i].reason_count; k++)
			free(w->items[i].reasons[k].text);
	}
	free(w->items);
	*w = (struct workloads){ 0 };
}

bool workloads_all_good(const struct workloads *w)
{
	return w->bad == 0;
}

void workload_name(const struct object *o, struct buf *out)
{
	if (o->kind->namespaced && !str_eq(o->meta->namespace, "default"))
		buf_addf(out, "%s/", str_or_empty(o->meta->namespace));
	buf_addf(out, "%s/%s", o->kind->singular, o->meta->name);
}

static void write_reasons(const struct workload *w, const char *indent, struct buf *out)
{
	for (size_t i = 0; i < w->reason_count; i++) {
		const struct workload_reason *r = &w->reasons[i];
		buf_addf(out, "%s    pod/%s", indent, r->pod);
		if (r->pods > 1)
			buf_addf(out, " and %zu more", r->pods - 1);
		buf_addf(out, ": %s\n", r->text);
	}
	if (w->more)
		buf_addf(out, "%s    … and %zu pods for other reasons\n", indent, w->more);
}

void workloads_write_text(const struct workloads *w, const char *indent, struct buf *out)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct workload *item = &w->items[i];
		if (item->health == HEALTH_GOOD)
			continue;
		buf_adds(out, indent);
		workload_name(item->object, out);
		buf_addf(out, ": %s\n", item->why);
		write_reasons(item, indent, out);
	}
}

static void write_pods(const struct workload *w, struct json_writer *out)
{
	json_key(out, "pods");
	json_begin_list(out);
	for (size_t i = 0; i < w->reason_count; i++) {
		json_begin_map(out);
		json_member_string(out, "name", w->reasons[i].pod);
		json_member_int(out, "count", (int64_t)w->reasons[i].pods);
		json_member_string(out, "reason", w->reasons[i].text);
		json_end_map(out);
	}
	json_end_list(out);
}

void workloads_write_json(const struct workloads *w, struct json_writer *out)
{
	json_begin_list(out);
	for (size_t i = 0; i < w->count; i++) {
		const struct workload *item = &w->items[i];
		if (item->health == HEALTH_GOOD)
			continue;
		json_begin_map(out);
		json_member_string(out, "kind", item->object->kind->name);
		if (item->object->kind->namespaced)
			json_member_string(out, "namespace", item->object->meta->namespace);
		json_member_string(out, "name", item->object->meta->name);
		json_member_string(out, "health", health_name(item->health));
		json_member_string(out, "reason", item->why);
		write_pods(item, out);
		json_end_map(out);
	}
	json_end_list(out);
}
