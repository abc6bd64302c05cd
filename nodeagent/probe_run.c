/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A container's probes as they are asked: a timer for the next question, and the questions that wait for their answers. What
 * answers mean is probe.c's; here it is written down, and the pod driven on.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/pod_run.h"
#include "nodeagent/probe_ask.h"

/* A question that waits. */
struct asked {
	struct container_probes *probes;
	enum probe_kind kind;
	struct probe_try *try;
};

/* Of one attempt. */
struct container_probes {
	struct container_run *c;
	int64_t attempt;
	struct probe_set set;
	struct loop_source *timer;
	struct asked asked[PROBE_KIND_COUNT];
};

static struct container_record *record_of(const struct container_run *c)
{
	return &c->pod->record.containers[c->index];
}

static struct probe_subject subject_of(const struct container_run *c)
{
	const struct pod *pod = pod_spec_of(c->pod);

	return (struct probe_subject){
		.spec = record_spec(pod, c->index),
		.record = record_of(c),
		.grace = pod->spec.termination_grace_period_seconds,
		.pod_ends = pod_is_stopping(pod, &c->pod->record),
	};
}

struct container_probes *container_probes_free(struct container_probes *p)
{
	if (!p)
		return NULL;
	for (int k = 0; k < PROBE_KIND_COUNT; k++)
		probe_ask_cancel(p->asked[k].try);
	loop_source_free(p->timer);
	free(p);
	return NULL;
}

/* --- answers ------------------------------------------------------------------------------------------------ */

static void schedule(struct container_probes *p);

static void tell(struct container_run *c, enum probe_kind kind, enum probe_result result, const char *text)
{
	const struct container_record *r = record_of(c);

	if (result == PROBE_SUCCESS)
		log_info("pod %s/%s: container %s: %s probe succeeds again", c->pod->record.namespace,
			c->pod->record.name, r->name, probe_name(kind));
	else
		log_warning("pod %s/%s: container %s: %s probe %s: %s%s", c->pod->record.namespace,
			c->pod->record.name, r->name, probe_name(kind),
			result == PROBE_UNKNOWN ? "errored" : "failed", str_or_empty(text),
			r->stop_since > 0 ? "; it is stopped" : "");
	if (result == PROBE_FAILURE)
		pod_event(c->pod, "Unhealthy", "container %s: %s probe failed: %s", r->name, probe_name(kind),
			str_or_empty(text));
}

static void on_answer(enum probe_result result, const char *text, void *arg)
{
	struct asked *a = arg;
	struct container_probes *p = a->probes;
	struct probe_subject subject = subject_of(p->c);
	bool unhealthy = subject.record->unhealthy != NULL;

	a->try = NULL;
	if (probe_set_answer(&p->set, &subject, a->kind, result, text, time_now())) {
		if (result != PROBE_SUCCESS || unhealthy)
			tell(p->c, a->kind, result, text);
		pod_save(p->c->pod);
		pod_mark(p->c->pod); /* which comes back here, to container_probes_update */
	} else
		schedule(p);
}

/* --- questions ---------------------------------------------------------------------------------------------- */

static void ask(struct container_probes *p, enum probe_kind kind, nsec_t now)
{
	struct container_run *c = p->c;
	const struct node_services *node = c->pod->pods->node;
	const struct pod *pod = pod_spec_of(c->pod);
	const struct container *spec = record_spec(pod, c->index);
	char id[CONTAINER_ID_SIZE];
	struct probe_question q = {
		.node = node,
		.spec = spec,
		.probe = probe_find(spec, kind),
		.container_id = container_id(
			node->env->short_id, c->pod->record.uid, record_of(c)->name, p->attempt, id),
		.address = pod->spec.host_network ? node->host_ip : c->pod->record.ip,
	};

	probe_set_ask(&p->set, spec, kind, now);
	p->asked[kind] = (struct asked){ .probes = p, .kind = kind };
	p->asked[kind].try = probe_ask(&q, on_answer, &p->asked[kind]);
}

static void schedule(struct container_probes *p)
{
	struct probe_subject subject = subject_of(p->c);
	nsec_t now = time_monotonic(), due;
	enum probe_kind kind;

	while ((due = probe_set_next(&p->set, &subject, &kind)) <= now)
		ask(p, kind, now);
	loop_timer_set(p->timer, due);
}

static int on_timer(void *arg)
{
	schedule(arg);
	return 0;
}

/* --- begin and end ------------------------------------------------------------------------------------------ */

static void begin(struct container_run *c)
{
	const struct container_record *r = record_of(c);
	const struct pod_record *pod = &c->pod->record;
	nsec_t now = time_monotonic(), age = time_now() - r->started_at;
	_cleanup_(freep) char *name = xasprintf("%s/%s", pod->uid, r->name);
	struct container_probes *p = xcalloc(1, sizeof(*p));
	struct err err = { 0 };

	p->c = c;
	p->attempt = r->attempt;
	if (loop_timer(c->pod->pods->node->loop, NSEC_NEVER, on_timer, p, &p->timer, &err) < 0) {
		log_error("pod %s/%s: container %s: probes: %s", pod->namespace, pod->name, r->name,
			err_text(&err));
		container_probes_free(p);
		return;
	}
	/* The clock may have been set back meanwhile. */
	probe_set_begin(&p->set, record_spec(pod_spec_of(c->pod), c->index), now - (age > 0 ? age : 0), now,
		c->adopted ? hash_bytes(name, strlen(name)) | 1 : 0);
	c->probes = p;
}

void container_probes_update(struct container_run *c)
{
	const struct container_record *r = record_of(c);
	bool wanted = r->phase == CONTAINER_RUNNING && !r->post_start &&
		      probe_any(record_spec(pod_spec_of(c->pod), c->index));

	if (c->probes && (!wanted || c->probes->attempt != r->attempt))
		c->probes = container_probes_free(c->probes);
	if (wanted && !c->probes)
		begin(c);
	if (c->probes)
		schedule(c->probes);
}
