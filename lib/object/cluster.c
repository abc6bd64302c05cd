/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Cluster (pintle.dev/v1): what holds for the whole of one home. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const networks[] = { "Routed", "CNI", NULL };
static const char *const config_changes[] = { "Keep", "Restart", NULL };
static const char *const strategies[] = { "Spread", "Pack", NULL };
static const char *const units[] = { "Repository", "Directory", NULL };

static const struct field prune_fields[] = {
	{ .name = "maxPercent",
		.kind = FIELD_INT,
		.offset = offsetof(struct cluster_prune, max_percent),
		.value_default = "25",
		.min = 0,
		.max = 100,
		.doc = "The part of the objects in force that one commit may delete; one that would "
		       "delete more, and more than 10, waits until a commit confirms it. With 0 every "
		       "deletion waits, with 100 none does for its number." },
};
static const struct schema schema_prune = {
	.name = "ClusterPrune",
	FIELDS(prune_fields),
	.size = sizeof(struct cluster_prune),
	.doc = "How much a commit may delete.",
};

static const struct field sync_fields[] = {
	{ .name = "unit",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_sync, unit),
		.values = units,
		.value_default = "Repository",
		.doc = "What is applied whole or not at all: the repository, or each top-level directory "
		       "by itself." },
	{ .name = "intervalSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct cluster_sync, interval_seconds),
		.min = 1,
		.max = 86400,
		.doc = "Seconds between two looks at a remote repository; the interval in pintle.conf where "
		       "none is given." },
};
static const struct schema schema_sync = {
	.name = "ClusterSync",
	FIELDS(sync_fields),
	.size = sizeof(struct cluster_sync),
	.doc = "How commits are taken.",
};

static const struct field rebalance_fields[] = {
	{ .name = "intervalSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct cluster_rebalance, interval_seconds),
		.value_default = "60",
		.min = 1,
		.max = 86400,
		.doc = "Seconds from one round to the next. A round begins only when the pods that the one "
		       "before has moved are ready again." },
	{ .name = "maxEvictions",
		.kind = FIELD_INT,
		.offset = offsetof(struct cluster_rebalance, max_evictions),
		.value_default = "1",
		.min = 1,
		.max = 1000,
		.doc = "How many pods one round evicts at most." },
};
static const struct schema schema_rebalance = {
	.name = "ClusterRebalance",
	FIELDS(rebalance_fields),
	.size = sizeof(struct cluster_rebalance),
	.doc = "How fast pods are moved.",
};

static const struct field scheduling_fields[] = {
	{ .name = "strategy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_scheduling, strategy),
		.values = strategies,
		.value_default = "Spread",
		.doc = "Which node is the best for a pod: the one with the most room, apart from its like "
		       "(Spread), or the one with the least that still has enough, so that nodes stay empty "
		       "(Pack)." },
	{ .name = "rebalance",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct cluster_scheduling, rebalance),
		.of = &schema_rebalance,
		.doc = "If it is there ({} is enough), pods that would now be placed better elsewhere are "
		       "evicted, as their PodDisruptionBudgets allow, and placed anew. Else pods stay where "
		       "they are." },
};
static const struct schema schema_scheduling = {
	.name = "ClusterScheduling",
	FIELDS(scheduling_fields),
	.size = sizeof(struct cluster_scheduling),
	.doc = "How pods are placed.",
};

/* Refuse, Ignore or an API group: one with a dot, or one of Kubernetes' own. */
static const char *rule_unknown_kinds(struct arena *arena, const char *s)
{
	static const char *const words[] = { "Refuse", "Ignore", "apps", "autoscaling", "batch", "extensions",
		"policy", NULL };
	const char *nearest;
	for (size_t i = 0; words[i]; i++)
		if (str_eq(s, words[i]))
			return NULL;
	if (strchr(s, '/'))
		return arena_printf(arena, "`%s` must be an API group, without a version", s);
	if (strchr(s, '.'))
		return rule_dns_subdomain(arena, s);
	nearest = str_nearest(s, words);
	return arena_printf(arena, "`%s` is neither Refuse, Ignore nor an API group%s%s%s", s,
		nearest ? "; did you mean `" : "", str_or_empty(nearest), nearest ? "`?" : "");
}

