/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/commit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/load.h"
#include "reconciler/ctl/target_repository.h"

/* Others may be faster again and again: each time one of them has got on. A lock that stays is nobody's who is at work. */
#define RETRY_TIME (60 * NSEC_PER_SEC)
#define LOCKED_TIME (3 * NSEC_PER_SEC)
enum { LOCKED_PAUSE_MS = 20 };

/* --- files --------------------------------------------------------------------------------------------- */

static void commit_files_done(struct commit_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		char *path = (char *)(uintptr_t)f->items[i].path;
		void *data = (void *)(uintptr_t)f->items[i].data;

		free(path);
		free(data);
	}
	free(f->items);
	*f = (struct commit_files){ 0 };
}

static struct repo_edit *find_file(const struct commit_files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->items[i].path, path))
			return &f->items[i];
	return NULL;
}

void commit_files_put(struct commit_files *f, const char *path, const struct buf *text)
{
	struct repo_edit *e = find_file(f, path);

	if (!e) {
		f->items = grow(f->items, &f->cap, f->count + 1, sizeof(f->items[0]));
		e = &f->items[f->count++];
		*e = (struct repo_edit){ .path = xstrdup(path) };
	}
	free((void *)(uintptr_t)e->data);
	e->data = xmemdup(text->data, text->len + 1);
	e->len = text->len;
}

int commit_files_read(const struct commit_files *f, const struct commit_base *base, const char *path,
	struct buf *ret, struct err *err)
{
	const struct repo_edit *e = find_file(f, path);
	struct oid blob;
	int r;

	if (e) {
		buf_add(ret, e->data, e->len);
		return 0;
	}
	if (oid_is_zero(&base->tip))
		return err_set(err, -ENOENT, "there is no file %s", path);
	r = repo_find_blob(base->git, &base->tip, path, &blob, err);
	return r < 0 ? r : repo_read_blob(base->git, &blob, yaml_limits_default.bytes, ret, NULL, err);
}

int commit_files_edit_at(struct commit_files *f, const struct commit_base *base,
	const struct object_location *at, const struct yaml_edit *edits, size_t count, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	bool changed = false;
	int r = commit_files_read(f, base, at->path, &text, err);

	for (size_t i = 0; i < count && r == 0; i++) {
		_cleanup_(buf_done) struct buf after = BUF_INIT;
		struct yaml_edit edit = edits[i];

		edit.line = at->line;
		edit.col = at->col;
		r = yaml_edit(at->path, text.data, text.len, &edit, &after, err);
		if (r == 0) {
			buf_clear(&text);
			buf_add(&text, after.data, after.len);
			changed = true;
		}
		r = r == -EALREADY ? 0 : r;
	}
	if (r == 0 && changed)
		commit_files_put(f, at->path, &text);
	return r == 0 && !changed ? -EALREADY : r;
}

int commit_files_edit(struct commit_files *f, const struct commit_base *base, const struct commit_object *o,
	struct err *err)
{
	_cleanup_(object_location_done) struct object_location at = { 0 };
	int r = object_locate(
		base->git, &base->tip, base->subpath, base->snapshot, o->kind, o->ns, o->name, &at, err);

	return r < 0 ? r : commit_files_edit_at(f, base, &at, o->edits, o->edit_count, err);
}

size_t commit_base_count(const struct commit_base *base, enum kind_id kind)
{
	size_t count = 0;

	if (base->snapshot)
		snapshot_kind(base->snapshot, kind, &count);
	else
		count = !oid_is_zero(&base->tip);
	return count;
}

/* --- one try --------------------------------------------------------------------------------------------- */

struct making {
	const struct home *home;
	const struct commit_request *request;
	struct target_repository target;
	struct snapshot *snapshot; /* of the tip */
	struct diags problems;     /* likewise */
	struct commit_files files;
	char *author, *email;
};

static void forget_try(struct making *m)
{
	m->snapshot = snapshot_unref(m->snapshot);
	diags_done(&m->problems);
	diags_init(&m->problems);
	commit_files_done(&m->files);
}

/* The same but for the place? A line may have moved. */
static bool said_before(const struct diags *before, const struct diag *d)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct diag *b = &before->items[i];

		if (b->severity == d->severity && str_eq(b->object, d->object) &&
			str_eq(b->field, d->field) && str_eq(b->message, d->message))
			return true;
	}
	return false;
}

/* Tells of the errors in NOW that the tip has not; -EBADMSG where there are any. */
static int compare_problems(struct making *m, const struct diags *now, struct err *err)
{
	_cleanup_(buf_done) struct buf news = BUF_INIT;
	size_t shown = 0;

	for (size_t i = 0; i < now->count; i++) {
		const struct diag *d = &now->items[i];

		if (d->severity != DIAG_ERROR || said_before(&m->problems, d))
			continue;
		buf_addc(&news, '\n');
		diag_format(d, &news);
		buf_truncate(&news, news.len - 1);
		if (++shown == 10)
			break;
	}
	return shown > 0 ? err_set(err, -EBADMSG, "that would break the repository, so nothing is changed:%s",
				   news.data)
			 : 0;
}

