/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/time.h"
#include "nodeagent/netlink_watch.h"
#include "nodeagent/podnet.h"
#include "nodeagent/routes_record.h"

enum { NETWORK_MAX = 16 << 20 };

struct routes {
	const struct node_env *env;
	struct peers peers;
	char *subnet;  /* of this node's pods, in force; NULL: none yet */
	bool due;      /* told, and not yet acted upon */
	bool unsaved;  /* told, and not yet on disk */
	char *pods;    /* podnet_pods, as the table of podnet has it */
	char *said;    /* of problems; NULL: none */
	char *trouble; /* that was logged last, of syncing itself; NULL: none */
	size_t peer_count, problem_count;
	struct netlink_watch *watch; /* NULL: not watched */
	nsec_t since;                /* the condition is True, or False; 0: it never was told */
};

/* --- on disk -------------------------------------------------------------------------------------------- */

static char *network_path(const struct node_env *env)
{
	return xasprintf("%s/network", env->state_dir);
}

struct routes *routes_open(const struct node_env *env)
{
	struct routes *r = xcalloc(1, sizeof(*r));
	_cleanup_(freep) char *path = network_path(env);
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	struct err err = { 0 };
	int code;

	r->env = env;
	code = fs_read(AT_FDCWD, path, NETWORK_MAX, &line, &err);
	if (code == 0)
		code = peers_read(&r->peers, line.data, line.len, &err);
	if (code < 0 && code != -ENOENT)
		log_warning("%s: %s: the reconciler will tell it again", path, err_text(&err));
	r->due = r->peers.cluster_cidr;
	return r;
}

struct routes *routes_close(struct routes *r)
{
	if (!r)
		return NULL;
	netlink_watch_free(r->watch);
	peers_done(&r->peers);
	free(r->subnet);
	free(r->pods);
	free(r->said);
	free(r->trouble);
	free(r);
	return NULL;
}

static int network_save(struct routes *r, struct err *err)
{
	_cleanup_(freep) char *path = network_path(r->env);
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	int code;

	if (!r->unsaved)
		return 0;
	peers_write(&r->peers, &line);
	code = fs_write(AT_FDCWD, path, line.data, line.len, 0600, FS_SYNC, err);
	r->unsaved = code < 0;
	return code;
}

/* --- what the kernel has --------------------------------------------------------------------------------- */

struct dump {
	struct route_seen *items;
	size_t count, cap;
};

static int dump_one(const struct netlink_seen *seen, void *arg)
{
	struct dump *d = arg;

	if (seen->prefix.family != AF_INET)
		return 0;
	d->items = grow(d->items, &d->cap, d->count + 1, sizeof(d->items[0]));
	d->items[d->count++] = (struct route_seen){
		.prefix = seen->prefix,
		.via = seen->via,
		.is_address = seen->is_address,
		.has_via = seen->has_via,
		.ifname = xstrdup(seen->ifname),
	};
	return 0;
}

static void dump_clear(struct dump *d)
{
	for (size_t i = 0; i < d->count; i++)
		free((char *)(uintptr_t)d->items[i].ifname);
	d->count = 0;
}

static void dump_done(struct dump *d)
{
	dump_clear(d);
	free(d->items);
}

/* Pods come and go meanwhile: a list that changed while it was read is read again. */
static int dump_read(struct netlink *nl, struct dump *d, struct err *err)
{
	int r = -EINTR;

	for (int i = 0; i < NETLINK_TRIES && r == -EINTR; i++) {
		dump_clear(d);
		err_clear(err);
		r = netlink_each(nl, dump_one, d, err);
	}
	return r;
}

/* --- what becomes of it ------------------------------------------------------------------------------------- */

static bool is_within(const struct cidr *c, const char *network)
{
	struct cidr n;

	return network && cidr_parse(network, &n, NULL) == 0 && cidr_contains(&n, c);
}

static bool overlaps(const struct cidr *c, const char *network)
{
	struct cidr n;

	return network && cidr_parse(network, &n, NULL) == 0 && cidr_overlaps(&n, c);
}

/*
 * Addresses, but for those that come with pods; and of routes the default one, those to a network of the host, and what is in the
 * pod network and not this node's pods: a host may hear of many thousands of others from its routers.
 */
static int is_news(const struct netlink_seen *seen, void *arg)
{
	const struct routes *r = arg;

	if (is_within(&seen->prefix, "169.254.0.0/16") || is_within(&seen->prefix, r->subnet))
		return 0;
	return seen->is_address || !seen->has_via || seen->prefix.prefix == 0 ||
	       overlaps(&seen->prefix, r->peers.cluster_cidr);
}

