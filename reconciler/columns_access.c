/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Columns of RBAC's kinds. */
#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

static const struct role_binding *binding_of(const struct object *o)
{
	return o->kind->id == KIND_ROLE_BINDING ? object_role_binding(o) : object_cluster_role_binding(o);
}

static void print_binding_role(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct role_ref *r = &binding_of(o)->role_ref;
	buf_addf(out, "%s/%s", str_or_empty(r->kind), str_or_empty(r->name));
}

/* The subjects of KIND: "a, b", those with a namespace as "ns/a". */
static void add_subjects(struct buf *out, const struct object *o, const char *kind)
{
	const struct role_binding *b = binding_of(o);
	bool any = false;
	for (size_t i = 0; i < b->subjects.count; i++) {
		const struct subject *s = &b->subjects.items[i];
		bool account = str_eq(kind, "ServiceAccount");
		if (!str_eq(s->kind, kind))
			continue;
		buf_addf(out, "%s%s%s%s", any ? ", " : "", account ? str_or_empty(s->namespace) : "",
			account ? "/" : "", s->name);
		any = true;
	}
}

static void print_binding_users(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_subjects(out, o, "User");
}

static void print_binding_groups(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_subjects(out, o, "Group");
}

static void print_binding_accounts(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_subjects(out, o, "ServiceAccount");
}

static const struct column role_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CREATED AT", false, columns_print_created },
};

static const struct column binding_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "ROLE", false, print_binding_role },
	{ "AGE", false, columns_print_age },
	{ "USERS", true, print_binding_users },
	{ "GROUPS", true, print_binding_groups },
	{ "SERVICEACCOUNTS", true, print_binding_accounts },
};

const struct column_table columns_access[] = {
	{ KIND_ROLE, role_columns, ARRAY_LEN(role_columns) },
	{ KIND_CLUSTER_ROLE, role_columns, ARRAY_LEN(role_columns) },
	{ KIND_ROLE_BINDING, binding_columns, ARRAY_LEN(binding_columns) },
	{ KIND_CLUSTER_ROLE_BINDING, binding_columns, ARRAY_LEN(binding_columns) },
	{ .columns = NULL },
};
