/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Names are looked up in the snapshot's order, selectors in the index of pods. */
#include "reconciler/reference_targets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { COMPARISONS_MAX = 100000 };

void reference_lookup_done(struct reference_lookup *l)
{
	l->pods = pod_index_free(l->pods);
}

static struct pod_index *pods_of(struct reference_lookup *l)
{
	if (!l->pods)
		l->pods = pod_index_new(l->snapshot);
	return l->pods;
}

/* --- objects by name ------------------------------------------------------------------------------ */

/* What exists without a manifest: names, and what names begin with. */
static const struct builtin {
	const char *kind;
	const char *names[5];
	const char *prefix;
} builtins[] = {
	{ "ConfigMap", { "kube-root-ca.crt" }, NULL },
	{ "ServiceAccount", { "default" }, NULL },
	{ "PriorityClass", { "system-cluster-critical", "system-node-critical" }, "system-" },
	{ "ClusterRole", { "cluster-admin", "admin", "edit", "view" }, "system:" },
	{ "Role", { "extension-apiserver-authentication-reader" }, "system:" },
};

static const struct builtin *builtin_of(const struct kind *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
		if (str_eq(builtins[i].kind, kind->name))
			return &builtins[i];
	return NULL;
}

static bool is_builtin(const struct kind *kind, const char *name)
{
	const struct builtin *b = builtin_of(kind);

	if (!b)
		return false;
	for (size_t i = 0; b->names[i]; i++)
		if (str_eq(b->names[i], name))
			return true;
	return b->prefix && str_starts(name, b->prefix);
}

const struct kind *reference_kind(const struct reference *r)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i].name, r->to) == 0)
			return &kinds[i];
	return NULL;
}

/* Of the COUNT objects and the built-in names, the one nearest to NAME, or NULL. */
static const char *nearest_name(struct reference_lookup *l, const struct kind *kind, struct object **objects,
	size_t count, const char *name)
{
	const struct builtin *b = builtin_of(kind);
	size_t n = 0;

	if (l->comparisons > COMPARISONS_MAX)
		return NULL;
	l->comparisons += count;
	_cleanup_(freep) const char **names = xcalloc(count + ARRAY_LEN(b->names) + 1, sizeof(names[0]));
	for (size_t i = 0; b && b->names[i]; i++)
		names[n++] = b->names[i];
	for (size_t i = 0; i < count; i++)
		names[n++] = objects[i]->meta->name;
	return str_nearest(name, names);
}

/* A namespace that has an object of this name, or NULL. */
static const char *elsewhere(struct reference_lookup *l, const struct kind *kind, const char *name)
{
	size_t count;
	struct object **range = snapshot_kind(l->snapshot, kind->id, &count);

	if (!kind->namespaced || l->comparisons > COMPARISONS_MAX)
		return NULL;
	l->comparisons += count;
	for (size_t i = 0; i < count; i++)
		if (str_eq(range[i]->meta->name, name))
			return range[i]->meta->namespace;
	return NULL;
}

static char *missing_object(
	struct reference_lookup *l, const struct kind *kind, const char *ns, const char *name)
{
	size_t count;
	struct object **range = snapshot_kind_in(l->snapshot, kind->id, ns, &count);
	const char *near = nearest_name(l, kind, range, count, name);
	const char *other = near ? NULL : elsewhere(l, kind, name);

	if (near)
		return xasprintf(
			"%s `%s` is not in the repository; did you mean `%s`?", kind->name, name, near);
	if (other)
		return xasprintf("%s `%s` is not in the repository; there is one in namespace `%s`",
			kind->name, name, other);
	return xasprintf("%s `%s` is not in the repository", kind->name, name);
}

/* --- what others make ---------------------------------------------------------------------------------- */

/* Is NAME "TEMPLATE-SET-ORDINAL", a claim of SET's? */
static bool is_claim_of(const struct object *set, const char *name)
{
	const struct stateful_set_spec *spec = &object_stateful_set(set)->spec;

	for (size_t i = 0; i < spec->volume_claim_templates.count; i++) {
		const char *rest = str_after(name, spec->volume_claim_templates.items[i].meta.name);

		rest = rest && *rest == '-' ? str_after(rest + 1, set->meta->name) : NULL;
		if (rest && *rest == '-' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == '\0')
			return true;
	}
	return false;
}

