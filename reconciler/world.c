/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The world's objects: making them, finding them, marking them, letting them go. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/network.h"
#include "reconciler/world_internal.h"
#include "reconciler/world_job.h"
#include "reconciler/world_waits.h"

enum { FINISHED_MAX = 12500 /* kube-controller-manager's --terminated-pod-gc-threshold */ };

void world_init(struct world *w, const struct world_settings *s, nsec_t now)
{
	memset(w, 0, sizeof(*w));
	memcpy(w->names.cluster_id, s->cluster_id, sizeof(w->names.cluster_id));
	w->names.term = s->term;
	memcpy(w->key, s->key, sizeof(w->key));
	w->host_name = s->host_name ? xstrdup(s->host_name) : NULL;
	w->started = now;
	w->finished_max = FINISHED_MAX;
	w->sched = sched_cluster_new();
	w->texts = intern_new();
	w->network = network_new();
	world_take_cluster(w, NULL);
}

static void set_text(char *where, size_t size, const char *text, const char *fallback)
{
	snprintf(where, size, "%s", str_empty(text) ? fallback : text);
}

void world_take_cluster(struct world *w, const struct cluster *cluster)
{
	static const struct cluster_spec none;
	const struct cluster_spec *s = cluster ? &cluster->spec : &none;
	const char *slash;

	set_text(w->pod_cidr, sizeof(w->pod_cidr), s->pod_cidr, "10.244.0.0/16");
	set_text(w->service_cidr, sizeof(w->service_cidr), s->service_cidr, "10.96.0.0/16");
	set_text(w->dns_domain, sizeof(w->dns_domain), s->dns_domain, "cluster.local");
	network_set_cluster(w->network, w->pod_cidr);
	w->config_restarts = str_eq(s->on_config_change, "Restart");
	w->rebalance_seconds = s->scheduling.rebalance ? s->scheduling.rebalance->interval_seconds : 0;
	w->rebalance_max = s->scheduling.rebalance ? s->scheduling.rebalance->max_evictions : 0;
	sched_cluster_set_strategy(
		w->sched, str_eq(s->scheduling.strategy, "Pack") ? SCHED_PACK : SCHED_SPREAD);
	/* A pod network smaller than a node's part is one node's. */
	slash = strchr(w->pod_cidr, '/');
	w->node_prefix = s->node_prefix > 0 ? s->node_prefix : 23;
	if (slash && w->node_prefix < atoi(slash + 1))
		w->node_prefix = atoi(slash + 1);
}

/* --- freeing -------------------------------------------------------------------------------------- */

struct world_origin *world_origin_free(struct world_origin *o)
{
	if (!o)
		return NULL;
	object_unref(o->object);
	object_unref(o->manifest);
	free(o->source);
	free(o->commit);
	free(o->held);
	free(o->left);
	free(o->waits);
	free(o->change_waits);
	free(o);
	return NULL;
}

static void object_free(struct world *w, struct world_object *o)
{
	if (o->kind->id == KIND_POD) {
		world_pod_drop_status(w, world_pod(o));
		world_request_drop(w, world_pod(o));
	}
	if (world_kind(o->kind->id)->free)
		world_kind(o->kind->id)->free(o);
	world_origin_free(o->origin);
	world_space_leave(w, o->namespace);
	free(o);
}

