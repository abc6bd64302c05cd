/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The columns of nodes, and of events. */
#include <inttypes.h>

#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

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

const struct column_table columns_node[] = {
	{ KIND_NODE, node_columns, ARRAY_LEN(node_columns) },
	{ KIND_EVENT, event_columns, ARRAY_LEN(event_columns) },
	{ .columns = NULL },
};
