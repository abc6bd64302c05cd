/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes in the world and in the tree. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/ip.h"
#include "lib/object/schema_pack.h"
#include "reconciler/network.h"
#include "reconciler/pressure.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

/* --- what its agent says ------------------------------------------------------------------------------- */

static void drop_status(struct world_node *n)
{
	if (n->status)
		schema_pack_drop(n->world->texts, &schema_node_status, n->status, n->status_len);
	free(n->status);
	n->status = NULL;
}

bool world_node_take_status(struct world_node *n, const struct node_status *s)
{
	_cleanup_(buf_done) struct buf packed = BUF_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct node_status kept = world_node_as_kept(s, arena);

	schema_pack(n->world->texts, &schema_node_status, &kept, &packed);
	if (n->status && n->status_len == packed.len && memcmp(n->status, packed.data, packed.len) == 0) {
		schema_pack_drop(n->world->texts, &schema_node_status, packed.data, packed.len);
		return false;
	}
	drop_status(n);
	n->status = xmemdup(packed.data, packed.len);
	n->status_len = packed.len;
	return true;
}

const struct node_status *world_node_status(const struct world_node *n, struct arena *arena)
{
	struct node_status *s;

	if (!n->status)
		return NULL;
	s = arena_alloc(arena, sizeof(*s));
	if (schema_unpack(n->world->texts, &schema_node_status, n->status, n->status_len, arena, s) < 0)
		assert(false);
	return s;
}

static void free_node(struct world_object *o)
{
	struct world_node *n = world_node(o);

	drop_status(n);
	object_unref(n->view);
	for (size_t i = 0; i < n->held.count; i++) {
		struct world_held *h = n->held.entries[i].value;

		free(h->key);
		free(h);
	}
	map_done(&n->held);
	world_strays_clear(n);
	world_node_taints_done(n);
	free(n->drain_waits);
	free(n->agent_of);
	free(n->trouble_reason);
	free(n->trouble);
	free(n->strays);
	free(n->pods.items);
	free(n->queue.items);
}

/* --- lists of the world -------------------------------------------------------------------------------- */

void world_node_news(struct world_node *n)
{
	struct world *w = n->world;

	if (n->news)
		return;
	n->news = true;
	w->news = grow(w->news, &w->news_cap, w->news_count + 1, sizeof(w->news[0]));
	w->news[w->news_count++] = n;
}

bool world_node_reach(
	struct world_node *n, enum world_reach reach, const char *reason, const char *trouble, nsec_t now)
{
	if (n->reach == reach && str_eq(n->trouble_reason, reason) && str_eq(n->trouble, trouble))
		return false;
	if (n->reach != reach)
		n->reach_since = now;
	n->reach = reach;
	str_set(&n->trouble_reason, reason);
	str_set(&n->trouble, trouble);
	return true;
}

void world_node_held_changed(struct world_node *n)
{
	n->held_changed = true;
	world_node_news(n);
}

bool world_subnet_parse(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	struct ip_network n;
	uint32_t address;

	if (ip_parse_network(text, &n) < 0 || n.bits != 32)
		return false;
	memcpy(&address, n.bytes, sizeof(address));
	*ret_first = ntohl(address) & ~((1ULL << (32 - n.prefix)) - 1);
	*ret_last = *ret_first + (1ULL << (32 - n.prefix)) - 1;
	return true;
}

static void subnet_remove(struct world *w, const struct world_node *n)
{
	for (size_t i = 0; i < w->subnet_count; i++) {
		if (w->subnets[i].node != n)
			continue;
		memmove(&w->subnets[i], &w->subnets[i + 1], (--w->subnet_count - i) * sizeof(w->subnets[0]));
		return;
	}
}

void world_node_take_subnet(struct world *w, struct world_node *n, const char *cidr)
{
	struct world_subnet s = { .node = n };
	size_t at;

	if (n->pod_cidr[0] != '\0')
		subnet_remove(w, n);
	snprintf(n->pod_cidr, sizeof(n->pod_cidr), "%s", cidr);
	if (!world_subnet_parse(n->pod_cidr, &s.first, &s.last))
		return;
	w->subnets = grow(w->subnets, &w->subnet_cap, w->subnet_count + 1, sizeof(w->subnets[0]));
	for (at = w->subnet_count; at > 0 && w->subnets[at - 1].first > s.first; at--)
		w->subnets[at] = w->subnets[at - 1];
	w->subnets[at] = s;
	w->subnet_count++;
}

void world_node_forget(struct world *w, struct world_node *n)
{
	world_node_take_subnet(w, n, "");
	network_remove_node(w->network, n->o.name);
	for (size_t i = 0; n->news && i < w->news_count; i++) {
		if (w->news[i] != n)
			continue;
		w->news[i] = w->news[--w->news_count];
		break;
	}
	n->news = false;
}

