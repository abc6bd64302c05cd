/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * skopeo copies into a layout of its own below the store's tmp/, whose blobs are the store's: what is there is not
 * fetched again. While it runs, `incoming` keeps the collector away from blobs that nothing
 * names yet. At the end the manifest it wrote gets the reference's name in the store's index.
 *
 * A fetch is one child; pulls are who waits for it.
 */
#include "nodeagent/image_pull.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"

enum { ARGV_MAX = 20 };

struct image_pull {
	image_pull_fn fn; /* NULL: cancelled */
	void *arg;
	struct image_pull *next;
};

struct fetch {
	struct image_pulls *pulls;
	struct fetch *next;
	char *name;      /* canonical */
	char *auth;      /* or NULL */
	char *tmp;       /* the layout that skopeo makes */
	char *auth_file; /* or NULL */
	int incoming;
	struct proc *proc;
	struct image_pull *waiters; /* in the order they came */
};

struct image_pulls {
	struct loop *loop;
	struct image_store *store;
	char *run_dir;
	struct fetch *fetches;
	unsigned counter; /* for names below tmp/ */
};

/* --- fetches ---------------------------------------------------------------------------------- */

static struct fetch *fetch_free(struct fetch *f)
{
	proc_cancel(f->proc);
	if (f->auth_file)
		unlink(f->auth_file);
	fs_remove_tree(AT_FDCWD, f->tmp, NULL);
	fd_close(f->incoming);
	free(f->name);
	free(f->auth);
	free(f->tmp);
	free(f->auth_file);
	while (f->waiters) {
		struct image_pull *p = f->waiters;

		f->waiters = p->next;
		free(p);
	}
	free(f);
	return NULL;
}

static void fetch_unlink(struct fetch *f)
{
	struct fetch **p = &f->pulls->fetches;

	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
}

/* Gives the manifest that skopeo wrote its name, and loads the image. */
static int fetch_publish(struct fetch *f, struct image **ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(freep) char *path = xasprintf("%s/index.json", f->tmp);
	struct image_descriptors index = { 0 };
	struct buf text = BUF_INIT;
	int r = fs_read(AT_FDCWD, path, IMAGE_JSON_MAX, &text, err);

	if (r == 0)
		r = image_index_parse(arena, text.data, text.len, &index, err);
	buf_done(&text);
	if (r == 0 && index.count != 1)
		r = err_set(err, -EBADMSG, "skopeo left %zu manifests", index.count);
	if (r == 0)
		r = store_put(f->pulls->store, f->name, index.items[0].digest, err);
	return r == 0 ? image_store_find(f->pulls->store, f->name, ret, err) : r;
}

/* The last line of skopeo's stderr, without logrus' frame: time="…" level=fatal msg="…". */
static char *last_message(const char *errs)
{
	size_t len = strlen(errs);

	while (len > 0 && errs[len - 1] == '\n')
		len--;
	size_t start = len;
	while (start > 0 && errs[start - 1] != '\n')
		start--;
	char *line = xstrndup(errs + start, len - start), *msg = strstr(line, "msg=\"");
	if (msg) {
		memmove(line, msg + 5, strlen(msg + 5) + 1);
		len = strlen(line);
		if (len > 0 && line[len - 1] == '"')
			line[len - 1] = '\0';
	}
	return line;
}

static int fetch_failure(const struct fetch *f, const struct proc_result *result, struct err *err)
{
	_cleanup_(freep) char *message = last_message(result->errs.data);
	const char *reason;
	int code = image_pull_reason(message, &reason);

	if (result->timed_out)
		return err_set(err, -ETIMEDOUT, "pulling image %s: it took too long", f->name);
	if (code == -ENOSPC)
		return err_set(err, code, "pulling image %s: %s: No space left on device", f->name,
			image_store_dir(f->pulls->store));
	if (reason)
		return err_set(err, code, "pulling image %s: %s (%s)", f->name, reason, message);
	return err_set(err, code, "pulling image %s: %s", f->name,
		*message ? message : "skopeo failed and said nothing");
}

static void fetch_done(const struct proc_result *result, const struct err *run_err, void *arg)
{
	_cleanup_(image_releasep) struct image *image = NULL;
	struct fetch *f = arg;
	struct image_store *store = f->pulls->store;
	struct err err = { 0 };
	int r;

	f->proc = NULL;
	if (run_err && run_err->code < 0)
		r = err_set(&err, run_err->code, "pulling image %s: %s", f->name, err_text(run_err));
	else if (result->status != 0)
		r = fetch_failure(f, result, &err);
	else
		r = fetch_publish(f, &image, &err);
	fetch_unlink(f);
	struct image_pull *waiters = TAKE_PTR(f->waiters);
	fetch_free(f);
	store_collect(store, NULL); /* what a failed pull or an image that lost its name left */
	while (waiters) {
		struct image_pull *p = waiters;

		waiters = p->next;
		if (p->fn)
			p->fn(r, image, r < 0 ? &err : NULL, p->arg);
		free(p);
	}
}

