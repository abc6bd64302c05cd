/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Documents to objects. A document says what it is (apiVersion, kind); its kind's table decodes the rest
 * into an arena of the object's own; what no table can say (is there a name, may it have a namespace) is
 * checked here. A List is its items, each of them a document.
 */
#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/foreign.h"
#include "lib/object/object.h"
#include "lib/object/yaml.h"

/* Beside its struct, what most objects take: those of pods more. */
enum { ARENA_EXTRA = 512, ARENA_EXTRA_PODS = 2048 };

/* One document on its way; the arena becomes the object's. */
struct load {
	const struct object_load_options *options;
	struct diags *diags;
	const struct value *v;
	const char *api_version, *kind_name, *name, *namespace;
	const struct kind *kind;
};

/* "Kind/ns/name" as far as the document says it; NULL where it doesn't even say the kind. */
static const char *load_label(const struct load *l, struct arena *a)
{
	const char *name = l->name ? l->name : "?";
	if (!l->kind_name)
		return NULL;
	if (l->kind)
		return object_key(a, l->kind, l->namespace, name);
	return l->namespace ? arena_printf(a, "%s/%s/%s", l->kind_name, l->namespace, name)
			    : arena_printf(a, "%s/%s", l->kind_name, name);
}

static struct decode load_decode(const struct load *l, struct arena *a)
{
	return (struct decode){ .arena = a,
		.diags = l->diags,
		.path = str_or_empty(l->options->path),
		.object = load_label(l, a),
		.mode = l->options->mode };
}

/* A problem of the document as a whole, at member NAME of it where that is there. */
static int refuse(const struct load *l, const char *member, const char *message)
{
	struct arena *a = arena_new(0);
	struct decode d = load_decode(l, a);
	const struct value *at = value_get(l->v, member);
	decode_error(&d, at ? at : l->v, member, "%s", message);
	arena_free(a);
	return -EBADMSG;
}

/* MEMBER, which each document must have, is not there; one that was meant to be it may be. */
static int refuse_missing(const struct load *l, const char *member, const char *message)
{
	const char *wanted[] = { member, NULL };
	if (value_get(l->v, member))
		return refuse(l, member, message);
	for (size_t i = 0; i < l->v->map.count; i++) {
		const struct value_entry *e = &l->v->map.entries[i];
		if (!str_nearest(e->key, wanted))
			continue;
		struct arena *a = arena_new(0);
		struct decode d = load_decode(l, a);
		const struct value at = { .line = e->line, .col = e->col };
		decode_error(&d, &at, NULL, "unknown field `%s`, did you mean `%s`?", e->key, member);
		arena_free(a);
		return -EBADMSG;
	}
	return refuse(l, member, message);
}

static int load_foreign(const struct load *l)
{
	struct arena *a = arena_new(0);
	struct decode d = load_decode(l, a);
	const struct strings *skipped = l->options->unknown_kinds;
	struct foreign f = foreign_explain(a, l->api_version, l->kind_name, skipped);
	const struct value *at = value_get(l->v, "kind");
	const char *by = f.skippable ? foreign_skipped_by(a, l->api_version, skipped) : NULL;
	if (by)
		decode_warning(&d, at, NULL, "%s %s is skipped: unknownKinds is %s", l->api_version,
			l->kind_name, by);
	else
		decode_error(&d, at, NULL, "%s", f.message);
	arena_free(a);
	return by ? 0 : -EBADMSG;
}

static void check_name(struct decode *d, const struct load *l, const struct object_meta *meta)
{
	const struct value *at = value_get(l->v, "metadata");
	const struct value *name = value_get(at, "name");
	const char *wrong;
	if (str_empty(meta->name)) {
		bool said = (name && name->type != VALUE_STRING && name->type != VALUE_NULL) ||
			    (!str_empty(meta->generate_name) && d->mode == DECODE_MANIFEST);
		if (!said)
			decode_error(d, at, "metadata.name", "is required");
		return;
	}
	wrong = d->mode == DECODE_MANIFEST ? l->kind->name_rule(d->arena, meta->name) : NULL;
	if (wrong)
		decode_error(d, name, "metadata.name", "%s", wrong);
}

