/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a reconciler is told unasked: the hello, reports of what changed, and what of its words is on disk. */
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/node_status.h"
#include "nodeagent/session_private.h"

static struct wire_held_pod held_pod(const struct session *s, const struct pod_view *v)
{
	struct wire_held_pod h = { .uid = v->uid, .digest = str_or_empty(v->digest) };
	if (sessions_protocol(s->all) >= 2) {
		h.namespace = v->namespace;
		h.name = v->name;
	}
	return h;
}

void session_hello(struct session *s)
{
	struct arena *a = arena_new(0);
	const struct identity *id = s->all->o.identity;
	struct pods *pods = s->all->o.pods;
	struct wire_hello hello = {
		.version = sessions_protocol(s->all),
		.min_version = WIRE_MIN_VERSION,
		.agent = PINTLE_VERSION,
		.cluster_id = id->cluster_id,
		.node = id->node,
		.boot_id = node_boot_id(a),
		.term = id->term,
		.holder = id->holder,
		.status = s->all->node_status,
		.pressure = &s->all->pressure,
		.objects = held_hashes(s->all->o.node->held, a),
	};
	hello.pods.items = arena_array(a, pods_count(pods), sizeof(*hello.pods.items));
	for (size_t i = 0; i < pods_count(pods); i++) {
		struct pod_view v = pods_view(pods, i);
		hello.pods.items[hello.pods.count++] = held_pod(s, &v);
	}
	if (hello.version >= 2) {
		hello.time = time_now();
		hello.tree_version = s->all->tree_version;
	}
	wire_write_hello(&s->out, &hello);
	session_flush(s);
	arena_free(a);
}

/* --- reports ------------------------------------------------------------------------------------------- */

static void remember_gone(struct session *s, const char *uid)
{
	s->gone = grow(s->gone, &s->gone_cap, s->gone_count + 1, sizeof(*s->gone));
	s->gone[s->gone_count++] = (struct gone){ xstrdup(uid), s->seq };
}

static void add_report(struct session *s, struct arena *a, struct wire_report *r, const struct pod_view *v)
{
	r->pods.items[r->pods.count++] = (struct wire_report_pod){
		.uid = v->uid,
		.namespace = v->namespace,
		.name = v->name,
		.status = v->object ? pods_status(s->all->o.pods, a, v, time_now()) : NULL,
		.gone = v->gone,
		.events = pods_events_take(s->all->o.pods, v->uid, a),
	};
	if (v->gone)
		remember_gone(s, v->uid);
}

void session_report(struct session *s, struct arena *a, const struct strings *uids, bool node)
{
	struct pods *pods = s->all->o.pods;
	struct wire_report r = { .seq = ++s->seq };
	size_t count = uids ? uids->count : pods_count(pods);
	char network[WIRE_NETWORK_DIGEST];
	if (node) {
		r.time = s->version >= 2 ? time_now() : 0;
		r.node = s->all->node_status;
		r.pressure = &s->all->pressure;
	}
	if (!uids && s->version >= 2) {
		peers_digest(routes_peers(s->all->o.node->routes), network);
		r.network = network;
	}
	r.pods.items = arena_array(a, count, sizeof(*r.pods.items));
	for (size_t i = 0; i < count; i++) {
		struct pod_view v;
		if (!uids)
			v = pods_view(pods, i);
		else if (!pods_by_uid(pods, uids->items[i], &v))
			continue;
		add_report(s, a, &r, &v);
	}
	wire_write_report(&s->out, &r);
	session_flush(s);
}

void sessions_report_changes(struct sessions *all)
{
	struct session *s = sessions_obeyed(all);
	if (!s)
		return; /* the next welcome is answered with everything */
	struct arena *a = arena_new(0);
	struct strings uids = pods_changed(all->o.pods, a);
	if (uids.count)
		session_report(s, a, &uids, false);
	arena_free(a);
}

/* --- acknowledging what was applied ---------------------------------------------------------------------- */

/* Tried again when something changes, or with the next look at the node. */
static void acknowledge_later(struct session *s)
{
	if (s->applied_wanted < s->sync_revision)
		s->applied_wanted = s->sync_revision;
}

static void on_synced(const struct proc_result *result, const struct err *err, void *arg)
{
	struct session *s = arg;
	s->sync = NULL;
	if (err || result->status != 0) {
		log_warning("writing assignments to disk: %s", err ? err_text(err) : result->errs.data);
		acknowledge_later(s);
	} else
		wire_write_applied(&s->out, &(struct wire_applied){ .revision = s->sync_revision });
	session_flush(s);
}

/* What the disk did not take is tried again; until it does nothing is acknowledged. */
static bool all_is_saved(struct sessions *all)
{
	struct err err = { 0 };

	return pods_save(all->o.pods, &err) >= 0 && held_save(all->o.node->held, &err) >= 0;
}

void session_acknowledge(struct session *s)
{
	struct err err = { 0 };
	if (!s->applied_wanted || s->sync || s->closing || !pods_idle(s->all->o.pods) ||
		!all_is_saved(s->all))
		return;
	const char *argv[] = { "sync", "-f", s->all->o.node->env->state_dir, NULL };
	struct proc_spec spec = { .argv = argv };
	s->sync_revision = s->applied_wanted;
	s->applied_wanted = 0;
	if (proc_start(s->all->o.node->loop, &spec, on_synced, s, &s->sync, &err) < 0) {
		log_warning("writing assignments to disk: %s", err_text(&err));
		acknowledge_later(s);
	}
}