void world_done(struct world *w)
{
	w->waits = world_waits_free(w->waits);
	for (size_t i = 0; i < w->dropped_count; i++)
		object_free(w, w->dropped[i]);
	for (size_t i = 0; i < w->objects.count; i++)
		object_free(w, w->objects.entries[i].value);
	for (size_t i = 0; i < KIND_COUNT; i++)
		free(w->of_kind[i].items);
	free(w->wakes.items);
	free(w->nodes_by_name.items);
	free(w->subnets);
	free(w->news);
	network_free(w->network);
	world_pods_loaded(w);
	map_done(&w->spaces);
	map_done(&w->objects);
	map_done(&w->pods);
	map_done(&w->strays);
	map_done(&w->service_ips);
	for (size_t i = 0; i < w->zones.count; i++) {
		struct world_zone *z = w->zones.entries[i].value;

		free(z->name);
		free(z);
	}
	map_done(&w->zones);
	world_budgets_done(w);
	world_users_done(w);
	world_time_zones_done(w);
	objects_done(&w->limits);
	sched_cluster_free(w->sched);
	free(w->untold.items);
	map_done(&w->requests);
	for (size_t i = 0; i < w->moved.count; i++)
		free(w->moved.entries[i].value);
	map_done(&w->moved);
	intern_free(w->texts);
	free(w->host_name);
	free(w->dirty);
	free(w->changed);
	free(w->dropped);
	free(w->waiting.items);
	free(w->unranked.items);
	memset(w, 0, sizeof(*w));
}

/* --- finding and making ---------------------------------------------------------------------------- */

/* Zeroed but for the key, which stands behind the struct, and the name, which is the key's own end. */
static struct world_object *object_with_key(enum kind_id kind, const char *namespace, const char *name)
{
	const char *type = kinds[kind].name;
	size_t size = world_kind(kind)->size > 0 ? world_kind(kind)->size : sizeof(struct world_object);
	size_t room = strlen(type) + strlen(str_or_empty(namespace)) + strlen(name) + 3;
	struct world_object *o = xcalloc(1, size + room);
	char *end;

	o->key = (char *)o + size;
	end = stpcpy(stpcpy(o->key, type), "/");
	if (namespace)
		end = stpcpy(stpcpy(end, namespace), "/");
	o->name = end;
	stpcpy(end, name);
	return o;
}

struct world_object *world_find(
	const struct world *w, enum kind_id kind, const char *namespace, const char *name)
{
	char key[768], *end = key;

	/* By hand, as object_with_key writes it: a pass looks up a great many. */
	if (strlen(kinds[kind].name) + strlen(str_or_empty(namespace)) + strlen(name) + 3 > sizeof(key))
		return NULL;
	end = stpcpy(stpcpy(end, kinds[kind].name), "/");
	if (namespace)
		end = stpcpy(stpcpy(end, namespace), "/");
	stpcpy(end, name);
	return map_get(&w->objects, key);
}

struct world_pod *world_pod_by_uid(const struct world *w, const char *uid)
{
	return map_get(&w->pods, uid);
}

static void kind_join(struct world *w, struct world_object *o)
{
	struct world_list *list = &w->of_kind[o->kind->id];

	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	o->kind_index = (uint32_t)list->count;
	list->items[list->count++] = o;
	w->counts[o->kind->id]++;
}

static void kind_leave(struct world *w, const struct world_object *o)
{
	struct world_list *list = &w->of_kind[o->kind->id];

	assert(list->items[o->kind_index] == o);
	list->items[o->kind_index] = list->items[--list->count];
	list->items[o->kind_index]->kind_index = o->kind_index;
	w->counts[o->kind->id]--;
}

struct world_object *world_add(struct world *w, enum kind_id kind, const char *namespace, const char *name,
	const char *uid, nsec_t created)
{
	struct world_object *o;

	if (world_find(w, kind, namespace, name))
		return NULL;
	o = object_with_key(kind, namespace, name);
	o->kind = &kinds[kind];
	o->namespace = world_space_join(w, namespace);
	o->created = created;
	o->wake = NSEC_NEVER;
	if (uid)
		snprintf(o->uid, sizeof(o->uid), "%s", uid);
	else
		names_uid(&w->names, o->kind->name, namespace, name, o->uid);
	map_put(&w->objects, o->key, o);
	kind_join(w, o);
	world_space_count(w, o, true);
	if (kind == KIND_POD)
		map_put(&w->pods, o->uid, o);
	if (kind == KIND_NODE) {
		world_node(o)->world = w;
		w->nodes_unsorted = true;
		w->daemon_version++;
	}
	if (kind == KIND_DISRUPTION_BUDGET)
		world_budget_join(w, world_budget(o));
	return o;
}

/* --- marking --------------------------------------------------------------------------------------- */