static int fetch_write_auth(struct fetch *f, struct err *err)
{
	if (!f->auth)
		return 0;
	f->auth_file = xasprintf("%s/auth-%u.json", f->pulls->run_dir, f->pulls->counter);
	int r = fs_mkdir_p(AT_FDCWD, f->pulls->run_dir, 0700, err);
	return r < 0 ? r : fs_write(AT_FDCWD, f->auth_file, f->auth, strlen(f->auth), 0600, 0, err);
}

/* skopeo takes a tag or a digest, not both: the digest says more. */
static char *source_of(const struct image_ref *ref)
{
	_cleanup_(freep) char *repository = image_ref_repository(ref);

	return xasprintf(
		"docker://%s%s%s", repository, ref->digest ? "@" : ":", ref->digest ? ref->digest : ref->tag);
}

static int fetch_start(struct fetch *f, const struct image_ref *ref, nsec_t timeout, struct err *err)
{
	_cleanup_(freep) char *source = source_of(ref);
	_cleanup_(freep) char *target = xasprintf("oci:%s:pulled", f->tmp);
	_cleanup_(freep) char *blobs = xasprintf("%s/blobs", image_store_dir(f->pulls->store));
	const char *argv[ARGV_MAX] = { "skopeo", "--override-os", "linux", "copy", "--quiet",
		"--dest-shared-blob-dir", blobs };
	size_t n = 7;

	if (image_ref_is_loopback(ref))
		argv[n++] = "--src-tls-verify=false";
	if (f->auth_file) {
		argv[n++] = "--src-authfile";
		argv[n++] = f->auth_file;
	} else {
		argv[n++] = "--src-no-creds"; /* never the credentials that root happens to have */
	}
	argv[n++] = source;
	argv[n++] = target;
	/* It keeps what it downloads below TMPDIR for a while. */
	_cleanup_(freep) char *tmpdir = xasprintf("TMPDIR=%s/tmp", image_store_dir(f->pulls->store));
	const char *const env[] = { tmpdir, NULL };
	struct proc_spec spec = { .argv = argv, .env = env, .timeout = timeout, .die_with_parent = true };
	return proc_start(f->pulls->loop, &spec, fetch_done, f, &f->proc, err);
}

static int fetch_new(struct image_pulls *pulls, const struct image_pull_spec *spec,
	const struct image_ref *ref, struct fetch **ret, struct err *err)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->pulls = pulls;
	f->name = image_ref_format(ref);
	f->auth = spec->auth ? xstrdup(spec->auth) : NULL;
	f->tmp = xasprintf(
		"%s/tmp/pull-%d-%u", image_store_dir(pulls->store), (int)getpid(), ++pulls->counter);
	f->incoming = store_incoming(pulls->store, err);
	int r = f->incoming < 0 ? f->incoming : fs_remove_tree(AT_FDCWD, f->tmp, err);
	if (r == 0)
		r = fetch_write_auth(f, err);
	if (r == 0)
		r = fetch_start(f, ref, spec->timeout, err);
	if (r < 0) {
		err_wrap(err, r, "pulling image %s", f->name);
		fetch_free(f);
		return r;
	}
	f->next = pulls->fetches;
	pulls->fetches = *ret = f;
	return 0;
}

/* --- pulls ------------------------------------------------------------------------------------ */

struct image_pulls *image_pulls_new(struct loop *loop, struct image_store *store, const char *run_dir)
{
	struct image_pulls *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->store = store;
	p->run_dir = xstrdup(run_dir);
	return p;
}

struct image_pulls *image_pulls_free(struct image_pulls *p)
{
	if (!p)
		return NULL;
	while (p->fetches) {
		struct fetch *f = p->fetches;

		p->fetches = f->next;
		fetch_free(f);
	}
	free(p->run_dir);
	free(p);
	return NULL;
}

static struct fetch *find_fetch(const struct image_pulls *p, const char *name, const char *auth)
{
	for (struct fetch *f = p->fetches; f; f = f->next)
		if (str_eq(f->name, name) && str_eq(f->auth, auth))
			return f;
	return NULL;
}

int image_pull_start(struct image_pulls *p, const struct image_pull_spec *spec, image_pull_fn fn, void *arg,
	struct image_pull **ret, struct err *err)
{
	struct image_ref ref;
	int r = image_ref_parse(spec->reference, &ref, err);

	if (r < 0)
		return r;
	_cleanup_(freep) char *name = image_ref_format(&ref);
	struct fetch *f = find_fetch(p, name, spec->auth);
	if (!f)
		r = fetch_new(p, spec, &ref, &f, err);
	image_ref_done(&ref);
	if (r < 0)
		return r;
	struct image_pull *pull = xcalloc(1, sizeof(*pull)), **end = &f->waiters;
	pull->fn = fn;
	pull->arg = arg;
	while (*end)
		end = &(*end)->next;
	*end = pull;
	if (ret)
		*ret = pull;
	return 0;
}

struct image_pull *image_pull_cancel(struct image_pull *p)
{
	if (p)
		p->fn = NULL;
	return NULL;
}
