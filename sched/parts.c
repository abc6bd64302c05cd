/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of parts, filters, score terms and judges: here everything plugs in. */
#include "sched/part.h"

#include "sched/fit.h"
#include "sched/image.h"
#include "sched/judge.h"
#include "sched/mask.h"
#include "sched/relations.h"
#include "sched/score.h"
#include "sched/turns.h"
#include "sched/volume.h"

const struct sched_part *const sched_parts[] = {
	&sched_masks_part,
	&sched_ports_part,
	&sched_image_part,
	&sched_volume_part,
	&sched_relations_part,
	&sched_part_turns,
	NULL,
};

const struct sched_filter sched_filters[] = {
	{ "NodeUnschedulable", SCHED_FIXED, false, NULL, sched_fit_unschedulable, NULL },
	{ "NodeName", SCHED_FIXED, true, sched_fit_name_asked, sched_fit_name, NULL },
	{ "TaintToleration", SCHED_FIXED, false, NULL, sched_fit_taints, NULL },
	{ "NodeAffinity", SCHED_FIXED, false, sched_fit_affinity_asked, sched_fit_affinity, NULL },
	{ "NodePorts", SCHED_LOCAL, true, sched_fit_ports_asked, sched_fit_ports, NULL },
	{ "NodeResourcesFit", SCHED_LOCAL, true, NULL, sched_fit_resources, NULL },
	{ "VolumeRestrictions", SCHED_LOCAL, false, sched_volume_asked, sched_fit_volume_restrictions, NULL },
	{ "NodeVolumeLimits", SCHED_LOCAL, false, sched_volume_asked, sched_fit_volume_limits, NULL },
	{ "VolumeBinding", SCHED_LOCAL, false, sched_volume_asked, sched_fit_volume_binding,
		sched_volume_possible },
	{ "VolumeZone", SCHED_LOCAL, false, sched_volume_asked, sched_fit_volume_zone, NULL },
	{ "PodTopologySpread", SCHED_ELSEWHERE, false, sched_spread_asked, sched_spread_fits, NULL },
	{ "InterPodAffinity", SCHED_ELSEWHERE, false, NULL, sched_interpod_fits, NULL },
	{ NULL, SCHED_FIXED, false, NULL, NULL, NULL },
};

const struct sched_scorer sched_scorers[SCHED_TERM_COUNT] = {
	[SCHED_TERM_FIT] = { SCHED_LOCAL, NULL, sched_score_fit },
	[SCHED_TERM_BALANCE] = { SCHED_LOCAL, NULL, sched_score_balance },
	[SCHED_TERM_AFFINITY] = { SCHED_FIXED, sched_score_affinity_asked, sched_score_affinity },
	[SCHED_TERM_TAINTS] = { SCHED_FIXED, sched_score_taints_asked, sched_score_taints },
	[SCHED_TERM_SPREAD] = { SCHED_ELSEWHERE, sched_spread_scores, sched_spread_term },
	[SCHED_TERM_PODS] = { SCHED_ELSEWHERE, NULL, sched_interpod_term },
	[SCHED_TERM_IMAGES] = { SCHED_LOCAL, NULL, sched_score_images },
	[SCHED_TERM_VOLUMES] = { SCHED_LOCAL, sched_score_volumes_asked, sched_score_volumes },
	[SCHED_TERM_INTERFERENCE] = { SCHED_LOCAL, sched_score_interference_asked, sched_score_interference },
};

const struct sched_judge *const sched_judges[] = {
	&sched_relations_judge,
	NULL,
};

/* --- telling ----------------------------------------------------------------------------------------- */

void sched_parts_init(struct sched_cluster *c)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->init)
			sched_parts[i]->init(c);
}

void sched_parts_done(struct sched_cluster *c)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->done)
			sched_parts[i]->done(c);
}

void sched_parts_grown(struct sched_cluster *c, uint32_t old)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->grown)
			sched_parts[i]->grown(c, old);
}

void sched_parts_request_in(struct sched_cluster *c, struct sched_request *r)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->request_in)
			sched_parts[i]->request_in(c, r);
}

void sched_parts_request_ready(struct sched_cluster *c, struct sched_request *r)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->request_ready)
			sched_parts[i]->request_ready(c, r);
}

void sched_parts_request_out(struct sched_cluster *c, struct sched_request *r)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->request_out)
			sched_parts[i]->request_out(c, r);
}

void sched_parts_node_in(struct sched_cluster *c, uint32_t node)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->node_in)
			sched_parts[i]->node_in(c, node);
}

void sched_parts_node_out(struct sched_cluster *c, uint32_t node)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->node_out)
			sched_parts[i]->node_out(c, node);
}

void sched_parts_node_status(struct sched_cluster *c, uint32_t node)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->node_status)
			sched_parts[i]->node_status(c, node);
}

void sched_parts_pods(
	struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->pods)
			sched_parts[i]->pods(c, node, p, live, leaving);
}

void sched_parts_object(
	struct sched_cluster *c, enum kind_id kind, const struct object *old, const struct object *new)
{
	for (size_t i = 0; sched_parts[i]; i++)
		if (sched_parts[i]->object)
			sched_parts[i]->object(c, kind, old, new);
}
