/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Going back to what was good when a rollout fails.
 *
 * A set is good when its Deployment was complete with it once, and it has not failed since. What failed is remembered as a
 * key of the manifest without its replicas and metadata, so that scaling is no reason to try it again, and anything that could
 * mend it is. Key and commit stand in the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/control/deployment.h"

bool rollback_wanted(const struct world_deployment *d)
{
	const struct object_meta *m = d->o.origin->object->meta;

	return str_eq(string_map_get(&m->annotations, ANNOTATION_ROLLBACK), "OnFailure");
}

bool rollback_is_due(const struct rollout *r)
{
	return rollback_wanted(r->d) && r->newest && r->d->distrusted_key[0] == '\0' &&
	       !deployment_spec_of(r->d)->paused;
}

struct world_set *rollback_good(const struct world_deployment *d, const struct world_set *except)
{
	struct world_set *best = NULL;

	for (size_t i = 0; i < d->set_count; i++) {
		struct world_set *s = d->sets[i];

		if (s != except && s->was_complete && (!best || s->number > best->number))
			best = s;
	}
	return best;
}

/* --- what is distrusted ------------------------------------------------------------------------------ */

static void key_of(
	const struct world_deployment *d, const struct world_revision *revision, char ret[WORLD_DIGEST])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	struct deployment what = { .spec = object_deployment(d->o.origin->object)->spec };
	uint8_t h[SHA256_SIZE];

	what.spec.replicas = 0;
	schema_hash(kinds[KIND_DEPLOYMENT].schema, &what, h);
	sha256_update(s, h, sizeof(h));
	sha256_update(s, revision->hash, sizeof(revision->hash));
	sha256_final(s, h);
	str_hex(h, sizeof(h), ret);
}

static void trust(struct control *c, struct world_deployment *d)
{
	free(d->distrusted);
	d->distrusted = NULL;
	d->distrusted_key[0] = '\0';
	world_condition_remove(&d->conditions, "RolledBack");
	world_touch(c->world, &d->o);
}

bool rollback_distrusts(struct control *c, struct world_deployment *d, const struct world_revision *revision)
{
	char key[WORLD_DIGEST];

	if (d->distrusted_key[0] == '\0')
		return false;
	key_of(d, revision, key);
	if (rollback_wanted(d) && str_eq(key, d->distrusted_key))
		return d->distrusted != NULL;
	trust(c, d);
	return false;
}

void rollback_mended(struct control *c, struct world_deployment *d)
{
	if (d->distrusted_key[0] != '\0')
		trust(c, d);
}

/* --- going back -------------------------------------------------------------------------------------- */

static void distrust(struct control *c, const struct rollout *r, const char *commit)
{
	struct world_deployment *d = r->d;

	key_of(d, r->revision, d->distrusted_key);
	free(d->distrusted);
	d->distrusted = commit ? xstrdup(commit) : NULL;
	r->newest->was_complete = false;
	world_touch(c->world, &r->newest->o);
	world_touch(c->world, &d->o);
}

static void say(struct control *c, struct world_deployment *d, bool back, const char *message)
{
	const char *reason = back ? "RolledBack" : "NoGoodRevision";

	world_condition_set(&d->conditions, "RolledBack", back ? "True" : "False", reason, message, c->now);
	control_event(c, &d->o, "Warning", reason, "%s", message);
	plan_step(c->plan, PLAN_HOLD, &d->o, "%s", message);
}

bool rollback_begin(struct control *c, const struct rollout *r)
{
	const struct world_set *good = rollback_good(r->d, r->newest);
	const char *commit = str_or_empty(r->newest->commit);
	_cleanup_(freep) char *message = NULL;

	if (good)
		message = xasprintf(
			"commit %.12s is distrusted: ReplicaSet \"%s\" has timed out progressing; going "
			"back to revision %lld, ReplicaSet \"%s\" of commit %.12s",
			commit, r->newest->o.name, (long long)good->number, good->o.name,
			str_or_empty(good->commit));
	else
		message = xasprintf(
			"ReplicaSet \"%s\" of commit %.12s has timed out progressing, and no other was "
			"ever complete to go back to",
			r->newest->o.name, commit);
	distrust(c, r, good ? commit : NULL);
	say(c, r->d, good != NULL, message);
	return good != NULL;
}
