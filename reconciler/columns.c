/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/columns_parts.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"

/* --- cells that many kinds have ----------------------------------------------------------------- */

void columns_print_name(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(o->meta->name));
}

void columns_add_age(struct buf *out, const struct opt_int *since, nsec_t now)
{
	char text[TIME_TEXT_MAX];
	if (!since->set)
		buf_adds(out, "<unknown>");
	else
		buf_adds(out, duration_human(now > since->value ? now - since->value : 0, text));
}

void columns_print_age(struct buf *out, const struct object *o, nsec_t now)
{
	columns_add_age(out, &o->meta->creation_timestamp, now);
}

void columns_print_created(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	char text[TIME_TEXT_MAX];
	if (o->meta->creation_timestamp.set)
		buf_adds(out, time_format(o->meta->creation_timestamp.value, text));
}

void columns_add_strings(struct buf *out, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_addf(out, "%s%s", i ? "," : "", list->items[i]);
}

void columns_add_or_none(struct buf *out, const char *s)
{
	buf_adds(out, str_empty(s) ? "<none>" : s);
}

void columns_add_labels(struct buf *out, const struct string_map *m)
{
	for (size_t i = 0; i < m->count; i++)
		buf_addf(out, "%s%s=%s", i ? "," : "", m->items[i].key, m->items[i].value);
	if (m->count == 0)
		buf_adds(out, "<none>");
}

void columns_add_selector(struct buf *out, const struct label_selector *s)
{
	if (!s || (s->match_labels.count == 0 && s->match_expressions.count == 0)) {
		buf_adds(out, "<none>");
		return;
	}
	label_selector_format(s, out);
}

void columns_add_containers(struct buf *out, const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->containers.count; i++)
		buf_addf(out, "%s%s", i ? "," : "", spec->containers.items[i].name);
}

void columns_add_images(struct buf *out, const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->containers.count; i++)
		buf_addf(out, "%s%s", i ? "," : "", str_or_empty(spec->containers.items[i].image));
}

const struct condition *columns_find_condition(const struct conditions *list, const char *type)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].type, type))
			return &list->items[i];
	return NULL;
}

/* --- pods ---------------------------------------------------------------------------------------- */

static bool is_sidecar(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->spec.init_containers.count; i++)
		if (str_eq(pod->spec.init_containers.items[i].name, name))
			return str_eq(pod->spec.init_containers.items[i].restart_policy, "Always");
	return false;
}

static void add_exit(struct buf *out, const struct container_state_terminated *t)
{
	if (!str_empty(t->reason))
		buf_adds(out, t->reason);
	else if (t->signal)
		buf_addf(out, "Signal:%" PRId64, t->signal);
	else
		buf_addf(out, "ExitCode:%" PRId64, t->exit_code);
}

/* "Init:…" while an init container has not done its part. Returns whether one is in the way. */
static bool add_init_status(struct buf *out, const struct pod *pod)
{
	for (size_t i = 0; i < pod->status.init_container_statuses.count; i++) {
		const struct container_status *s = &pod->status.init_container_statuses.items[i];
		const struct container_state *state = &s->state;
		if (state->terminated && state->terminated->exit_code == 0)
			continue;
		if (is_sidecar(pod, s->name) && s->started.set && s->started.value)
			continue;
		buf_clear(out);
		buf_adds(out, "Init:");
		if (state->terminated)
			add_exit(out, state->terminated);
		else if (state->waiting && !str_empty(state->waiting->reason) &&
			 !str_eq(state->waiting->reason, "PodInitializing"))
			buf_adds(out, state->waiting->reason);
		else
			buf_addf(out, "%zu/%zu", i, pod->spec.init_containers.count);
		return true;
	}
	return false;
}

static void add_container_status(struct buf *out, const struct pod *pod)
{
	bool running = false;
	for (size_t i = pod->status.container_statuses.count; i-- > 0;) {
		const struct container_status *s = &pod->status.container_statuses.items[i];
		if (s->state.waiting && !str_empty(s->state.waiting->reason)) {
			buf_clear(out);
			buf_adds(out, s->state.waiting->reason);
		} else if (s->state.terminated) {
			buf_clear(out);
			add_exit(out, s->state.terminated);
		} else if (s->ready && s->state.running) {
			running = true;
		}
	}
	if (running && strcmp(out->data, "Completed") == 0) {
		const struct condition *ready = columns_find_condition(&pod->status.conditions, "Ready");
		buf_clear(out);
		buf_adds(out, ready && str_eq(ready->status, "True") ? "Running" : "NotReady");
	}
}

