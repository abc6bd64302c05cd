/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* One pod on its node: from its assignment to the word that nothing of it is left. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/fleet.h"
#include "tests/sim/oracle.h"

#define BACKOFF_FIRST (10 * NSEC_PER_SEC)
#define BACKOFF_MAX (300 * NSEC_PER_SEC)

/* --- its timer ---------------------------------------------------------------------------------------------- */

static void wake(struct sim *s, struct agent *a, struct agent_pod *p, nsec_t in)
{
	sim_at_item(s, s->now + in, EVENT_POD, a->index, p, ++p->generation);
}

static nsec_t takes(struct sim *s, struct agent *a, int64_t low_ms, int64_t high_ms)
{
	nsec_t t = rng_range(&a->rng, low_ms, high_ms) * NSEC_PER_MSEC;

	return a->slow_until > s->now ? t * a->slow : t;
}

static nsec_t backoff(int64_t times)
{
	nsec_t t = BACKOFF_FIRST;

	for (int64_t i = 1; i < times && t < BACKOFF_MAX; i++)
		t *= 2;
	return t < BACKOFF_MAX ? t : BACKOFF_MAX;
}

/* --- readiness ------------------------------------------------------------------------------------------------ */

void pod_set_ready(struct sim *s, struct agent *a, struct agent_pod *p, bool ready)
{
	if (p->ready == ready || p->state == POD_GONE)
		return;
	p->ready = ready;
	p->ready_since = s->now;
	pod_changed(s, a, p);
	oracle_pod_ready(s, a, p);
}

/* --- starting --------------------------------------------------------------------------------------------------- */

static void pull(struct sim *s, struct agent *a, struct agent_pod *p)
{
	if (p->work.mode == WORK_NOPULL || a->no_pull_until > s->now) {
		p->pulls++;
		pod_changed(s, a, p);
		wake(s, a, p, backoff(p->pulls));
		return;
	}
	p->state = POD_STARTING;
	wake(s, a, p, takes(s, a, 100, 2000));
}

static void begin(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->state = POD_PULLING;
	p->pulls = 0;
	wake(s, a, p, takes(s, a, 1, 300));
}

/* What comes next in a running container's life, by its work. */
static void live(struct sim *s, struct agent *a, struct agent_pod *p)
{
	bool may = a->unready_until <= s->now;

	switch (p->work.mode) {
	case WORK_READY:
		if (may && s->now > 0)
			pod_set_ready(s, a, p, true);
		break;
	case WORK_FLAPS:
		pod_set_ready(s, a, p, !p->ready && may);
		wake(s, a, p, p->work.b * NSEC_PER_SEC + takes(s, a, 0, 1000));
		break;
	case WORK_CRASH:
		pod_exit(s, a, p, 1);
		break;
	case WORK_DONE:
		pod_exit(s, a, p, p->work.b);
		break;
	case WORK_RISKY:
		pod_exit(s, a, p, rng_chance(&a->rng, (unsigned)p->work.b));
		break;
	case WORK_PARTS:
		pod_exit(s, a, p, p->told.index % p->work.b == p->work.b - 1 ? 42 : 0);
		break;
	case WORK_NEVER:
	case WORK_NOPULL:
	case WORK_MODES:
		break;
	}
}

static void come_up(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->state = POD_UP;
	pod_changed(s, a, p);
	oracle_pod_runs(s, a, p);
	wake(s, a, p, p->work.a * NSEC_PER_SEC + takes(s, a, 10, 500));
}