static struct world_object **list_add(
	struct world_object **list, size_t *count, size_t *cap, struct world_object *o)
{
	list = grow(list, cap, *count + 1, sizeof(list[0]));
	list[(*count)++] = o;
	return list;
}

void world_touch(struct world *w, struct world_object *o)
{
	world_sched_news(w, o);
	if (o->changed || o->dropped)
		return;
	o->changed = true;
	w->changed = list_add(w->changed, &w->changed_count, &w->changed_cap, o);
}

void world_drop(struct world *w, struct world_object *o)
{
	if (o->dropped)
		return;
	o->dropped = true;
	map_remove(&w->objects, o->key);
	kind_leave(w, o);
	world_wake_cancel(w, o);
	world_space_count(w, o, false);
	if (o->kind->id == KIND_POD) {
		map_remove(&w->pods, o->uid);
		w->finished -= world_pod_finished(world_pod(o));
	}
	if (o->kind->id == KIND_SERVICE)
		world_service_ip(w, world_service(o), "");
	if (o->kind->id == KIND_NODE) {
		world_node_forget(w, world_node(o));
		w->nodes_unsorted = true;
		w->daemon_version++;
	}
	if (o->kind->id == KIND_DISRUPTION_BUDGET)
		world_budget_leave(w, world_budget(o));
	world_sched_forget(w, o);
	w->dropped = list_add(w->dropped, &w->dropped_count, &w->dropped_cap, o);
}

void world_dirty(struct world *w, struct world_object *o)
{
	if (o->dirty || o->dropped)
		return;
	o->dirty = true;
	w->dirty = list_add(w->dirty, &w->dirty_count, &w->dirty_cap, o);
}

void world_service_ip(struct world *w, struct world_service *s, const char *ip)
{
	if (s->cluster_ip[0] != '\0' && map_get(&w->service_ips, s->cluster_ip) == s)
		map_remove(&w->service_ips, s->cluster_ip);
	snprintf(s->cluster_ip, sizeof(s->cluster_ip), "%s", ip);
	if (ip[0] != '\0' && !str_eq(ip, "None") && !map_has(&w->service_ips, ip))
		map_put(&w->service_ips, s->cluster_ip, s);
}

void world_dirty_all(struct world *w)
{
	for (size_t i = 0; i < w->objects.count; i++)
		world_dirty(w, w->objects.entries[i].value);
}

int world_object_cmp(const void *a, const void *b)
{
	const struct world_object *x = *(struct world_object *const *)a,
				  *y = *(struct world_object *const *)b;
	int r;

	if (x->kind != y->kind)
		return x->kind->id < y->kind->id ? -1 : 1;
	r = str_cmp(x->namespace, y->namespace);
	return r ? r : strcmp(x->name, y->name);
}

struct world_entry_list world_entries(const struct world *w)
{
	struct world_entry_list all = { .items = xcalloc(w->objects.count, sizeof(all.items[0])) };

	for (size_t i = 0; i < w->objects.count; i++)
		all.items[all.count++] = w->objects.entries[i].value;
	if (all.count > 1)
		qsort(all.items, all.count, sizeof(all.items[0]), world_object_cmp);
	return all;
}

struct world_entry_list world_kind_entries(const struct world *w, enum kind_id kind)
{
	const struct world_list *list = &w->of_kind[kind];
	struct world_entry_list all = { xmemdup(list->items, list->count * sizeof(list->items[0])),
		list->count };

	if (all.count > 1)
		qsort(all.items, all.count, sizeof(all.items[0]), world_object_cmp);
	return all;
}

const struct world_list *world_nodes_by_name(struct world *w)
{
	const struct world_list *all = &w->of_kind[KIND_NODE];
	struct world_list *l = &w->nodes_by_name;

	if (!w->nodes_unsorted)
		return l;
	l->items = grow(l->items, &l->cap, all->count, sizeof(l->items[0]));
	l->count = all->count;
	if (l->count > 0)
		memcpy(l->items, all->items, l->count * sizeof(l->items[0]));
	if (l->count > 1)
		qsort(l->items, l->count, sizeof(l->items[0]), world_object_cmp);
	for (size_t i = 0; i < l->count; i++)
		world_node(l->items[i])->order = (uint32_t)i;
	w->nodes_unsorted = false;
	return l;
}

