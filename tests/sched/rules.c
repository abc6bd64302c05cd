/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/rules.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

const char *const rule_names[RULE_COUNT] = { "node name", "unschedulable", "drained", "taints",
	"node affinity", "ports", "resources", "attach limits", "volumes", "topology spread",
	"anti-affinity of others", "affinity", "anti-affinity" };

bool rule_is_there(const struct being *b)
{
	return !b->away;
}

/* --- resources ------------------------------------------------------------------------------------------------- */

static int64_t amount(const struct quantity_map *m, const char *resource, int64_t fallback)
{
	const struct quantity *q = quantity_map_get(m, resource);

	if (!q)
		return fallback;
	return str_eq(resource, "cpu") ? quantity_milli(q) : quantity_units(q);
}

/* A missing request is the limit. */
static int64_t of_container(const struct container *c, const char *resource, int64_t least)
{
	return amount(&c->resources.requests, resource, amount(&c->resources.limits, resource, least));
}

/* concepts/workloads/pods/sidecar-containers, "Resource sharing within containers". */
int64_t rule_amount(const struct pod_spec *spec, const char *resource, int64_t least)
{
	int64_t together = 0, sidecars = 0, start = 0;

	for (size_t i = 0; i < spec->containers.count; i++)
		together += of_container(&spec->containers.items[i], resource, least);
	for (size_t i = 0; i < spec->init_containers.count; i++) {
		const struct container *c = &spec->init_containers.items[i];
		int64_t own = of_container(c, resource, least);

		if (sidecars + own > start)
			start = sidecars + own;
		if (str_eq(c->restart_policy, "Always"))
			sidecars += own;
	}
	together += sidecars;
	return (together > start ? together : start) + amount(&spec->overhead, resource, 0);
}

int64_t rule_capacity(const struct place *p, const char *resource)
{
	return amount(&p->node->status.allocatable, resource, 0);
}

static bool resource_fits(const struct being *b, const struct place *p, const char *resource)
{
	int64_t used = rule_amount(b->kin->spec, resource, 0);

	if (used == 0)
		return true;
	for (const struct being *o = p->beings; o; o = o->next_on)
		if (rule_is_there(o))
			used += rule_amount(o->kin->spec, resource, 0);
	return used <= rule_capacity(p, resource);
}

