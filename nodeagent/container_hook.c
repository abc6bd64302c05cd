/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A container's hooks: begun when pod_decide says so, and what follows from how they end. One at a time runs. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "nodeagent/container_id.h"
#include "nodeagent/hook_run.h"
#include "nodeagent/pod_run.h"

static struct container_record *record_of(const struct container_run *c)
{
	return &c->pod->record.containers[c->index];
}

static const struct container *spec_of(const struct container_run *c)
{
	return record_spec(pod_spec_of(c->pod), c->index);
}

static int begin(
	struct container_run *c, const struct lifecycle_handler *handler, hook_done_fn fn, struct err *err)
{
	const struct node_services *node = c->pod->pods->node;
	const struct container_record *r = record_of(c);
	char id[CONTAINER_ID_SIZE];
	struct hook_target target = {
		.node = node,
		.id = container_id(node->env->short_id, c->pod->record.uid, r->name, r->attempt, id),
		.spec = spec_of(c),
		.pod_ip = pod_spec_of(c->pod)->spec.host_network ? node->host_ip : c->pod->record.ip,
	};

	container_hook_cancel(c);
	return hook_start(&target, handler, fn, c, &c->hook, err);
}

/* What it said is the log's, and the status': an event may be seen by more people. */
static void warn(struct container_run *c, const char *which, const char *reason, const char *failure)
{
	pod_event(c->pod, reason, "container %s: %s hook failed", record_of(c)->name, which);
	log_warning("pod %s/%s: container %s: %s hook failed: %s", c->pod->record.namespace,
		c->pod->record.name, record_of(c)->name, which, failure);
}

void container_hook_cancel(struct container_run *c)
{
	c->hook = hook_cancel(c->hook);
}

/* --- postStart ------------------------------------------------------------------------------------------------- */

static void on_post_started(const char *failure, void *arg)
{
	struct container_run *c = arg;
	struct container_event ev = { .type = CONTAINER_POST_STARTED, .now = time_now(), .reason = failure };
	_cleanup_(freep) char *why = failure ? xasprintf("postStart hook failed: %s", failure) : NULL;

	c->hook = NULL;
	container_step(record_of(c), &ev);
	if (failure) {
		warn(c, "postStart", "FailedPostStartHook", failure);
		container_condemn(record_of(c), ev.now,
			pod_spec_of(c->pod)->spec.termination_grace_period_seconds, why);
	}
	pod_save(c->pod);
	pod_mark(c->pod);
}

void container_post_start(struct container_run *c)
{
	const struct lifecycle_handler *handler = hook_post_start(spec_of(c));
	struct err err = { 0 };

	record_of(c)->post_starting = true;
	if (!handler)
		on_post_started(NULL, c);
	else if (begin(c, handler, on_post_started, &err) < 0)
		on_post_started(err_text(&err), c);
}

/* --- preStop --------------------------------------------------------------------------------------------------- */

static void on_pre_stopped(const char *failure, void *arg)
{
	struct container_run *c = arg;
	struct container_event ev = { .type = CONTAINER_PRE_STOPPED, .now = time_now() };

	c->hook = NULL;
	if (failure)
		warn(c, "preStop", "FailedPreStopHook", failure);
	container_step(record_of(c), &ev);
	pod_save(c->pod);
	pod_mark(c->pod);
}

void container_pre_stop(struct container_run *c)
{
	const struct lifecycle_handler *handler = hook_pre_stop(spec_of(c));
	struct err err = { 0 };

	record_of(c)->pre_stopping = true;
	if (!handler)
		on_pre_stopped(NULL, c);
	else if (begin(c, handler, on_pre_stopped, &err) < 0)
		on_pre_stopped(err_text(&err), c);
}