void columns_pod_status(struct buf *out, const struct pod *pod)
{
	struct buf text = BUF_INIT;
	const struct condition *scheduled = columns_find_condition(&pod->status.conditions, "PodScheduled");
	buf_adds(&text, str_empty(pod->status.phase) ? "Pending" : pod->status.phase);
	if (!str_empty(pod->status.reason)) {
		buf_clear(&text);
		buf_adds(&text, pod->status.reason);
	} else if (scheduled && str_eq(scheduled->reason, "SchedulingGated")) {
		buf_clear(&text);
		buf_adds(&text, "SchedulingGated");
	}
	if (!add_init_status(&text, pod))
		add_container_status(&text, pod);
	bool ended = str_eq(pod->status.phase, "Succeeded") || str_eq(pod->status.phase, "Failed"),
	     lost = str_eq(pod->status.reason, "NodeLost");
	if (pod->meta.deletion_timestamp.set && (lost || !ended)) {
		buf_clear(&text);
		buf_adds(&text, lost ? "Unknown" : "Terminating");
	}
	buf_add(out, text.data, text.len);
	buf_done(&text);
}

static void print_pod_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct pod *pod = object_pod(o);
	size_t ready = 0, total = pod->spec.containers.count;
	for (size_t i = 0; i < pod->status.container_statuses.count; i++)
		ready += pod->status.container_statuses.items[i].ready;
	for (size_t i = 0; i < pod->status.init_container_statuses.count; i++)
		if (is_sidecar(pod, pod->status.init_container_statuses.items[i].name)) {
			total++;
			ready += pod->status.init_container_statuses.items[i].ready;
		}
	buf_addf(out, "%zu/%zu", ready, total);
}

static void print_pod_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_pod_status(out, object_pod(o));
}

static void add_restarts(const struct container_status *s, int64_t *count, struct opt_int *last)
{
	const struct container_state_terminated *t = s->last_state.terminated;
	*count += s->restart_count;
	if (t && t->finished_at.set && (!last->set || t->finished_at.value > last->value))
		*last = t->finished_at;
}

/* "3 (5m ago)": how often, and when last; of the init containers while they are at it, then of the others. */
static void print_pod_restarts(struct buf *out, const struct object *o, nsec_t now)
{
	const struct pod *pod = object_pod(o);
	const struct container_statuses *inits = &pod->status.init_container_statuses,
					*list = &pod->status.container_statuses;
	struct buf unused = BUF_INIT;
	bool initializing = add_init_status(&unused, pod);
	int64_t count = 0;
	struct opt_int last = { 0 };
	buf_done(&unused);
	for (size_t i = 0; i < inits->count; i++)
		if (initializing || is_sidecar(pod, inits->items[i].name))
			add_restarts(&inits->items[i], &count, &last);
	for (size_t i = 0; !initializing && i < list->count; i++)
		add_restarts(&list->items[i], &count, &last);
	buf_addf(out, "%" PRId64, count);
	if (count == 0 || !last.set)
		return;
	buf_adds(out, " (");
	columns_add_age(out, &last, now);
	buf_adds(out, " ago)");
}

static void print_pod_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->status.pod_ip);
}

static void print_pod_node(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->spec.node_name);
}

static void print_pod_nominated(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->status.nominated_node_name);
}

static void print_pod_gates(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct pod *pod = object_pod(o);
	size_t open = 0;
	for (size_t i = 0; i < pod->spec.readiness_gates.count; i++) {
		const struct condition *c = columns_find_condition(
			&pod->status.conditions, pod->spec.readiness_gates.items[i].condition_type);
		open += c && str_eq(c->status, "True");
	}
	if (pod->spec.readiness_gates.count == 0)
		buf_adds(out, "<none>");
	else
		buf_addf(out, "%zu/%zu", open, pod->spec.readiness_gates.count);
}

