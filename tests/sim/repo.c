/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sim/repo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

void app_name(const struct app *app, unsigned index, char ret[APP_NAME])
{
	snprintf(ret, APP_NAME, "%s-%u", app_rows[app->kind].prefix, index);
}

bool app_same_template(const struct app *a, const struct app *b)
{
	return a->version == b->version && a->work.mode == b->work.mode && a->work.a == b->work.a &&
	       a->work.b == b->work.b;
}

bool app_is_steady(const struct app *app)
{
	return app->work.mode == WORK_READY || app->work.mode == WORK_NEVER || app->work.mode == WORK_NOPULL;
}

bool app_runs_pods(const struct app *app)
{
	return app->kind != APP_NODE && app->kind != APP_CONFIG && app->kind < APP_BUDGET;
}

bool app_has_room(const struct app *node)
{
	return node->kind == APP_NODE && node->there && !node->cordoned && !node->tainted && !node->driven &&
	       !node->drained;
}

enum app_place app_place(const struct app *app)
{
	static const enum app_place places[] = { PLACE_SPREAD, PLACE_SPREAD_SOFTLY, PLACE_APART,
		PLACE_APART_SOFTLY };
	size_t i = (size_t)app->grace % 8;

	if ((app->kind == APP_REPLICA_SET || app->kind == APP_POD) && app->grace % 2 == 0)
		return PLACE_FILLER;
	return app->kind == APP_DEPLOYMENT && i < ARRAY_LEN(places) ? places[i] : PLACE_ANYWHERE;
}

static int share(int replicas, int number, bool percent, bool up)
{
	return percent ? (replicas * number + (up ? 99 : 0)) / 100 : number;
}

int app_surge(const struct app *app)
{
	if (app->kind != APP_DEPLOYMENT || app->recreate)
		return 0;
	return share(app->replicas, app->surge, app->percent, true);
}

/* Per cent of surge are rounded up, of unavailability down; where both come to nothing one pod may go first. */
int app_unavailable(const struct app *app)
{
	int n;

	if (app->kind == APP_STATEFUL_SET)
		return 1;
	if (app->kind != APP_DEPLOYMENT || app->recreate)
		return app->replicas;
	n = share(app->replicas, app->unavailable, app->percent, false);
	if (n == 0 && app_surge(app) == 0)
		n = 1;
	return n < app->replicas ? n : app->replicas;
}

/* --- commits ------------------------------------------------------------------------------------------- */

struct commit *commit_ref(struct commit *c)
{
	c->refs++;
	return c;
}

struct commit *commit_unref(struct commit *c)
{
	if (!c || --c->refs > 0)
		return NULL;
	snapshot_unref(c->snapshot);
	free(c->apps);
	free(c);
	return NULL;
}

static struct manifest *load(const char *path, const char *text, unsigned number, struct diags *diags)
{
	const struct object_load_options options = { .path = path, .default_namespace = "default" };
	struct objects objects = { 0 };
	struct diags own;
	struct oid blob = { .raw = { 1 } };
	struct manifest *m = NULL;

	diags_init(&own);
	memcpy(blob.raw + 1, &number, sizeof(number));
	if (object_load_yaml(text, strlen(text), &options, &objects, &own) >= 0)
		m = manifest_new(path, &blob, &objects, &own);
	else
		diags_append(diags, &own);
	diags_done(&own);
	objects_done(&objects);
	return m;
}

static int by_path(const void *a, const void *b)
{
	const struct snapshot_change *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static struct snapshot *take(const struct commit *before, unsigned number, struct snapshot_change *changes,
	size_t count, struct buf *why)
{
	struct oid id = { .raw = { 2 } };
	struct snapshot *s = NULL;
	struct diags diags;

	memcpy(id.raw + 1, &number, sizeof(number));
	diags_init(&diags);
	qsort(changes, count, sizeof(changes[0]), by_path);
	if (snapshot_new(before ? before->snapshot : NULL, &id, changes, count, &s, &diags) < 0)
		diags_format(&diags, why);
	diags_done(&diags);
	return s;
}

/* The file of a changed app, or none. False: it does not load. */
static bool change_file(
	const struct app_change *change, unsigned number, struct snapshot_change *ret, struct buf *why)
{
	char name[APP_NAME];
	struct buf text = BUF_INIT;
	struct diags diags;

	app_name(&change->app, change->index, name);
	*ret = (struct snapshot_change){ .path = xasprintf("%s.yaml", name) };
	if (!change->app.there)
		return true;
	diags_init(&diags);
	app_rows[change->app.kind].write(&change->app, name, &text);
	if (change->app.broken)
		buf_adds(&text, "nothing: like this\n");
	ret->manifest = load(ret->path, text.data, number, &diags);
	if (!ret->manifest)
		diags_format(&diags, why);
	diags_done(&diags);
	buf_done(&text);
	return ret->manifest != NULL;
}

struct commit *commit_new(const struct commit *before, unsigned number, const struct app_change *changes,
	size_t change_count, size_t count, struct buf *why)
{
	struct snapshot_change *files = xcalloc(change_count, sizeof(files[0]));
	struct commit *c = xcalloc(1, sizeof(*c));
	bool good = true;

	*c = (struct commit){ .number = number, .count = count, .refs = 1 };
	c->apps = before ? xmemdup(before->apps, count * sizeof(c->apps[0]))
			 : xcalloc(count, sizeof(c->apps[0]));
	for (size_t i = 0; i < change_count; i++) {
		c->apps[changes[i].index] = changes[i].app;
		good &= change_file(&changes[i], number, &files[i], why);
	}
	if (good)
		c->snapshot = take(before, number, files, change_count, why);
	for (size_t i = 0; i < change_count; i++) {
		manifest_unref(files[i].manifest);
		free((void *)(uintptr_t)files[i].path);
	}
	free(files);
	return c->snapshot ? c : commit_unref(c);
}
