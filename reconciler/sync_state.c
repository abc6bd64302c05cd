/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* sync.json, read and written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/sync_state.h"

static const char *const status_names[] = {
	[SYNC_WAITING] = "Waiting",
	[SYNC_BUILDING] = "Building",
	[SYNC_SYNCED] = "Synced",
	[SYNC_REFUSED] = "Refused",
	[SYNC_MISSING] = "Missing",
	[SYNC_FAILED] = "Failed",
	[SYNC_GUARDED] = "Guarded",
	[SYNC_STUCK] = "Stuck",
};

void sync_state_init(struct sync_state *s, nsec_t now)
{
	*s = (struct sync_state){ .since = now };
	diags_init(&s->problems);
}

void sync_state_done(struct sync_state *s)
{
	free(s->message);
	diags_done(&s->problems);
	sync_state_set_kept(s, NULL, 0);
	sync_units_done(&s->units);
}

/* --- units ------------------------------------------------------------------------------------------------ */

void sync_units_done(struct sync_units *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].name);
		free(u->items[i].message);
	}
	free(u->items);
	*u = (struct sync_units){ 0 };
}

const struct sync_unit *sync_units_find(const struct sync_units *u, const char *name)
{
	for (size_t i = 0; i < u->count; i++)
		if (str_eq(u->items[i].name, name))
			return &u->items[i];
	return NULL;
}

void sync_units_add(struct sync_units *u, const struct sync_unit *unit)
{
	struct sync_unit *to;

	u->items = grow(u->items, &u->cap, u->count + 1, sizeof(u->items[0]));
	to = &u->items[u->count++];
	*to = *unit;
	to->name = xstrdup(unit->name);
	to->message = unit->message ? xstrdup(unit->message) : NULL;
}

void sync_state_set_units(struct sync_state *s, struct sync_units *u, nsec_t now)
{
	for (size_t i = 0; i < u->count; i++) {
		struct sync_unit *unit = &u->items[i];
		const struct sync_unit *before = sync_units_find(&s->units, unit->name);
		bool same = before && before->status == unit->status &&
			    str_eq(before->message, unit->message);

		unit->since = same ? before->since : now;
	}
	sync_units_done(&s->units);
	s->units = *u;
	*u = (struct sync_units){ 0 };
}

/* --- the state -------------------------------------------------------------------------------------------- */

void sync_state_set_kept(struct sync_state *s, char **list, size_t count)
{
	for (size_t i = 0; i < s->kept_count; i++)
		free(s->kept[i]);
	free(s->kept);
	s->kept = list;
	s->kept_count = count;
}

void sync_state_set(struct sync_state *s, enum sync_status status, const char *message,
	const struct diags *problems, nsec_t now)
{
	if (s->status != status || !str_eq(s->since_commit, s->seen)) {
		s->since = now;
		snprintf(s->since_commit, sizeof(s->since_commit), "%s", s->seen);
	}
	s->status = status;
	free(s->message);
	s->message = message ? xstrdup(message) : NULL;
	diags_done(&s->problems);
	diags_init(&s->problems);
	if (problems)
		diags_append(&s->problems, problems);
}

static enum sync_status status_of(const struct value *v)
{
	for (size_t i = 0; i < ARRAY_LEN(status_names); i++)
		if (str_eq(status_names[i], value_get_string(v, "state")))
			return (enum sync_status)i;
	return SYNC_WAITING;
}

static void read_units(struct sync_state *s, const struct value *list)
{
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.count; i++) {
		const struct value *v = list->list.items[i];
		struct sync_unit u = { .status = status_of(v) };

		u.name = (char *)(uintptr_t)str_or_empty(value_get_string(v, "name"));
		u.message = (char *)(uintptr_t)value_get_string(v, "message");
		snprintf(u.in_force, sizeof(u.in_force), "%s",
			str_or_empty(value_get_string(v, "commitInForce")));
		if (time_parse(str_or_empty(value_get_string(v, "since")), &u.since) < 0)
			u.since = 0;
		sync_units_add(&s->units, &u);
	}
}

int sync_state_read(struct sync_state *s, const char *json, size_t len, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct value *v;
	nsec_t since;
	int r = json_parse(arena, json, len, &v, err);

	if (r < 0)
		return err_wrap(err, r, "sync.json");
	snprintf(s->in_force, sizeof(s->in_force), "%s", str_or_empty(value_get_string(v, "commitInForce")));
	snprintf(s->seen, sizeof(s->seen), "%s", str_or_empty(value_get_string(v, "commitSeen")));
	snprintf(s->since_commit, sizeof(s->since_commit), "%s", s->seen);
	s->status = status_of(v);
	read_units(s, value_get(v, "units"));
	if (time_parse(str_or_empty(value_get_string(v, "since")), &since) == 0)
		s->since = since;
	return 0;
}

static void write_problem(struct json_writer *out, const struct diag *d)
{
	json_begin_map(out);
	json_member_string(out, "severity", d->severity == DIAG_ERROR ? "error" : "warning");
	json_member_string(out, "path", d->path);
	json_member_int(out, "line", d->line);
	json_member_int(out, "col", d->col);
	json_member_string(out, "object", d->object);
	json_member_string(out, "field", d->field);
	json_member_string(out, "message", d->message);
	json_end_map(out);
}

static void write_kept(struct json_writer *out, const struct sync_state *s)
{
	if (s->kept_count == 0)
		return;
	json_key(out, "kept");
	json_begin_list(out);
	for (size_t i = 0; i < s->kept_count; i++)
		json_cstring(out, s->kept[i]);
	json_end_list(out);
}

static void write_unit(struct json_writer *out, const struct sync_state *s, const struct sync_unit *u)
{
	char since[TIME_TEXT_MAX];

	json_begin_map(out);
	json_member_string(out, "name", u->name);
	json_member_string(out, "commitInForce", u->in_force);
	json_member_string(out, "commitSeen", s->seen);
	json_member_string(out, "state", status_names[u->status]);
	json_member_string(out, "since", time_format(u->since, since));
	json_member_string(out, "message", u->message);
	json_end_map(out);
}

static void write_units(struct json_writer *out, const struct sync_state *s)
{
	if (s->units.count == 0)
		return;
	json_key(out, "units");
	json_begin_list(out);
	for (size_t i = 0; i < s->units.count; i++)
		write_unit(out, s, &s->units.items[i]);
	json_end_list(out);
}

void sync_state_write(const struct sync_state *s, struct buf *out)
{
	struct json_writer json = JSON_WRITER(out, 0);
	char since[TIME_TEXT_MAX];

	json_begin_map(&json);
	json_member_string(&json, "apiVersion", "pintle.dev/v1");
	json_member_string(&json, "kind", "SyncState");
	json_member_string(&json, "commitInForce", s->in_force);
	json_member_string(&json, "commitSeen", s->seen);
	json_member_string(&json, "state", status_names[s->status]);
	json_member_string(&json, "since", time_format(s->since, since));
	json_member_string(&json, "message", s->message);
	json_key(&json, "problems");
	json_begin_list(&json);
	for (size_t i = 0; i < s->problems.count && i < SYNC_PROBLEMS_MAX; i++)
		write_problem(&json, &s->problems.items[i]);
	json_end_list(&json);
	write_kept(&json, s);
	write_units(&json, s);
	json_end_map(&json);
}
