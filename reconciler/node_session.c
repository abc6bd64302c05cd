/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/node_session.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/collect.h"

enum node_session_verdict node_session_hello(struct node_session *s, struct control *c,
	const char *cluster_id, struct world_node *n, const struct wire_hello *hello)
{
	if (!str_empty(hello->cluster_id) && !str_eq(hello->cluster_id, cluster_id)) {
		control_event(c, &n->o, "Warning", "WrongCluster", "its agent belongs to cluster %s",
			hello->cluster_id);
		return NODE_SESSION_OTHER_CLUSTER;
	}
	if (hello->min_version > WIRE_VERSION)
		return NODE_SESSION_AGENT_TOO_NEW;
	if (hello->term > c->world->names.term && !MUTANT(8))
		return NODE_SESSION_HIGHER_TERM;
	collect_hello(c, n, hello);
	*s = (struct node_session){ .greeted = true };
	return NODE_SESSION_GOES_ON;
}

enum node_session_verdict node_session_report(
	struct node_session *s, struct control *c, struct world_node *n, const struct wire_report *report)
{
	if (!s->greeted)
		return NODE_SESSION_OUT_OF_TURN;
	collect_report(c, n, report);
	s->seq = report->seq;
	return NODE_SESSION_GOES_ON;
}

void node_session_end(struct node_session *s, struct control *c, struct world_node *n)
{
	*s = (struct node_session){ 0 };
	if (n)
		collect_goodbye(c, n);
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
			.version = WIRE_VERSION,
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
	ret->apply = apply;
	if (s->acked != s->seq)
		ret->reported = s->acked = s->seq;
}
