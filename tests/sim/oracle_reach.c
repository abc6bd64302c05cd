/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What must become so while the run goes on: an agent with which nothing is wrong is told, within minutes, what it is to hold and what is
 * to go, and no longer holds what nobody wants. Looked at from outside every now and then, for who waits for nothing runs no pass.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "tests/sim/ledger.h"

#define LOOK_EVERY (30 * NSEC_PER_SEC)
enum { LOOKS = 4 }; /* in a row, at which the same is wrong */

const struct session *oracle_reach(const struct sim *s, const struct agent *a)
{
	const struct host *h = s->hosts[s->chief];
	const struct session *c = h->links ? h->links[a->index].session : NULL;

	if (!h->runs || h->still || !a->runs || agent_is_cut(s, a) || !c)
		return NULL;
	return c->open[END_HOST] && c->open[END_AGENT] && c->welcomed ? c : NULL;
}

/* Is nothing wrong with it since the look before? */
static bool is_calm(const struct sim *s, const struct agent *a)
{
	struct ledger_node *n = &s->oracle->nodes[a->index];
	const struct session *before = n->session;

	n->session = oracle_reach(s, a);
	return n->session && n->session == before;
}

/* Once more in a row? True: often enough. */
static bool is_wrong(struct seen *p, bool wrong)
{
	p->wrong = wrong ? p->wrong + 1 : 0;
	return p->wrong >= LOOKS;
}

static void look_at_pod(struct sim *s, const struct agent *a, struct seen *p, bool calm)
{
	const struct agent_pod *held = map_get(&a->pods, p->uid);

	bool right = p->doomed ? !held || held->removing : held || p->told.finished || p->withheld;

	if (is_wrong(p, calm && !right))
		sim_fail(s, "lost", "%s (%.8s) is to %s %s, which is connected, and its agent does not %s",
			p->key, p->uid, p->doomed ? "go from" : "be on", a->name,
			p->doomed ? "know" : "have it");
}

static void look_at_agent(struct sim *s, const struct agent *a, bool calm)
{
	for (size_t i = 0; i < a->pods.count; i++) {
		const struct agent_pod *held = a->pods.entries[i].value;
		struct seen *p = map_get(&s->oracle->by_uid, held->told.uid);

		if (p && !p->in_tree && is_wrong(p, calm && !held->removing))
			sim_fail(s, "leaked", "%s, which is connected, runs %s (%.8s), which no tree has",
				a->name, p->key, p->uid);
	}
}

static void look_at_routes(struct sim *s, const struct agent *a, const struct known_nodes *all, bool calm)
{
	struct ledger_node *n = &s->oracle->nodes[a->index];

	n->lost = calm && a->version >= 2 && !knows_nodes(a, all) ? n->lost + 1 : 0;
	if (n->lost >= LOOKS)
		sim_fail(s, "routes", "%s, which is connected, is not told all nodes, or was told others",
			a->name);
}

void oracle_on_look(struct sim *s)
{
	struct oracle *o = s->oracle;
	struct known_nodes all = known_nodes(&s->hosts[s->chief]->tree);
	bool *calm = xcalloc(o->node_count, sizeof(calm[0]));

	for (unsigned i = 0; i < o->node_count; i++) {
		const struct agent *a = &s->fleet->agents[i];

		calm[i] = is_calm(s, a);
		look_at_agent(s, a, calm[i]);
		look_at_routes(s, a, &all, calm[i]);
	}
	for (size_t i = 0; i < o->by_key.count; i++) {
		struct seen *p = o->by_key.entries[i].value;
		int node = app_index(s, p->node);

		if (p->node[0] != '\0' && node >= 0)
			look_at_pod(s, &s->fleet->agents[node], p, calm[node]);
	}
	free(calm);
	known_nodes_done(&all);
	for (unsigned i = 0; o->commit && i < o->app_count; i++) {
		const struct look l = look_at(s, i);

		if (l.app->there && l.app->rollback)
			rollback_on_look(&l);
	}
	sim_at(s, s->now + LOOK_EVERY, EVENT_LOOK, 0, 0);
}