static void check_namespace(struct decode *d, const struct load *l, struct object_meta *meta)
{
	const struct value *at = value_get(value_get(l->v, "metadata"), "namespace");
	if (l->kind->namespaced && str_empty(meta->namespace))
		meta->namespace = arena_strdup(d->arena, l->namespace);
	if (!l->kind->namespaced && !str_empty(meta->namespace) && d->mode == DECODE_MANIFEST)
		decode_error(d, at, "metadata.namespace", "can't be given: a %s is in no namespace",
			l->kind->name);
}

/* What is read but not acted on yet says so: a workload is held, anything else is recorded with a warning. */
static void check_acted_on(struct decode *d, const struct load *l)
{
	const struct value *at = value_get(l->v, "kind");
	if (!l->kind->not_yet)
		return;
	if (l->kind->workload)
		decode_hold(d, at, arena_printf(d->arena, "kind %s", l->kind->name),
			arena_printf(d->arena, "is recorded, but %s", l->kind->not_yet));
	else
		decode_warning(d, at, NULL, "the %s is recorded, but %s", l->kind->name, l->kind->not_yet);
}

static struct object *load_finish(const struct load *l, struct decode *d, void *body)
{
	struct object *o = object_new(l->kind, d->arena, body);
	o->path = l->options->path ? arena_strdup(d->arena, l->options->path) : NULL;
	o->line = l->v->line;
	o->col = l->v->col;
	if (l->kind->workload) {
		o->held = d->held;
		o->held_count = d->held_count;
	}
	o->references = d->references;
	o->reference_count = d->reference_count;
	return o;
}

static int load_typed(const struct load *l, struct object **ret)
{
	struct arena *a = arena_new(
		l->kind->schema->size + (l->kind->workload ? ARENA_EXTRA_PODS : ARENA_EXTRA));
	struct decode d = load_decode(l, a);
	size_t errors = l->diags->errors;
	void *body = arena_alloc(a, l->kind->schema->size);
	struct object_meta *meta = body;
	bool older = str_eq(l->api_version, l->kind->older_version);

	schema_decode(&d, older ? l->kind->older_schema : l->kind->schema, l->v, body);
	if (value_get(l->v, "metadata"))
		check_name(&d, l, meta);
	check_namespace(&d, l, meta);
	check_acted_on(&d, l);
	if (d.mode == DECODE_MANIFEST)
		annotations_check(&d, l->v, l->kind, meta);
	if (l->diags->errors > errors) {
		arena_free(a);
		return -EBADMSG;
	}
	*ret = load_finish(l, &d, body);
	return 0;
}

/* A file of this name may leave out apiVersion and kind. */
static bool is_kustomization(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	return str_eq(name, "kustomization.yaml") || str_eq(name, "kustomization.yml") ||
	       str_eq(name, "Kustomization");
}

/* No apiVersion: what to write, where the kind is known. */
static int refuse_version(const struct load *l)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (!str_eq(kinds[i].name, l->kind_name))
			continue;
		_cleanup_(freep) char *message = xasprintf(
			"is required: write apiVersion: %s", kinds[i].api_version);
		return refuse_missing(l, "apiVersion", message);
	}
	return refuse_missing(l, "apiVersion", "is required, such as v1 or apps/v1");
}

static int load_identify(struct load *l)
{
	const struct value *meta = value_get(l->v, "metadata");
	l->api_version = value_get_string(l->v, "apiVersion");
	l->kind_name = value_get_string(l->v, "kind");
	l->name = value_get_string(meta, "name");
	l->namespace = value_get_string(meta, "namespace");
	if (l->v->type != VALUE_MAP)
		return refuse(l, NULL, "wants a Kubernetes object: a map with apiVersion, kind and metadata");
	if (str_empty(l->kind_name) && is_kustomization(l->options->path))
		return refuse(l, NULL,
			"a Kustomization says how a directory is built: the directory must be loaded as a "
			"whole");
	if (str_empty(l->kind_name))
		return refuse_missing(l, "kind", "is required: what kind of object is this?");
	if (str_empty(l->api_version))
		return refuse_version(l);
	if (l->options->mode == DECODE_STORED || !foreign_is_needless(l->api_version, l->kind_name))
		l->kind = kind_find(l->api_version, l->kind_name);
	if (l->kind && l->kind->namespaced && str_empty(l->namespace))
		l->namespace = l->options->default_namespace ? l->options->default_namespace : "default";
	return 0;
}

