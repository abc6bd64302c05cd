/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A round: scratch directory, checkout of all that the wanted builds need, the builds, several at a time, then the scratch
 * directory goes. A round that is cut short (reset, free) kills its children and removes it too.
 */
#include "reconciler/kustomize.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

enum { SLOTS_MAX = 8 };

const struct kustomize_limits kustomize_limits_default = {
	.time = 60 * NSEC_PER_SEC,
	.memory = (uint64_t)1 << 30,
	.output = 16 << 20,
	.files = 16 << 20,
};

struct result {
	char *id;
	char *text; /* or NULL */
	size_t len;
	char *error; /* or NULL */
	bool no_program;
};

struct wish {
	struct kustomize *k;
	char *id, *dir;
	struct oid key;
	struct proc *proc; /* while it is built */
	bool kubectl;      /* the second program */
};

struct kustomize {
	char *cache, *scratch;
	struct kustomize_limits limits;
	struct map results; /* id → struct result */
	/* Where from: */
	char *from;
	struct oid commit;
	/* What is wanted, and the directories of all. */
	struct wish **wishes;
	size_t wish_count, wish_cap, next, running;
	char **dirs;
	size_t dir_count, dir_cap;
	struct map dir_known;
	/* A round: */
	struct loop *loop;
	char *round, *tree; /* round: the scratch directory; tree: in it, the checkout */
	struct proc *checkout;
	struct loop_source *copied;
	kustomize_done_fn fn;
	void *arg;
};

/* --- results ------------------------------------------------------------------------------------------------ */

static void result_free(struct result *r)
{
	free(r->id);
	free(r->text);
	free(r->error);
	free(r);
}

static void add_result(struct kustomize *k, const char *id, const char *text, size_t len, char *error)
{
	struct result *r = xcalloc(1, sizeof(*r)), *old;

	*r = (struct result){ .id = xstrdup(id), .len = len, .error = error };
	if (!error) {
		r->text = xcalloc(len + 1, 1);
		if (len > 0)
			memcpy(r->text, text, len);
	}
	old = map_put(&k->results, r->id, r);
	if (old)
		result_free(old);
}

static char *id_of(const struct kustomize_build *b)
{
	char hex[OID_HEX];

	return oid_is_zero(&b->key) ? xasprintf("/%s", b->dir) : xstrdup(oid_format(&b->key, hex));
}

/* --- what is wanted ------------------------------------------------------------------------------------------- */

static void forget_wishes(struct kustomize *k)
{
	for (size_t i = 0; i < k->wish_count; i++) {
		if (k->wishes[i]->proc)
			proc_cancel(k->wishes[i]->proc);
		free(k->wishes[i]->id);
		free(k->wishes[i]->dir);
		free(k->wishes[i]);
	}
	for (size_t i = 0; i < k->dir_count; i++)
		free(k->dirs[i]);
	map_clear(&k->dir_known);
	k->wish_count = k->dir_count = k->next = k->running = 0;
}

/* The end of a round, done or not: no child is left, nor the scratch directory. */
static void end_round(struct kustomize *k)
{
	if (k->checkout)
		k->checkout = proc_cancel(k->checkout);
	k->copied = loop_source_free(k->copied);
	forget_wishes(k);
	if (k->round)
		fs_remove_tree(AT_FDCWD, k->round, NULL);
	free(k->round);
	free(k->tree);
	k->round = k->tree = NULL;
	k->fn = NULL;
}

static void add_wish(struct kustomize *k, const char *id, const struct kustomize_build *b)
{
	struct wish *w;

	for (size_t i = 0; i < k->wish_count; i++)
		if (str_eq(k->wishes[i]->id, id))
			return;
	w = xcalloc(1, sizeof(*w));
	*w = (struct wish){ .k = k, .id = xstrdup(id), .dir = xstrdup(b->dir), .key = b->key };
	k->wishes = grow(k->wishes, &k->wish_cap, k->wish_count + 1, sizeof(w));
	k->wishes[k->wish_count++] = w;
	for (size_t i = 0; i < b->dir_count; i++) {
		if (map_has(&k->dir_known, b->dirs[i]))
			continue;
		k->dirs = grow(k->dirs, &k->dir_cap, k->dir_count + 1, sizeof(k->dirs[0]));
		k->dirs[k->dir_count] = xstrdup(b->dirs[i]);
		map_put(&k->dir_known, k->dirs[k->dir_count], k);
		k->dir_count++;
	}
}

void kustomize_from(struct kustomize *k, const char *dir, const struct oid *commit)
{
	end_round(k);
	free(k->from);
	k->from = xstrdup(dir);
	k->commit = commit ? *commit : (struct oid){ 0 };
}

