/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Requests: what equal pods ask for, made once; numbered by the cluster that sees them first. */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/part.h"
#include "sched/volume.h"
#include "sched/view.h"

struct sched_request *sched_request_new(
	const struct pod_spec *spec, const char *namespace, const struct string_map *labels)
{
	struct sched_request *r = xcalloc(1, sizeof(*r));

	r->spec = spec;
	r->namespace = namespace;
	r->labels = labels;
	r->refs = 1;
	return r;
}

/* What parts learn when it is first seen they copy: it may outlive what it borrows. */
bool sched_request_move(struct sched_request *r, const struct pod_spec *spec, const char *namespace,
	const struct string_map *labels)
{
	if (r->ready)
		return false;
	r->spec = spec;
	r->namespace = namespace;
	r->labels = labels;
	return true;
}

struct sched_request *sched_request_ref(struct sched_request *r)
{
	r->refs++;
	return r;
}

struct sched_request *sched_request_unref(struct sched_request *r)
{
	struct sched_cluster *c;

	if (!r || --r->refs > 0)
		return NULL;
	c = r->cluster;
	if (c) {
		sched_view_forget(c, r);
		sched_parts_request_out(c, r);
		c->requests[r->number] = NULL;
		c->free_numbers = grow(c->free_numbers, &c->free_number_cap, c->free_number_count + 1,
			sizeof(c->free_numbers[0]));
		c->free_numbers[c->free_number_count++] = r->number;
	}
	sched_request_forget(r);
	free(r);
	return NULL;
}

void sched_request_forget(struct sched_request *r)
{
	free(r->needs);
	r->needs = NULL;
	r->need_count = 0;
	sched_tally_done(&r->live);
	sched_tally_done(&r->leaving);
	r->cluster = NULL;
	r->view = NULL;
	r->ready = false;
}

static void take_number(struct sched_cluster *c, struct sched_request *r)
{
	if (c->free_number_count > 0) {
		r->number = c->free_numbers[--c->free_number_count];
	} else {
		c->requests = grow(c->requests, &c->request_cap, c->request_span + 1, sizeof(c->requests[0]));
		r->number = c->request_span++;
	}
	c->requests[r->number] = r;
}

static void take_needs(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_amount amounts[SCHED_AMOUNTS_MAX];
	size_t count = sched_pod_amounts(r->spec, amounts, SCHED_AMOUNTS_MAX);

	r->needs = xcalloc(1 + count, sizeof(r->needs[0]));
	r->needs[r->need_count++] = (struct sched_need){ .resource = RESOURCE_PODS, .amount = 1 };
	for (size_t i = 0; i < count; i++) {
		uint32_t resource = sched_resource(c, amounts[i].resource);

		if (amounts[i].amount != 0 && resource != RESOURCE_PODS)
			r->needs[r->need_count++] = (struct sched_need){ .resource = resource,
				.amount = amounts[i].amount };
	}
	sched_score_amounts(r->spec, &r->score_cpu, &r->score_memory);
}

void sched_request_register(struct sched_cluster *c, struct sched_request *r)
{
	assert(!r->cluster || r->cluster == c);
	if (r->cluster)
		return;
	r->cluster = c;
	take_number(c, r);
	take_needs(c, r);
	sched_parts_request_in(c, r);
}

void sched_request_prepare(struct sched_cluster *c, struct sched_request *r)
{
	sched_request_register(c, r);
	if (r->claims)
		sched_volumes_settle(c);
	if (r->ready)
		return;
	r->ready = true;
	r->filters = sched_fit_asked(r);
	sched_parts_request_ready(c, r);
}