/* A List, or one kind's list as kubectl prints it (DeploymentList). */
static bool is_list(const struct load *l)
{
	return str_ends(l->kind_name, "List") && !l->kind && value_get(l->v, "items");
}

static int load_list(const struct load *l, struct objects *ret)
{
	const struct value *items = value_get(l->v, "items");
	int r = 0;
	if (items->type != VALUE_LIST && items->type != VALUE_NULL)
		return refuse(l, "items", "wants a list of objects");
	for (size_t i = 0; items->type == VALUE_LIST && i < items->list.count; i++)
		if (object_load(items->list.items[i], l->options, ret, l->diags) < 0)
			r = -EBADMSG;
	return r;
}

/* Did a cluster print it, which gives each object a UID? */
static bool is_printed(const struct load *l)
{
	return value_get(value_get(l->v, "metadata"), "uid") != NULL;
}

/* By the rules of manifests first, where people wrote it; then with all that it says beside these. */
static int load_observed(const struct load *l, struct objects *ret)
{
	_cleanup_(objects_done) struct objects strict = { 0 };
	struct object_load_options options = *l->options;
	bool printed = is_printed(l);
	int r = 0;
	options.observed = false;
	if (!printed)
		r = object_load(l->v, &options, value_get(l->v, "status") ? &strict : ret, l->diags);
	if (r < 0 || (!printed && !value_get(l->v, "status")))
		return r;
	options.mode = DECODE_STORED;
	return object_load(l->v, &options, ret, l->diags);
}

int object_load(const struct value *document, const struct object_load_options *options, struct objects *ret,
	struct diags *diags)
{
	struct load l = { .options = options, .diags = diags, .v = document };
	struct object *o = NULL;
	int r = load_identify(&l);
	if (r < 0)
		return r;
	if (is_list(&l))
		return load_list(&l, ret);
	/* A cluster has many kinds beside those that we know. */
	if (!l.kind && options->observed && is_printed(&l))
		return 0;
	if (!l.kind)
		return load_foreign(&l);
	if (options->observed)
		return load_observed(&l, ret);
	if (!l.kind->in_manifests && options->mode == DECODE_MANIFEST)
		return refuse(&l, "kind", "is written by Pintle itself, not in manifests");
	r = load_typed(&l, &o);
	if (r == 0)
		objects_add(ret, o);
	return r;
}

int object_load_yaml(const char *text, size_t len, const struct object_load_options *options,
	struct objects *ret, struct diags *diags)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(len);
	struct yaml_documents documents = { 0 };
	const struct yaml_limits *limits = options->limits ? options->limits : &yaml_limits_default;
	int r = yaml_parse(a, str_or_empty(options->path), text, len, limits, &documents, diags);
	for (size_t i = 0; i < documents.count; i++)
		if (object_load(documents.items[i], options, ret, diags) < 0)
			r = -EBADMSG;
	return r;
}

int object_from_value(const struct value *v, struct object **ret, struct err *err)
{
	const struct object_load_options options = { .mode = DECODE_STORED };
	_cleanup_(diags_done) struct diags diags;
	_cleanup_(objects_done) struct objects objects = { 0 };
	diags_init(&diags);
	int r = object_load(v, &options, &objects, &diags);
	if (r < 0) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		diag_format(&diags.items[0], &text);
		if (text.len > 0)
			buf_truncate(&text, text.len - 1);
		return err_set(err, r, "%s", text.data);
	}
	if (objects.count != 1)
		return err_set(err, -EBADMSG, "wants one object, but found %zu", objects.count);
	*ret = object_ref(objects.items[0]);
	return 0;
}

int object_load_json(const char *text, size_t len, struct object **ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(len);
	struct value *v;
	int r = json_parse(a, text, len, &v, err);
	if (r < 0)
		return r;
	return object_from_value(v, ret, err);
}