static bool is_class_of(const struct object *volume, const char *name)
{
	return str_eq(object_persistent_volume(volume)->spec.storage_class_name, name);
}

static bool same_claims(const struct object *a, const struct object *b)
{
	const struct stateful_set_spec *x = &object_stateful_set(a)->spec, *y = &object_stateful_set(b)->spec;

	if (x->volume_claim_templates.count != y->volume_claim_templates.count)
		return false;
	for (size_t i = 0; i < x->volume_claim_templates.count; i++)
		if (!str_eq(x->volume_claim_templates.items[i].meta.name,
			    y->volume_claim_templates.items[i].meta.name))
			return false;
	return true;
}

static bool same_class(const struct object *a, const struct object *b)
{
	return is_class_of(a, object_persistent_volume(b)->spec.storage_class_name);
}

static const struct stand_in {
	enum kind_id kind, to;
	bool (*makes)(const struct object *o, const char *name);
	bool (*same)(const struct object *a, const struct object *b);
} stand_ins[] = {
	{ KIND_STATEFUL_SET, KIND_CLAIM, is_claim_of, same_claims },
	{ KIND_PERSISTENT_VOLUME, KIND_STORAGE_CLASS, is_class_of, same_class },
};

bool reference_stands_in(const struct kind *kind, const struct kind *to)
{
	for (size_t i = 0; i < ARRAY_LEN(stand_ins); i++)
		if ((!kind || kind->id == stand_ins[i].kind) && (!to || to->id == stand_ins[i].to))
			return true;
	return false;
}

bool reference_same_stand_in(const struct object *a, const struct object *b)
{
	for (size_t i = 0; i < ARRAY_LEN(stand_ins); i++)
		if (stand_ins[i].kind == a->kind->id)
			return stand_ins[i].same(a, b);
	return true;
}

/* Does an object of another kind make the one that is missing? */
static bool is_made(struct reference_lookup *l, const struct kind *kind, const char *ns, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(stand_ins); i++) {
		size_t count;

		if (stand_ins[i].to != kind->id)
			continue;
		struct object **makers = snapshot_kind_in(l->snapshot, stand_ins[i].kind, ns, &count);
		for (size_t k = 0; k < count; k++)
			if (stand_ins[i].makes(makers[k], name))
				return true;
	}
	return false;
}

/* In a StatefulSet's template, a volume may show the name of a claim template, whose claim takes its place. */
static bool is_own_claim(const struct object *from, const struct kind *kind, const char *name)
{
	if (from->kind->id != KIND_STATEFUL_SET || kind->id != KIND_CLAIM)
		return false;
	const struct stateful_set_spec *spec = &object_stateful_set(from)->spec;
	for (size_t i = 0; i < spec->volume_claim_templates.count; i++)
		if (str_eq(spec->volume_claim_templates.items[i].meta.name, name))
			return true;
	return false;
}

static char *object_problem(struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	const struct kind *kind = reference_kind(r);

	if (!kind || is_builtin(kind, r->name) || is_own_claim(from, kind, r->name))
		return NULL;
	const char *ns = kind->namespaced ? (r->in ? r->in : from->meta->namespace) : NULL;
	if (snapshot_find(l->snapshot, kind->id, ns, r->name) || is_made(l, kind, ns, r->name))
		return NULL;
	return missing_object(l, kind, ns, r->name);
}

/* --- pods by their labels --------------------------------------------------------------------------- */

bool reference_selector(const struct object *from, struct label_selector *ret)
{
	if (from->kind->id == KIND_DISRUPTION_BUDGET) {
		const struct disruption_budget *b = object_disruption_budget(from);

		if (b->spec.selector)
			*ret = *b->spec.selector;
		return b->spec.selector != NULL;
	}
	if (from->kind->id != KIND_SERVICE)
		return false;
	const struct service_spec *spec = &object_service(from)->spec;

	*ret = (struct label_selector){ .match_labels = spec->selector };
	return spec->selector.count > 0 && !str_eq(spec->type, "ExternalName");
}

