/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The columns of the kinds that say how others may behave: accounts, quotas, limits, budgets, classes, leases. */
#include <inttypes.h>

#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

static void print_account_secrets(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%zu", object_service_account(o)->secrets.count);
}

static const struct column service_account_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "SECRETS", false, print_account_secrets },
	{ "AGE", false, columns_print_age },
};

/* --- quotas and limits ----------------------------------------------------------------------------------- */

/* "pods: 3/10, …" of the resources that are limits, or of the others. */
static void add_quota(struct buf *out, const struct resource_quota *q, bool limits)
{
	const struct quantity_map *hard = q->status.hard.count ? &q->status.hard : &q->spec.hard;
	char used[QUANTITY_TEXT_MAX], most[QUANTITY_TEXT_MAX];
	const char *comma = "";
	for (size_t i = 0; i < hard->count; i++) {
		const struct quantity_pair *h = &hard->items[i];
		const struct quantity *u = quantity_map_get(&q->status.used, h->key);
		if (str_starts(h->key, "limits.") != limits)
			continue;
		buf_addf(out, "%s%s: %s/%s", comma, h->key, u ? quantity_format(u, used) : "0",
			quantity_format(&h->value, most));
		comma = ", ";
	}
}

static void print_quota_request(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_quota(out, object_resource_quota(o), false);
}

static void print_quota_limit(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_quota(out, object_resource_quota(o), true);
}

static const struct column resource_quota_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "REQUEST", false, print_quota_request },
	{ "LIMIT", false, print_quota_limit },
	{ "AGE", false, columns_print_age },
};

static const struct column limit_range_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CREATED AT", false, columns_print_created },
};

/* --- budgets and classes ------------------------------------------------------------------------------------ */

static void add_share(struct buf *out, const struct int_or_string *s)
{
	if (!s->set)
		buf_adds(out, "N/A");
	else if (s->string)
		buf_adds(out, s->string);
	else
		buf_addf(out, "%" PRId64, s->integer);
}

static void print_budget_min(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_share(out, &object_disruption_budget(o)->spec.min_available);
}

static void print_budget_max(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_share(out, &object_disruption_budget(o)->spec.max_unavailable);
}

static void print_budget_allowed(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_disruption_budget(o)->status.disruptions_allowed);
}

static const struct column disruption_budget_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "MIN AVAILABLE", false, print_budget_min },
	{ "MAX UNAVAILABLE", false, print_budget_max },
	{ "ALLOWED DISRUPTIONS", false, print_budget_allowed },
	{ "AGE", false, columns_print_age },
};

static void print_priority_value(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_addf(out, "%" PRId64, object_priority_class(o)->value);
}

static void print_priority_default(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, object_priority_class(o)->global_default ? "true" : "false");
}

static void print_priority_preemption(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_priority_class(o)->preemption_policy));
}

static const struct column priority_class_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "VALUE", false, print_priority_value },
	{ "GLOBAL-DEFAULT", false, print_priority_default },
	{ "AGE", false, columns_print_age },
	{ "PREEMPTIONPOLICY", false, print_priority_preemption },
};

static void print_runtime_handler(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_runtime_class(o)->handler));
}

static const struct column runtime_class_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "HANDLER", false, print_runtime_handler },
	{ "AGE", false, columns_print_age },
};

static void print_lease_holder(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_lease(o)->spec.holder_identity));
}

static const struct column lease_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "HOLDER", false, print_lease_holder },
	{ "AGE", false, columns_print_age },
};

const struct column_table columns_policy[] = {
	{ KIND_SERVICE_ACCOUNT, service_account_columns, ARRAY_LEN(service_account_columns) },
	{ KIND_RESOURCE_QUOTA, resource_quota_columns, ARRAY_LEN(resource_quota_columns) },
	{ KIND_LIMIT_RANGE, limit_range_columns, ARRAY_LEN(limit_range_columns) },
	{ KIND_DISRUPTION_BUDGET, disruption_budget_columns, ARRAY_LEN(disruption_budget_columns) },
	{ KIND_PRIORITY_CLASS, priority_class_columns, ARRAY_LEN(priority_class_columns) },
	{ KIND_RUNTIME_CLASS, runtime_class_columns, ARRAY_LEN(runtime_class_columns) },
	{ KIND_LEASE, lease_columns, ARRAY_LEN(lease_columns) },
	{ .columns = NULL },
};
