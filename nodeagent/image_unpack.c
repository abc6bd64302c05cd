/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One job a layer, whoever wants it: requests hang on jobs, jobs run in children, a few at a time. A job
 * unpacks into tmp/unpack-HEX and renames that to layers/HEX, so that a layer is there whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"

enum { JOBS_AT_ONCE = 4, COMMAND_MAX = 8 };

struct image_unpack {
	struct image *image;
	image_unpack_fn fn; /* NULL once cancelled */
	void *arg;
	size_t pending; /* layers still to come */
	int code;       /* of the first that failed */
	struct err err;
	struct loop_source *now; /* when nothing is to be done: calls back at the turn's end */
};

struct layer_job {
	struct layer_job *next;
	struct image_store *store;
	struct loop *loop;
	char *blob, *diff_id; /* digests */
	char *tmp, *path;     /* where it is made, where it goes */
	bool started;         /* its time has come: kicked or running */
	struct loop_source *kick;
	struct proc *proc; /* once it runs */
	struct image_unpack **waiters;
	size_t waiter_count, waiter_cap;
};

/* --- requests --------------------------------------------------------------------------------- */

static void request_free(struct image_unpack *u)
{
	loop_source_free(u->now);
	image_release(u->image);
	free(u);
}

static void request_finish(struct image_unpack *u)
{
	if (u->fn)
		u->fn(u->code, u->code < 0 ? &u->err : NULL, u->arg);
	request_free(u);
}

static int request_finish_now(void *arg)
{
	request_finish(arg);
	return 0;
}

static const char *image_title(const struct image *i)
{
	return i->names.count > 0 ? i->names.items[0] : i->digest;
}

/* One of its layers is done, well or not. */
static void request_layer_done(struct image_unpack *u, int code, const struct err *err)
{
	if (code < 0 && u->code == 0) {
		u->code = code;
		u->err = *err;
		err_wrap(&u->err, code, "image %s", image_title(u->image));
	}
	if (--u->pending == 0)
		request_finish(u);
}

struct image_unpack *image_unpack_cancel(struct image_unpack *u)
{
	if (u)
		u->fn = NULL;
	return NULL;
}

/* --- jobs ------------------------------------------------------------------------------------- */

static void job_free(struct layer_job *j)
{
	proc_cancel(j->proc);
	loop_source_free(j->kick);
	free(j->blob);
	free(j->diff_id);
	free(j->tmp);
	free(j->path);
	free(j->waiters);
	free(j);
}

static void job_unlink(struct layer_job *j)
{
	struct layer_job **p = &j->store->jobs;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
}

static void start_waiting(struct image_store *s);

static void job_finish(struct layer_job *j, int code, const struct err *err)
{
	struct image_store *s = j->store;

	j->proc = NULL;
	job_unlink(j);
	for (size_t i = 0; i < j->waiter_count; i++)
		request_layer_done(j->waiters[i], code, err);
	job_free(j);
	start_waiting(s);
}

/* The child's "ERRNO text". A damaged blob goes, so that the next import or pull brings it anew. */
static int job_failure(struct layer_job *j, const struct proc_result *result, struct err *err)
{
	const char *text = result->out.data;
	int code = -atoi(text);

	if (code >= 0)
		return err_set(err, -EIO, "layer %s: unpacking ended with status %d: %s", j->blob,
			result->status, result->errs.data);
	text += strcspn(text, " ");
	text += strspn(text, " ");
	_cleanup_(freep) char *line = xstrndup(text, strcspn(text, "\n"));
	if (code != -EBADMSG)
		return err_set(err, code, "layer %s: unpacking: %s", j->blob, line);
	_cleanup_(freep) char *blob = store_blob_path(j->store, j->blob);
	unlink(blob);
	return err_set(err, code, "layer %s is damaged: %s; import or pull the image again", j->blob, line);
}

static int job_publish(struct layer_job *j, struct err *err)
{
	if (rename(j->tmp, j->path) == 0)
		return 0;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return fs_remove_tree(AT_FDCWD, j->tmp, err);
	return err_errno(err, -errno, "layer %s: creating %s", j->blob, j->path);
}

static void job_exited(const struct proc_result *result, const struct err *run_err, void *arg)
{
	struct layer_job *j = arg;
	struct err err = { 0 };
	int code;

	if (run_err && run_err->code < 0)
		code = err_set(&err, run_err->code, "layer %s: unpacking: %s", j->blob, err_text(run_err));
	else if (result->status != 0)
		code = job_failure(j, result, &err);
	else
		code = job_publish(j, &err);
	if (code < 0)
		fs_remove_tree(AT_FDCWD, j->tmp, NULL);
	job_finish(j, code, &err);
}