int kustomize_look(struct kustomize *k, const struct kustomize_build *b, struct kustomize_result *ret)
{
	_cleanup_(freep) char *id = id_of(b);
	_cleanup_(buf_done) struct buf kept = BUF_INIT;
	const struct result *r = map_get(&k->results, id);

	if (!r && k->cache && !oid_is_zero(&b->key) &&
		kustomize_cache_get(k->cache, &b->key, k->limits.output, &kept) == 0) {
		add_result(k, id, kept.data, kept.len, NULL);
		r = map_get(&k->results, id);
	}
	if (!r) {
		add_wish(k, id, b);
		return 0;
	}
	*ret = (struct kustomize_result){
		.text = r->text, .len = r->len, .error = r->error, .no_program = r->no_program
	};
	return 1;
}

size_t kustomize_pending(const struct kustomize *k)
{
	return k->wish_count - k->next + k->running;
}

/* --- a build ----------------------------------------------------------------------------------------------------- */

static void go_on(struct kustomize *k);

/* Why the child's end was no good end; NULL: it was one. */
static char *failure(const struct kustomize *k, const struct proc_result *result, const struct err *err)
{
	if (err && err->code)
		return xstrdup(err->text);
	if (result->timed_out || result->status == 128 + SIGXCPU)
		return xasprintf(
			"it was not built within %lld s", (long long)(k->limits.time / NSEC_PER_SEC));
	if (result->overflowed)
		return xasprintf("what is built has more than %zu bytes", k->limits.output);
	if (result->status == 0)
		return NULL;
	if (strstr(result->errs.data, "out of memory") || strstr(result->errs.data, "cannot allocate memory"))
		return xasprintf("it needs more than %llu MiB of memory",
			(unsigned long long)(k->limits.memory >> 20));
	if (result->errs.len == 0)
		return xasprintf("kustomize ended with status %d", result->status);
	return kustomize_complaint(result->errs.data, k->tree);
}

static void on_built(const struct proc_result *result, const struct err *err, void *arg)
{
	struct wish *w = arg;
	struct kustomize *k = w->k;
	char *error = failure(k, result, err);

	w->proc = NULL;
	k->running--;
	add_result(k, w->id, result->out.data, result->out.len, error);
	if (!error && k->cache && !oid_is_zero(&w->key))
		kustomize_cache_put(k->cache, &w->key, result->out.data, result->out.len);
	go_on(k);
}

static int start_program(struct wish *w, struct err *err)
{
	struct kustomize *k = w->k;
	_cleanup_(freep) char *dir = xasprintf("./%s", w->dir);
	_cleanup_(freep) char *memory = xasprintf(
		"GOMEMLIMIT=%llu", (unsigned long long)k->limits.memory / 2);
	const char *const kustomize[] = { "kustomize", "build", dir, NULL };
	const char *const kubectl[] = { "kubectl", "kustomize", dir, NULL };
	const char *const env[] = { "LC_ALL=C", "HOME=/nonexistent", "KUBECONFIG=/dev/null", memory, NULL };
	const struct proc_limit limits[] = {
		{ RLIMIT_DATA, k->limits.memory },
		{ RLIMIT_CPU, (uint64_t)(k->limits.time / NSEC_PER_SEC) + 1 },
		{ RLIMIT_FSIZE, k->limits.files },
		{ RLIMIT_CORE, 0 },
	};
	const struct proc_spec spec = {
		.argv = w->kubectl ? kubectl : kustomize,
		.env = env,
		.env_clear = true,
		.cwd = k->tree,
		.output_max = k->limits.output,
		.output_ends = true,
		.timeout = k->limits.time,
		.die_with_parent = true,
		.new_session = true,
		.no_network = true,
		.limits = limits,
		.limit_count = ARRAY_LEN(limits),
	};

	return proc_start(k->loop, &spec, on_built, w, &w->proc, err);
}

/* Is there no such program? Directories of PATH that are closed to us hold none that counts. */
static bool is_missing(int r)
{
	return r == -ENOENT || r == -EACCES;
}

static void start_build(struct wish *w)
{
	struct kustomize *k = w->k;
	struct err err = { 0 };
	int r = start_program(w, &err);

	if (is_missing(r)) {
		w->kubectl = true;
		err_clear(&err);
		r = start_program(w, &err);
	}
	if (r >= 0) {
		k->running++;
		return;
	}
	add_result(k, w->id, NULL, 0,
		is_missing(r) ? xasprintf("kustomize is needed to build it: install kustomize, or kubectl")
			      : xstrdup(err.text));
	((struct result *)map_get(&k->results, w->id))->no_program = is_missing(r);
}

/* --- a round ------------------------------------------------------------------------------------------------------ */

/* Ends the round and says so; the last thing that a handler does. */
static void finish(struct kustomize *k, const struct err *err)
{
	kustomize_done_fn fn = k->fn;
	void *arg = k->arg;

	end_round(k);
	fn(err, arg);
}