void pod_assign(struct sim *s, struct agent *a, const struct letter_pod *told)
{
	struct agent_pod *p = map_get(&a->pods, told->uid);

	if (p) {
		/* The same pod: at most its refs and labels are others. */
		memcpy(p->told.digest, told->digest, SIM_DIGEST);
		if (p->told.refs.count == told->refs.count)
			for (size_t i = 0; i < told->refs.count; i++) {
				free((void *)(uintptr_t)p->told.refs.items[i]);
				p->told.refs.items[i] = xstrdup(told->refs.items[i]);
			}
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->told = *told;
	p->told.key = xstrdup(told->key);
	p->told.image = xstrdup(str_or_empty(told->image));
	p->told.refs.items = xcalloc(told->refs.count, sizeof(told->refs.items[0]));
	for (size_t i = 0; i < told->refs.count; i++)
		p->told.refs.items[i] = xstrdup(told->refs.items[i]);
	p->taken_at = s->now;
	p->known_work = work_parse(p->told.image, &p->version, &p->work);
	map_put(&a->pods, p->told.uid, p);
	s->result->starts++;
	oracle_pod_assigned(s, a, p);
	pod_changed(s, a, p);
	begin(s, a, p);
}

/* --- ending ------------------------------------------------------------------------------------------------------- */

/* None of its containers will ever run again. */
static void end(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->state = POD_ENDED;
	p->ended = true;
	p->ended_at = s->now;
	oracle_pod_ended(s, a, p);
}

void pod_exit(struct sim *s, struct agent *a, struct agent_pod *p, int64_t code)
{
	bool again = str_eq(p->told.restart, "Always") || (str_eq(p->told.restart, "OnFailure") && code != 0);

	p->exited = true;
	p->exit_code = code;
	pod_set_ready(s, a, p, false);
	oracle_pod_exits(s, a, p, code);
	pod_changed(s, a, p);
	p->state = POD_BACKOFF;
	if (again)
		wake(s, a, p, backoff(++p->restarts));
	else
		end(s, a, p);
}

static void disappear(struct sim *s, struct agent *a, struct agent_pod *p)
{
	pod_set_ready(s, a, p, false);
	p->state = POD_GONE;
	p->generation++;
	pod_changed(s, a, p);
	oracle_pod_gone(s, a, p);
}

/* What it has never heard of is gone, and it says so. */
static struct agent_pod *unknown(struct agent *a, const char *uid)
{
	struct agent_pod *p = xcalloc(1, sizeof(*p));

	memcpy(p->told.uid, uid, SIM_UID);
	p->removing = true;
	p->state = POD_GONE;
	map_put(&a->pods, p->told.uid, p);
	return p;
}

void pod_remove(struct sim *s, struct agent *a, const struct letter_pod *removal)
{
	struct agent_pod *p = map_get(&a->pods, removal->uid);
	int64_t grace;

	if (!p) {
		pod_changed(s, a, unknown(a, removal->uid));
		return;
	}
	if (p->removing)
		return;
	grace = removal->grace >= 0 ? removal->grace : p->told.grace;
	p->removing = true;
	pod_set_ready(s, a, p, false);
	p->state = POD_STOPPING;
	wake(s, a, p, takes(s, a, 10, grace > 0 ? grace * 500 + 10 : 10));
}

void pod_forget(struct sim *s, struct agent *a, const char *uid)
{
	struct agent_pod *p = map_get(&a->pods, uid);

	if (!p || p->state != POD_GONE || !p->removing)
		return;
	map_remove(&a->pods, uid);
	p->dead = true;
	p->graveyard = s->fleet->graveyard;
	s->fleet->graveyard = p;
}

void fleet_on_pod(struct sim *s, unsigned node, struct agent_pod *p, uint64_t generation)
{
	struct agent *a = &s->fleet->agents[node];

	if (p->dead || p->generation != generation || !a->powered)
		return;
	/* Containers go on without their agent; what the agent does waits until it is back. */
	if (!a->runs && p->state != POD_UP) {
		wake(s, a, p, a->down_until > s->now ? a->down_until - s->now + 1 : NSEC_PER_SEC);
		return;
	}
	switch (p->state) {
	case POD_PULLING:
		pull(s, a, p);
		break;
	case POD_STARTING:
		come_up(s, a, p);
		break;
	case POD_UP:
		live(s, a, p);
		break;
	case POD_BACKOFF:
		begin(s, a, p);
		break;
	case POD_STOPPING:
		disappear(s, a, p);
		break;
	case POD_ENDED:
	case POD_GONE:
		break;
	}
}

/* --- a machine without power ------------------------------------------------------------------------------------- */

static void lose(struct sim *s, struct agent *a, struct agent_pod *p)
{
	map_remove(&a->pods, p->told.uid);
	oracle_pod_lost(s, a, p);
	p->dead = true;
	p->graveyard = s->fleet->graveyard;
	s->fleet->graveyard = p;
}

void pod_die(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->generation++;
	p->ready = false;
	oracle_pod_ready(s, a, p);
	if (p->state != POD_GONE && p->state != POD_ENDED)
		oracle_pod_exits(s, a, p, 137);
	if (!p->synced)
		lose(s, a, p);
}

/* What was not on disk did not happen: a removal that was never synced is forgotten, and the pod runs again. */
void pod_reboot(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->removing = p->removing_synced;
	p->changed = true;
	if (p->removing) {
		p->state = POD_STOPPING;
		wake(s, a, p, takes(s, a, 1, 200));
	} else if (p->state != POD_ENDED) {
		p->restarts++;
		p->exited = true;
		p->exit_code = 137;
		if (p->state == POD_UP && str_eq(p->told.restart, "Never"))
			end(s, a, p);
		else
			begin(s, a, p);
	}
}

/* --- its status ------------------------------------------------------------------------------------------------------ */

static const char *waits_for(const struct agent_pod *p)
{
	switch (p->state) {
	case POD_PULLING:
		return p->pulls > 1    ? "ImagePullBackOff"
		       : p->pulls == 1 ? "ErrImagePull"
				       : "ContainerCreating";
	case POD_STARTING:
		return "ContainerCreating";
	case POD_BACKOFF:
		return "CrashLoopBackOff";
	case POD_UP:
	case POD_ENDED:
	case POD_STOPPING:
	case POD_GONE:
		return NULL;
	}
	return NULL;
}

static const char *phase_of(const struct agent_pod *p)
{
	if (p->ended)
		return p->exit_code == 0 ? "Succeeded" : "Failed";
	if (p->state == POD_GONE)
		return p->exited && p->exit_code == 0 ? "Succeeded" : "Failed";
	return p->state == POD_PULLING && !p->exited    ? "Pending"
	       : p->state == POD_STARTING && !p->exited ? "Pending"
							: "Running";
}

void pod_report(const struct agent_pod *p, struct letter_pod *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->uid, p->told.uid, SIM_UID);
	ret->key = p->told.key ? xstrdup(p->told.key) : NULL;
	ret->phase = phase_of(p);
	ret->reason = waits_for(p);
	ret->ready = p->ready;
	ret->ready_since = p->ready_since;
	ret->taken_at = p->taken_at;
	ret->ended_at = p->ended_at;
	ret->exited = p->exited;
	ret->exit_code = p->exit_code;
	ret->restarts = p->restarts;
	ret->gone = p->state == POD_GONE;
}