static int job_start(struct layer_job *j, struct err *err)
{
	_cleanup_(freep) char *blob = store_blob_path(j->store, j->blob);
	const char *argv[COMMAND_MAX + 4];
	size_t n = 0;

	if (!fs_exists(AT_FDCWD, blob))
		return err_set(err, -EBADMSG, "layer %s is missing: import or pull the image again", j->blob);
	int r = fs_remove_tree(AT_FDCWD, j->tmp, err);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, j->tmp, 0755, err);
	if (r < 0)
		return r;
	for (; n < COMMAND_MAX && j->store->unpack_command[n]; n++)
		argv[n] = j->store->unpack_command[n];
	argv[n++] = blob;
	argv[n++] = j->diff_id;
	argv[n++] = j->tmp;
	argv[n] = NULL;
	struct proc_spec spec = { .argv = argv, .die_with_parent = true };
	return proc_start(j->loop, &spec, job_exited, j, &j->proc, err);
}

/* At the end of the turn in which its time came. */
static int job_kicked(void *arg)
{
	struct layer_job *j = arg;
	struct err err = { 0 };
	int r = job_start(j, &err);

	if (r < 0)
		job_finish(j, r, &err);
	return 0;
}

/* Lets jobs begin for as long as fewer than JOBS_AT_ONCE are under way. */
static void start_waiting(struct image_store *s)
{
	size_t started = 0;

	for (struct layer_job *j = s->jobs; j; j = j->next)
		started += j->started;
	for (struct layer_job *j = s->jobs; j && started < JOBS_AT_ONCE; j = j->next) {
		if (j->started)
			continue;
		j->started = true;
		loop_defer_arm(j->kick);
		started++;
	}
}

static struct layer_job *job_find(struct image_store *s, const char *diff_id)
{
	for (struct layer_job *j = s->jobs; j; j = j->next)
		if (str_eq(j->diff_id, diff_id))
			return j;
	return NULL;
}

/* Behind the others: layers are begun in the order they were asked for. */
static int job_new(struct image_store *s, struct loop *l, const char *blob, const char *diff_id,
	struct layer_job **ret, struct err *err)
{
	struct layer_job *j = xcalloc(1, sizeof(*j)), **end = &s->jobs;

	j->store = s;
	j->loop = l;
	j->blob = xstrdup(blob);
	j->diff_id = xstrdup(diff_id);
	j->tmp = xasprintf("%s/tmp/unpack-%s", s->dir, image_digest_hex(diff_id));
	j->path = store_layer_path(s, diff_id);
	int r = loop_defer(l, job_kicked, j, &j->kick, err);
	if (r < 0) {
		job_free(j);
		return r;
	}
	while (*end)
		end = &(*end)->next;
	*end = *ret = j;
	return 0;
}

static int request_layer(
	struct image_store *s, struct loop *l, struct image_unpack *u, size_t index, struct err *err)
{
	const char *diff_id = u->image->config.diff_ids.items[index];
	_cleanup_(freep) char *path = store_layer_path(s, diff_id);
	struct layer_job *j = job_find(s, diff_id);

	if (!j && fs_exists(AT_FDCWD, path))
		return 0;
	if (!j) {
		int r = job_new(s, l, u->image->manifest.layers.items[index].digest, diff_id, &j, err);

		if (r < 0)
			return r;
	}
	/* The same layer twice in one image counts once. */
	for (size_t i = 0; i < j->waiter_count; i++)
		if (j->waiters[i] == u)
			return 0;
	j->waiters = grow(j->waiters, &j->waiter_cap, j->waiter_count + 1, sizeof(j->waiters[0]));
	j->waiters[j->waiter_count++] = u;
	u->pending++;
	return 0;
}

/* Takes U from all jobs that have it; the jobs go on. */
static void request_withdraw(struct image_store *s, struct image_unpack *u)
{
	for (struct layer_job *j = s->jobs; j; j = j->next)
		for (size_t i = j->waiter_count; i-- > 0;)
			if (j->waiters[i] == u)
				j->waiters[i] = j->waiters[--j->waiter_count];
	request_free(u);
}

int image_unpack_start(struct image_store *s, struct loop *l, struct image *image, image_unpack_fn fn,
	void *arg, struct image_unpack **ret, struct err *err)
{
	struct image_unpack *u = xcalloc(1, sizeof(*u));
	int r = s->unpack_command ? 0
				  : err_set(err, -EPERM, "image store %s: not opened for unpacking", s->dir);

	u->image = image_retain(image);
	u->fn = fn;
	u->arg = arg;
	for (size_t i = 0; r == 0 && i < image->config.diff_ids.count; i++)
		r = request_layer(s, l, u, i, err);
	if (r == 0 && u->pending == 0) {
		r = loop_defer(l, request_finish_now, u, &u->now, err);
		if (r == 0)
			loop_defer_arm(u->now);
	}
	start_waiting(s);
	if (r < 0) {
		request_withdraw(s, u);
		return r;
	}
	if (ret)
		*ret = u;
	return 0;
}

void store_cancel_jobs(struct image_store *s)
{
	while (s->jobs) {
		struct layer_job *j = s->jobs;

		s->jobs = j->next;
		/* A request hangs on several jobs: the last one frees it. */
		for (size_t i = 0; i < j->waiter_count; i++)
			if (--j->waiters[i]->pending == 0)
				request_free(j->waiters[i]);
		job_free(j);
	}
}
