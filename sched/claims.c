/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/check.h"

/* --- what they come to -------------------------------------------------------------------------------- */

static void claims_clear(struct sched_claims *k)
{
	for (size_t i = 0; i < k->wanted_count; i++)
		sched_binding_done(&k->wanted[i]);
	k->bound_count = k->wanted_count = 0;
	k->trouble[0] = '\0';
	k->in_use = false;
}

bool sched_claim_waits(const struct sched_storage *s, const struct claim *c)
{
	const struct storage_class *class = sched_storage_class(s, &c->spec);

	return class && str_eq(class->volume_binding_mode, "WaitForFirstConsumer");
}

bool sched_claim_is_over(const struct claim *c)
{
	return str_eq(c->status.phase, "Lost") || c->meta.deletion_timestamp.set;
}

/* Its name, without the namespace. */
static const char *name_of(const struct sched_claim *c)
{
	return strchr(c->key, '/') + 1;
}

static bool find_lost(struct sched_claims *k)
{
	for (size_t i = 0; i < k->count && k->trouble[0] == '\0'; i++) {
		const struct sched_claim *c = k->items[i];

		if (!c->body)
			snprintf(k->trouble, sizeof(k->trouble), "persistentvolumeclaim \"%s\" not found",
				name_of(c));
		else if (str_eq(c->body->status.phase, "Lost"))
			snprintf(k->trouble, sizeof(k->trouble),
				"persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\"",
				name_of(c), str_or_empty(c->body->spec.volume_name));
		else if (c->body->meta.deletion_timestamp.set)
			snprintf(k->trouble, sizeof(k->trouble),
				"persistentvolumeclaim \"%s\" is being deleted", name_of(c));
	}
	return k->trouble[0] != '\0';
}

static bool is_anothers(const struct sched_volume *v, const struct claim *c)
{
	return v->body && v->body->spec.claim_ref && !sched_volume_is_of(v->body, c);
}

static bool find_immediate(const struct sched_storage *s, struct sched_claims *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct sched_claim *c = k->items[i];

		if (c->names ? !is_anothers(c->names, c->body) : c->volume || sched_claim_waits(s, c->body))
			continue;
		snprintf(k->trouble, sizeof(k->trouble), "pod has unbound immediate PersistentVolumeClaims");
		return true;
	}
	return false;
}

static bool find_no_volume(struct sched_claims *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct sched_volume *v = sched_claim_volume(k->items[i]);

		if (!v || v->body)
			continue;
		snprintf(k->trouble, sizeof(k->trouble), "persistentvolume \"%s\" not found", v->name);
		return true;
	}
	return false;
}

static const struct quantity *request_of(const struct sched_claim *c)
{
	static const struct quantity none;
	const struct quantity *q = quantity_map_get(&c->body->spec.resources.requests, "storage");

	return q ? q : &none;
}

/* Behind those of the same size. */
static void want(const struct sched_storage *s, struct sched_claims *k, uint32_t item)
{
	const struct sched_claim *c = k->items[item];
	size_t at = k->wanted_count++;

	for (; at > 0 && quantity_cmp(request_of(k->items[k->wanted_item[at - 1]]), request_of(c)) > 0;
		at--) {
		k->wanted[at] = k->wanted[at - 1];
		k->wanted_item[at] = k->wanted_item[at - 1];
	}
	k->wanted_item[at] = item;
	sched_binding_find(s, c, sched_storage_class(s, &c->body->spec), &k->wanted[at]);
}

static void resolve(const struct sched_storage *s, struct sched_claims *k)
{
	claims_clear(k);
	if (find_lost(k) || find_immediate(s, k) || find_no_volume(k))
		return;
	for (uint32_t i = 0; i < k->count; i++) {
		struct sched_claim *c = k->items[i];
		struct sched_volume *v = sched_claim_volume(c);

		k->in_use |= c->users > 0 && strings_contain(&c->body->spec.access_modes, "ReadWriteOncePod");
		if (v)
			k->bound[k->bound_count++] = v;
		else
			want(s, k, i);
	}
}

void sched_claims_find(const struct sched_storage *s, struct sched_claims *k)
{
	if (k->generation != s->generation)
		resolve(s, k);
	k->generation = s->generation;
}

const char *sched_claim_provisioner(const struct sched_storage *s, const struct sched_claim *c)
{
	const struct sched_volume *v = sched_claim_volume(c);
	const struct storage_class *class;

	if (!c->body)
		return NULL;
	class = sched_storage_class(s, &c->body->spec);
	if (!class && v && v->body && !str_empty(v->body->spec.storage_class_name))
		class = map_get(&s->classes, v->body->spec.storage_class_name);
	return class ? class->provisioner : NULL;
}

/* --- of a request ------------------------------------------------------------------------------------- */

/* The template's claim, which owns all it says: by way of its text. */
static struct object *template_object(const struct claim_template *t, const char *namespace)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct claim body = { .meta = t->meta, .spec = t->spec };
	struct object shell = { .kind = &kinds[KIND_CLAIM], .meta = &body.meta, .body = &body };
	struct object *ret = NULL;

	body.meta.name = "ephemeral";
	body.meta.namespace = namespace;
	object_write_json(&json, &shell, 0, NULL);
	return object_load_json(text.data, text.len, &ret, NULL) < 0 ? NULL : ret;
}

static struct sched_claim *claim_of(
	struct sched_storage *s, const struct volume *volume, const char *namespace)
{
	_cleanup_(object_unrefp) struct object *template = NULL;

	if (volume->persistent_volume_claim)
		return sched_storage_claim(s, namespace, volume->persistent_volume_claim->claim_name);
	if (!volume->ephemeral)
		return NULL;
	template = template_object(&volume->ephemeral->template, namespace);
	return template ? sched_storage_claim_new(s, template) : NULL;
}

static bool has_claim(const struct sched_claims *k, const struct sched_claim *c)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->items[i] == c)
			return true;
	return false;
}

static bool any_claim(const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->volumes.count; i++)
		if (spec->volumes.items[i].persistent_volume_claim || spec->volumes.items[i].ephemeral)
			return true;
	return false;
}

struct sched_claims *sched_claims_new(struct sched_storage *s, const struct sched_request *r)
{
	size_t most = r->spec->volumes.count;
	struct sched_claims *k;

	if (!any_claim(r->spec))
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->items = xcalloc(most, sizeof(k->items[0]));
	for (size_t i = 0; i < most; i++) {
		struct sched_claim *c = claim_of(s, &r->spec->volumes.items[i], r->namespace);

		if (c && has_claim(k, c))
			sched_storage_claim_unref(s, c);
		else if (c)
			k->items[k->count++] = c;
	}
	k->generation = UINT64_MAX;
	k->bound = xcalloc(k->count, sizeof(k->bound[0]));
	k->wanted = xcalloc(k->count, sizeof(k->wanted[0]));
	k->wanted_item = xcalloc(k->count, sizeof(k->wanted_item[0]));
	k->chosen = xcalloc(k->count, sizeof(k->chosen[0]));
	return k;
}

struct sched_claims *sched_claims_free(struct sched_storage *s, struct sched_claims *k)
{
	if (!k)
		return NULL;
	claims_clear(k);
	for (size_t i = 0; i < k->count; i++)
		sched_storage_claim_unref(s, k->items[i]);
	free(k->items);
	free(k->bound);
	free(k->wanted);
	free(k->wanted_item);
	free(k->chosen);
	free(k);
	return NULL;
}