/* --- from the tree -------------------------------------------------------------------------------------- */

static void load_node(struct world *w, struct object *from, struct world_object *o)
{
	struct world_node *n = world_node(o);
	const struct node *node = object_node(from);

	world_node_take_subnet(w, n, str_or_empty(node->spec.pod_cidr));
	world_node_load_taints(n, &node->spec);
	world_node_load_conditions(w, n, &node->status.conditions);
	n->pressure = pressure_from_text(string_map_get(&node->meta.annotations, PRESSURE_ANNOTATION));
	if (node->status.capacity.count > 0)
		world_node_take_status(n, &node->status);
}

static void link_node(struct world *w, struct world_object *o)
{
	struct world_node *n = world_node(o);

	n->from_tree = true;
	world_node_refresh(w, n);
	n->view_generation = n->o.generation;
}

/* --- to the tree --------------------------------------------------------------------------------------- */

/* Whatever they tolerate. */
static void take_no_pods(struct world_scratch *s, struct node *b)
{
	struct quantity_map *m = &b->status.allocatable;
	struct quantity_pair *items = arena_array(s->arena, m->count + 1, sizeof(items[0]));

	b->spec.unschedulable = true;
	for (size_t i = 0; i < m->count; i++) {
		items[i] = m->items[i];
		if (str_eq(items[i].key, "pods"))
			items[i].value = quantity_from_units(0, QUANTITY_DECIMAL_SI);
	}
	m->items = items;
}

static void *body_node(struct world_scratch *s, const struct world_object *o)
{
	const struct world_node *n = (const struct world_node *)o;
	struct node *b = stored_plain(s, o);
	const struct node_status *status = world_node_status(n, s->arena);
	const struct node_info *info = status ? &status->node_info : NULL;
	_cleanup_(buf_done) struct buf pressure = BUF_INIT;
	const struct string_pair labels[] = {
		{ "kubernetes.io/hostname", o->name },
		{ "kubernetes.io/os", "linux" },
		{ "kubernetes.io/arch", info ? info->architecture : NULL },
	};

	b->meta.labels = stored_merge(
		s->arena, &b->meta.labels, NULL, labels, info && info->architecture ? 3 : 2);
	pressure_format(n->pressure, &pressure);
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL,
		&(struct string_pair){ PRESSURE_ANNOTATION,
			pressure.len > 0 ? arena_strdup(s->arena, pressure.data) : NULL },
		1);
	if (n->pod_cidr[0] != '\0') {
		b->spec.pod_cidr = arena_strdup(s->arena, n->pod_cidr);
		b->spec.pod_cidrs.items = arena_alloc(s->arena, sizeof(char *));
		b->spec.pod_cidrs.items[0] = b->spec.pod_cidr;
		b->spec.pod_cidrs.count = 1;
	}
	world_node_add_taints(s, n, &b->spec);
	b->spec.unschedulable = b->spec.unschedulable || n->draining;
	if (status)
		b->status = *status;
	if (n->leaving)
		take_no_pods(s, b);
	b->status.conditions = world_node_conditions(s, n, status ? &status->conditions : NULL);
	return b;
}

/* Where others reach it: as its manifest says, else as its agent does. */
static const char *reached_at(const struct node *n)
{
	const char *address = string_map_get(&n->meta.annotations, ANNOTATION_ADDRESS);

	for (size_t i = 0; !address && i < n->status.addresses.count; i++)
		if (str_eq(n->status.addresses.items[i].type, "InternalIP"))
			address = n->status.addresses.items[i].address;
	return address;
}

void world_node_refresh(struct world *w, struct world_node *n)
{
	struct arena *arena = arena_new(2048);
	struct world_scratch s = { .w = w, .arena = arena };
	struct object *view = stored_shell(&s, &kinds[KIND_NODE], body_node(&s, &n->o));
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct object *whole = NULL;

	/* By way of its text, so that the view owns all that it points to. */
	object_write_json(&json, view, 0, NULL);
	arena_free(arena);
	if (object_load_json(text.data, text.len, &whole, NULL) < 0)
		return;
	object_unref(n->view);
	n->view = whole;
	network_set_node(
		w->network, n->o.name, object_node(whole)->spec.pod_cidr, reached_at(object_node(whole)));
	sched_cluster_set_node(w->sched, whole);
	sched_cluster_set_pressure(w->sched, n->o.name, n->pressure);
	w->nodes_changed = true;
}

const struct world_kind world_kind_node = {
	.size = sizeof(struct world_node),
	.free = free_node,
	.load = load_node,
	.link = link_node,
	.body = body_node,
};
