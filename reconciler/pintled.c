/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Wiring: a home, its tree, its repository, its sockets, on one loop. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/key.h"
#include "reconciler/pintled_internal.h"
#include "reconciler/time_zone_files.h"

enum {
	TURNS_MAX = 64,      /* attempts to connect at once */
	HANDSHAKES_MAX = 16, /* of SSH at once: each is milliseconds of arithmetic */
};

/* --- the tree ------------------------------------------------------------------------------------------------- */

struct loading {
	struct pintled *p;
	struct err *err;
};

static int load_entry(const char *path, const char *json, size_t len, void *arg)
{
	struct loading *l = arg;
	int r;

	if (str_eq(path, "sync.json")) {
		r = sync_state_read(&l->p->sync, json, len, l->err);
		l->p->sync_changed = false;
	} else {
		r = world_load(&l->p->world, json, len, l->err);
	}
	return r < 0 ? err_wrap(l->err, r, "%s", path) : 0;
}

static int load_tree(struct pintled *p, struct err *err)
{
	_cleanup_(freep) char *dir = home_path(p->home, "actual");
	struct loading l = { .p = p, .err = err };
	int r = actual_open(dir, &p->actual, err);

	if (r < 0)
		return r;
	r = actual_each(p->actual, load_entry, &l, err);
	if (r < 0)
		return err_wrap(err, r, "reading the actual tree");
	snprintf(p->world.commit, sizeof(p->world.commit), "%s", p->sync.in_force);
	world_load_finish(&p->world);
	p->world.tree_version = (int64_t)actual_next_version(p->actual) - 1;
	time_zone_files_read(&p->world, NULL);
	return 0;
}

static int make_world(struct pintled *p, const char *host_name, bool take_over, struct err *err)
{
	struct world_settings s = { .host_name = host_name };
	uint64_t term;
	char host[65];
	int r;

	r = key_open(p->home, s.key, err);
	if (r >= 0 && take_over)
		r = home_take_over(p->home, err);
	if (r >= 0)
		r = home_term_next(p->home, &term, err);
	if (r < 0)
		return r;
	s.term = (int64_t)term;
	snprintf(s.cluster_id, sizeof(s.cluster_id), "%s", p->home->cluster_id);
	world_init(&p->world, &s, time_now());
	sync_state_init(&p->sync, time_now());
	p->sync_changed = true;
	if (gethostname(host, sizeof(host)) < 0)
		return err_errno(err, -errno, "reading the host's name");
	host[sizeof(host) - 1] = '\0';
	snprintf(p->holder, sizeof(p->holder), "%s:%d:%lld", host, (int)getpid(), (long long)time_now());
	return load_tree(p, err);
}

static char *user_name(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? xstrdup(pw->pw_name) : xasprintf("%u", (unsigned)uid);
}

/* --- sources of events -------------------------------------------------------------------------------------------- */

static int on_pass_timer(void *arg)
{
	pintled_want_drain(arg);
	return 0;
}

static int on_stop(int signo, void *arg)
{
	struct pintled *p = arg;

	(void)signo;
	loop_stop(p->loop, 0);
	return 0;
}

static void on_sync(void *arg)
{
	struct pintled *p = arg;

	source_poke(p->source);
}

static int listen_for_readers(struct pintled *p, struct err *err)
{
	_cleanup_(freep) char *path = home_path(p->home, "run/read.sock");
	const struct readsock_spec spec = {
		.path = path,
		.owner = p->home->uid,
		.group = p->home->gid,
		.route = pintled_route,
		.sync = on_sync,
		.status = pintled_status,
		.arg = p,
	};

	return readsock_new(p->loop, &spec, &p->readsock, err);
}

static int watch_repository(struct pintled *p, struct err *err)
{
	_cleanup_(freep) char *repository = home_repository(p->home);
	_cleanup_(freep) char *mirror = home_path(p->home, "desired.git");
	const struct source_spec spec = {
		.repository = repository,
		.branch = p->home->config.branch,
		.mirror = mirror,
		.interval = p->home->config.interval,
	};

	int r = source_new(p->loop, &spec, pintled_on_source, p, &p->source, err);
	if (r >= 0)
		pintled_set_interval(p);
	return r;
}