static bool resources_fit(const struct being *b, const struct place *p)
{
	static const char *const resources[] = { "cpu", "memory", "ephemeral-storage", "example.com/nic",
		"example.com/gpu" };
	int64_t pods = 1;

	for (const struct being *o = p->beings; o; o = o->next_on)
		pods += rule_is_there(o);
	if (pods > rule_capacity(p, "pods"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!resource_fits(b, p, resources[i]))
			return false;
	return true;
}

/* --- host ports ------------------------------------------------------------------------------------------------ */

static bool every_address(const char *ip)
{
	return str_empty(ip) || str_eq(ip, "0.0.0.0");
}

static int64_t host_port(const struct pod_spec *spec, const struct container_port *p)
{
	return p->host_port == 0 && spec->host_network ? p->container_port : p->host_port;
}

static const char *protocol(const struct container_port *p)
{
	return str_empty(p->protocol) ? "TCP" : p->protocol;
}

static bool ports_clash(const struct pod_spec *a, const struct container_port *pa, const struct pod_spec *b,
	const struct container_port *pb)
{
	if (host_port(a, pa) == 0 || host_port(a, pa) != host_port(b, pb) ||
		!str_eq(protocol(pa), protocol(pb)))
		return false;
	return every_address(pa->host_ip) || every_address(pb->host_ip) || str_eq(pa->host_ip, pb->host_ip);
}

/* Container number I of SPEC that has ports while the pod runs: containers and sidecars; NULL: none left. */
static const struct container *lasting(const struct pod_spec *spec, size_t *i)
{
	for (; *i < spec->containers.count + spec->init_containers.count; ++*i) {
		const struct container *c =
			*i < spec->containers.count
				? &spec->containers.items[*i]
				: &spec->init_containers.items[*i - spec->containers.count];

		if (*i < spec->containers.count || str_eq(c->restart_policy, "Always"))
			return c;
	}
	return NULL;
}

static bool specs_clash(const struct pod_spec *a, const struct pod_spec *b)
{
	const struct container *ca, *cb;

	for (size_t i = 0; (ca = lasting(a, &i)); i++)
		for (size_t k = 0; (cb = lasting(b, &k)); k++)
			for (size_t x = 0; x < ca->ports.count; x++)
				for (size_t y = 0; y < cb->ports.count; y++)
					if (ports_clash(a, &ca->ports.items[x], b, &cb->ports.items[y]))
						return true;
	return false;
}

static bool ports_free(const struct being *b, const struct place *p)
{
	for (const struct being *o = p->beings; o; o = o->next_on)
		if (rule_is_there(o) && specs_clash(b->kin->spec, o->kin->spec))
			return false;
	return true;
}

/* --- names, taints --------------------------------------------------------------------------------------------- */

static bool is_schedulable(const struct being *b, const struct place *p)
{
	static const struct taint taint = { .key = "node.kubernetes.io/unschedulable",
		.effect = "NoSchedule" };

	return !p->node->spec.unschedulable || match_taint(b->kin->spec, &taint);
}

static bool is_named(const struct being *b, const struct place *p)
{
	if (b->pinned && !str_eq(b->pinned, p->name))
		return false;
	return str_empty(b->kin->spec->node_name) || str_eq(b->kin->spec->node_name, p->name);
}

static bool is_drained(const struct place *p)
{
	return str_eq(string_map_get(&p->object->meta->annotations, "pintle.dev/drain"), "true");
}

/* --- all together ------------------------------------------------------------------------------------------------ */

bool rule_allows(enum rule rule, const struct scene *w, const struct being *b, const struct place *p)
{
	switch (rule) {
	case RULE_NAME:
		return is_named(b, p);
	case RULE_UNSCHEDULABLE:
		return is_schedulable(b, p);
	case RULE_DRAINED:
		return b->pinned || !is_drained(p);
	case RULE_TAINTS:
		return match_taints(b->kin->spec, p, !str_empty(b->kin->spec->node_name));
	case RULE_NODE_AFFINITY:
		return match_node(b->kin->spec, p);
	case RULE_PORTS:
		return ports_free(b, p);
	case RULE_RESOURCES:
		return resources_fit(b, p);
	case RULE_LIMITS:
		return rule_limits(w, b, p);
	case RULE_VOLUMES:
		return rule_volumes(w, b, p);
	case RULE_SPREAD:
		return rule_spread(w, b, p);
	case RULE_EXISTING_ANTI:
		return rule_existing_anti(w, b, p);
	case RULE_AFFINITY:
		return rule_affinity(w, b, p);
	case RULE_ANTI:
		return rule_anti(w, b, p);
	case RULE_COUNT:
		break;
	}
	return true;
}

static bool rule_of_node(enum rule r)
{
	return r == RULE_NAME || r == RULE_UNSCHEDULABLE || r == RULE_DRAINED || r == RULE_TAINTS ||
	       r == RULE_NODE_AFFINITY;
}

bool rule_may_be(const struct scene *w, const struct being *b, const struct place *p)
{
	for (enum rule r = 0; r < RULE_COUNT; r++)
		if (rule_of_node(r) && !rule_allows(r, w, b, p))
			return false;
	return true;
}

/* A pod that names its node is not scheduled: what counts is what its kubelet asks. */
static bool asked(enum rule r, const struct being *b)
{
	return str_empty(b->kin->spec->node_name) || r == RULE_NAME || r == RULE_DRAINED ||
	       r == RULE_TAINTS || r == RULE_RESOURCES || r == RULE_PORTS;
}

static enum rule first_broken(const struct scene *w, const struct being *b, const struct place *p)
{
	enum rule r = 0;

	while (r < RULE_COUNT && (!asked(r, b) || rule_allows(r, w, b, p)))
		r++;
	return r;
}

enum rule rule_first_broken(const struct scene *w, const struct being *b, const struct place *p)
{
	enum rule r;

	if (!scene_book(w, b))
		return first_broken(w, b, p);
	r = first_broken(w, b, p);
	scene_unbook(w);
	return r != RULE_COUNT ? r : first_broken(w, b, p);
}