static const struct field spec_fields[] = {
	{ .name = "podCIDR",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_spec, pod_cidr),
		.rule = rule_cidr,
		.value_default = "10.244.0.0/16",
		.doc = "The network that pods have their addresses from. When it changes, a node moves to a "
		       "subnet of the new one once none of its pods has an address of the old." },
	{ .name = "nodePrefix",
		.kind = FIELD_INT,
		.offset = offsetof(struct cluster_spec, node_prefix),
		.value_default = "23",
		.min = 8,
		.max = 30,
		.doc = "The prefix length of each node's part of podCIDR: 23 is room for 510 pods. Where it "
		       "is not "
		       "given and podCIDR is smaller, one node has all of it." },
	{ .name = "serviceCIDR",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_spec, service_cidr),
		.rule = rule_cidr,
		.value_default = "10.96.0.0/16",
		.doc = "The network that Services have their addresses from." },
	{ .name = "dnsDomain",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_spec, dns_domain),
		.rule = rule_dns_subdomain,
		.value_default = "cluster.local",
		.doc = "The domain that the names of Services end with." },
	{ .name = "network",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_spec, network),
		.values = networks,
		.value_default = "Routed",
		.doc = "Who makes the pods' network: Pintle's routed one, or the host's CNI plugins." },
	{ .name = "unknownKinds",
		.kind = FIELD_STRINGS,
		.flags = FIELD_LONE,
		.offset = offsetof(struct cluster_spec, unknown_kinds),
		.rule = rule_unknown_kinds,
		.doc = "What happens to kinds that Pintle does not know: Refuse (an error; so where not "
		       "given), "
		       "Ignore (a warning and nothing else), or a list of the API groups that are ignored." },
	{ .name = "prune",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct cluster_spec, prune),
		.of = &schema_prune,
		.doc = "How much a commit may delete." },
	{ .name = "sync",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct cluster_spec, sync),
		.of = &schema_sync,
		.doc = "How commits are taken." },
	{ .name = "onConfigChange",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cluster_spec, on_config_change),
		.values = config_changes,
		.value_default = "Keep",
		.doc = "What a change of a ConfigMap or Secret does to the pods of Deployments, DaemonSets "
		       "and "
		       "StatefulSets whose templates name it: Keep (mounted files change, nothing restarts) "
		       "or "
		       "Restart (they are rolled). The annotation pintle.dev/on-config-change of a workload "
		       "goes before it." },
	{ .name = "scheduling",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct cluster_spec, scheduling),
		.of = &schema_scheduling,
		.doc = "How pods are placed." },
};

/* An IPv4 network: its first address in host order, and its prefix length. */
struct network {
	uint32_t address;
	int64_t prefix;
};

static uint32_t mask(int64_t prefix)
{
	return prefix == 0 ? 0 : ~(uint32_t)0 << (32 - prefix);
}

/* False, and reported where TEXT is a network at all, unless it is IPv4 without host bits. */
static bool read_network(
	struct decode *d, const struct value *v, const char *name, const char *text, struct network *ret)
{
	const char *slash = strchr(text, '/');
	struct in_addr in;
	if (rule_cidr(d->arena, text))
		return false;
	if (inet_pton(AF_INET, arena_strndup(d->arena, text, (size_t)(slash - text)), &in) != 1) {
		check_error(d, v, name, "`%s`: IPv6 is not supported yet by this version of Pintle", text);
		return false;
	}
	str_to_i64(slash + 1, &ret->prefix);
	ret->address = ntohl(in.s_addr);
	if (ret->address == (ret->address & mask(ret->prefix)))
		return true;
	char first[INET_ADDRSTRLEN];
	in.s_addr = htonl(ret->address & mask(ret->prefix));
	check_error(d, v, name, "`%s` is an address within a network; write %s/%lld", text,
		inet_ntop(AF_INET, &in, first, sizeof(first)), (long long)ret->prefix);
	return false;
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct cluster_spec *s = object;
	struct network pods, services;
	bool word = strings_contain(&s->unknown_kinds, "Ignore") ||
		    strings_contain(&s->unknown_kinds, "Refuse");
	if (word && s->unknown_kinds.count > 1)
		check_error(d, v, "unknownKinds", "Refuse and Ignore stand alone");
	bool have_pods = read_network(d, v, "podCIDR", s->pod_cidr, &pods);
	bool have_services = read_network(d, v, "serviceCIDR", s->service_cidr, &services);
	if (have_pods && value_get(v, "nodePrefix") && s->node_prefix < pods.prefix)
		check_error(d, v, "nodePrefix", "must be at least podCIDR's (%lld), but is %lld",
			(long long)pods.prefix, (long long)s->node_prefix);
	if (have_services && services.prefix > 30)
		check_error(d, v, "serviceCIDR", "`%s` has no room for addresses", s->service_cidr);
	if (have_pods && have_services) {
		uint32_t wider = mask(pods.prefix < services.prefix ? pods.prefix : services.prefix);
		if ((pods.address & wider) == (services.address & wider))
			check_error(d, v, "serviceCIDR", "`%s` overlaps podCIDR `%s`", s->service_cidr,
				s->pod_cidr);
	}
	if (str_eq(s->network, "CNI"))
		check_error(
			d, v, "network", "CNI is not supported yet by this version of Pintle; use Routed");
}

static const struct schema schema_cluster_spec = {
	.name = "ClusterSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct cluster_spec),
	.check = spec_check,
	.doc = "Networks, names, and how commits are taken.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "pintle.dev/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Cluster." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct cluster, meta),
		.of = &schema_object_meta,
		.doc = "The name, which is cluster; labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct cluster, spec),
		.of = &schema_cluster_spec,
		.doc = "Networks, names, and how commits are taken." },
	{ .name = "status",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Nothing; how the cluster is stands in the tree's sync.json." },
};

const struct schema schema_cluster = {
	.name = "Cluster",
	FIELDS(fields),
	.size = sizeof(struct cluster),
	.doc = "Settings of the whole cluster; a repository has at most one, named cluster.",
};
