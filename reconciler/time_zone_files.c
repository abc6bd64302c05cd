/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/time_zone_files.h"

#include <fcntl.h>
#include <stdlib.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/world_job.h"

#define LOCAL "/etc/localtime"
#define DATABASE "/usr/share/zoneinfo"
enum { FILE_MAX = 64 * 1024 };

/* NAME is one of the database's own (rule_time_zone), so that no path leads out of it. */
static void read_zone(struct world *w, const char *name)
{
	_cleanup_(freep) char *path = name ? xasprintf("%s/%s", DATABASE, name) : xstrdup(LOCAL);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct zone *z = NULL;
	struct err err = { 0 };
	int r;

	if (world_has_time_zone(w, name))
		return;
	if (name || fs_exists(AT_FDCWD, path)) {
		r = fs_read(AT_FDCWD, path, FILE_MAX, &text, &err);
		if (r >= 0)
			r = zone_parse(text.data, text.len, &z, &err);
		if (r < 0)
			log_warning(
				"time zone %s: %s: %s", name ? name : "of this host", path, err_text(&err));
	}
	world_take_time_zone(w, name, z);
}

static void read_of(struct world *w, const struct object *o)
{
	read_zone(w, object_cron_job(o)->spec.time_zone);
}

void time_zone_files_read(struct world *w, const struct snapshot *s)
{
	size_t count = 0;
	struct object **list = s ? snapshot_kind(s, KIND_CRON_JOB, &count) : NULL;

	for (size_t i = 0; i < count; i++)
		read_of(w, list[i]);
	for (size_t i = 0; i < w->objects.count && w->counts[KIND_CRON_JOB] > 0; i++) {
		const struct world_object *o = w->objects.entries[i].value;

		if (o->kind->id == KIND_CRON_JOB && o->origin)
			read_of(w, o->origin->object);
	}
}