static const struct column pod_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "READY", false, print_pod_ready },
	{ "STATUS", false, print_pod_status },
	{ "RESTARTS", false, print_pod_restarts },
	{ "AGE", false, columns_print_age },
	{ "IP", true, print_pod_ip },
	{ "NODE", true, print_pod_node },
	{ "NOMINATED NODE", true, print_pod_nominated },
	{ "READINESS GATES", true, print_pod_gates },
};

/* --- deployments and replica sets ------------------------------------------------------------------ */

static void print_deployment_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct deployment *d = object_deployment(o);
	buf_addf(out, "%" PRId64 "/%" PRId64, d->status.ready_replicas, d->spec.replicas);
}

static void print_deployment_updated(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_deployment(o)->status.updated_replicas);
}

static void print_deployment_available(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_deployment(o)->status.available_replicas);
}

static void print_deployment_containers(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_containers(out, &object_deployment(o)->spec.template.spec);
}

static void print_deployment_images(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_images(out, &object_deployment(o)->spec.template.spec);
}

static void print_deployment_selector(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_selector(out, object_deployment(o)->spec.selector);
}

static const struct column deployment_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "READY", false, print_deployment_ready },
	{ "UP-TO-DATE", false, print_deployment_updated },
	{ "AVAILABLE", false, print_deployment_available },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_deployment_containers },
	{ "IMAGES", true, print_deployment_images },
	{ "SELECTOR", true, print_deployment_selector },
};

static void print_replica_set_desired(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replica_set(o)->spec.replicas);
}

static void print_replica_set_current(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replica_set(o)->status.replicas);
}

static void print_replica_set_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_replica_set(o)->status.ready_replicas);
}

static void print_replica_set_containers(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_containers(out, &object_replica_set(o)->spec.template.spec);
}

static void print_replica_set_images(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_images(out, &object_replica_set(o)->spec.template.spec);
}

static void print_replica_set_selector(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_selector(out, object_replica_set(o)->spec.selector);
}

static const struct column replica_set_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "DESIRED", false, print_replica_set_desired },
	{ "CURRENT", false, print_replica_set_current },
	{ "READY", false, print_replica_set_ready },
	{ "AGE", false, columns_print_age },
	{ "CONTAINERS", true, print_replica_set_containers },
	{ "IMAGES", true, print_replica_set_images },
	{ "SELECTOR", true, print_replica_set_selector },
};

/* --- configuration ------------------------------------------------------------------------------------- */

static void print_config_map_data(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct config_map *c = object_config_map(o);
	buf_addf(out, "%zu", c->data.count + c->binary_data.count);
}

static const struct column config_map_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "DATA", false, print_config_map_data },
	{ "AGE", false, columns_print_age },
};

static void print_secret_type(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_secret(o)->type));
}

static void print_secret_data(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%zu", object_secret(o)->data.count);
}

static const struct column secret_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "TYPE", false, print_secret_type },
	{ "DATA", false, print_secret_data },
	{ "AGE", false, columns_print_age },
};

static void print_namespace_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const char *phase = object_namespace(o)->status.phase;
	buf_adds(out, str_empty(phase) ? "Active" : phase);
}

static const struct column namespace_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "STATUS", false, print_namespace_status },
	{ "AGE", false, columns_print_age },
};

/* --- nodes and events ---------------------------------------------------------------------------------- */

static void print_node_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct node *n = object_node(o);
	const struct condition *ready = columns_find_condition(&n->status.conditions, "Ready");
	if (!ready)
		buf_adds(out, "Unknown");
	else
		buf_adds(out, str_eq(ready->status, "True") ? "Ready" : "NotReady");
	if (n->spec.unschedulable)
		buf_adds(out, ",SchedulingDisabled");
}

static void print_node_roles(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	bool any = false;
	for (size_t i = 0; i < o->meta->labels.count; i++) {
		const char *role = str_after(o->meta->labels.items[i].key, "node-role.kubernetes.io/");
		if (str_empty(role))
			continue;
		buf_addf(out, "%s%s", any ? "," : "", role);
		any = true;
	}
	if (!any)
		buf_adds(out, "<none>");
}

