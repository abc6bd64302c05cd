/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of a view share (view.h): the view itself, and why nodes are not among its choices. */
#pragma once

#include "sched/heap.h"
#include "sched/score.h"
#include "sched/view.h"

/* Nodes that are judged alike. */
struct sched_team {
	struct sched_heap heap; /* those that have room */
	/* first: a list through next and previous; meaningless where there are none */
	uint32_t members, first;
	uint64_t hash; /* of its words */
};

struct sched_view_reason {
	char *text;
	uint32_t nodes;
};

struct sched_view {
	struct sched_request *request;
	uint64_t made;   /* c->changes when all nodes were last looked at */
	uint64_t seen;   /* of the log */
	uint64_t chosen; /* c->changes when choice was right */
	uint64_t used;   /* of the cluster's clock of views */
	struct sched_choice choice;
	struct sched_scoring scoring; /* what goes by a node alone */
	uint32_t cap;                 /* nodes that there is room for */
	/* By node: */
	uint32_t *team;  /* from 1; 0: it may not be on that node */
	uint32_t *place; /* in the team's heap, from 1 */
	uint32_t *next, *previous;
	uint32_t *why; /* bits of reasons; NULL: nobody has asked */
	/* [taint_why_count] by sched_mask_plight: those of nodes whose taints keep it away; 0: not known yet */
	uint32_t *taint_why;
	size_t taint_why_count, taint_why_cap;
	uint64_t plights_gone; /* of the masks, when they were known */
	/* Nodes that are judged alike. */
	struct sched_team *teams; /* [team_count] */
	uint32_t *words;          /* [team_count × width] */
	size_t team_count, team_cap, word_cap, width;
	size_t teams_used; /* how many of teams have, or had, a heap */
	size_t idle;       /* teams without members: they stay for those who come again */
	uint32_t *slots;   /* [slot_count] a hash table of teams by their words: from 1; 0: free */
	size_t slot_count;
	uint32_t recent;            /* the team that was looked for last, from 1 */
	struct sched_group *groups; /* for the judges: [group_count] */
	uint32_t *group_team;       /* of each: its team */
	size_t group_count, group_cap, group_team_cap;
	struct sched_view_reason reasons[SCHED_REASONS_MAX]; /* [reason_count] */
	size_t reason_count;
};

/* view_reasons.c: why NODE itself has no room is found out anew, and counted. */
void sched_view_keep_reasons(const struct sched_cluster *c, struct sched_view *v, uint32_t node);
/* Nobody has asked why, from now on. */
void sched_view_forget_reasons(struct sched_view *v);