/* "app=web,tier=front". */
static void add_labels(struct buf *out, const struct label_selector *s)
{
	for (size_t i = 0; i < s->match_labels.count; i++)
		buf_addf(out, "%s%s=%s", i > 0 ? "," : "", s->match_labels.items[i].key,
			s->match_labels.items[i].value);
}

/* The first label that no pod has: what may have been meant. */
static void add_nearest_label(
	struct reference_lookup *l, const char *ns, const struct label_selector *s, struct buf *out)
{
	for (size_t i = 0; i < s->match_labels.count; i++) {
		struct string_pair *pair = &s->match_labels.items[i];
		const struct label_selector one = { .match_labels = { pair, 1 } };
		size_t seen;

		if (l->comparisons > COMPARISONS_MAX)
			return;
		if (pod_index_any(l->pods, ns, &one, NULL, NULL))
			continue;
		_cleanup_(freep) const char **values = pod_index_values(
			l->pods, ns, pair->key, COMPARISONS_MAX, &seen);
		const char *near = str_nearest(pair->value, values);
		l->comparisons += seen;
		if (near)
			buf_addf(out, "; did you mean `%s=%s`?", pair->key, near);
		return;
	}
}

static char *selector_problem(
	struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	struct label_selector selector;
	struct buf out = BUF_INIT;

	(void)r;
	if (!reference_selector(from, &selector) ||
		pod_index_any(pods_of(l), from->meta->namespace, &selector, NULL, NULL))
		return NULL;
	buf_adds(&out, "selects no pods: none in the repository have ");
	if (selector.match_labels.count == 0)
		buf_adds(&out, "such labels");
	add_labels(&out, &selector);
	add_nearest_label(l, from->meta->namespace, &selector, &out);
	return buf_take(&out);
}

/* --- ports --------------------------------------------------------------------------------------------- */

struct port_search {
	const char *name;
	size_t pods;
	const char **names; /* of ports that were seen */
	size_t count, cap;
};

static bool find_port(const struct containers *list, struct port_search *p)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < list->items[i].ports.count; k++) {
			const char *name = list->items[i].ports.items[k].name;

			if (str_empty(name))
				continue;
			if (str_eq(name, p->name))
				return true;
			p->names = grow(p->names, &p->cap, p->count + 2, sizeof(p->names[0]));
			p->names[p->count++] = name;
			p->names[p->count] = NULL;
		}
	return false;
}

static bool template_has_port(const struct object *o, const struct template_view *t, void *arg)
{
	struct port_search *p = arg;

	(void)o;
	p->pods++;
	return find_port(&t->spec->containers, p) || find_port(&t->spec->init_containers, p);
}

static char *container_port_problem(
	struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	struct port_search p = { .name = r->name };
	struct label_selector selector;
	char *problem = NULL;

	if (!reference_selector(from, &selector))
		return NULL;
	bool found = pod_index_any(pods_of(l), from->meta->namespace, &selector, template_has_port, &p);
	/* Without pods at all, the selector has its own line. */
	if (!found && p.pods == 0) {
		problem = xstrdup("");
	} else if (!found) {
		const char *near = p.count > 0 ? str_nearest(r->name, p.names) : NULL;

		problem = xasprintf("no container of the pods that it selects has a port named `%s`%s%s%s",
			r->name, near ? "; did you mean `" : "", str_or_empty(near), near ? "`?" : "");
	}
	free(p.names);
	return problem;
}

static bool has_port(const struct service_spec *spec, const char *port)
{
	int64_t number;
	bool is_number = str_to_i64(port, &number) == 0;

	for (size_t i = 0; i < spec->ports.count; i++)
		if (is_number ? spec->ports.items[i].port == number : str_eq(spec->ports.items[i].name, port))
			return true;
	return false;
}

