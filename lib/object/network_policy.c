/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of NetworkPolicy and the rules between its fields (networking validation ValidateNetworkPolicySpec). */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/ip.h"
#include "lib/object/network.h"
#include "lib/object/tables.h"

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const policy_types[] = { "Ingress", "Egress", NULL };

/* --- ports ---------------------------------------------------------------------------------------- */

static const struct field port_fields[] = {
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct policy_port, protocol),
		.values = protocols,
		.value_default = "TCP",
		.doc = "The port's protocol." },
	{ .name = "port",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct policy_port, port),
		.doc = "The pods' port, by number or by its name in the containers; all where not given." },
	{ .name = "endPort",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct policy_port, end_port),
		.min = 1,
		.max = 65535,
		.doc = "The last port of a range that begins with port." },
};

static void port_check(struct decode *d, const void *object, const struct value *v)
{
	const struct policy_port *p = object;
	const struct int_or_string *port = &p->port;
	const char *wrong = port->string ? rule_port_name(d->arena, port->string) : NULL;
	if (wrong)
		check_error(d, v, "port", "%s", wrong);
	if (port->set && !port->string && (port->integer < 1 || port->integer > 65535))
		check_error(d, v, "port", "must be between 1 and 65535, or a port's name");
	if (!p->end_port.set)
		return;
	if (!port->set || port->string)
		check_error(d, v, "endPort", "needs a port, by number, that the range begins with");
	else if (p->end_port.value < port->integer)
		check_error(d, v, "endPort", "must be at least port (%lld), but is %lld",
			(long long)port->integer, (long long)p->end_port.value);
}

static const struct schema schema_policy_port = {
	.name = "NetworkPolicyPort",
	FIELDS(port_fields),
	.size = sizeof(struct policy_port),
	.check = port_check,
	.doc = "A port, or a range of ports, of pods.",
};

/* --- peers ---------------------------------------------------------------------------------------- */

static const struct field block_fields[] = {
	{ .name = "cidr",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct ip_block, cidr),
		.rule = rule_cidr,
		.doc = "The network." },
	{ .name = "except",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct ip_block, except),
		.rule = rule_cidr,
		.doc = "Parts of it that are left out." },
};

static void block_check(struct decode *d, const void *object, const struct value *v)
{
	const struct ip_block *b = object;
	struct ip_network whole, part;
	if (ip_parse_network(b->cidr, &whole) < 0)
		return;
	if (ip_has_host_bits(&whole))
		check_warning(d, v, "cidr", "`%s` is an address within a network; the whole network is meant",
			b->cidr);
	for (size_t i = 0; i < b->except.count; i++)
		if (ip_parse_network(b->except.items[i], &part) == 0 &&
			(!ip_contains(&whole, &part) || part.prefix == whole.prefix))
			check_error(d, v, check_path(d, "except[%zu]", i), "`%s` must be a part of cidr `%s`",
				b->except.items[i], b->cidr);
}

static const struct schema schema_ip_block = {
	.name = "IPBlock",
	FIELDS(block_fields),
	.size = sizeof(struct ip_block),
	.check = block_check,
	.doc = "A network, without some parts of it.",
};

static const struct field peer_fields[] = {
	{ .name = "podSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct policy_peer, pod_selector),
		.of = &schema_label_selector,
		.doc = "Pods, by their labels; of the policy's own namespace without namespaceSelector." },
	{ .name = "namespaceSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct policy_peer, namespace_selector),
		.of = &schema_label_selector,
		.doc = "Namespaces, by their labels; all their pods without podSelector." },
	{ .name = "ipBlock",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct policy_peer, ip_block),
		.of = &schema_ip_block,
		.doc = "Addresses; it stands alone." },
};

static void peer_check(struct decode *d, const void *object, const struct value *v)
{
	const struct policy_peer *p = object;
	bool selects = p->pod_selector || p->namespace_selector;
	if (!selects && !p->ip_block)
		check_error(d, v, NULL, "needs a podSelector, a namespaceSelector or an ipBlock");
	if (selects && p->ip_block)
		check_error(d, v, "ipBlock", "can't stand beside podSelector or namespaceSelector");
}

