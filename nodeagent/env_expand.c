/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The environment grows as a list with unique names; lookups walk it (containers have dozens of variables, not
 * thousands). Expansion is kubelet's: one pass, no nesting, no recursion into values.
 */
#include "nodeagent/env_expand.h"

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct env_list {
	struct arena *arena;
	const char **items;
	size_t count, cap;
};

/* The place in ENV of the variable whose name is the NAME_LEN bytes at NAME; count where there is none. */
static size_t env_find(const char *const *items, size_t count, const char *name, size_t name_len)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(items[i], name, name_len) == 0 && items[i][name_len] == '=')
			return i;
	return count;
}

static void env_put(struct env_list *l, const char *name, const char *value, size_t value_len)
{
	size_t i = env_find(l->items, l->count, name, strlen(name));
	char *text = arena_printf(l->arena, "%s=%.*s", name, (int)value_len, value);

	if (i == l->count) {
		if (l->count == l->cap) {
			size_t cap = l->cap ? 2 * l->cap : 32;
			const char **items = arena_array(l->arena, cap, sizeof(items[0]));

			if (l->count > 0)
				memcpy(items, l->items, l->count * sizeof(items[0]));
			l->items = items;
			l->cap = cap;
		}
		l->count++;
	}
	l->items[i] = text;
}

static void env_puts(struct env_list *l, const char *name, const char *value)
{
	env_put(l, name, value, strlen(value));
}

/* --- expansion -------------------------------------------------------------------------------------- */

static const char *env_value(const struct strings *env, const char *name, size_t name_len)
{
	size_t i = env_find(env->items, env->count, name, name_len);

	return i < env->count ? env->items[i] + name_len + 1 : NULL;
}

/* What follows a '$' at S: appends its meaning and returns how many bytes it took. */
static size_t expand_one(struct buf *out, const char *s, const struct strings *env)
{
	const char *close, *value;

	if (*s == '$') {
		buf_addc(out, '$');
		return 1;
	}
	if (*s != '(') {
		buf_addc(out, '$');
		if (*s)
			buf_addc(out, *s);
		return *s ? 1 : 0;
	}
	close = strchr(s, ')');
	if (!close) {
		buf_adds(out, "$(");
		return 1;
	}
	value = env_value(env, s + 1, (size_t)(close - s - 1));
	if (value)
		buf_adds(out, value);
	else {
		buf_addc(out, '$');
		buf_add(out, s, (size_t)(close - s) + 1);
	}
	return (size_t)(close - s) + 1;
}

const char *env_expand(struct arena *arena, const char *text, const struct strings *env)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	if (!strchr(text, '$'))
		return text;
	while (*text) {
		size_t plain = strcspn(text, "$");

		buf_add(&out, text, plain);
		text += plain;
		if (*text == '$') {
			text++;
			text += expand_one(&out, text, env);
		}
	}
	return arena_strndup(arena, out.data, out.len);
}

/* --- sources ----------------------------------------------------------------------------------------- */

/* Names the kernel and shells can carry: printable ASCII without '=' (apimachinery IsRelaxedEnvVarName). */
static bool name_usable(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (*name < ' ' || *name > '~' || *name == '=')
			return false;
	return true;
}

static void from_put(struct env_list *l, const char *prefix, const char *key, const char *value, size_t len)
{
	const char *name = arena_printf(l->arena, "%s%s", str_or_empty(prefix), key);

	if (name_usable(name))
		env_put(l, name, value, len);
}

static int from_config_map(
	struct env_list *l, const struct env_input *in, const struct env_from *from, struct err *err)
{
	const struct env_from_ref *ref = from->config_map_ref;
	const struct config_map *cm = in->sources->config_map(in->sources->arg, ref->name);

	if (!cm)
		return ref->optional ? 0 : err_set(err, -ENOENT, "configmap \"%s\" not found", ref->name);
	for (size_t i = 0; i < cm->data.count; i++)
		from_put(l, from->prefix, cm->data.items[i].key, cm->data.items[i].value,
			strlen(cm->data.items[i].value));
	return 0;
}

static int from_secret(
	struct env_list *l, const struct env_input *in, const struct env_from *from, struct err *err)
{
	const struct env_from_ref *ref = from->secret_ref;
	const struct secret *s = in->sources->secret(in->sources->arg, ref->name);

	if (!s)
		return ref->optional ? 0 : err_set(err, -ENOENT, "secret \"%s\" not found", ref->name);
	for (size_t i = 0; i < s->data.count; i++)
		from_put(l, from->prefix, s->data.items[i].key, (const char *)s->data.items[i].value.data,
			s->data.items[i].value.len);
	return 0;
}

static int key_missing(const char *kind, const struct key_selector *k, const struct object_meta *meta,
	const struct pod *pod, struct err *err)
{
	if (k->optional)
		return 0;
	if (!meta)
		return err_set(err, -ENOENT, "%s \"%s\" not found", kind, k->name);
	return err_set(err, -ENOENT, "couldn't find key %s in %s %s/%s", k->key,
		kind[0] == 's' ? "Secret" : "ConfigMap", str_or_empty(pod->meta.namespace), k->name);
}

