/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Columns of PersistentVolumes, claims and classes. */
#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

/* As kubectl abbreviates them. */
static void add_modes(struct buf *out, const struct strings *modes)
{
	static const struct {
		const char *mode, *shown;
	} names[] = {
		{ "ReadWriteOnce", "RWO" },
		{ "ReadOnlyMany", "ROX" },
		{ "ReadWriteMany", "RWX" },
		{ "ReadWriteOncePod", "RWOP" },
	};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t j = 0; j < modes->count; j++)
			if (str_eq(modes->items[j], names[i].mode)) {
				buf_addf(out, "%s%s", any ? "," : "", names[i].shown);
				any = true;
				break;
			}
}

static void add_storage(struct buf *out, const struct quantity_map *capacity)
{
	const struct quantity *q = quantity_map_get(capacity, "storage");
	char text[QUANTITY_TEXT_MAX];
	if (q)
		buf_adds(out, quantity_format(q, text));
}

static void add_or_unset(struct buf *out, const char *s)
{
	buf_adds(out, str_empty(s) ? "<unset>" : s);
}

/* --- volumes -------------------------------------------------------------------------------------- */

static void print_volume_capacity(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_storage(out, &object_persistent_volume(o)->spec.capacity);
}

static void print_volume_modes(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_modes(out, &object_persistent_volume(o)->spec.access_modes);
}

static void print_volume_policy(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_persistent_volume(o)->spec.reclaim_policy));
}

static void print_volume_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct persistent_volume *p = object_persistent_volume(o);
	bool ending = p->meta.deletion_timestamp.set;
	buf_adds(out, ending ? "Terminating" : str_empty(p->status.phase) ? "Pending" : p->status.phase);
}

static void print_volume_claim(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct object_reference *r = object_persistent_volume(o)->spec.claim_ref;
	if (r)
		buf_addf(out, "%s/%s", str_or_empty(r->namespace), str_or_empty(r->name));
}

static void print_volume_class(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_persistent_volume(o)->spec.storage_class_name));
}

static void print_volume_attributes(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unset(out, object_persistent_volume(o)->spec.volume_attributes_class_name);
}

static void print_volume_reason(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_persistent_volume(o)->status.reason));
}

static void print_volume_mode(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unset(out, object_persistent_volume(o)->spec.volume_mode);
}

static const struct column volume_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CAPACITY", false, print_volume_capacity },
	{ "ACCESS MODES", false, print_volume_modes },
	{ "RECLAIM POLICY", false, print_volume_policy },
	{ "STATUS", false, print_volume_status },
	{ "CLAIM", false, print_volume_claim },
	{ "STORAGECLASS", false, print_volume_class },
	{ "VOLUMEATTRIBUTESCLASS", false, print_volume_attributes },
	{ "REASON", false, print_volume_reason },
	{ "AGE", false, columns_print_age },
	{ "VOLUMEMODE", true, print_volume_mode },
};

/* --- claims --------------------------------------------------------------------------------------- */

static void print_claim_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct claim *c = object_claim(o);
	bool ending = c->meta.deletion_timestamp.set;
	buf_adds(out, ending ? "Terminating" : str_empty(c->status.phase) ? "Pending" : c->status.phase);
}

static void print_claim_volume(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_claim(o)->spec.volume_name));
}

/* A claim that is bound shows what it has, as in kubectl, and no other shows anything. */
static bool is_bound(const struct claim *c)
{
	return !str_empty(c->spec.volume_name);
}

static void print_claim_capacity(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	if (is_bound(object_claim(o)))
		add_storage(out, &object_claim(o)->status.capacity);
}

static void print_claim_modes(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	if (is_bound(object_claim(o)))
		add_modes(out, &object_claim(o)->status.access_modes);
}

static void print_claim_class(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_claim(o)->spec.storage_class_name));
}

static void print_claim_attributes(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unset(out, object_claim(o)->spec.volume_attributes_class_name);
}

static void print_claim_mode(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_or_unset(out, object_claim(o)->spec.volume_mode);
}

static const struct column claim_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "STATUS", false, print_claim_status },
	{ "VOLUME", false, print_claim_volume },
	{ "CAPACITY", false, print_claim_capacity },
	{ "ACCESS MODES", false, print_claim_modes },
	{ "STORAGECLASS", false, print_claim_class },
	{ "VOLUMEATTRIBUTESCLASS", false, print_claim_attributes },
	{ "AGE", false, columns_print_age },
	{ "VOLUMEMODE", true, print_claim_mode },
};

/* --- classes -------------------------------------------------------------------------------------- */

static void print_class_name(struct buf *out, const struct object *o, nsec_t now)
{
	columns_print_name(out, o, now);
	if (storage_class_is_default(object_storage_class(o)))
		buf_adds(out, " (default)");
}

static void print_class_provisioner(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_storage_class(o)->provisioner));
}

static void print_class_policy(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_storage_class(o)->reclaim_policy));
}

static void print_class_binding(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_storage_class(o)->volume_binding_mode));
}

static void print_class_expansion(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, object_storage_class(o)->allow_volume_expansion.value ? "true" : "false");
}

static const struct column class_columns[] = {
	{ "NAME", false, print_class_name },
	{ "PROVISIONER", false, print_class_provisioner },
	{ "RECLAIMPOLICY", false, print_class_policy },
	{ "VOLUMEBINDINGMODE", false, print_class_binding },
	{ "ALLOWVOLUMEEXPANSION", false, print_class_expansion },
	{ "AGE", false, columns_print_age },
};

const struct column_table columns_storage[] = {
	{ KIND_PERSISTENT_VOLUME, volume_columns, ARRAY_LEN(volume_columns) },
	{ KIND_CLAIM, claim_columns, ARRAY_LEN(claim_columns) },
	{ KIND_STORAGE_CLASS, class_columns, ARRAY_LEN(class_columns) },
	{ .columns = NULL },
};
