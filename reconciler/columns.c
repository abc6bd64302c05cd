/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/columns_parts.h"

#include <inttypes.h>

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

/* --- the rest, and all tables -------------------------------------------------------------------------------- */

static const struct column other_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "AGE", false, columns_print_age },
};

static const struct column_table columns_basic[] = {
	{ KIND_DEPLOYMENT, deployment_columns, ARRAY_LEN(deployment_columns) },
	{ KIND_REPLICA_SET, replica_set_columns, ARRAY_LEN(replica_set_columns) },
	{ KIND_CONFIG_MAP, config_map_columns, ARRAY_LEN(config_map_columns) },
	{ KIND_SECRET, secret_columns, ARRAY_LEN(secret_columns) },
	{ KIND_NAMESPACE, namespace_columns, ARRAY_LEN(namespace_columns) },
	{ .columns = NULL },
};

const struct column *columns_of(const struct kind *kind, size_t *ret_count)
{
	const struct column_table *const all[] = { columns_pod, columns_basic, columns_node, columns_network,
		columns_storage, columns_access, columns_workloads, columns_policy };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const struct column_table *t = all[i]; t->columns; t++)
			if (t->id == kind->id) {
				*ret_count = t->count;
				return t->columns;
			}
	*ret_count = ARRAY_LEN(other_columns);
	return other_columns;
}
