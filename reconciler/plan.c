/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The list of what a pass decided, and its two printed forms. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/plan.h"
#include "reconciler/world_job.h"

static const char *const verb_names[] = {
	[PLAN_CREATE] = "create",
	[PLAN_UPDATE] = "update",
	[PLAN_DELETE] = "delete",
	[PLAN_SCALE] = "scale",
	[PLAN_PLACE] = "place",
	[PLAN_WAIT] = "wait",
	[PLAN_HOLD] = "hold",
	[PLAN_KEEP] = "keep",
};

const char *plan_verb_name(enum plan_verb verb)
{
	return verb_names[verb];
}

void plan_init(struct plan *p, bool steps_wanted)
{
	*p = (struct plan){ .arena = arena_new(0), .steps_wanted = steps_wanted, .text = BUF_INIT };
}

void plan_done(struct plan *p)
{
	arena_free(p->arena);
	free(p->steps);
	free(p->records);
	free(p->applies);
	buf_done(&p->text);
	*p = (struct plan){ .text = BUF_INIT };
}

struct plan_step *plan_step(
	struct plan *p, enum plan_verb verb, const struct world_object *o, const char *detail, ...)
{
	char text[1024];
	struct plan_step *s;
	va_list ap;

	if (!p->steps_wanted)
		return NULL;
	p->steps = grow(p->steps, &p->step_cap, p->step_count + 1, sizeof(p->steps[0]));
	s = &p->steps[p->step_count++];
	*s = (struct plan_step){ .verb = verb, .key = arena_strdup(p->arena, o->key) };
	if (world_source(o))
		s->source = arena_strdup(p->arena, world_source(o));
	if (!detail)
		return s;
	va_start(ap, detail);
	vsnprintf(text, sizeof(text), detail, ap);
	va_end(ap);
	s->detail = arena_strdup(p->arena, text);
	return s;
}

/* FIELD is PREFIX…SUFFIX. */
static bool is_like(const char *field, const char *prefix, const char *suffix)
{
	return str_starts(field, prefix) && str_ends(field, suffix) &&
	       strlen(field) >= strlen(prefix) + strlen(suffix);
}

/*
 * What the tree's copy of an object has beyond its manifest (world_write.c): a plan that is made from the tree must
 * not say that the commit takes it away.
 */
static bool is_ours(enum kind_id kind, const struct schema_change *c)
{
	static const struct {
		enum kind_id kind; /* KIND_COUNT: all */
		const char *prefix, *suffix;
	} added[] = {
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_SOURCE, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_COMMIT, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_DIGEST, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_HELD, "\"]" },
		{ KIND_STATEFUL_SET, "metadata.annotations[\"" WORLD_NOTE_KEPT, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_LEFT, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_CHANGE_WAITS, "\"]" },
		{ KIND_COUNT, "metadata.annotations[\"" WORLD_NOTE_WAITS, "\"]" },
		{ KIND_NAMESPACE, "metadata.labels[\"kubernetes.io/metadata.name", "\"]" },
		{ KIND_NODE, "metadata.labels[\"kubernetes.io/hostname", "\"]" },
		{ KIND_NODE, "metadata.labels[\"kubernetes.io/os", "\"]" },
		{ KIND_NODE, "metadata.labels[\"kubernetes.io/arch", "\"]" },
		{ KIND_NODE, "spec.podCIDR", "" },
		{ KIND_SERVICE, "spec.clusterIP", "" },
		{ KIND_SERVICE, "spec.ports[", ".nodePort" },
		{ KIND_POD, "spec.nodeName", "" },
		{ KIND_DEPLOYMENT, "metadata.annotations[\"" WORLD_NOTE_REVISION, "\"]" },
		{ KIND_JOB, "metadata.annotations[\"" WORLD_NOTE_BACKOFF, "\"]" },
		{ KIND_JOB, "metadata.annotations[\"" WORLD_NOTE_RETRIES, "\"]" },
		{ KIND_JOB, "metadata.annotations[\"" WORLD_NOTE_EXPIRED, "\"]" },
		{ KIND_CRON_JOB, "metadata.annotations[\"" WORLD_NOTE_SCHEDULE, "\"]" },
		{ KIND_DEPLOYMENT, "metadata.annotations[\"" WORLD_NOTE_DISTRUSTED, "\"]" },
		{ KIND_DEPLOYMENT, "metadata.annotations[\"" WORLD_NOTE_DISTRUSTED_KEY, "\"]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(added) && !c->after; i++)
		if ((added[i].kind == KIND_COUNT || added[i].kind == kind) &&
			is_like(c->field, added[i].prefix, added[i].suffix))
			return true;
	return false;
}

void plan_step_diff(
	struct plan *p, struct plan_step *s, const struct object *before, const struct object *after)
{
	size_t kept = 0;

	if (!s || !before || !after)
		return;
	schema_diff(p->arena, before->kind->schema, before->body, after->body, &s->changes);
	for (size_t i = 0; i < s->changes.count; i++)
		if (!is_ours(before->kind->id, &s->changes.items[i]))
			s->changes.items[kept++] = s->changes.items[i];
	s->changes.count = kept;
}

void plan_record(struct plan *p, const struct world_object *o, const char *json, size_t len)
{
	struct plan_record *r;

	p->records = grow(p->records, &p->record_cap, p->record_count + 1, sizeof(p->records[0]));
	r = &p->records[p->record_count++];
	*r = (struct plan_record){
		.kind = o->kind,
		.namespace = o->namespace ? arena_strdup(p->arena, o->namespace) : NULL,
		.name = arena_strdup(p->arena, o->name),
		.start = p->text.len,
		.len = len,
	};
	buf_add(&p->text, json, len);
}

void plan_write_text(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		buf_addf(out, "%s %s%s%s%s%s%s\n", plan_verb_name(s->verb), s->key, s->detail ? ": " : "",
			str_or_empty(s->detail), s->source ? " (" : "", str_or_empty(s->source),
			s->source ? ")" : "");
		for (size_t k = 0; k < s->changes.count; k++) {
			const struct schema_change *c = &s->changes.items[k];

			buf_addf(out, "    %s: %s -> %s\n", c->field, c->before ? c->before : "(none)",
				c->after ? c->after : "(none)");
		}
	}
}

static void write_change(struct json_writer *out, const struct schema_change *c)
{
	json_begin_map(out);
	json_member_string(out, "field", c->field);
	json_member_string(out, "before", c->before);
	json_member_string(out, "after", c->after);
	json_end_map(out);
}

static void write_step(struct json_writer *out, const struct plan_step *s)
{
	json_begin_map(out);
	json_member_string(out, "verb", plan_verb_name(s->verb));
	json_member_string(out, "object", s->key);
	json_member_string(out, "detail", s->detail);
	json_member_string(out, "source", s->source);
	if (s->changes.count > 0) {
		json_key(out, "changes");
		json_begin_list(out);
		for (size_t i = 0; i < s->changes.count; i++)
			write_change(out, &s->changes.items[i]);
		json_end_list(out);
	}
	json_end_map(out);
}

void plan_write_json(const struct plan *p, const char *commit, const char *guard, struct json_writer *out)
{
	json_begin_map(out);
	json_member_string(out, "apiVersion", "pintle.dev/v1");
	json_member_string(out, "kind", "Plan");
	json_member_string(out, "base", commit);
	json_member_string(out, "guard", guard);
	json_key(out, "steps");
	json_begin_list(out);
	for (size_t i = 0; i < p->step_count; i++)
		write_step(out, &p->steps[i]);
	json_end_list(out);
	json_end_map(out);
}
