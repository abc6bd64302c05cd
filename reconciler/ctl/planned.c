/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/planned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "reconciler/actual_reader.h"
#include "reconciler/ctl/planned_why.h"
#include "reconciler/ctl/sync_view.h"
#include "reconciler/host_name.h"
#include "reconciler/key.h"
#include "reconciler/pass.h"
#include "reconciler/time_zone_files.h"

enum { TRIES = 10 /* to read a tree that is being written */ };

struct loading {
	struct world *world;
	struct err *err;
};

static int load_file(const char *path, const char *text, size_t len, void *arg)
{
	struct loading *l = arg;
	int r = world_load(l->world, text, len, l->err);
	return r < 0 ? err_wrap(l->err, r, "%s", path) : 0;
}

static int load_sync(struct actual_reader *r, struct planned *p, struct err *err)
{
	struct sync_view v;
	struct buf text = BUF_INIT;
	int code = actual_reader_get(r, "sync.json", &text, NULL);
	sync_view_init(&v);
	if (code >= 0)
		code = sync_view_parse(&v, text.data, text.len, err);
	else if (code == -ENOENT)
		code = 0;
	snprintf(p->base, sizeof(p->base), "%s", v.in_force);
	sync_view_done(&v);
	buf_done(&text);
	return code;
}

static int load_tree(struct actual_reader *r, struct world *w, struct planned *p, struct err *err)
{
	struct loading l = { w, err };
	int code = load_sync(r, p, err);
	for (size_t i = 0; i < KIND_COUNT && code >= 0; i++)
		code = actual_reader_list(
			r, kinds[i].plural, kinds[i].namespaced ? NULL : "", load_file, &l, err);
	if (code < 0)
		return code;
	snprintf(w->commit, sizeof(w->commit), "%s", p->base);
	world_load_finish(w);
	return 0;
}

static int settings_of(const struct home *h, const char *host, struct world_settings *ret, struct err *err)
{
	uint64_t term;
	*ret = (struct world_settings){ .host_name = host };
	int r = key_open(h, ret->key, err);
	if (r >= 0)
		r = home_term_read(h, &term, err);
	if (r < 0)
		return r;
	ret->term = (int64_t)term;
	snprintf(ret->cluster_id, sizeof(ret->cluster_id), "%s", h->cluster_id);
	return 0;
}

/* 1: the tree changed while it was being read. */
static int try_once(const struct home *h, const struct world_settings *settings, struct actual_reader *r,
	const struct snapshot *snapshot, struct planned *p, struct err *err)
{
	struct world w;
	uint64_t before = actual_reader_version(r);
	nsec_t now = time_now();
	(void)h;
	world_init(&w, settings, now);
	int code = load_tree(r, &w, p, err);
	bool moved = actual_reader_version(r) != before;
	if (code == 0 && !moved) {
		const struct pass_input in = {
			.now = now, .version = (int64_t)before + 1, .snapshot = snapshot
		};
		time_zone_files_read(&w, snapshot);
		pass_plan(&w, &in, &p->plan);
		planned_why(&p->plan, &w);
	}
	world_done(&w);
	return code < 0 && !moved ? code : moved;
}

int planned_make(const struct home *h, const struct snapshot *snapshot, struct planned *ret, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	_cleanup_(freep) char *dir = home_path(h, "actual");
	struct world_settings settings;
	char host[HOST_NAME_SIZE];
	host_node_name(host, sizeof(host));
	int code = settings_of(h, host, &settings, err);
	if (code >= 0)
		code = actual_reader_open(dir, &r, err);
	if (code < 0)
		return code;
	ret->guard = NULL;
	plan_init(&ret->plan, true);
	code = 1;
	for (unsigned i = 0; i < TRIES && code == 1; i++)
		code = try_once(h, &settings, r, snapshot, ret, err);
	if (code == 1)
		code = err_set(err, -EAGAIN, "the actual tree changes faster than it can be read: try again");
	if (code < 0)
		plan_done(&ret->plan);
	return code;
}

void planned_done(struct planned *p)
{
	plan_done(&p->plan);
	free(p->guard);
}

void planned_write_json(const struct planned *p, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);
	plan_write_json(&p->plan, p->base, p->guard, &w);
	buf_addc(out, '\n');
}
