/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The columns of the kinds that run pods, beside Deployment and ReplicaSet, and of what scales them. */
#include <inttypes.h>

#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

/* --- what all of them have ------------------------------------------------------------------------------- */

static void print_containers(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_containers(out, object_template(o).spec);
}

static void print_images(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_images(out, object_template(o).spec);
}

static void print_selector(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	if (o->kind->id == KIND_DAEMON_SET)
		columns_add_selector(out, object_daemon_set(o)->spec.selector);
	else if (o->kind->id == KIND_REPLICATION_CONTROLLER)
		columns_add_labels(out, &object_replication_controller(o)->spec.selector);
	else if (o->kind->id == KIND_JOB)
		columns_add_selector(out, object_job(o)->spec.selector);
	else
		columns_add_selector(out, NULL);
}

/* --- DaemonSet --------------------------------------------------------------------------------------------- */

static void print_daemon_desired(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_daemon_set(o)->status.desired_number_scheduled);
}

static void print_daemon_current(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_daemon_set(o)->status.current_number_scheduled);
}

static void print_daemon_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_daemon_set(o)->status.number_ready);
}

static void print_daemon_updated(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_daemon_set(o)->status.updated_number_scheduled);
}

static void print_daemon_available(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_daemon_set(o)->status.number_available);
}

static void print_daemon_nodes(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_labels(out, &object_daemon_set(o)->spec.template.spec.node_selector);
}

static const struct column daemon_set_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "DESIRED", false, print_daemon_desired },
	{ "CURRENT", false, print_daemon_current },
	{ "READY", false, print_daemon_ready },
	{ "UP-TO-DATE", false, print_daemon_updated },
	{ "AVAILABLE", false, print_daemon_available },
	{ "NODE SELECTOR", false, print_daemon_nodes },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_containers },
	{ "IMAGES", true, print_images },
	{ "SELECTOR", true, print_selector },
};

/* --- StatefulSet and ReplicationController -------------------------------------------------------------------- */

static void print_stateful_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct stateful_set *s = object_stateful_set(o);
	buf_addf(out, "%" PRId64 "/%" PRId64, s->status.ready_replicas, s->spec.replicas);
}

static const struct column stateful_set_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "READY", false, print_stateful_ready },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_containers },
	{ "IMAGES", true, print_images },
};

static void print_replication_desired(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replication_controller(o)->spec.replicas);
}

static void print_replication_current(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replication_controller(o)->status.replicas);
}

static void print_replication_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replication_controller(o)->status.ready_replicas);
}

static const struct column replication_controller_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "DESIRED", false, print_replication_desired },
	{ "CURRENT", false, print_replication_current },
	{ "READY", false, print_replication_ready },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_containers },
	{ "IMAGES", true, print_images },
	{ "SELECTOR", true, print_selector },
};

/* --- Job and CronJob -------------------------------------------------------------------------------------------- */

static bool holds(const struct job *j, const char *type)
{
	const struct condition *c = columns_find_condition(&j->status.conditions, type);
	return c && str_eq(c->status, "True");
}

/*
 * The first of these that holds; a Job on its way out is Terminating unless it has ended. Where kubectl says Running from
 * the start, a Job that was not allowed to run yet is Pending.
 */
static void print_job_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	static const char *const later[] = { "Suspended", "FailureTarget", "SuccessCriteriaMet" };
	const struct job *j = object_job(o);
	if (holds(j, "Complete") || holds(j, "Failed")) {
		buf_adds(out, holds(j, "Complete") ? "Complete" : "Failed");
		return;
	}
	if (j->meta.deletion_timestamp.set) {
		buf_adds(out, "Terminating");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (holds(j, later[i])) {
			buf_adds(out, later[i]);
			return;
		}
	buf_adds(out, j->status.start_time.set ? "Running" : "Pending");
}

static void print_job_completions(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct job *j = object_job(o);
	int64_t parallelism = j->spec.parallelism.set ? j->spec.parallelism.value : 0;
	if (j->spec.completions.set)
		buf_addf(out, "%" PRId64 "/%" PRId64, j->status.succeeded, j->spec.completions.value);
	else if (parallelism > 1)
		buf_addf(out, "%" PRId64 "/1 of %" PRId64, j->status.succeeded, parallelism);
	else
		buf_addf(out, "%" PRId64 "/1", j->status.succeeded);
}

static void print_job_duration(struct buf *out, const struct object *o, nsec_t now)
{
	const struct job_status *s = &object_job(o)->status;
	nsec_t end = s->completion_time.set ? s->completion_time.value : now;
	char text[TIME_TEXT_MAX];
	if (s->start_time.set)
		buf_adds(
			out, duration_human(end > s->start_time.value ? end - s->start_time.value : 0, text));
}

static const struct column job_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "STATUS", false, print_job_status },
	{ "COMPLETIONS", false, print_job_completions },
	{ "DURATION", false, print_job_duration },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_containers },
	{ "IMAGES", true, print_images },
	{ "SELECTOR", true, print_selector },
};

static void print_cron_schedule(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_cron_job(o)->spec.schedule));
}

static void print_cron_zone(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_cron_job(o)->spec.time_zone);
}

static void print_cron_suspend(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, object_cron_job(o)->spec.suspend ? "True" : "False");
}

static void print_cron_active(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%zu", object_cron_job(o)->status.active.count);
}

static void print_cron_last(struct buf *out, const struct object *o, nsec_t now)
{
	const struct opt_int *last = &object_cron_job(o)->status.last_schedule_time;
	if (last->set)
		columns_add_age(out, last, now);
	else
		buf_adds(out, "<none>");
}