static char *service_port_problem(
	struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	const struct object *o = snapshot_find(l->snapshot, KIND_SERVICE, from->meta->namespace, r->in);
	struct buf out = BUF_INIT;

	/* Without the Service, its name has its own line. */
	if (!o)
		return xstrdup("");
	if (has_port(&object_service(o)->spec, r->name))
		return NULL;
	const struct service_spec *spec = &object_service(o)->spec;
	buf_addf(&out, "Service `%s` has no port `%s`", r->in, r->name);
	for (size_t i = 0; i < spec->ports.count; i++) {
		const struct service_port *p = &spec->ports.items[i];

		buf_addf(&out, "%s%lld", i > 0 ? ", " : "; it has ", (long long)p->port);
		if (!str_empty(p->name))
			buf_addf(&out, " (%s)", p->name);
	}
	return buf_take(&out);
}

/* --- keys ---------------------------------------------------------------------------------------------- */

/* The next key of ConfigMap or Secret O, all its maps one after the other; NULL: there are no more. */
static const char *key_at(const struct object *o, size_t i)
{
	if (o->kind->id == KIND_SECRET) {
		const struct secret *s = object_secret(o);

		return i < s->data.count ? s->data.items[i].key : NULL;
	}
	const struct config_map *c = object_config_map(o);
	if (i < c->data.count)
		return c->data.items[i].key;
	i -= c->data.count;
	return i < c->binary_data.count ? c->binary_data.items[i].key : NULL;
}

static char *key_problem(struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	const struct kind *kind = reference_part_of(r);
	const struct object *o = r->in ? snapshot_find(l->snapshot, kind->id, from->meta->namespace, r->in)
				       : NULL;
	size_t count = 0;

	/* Without the object, its name has its own line. */
	if (!o)
		return xstrdup("");
	for (; key_at(o, count); count++)
		if (str_eq(key_at(o, count), r->name))
			return NULL;
	_cleanup_(freep) const char **keys = xcalloc(count + 1, sizeof(keys[0]));
	for (size_t i = 0; i < count; i++)
		keys[i] = key_at(o, i);
	const char *near = str_nearest(r->name, keys);
	return xasprintf("%s `%s` has no key `%s`%s%s%s", kind->name, r->in, r->name,
		near ? "; did you mean `" : "", str_or_empty(near), near ? "`?" : "");
}

static bool same_keys(const struct object *a, const struct object *b)
{
	size_t i = 0;

	for (; key_at(a, i) && key_at(b, i); i++)
		if (!str_eq(key_at(a, i), key_at(b, i)))
			return false;
	return !key_at(a, i) && !key_at(b, i);
}

static bool same_service_ports(const struct object *a, const struct object *b)
{
	const struct service_spec *x = &object_service(a)->spec, *y = &object_service(b)->spec;

	if (x->ports.count != y->ports.count)
		return false;
	for (size_t i = 0; i < x->ports.count; i++)
		if (x->ports.items[i].port != y->ports.items[i].port ||
			!str_eq(x->ports.items[i].name, y->ports.items[i].name))
			return false;
	return true;
}

/* --- the table --------------------------------------------------------------------------------------------- */

static const struct target {
	const char *to;
	enum kind_id part_of; /* KIND_COUNT: of no object that is named */
	bool (*same)(const struct object *a, const struct object *b);
	char *(*problem)(struct reference_lookup *l, const struct object *from, const struct reference *r);
} targets[] = {
	{ REFERS_PODS, KIND_COUNT, NULL, selector_problem },
	{ REFERS_CONTAINER_PORT, KIND_COUNT, NULL, container_port_problem },
	{ REFERS_SERVICE_PORT, KIND_SERVICE, same_service_ports, service_port_problem },
	{ REFERS_CONFIG_MAP_KEY, KIND_CONFIG_MAP, same_keys, key_problem },
	{ REFERS_SECRET_KEY, KIND_SECRET, same_keys, key_problem },
};

char *reference_problem(struct reference_lookup *l, const struct object *from, const struct reference *r)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (str_eq(targets[i].to, r->to))
			return targets[i].problem(l, from, r);
	return object_problem(l, from, r);
}

bool reference_same_parts(const struct object *a, const struct object *b)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (targets[i].part_of == a->kind->id)
			return targets[i].same(a, b);
	return true;
}

const struct kind *reference_part_of(const struct reference *r)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (targets[i].part_of != KIND_COUNT && str_eq(targets[i].to, r->to))
			return &kinds[targets[i].part_of];
	return NULL;
}
