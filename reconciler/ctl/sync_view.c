/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/sync_view.h"

#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"

void sync_view_init(struct sync_view *v)
{
	*v = (struct sync_view){
		.in_force = xstrdup(""), .seen = xstrdup(""), .state = xstrdup(""), .message = xstrdup("")
	};
	diags_init(&v->problems);
}

static char *text_of(const struct value *map, const char *key)
{
	return xstrdup(str_or_empty(value_get_string(map, key)));
}

static void take_problem(struct sync_view *v, const struct value *p)
{
	const struct diag at = {
		.severity = str_eq(value_get_string(p, "severity"), "warning") ? DIAG_WARNING : DIAG_ERROR,
		.path = str_or_empty(value_get_string(p, "path")),
		.line = (uint32_t)value_get_int(p, "line", 0),
		.col = (uint32_t)value_get_int(p, "col", 0),
		.object = value_get_string(p, "object"),
		.field = value_get_string(p, "field"),
	};
	diags_add(&v->problems, &at, "%s", str_or_empty(value_get_string(p, "message")));
}

static void take_kept(struct sync_view *v, const struct value *list)
{
	if (!list || list->type != VALUE_LIST)
		return;
	v->kept = xcalloc(list->list.count + 1, sizeof(v->kept[0]));
	for (size_t i = 0; i < list->list.count; i++)
		if (list->list.items[i]->type == VALUE_STRING)
			v->kept[v->kept_count++] = xstrdup(list->list.items[i]->string);
}

int sync_view_parse(struct sync_view *v, const char *text, size_t len, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *map;
	int r = json_parse(a, text, len, &map, err);
	if (r < 0)
		return err_wrap(err, r, "sync.json");
	sync_view_done(v);
	*v = (struct sync_view){
		.in_force = text_of(map, "commitInForce"),
		.seen = text_of(map, "commitSeen"),
		.state = text_of(map, "state"),
		.message = text_of(map, "message"),
	};
	diags_init(&v->problems);
	if (time_parse(str_or_empty(value_get_string(map, "since")), &v->since) < 0)
		v->since = 0;
	const struct value *problems = value_get(map, "problems");
	for (size_t i = 0; problems && problems->type == VALUE_LIST && i < problems->list.count; i++)
		take_problem(v, problems->list.items[i]);
	take_kept(v, value_get(map, "kept"));
	return 0;
}

bool sync_view_overlay(struct sync_view *v, const char *text, size_t len)
{
	struct sync_view live;
	bool stuck;
	sync_view_init(&live);
	stuck = sync_view_parse(&live, text, len, NULL) >= 0 && str_eq(live.state, "Stuck");
	if (stuck) {
		/* In force is what is recorded; the rest the tree can't know. */
		free(live.in_force);
		live.in_force = xstrdup(v->in_force);
		sync_view_done(v);
		*v = live;
		return true;
	}
	sync_view_done(&live);
	return false;
}

void sync_view_done(struct sync_view *v)
{
	free(v->in_force);
	free(v->seen);
	free(v->state);
	free(v->message);
	diags_done(&v->problems);
	for (size_t i = 0; i < v->kept_count; i++)
		free(v->kept[i]);
	free(v->kept);
	*v = (struct sync_view){ 0 };
}

bool sync_view_in_sync(const struct sync_view *v)
{
	return *v->in_force && str_eq(v->in_force, v->seen) && str_eq(v->state, "Synced");
}
