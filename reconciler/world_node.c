/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes in the world and in the tree. Their taints are kept with the time since which each is there. */
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

#define REACHABLE "Reachable"

/* --- taints ------------------------------------------------------------------------------------------ */

static void taints_free(struct world_taint *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].key);
		free(list[i].value);
	}
	free(list);
}

static const char *effect_of(const char *text)
{
	static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute" };

	for (size_t i = 0; i < ARRAY_LEN(effects); i++)
		if (str_eq(effects[i], text))
			return effects[i];
	return effects[0];
}

static int taint_cmp(const void *a, const void *b)
{
	const struct world_taint *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	return r ? r : strcmp(x->effect, y->effect);
}

static bool same_taint(const struct world_taint *a, const struct world_taint *b)
{
	return taint_cmp(a, b) == 0 && str_eq(a->value, b->value);
}

static nsec_t time_of(const struct world_node *n, const struct world_taint *t)
{
	for (size_t i = 0; i < n->taint_count; i++)
		if (same_taint(&n->taints[i], t))
			return n->taints[i].added;
	return t->added;
}

bool world_node_taint(struct world_node *n, const struct world_taint *list, size_t count)
{
	struct world_taint *items = xcalloc(count, sizeof(items[0]));
	bool changed = count != n->taint_count;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct world_taint){
			.key = xstrdup(list[i].key),
			.value = xstrdup(str_or_empty(list[i].value)),
			.effect = effect_of(list[i].effect),
			.added = list[i].added,
		};
	if (count > 1)
		qsort(items, count, sizeof(items[0]), taint_cmp);
	for (size_t i = 0; i < count; i++) {
		items[i].added = time_of(n, &items[i]);
		changed = changed || !same_taint(&items[i], &n->taints[i]);
	}
	taints_free(n->taints, n->taint_count);
	n->taints = items;
	n->taint_count = count;
	return changed;
}

/* --- from the tree ------------------------------------------------------------------------------------- */

static void drop_status(struct world_node *n)
{
	if (n->status)
		schema_pack_drop(n->world->texts, &schema_node_status, n->status, n->status_len);
	free(n->status);
	n->status = NULL;
}

/* A condition that is ours to say (node_conditions): what the tree has of it was not told by the agent. */
static bool is_our_condition(const char *type)
{
	return str_eq(type, "Drained") || str_eq(type, REACHABLE) || world_node_is_note(type);
}

/*
 * S without what the tree would not have again: our own conditions, and of the agent's Ready all but whether it is. So an agent that
 * says what the tree has says nothing new, and after a restart no node is written once more.
 */
static struct node_status as_kept(const struct node_status *s, struct arena *arena)
{
	struct node_status kept = *s;
	struct condition ready = { .type = "Ready" };

	kept.conditions.items = arena_array(arena, s->conditions.count + 1, sizeof(ready));
	kept.conditions.count = 0;
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (str_eq(c->type, ready.type))
			ready.status = c->status;
		else if (!is_our_condition(c->type))
			kept.conditions.items[kept.conditions.count++] = *c;
	}
	if (ready.status)
		kept.conditions.items[kept.conditions.count++] = ready;
	return kept;
}

bool world_node_take_status(struct world_node *n, const struct node_status *s)
{
	_cleanup_(buf_done) struct buf packed = BUF_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct node_status kept = as_kept(s, arena);

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
	taints_free(n->taints, n->taint_count);
	free(n->drain_waits);
	free(n->agent_of);
	free(n->trouble_reason);
	free(n->trouble);
	free(n->strays);
	free(n->pods.items);
	free(n->queue.items);
}

static void load_taints(struct world_node *n, const struct node_spec *spec)
{
	struct world_taint *list = xcalloc(spec->taints.count, sizeof(list[0]));

	for (size_t i = 0; i < spec->taints.count; i++) {
		const struct taint *t = &spec->taints.items[i];

		list[i] = (struct world_taint){ .effect = t->effect, .added = t->time_added.value };
		list[i].key = xstrdup(str_or_empty(t->key));
		list[i].value = xstrdup(str_or_empty(t->value));
	}
	world_node_taint(n, list, spec->taints.count);
	taints_free(list, spec->taints.count);
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

static void set_text(char **where, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*where);
	*where = copy;
}

