/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the checker knows of a cluster: plain lists, walked whole for each question. It shares no code with sched/: it is what the
 * scheduler's books are checked against.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/object.h"

enum { POD_VOLUMES_MAX = 4 };

/* The pods of one template are equal but for their names. */
struct kin {
	struct object *object;
	const struct pod_spec *spec;
	const char *namespace;
	const struct string_map *labels;
	int32_t priority;
	struct claim own[POD_VOLUMES_MAX]; /* what an `ephemeral` volume of that number says; else nothing */
};

struct place;

struct being {
	uint32_t seq; /* of the event that brought it */
	char name[32], key[48];
	const struct kin *kin;
	int32_t priority;
	int32_t level; /* of its turn: the least priority of its gang's that wait */
	nsec_t deadline, created;
	const char *gang, *pinned; /* or NULL */
	char pin[16];              /* what pinned points to */
	bool no_preemption;
	struct place *on; /* the node that it is on; NULL: it waits */
	struct place *nominated;
	uint32_t started;
	bool leaving;
	bool away;    /* not there, for the time of a question */
	bool booked;  /* there for the time of a question: room is kept for it */
	bool refused; /* it was heard of as fitting nowhere */
	bool turned;  /* its turn in this batch has passed */
	bool would;   /* then its gang would have fitted */
	bool decided; /* in this batch */
	unsigned outcome;
	uint64_t came;         /* to its node: the count of arrivals then */
	struct being *next_on; /* on the same node */
};

struct place {
	char name[16];
	struct object *object;
	const struct node *node;
	uint8_t pressure;     /* the greatest, percent */
	bool candidate;       /* scratch of the one who asks */
	bool fell;            /* room that was kept here has fallen in this batch */
	struct being *beings; /* those that are on it, in no order */
	uint64_t added;       /* counts up with each that comes to be known */
};

/* What a pod that is there would bind: CLAIM to VOLUME, or ("") it is provisioned on PLACE. OF: CLAIM is its own `ephemeral` volume. */
struct assumed {
	const struct being *of;
	char namespace[16], claim[24], volume[16], place[16];
};

struct scene {
	bool pack;
	struct place **places; /* [place_count], by name */
	size_t place_count, place_cap;
	struct being **beings; /* [being_count], on nodes or waiting, in order of arrival */
	size_t being_count, being_cap;
	struct object **objects; /* [object_count]: namespaces and what else pods refer to */
	size_t object_count, object_cap;
	struct assumed *assumed; /* [assumed_count] */
	size_t assumed_count, assumed_cap;
	uint64_t arrivals;
};

void scene_done(struct scene *w);

/* Takes the reference to NODE. */
void scene_set_place(struct scene *w, struct object *node);
/* The pods on it go with it. */
void scene_remove_place(struct scene *w, struct place *p);
struct place *scene_place(const struct scene *w, const char *name);

/* Takes the reference to O; replaces what has its kind, namespace and name. */
void scene_set_object(struct scene *w, struct object *o);
void scene_remove_object(struct scene *w, enum kind_id kind, const char *namespace, const char *name);
const struct object *scene_object(
	const struct scene *w, enum kind_id kind, const char *namespace, const char *name);

/* A new pod, which W owns. */
struct being *scene_new_being(struct scene *w, uint32_t seq, const struct kin *kin);
struct being *scene_being(const struct scene *w, uint32_t seq);
void scene_put(struct being *b, struct place *on);
/* No longer on its node: it waits again. */
void scene_lift(struct being *b);
/*
 * The room that is kept for others of the priority of B's turn or more, but for those of its gang, who have their turn with it, is taken for the time of a
 * question, which scene_unbook ends. False: there is none, and nothing to end.
 */
bool scene_book(const struct scene *w, const struct being *b);
void scene_unbook(const struct scene *w);
void scene_remove_being(struct scene *w, struct being *b);
