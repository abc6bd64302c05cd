/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Services: a ClusterIP, and NodePorts where the type has them. An allocation is made once, recorded before it is used, and
 * kept for as long as the Service lives; where it starts to look is a hash of the Service's name, so that a Service that is
 * removed and comes back mostly finds its old address free.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

enum {
	/* Of the service network: its own address, the API's (kubernetes.default), and the DNS server's by custom stay free. */
	RESERVED_FIRST = 16,
	NODE_PORT_FIRST = 30000,
	NODE_PORT_LAST = 32767,
};

static const struct service_spec *spec_of(const struct world_service *s)
{
	return &object_service(s->o.origin->object)->spec;
}

/* --- addresses ------------------------------------------------------------------------------------------- */

/* First address and number of addresses of an IPv4 network "a.b.c.d/n". */
static bool network_parse(const char *cidr, uint32_t *ret_first, uint32_t *ret_count)
{
	char text[20];
	const char *slash = strchr(cidr, '/');
	struct in_addr a;
	int64_t bits;

	if (!slash || (size_t)(slash - cidr) >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - cidr), cidr);
	if (inet_pton(AF_INET, text, &a) != 1 || str_to_i64(slash + 1, &bits) < 0 || bits < 8 || bits > 30)
		return false;
	*ret_count = 1U << (32 - bits);
	*ret_first = ntohl(a.s_addr) & ~(*ret_count - 1);
	return true;
}

static void address_text(uint32_t address, char *ret)
{
	snprintf(ret, INET_ADDRSTRLEN, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
		address & 255);
}

static bool allocate_ip(const struct world *w, const struct world_service *s, char *ret)
{
	uint32_t first, count, usable, start;

	if (!network_parse(w->service_cidr, &first, &count) || count <= RESERVED_FIRST + 1)
		return false;
	usable = count - RESERVED_FIRST - 1;
	start = (uint32_t)(hash_string(s->o.key) % usable);
	for (uint32_t i = 0; i < usable; i++) {
		address_text(first + RESERVED_FIRST + (start + i) % usable, ret);
		if (!map_has(&w->service_ips, ret))
			return true;
	}
	return false;
}

static void sync_ip(struct control *c, struct world_service *s)
{
	const struct service_spec *spec = spec_of(s);
	const char *asked = spec->cluster_ip;
	char ip[INET_ADDRSTRLEN];
	struct world_service *other;

	if (str_eq(spec->type, "ExternalName")) {
		world_service_ip(c->world, s, "");
		return;
	}
	if (str_empty(asked) || str_eq(asked, s->cluster_ip)) {
		if (s->cluster_ip[0] != '\0' && (!str_empty(asked) || !str_eq(s->cluster_ip, "None")))
			return;
		if (allocate_ip(c->world, s, ip))
			world_service_ip(c->world, s, ip);
		else
			control_event_once(c, &s->o, "Warning", "ClusterIPNotAllocated",
				"the service network %s is full", c->world->service_cidr);
		return;
	}
	other = map_get(&c->world->service_ips, asked);
	if (other && other != s)
		control_event_once(c, &s->o, "Warning", "ClusterIPNotAllocated",
			"%s belongs to Service %s/%s", asked, other->o.namespace, other->o.name);
	else
		world_service_ip(c->world, s, asked);
}

/* --- node ports -------------------------------------------------------------------------------------------- */

static bool port_taken(const struct world *w, int64_t port, const struct world_service *by, size_t index)
{
	for (size_t i = 0; i < w->of_kind[KIND_SERVICE].count; i++) {
		const struct world_service *s = world_service(w->of_kind[KIND_SERVICE].items[i]);

		for (size_t k = 0; k < s->node_port_count; k++)
			if (s->node_ports[k] == port && !(s == by && k == index))
				return true;
	}
	return false;
}

static int64_t allocate_port(const struct world *w, const struct world_service *s, size_t index)
{
	const int64_t count = NODE_PORT_LAST - NODE_PORT_FIRST + 1;
	int64_t start = (int64_t)((hash_string(s->o.key) + index) % (uint64_t)count);

	for (int64_t i = 0; i < count; i++) {
		int64_t port = NODE_PORT_FIRST + (start + i) % count;

		if (!port_taken(w, port, s, index))
			return port;
	}
	return 0;
}

static bool has_node_ports(const struct service_spec *spec)
{
	if (str_eq(spec->type, "LoadBalancer"))
		return !spec->allocate_load_balancer_node_ports.set ||
		       spec->allocate_load_balancer_node_ports.value;
	return str_eq(spec->type, "NodePort");
}

static void sync_ports(struct control *c, struct world_service *s)
{
	const struct service_spec *spec = spec_of(s);
	size_t before = s->node_port_count;

	s->node_ports = xreallocarray(s->node_ports, spec->ports.count + 1, sizeof(s->node_ports[0]));
	for (size_t i = before; i < spec->ports.count; i++)
		s->node_ports[i] = 0;
	s->node_port_count = spec->ports.count;
	for (size_t i = 0; i < spec->ports.count; i++) {
		int64_t asked = spec->ports.items[i].node_port;

		if (!has_node_ports(spec))
			s->node_ports[i] = 0;
		else if (asked != 0 && port_taken(c->world, asked, s, i))
			control_event_once(c, &s->o, "Warning", "NodePortNotAllocated",
				"node port %lld is taken", (long long)asked);
		else if (asked != 0)
			s->node_ports[i] = asked;
		else if (s->node_ports[i] == 0)
			s->node_ports[i] = allocate_port(c->world, s, i);
	}
}

static uint64_t allocations_hash(const struct world_service *s)
{
	return hash_string(s->cluster_ip) ^
	       hash_bytes(s->node_ports, s->node_port_count * sizeof(s->node_ports[0]));
}

void control_service_sync(struct control *c, struct world_service *s)
{
	uint64_t before = s->node_ports ? allocations_hash(s) : 0;

	if (!s->o.origin)
		return;
	sync_ip(c, s);
	sync_ports(c, s);
	if (allocations_hash(s) != before)
		world_touch(c->world, &s->o);
}
