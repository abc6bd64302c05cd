/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"
#include "tests/sched/text.h"
#include "tests/sched/trial_internal.h"

void trial_fail(struct trial *t, const char *rule, const char *format, ...)
{
	va_list args;

	if (trial_failed(t))
		return;
	snprintf(t->result->rule, sizeof(t->result->rule), "%s", rule);
	va_start(args, format);
	vsnprintf(t->result->text, sizeof(t->result->text), format, args);
	va_end(args);
	t->result->seq = t->seq;
}

void trial_say(struct trial *t, const char *format, ...)
{
	va_list args;

	if (!t->trace)
		return;
	va_start(args, format);
	vfprintf(t->trace, format, args);
	va_end(args);
	fputc('\n', t->trace);
}

/* --- nodes ---------------------------------------------------------------------------------------- */

static void node_comes(struct trial *t, const struct happening *e)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct object *o;

	text_node(t->s, e->who, e->seq, &text);
	o = trial_load(&text);
	trial_say(t, "# node %s", text.data);
	sched_cluster_set_node(t->c, o);
	scene_set_place(&t->w, o);
}

static void node_goes(struct trial *t, const struct happening *e)
{
	char name[16];
	struct place *p = scene_place(&t->w, text_node_name(e->who, name));

	trial_say(t, "# node %s goes", name);
	sched_cluster_remove_node(t->c, name);
	if (p)
		scene_remove_place(&t->w, p);
	volumes_forget(&t->w);
}

static void pressure(struct trial *t, const struct happening *e)
{
	struct rng r = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 0);
	struct sched_pressure pressure = { 0 };
	uint8_t *parts[] = { &pressure.cpu, &pressure.memory, &pressure.io };
	uint8_t most = 0;
	char name[16];
	struct place *p = scene_place(&t->w, text_node_name(e->who, name));

	if (!p)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
		*parts[i] = rng_chance(&r, 50) ? (uint8_t)rng_range(&r, 0, 100) : 0;
		most = *parts[i] > most ? *parts[i] : most;
	}
	trial_say(t, "# pressure on %s: %u%%", name, most);
	sched_cluster_set_pressure(t->c, name, pressure);
	p->pressure = most;
}

/* --- pods --------------------------------------------------------------------------------------------------------- */

static struct kin *kin(struct trial *t, unsigned number)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct kin *k = &t->kins[number];

	if (k->object)
		return k;
	text_pod(t->s, number, "template", &text);
	trial_say(t, "# template %u: %s", number, text.data);
	k->object = trial_load(&text);
	k->spec = &object_pod(k->object)->spec;
	k->namespace = k->object->meta->namespace;
	k->labels = &k->object->meta->labels;
	k->priority = text_priority(t->s, number);
	for (size_t i = 0; i < k->spec->volumes.count; i++)
		if (k->spec->volumes.items[i].ephemeral)
			k->own[i].spec = k->spec->volumes.items[i].ephemeral->template.spec;
	t->requests[number] = sched_request_new(k->spec, k->namespace, k->labels);
	return k;
}

static struct being *new_being(struct trial *t, const struct happening *e)
{
	static const char *const gangs[] = { "g", "h" };
	struct rng r = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 0),
		   pin = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 1);
	struct kin *k = kin(t, e->who);
	struct being *b = scene_new_being(&t->w, e->seq, k);
	struct rng gang = draw_stream(t->s, STREAM_EVENT, e->who, 1, 2);
	int deadline = text_deadline(t->s, e->who);

	b->priority = b->level = k->priority;
	b->created = (nsec_t)(e->seq / 8) * NSEC_PER_SEC;
	b->started = e->seq / 4;
	b->deadline = deadline ? deadline * NSEC_PER_SEC : NSEC_NEVER;
	b->no_preemption = rng_chance(&r, 10);
	if (trial_has(t, FEATURE_GANGS) && e->kind == EVENT_COMES && rng_chance(&gang, 40))
		b->gang = gangs[e->who % 2];
	if (trial_has(t, FEATURE_PINNED) && rng_chance(&pin, 6) &&
		scene_place(&t->w, text_node_name((unsigned)rng_below(&pin, t->s->nodes), b->pin)))
		b->pinned = b->pin;
	return b;
}