static const struct column cron_job_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "SCHEDULE", false, print_cron_schedule },
	{ "TIMEZONE", false, print_cron_zone },
	{ "SUSPEND", false, print_cron_suspend },
	{ "ACTIVE", false, print_cron_active },
	{ "LAST SCHEDULE", false, print_cron_last },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_containers },
	{ "IMAGES", true, print_images },
	{ "SELECTOR", true, print_selector },
};

/* --- HorizontalPodAutoscaler -------------------------------------------------------------------------------------- */

/* More metrics than this are counted only. */
enum { METRICS_SHOWN = 2 };

static void print_scaler_reference(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct scale_target *t = &object_autoscaler(o)->spec.scale_target_ref;
	buf_addf(out, "%s/%s", str_or_empty(t->kind), str_or_empty(t->name));
}

static const struct metric_source *source_of(const struct metric_spec *m)
{
	const struct metric_source *all[] = { m->resource, m->container_resource, m->pods, m->object,
		m->external };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i])
			return all[i];
	return NULL;
}

static const struct metric_reading *reading_of(const struct autoscaler_status *s, size_t i)
{
	if (i >= s->current_metrics.count)
		return NULL;
	const struct metric_status *m = &s->current_metrics.items[i];
	const struct metric_reading *all[] = { m->resource, m->container_resource, m->pods, m->object,
		m->external };
	for (size_t k = 0; k < ARRAY_LEN(all); k++)
		if (all[k])
			return all[k];
	return NULL;
}

static void add_quantity(struct buf *out, const struct quantity *q)
{
	char text[QUANTITY_TEXT_MAX];
	buf_adds(out, q && q->set ? quantity_format(q, text) : "<unknown>");
}

/* "is/should be". */
static void add_metric(struct buf *out, const struct metric_spec *m, const struct metric_reading *r)
{
	const struct metric_source *s = source_of(m);
	bool resource = m->resource || m->container_resource;
	if (!s)
		return;
	if (resource)
		buf_addf(out, "%s: ", str_or_empty(s->name));
	if (s->target.average_value.set) {
		add_quantity(out, r ? &r->current.average_value : NULL);
		buf_addc(out, '/');
		add_quantity(out, &s->target.average_value);
		if (m->object || m->external)
			buf_adds(out, " (avg)");
	} else if (resource) {
		if (r && r->current.average_utilization.set)
			buf_addf(out, "%" PRId64 "%%", r->current.average_utilization.value);
		else
			buf_adds(out, "<unknown>");
		buf_addf(out, "/%" PRId64 "%%", s->target.average_utilization.value);
	} else {
		add_quantity(out, r ? &r->current.value : NULL);
		buf_addc(out, '/');
		add_quantity(out, &s->target.value);
	}
}

static void print_scaler_targets(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct autoscaler *a = object_autoscaler(o);
	size_t count = a->spec.metrics.count;
	for (size_t i = 0; i < count && i < METRICS_SHOWN; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		add_metric(out, &a->spec.metrics.items[i], reading_of(&a->status, i));
	}
	if (count > METRICS_SHOWN)
		buf_addf(out, " + %zu more...", count - METRICS_SHOWN);
	if (count == 0)
		buf_adds(out, "<none>");
}

static void print_scaler_min(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_autoscaler(o)->spec.min_replicas);
}

static void print_scaler_max(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_autoscaler(o)->spec.max_replicas);
}

static void print_scaler_replicas(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_autoscaler(o)->status.current_replicas);
}

static const struct column autoscaler_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "REFERENCE", false, print_scaler_reference },
	{ "TARGETS", false, print_scaler_targets },
	{ "MINPODS", false, print_scaler_min },
	{ "MAXPODS", false, print_scaler_max },
	{ "REPLICAS", false, print_scaler_replicas },
	{ "AGE", false, columns_print_age },
};

/* --- ControllerRevision ------------------------------------------------------------------------------------------- */

static void print_revision_owner(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct owner_reference *owner = meta_controller(o->meta);
	const struct kind *kind = owner ? kind_find(
						  str_or_empty(owner->api_version), str_or_empty(owner->kind))
					: NULL;
	if (!owner)
		buf_adds(out, "<none>");
	else
		buf_addf(out, "%s.apps/%s", kind ? kind->singular : str_or_empty(owner->kind),
			str_or_empty(owner->name));
}

static void print_revision_number(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_controller_revision(o)->revision);
}

static const struct column revision_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CONTROLLER", false, print_revision_owner },
	{ "REVISION", false, print_revision_number },
	{ "AGE", false, columns_print_age },
};

const struct column_table columns_workloads[] = {
	{ KIND_CONTROLLER_REVISION, revision_columns, ARRAY_LEN(revision_columns) },
	{ KIND_DAEMON_SET, daemon_set_columns, ARRAY_LEN(daemon_set_columns) },
	{ KIND_STATEFUL_SET, stateful_set_columns, ARRAY_LEN(stateful_set_columns) },
	{ KIND_REPLICATION_CONTROLLER, replication_controller_columns,
		ARRAY_LEN(replication_controller_columns) },
	{ KIND_JOB, job_columns, ARRAY_LEN(job_columns) },
	{ KIND_CRON_JOB, cron_job_columns, ARRAY_LEN(cron_job_columns) },
	{ KIND_AUTOSCALER, autoscaler_columns, ARRAY_LEN(autoscaler_columns) },
	{ .columns = NULL },
};