static size_t slots(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > SLOTS_MAX ? SLOTS_MAX : (size_t)n;
}

static void go_on(struct kustomize *k)
{
	while (k->next < k->wish_count && k->running < slots())
		start_build(k->wishes[k->next++]);
	if (k->running == 0)
		finish(k, NULL);
}

static void on_checked_out(const struct proc_result *result, const struct err *err, void *arg)
{
	struct kustomize *k = arg;
	struct err why = { 0 };

	k->checkout = NULL;
	if (!(err && err->code) && result->status == 0) {
		go_on(k);
		return;
	}
	_cleanup_(freep) char *text = err && err->code    ? xstrdup(err->text)
				      : result->timed_out ? xstrdup("no end in time")
							  : kustomize_complaint(result->errs.data, k->tree);
	if (result->status == 128 + SIGXFSZ)
		err_set(&why, -EFBIG, "a file for kustomize has more than %zu bytes", k->limits.files);
	else
		err_set(&why, -EIO, "checking out the commit for kustomize: %s", text);
	finish(k, &why);
}

static int make_scratch(struct kustomize *k, struct err *err)
{
	char *dir = xasprintf("%s/kustomize-XXXXXX", k->scratch);

	if (!mkdtemp(dir)) {
		int r = err_errno(err, -errno, "making %s", dir);

		free(dir);
		return r;
	}
	k->round = dir;
	k->tree = xasprintf("%s/tree", dir);
	return fs_mkdir_p(AT_FDCWD, k->tree, 0700, err);
}

/* The copy is there already: the builds start in a turn of the loop, like after a checkout. */
static int on_copied(void *arg)
{
	go_on(arg);
	return 0;
}

static int fill_scratch(struct kustomize *k, struct err *err)
{
	_cleanup_(freep) char *index = xasprintf("%s/index", k->round);
	const char *const *dirs = (const char *const *)k->dirs;
	const struct kustomize_checkout c = {
		.git_dir = k->from,
		.to = k->tree,
		.index = index,
		.commit = &k->commit,
		.dirs = dirs,
		.dir_count = k->dir_count,
		.limits = &k->limits,
	};

	if (!oid_is_zero(&k->commit))
		return kustomize_checkout_start(k->loop, &c, on_checked_out, k, &k->checkout, err);
	int r = kustomize_copy(k->from, dirs, k->dir_count, k->tree, k->limits.files, err);
	return r < 0 ? r : loop_timer(k->loop, time_monotonic(), on_copied, k, &k->copied, err);
}

int kustomize_start(struct kustomize *k, struct loop *loop, kustomize_done_fn fn, void *arg, struct err *err)
{
	int r;

	k->loop = loop;
	k->fn = fn;
	k->arg = arg;
	r = make_scratch(k, err);
	if (r >= 0)
		r = fill_scratch(k, err);
	if (r < 0)
		end_round(k);
	return r;
}

/* --- without a loop ------------------------------------------------------------------------------------------------- */

struct waiting {
	struct loop *loop;
	struct err err;
};

static void on_done(const struct err *err, void *arg)
{
	struct waiting *w = arg;

	if (err)
		w->err = *err;
	loop_stop(w->loop, 0);
}

int kustomize_run(struct kustomize *k, struct err *err)
{
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct waiting w = { 0 };
	int r = loop_new(&loop, err);

	w.loop = loop;
	if (r >= 0)
		r = kustomize_start(k, loop, on_done, &w, err);
	if (r >= 0)
		r = loop_run(loop, err);
	if (r >= 0 && w.err.code)
		return err_set(err, w.err.code, "%s", w.err.text);
	return r;
}

/* --- life -------------------------------------------------------------------------------------------------------------- */

struct kustomize *kustomize_new(const struct kustomize_spec *spec)
{
	struct kustomize *k = xcalloc(1, sizeof(*k));

	k->cache = spec->cache ? xstrdup(spec->cache) : NULL;
	k->scratch = xstrdup(spec->scratch);
	k->limits = spec->limits ? *spec->limits : kustomize_limits_default;
	return k;
}

void kustomize_reset(struct kustomize *k)
{
	end_round(k);
	for (size_t i = 0; i < k->results.count; i++)
		result_free(k->results.entries[i].value);
	map_clear(&k->results);
}

struct kustomize *kustomize_free(struct kustomize *k)
{
	if (!k)
		return NULL;
	kustomize_reset(k);
	map_done(&k->results);
	map_done(&k->dir_known);
	free(k->wishes);
	free(k->dirs);
	free(k->cache);
	free(k->scratch);
	free(k->from);
	free(k);
	return NULL;
}

void kustomize_freep(struct kustomize **k)
{
	*k = kustomize_free(*k);
}