int routes_watch(struct routes *r, struct loop *loop, loop_fn changed, void *arg, struct err *err)
{
	const struct netlink_watch_spec spec = {
		.is_news = is_news, .news_arg = r, .changed = changed, .changed_arg = arg
	};

	return netlink_watch_new(loop, &spec, &r->watch, err);
}

/* --- doing it --------------------------------------------------------------------------------------------- */

static int route_remove(struct netlink *nl, const struct route *r)
{
	const struct netlink_route route = { .to = r->to, .via = &r->via };
	int code;

	netlink_add_route_delete(nl, &route);
	code = netlink_commit(nl, NULL);
	return code == -ESRCH ? 0 : code;
}

static int route_put(struct netlink *nl, const struct route *r, struct err *err)
{
	const struct netlink_route route = { .to = r->to, .via = &r->via };

	netlink_add_route(nl, &route);
	return netlink_commit(nl, err);
}

static bool is_far(int code)
{
	return code == -ENETUNREACH || code == -EHOSTUNREACH || code == -ENETDOWN;
}

static struct route_problem refused(
	struct arena *arena, const struct route *r, int code, const struct err *err)
{
	return (struct route_problem){
		.trouble = is_far(code) ? ROUTE_NO_GATEWAY : ROUTE_REFUSED,
		.name = r->node->name,
		.address = r->node->address,
		.text = is_far(code) ? NULL : arena_strdup(arena, err_text(err)),
	};
}

/* What a sync is about. */
struct sync {
	struct routes *r;
	struct arena *arena;
	struct netlink *nl;
	struct dump dump;
	struct route_plan plan;
	struct buf record;              /* as it is on disk */
	struct route_problem *problems; /* the plan's, and the kernel's */
	size_t problem_count;
};

/* Writes TEXT where it differs from what is on disk. */
static int record_set(struct sync *s, struct buf *text, struct err *err)
{
	int code;

	if (text->len == s->record.len && memcmp(text->data, s->record.data, text->len) == 0)
		return 0;
	code = routes_record_write(s->r->env, text, err);
	if (code < 0)
		return code;
	buf_clear(&s->record);
	buf_add(&s->record, text->data, text->len);
	return 0;
}

static int carry_out(struct sync *s, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct route_list kept = { 0 };
	int code;

	kept.items = arena_array(s->arena, s->plan.remove.count + s->plan.put.count, sizeof(kept.items[0]));
	routes_record_add(&text, &s->plan.stay);
	routes_record_add(&text, &s->plan.remove);
	routes_record_add(&text, &s->plan.put);
	code = record_set(s, &text, err);
	if (code < 0)
		return code;
	for (size_t i = 0; i < s->plan.remove.count; i++)
		if (route_remove(s->nl, &s->plan.remove.items[i]) < 0)
			kept.items[kept.count++] = s->plan.remove.items[i];
	for (size_t i = 0; i < s->plan.put.count; i++) {
		const struct route *r = &s->plan.put.items[i];
		struct err why = { 0 };

		code = route_put(s->nl, r, &why);
		if (code == 0)
			kept.items[kept.count++] = *r;
		else
			s->problems[s->problem_count++] = refused(s->arena, r, code, &why);
	}
	buf_clear(&text);
	routes_record_add(&text, &s->plan.stay);
	routes_record_add(&text, &kept);
	return record_set(s, &text, err);
}

static int plan_and_do(struct sync *s, const char *self, struct err *err)
{
	struct route_list made = routes_record_read(s->r->env, s->arena);
	struct route_input in = { .peers = &s->r->peers, .self = self, .made = made };
	struct cidr own;
	int code;

	/* Not known is not none: what is there stays. */
	if (!s->r->peers.cluster_cidr)
		return 0;
	code = netlink_open(&s->nl, err);
	if (code == 0)
		code = dump_read(s->nl, &s->dump, err);
	if (code < 0)
		return code;
	in.kernel = s->dump.items;
	in.kernel_count = s->dump.count;
	if (s->r->subnet && cidr_parse(s->r->subnet, &own, NULL) == 0)
		in.own = &own;
	route_plan(s->arena, &in, &s->plan);
	s->problems = arena_array(
		s->arena, s->plan.problem_count + s->plan.put.count, sizeof(s->problems[0]));
	for (; s->problem_count < s->plan.problem_count; s->problem_count++)
		s->problems[s->problem_count] = s->plan.problems[s->problem_count];
	routes_record_add(&s->record, &made);
	return carry_out(s, err);
}

/* --- pods keep their addresses -------------------------------------------------------------------------------- */

