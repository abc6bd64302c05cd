/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a pass decided: steps for people, records for the tree, and what each node's agent is told.
 *
 * Steps stand in the order in which they were decided; they are kept only where somebody reads them (diff,
 * tests). Records stand in the order of the tree's journal: they must be durable before the first apply leaves.
 */
#pragma once

#include "lib/wire/wire.h"
#include "reconciler/world.h"

enum plan_verb {
	PLAN_CREATE,
	PLAN_UPDATE,
	PLAN_DELETE,
	PLAN_SCALE,
	PLAN_PLACE,
	PLAN_WAIT,
	PLAN_HOLD,
	PLAN_KEEP
};

struct plan_step {
	enum plan_verb verb;
	const char *key;    /* "Pod/ns/name" */
	const char *detail; /* one line or NULL */
	const char *source; /* manifest's "path:line" or NULL */
	struct schema_changes changes;
};

struct plan_record {
	const struct kind *kind;
	const char *namespace, *name;
	size_t start, len; /* in plan->text; len 0: a deletion */
};

struct plan_apply {
	struct world_node *node;
	struct wire_apply apply;
};

struct plan {
	struct arena *arena;
	bool steps_wanted;
	struct plan_step *steps;
	size_t step_count, step_cap;
	struct plan_record *records;
	size_t record_count, record_cap;
	struct buf text; /* the records' JSON, one after the other */
	struct plan_apply *applies;
	size_t apply_count, apply_cap;
};

void plan_init(struct plan *p, bool steps_wanted);
void plan_done(struct plan *p);
/* Adds a step unless nobody wants them; returns it, or NULL. Strings are copied. DETAIL may be NULL. */
struct plan_step *plan_step(struct plan *p, enum plan_verb verb, const struct world_object *o,
	const char *detail, ...) _printf_(4, 5);
/* Adds what changes between two objects of one kind (BEFORE may be NULL: nothing is listed). */
void plan_step_diff(
	struct plan *p, struct plan_step *s, const struct object *before, const struct object *after);
void plan_record(struct plan *p, const struct world_object *o, const char *json, size_t len);
/* "create", "update" … */
const char *plan_verb_name(enum plan_verb verb);

/* One line a step, its changes indented below it. */
void plan_write_text(const struct plan *p, struct buf *out);
/* {"apiVersion":"pintle.dev/v1","kind":"Plan","base":COMMIT,"guard":GUARD,"steps":[…]}; no guard where GUARD is NULL. */
void plan_write_json(const struct plan *p, const char *commit, const char *guard, struct json_writer *out);
