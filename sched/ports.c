/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/ports.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/ip.h"

/* --- one port -------------------------------------------------------------------------------------- */

static uint8_t protocol_of(const char *name)
{
	if (str_eq(name, "UDP") && !MUTANT(26))
		return IPPROTO_UDP;
	return str_eq(name, "SCTP") ? IPPROTO_SCTP : IPPROTO_TCP;
}

/* "0.0.0.0" is all addresses; "::" is one of its own, as there. */
static void take_address(struct sched_port *p, const char *text)
{
	static const uint8_t any[4];
	struct ip_network n;

	memset(p->address, 0, sizeof(p->address));
	p->all = str_empty(text) || ip_parse(text, &n) < 0 ||
		 (n.bits == 32 && memcmp(n.bytes, any, sizeof(any)) == 0);
	if (p->all)
		return;
	if (n.bits == 128) {
		memcpy(p->address, n.bytes, 16);
		return;
	}
	p->address[10] = p->address[11] = 0xff;
	memcpy(p->address + 12, n.bytes, 4);
}

static int socket_cmp(const struct sched_port *a, const struct sched_port *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return a->protocol < b->protocol ? -1 : a->protocol > b->protocol;
}

static int port_cmp(const void *x, const void *y)
{
	const struct sched_port *a = x, *b = y;
	int n = socket_cmp(a, b);

	if (n != 0 || a->all != b->all)
		return n != 0 ? n : (int)b->all - (int)a->all;
	return memcmp(a->address, b->address, sizeof(a->address));
}

/* --- of a pod -------------------------------------------------------------------------------------- */

static void add_container(struct sched_ports *p, size_t *cap, const struct container *c)
{
	for (size_t i = 0; i < c->ports.count; i++) {
		const struct container_port *from = &c->ports.items[i];
		struct sched_port *to;

		if (from->host_port <= 0 || from->host_port > UINT16_MAX)
			continue;
		p->items = grow(p->items, cap, p->count + 1, sizeof(p->items[0]));
		to = &p->items[p->count++];
		to->port = (uint16_t)from->host_port;
		to->protocol = protocol_of(from->protocol);
		take_address(to, from->host_ip);
	}
}

static void sort_once(struct sched_ports *p)
{
	size_t n = 0;

	if (p->count > 1)
		qsort(p->items, p->count, sizeof(p->items[0]), port_cmp);
	for (size_t i = 0; i < p->count; i++)
		if (n == 0 || port_cmp(&p->items[n - 1], &p->items[i]) != 0)
			p->items[n++] = p->items[i];
	p->count = n;
}

void sched_ports_of(const struct pod_spec *spec, struct sched_ports *ret)
{
	size_t cap = 0;

	*ret = (struct sched_ports){ 0 };
	for (size_t i = 0; i < spec->init_containers.count; i++)
		if (str_eq(spec->init_containers.items[i].restart_policy, "Always"))
			add_container(ret, &cap, &spec->init_containers.items[i]);
	for (size_t i = 0; i < spec->containers.count; i++)
		add_container(ret, &cap, &spec->containers.items[i]);
	sort_once(ret);
}

void sched_ports_done(struct sched_ports *p)
{
	free(p->items);
	p->items = NULL;
	p->count = 0;
}

/* --- of a node ------------------------------------------------------------------------------------- */

/* The first that doesn't come before PORT by CMP. */
static size_t lower_bound(const struct sched_port_book *b, const struct sched_port *port,
	int (*cmp)(const struct sched_port *a, const struct sched_port *b))
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cmp(&b->items[middle].port, port) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int whole_cmp(const struct sched_port *a, const struct sched_port *b)
{
	return port_cmp(a, b);
}

static void count_one(struct sched_port_book *b, const struct sched_port *port, int64_t delta)
{
	size_t i = lower_bound(b, port, whole_cmp);
	bool there = i < b->count && port_cmp(&b->items[i].port, port) == 0;

	if (!there && delta > 0) {
		b->items = grow(b->items, &b->cap, b->count + 1, sizeof(b->items[0]));
		memmove(&b->items[i + 1], &b->items[i], (b->count++ - i) * sizeof(b->items[0]));
		b->items[i] = (struct sched_port_use){ .port = *port, .count = (uint32_t)delta };
	} else if (there && (int64_t)b->items[i].count + delta > 0) {
		b->items[i].count = (uint32_t)(b->items[i].count + delta);
	} else if (there) {
		memmove(&b->items[i], &b->items[i + 1], (--b->count - i) * sizeof(b->items[0]));
	}
}

void sched_port_book_count(struct sched_port_book *b, const struct sched_ports *p, int64_t delta)
{
	for (size_t i = 0; i < p->count; i++)
		count_one(b, &p->items[i], delta);
}

/* With the same port and protocol: of all addresses, or of the same. */
static bool is_free(const struct sched_port_book *b, const struct sched_port *port)
{
	for (size_t i = lower_bound(b, port, socket_cmp);
		i < b->count && socket_cmp(&b->items[i].port, port) == 0; i++)
		if (port->all || b->items[i].port.all || port_cmp(&b->items[i].port, port) == 0)
			return false;
	return true;
}

bool sched_port_book_has_room(const struct sched_port_book *b, const struct sched_ports *p)
{
	for (size_t i = 0; b->count > 0 && i < p->count; i++)
		if (!is_free(b, &p->items[i]))
			return false;
	return true;
}

void sched_port_book_done(struct sched_port_book *b)
{
	free(b->items);
	b->items = NULL;
	b->count = b->cap = 0;
}