/* Loads the change as check does, from a commit that nobody sees; shows it where it is only to be shown. */
static int rehearse(struct making *m, struct repo_new_commit c, struct oid *ret, struct err *err)
{
	_cleanup_(repo_freep) struct repo *g = NULL;
	_cleanup_(snapshot_unrefp) struct snapshot *after = NULL;
	_cleanup_(diags_done) struct diags problems;
	bool first = oid_is_zero(&m->target.tip);
	int r = target_rehearsal(&m->target, &g, err);

	diags_init(&problems);
	c.branch = NULL;
	c.expected = first ? NULL : &m->target.tip;
	if (r == 0)
		r = repo_commit_edits(g, &c, ret, err);
	if (r == 0)
		r = load_commit(m->home, g, ret, m->home->config.path, m->snapshot, &after, &problems, err);
	diags_sort(&problems);
	if (r == -EBADMSG)
		r = compare_problems(m, &problems, err);
	if (r == 0 && m->request->dry_run) {
		_cleanup_(buf_done) struct buf patch = BUF_INIT;

		r = repo_patch(g, first ? NULL : &m->target.tip, ret, &patch, err);
		fwrite(patch.data, 1, patch.len, stdout);
	}
	return r;
}

static int load_tip(struct making *m, struct err *err)
{
	int r = target_tip(&m->target, err);

	if (r < 0 || oid_is_zero(&m->target.tip))
		return r;
	r = load_commit(m->home, m->target.git, &m->target.tip, m->home->config.path, NULL, &m->snapshot,
		&m->problems, err);
	/* Errors that it has already need not be in the way. A directory that is not there yet may be made. */
	if (r == -EBADMSG || r == -ENOENT) {
		err_clear(err);
		return 0;
	}
	return r;
}

static int try(struct making *m, struct oid *ret, struct err *err)
{
	int r = load_tip(m, err);
	const struct commit_base base = { .git = m->target.git,
		.tip = m->target.tip,
		.subpath = m->home->config.path,
		.snapshot = m->snapshot };

	if (r == 0)
		r = m->request->fill(&base, &m->files, m->request->arg, err);
	if (r < 0)
		return r;
	struct repo_new_commit c = { .edits = m->files.items,
		.edit_count = m->files.count,
		.author_name = m->author,
		.author_email = m->email,
		.message = m->request->message,
		.time = time_now() };

	r = target_check(&m->target, m->files.items, m->files.count, err);
	if (r == 0)
		r = rehearse(m, c, ret, err);
	if (r == 0 && !m->request->dry_run)
		r = target_commit(&m->target, &c, ret, err);
	return r;
}

/* A remote repository is looked at once in a while: a pintled that runs looks now. */
static void tell_pintled(const struct home *h)
{
	const struct wire_request look = { .id = 1, .method = "sync" };
	struct client client;
	struct wire_message answer;

	if (client_open(h, &client, NULL) < 0)
		return;
	if (client_request(&client, &look, NULL) >= 0 && client_wait(&client, &answer, NULL) > 0)
		wire_message_done(&answer);
	client_done(&client);
}

/* Tries until nobody else is in between. */
static int try_on(struct making *m, struct oid *ret, struct err *err)
{
	nsec_t end = time_monotonic() + RETRY_TIME, locked = 0;

	for (;;) {
		nsec_t now;
		int r;

		forget_try(m);
		err_clear(err);
		r = try(m, ret, err);
		now = time_monotonic();
		if (r != -EBUSY)
			locked = 0;
		else if (locked == 0)
			locked = now;
		if ((r != -ESTALE && r != -EBUSY) || now >= end)
			return r;
		if (locked && now - locked >= LOCKED_TIME)
			return err_wrap(err, r,
				"another program is changing the repository, or has left its lock behind "
				"(then "
				"remove that file)");
		if (r == -EBUSY)
			poll(NULL, 0, LOCKED_PAUSE_MS);
	}
}

int commit_make(const struct home *h, const struct commit_request *request, struct oid *ret, struct err *err)
{
	struct making m = { .home = h, .request = request };
	int r = target_open(h, &m.target, err);

	if (r < 0)
		return r;
	diags_init(&m.problems);
	r = target_author(&m.target, &m.author, &m.email, err);
	if (r == 0)
		r = try_on(&m, ret, err);
	if (r == 0 && m.target.remote && !request->dry_run)
		tell_pintled(h);
	forget_try(&m);
	diags_done(&m.problems);
	target_done(&m.target);
	free(m.author);
	free(m.email);
	return r;
}
