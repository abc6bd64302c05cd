/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a simulated agent says of its node and its pods: as long, and as different from the next one, as the real thing. */
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/object/quantity.h"
#include "tests/bench/fleet.h"

enum { IMAGES = 20 };

static struct opt_int instant(nsec_t t)
{
	return (struct opt_int){ .set = true, .value = t - t % NSEC_PER_SEC };
}

/* --- the node ------------------------------------------------------------------------------------------------ */

static struct quantity_map amounts(struct arena *arena)
{
	static const char *const list[][2] = { { "cpu", "16" }, { "memory", "65843212Ki" }, { "pods", "110" },
		{ "ephemeral-storage", "515010816Ki" } };
	struct quantity_map m = { .items = arena_array(arena, ARRAY_LEN(list), sizeof(m.items[0])) };

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct quantity_pair *q = &m.items[m.count++];

		q->key = list[i][0];
		quantity_parse(list[i][1], &q->value);
		q->value.set = true;
	}
	return m;
}

/* 10.64.0.1 and so on. */
static const char *address(const struct fleet_agent *a, struct arena *arena)
{
	return arena_printf(
		arena, "10.%u.%u.%u", 64 + a->index / 62500, a->index / 250 % 250, a->index % 250 + 1);
}

static void add_images(struct node_status *s, struct arena *arena)
{
	s->images.items = arena_array(arena, IMAGES, sizeof(s->images.items[0]));
	for (unsigned i = 0; i < IMAGES; i++) {
		struct node_image *image = &s->images.items[s->images.count++];

		image->size_bytes = 200000000 - 7654321 * (int64_t)i;
		image->names.items = arena_array(arena, 1, sizeof(char *));
		image->names.items[image->names.count++] = arena_printf(
			arena, "registry.example.com/team-%u/service-%u:v1.%u.0", i % 5, i, i);
	}
}

static struct node_status *node_status_of(const struct fleet_agent *a, struct arena *arena)
{
	struct node_status *s = arena_alloc(arena, sizeof(*s));

	s->capacity = s->allocatable = amounts(arena);
	s->conditions.items = arena_array(arena, 1, sizeof(s->conditions.items[0]));
	s->conditions.items[s->conditions.count++] = (struct condition){
		.type = "Ready",
		.status = "True",
		.reason = "AgentReady",
		.message = "the node agent runs pods",
		.last_transition_time = instant(1767225600 * NSEC_PER_SEC + a->index * NSEC_PER_SEC),
	};
	s->addresses.items = arena_array(arena, 2, sizeof(s->addresses.items[0]));
	s->addresses.items[s->addresses.count++] = (struct node_address){ "InternalIP", address(a, arena) };
	s->addresses.items[s->addresses.count++] = (struct node_address){ "Hostname", a->name };
	s->node_info = (struct node_info){
		.machine_id = arena_printf(arena, "%032x", a->index + 1),
		.boot_id = arena_printf(arena, "%08x-0000-4000-8000-000000000000", a->index + 1),
		.kernel_version = "6.1.0-31-amd64",
		.os_image = "Debian GNU/Linux 12 (bookworm)",
		.container_runtime_version = "crun",
		.kubelet_version = "pintle-" PINTLE_VERSION,
		.operating_system = "linux",
		.architecture = "amd64",
	};
	add_images(s, arena);
	return s;
}

void fleet_say_hello(const struct fleet_agent *a, struct buf *out)
{
	struct arena *arena = arena_new(4096);
	const struct wire_pressure pressure = { 0 };
	struct wire_hello h = {
		.version = WIRE_VERSION,
		.min_version = WIRE_MIN_VERSION,
		.agent = PINTLE_VERSION,
		.cluster_id = a->cluster_id,
		.node = a->cluster_id ? a->name : NULL,
		.term = a->term,
		.holder = a->holder,
		.status = node_status_of(a, arena),
		.pressure = (struct wire_pressure *)(uintptr_t)&pressure,
		.time = time_now(),
	};

	h.boot_id = h.status->node_info.boot_id;
	h.pods.items = arena_array(arena, a->pod_count + 1, sizeof(h.pods.items[0]));
	for (size_t i = 0; i < a->pod_count; i++)
		if (a->pods[i].gone_seq == 0)
			h.pods.items[h.pods.count++] = (struct wire_held_pod){ .uid = a->pods[i].uid,
				.digest = a->pods[i].digest,
				.namespace = a->pods[i].namespace,
				.name = a->pods[i].name };
	wire_write_hello(out, &h);
	arena_free(arena);
}

/* --- its pods ---------------------------------------------------------------------------------------------------- */

static void add_conditions(struct pod_status *s, nsec_t since, struct arena *arena)
{
	static const char *const types[] = { "PodReadyToStartContainers", "Initialized", "Ready",
		"ContainersReady" };

	s->conditions.items = arena_array(arena, ARRAY_LEN(types), sizeof(s->conditions.items[0]));
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		s->conditions.items[s->conditions.count++] = (struct condition){
			.type = types[i], .status = "True", .last_transition_time = instant(since)
		};
}

static void add_container(struct pod_status *s, const struct fleet_pod *p, struct arena *arena)
{
	struct container_status *c = arena_alloc(arena, sizeof(*c));
	char hex[SHA256_HEX];

	sha256_hex(p->uid, strlen(p->uid), hex);
	*c = (struct container_status){
		.name = p->container,
		.image = p->image,
		.image_id = arena_printf(arena, "%s@sha256:%064x", p->image, 1),
		.container_id = arena_printf(arena, "pintle://%s", hex),
		.ready = true,
		.started = { true, true },
	};
	c->state.running = arena_alloc(arena, sizeof(*c->state.running));
	c->state.running->started_at = instant(p->started);
	s->container_statuses.items = c;
	s->container_statuses.count = 1;
}

static struct pod_status *pod_status_of(
	const struct fleet_agent *a, const struct fleet_pod *p, struct arena *arena)
{
	struct pod_status *s = arena_alloc(arena, sizeof(*s));

	s->phase = "Running";
	s->host_ip = address(a, arena);
	s->pod_ip = arena_printf(arena, "10.128.%u.%u", a->index % 250, p->place % 250 + 2);
	s->pod_ips.items = arena_alloc(arena, sizeof(s->pod_ips.items[0]));
	s->pod_ips.items[s->pod_ips.count++].ip = s->pod_ip;
	s->qos_class = "Burstable";
	s->start_time = instant(p->started);
	add_conditions(s, p->started, arena);
	add_container(s, p, arena);
	return s;
}

void fleet_say_report(struct fleet_agent *a, size_t from, bool node, struct buf *out)
{
	struct arena *arena = arena_new(4096);
	struct wire_report r = { .seq = ++a->seq, .node = node ? node_status_of(a, arena) : NULL };
	char network[WIRE_NETWORK_DIGEST];

	wire_network_digest(a->fleet->network.sum, network);
	r.network = r.seq == 1 ? network : NULL;
	r.pods.items = arena_array(arena, a->pod_count - from + 1, sizeof(r.pods.items[0]));
	for (size_t i = from; i < a->pod_count; i++) {
		const struct fleet_pod *p = &a->pods[i];

		r.pods.items[r.pods.count++] = (struct wire_report_pod){
			.uid = p->uid,
			.namespace = p->namespace,
			.name = p->name,
			.status = p->gone_seq > 0 ? NULL : pod_status_of(a, p, arena),
			.gone = p->gone_seq > 0,
		};
	}
	wire_write_report(out, &r);
	arena_free(arena);
}