static const struct schema schema_policy_peer = {
	.name = "NetworkPolicyPeer",
	FIELDS(peer_fields),
	.size = sizeof(struct policy_peer),
	.check = peer_check,
	.doc = "Whom traffic may come from or go to.",
};

/* --- rules ---------------------------------------------------------------------------------------- */

static const struct field ingress_fields[] = {
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct policy_ingress_rule, ports),
		.of = &schema_policy_port,
		.doc = "The ports that may be reached; all where none is given." },
	{ .name = "from",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct policy_ingress_rule, from),
		.of = &schema_policy_peer,
		.doc = "Who may reach them; everybody where nobody is given." },
};
static const struct schema schema_policy_ingress_rule = {
	.name = "NetworkPolicyIngressRule",
	FIELDS(ingress_fields),
	.size = sizeof(struct policy_ingress_rule),
	.doc = "Traffic that the pods may get.",
};

static const struct field egress_fields[] = {
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct policy_egress_rule, ports),
		.of = &schema_policy_port,
		.doc = "The ports that they may reach; all where none is given." },
	{ .name = "to",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct policy_egress_rule, to),
		.of = &schema_policy_peer,
		.doc = "Whom they may reach; everybody where nobody is given." },
};
static const struct schema schema_policy_egress_rule = {
	.name = "NetworkPolicyEgressRule",
	FIELDS(egress_fields),
	.size = sizeof(struct policy_egress_rule),
	.doc = "Traffic that the pods may send.",
};

/* --- the policy ------------------------------------------------------------------------------------- */

static const struct field spec_fields[] = {
	{ .name = "podSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct network_policy_spec, pod_selector),
		.of = &schema_label_selector,
		.doc = "The pods of the namespace that it is for; all where empty." },
	{ .name = "ingress",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct network_policy_spec, ingress),
		.of = &schema_policy_ingress_rule,
		.doc = "What they may get; nothing where no rule is given." },
	{ .name = "egress",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct network_policy_spec, egress),
		.of = &schema_policy_egress_rule,
		.doc = "What they may send; nothing where no rule is given and policyTypes has Egress." },
	{ .name = "policyTypes",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct network_policy_spec, policy_types),
		.values = policy_types,
		.doc = "Which directions it is for; where not given Ingress, and Egress where egress has "
		       "rules." },
};

static void spec_defaults(struct arena *arena, void *object)
{
	struct network_policy_spec *s = object;
	if (!s->pod_selector)
		s->pod_selector = arena_alloc(arena, sizeof(*s->pod_selector));
	if (s->policy_types.count > 0)
		return;
	s->policy_types.items = arena_array(arena, 2, sizeof(s->policy_types.items[0]));
	s->policy_types.items[s->policy_types.count++] = "Ingress";
	if (s->egress.count > 0)
		s->policy_types.items[s->policy_types.count++] = "Egress";
}

/* Kubernetes takes rules for a direction that policyTypes leaves out, and they do nothing: surely not what is meant. */
static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct network_policy_spec *s = object;
	if (s->policy_types.count > 2)
		check_error(d, v, "policyTypes", "must not have more than two");
	if (s->ingress.count > 0 && !strings_contain(&s->policy_types, "Ingress"))
		check_warning(d, v, "ingress", "has no effect: policyTypes has no Ingress");
	if (s->egress.count > 0 && !strings_contain(&s->policy_types, "Egress"))
		check_warning(d, v, "egress", "has no effect: policyTypes has no Egress");
}

static const struct schema schema_network_policy_spec = {
	.name = "NetworkPolicySpec",
	FIELDS(spec_fields),
	.size = sizeof(struct network_policy_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.doc = "Which pods, and what traffic they may get and send.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "networking.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "NetworkPolicy." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct network_policy, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct network_policy, spec),
		.of = &schema_network_policy_spec,
		.doc = "Which pods, and what traffic they may get and send." },
	{ .name = "status",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Nothing; it went with Kubernetes 1.28." },
};

const struct schema schema_network_policy = {
	.name = "NetworkPolicy",
	FIELDS(fields),
	.size = sizeof(struct network_policy),
	.doc = "What traffic pods may get and send; pods without one may all.",
};
