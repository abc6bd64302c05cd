/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/port_forward_pod.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/pick.h"
#include "reconciler/ctl/target.h"
#include "reconciler/tree_path.h"

/* --- until it runs -------------------------------------------------------------------------------------- */

struct waiting {
	const struct home *h;
	const char *ns, *word;
	char *dir;     /* HOME/actual */
	char *changes; /* what the paths of the namespace begin with */
	bool changed;
	nsec_t patience, deadline;
	struct forward_target *ret;
	struct err why; /* there is no pod yet */
};

void forward_target_done(struct forward_target *t)
{
	items_done(&t->owner);
	items_done(&t->pods);
	*t = (struct forward_target){ 0 };
}

static int version_of(struct waiting *w, uint64_t *ret, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	int code = actual_reader_open(w->dir, &r, err);
	if (code == 0)
		*ret = actual_reader_version(r);
	return code;
}

/* 1: it runs; 0: not yet. */
static int look(struct waiting *w, struct err *err)
{
	struct forward_target *t = w->ret;
	forward_target_done(t);
	err_clear(&w->why);
	int r = version_of(w, &t->since, err);
	if (r == 0)
		r = pick_pods_of(w->h, w->ns, w->word, &t->owner, &t->pods, &w->why);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return err->code ? r : err_set(err, r, "%s", err_text(&w->why));
	if (t->owner.count && t->owner.items[0].object->kind->id == KIND_SERVICE)
		t->service = object_service(t->owner.items[0].object);
	t->pod = target_running(&t->pods);
	if (t->pod)
		return 1;
	const struct pod *first = object_pod(t->pods.items[0].object);
	if (t->owner.count == 0 && target_has_ended(first))
		return err_set(err, -ESRCH, "pod %s is not running: it has ended, its phase is %s",
			first->meta.name, first->status.phase);
	return 0;
}

static int on_record(const struct actual_record *record, void *arg)
{
	struct waiting *w = arg;
	if (record)
		w->changed = w->changed || str_starts(record->path, w->changes);
	return !record && w->changed;
}

static int too_late(const struct waiting *w, struct err *err)
{
	char text[TIME_TEXT_MAX];
	duration_format(w->patience, text);
	if (w->ret->pods.count == 0)
		return err_set(err, -ETIME, "%s, and had none for %s", err_text(&w->why), text);
	const struct pod *p = object_pod(w->ret->pods.items[0].object);
	return err_set(err, -ETIME,
		"pod %s is not running, and was not for %s: its phase is %s (pintle why pod/%s says more)",
		p->meta.name, text, str_empty(p->status.phase) ? "Pending" : p->status.phase, p->meta.name);
}

static int wait_for(struct waiting *w, struct err *err)
{
	for (;;) {
		int r = look(w, err);
		if (r != 0)
			return r < 0 ? r : 0;
		w->changed = false;
		r = follow(w->dir, w->ret->since, w->deadline, NULL, on_record, w, err);
		if (r == 0)
			return too_late(w, err);
		if (r < 0 && r != -ESTALE)
			return r;
		err_clear(err);
	}
}

int forward_target_wait(const struct home *h, const char *ns, const char *word, nsec_t patience,
	struct forward_target *ret, struct err *err)
{
	_cleanup_(freep) char *dir = home_path(h, "actual");
	_cleanup_(freep) char *changes = xasprintf("namespaces/%s/", ns);
	*ret = (struct forward_target){ 0 };
	struct waiting w = {
		.h = h,
		.ns = ns,
		.word = word,
		.dir = dir,
		.changes = changes,
		.patience = patience,
		.deadline = time_monotonic() + patience,
		.ret = ret,
	};
	int r = wait_for(&w, err);
	if (r < 0)
		forward_target_done(ret);
	return r;
}

/* --- until it is gone -------------------------------------------------------------------------------------- */

struct forward_watch {
	struct loop *loop;
	char *dir, *path, *uid;
	struct actual_follow *follow;
	struct loop_source *io;
	void (*gone)(const struct err *why, void *arg);
	void *arg;
};

/* Is the pod that TEXT (NULL: there is none) shows still the one, and may it run? */
static bool is_there(const struct forward_watch *w, const char *text, size_t len)
{
	struct items one = ITEMS_INIT;
	bool there = false;
	if (text && items_add(&one, w->path, text, len, NULL) == 0 &&
		one.items[0].object->kind->id == KIND_POD) {
		const struct pod *p = object_pod(one.items[0].object);
		there = str_eq(p->meta.uid, w->uid) && !target_has_ended(p);
	}
	items_done(&one);
	return there;
}

static int on_journal(int fd, uint32_t events, void *arg);

static int follow_from(struct forward_watch *w, uint64_t since, struct err *err)
{
	int r = actual_follow_open(w->dir, since, &w->follow, err);
	return r < 0 ? r : loop_io(w->loop, actual_follow_fd(w->follow), EPOLLIN, on_journal, w, &w->io, err);
}

/* The journal was compacted away below us: what the files show, and then what follows. 1: it is gone. */
static int begin_again(struct forward_watch *w, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	w->io = loop_source_free(w->io);
	w->follow = actual_follow_free(w->follow);
	int code = actual_reader_open(w->dir, &r, err);
	if (code < 0)
		return code;
	uint64_t since = actual_reader_version(r);
	code = actual_reader_get(r, w->path, &text, err);
	if (code < 0 && code != -ENOENT)
		return code;
	if (code == -ENOENT || !is_there(w, text.data, text.len))
		return 1;
	return follow_from(w, since, err);
}

/*
 * What is new. 1: it is gone. The last record counts: before it there may be some that are older than the files from which the pod was
 * chosen.
 */
static int take_records(struct forward_watch *w, struct err *err)
{
	struct actual_record record;
	bool there = true;
	int r;
	while ((r = actual_follow_next(w->follow, &record, err)) > 0)
		if (str_eq(record.path, w->path))
			there = is_there(w, record.json, record.len);
	if (r == 0)
		return there ? 0 : 1;
	if (r != -ESTALE)
		return r;
	err_clear(err);
	return begin_again(w, err);
}

static int look_again(struct forward_watch *w)
{
	struct err err = { 0 };
	int r = take_records(w, &err);
	if (r != 0)
		w->gone(r < 0 ? &err : NULL, w->arg);
	return 0;
}

static int on_journal(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	return look_again(arg);
}

int forward_watch_new(struct loop *loop, const struct home *h, const struct forward_target *target,
	void (*gone)(const struct err *why, void *arg), void *arg, struct forward_watch **ret,
	struct err *err)
{
	const struct object_meta *m = &target->pod->meta;
	struct forward_watch *w = xcalloc(1, sizeof(*w));
	w->loop = loop;
	w->dir = home_path(h, "actual");
	w->path = tree_path(&kinds[KIND_POD], m->namespace, m->name);
	w->uid = xstrdup(str_or_empty(m->uid));
	w->gone = gone;
	w->arg = arg;
	int r = follow_from(w, target->since, err);
	if (r < 0) {
		forward_watch_free(w);
		return r;
	}
	*ret = w;
	return look_again(w);
}

struct forward_watch *forward_watch_free(struct forward_watch *w)
{
	if (!w)
		return NULL;
	loop_source_free(w->io);
	actual_follow_free(w->follow);
	free(w->dir);
	free(w->path);
	free(w->uid);
	free(w);
	return NULL;
}
