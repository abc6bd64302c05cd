/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The book of pods, what agents really do: rules started-twice, undurable, two-of-one. */
#include "tests/sim/ledger.h"

/* NULL: nobody keeps a book. */
static struct seen *seen_of(const struct sim *s, const struct agent_pod *p)
{
	return s->oracle ? ledger_seen(s->oracle, p->told.uid, p->told.key) : NULL;
}

void oracle_pod_assigned(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p), *other;

	if (!seen)
		return;
	if (seen->gone)
		sim_fail(s, "started-twice", "%s (%s) is started again on %s after it was gone", p->told.key,
			p->told.uid, a->name);
	else if (seen->starts > 0 && seen->agent != a->index)
		sim_fail(s, "started-twice", "%s (%s) is started on %s and was on node-%u", p->told.key,
			p->told.uid, a->name, seen->agent);
	if (!seen->recorded)
		sim_fail(s, "undurable", "%s (%s) is started on %s, and no tree has it", p->told.key,
			p->told.uid, a->name);
	other = map_get(&s->oracle->held, seen->key);
	if (other && other != seen && other->held)
		sim_fail(s, "two-of-one", "%s is started on %s as %.8s while %.8s is on node-%u", seen->key,
			a->name, seen->uid, other->uid, other->agent);
	map_remove(&s->oracle->held, seen->key);
	map_put(&s->oracle->held, seen->key, seen);
	seen->starts++;
	seen->held = true;
	seen->agent = a->index;
	seen->version = p->version;
	seen->work = p->work;
}

void oracle_pod_runs(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p);

	(void)a;
	if (seen)
		seen->up = true;
}

void oracle_pod_ready(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p);

	(void)a;
	if (!seen)
		return;
	seen->ready = p->ready;
	seen->ready_since = p->ready_since;
}

void oracle_pod_exits(struct sim *s, const struct agent *a, const struct agent_pod *p, int64_t code)
{
	struct seen *seen = seen_of(s, p);

	(void)a, (void)code;
	if (seen)
		seen->up = false;
}

void oracle_pod_ended(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p);

	(void)a;
	if (!seen)
		return;
	seen->ended = true;
	seen->ended_well = p->exit_code == 0;
}

void oracle_pod_gone(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p);

	(void)a;
	if (!seen)
		return;
	seen->up = seen->held = seen->ready = false;
	seen->gone = true;
}

void oracle_pod_lost(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	struct seen *seen = seen_of(s, p);

	(void)a;
	if (!seen)
		return;
	seen->up = seen->held = seen->ready = seen->gone = false;
}