static int value_from_config_map(struct env_list *l, const struct env_input *in, const char *name,
	const struct key_selector *k, struct err *err)
{
	const struct config_map *cm = in->sources->config_map(in->sources->arg, k->name);
	const char *value = cm ? string_map_get(&cm->data, k->key) : NULL;

	if (!value)
		return key_missing("configmap", k, cm ? &cm->meta : NULL, in->sources->pod, err);
	env_puts(l, name, value);
	return 0;
}

static int value_from_secret(struct env_list *l, const struct env_input *in, const char *name,
	const struct key_selector *k, struct err *err)
{
	const struct secret *s = in->sources->secret(in->sources->arg, k->name);

	for (size_t i = 0; s && i < s->data.count; i++)
		if (str_eq(s->data.items[i].key, k->key)) {
			env_put(l, name, (const char *)s->data.items[i].value.data,
				s->data.items[i].value.len);
			return 0;
		}
	return key_missing("secret", k, s ? &s->meta : NULL, in->sources->pod, err);
}

/* The fields that containers have beyond those of volumes; NULL: not one of them. */
static const char *field_of_container(const struct env_input *in, const char *path)
{
	const struct {
		const char *path, *value;
	} fields[] = {
		{ "spec.nodeName", in->node },
		{ "spec.serviceAccountName", in->sources->pod->spec.service_account_name
						     ? in->sources->pod->spec.service_account_name
						     : "default" },
		{ "status.hostIP", in->host_ip },
		{ "status.hostIPs", in->host_ip },
		{ "status.podIP", in->pod_ip },
		{ "status.podIPs", in->pod_ip },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (str_eq(fields[i].path, path))
			return str_or_empty(fields[i].value);
	return NULL;
}

static int value_from(struct env_list *l, const struct env_input *in, const char *name,
	const struct env_source *from, struct err *err)
{
	const char *text = NULL;
	int r = 0;

	if (from->config_map_key_ref)
		return value_from_config_map(l, in, name, from->config_map_key_ref, err);
	if (from->secret_key_ref)
		return value_from_secret(l, in, name, from->secret_key_ref, err);
	if (from->field_ref) {
		text = field_of_container(in, from->field_ref->field_path);
		if (!text)
			r = volume_field_text(
				l->arena, in->sources->pod, from->field_ref->field_path, &text, err);
	} else if (from->resource_field_ref)
		r = volume_resource_text(
			l->arena, in->sources, from->resource_field_ref, in->container, &text, err);
	if (r < 0)
		return err_wrap(err, r, "env %s", name);
	env_puts(l, name, str_or_empty(text));
	return 0;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static int env_add_own(struct env_list *own, const struct env_input *in, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < in->container->env_from.count && r >= 0; i++) {
		const struct env_from *from = &in->container->env_from.items[i];

		if (from->config_map_ref)
			r = from_config_map(own, in, from, err);
		else if (from->secret_ref)
			r = from_secret(own, in, from, err);
	}
	for (size_t i = 0; i < in->container->env.count && r >= 0; i++) {
		const struct env_var *v = &in->container->env.items[i];
		struct strings seen = { .items = own->items, .count = own->count };

		if (!str_empty(v->value))
			env_puts(own, v->name, env_expand(own->arena, v->value, &seen));
		else if (v->value_from)
			r = value_from(own, in, v->name, v->value_from, err);
		else
			env_puts(own, v->name, "");
	}
	return r;
}

int env_build(struct arena *arena, const struct env_input *in, struct strings *ret, struct err *err)
{
	struct env_list own = { .arena = arena }, all = { .arena = arena };
	int r;

	r = env_add_own(&own, in, err);
	if (r < 0)
		return r;
	env_puts(&all, "PATH", default_path);
	env_puts(&all, "HOSTNAME", str_or_empty(in->hostname));
	for (size_t part = 0; part < 2; part++) {
		const char *const *items = part == 0 ? in->image->items : own.items;
		size_t count = part == 0 ? in->image->count : own.count;

		for (size_t i = 0; i < count; i++) {
			const char *eq = strchr(items[i], '=');

			if (eq && eq > items[i])
				env_puts(&all, arena_strndup(arena, items[i], (size_t)(eq - items[i])),
					eq + 1);
		}
	}
	*ret = (struct strings){ .items = all.items, .count = all.count };
	return 0;
}

int env_command(struct arena *arena, const struct container *container, const struct strings *entrypoint,
	const struct strings *cmd, const struct strings *env, struct strings *ret, struct err *err)
{
	const struct strings *own_command = &container->command, *own_args = &container->args;
	const struct strings *head = own_command->count > 0 ? own_command : entrypoint;
	bool image_cmd = own_command->count == 0 && own_args->count == 0;
	const struct strings *tail = image_cmd ? cmd : own_args;
	const char **items = arena_array(arena, head->count + tail->count + 1, sizeof(items[0]));
	size_t n = 0;

	/* What the image says is taken as it is; only what the manifest says is expanded. */
	for (size_t i = 0; i < head->count; i++)
		items[n++] = head == own_command ? env_expand(arena, head->items[i], env) : head->items[i];
	for (size_t i = 0; i < tail->count; i++)
		items[n++] = tail == own_args ? env_expand(arena, tail->items[i], env) : tail->items[i];
	if (n == 0)
		return err_set(err, -EINVAL, "no command specified");
	*ret = (struct strings){ .items = items, .count = n };
	return 0;
}
