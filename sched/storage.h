/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * PersistentVolumes, claims and classes as volume.c sees them: what the objects say, and what is assumed of claims that pods in the books
 * use and that aren't bound yet. A volume is assumed to be at most one claim's, and a claim to have at most one volume; the two
 * know each other, and neither assumption outlives what it is about.
 *
 * Objects are borrowed from the cluster, which tells of each that comes, changes or goes. A claim is there as long as its object, or a
 * request that names it; a volume as long as its object, or a claim's object that names it.
 */
#pragma once

#include "lib/base/map.h"
#include "lib/object/object.h"

struct sched_claim;

struct sched_volume {
	char *name;
	const struct persistent_volume *body; /* NULL: it isn't there */
	struct sched_claim *claim;            /* assumed to be this one's; or NULL */
	uint32_t named;                       /* claims that name it */
};

struct sched_claim {
	char *key;                  /* "namespace/name"; NULL: of an ephemeral volume */
	uint64_t number;            /* of these, in the order in which they were made */
	const struct claim *body;   /* NULL: it isn't there */
	struct object *template;    /* of an ephemeral volume: what body is in; a reference */
	struct sched_volume *names; /* what spec.volumeName says; or NULL */
	/* Assumed: its volume, or the node that it is provisioned on. */
	struct sched_volume *volume;
	char *node;
	const void *
		tried; /* the pod for whose coming this is assumed, which goes again (sched_volumes_try); or NULL */
	uint32_t refs;  /* requests that name it, and its object */
	uint32_t users; /* pods in the books, and room that is kept for some */
	/* pods that what is assumed is for: those in the books, and those that are out of them for a trial */
	uint32_t holders;
	uint32_t at;    /* the node of one of these, by index; it may have left */
	bool unsettled; /* it has holders, and nothing could be assumed: in the list below */
};

struct sched_storage {
	/* name, key, name → struct sched_volume, sched_claim, const struct storage_class */
	struct map volumes, claims, classes;
	const struct storage_class *default_class; /* or NULL */
	struct sched_claim **unsettled;            /* [unsettled_count] */
	size_t unsettled_count, unsettled_cap;
	bool news;     /* something changed since the unsettled ones were looked at that could help one */
	uint64_t made; /* claims of ephemeral volumes so far */
	uint64_t generation; /* grows with each change of what objects say or is assumed */
};

void sched_storage_done(struct sched_storage *s);
/* An object of one of the three kinds came (OLD is NULL), changed or went (NEW is NULL). */
void sched_storage_object(struct sched_storage *s, const struct object *old, const struct object *new);

/* The claim of that name, there or not; one more reference. */
struct sched_claim *sched_storage_claim(struct sched_storage *s, const char *namespace, const char *name);
void sched_storage_claim_unref(struct sched_storage *s, struct sched_claim *c);
/* A claim with TEMPLATE's spec that only the caller knows; ended with sched_storage_claim_unref. */
struct sched_claim *sched_storage_claim_new(struct sched_storage *s, struct object *template);

/* C's class; NULL: none, or it isn't there. */
const struct storage_class *sched_storage_class(const struct sched_storage *s, const struct claim_spec *c);
/* Does V's claimRef say that it is C's? */
bool sched_volume_is_of(const struct persistent_volume *v, const struct claim *c);
/* The volume that C is bound to, or assumed to be; NULL: none. */
struct sched_volume *sched_claim_volume(const struct sched_claim *c);

/* V is C's from now on; NULL: provisioned on NODE. Whatever was assumed of C is forgotten. */
void sched_storage_assume(
	struct sched_storage *s, struct sched_claim *c, struct sched_volume *v, const char *node);
/* Nothing is assumed of C. */
void sched_storage_release(struct sched_storage *s, struct sched_claim *c);
/* C goes into the list of those to be settled, or out of it. */
void sched_storage_unsettle(struct sched_storage *s, struct sched_claim *c, bool unsettled);