static void pod_comes(struct trial *t, const struct happening *e)
{
	struct being *b = new_being(t, e);

	trial_say(t, "# pod %s of template %u%s%s%s%s", b->name, e->who, b->gang ? ", gang " : "",
		b->gang ? b->gang : "", b->pinned ? ", pinned to " : "", b->pinned ? b->pinned : "");
}

static void pod_stands(struct trial *t, const struct happening *e)
{
	struct rng r = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 3);
	struct being *b;

	if (t->w.place_count == 0)
		return;
	b = new_being(t, e);
	b->gang = b->pinned = NULL;
	b->leaving = rng_chance(&r, 10);
	if (b->kin->spec->volumes.count > 0)
		volumes_settle(&t->w);
	/* Room and company may be missing; what its volumes say is so, as a rule. */
	scene_put(b, t->w.places[rng_below(&r, t->w.place_count)]);
	if (!rng_chance(&r, t->s->storage ? 30 : 5) && !rule_volumes(&t->w, b, b->on)) {
		scene_remove_being(&t->w, b);
		return;
	}
	volumes_assume(&t->w, b);
	trial_say(t, "# pod %s of template %u is on %s%s", b->name, e->who, b->on->name,
		b->leaving ? ", leaving" : "");
	sched_cluster_add_pod(t->c, b->on->name,
		&(struct sched_pod){ .id = b,
			.request = t->requests[e->who],
			.name = b->name,
			.priority = b->priority,
			.started = b->started,
			.leaving = b->leaving });
}

static void pod_leaves(struct trial *t, const struct happening *e)
{
	struct being *b = scene_being(&t->w, e->who);

	if (!b || !b->on)
		return;
	trial_say(t, "# pod %s leaves", b->name);
	sched_cluster_pod_leaves(t->c, b->on->name, b);
	b->leaving = true;
}

static void forget(struct trial *t, struct being *b)
{
	trial_say(t, "# pod %s is gone", b->name);
	if (b->on)
		sched_cluster_remove_pod(t->c, b->on->name, b);
	else
		sched_cluster_unnominate(t->c, b);
	scene_remove_being(&t->w, b);
	volumes_forget(&t->w);
}

static void pod_gone(struct trial *t, const struct happening *e)
{
	struct being *b = scene_being(&t->w, e->who);

	if (b)
		forget(t, b);
}

/* Before the next turns, some of those that were leaving have left. */
static void some_have_left(struct trial *t, const struct happening *e)
{
	struct rng r = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 4);

	for (size_t i = t->w.being_count; i-- > 0;)
		if (t->w.beings[i]->on && t->w.beings[i]->leaving && rng_chance(&r, 60))
			forget(t, t->w.beings[i]);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static void run_event(struct trial *t, const struct happening *e)
{
	t->seq = e->seq;
	switch (e->kind) {
	case EVENT_NODE:
		node_comes(t, e);
		break;
	case EVENT_NODE_GOES:
		node_goes(t, e);
		break;
	case EVENT_PRESSURE:
		pressure(t, e);
		break;
	case EVENT_OBJECT:
		trial_object_comes(t, e);
		break;
	case EVENT_OBJECT_GOES:
		trial_object_goes(t, e);
		break;
	case EVENT_BINDS:
		trial_claim_binds(t, e);
		break;
	case EVENT_STANDS:
		pod_stands(t, e);
		break;
	case EVENT_COMES:
		pod_comes(t, e);
		break;
	case EVENT_LEAVES:
		pod_leaves(t, e);
		break;
	case EVENT_GONE:
		pod_gone(t, e);
		break;
	case EVENT_PLACE:
		some_have_left(t, e);
		trial_place(t);
		break;
	}
}

void trial_run(const struct script *s, FILE *trace, struct trial_result *ret)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	*ret = (struct trial_result){ 0 };
	t->s = s;
	t->trace = trace;
	t->result = ret;
	t->c = sched_cluster_new();
	t->w.pack = s->pack;
	sched_cluster_set_strategy(t->c, s->pack ? SCHED_PACK : SCHED_SPREAD);
	trial_say(t, "# strategy: %s", s->pack ? "Pack" : "Spread");
	for (size_t i = 0; i < s->count && !trial_failed(t); i++)
		run_event(t, &s->events[i]);
	scene_done(&t->w);
	sched_cluster_free(t->c);
	for (unsigned i = 0; i < TEMPLATES_MAX; i++) {
		sched_request_unref(t->requests[i]);
		object_unref(t->kins[i].object);
	}
	free(t);
}