bool world_node_reach(
	struct world_node *n, enum world_reach reach, const char *reason, const char *trouble, nsec_t now)
{
	if (n->reach == reach && str_eq(n->trouble_reason, reason) && str_eq(n->trouble, trouble))
		return false;
	if (n->reach != reach)
		n->reach_since = now;
	n->reach = reach;
	set_text(&n->trouble_reason, reason);
	set_text(&n->trouble, trouble);
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

/* As drained() writes it: "2 pods are left; PodDisruptionBudget/ns/name allows no disruption now". */
static void load_drain(struct world_node *n, const struct condition *c)
{
	const char *waits = strstr(str_or_empty(c->message), "; ");

	n->draining = true;
	n->drain_left = strtoul(str_or_empty(c->message), NULL, 10);
	if (waits)
		n->drain_waits = xstrndup(waits + 2, strcspn(waits + 2, " "));
}

static void load_reach(struct world_node *n, const struct condition *c)
{
	if (str_eq(c->status, "True"))
		world_node_reach(n, REACH_YES, NULL, NULL, c->last_transition_time.value);
	else
		world_node_reach(n, REACH_NO, str_or_empty(c->reason), str_or_empty(c->message),
			c->last_transition_time.value);
}

static void load_node(struct world *w, struct object *from, struct world_object *o)
{
	struct world_node *n = world_node(o);
	const struct node *node = object_node(from);

	world_node_take_subnet(w, n, str_or_empty(node->spec.pod_cidr));
	load_taints(n, &node->spec);
	for (size_t i = 0; i < node->status.conditions.count; i++) {
		const struct condition *c = &node->status.conditions.items[i];

		if (str_eq(c->type, "Drained"))
			load_drain(n, c);
		world_node_note_load(w, n, c);
		if (str_eq(c->type, REACHABLE))
			load_reach(n, c);
		if (!str_eq(c->type, "Ready"))
			continue;
		n->ready = str_eq(c->status, "True");
		n->ready_since = c->last_transition_time.value;
	}
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

static struct condition drained(struct world_scratch *s, const struct world_node *n)
{
	const char *waits = n->drain_waits
				    ? arena_printf(s->arena, "; %s allows no disruption now", n->drain_waits)
				    : "";

	return (struct condition){
		.type = "Drained",
		.status = n->drain_left == 0 ? "True" : "False",
		.reason = n->drain_left == 0 ? "NoPodsLeft"
			  : n->drain_waits   ? "WaitsForBudget"
					     : "PodsLeave",
		.message = arena_printf(s->arena, "%zu %s left%s", n->drain_left,
			n->drain_left == 1 ? "pod is" : "pods are", waits),
	};
}

static struct condition reachable(const struct world_node *n)
{
	return (struct condition){
		.type = REACHABLE,
		.status = n->reach == REACH_YES ? "True" : "False",
		.reason = n->reach == REACH_YES ? "SessionEstablished" : n->trouble_reason,
		.message = n->trouble,
		.last_transition_time = stored_instant(n->reach_since),
	};
}

static const char *ready_message(struct world_scratch *s, const struct world_node *n)
{
	if (n->ready)
		return "the agent is connected";
	if (n->told)
		return "the agent says that it can't run pods";
	if (n->trouble)
		return arena_printf(s->arena, "no session with the node's agent: %s", n->trouble);
	return "no session with the node's agent";
}

static struct conditions node_conditions(
	struct world_scratch *s, const struct world_node *n, const struct conditions *said)
{
	size_t count = said ? said->count : 0;
	struct conditions c = { .items = arena_array(
					s->arena, count + 3 + WORLD_NODE_NOTES, sizeof(c.items[0])) };
	struct condition ready = { .type = "Ready",
		.status = n->ready  ? "True"
			  : n->told ? "False"
				    : "Unknown",
		.reason = n->ready    ? "AgentReady"
			  : n->told   ? "AgentNotReady"
			  : n->status ? "NodeStatusUnknown"
				      : "NodeStatusNeverUpdated",
		.message = ready_message(s, n),
		.last_transition_time = stored_instant(n->ready_since) };

	for (size_t i = 0; i < count; i++)
		if (!str_eq(said->items[i].type, "Ready") && !is_our_condition(said->items[i].type))
			c.items[c.count++] = said->items[i];
	c.items[c.count++] = ready;
	if (n->reach != REACH_UNKNOWN)
		c.items[c.count++] = reachable(n);
	if (n->draining)
		c.items[c.count++] = drained(s, n);
	world_node_notes(s, n, &c);
	return c;
}

static void add_taints(struct world_scratch *s, const struct world_node *n, struct node_spec *spec)
{
	spec->taints.items = arena_array(s->arena, n->taint_count + 1, sizeof(spec->taints.items[0]));
	spec->taints.count = n->taint_count;
	for (size_t i = 0; i < n->taint_count; i++) {
		const struct world_taint *t = &n->taints[i];

		spec->taints.items[i] = (struct taint){
			.key = t->key,
			.value = *t->value != '\0' ? t->value : NULL,
			.effect = t->effect,
		};
		if (str_eq(t->effect, "NoExecute"))
			spec->taints.items[i].time_added = stored_instant(t->added);
	}
}

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
	add_taints(s, n, &b->spec);
	b->spec.unschedulable = b->spec.unschedulable || n->draining;
	if (status)
		b->status = *status;
	if (n->leaving)
		take_no_pods(s, b);
	b->status.conditions = node_conditions(s, n, status ? &status->conditions : NULL);
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
