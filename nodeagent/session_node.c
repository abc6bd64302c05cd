/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The node itself, as reports and hellos tell it: its status, its disk, its clock, its routes; looked at now and then. */
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "nodeagent/disk.h"
#include "nodeagent/node_status.h"
#include "nodeagent/pressure.h"
#include "nodeagent/session_private.h"

/* What is said of the routes to other nodes stands behind Ready. */
static void add_network(const struct sessions *all, struct node_status *s, struct arena *a)
{
	struct condition *c = arena_array(a, s->conditions.count + 1, sizeof(*c));
	memcpy(c, s->conditions.items, s->conditions.count * sizeof(*c));
	s->conditions.items = c;
	if (!routes_condition(all->o.node->routes, &c[s->conditions.count]))
		return;
	c[s->conditions.count].message = arena_strdup(a, c[s->conditions.count].message);
	s->conditions.count++;
}

/* Says it once; what waited for room is tried again when there is some. */
static void look_at_disk(struct sessions *all)
{
	const char *dir = all->o.node->env->state_dir;
	struct err err = { 0 };
	bool was_bad = all->disk.code < 0;

	if (disk_probe(dir, &err) >= 0) {
		all->disk = (struct err){ 0 };
		if (was_bad) {
			log_info("%s takes what is written again", dir);
			pods_retry(all->o.pods);
		}
		return;
	}
	if (!was_bad) {
		log_error("%s", err_text(&err));
		all->disk_since = time_now();
	}
	all->disk = err;
}

/* Reads the node's status, and how much is waited; true: they differ from those before, which they replace. */
static bool refresh_node(struct sessions *all)
{
	struct arena *a = arena_new(0);
	struct node_status *now = node_status_read(a, all->o.node->env->state_dir, time_now());
	bool pressed = pressure_read(&all->pressure);

	look_at_disk(all);
	if (all->disk.code < 0)
		node_status_disk(now, err_text(&all->disk), all->disk_since, a);
	node_status_images(now, all->o.node->images, a);
	add_network(all, now, a);
	if (all->node_status) /* Ready since the agent started */
		now->conditions.items[0].last_transition_time =
			all->node_status->conditions.items[0].last_transition_time;
	if (all->node_status && schema_equal(&schema_node_status, all->node_status, now)) {
		arena_free(a);
		return pressed;
	}
	arena_free(all->node_arena);
	all->node_arena = a;
	all->node_status = now;
	return true;
}

/* Has somebody set the clock since the last look? Whoever goes by our times must know. */
static bool clock_was_set(struct sessions *all)
{
	nsec_t clock = time_now() - time_monotonic(), by = clock - all->clock;

	all->clock = clock;
	return by > NSEC_PER_SEC || by < -NSEC_PER_SEC;
}

void sessions_node_begin(struct sessions *all)
{
	refresh_node(all);
	clock_was_set(all);
}

void sessions_look_at_node(struct sessions *all)
{
	struct node_services *node = all->o.node;
	struct session *s = sessions_obeyed(all);
	bool changed = refresh_node(all), set = clock_was_set(all), moved;
	moved = !str_eq(node->host_ip, node_status_address(all->node_status));
	if (moved)
		snprintf(node->host_ip, sizeof(node->host_ip), "%s", node_status_address(all->node_status));
	if (!(changed || set) || !s)
		return;
	struct arena *a = arena_new(0);
	session_report(s, a, moved ? NULL : &(struct strings){ 0 }, true);
	arena_free(a);
}

void sessions_look_at_routes(struct sessions *all)
{
	if (routes_sync(all->o.node->routes, all->o.identity->node))
		sessions_look_at_node(all);
}
