/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Who would have to go from one node for a pod: DefaultPreemption's SelectVictimsOnNode. All pods of lower priority are taken
 * away; where the pod fits then, they come back one by one as far as it still fits, first those whose budgets would be broken, then the
 * others, and of each the most important first (a higher priority, then the earlier start, then the first by name). Those that
 * can't come back are the victims. Two things are other than there:
 *
 *     - Pods of lower priority that are leaving already are as good as gone: they are no victims, and no harm.
 *     - A pod that doesn't fit without them all, because one of them is what it has affinity to, or has its volume there already
 *       where no more can be attached, may fit without the least important of
 *       them: these are taken away one by one. And what isn't needed after all, because of another that stays, comes back.
 *
 * The books are as before at the end. Where no pod of lower priority there matters to it but for the room that it takes, it is reckoned
 * with numbers alone; else pods are taken from the books and put back, and all filters are asked. O(p log p) numbers,
 * or O(p) changes of the books, for p pods of lower priority on the node.
 */
#pragma once

#include "sched/internal.h"

/* What it would cost; each member counts only where those before are equal, and less of it is better but for started. */
struct sched_harm {
	uint32_t broken;  /* victims that their budgets don't allow to go */
	uint32_t count;   /* victims */
	int64_t highest;  /* priority among them; INT64_MIN: there are none */
	int64_t sum;      /* of their priorities, each made positive by adding 2^31 */
	uint32_t started; /* the earliest of those with the highest priority; the later the better */
};
/* < 0: A is less. */
int sched_harm_cmp(const struct sched_harm *a, const struct sched_harm *b);

/* Initialise with { 0 }; end with sched_victims_done. Requests are the books', valid as long as the pods are there. */
struct sched_victims {
	struct sched_pod *items; /* [count] those that matter least first */
	size_t count, cap;
	struct sched_harm harm;
	bool minded; /* one of lower priority matters to it but for its room: the books were asked */
};
void sched_victims_done(struct sched_victims *v);

struct sched_preemptor {
	struct sched_request *request;
	int32_t priority;
	bool pinned; /* to the node that is asked about */
	bool plain;  /* only what the node is and the room on it can keep it away */
	/*
	 * Whether pods of a request matter to it but for the room that they take: 0: not known, 1: no, 2: yes; [c->request_span] by
	 * the request's number. NULL: unless it is plain, all do.
	 */
	uint8_t *minds;
	/* Where no pod of lower priority on a node matters so, filters that go by other nodes aren't asked: the caller does. */
	bool elsewhere_later;
};
/* For R, which has been prepared; without minds. */
struct sched_preemptor sched_victims_preemptor(struct sched_request *r, int32_t priority, bool pinned);
/* Does P fit on N without certain pods of lower priority, and which? */
bool sched_victims_on(struct sched_cluster *c, struct sched_node *n, const struct sched_preemptor *p,
	struct sched_victims *ret);
/* Does P fit on N without VICTIMS, with and without the pods that room is kept for, and whatever is on other nodes? */
bool sched_victims_suffice(struct sched_cluster *c, struct sched_node *n, const struct sched_preemptor *p,
	const struct sched_victims *victims);
/* Does a pod of R and PRIORITY fit on N without those of lower priority that are leaving? */
bool sched_victims_none(struct sched_cluster *c, struct sched_node *n, struct sched_request *r,
	int32_t priority, bool pinned);
/* Does R fit on N now, with and without the pods that room is kept for? PINNED: N is the only node it may be on. */
bool sched_fits_now(
	struct sched_cluster *c, const struct sched_node *n, struct sched_request *r, bool pinned);
/* Is A more important than B, so that B goes first? Priority, then the earlier start, then the name. */
int sched_importance_cmp(const struct sched_pod *a, const struct sched_pod *b);