void world_sweep(struct world *w)
{
	for (size_t i = 0; i < w->changed_count; i++)
		w->changed[i]->changed = false;
	w->changed_count = 0;
	for (size_t i = 0; i < w->dropped_count; i++)
		object_free(w, w->dropped[i]);
	w->dropped_count = 0;
	network_told(w->network);
}

/* --- views ------------------------------------------------------------------------------------------ */

struct world_node *world_node(struct world_object *o)
{
	assert(o->kind->id == KIND_NODE);
	return (struct world_node *)o;
}

struct world_deployment *world_deployment(struct world_object *o)
{
	assert(o->kind->id == KIND_DEPLOYMENT);
	return (struct world_deployment *)o;
}

struct world_set *world_set(struct world_object *o)
{
	assert(world_keeps_pods(o->kind->id));
	return (struct world_set *)o;
}

struct world_pod *world_pod(struct world_object *o)
{
	assert(o->kind->id == KIND_POD);
	return (struct world_pod *)o;
}

struct world_roller *world_roller(struct world_object *o)
{
	assert(o->kind->id == KIND_STATEFUL_SET || o->kind->id == KIND_DAEMON_SET);
	return (struct world_roller *)o;
}

struct world_stateful_set *world_stateful_set(struct world_object *o)
{
	assert(o->kind->id == KIND_STATEFUL_SET);
	return (struct world_stateful_set *)o;
}

struct world_daemon_set *world_daemon_set(struct world_object *o)
{
	assert(o->kind->id == KIND_DAEMON_SET);
	return (struct world_daemon_set *)o;
}

struct world_controller_revision *world_controller_revision(struct world_object *o)
{
	assert(o->kind->id == KIND_CONTROLLER_REVISION);
	return (struct world_controller_revision *)o;
}

struct world_claim *world_claim(struct world_object *o)
{
	assert(o->kind->id == KIND_CLAIM);
	return (struct world_claim *)o;
}

struct world_service *world_service(struct world_object *o)
{
	assert(o->kind->id == KIND_SERVICE);
	return (struct world_service *)o;
}

struct world_budget *world_budget(struct world_object *o)
{
	assert(o->kind->id == KIND_DISRUPTION_BUDGET);
	return (struct world_budget *)o;
}

struct world_autoscaler *world_autoscaler(struct world_object *o)
{
	assert(o->kind->id == KIND_AUTOSCALER);
	return (struct world_autoscaler *)o;
}

struct world_event *world_event(struct world_object *o)
{
	assert(o->kind->id == KIND_EVENT);
	return (struct world_event *)o;
}

void world_digest(const struct world *w, const struct object *o, char ret[WORLD_DIGEST])
{
	uint8_t h[SHA256_SIZE];

	hmac_sha256(w->key, sizeof(w->key), o->hash, sizeof(o->hash), h);
	str_hex(h, sizeof(h), ret);
}

const char *world_source(const struct world_object *o)
{
	if (o->origin)
		return o->origin->source;
	if (o->kind->id == KIND_POD) {
		const struct world_set *s = ((const struct world_pod *)o)->set;

		return s ? world_source(&s->o) : NULL;
	}
	if (o->kind->id == KIND_JOB) {
		const struct world_cron_job *cron = ((const struct world_job *)o)->cron;

		return cron ? world_source(&cron->o) : NULL;
	}
	if (world_keeps_pods(o->kind->id)) {
		const struct world_deployment *d = ((const struct world_set *)o)->deployment;

		return d ? world_source(&d->o) : NULL;
	}
	if (o->kind->id == KIND_CONTROLLER_REVISION) {
		const struct world_roller *r = ((const struct world_controller_revision *)o)->owner;

		return r ? world_source(&r->set.o) : NULL;
	}
	return NULL;
}