static void pods_remember(struct routes *r)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	podnet_pods(r->subnet, &r->peers, &text);
	free(r->pods);
	r->pods = buf_take(&text);
}

int routes_subnet_up(struct routes *r, const char *subnet, struct err *err)
{
	char *copy = xstrdup(subnet);
	int code = podnet_up(r->env, copy, &r->peers, err);

	if (code < 0) {
		free(copy);
		return code;
	}
	free(r->subnet);
	r->subnet = copy;
	pods_remember(r);
	r->due = r->peers.cluster_cidr;
	return 0;
}

static int masquerade(struct routes *r, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int code;

	if (!r->subnet)
		return 0;
	podnet_pods(r->subnet, &r->peers, &text);
	if (str_eq(text.data, r->pods))
		return 0;
	code = podnet_masquerade(r->env, r->subnet, &r->peers, err);
	if (code == 0)
		pods_remember(r);
	return code;
}

/* --- what is said ------------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct route_problem *)a)->name, ((const struct route_problem *)b)->name);
}

/* Takes over what there is to say of S's problems. Returns whether it is new. */
static bool say(struct routes *r, struct sync *s)
{
	const char *text = NULL;
	bool other;

	if (s->problem_count > 1)
		qsort(s->problems, s->problem_count, sizeof(s->problems[0]), by_name);
	if (s->problem_count > 0)
		text = route_problems_text(s->arena, s->problems, s->problem_count, s->plan.peer_count,
			str_or_empty(r->peers.cluster_cidr));
	other = !str_eq(text, r->said) || (s->plan.peer_count > 0) != (r->peer_count > 0);
	if (text && !str_eq(text, r->said))
		log_warning("%s", text);
	if (r->since == 0 || !text != !r->said)
		r->since = time_now() / NSEC_PER_SEC * NSEC_PER_SEC;
	str_set(&r->said, text);
	r->peer_count = s->plan.peer_count;
	r->problem_count = s->problem_count;
	return other;
}

/* Logged once, until it is over or another one. */
static void set_trouble(struct routes *r, const char *text)
{
	if (text && !str_eq(text, r->trouble))
		log_error("routes to other nodes' pods: %s", text);
	str_set(&r->trouble, text);
}

/* --- the face ---------------------------------------------------------------------------------------------------- */

const struct peers *routes_peers(const struct routes *r)
{
	return &r->peers;
}

void routes_take(struct routes *r, const struct wire_network *m)
{
	if (!peers_take(&r->peers, m))
		return;
	r->due = r->unsaved = true;
}

bool routes_is_due(const struct routes *r)
{
	return r->due;
}

bool routes_sync(struct routes *r, const char *self)
{
	struct sync s = { .r = r, .arena = arena_new(0), .record = BUF_INIT };
	struct err err = { 0 };
	int code = network_save(r, &err), others;
	bool ret = false;

	r->due = false;
	others = plan_and_do(&s, self, code < 0 ? NULL : &err);
	if (others == 0)
		ret = say(r, &s);
	code = code < 0 ? code : others;
	others = masquerade(r, code < 0 ? NULL : &err);
	code = code < 0 ? code : others;
	set_trouble(r, code < 0 ? err_text(&err) : NULL);
	netlink_close(s.nl);
	dump_done(&s.dump);
	buf_done(&s.record);
	arena_free(s.arena);
	return ret;
}

bool routes_condition(const struct routes *r, struct condition *ret)
{
	if (r->peer_count == 0)
		return false;
	*ret = (struct condition){
		.type = "NetworkUnavailable",
		.status = r->said ? "True" : "False",
		.reason = !r->said                                                 ? "RoutesMade"
			  : r->problem_count == r->peer_count && r->peer_count > 1 ? "NoNodeReachable"
										   : "NodesUnreachable",
		.message = r->said ? r->said : "there are routes to the pods of all other nodes",
		.last_transition_time = { true, r->since },
	};
	return true;
}

int routes_down(const struct node_env *env, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(freep) char *network = network_path(env);
	struct route_list made = routes_record_read(env, arena);
	int r = made.count > 0 ? netlink_open(&nl, err) : 0;

	for (size_t i = 0; r == 0 && i < made.count; i++) {
		char to[CIDR_TEXT_MAX];

		r = route_remove(nl, &made.items[i]);
		if (r < 0)
			err_errno(err, r, "deleting the route to %s", cidr_format(&made.items[i].to, to));
	}
	if (r < 0)
		return r;
	r = routes_record_remove(env);
	if (r == 0 && unlink(network) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? err_errno(err, r, "removing what is known of other nodes") : 0;
}