static void print_node_version(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_node(o)->status.node_info.kubelet_version));
}

static void add_node_address(struct buf *out, const struct object *o, const char *type)
{
	const struct node *n = object_node(o);
	for (size_t i = 0; i < n->status.addresses.count; i++)
		if (str_eq(n->status.addresses.items[i].type, type)) {
			buf_adds(out, n->status.addresses.items[i].address);
			return;
		}
	buf_adds(out, "<none>");
}

static void print_node_internal_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_node_address(out, o, "InternalIP");
}

static void print_node_external_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_node_address(out, o, "ExternalIP");
}

static void add_or_unknown(struct buf *out, const char *s)
{
	buf_adds(out, str_empty(s) ? "<unknown>" : s);
}

static void print_node_os(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unknown(out, object_node(o)->status.node_info.os_image);
}

static void print_node_kernel(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unknown(out, object_node(o)->status.node_info.kernel_version);
}

static void print_node_runtime(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unknown(out, object_node(o)->status.node_info.container_runtime_version);
}

static const struct column node_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "STATUS", false, print_node_status },
	{ "ROLES", false, print_node_roles },
	{ "AGE", false, columns_print_age },
	{ "VERSION", false, print_node_version },
	{ "INTERNAL-IP", true, print_node_internal_ip },
	{ "EXTERNAL-IP", true, print_node_external_ip },
	{ "OS-IMAGE", true, print_node_os },
	{ "KERNEL-VERSION", true, print_node_kernel },
	{ "CONTAINER-RUNTIME", true, print_node_runtime },
};

static void print_event_last(struct buf *out, const struct object *o, nsec_t now)
{
	const struct event *e = object_event(o);
	columns_add_age(out, e->last_timestamp.set ? &e->last_timestamp : &e->first_timestamp, now);
	if (e->count > 1 && e->first_timestamp.set) {
		buf_addf(out, " (x%" PRId64 " over ", e->count);
		columns_add_age(out, &e->first_timestamp, now);
		buf_addc(out, ')');
	}
}

static void print_event_type(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_event(o)->type));
}

static void print_event_reason(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_event(o)->reason));
}

static void print_event_object(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct object_reference *r = &object_event(o)->involved_object;
	const struct kind *kind = kind_by_word(str_or_empty(r->kind));
	buf_addf(out, "%s/%s", kind ? kind->singular : str_or_empty(r->kind), str_or_empty(r->name));
}

static void print_event_message(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_event(o)->message));
}

static const struct column event_columns[] = {
	{ "LAST SEEN", false, print_event_last },
	{ "TYPE", false, print_event_type },
	{ "REASON", false, print_event_reason },
	{ "OBJECT", false, print_event_object },
	{ "MESSAGE", false, print_event_message },
	{ "NAME", true, columns_print_name },
};

static const struct column other_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "AGE", false, columns_print_age },
};

static const struct column_table columns_basic[] = {
	{ KIND_POD, pod_columns, ARRAY_LEN(pod_columns) },
	{ KIND_DEPLOYMENT, deployment_columns, ARRAY_LEN(deployment_columns) },
	{ KIND_REPLICA_SET, replica_set_columns, ARRAY_LEN(replica_set_columns) },
	{ KIND_CONFIG_MAP, config_map_columns, ARRAY_LEN(config_map_columns) },
	{ KIND_SECRET, secret_columns, ARRAY_LEN(secret_columns) },
	{ KIND_NAMESPACE, namespace_columns, ARRAY_LEN(namespace_columns) },
	{ KIND_NODE, node_columns, ARRAY_LEN(node_columns) },
	{ KIND_EVENT, event_columns, ARRAY_LEN(event_columns) },
	{ .columns = NULL },
};

const struct column *columns_of(const struct kind *kind, size_t *ret_count)
{
	const struct column_table *const all[] = { columns_basic, columns_network, columns_storage,
		columns_access, columns_workloads, columns_policy };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const struct column_table *t = all[i]; t->columns; t++)
			if (t->id == kind->id) {
				*ret_count = t->count;
				return t->columns;
			}
	*ret_count = ARRAY_LEN(other_columns);
	return other_columns;
}