/* Scratch checkouts that a killed pintled left behind. */
static void remove_scratch(const struct home *h)
{
	char **names;
	size_t count;
	_cleanup_(closep) int run = fs_open_dir(h->fd, "run", NULL);

	if (run < 0 || fs_list(run, ".", &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (str_starts(names[i], "kustomize-"))
			fs_remove_tree(run, names[i], NULL);
	fs_names_free(names, count);
}

static int make_builder(struct pintled *p, struct err *err)
{
	_cleanup_(freep) char *cache = home_path(p->home, "kustomize");
	_cleanup_(freep) char *run = home_path(p->home, "run");
	const struct kustomize_spec spec = { .cache = cache, .scratch = run };
	int r = fs_mkdir_p(p->home->fd, "kustomize", 0700, err);

	if (r < 0)
		return r;
	remove_scratch(p->home);
	p->builder = kustomize_new(&spec);
	return 0;
}

static int connect_all(struct pintled *p, struct err *err)
{
	int r = loop_defer(p->loop, pintled_drain, p, &p->drain, err);

	if (r >= 0)
		r = loop_timer(p->loop, NSEC_NEVER, on_pass_timer, p, &p->pass_timer, err);
	if (r >= 0)
		r = loop_timer(p->loop, NSEC_NEVER, pintled_files, p, &p->file_timer, err);
	if (r >= 0)
		r = loop_signal(p->loop, SIGTERM, on_stop, p, &p->sigterm, err);
	if (r >= 0)
		r = loop_signal(p->loop, SIGINT, on_stop, p, &p->sigint, err);
	if (r >= 0)
		r = socket_watches_new(p->loop, &p->sockets, err);
	if (r >= 0)
		r = gate_new(p->loop, TURNS_MAX, &p->turns, err);
	if (r >= 0)
		r = gate_new(p->loop, HANDSHAKES_MAX, &p->handshakes, err);
	if (r >= 0)
		r = make_builder(p, err);
	if (r >= 0)
		r = watch_repository(p, err);
	if (r >= 0)
		r = listen_for_readers(p, err);
	return r;
}

/* The implicit node is there before the first commit, so that its agent can introduce itself meanwhile. */
static void first_look(struct pintled *p)
{
	struct control c = { .world = &p->world, .plan = &p->plan, .now = time_now() };

	control_implicit_node(&c);
	control_namespaces(&c, NULL);
	if (p->world.commit[0] == '\0' && p->world.names.term > 1)
		control_tree_is_old(&c); /* another one ran before, and nothing is left of it */
	pintled_want_drain(p);
}

int pintled_new(struct loop *loop, struct home *home, const struct pintled_options *options,
	struct pintled **ret, struct err *err)
{
	struct pintled *p = xcalloc(1, sizeof(*p));
	int r;

	p->loop = loop;
	p->home = home;
	p->agents = options->agents ? xstrdup(options->agents) : NULL;
	p->user = user_name(home->uid);
	plan_init(&p->plan, false);
	p->claim = home_claim(home, "pintled", err);
	r = p->claim;
	if (r >= 0)
		r = make_world(p, options->host_name, options->take_over, err);
	if (r >= 0)
		r = connect_all(p, err);
	if (r < 0) {
		pintled_free(p);
		return r;
	}
	first_look(p);
	*ret = p;
	return 0;
}

struct pintled *pintled_free(struct pintled *p)
{
	struct err err = { 0 };

	if (!p)
		return NULL;
	if (p->actual && actual_flush(p->actual, 0, &err) < 0)
		log_error("the actual tree: %s", err_text(&err));
	pintled_nodes_free(p);
	socket_watches_free(p->sockets);
	gate_free(p->handshakes);
	gate_free(p->turns);
	free(p->agents);
	free(p->user);
	readsock_free(p->readsock);
	source_free(p->source);
	kustomize_free(p->builder);
	loop_source_free(p->drain);
	loop_source_free(p->measure_timer);
	loop_source_free(p->pass_timer);
	loop_source_free(p->file_timer);
	loop_source_free(p->sigterm);
	loop_source_free(p->sigint);
	actual_free(p->actual);
	snapshot_unref(p->snapshot);
	snapshot_unref(p->next);
	plan_done(&p->plan);
	sync_state_done(&p->sync);
	world_done(&p->world);
	fd_close(p->claim);
	free(p);
	return NULL;
}
