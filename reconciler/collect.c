/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What agents say, into the world. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/collect.h"
#include "reconciler/pressure.h"

enum { REASON_MAX = 128 }; /* as Kubernetes bounds it */

static void add_stray(
	struct control *c, struct world_node *n, const char *uid, const char *namespace, const char *name)
{
	world_stray_put(n, uid, namespace, name);
	control_node_doubt(c, n);
}

/* Until the hello is read, the agent holds nothing. */
static void forget_node(struct world_node *n)
{
	for (size_t i = 0; i < n->pods.count; i++) {
		world_pod_take_sent(n->pods.items[i], NULL);
		n->pods.items[i]->held = false;
		n->pods.items[i]->remove_sent = false;
	}
	for (size_t i = 0; i < n->held.count; i++)
		((struct world_held *)n->held.entries[i].value)->sent = false;
	world_strays_clear(n);
	n->told = false;
}

static void take_held_pod(struct control *c, struct world_node *n, const struct wire_held_pod *h)
{
	struct world_pod *p = world_pod_by_uid(c->world, h->uid);

	if (!p || p->node != n) {
		add_stray(c, n, h->uid, h->namespace, h->name);
		return;
	}
	p->held = true;
	world_pod_take_sent(p, h->digest);
}

static void take_held_object(struct world_node *n, const char *hash)
{
	struct world_held *h = map_get(&n->held, hash);

	if (!h) {
		h = xcalloc(1, sizeof(*h));
		snprintf(h->hash, sizeof(h->hash), "%s", hash);
		h->key = xstrdup("");
		map_put(&n->held, h->hash, h);
	}
	h->sent = true;
}

/* Those being deleted that the agent has no trace of are gone; the others are compared. */
static void compare_pods(struct control *c, struct world_node *n)
{
	for (size_t i = n->pods.count; i > 0; i--) {
		struct world_pod *p = n->pods.items[i - 1];

		if (p->o.deleting && !p->held) {
			pod_gone(c, p);
			continue;
		}
		if (p->o.deleting)
			world_pod_queue(p);
		pod_refresh_digest(c, p);
	}
}

void collect_hello(struct control *c, struct world_node *n, const struct wire_hello *hello)
{
	if (hello->term == 0 && n->status)
		control_node_begins_anew(c, n);
	if (hello->time > 0)
		control_node_clock(c, n, hello->time);
	if (!MUTANT(14))
		forget_node(n);
	for (size_t i = 0; i < hello->objects.count; i++)
		take_held_object(n, hello->objects.items[i]);
	for (size_t i = 0; i < hello->pods.count; i++)
		if (hello->pods.items[i].uid)
			take_held_pod(c, n, &hello->pods.items[i]);
	compare_pods(c, n);
	world_node_held_changed(n);
	if (hello->status)
		control_node_report(c, n, hello->status);
	if (hello->pressure)
		control_node_pressure(c, n, pressure_from_wire(hello->pressure));
	control_node_connected(c, n, true);
}

void collect_goodbye(struct control *c, struct world_node *n)
{
	n->told = false;
	control_node_connected(c, n, false);
}

/* An agent says Warning, or what counts as Normal. */
static void take_events(struct control *c, const struct world_pod *p, const struct wire_events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct wire_event *e = &events->items[i];

		if (!str_empty(e->reason) && strlen(e->reason) <= REASON_MAX)
			control_event(c, &p->o, str_eq(e->type, "Warning") ? "Warning" : "Normal", e->reason,
				"%s", str_or_empty(e->message));
	}
}

void collect_report(struct control *c, struct world_node *n, const struct wire_report *report)
{
	for (size_t i = 0; i < report->pods.count && !(i > 0 && MUTANT(5)); i++) {
		const struct wire_report_pod *r = &report->pods.items[i];
		struct world_pod *p = r->uid ? world_pod_by_uid(c->world, r->uid) : NULL;

		if (p && p->node == n) {
			take_events(c, p, &r->events);
			control_pod_report(c, p, r->status, r->gone);
		} else if (r->uid && !r->gone)
			add_stray(c, n, r->uid, r->namespace, r->name);
		else if (r->uid)
			world_stray_gone(n, r->uid);
	}
	/* The first one is about all of its pods. */
	if (!n->told)
		world_dirty(c->world, &n->o);
	n->told = true;
	control_node_told(c, n);
	if (report->time > 0)
		control_node_clock(c, n, report->time);
	if (report->node)
		control_node_report(c, n, report->node);
	if (report->pressure)
		control_node_pressure(c, n, pressure_from_wire(report->pressure));
}
