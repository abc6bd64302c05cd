/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What scripts of golden cases (golden_script.h) show of objects, pods, events and health. */
#pragma once

#include "tests/unit/reconciler/golden_world.h"

static inline const struct value *script_object(
	struct script *s, struct arena *arena, const struct world_object *o)
{
	_cleanup_(buf_done) struct buf path = BUF_INIT;
	struct err err = { 0 };
	struct value *v;
	const char *json;

	tree_path_add(&path, o->kind->plural, o->namespace, o->name);
	json = fx_file(s->f, path.data);
	if (!json)
		return NULL;
	if (json_parse(arena, json, strlen(json), &v, &err) < 0)
		script_die(s, err_text(&err));
	return v;
}

/* What says nothing here, and changes with every other line. */
static inline bool script_is_noise(const char *key)
{
	static const char *const noise[] = { "uid", "resourceVersion", WORLD_NOTE_DIGEST, WORLD_NOTE_SOURCE };

	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		if (str_eq(key, noise[i]))
			return true;
	return false;
}

/* "{a: 1, b: {c: d}}". */
static inline void script_inline(struct buf *out, const struct value *v)
{
	struct json_writer w = JSON_WRITER(out, 0);

	if (v->type == VALUE_MAP) {
		const char *between = "{";

		for (size_t i = 0; i < v->map.count; i++) {
			if (script_is_noise(v->map.entries[i].key))
				continue;
			buf_addf(out, "%s%s: ", between, v->map.entries[i].key);
			script_inline(out, v->map.entries[i].value);
			between = ", ";
		}
		buf_adds(out, str_eq(between, "{") ? "{}" : "}");
	} else if (v->type == VALUE_LIST) {
		buf_addc(out, '[');
		for (size_t i = 0; i < v->list.count; i++) {
			buf_adds(out, i > 0 ? ", " : "");
			script_inline(out, v->list.items[i]);
		}
		buf_addc(out, ']');
	} else if (v->type == VALUE_STRING) {
		buf_adds(out, v->string);
	} else {
		json_value(&w, v);
	}
}

/* A line a member, and for lists of maps a line an item. */
static inline void script_block(struct buf *out, const struct value *v)
{
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.count; i++) {
		const struct value *m = v->map.entries[i].value;
		bool lines = m->type == VALUE_LIST && m->list.count > 0 &&
			     m->list.items[0]->type == VALUE_MAP;

		if (script_is_noise(v->map.entries[i].key))
			continue;
		buf_addf(out, "  %s:%s", v->map.entries[i].key, lines ? "" : " ");
		for (size_t k = 0; lines && k < m->list.count; k++) {
			buf_adds(out, "\n    - ");
			script_inline(out, m->list.items[k]);
		}
		if (!lines)
			script_inline(out, m);
		buf_addc(out, '\n');
	}
	if (v->type != VALUE_MAP) {
		buf_adds(out, "  ");
		script_inline(out, v);
		buf_addc(out, '\n');
	}
}

static inline void do_show(struct script *s, char **words)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *path = xstrdup(words[2] ? words[2] : "status");
	struct world_object *o = script_find(s, words[1]);
	const struct value *v = o ? script_object(s, arena, o) : NULL;
	char *rest = path;

	while (v && rest)
		v = value_get(v, strsep(&rest, "."));
	if (v)
		script_block(&text, v);
	else
		buf_adds(&text, o ? "  (none)\n" : "  (not there)\n");
	script_write(s, text.data);
}

static inline int script_line_cmp(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static inline void do_pods(struct script *s, char **words)
{
	static const char *const phases[] = { "Pending", "Running", "Succeeded", "Failed", "Unknown" };
	struct world_pods pods = fx_pods(s->f);
	char **lines = xcalloc(pods.count, sizeof(lines[0]));
	size_t count = 0;

	for (size_t i = 0; i < pods.count; i++) {
		const struct world_pod *p = pods.items[i];

		if (words[1] && !script_matches(s, words[1], p->o.name))
			continue;
		lines[count++] = xasprintf("  %s %s%s on %s%s\n", script_alias(s, p->o.name),
			phases[p->phase], p->ready ? " ready" : "", p->node ? p->node->o.name : "no node",
			p->o.deleting ? ", being deleted" : "");
	}
	qsort(lines, count, sizeof(lines[0]), script_line_cmp);
	for (size_t i = 0; i < count; i++) {
		buf_adds(s->out, lines[i]);
		free(lines[i]);
	}
	free(lines);
	free(pods.items);
}

static inline int script_event_cmp(const void *a, const void *b)
{
	const struct world_event *x = *(struct world_event *const *)a, *y = *(struct world_event *const *)b;

	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	if (!str_eq(x->reason, y->reason))
		return strcmp(x->reason, y->reason);
	return strcmp(x->message, y->message);
}

static inline void script_show_event(struct script *s, const struct world_event *e, bool quietly)
{
	_cleanup_(freep) char *seen = xasprintf("%s/%lld", e->o.name, (long long)e->count);
	_cleanup_(freep) char *times = e->count > 1 ? xasprintf(" (%lld times)", (long long)e->count) : NULL;
	_cleanup_(freep) char *line = NULL;

	if (map_has(&s->shown, seen))
		return;
	script_put(&s->shown, seen, "");
	if (quietly)
		return;
	line = xasprintf("  %+llds %s %s/%s: %s: %s%s\n", (long long)((e->last - s->began) / NSEC_PER_SEC),
		e->type, kinds[e->about_kind].name, e->about_name, e->reason, e->message,
		str_or_empty(times));
	script_write(s, line);
}

static inline void script_events(struct script *s, const char *about, bool quietly)
{
	struct world_entry_list all = world_entries(&s->f->w);
	struct world_event **list = xcalloc(all.count, sizeof(list[0]));
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++) {
		struct world_event *e;
		_cleanup_(freep) char *key = NULL;

		if (all.items[i]->kind->id != KIND_EVENT)
			continue;
		e = world_event(all.items[i]);
		key = xasprintf("%s/%s", kinds[e->about_kind].name, script_alias(s, e->about_name));
		if (!about || str_eq(about, key))
			list[count++] = e;
	}
	qsort(list, count, sizeof(list[0]), script_event_cmp);
	for (size_t i = 0; i < count; i++)
		script_show_event(s, list[i], quietly);
	free(list);
	free(all.items);
}

static inline void do_events(struct script *s, char **words)
{
	script_events(s, words[1], false);
}

static inline void do_health(struct script *s, char **words)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT, path = BUF_INIT, text = BUF_INIT;
	struct world_object *o = script_find(s, words[1]);
	struct object *stored = NULL;
	struct err err = { 0 };
	const char *json;

	if (!o) {
		buf_adds(s->out, "  (not there)\n");
		return;
	}
	tree_path_add(&path, o->kind->plural, o->namespace, o->name);
	json = fx_file(s->f, path.data);
	if (!json || object_load_json(json, strlen(json), &stored, &err) < 0)
		script_die(s, json ? err_text(&err) : "is not in the tree");
	buf_addf(&text, "  %s", health_name(health_of(stored, &why)));
	buf_addf(&text, "%s%s\n", why.len > 0 ? ": " : "", why.len > 0 ? why.data : "");
	script_write(s, text.data);
	object_unref(stored);
}
