/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What pods refer to comes, changes and goes. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"
#include "tests/sched/text.h"
#include "tests/sched/trial_internal.h"

struct object *trial_load(const struct buf *text)
{
	struct object *o;
	struct err err = { 0 };

	if (object_load_json(text->data, text->len, &o, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", text->data, err_text(&err));
		abort();
	}
	return o;
}

/* Takes the reference to O, which TEXT is. */
static void set(struct trial *t, struct object *o, const struct buf *text)
{
	trial_say(t, "# %s", text->data);
	sched_cluster_set_object(t->c, o);
	scene_set_object(&t->w, o);
	volumes_forget(&t->w);
}

void trial_object_comes(struct trial *t, const struct happening *e)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct object *o;

	text_object(t->s, e->who, e->seq, &text);
	o = trial_load(&text);
	set(t, o, &text);
}

void trial_object_goes(struct trial *t, const struct happening *e)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;

	text_object(t->s, e->who, e->seq, &text);
	o = trial_load(&text);
	trial_say(t, "# %s %s goes", o->kind->name, o->meta->name);
	sched_cluster_remove_object(t->c, o->kind->id, o->meta->namespace, o->meta->name);
	scene_remove_object(&t->w, o->kind->id, o->meta->namespace, o->meta->name);
	volumes_forget(&t->w);
}

/* --- a claim is bound ------------------------------------------------------------------------------------------------ */

static void set_as(struct trial *t, const struct object *like, struct object_meta *meta, void *body)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	const struct object shell = { .kind = like->kind, .meta = meta, .body = body };

	object_write_json(&json, &shell, 0, NULL);
	set(t, trial_load(&text), &text);
}

static void set_volume(struct trial *t, const char *name, const char *claim)
{
	const struct object *o = scene_object(&t->w, KIND_PERSISTENT_VOLUME, NULL, name);
	struct object_reference ref = {
		.kind = "PersistentVolumeClaim", .namespace = "default", .name = claim
	};
	struct persistent_volume v;

	if (!o)
		return;
	v = *object_persistent_volume(o);
	v.spec.claim_ref = &ref;
	v.status.phase = "Bound";
	set_as(t, o, &v.meta, &v);
}

static void set_claim(struct trial *t, const char *name, const char *volume)
{
	const struct object *o = scene_object(&t->w, KIND_CLAIM, "default", name);
	struct claim c = *object_claim(o);

	c.spec.volume_name = volume;
	c.status.phase = "Bound";
	set_as(t, o, &c.meta, &c);
}

/* The volume that was provisioned for CLAIM where it is assumed to be. */
static void make_volume(struct trial *t, const char *name, const char *claim, const struct assumed *a)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const struct place *p = scene_place(&t->w, a->place);
	const char *zone = p ? match_domain(p, "topology.kubernetes.io/zone") : NULL;

	buf_addf(&text,
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolume\",\"metadata\":{\"name\":\"%s\"%s%s%s},"
		"\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"capacity\":{\"storage\":\"20Gi\"},"
		"\"hostPath\":{\"path\":\"/v\"},\"storageClassName\":\"wait\",\"claimRef\":{\"kind\":"
		"\"PersistentVolumeClaim\",\"namespace\":\"default\",\"name\":\"%s\"}},"
		"\"status\":{\"phase\":\"Bound\"}}",
		name, zone ? ",\"labels\":{\"topology.kubernetes.io/zone\":\"" : "", str_or_empty(zone),
		zone ? "\"}" : "", claim);
	set(t, trial_load(&text), &text);
}

/* Most often one of which something is assumed. */
static void choose_claim(
	const struct trial *t, const struct happening *e, struct rng *r, char *ret, size_t size)
{
	const struct assumed *a = t->w.assumed_count == 0 ? NULL
							  : &t->w.assumed[rng_below(r, t->w.assumed_count)];

	snprintf(ret, size, "claim%u", e->who);
	if (a && !a->of && rng_chance(r, 80))
		snprintf(ret, size, "%s", a->claim);
}

/* To what is assumed of it; else to the volume of its number, whoever that is assumed to be for. */
void trial_claim_binds(struct trial *t, const struct happening *e)
{
	struct rng r = draw_stream(t->s, STREAM_EVENT, e->seq, 0, 5);
	bool claim_first = rng_chance(&r, 30), both = rng_chance(&r, 85), makes;
	char claim[24], volume[32];
	const struct assumed *a;
	const struct object *o;
	struct need n;

	choose_claim(t, e, &r, claim, sizeof(claim));
	o = scene_object(&t->w, KIND_CLAIM, "default", claim);
	if (!o || !str_empty(object_claim(o)->spec.volume_name))
		return;
	n = need_of_object(o);
	a = rng_chance(&r, 15) ? NULL : need_assumed(&t->w, &n);
	makes = a && !a->volume[0];
	snprintf(volume, sizeof(volume), makes ? "made%s" : "v%s", claim + strlen("claim"));
	if (a && !makes)
		snprintf(volume, sizeof(volume), "%s", a->volume);
	if (makes)
		make_volume(t, volume, claim, a);
	else if (!claim_first)
		set_volume(t, volume, claim);
	if (both || claim_first)
		set_claim(t, claim, volume);
	if (both && claim_first && !makes)
		set_volume(t, volume, claim);
}
