/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of a trial share. */
#pragma once

#include "tests/sched/draw.h"
#include "tests/sched/harm.h"
#include "tests/sched/trial.h"

struct trial {
	const struct script *s;
	struct scene w;
	struct sched_cluster *c;
	struct kin kins[TEMPLATES_MAX];
	struct sched_request *requests[TEMPLATES_MAX];
	FILE *trace;
	struct trial_result *result;
	uint32_t seq;         /* of the event that goes on */
	struct being **batch; /* [batch_count]: those that wait, in no order */
	size_t batch_count;
	int32_t fell; /* the highest priority of those whose room has fallen in this batch; INT32_MIN: none has */
	struct harm_budgets budgets; /* how many of each have gone in this batch */
	struct sched_pending *pods;  /* [batch_count] as sched_place has sorted them */
};

/* Something is broken; only the first counts. */
void trial_fail(struct trial *t, const char *rule, const char *format, ...) _printf_(3, 4);
static inline bool trial_failed(const struct trial *t)
{
	return t->result->rule[0] != '\0';
}
static inline bool trial_has(const struct trial *t, enum feature f)
{
	return (t->s->features & FEATURE_BIT(f)) != 0;
}
void trial_say(struct trial *t, const char *format, ...) _printf_(2, 3);

/* trial_objects.c: what pods refer to comes, or goes; claim WHO is bound. */
void trial_object_comes(struct trial *t, const struct happening *e);
void trial_object_goes(struct trial *t, const struct happening *e);
void trial_claim_binds(struct trial *t, const struct happening *e);
/* The object of TEXT, which is one. */
struct object *trial_load(const struct buf *text);

/* turns.c: sched_place over all that wait, and what must be so when it has ended. */
void trial_place(struct trial *t);

/* judge.c: one decision, before anything has come of it. */
void judge_placed(struct trial *t, const struct being *b, const struct sched_decision *d);
void judge_nominated(struct trial *t, struct being *b, const struct sched_decision *d);
/* Those before B whose turn must have been by now fitted nowhere when it was. */
void judge_order(struct trial *t, const struct being *b);
/* The order in which sched_place has put its pods. */
void judge_sorted(struct trial *t);
/* B fits nowhere, as was said of it. */
void judge_nowhere(struct trial *t, const struct being *b);
/* judge_words.c: what sched_pick and sched_explain say of a pod of each template. */
void judge_words(struct trial *t);
/* After a batch: all of a gang have a place, or none of it, and then they couldn't have. */
void judge_gangs(struct trial *t);

/* Some node that B fits on; NULL: none. */
struct place *judge_fits(const struct trial *t, const struct being *b);
/* B may be at others' expense. */
bool judge_preempts(const struct trial *t, const struct being *b);
