/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/node_session.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/collect.h"
#include "reconciler/control/node_lifecycle.h"

void node_session_version_text(const char *node, const struct wire_hello *hello, char *ret, size_t size)
{
	int n = snprintf(ret, size,
		"its agent %s speaks versions %lld to %lld of the protocol, pintled %d to %d: ",
		str_or_empty(hello->agent), (long long)hello->min_version, (long long)hello->version,
		WIRE_MIN_VERSION, WIRE_VERSION);

	if (n < 0 || (size_t)n >= size)
		return;
	if (hello->min_version > WIRE_VERSION)
		snprintf(ret + n, size - (size_t)n, "pintled must be upgraded");
	else
		snprintf(ret + n, size - (size_t)n, "pintle node upgrade %s", node);
}

/* The agent was told of what this tree does not have: it is a copy of some time ago. */
static void old_tree(struct control *c, struct world_node *n, const struct wire_hello *hello)
{
	control_event_cluster(c, "TreeIsOld",
		"the actual tree is at version %lld, and node %s was told of %lld: it is an old copy; "
		"pods of StatefulSets wait until every node has told what it holds",
		(long long)c->world->tree_version, n->o.name, (long long)hello->tree_version);
	control_tree_is_old(c);
}

/* The Node of git, other than N, under whose name the agent was welcomed last; NULL: none, or people say that it is off. */
static const struct world_node *agent_of_another(
	const struct world *w, const struct world_node *n, const struct wire_hello *hello)
{
	struct world_object *o = str_empty(hello->node) ? NULL : world_find(w, KIND_NODE, NULL, hello->node);

	return o && o != &n->o && !node_is_off(world_node(o)) ? world_node(o) : NULL;
}

enum node_session_verdict node_session_hello(struct node_session *s, struct control *c,
	const char *cluster_id, struct world_node *n, const struct wire_hello *hello)
{
	int64_t version = wire_version_common(
		WIRE_MIN_VERSION, WIRE_VERSION, hello->min_version, hello->version);
	const struct world_node *other;

	if (!str_empty(hello->cluster_id) && !str_eq(hello->cluster_id, cluster_id))
		return NODE_SESSION_OTHER_CLUSTER;
	if (hello->term > c->world->names.term && !MUTANT(8))
		return NODE_SESSION_HIGHER_TERM;
	if (version == 0)
		return NODE_SESSION_OTHER_VERSION;
	other = agent_of_another(c->world, n, hello);
	control_node_duplicate(c, n, other);
	if (other)
		return NODE_SESSION_OTHER_NODE;
	if (hello->tree_version > c->world->tree_version)
		old_tree(c, n, hello);
	collect_hello(c, n, hello);
	*s = (struct node_session){ .greeted = true, .version = version };
	return NODE_SESSION_GOES_ON;
}

enum node_session_verdict node_session_report(
	struct node_session *s, struct control *c, struct world_node *n, const struct wire_report *report)
{
	if (!s->greeted)
		return NODE_SESSION_OUT_OF_TURN;
	collect_report(c, n, report);
	if (s->seq == 0)
		snprintf(s->network_held, sizeof(s->network_held), "%s", str_or_empty(report->network));
	s->seq = report->seq;
	return NODE_SESSION_GOES_ON;
}

void node_session_end(struct node_session *s, struct control *c, struct world_node *n)
{
	*s = (struct node_session){ 0 };
	if (n)
		collect_goodbye(c, n);
}

/*
 * The whole only to who knows another one. Before git was looked at nothing is told: that no node is known yet is no news. (The
 * first report comes after the welcome: no older reconciler's word comes between what it says and what is told now.)
 */
static const struct network_news *network_words(struct node_session *s, const struct world *w)
{
	const struct network_news *news;
	char digest[WIRE_NETWORK_DIGEST];

	if (s->version < 2 || s->seq == 0 || !w->has_snapshot)
		return NULL;
	if (s->network == 0) {
		network_digest(w->network, digest);
		if (str_eq(digest, s->network_held))
			s->network = network_generation(w->network);
	}
	news = network_news(w->network, s->network);
	s->network = network_generation(w->network);
	return news;
}

void node_session_tell(struct node_session *s, const struct world *w, const struct world_node *n,
	const char *cluster_id, const char *holder, const struct wire_apply *apply,
	struct node_session_words *ret)
{
	memset(ret, 0, sizeof(*ret));
	/* Once more when the node has got a subnet, or another one. */
	if (!s->welcomed || !str_eq(s->pod_cidr, n->pod_cidr)) {
		ret->welcome = true;
		ret->welcome_body = (struct wire_welcome){
			.version = s->version,
			.cluster_id = cluster_id,
			.node = n->o.name,
			.term = w->names.term,
			.holder = holder,
			.pod_cidr = n->pod_cidr,
			.dns_domain = w->dns_domain,
		};
		s->welcomed = true;
		snprintf(s->pod_cidr, sizeof(s->pod_cidr), "%s", n->pod_cidr);
	}
	ret->network = network_words(s, w);
	ret->apply = apply;
	if (s->acked != s->seq)
		ret->reported.seq = s->acked = s->seq;
	ret->reported.tree_version = w->tree_version;
}
