/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a reconciler says: the welcome, by which it is obeyed or refused, and what it may ask for from then on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/disk.h"
#include "nodeagent/fence.h"
#include "nodeagent/session_private.h"
#include "nodeagent/subnet.h"

/* --- messages -------------------------------------------------------------------------------------------- */

void sessions_take_subnet(struct sessions *all)
{
	if (subnet_is_due(all->o.node) && subnet_sync(all->o.node, all->o.identity, all->o.pods))
		pods_retry(all->o.pods);
}

/* Why the welcome M is refused: an error code, or NULL. */
static const char *refusal(const struct sessions *all, const struct wire_welcome *m, char *text, size_t size)
{
	const struct identity *id = all->o.identity;
	if (!wire_version_common(WIRE_MIN_VERSION, sessions_protocol(all), m->version, m->version)) {
		snprintf(text, size,
			"this agent (" PINTLE_VERSION
			") speaks versions %d to %lld of the protocol, pintled %lld",
			WIRE_MIN_VERSION, (long long)sessions_protocol(all), (long long)m->version);
		return "Version";
	}
	if (!str_eq(m->cluster_id, all->o.cluster_id)) {
		snprintf(text, size, "this node belongs to cluster %s", all->o.cluster_id);
		return "WrongCluster";
	}
	if (fence_refuses(id->term, id->holder, m->term, m->holder)) {
		snprintf(text, size, "term %lld of %s is in force here", (long long)id->term,
			str_or_empty(id->holder));
		return "Fenced";
	}
	return NULL;
}

static bool identity_is(const struct identity *a, const struct identity *b)
{
	return a->term == b->term && str_eq(a->cluster_id, b->cluster_id) && str_eq(a->node, b->node) &&
	       str_eq(a->holder, b->holder) && str_eq(a->dns_domain, b->dns_domain) &&
	       str_eq(a->pod_cidr, b->pod_cidr);
}

/* On a full disk it takes the room that is kept. */
static int save_identity(const char *state_dir, const struct identity *id, struct err *err)
{
	struct err full = { 0 };
	int r = identity_save(state_dir, id, &full);

	if (!disk_is_full(r)) {
		if (r < 0)
			*err = full;
		return r;
	}
	disk_give_reserve(state_dir);
	return identity_save(state_dir, id, err);
}

/* The identity that M gives counts once it is on disk: an agent that starts anew must not obey an older term. */
static int identity_take(struct sessions *all, const struct wire_welcome *m, struct err *err)
{
	struct identity *id = all->o.identity, next = { .term = m->term };
	str_set(&next.cluster_id, m->cluster_id);
	str_set(&next.node, m->node);
	str_set(&next.holder, m->holder);
	str_set(&next.dns_domain, m->dns_domain);
	str_set(&next.pod_cidr, id->pod_cidr);
	int r = identity_is(id, &next) ? 0 : save_identity(all->o.node->env->state_dir, &next, err);
	if (r < 0) {
		identity_done(&next);
		return r;
	}
	identity_done(id);
	*id = next;
	return 0;
}

static int on_welcome(struct session *s, const struct wire_welcome *m)
{
	struct sessions *all = s->all;
	struct identity *id = all->o.identity;
	struct err err = { 0 };
	char text[256];
	const char *code = refusal(all, m, text, sizeof(text));
	if (code) {
		session_error(s, code, text, (struct opt_int){ str_eq(code, "Fenced"), id->term });
		return -EPERM;
	}
	int r = identity_take(all, m, &err);
	if (r < 0) {
		log_error("taking up the session of %s: %s", str_or_empty(m->holder), err_text(&err));
		session_error(s, "BadMessage", err_text(&err), (struct opt_int){ 0 });
		return r;
	}
	subnet_want(all->o.node, m->pod_cidr);
	sessions_take_subnet(all);
	for (struct session *other = all->list; other; other = other->next)
		if (other != s && other->welcomed)
			session_close(other);
	s->welcomed = true;
	s->version = m->version;
	struct arena *a = arena_new(0);
	pods_changed(all->o.pods, a); /* all of them are in the report below */
	session_report(s, a, NULL, true);
	arena_free(a);
	return 0;
}

/* Before what rests on it is begun. Where the disk takes nothing it is told of from memory. */
static void take_tree_version(struct sessions *all, int64_t version)
{
	if (version <= 0 || version == all->tree_version)
		return;
	all->tree_version = version;
	tree_version_save(all->o.node->env->state_dir, version, NULL);
}

static void apply_objects(struct sessions *all, const struct wire_apply *m)
{
	for (size_t i = 0; i < m->objects.count; i++) {
		const struct wire_object *o = &m->objects.items[i];
		struct err err = { 0 };
		if (!o->object)
			log_error("object %s: %s", str_or_empty(o->hash), str_or_empty(o->problem));
		else if (held_add(all->o.node->held, o->hash, o->object, &err) < 0)
			log_error("keeping %s %s: %s", o->object->kind->name, o->object->meta->name,
				err_text(&err));
	}
}

static void on_apply(struct session *s, const struct wire_apply *m)
{
	struct sessions *all = s->all;
	take_tree_version(all, m->tree_version);
	apply_objects(all, m);
	for (size_t i = 0; i < m->pods.count; i++) {
		const struct wire_pod *p = &m->pods.items[i];
		struct err err = { 0 };
		if (!p->pod)
			log_error("a pod can't be read: %s", str_or_empty(p->problem));
		else if (pods_assign(all->o.pods, p->pod, p->digest, &p->refs, &err) < 0)
			log_error("pod %s/%s: %s", str_or_empty(p->pod->meta->namespace), p->pod->meta->name,
				err_text(&err));
	}
	for (size_t i = 0; i < m->remove.count; i++) {
		const struct opt_int *grace = &m->remove.items[i].grace_period_seconds;
		pods_remove(all->o.pods, m->remove.items[i].uid, grace->set ? grace->value : -1);
	}
	for (size_t i = 0; i < m->forget_objects.count; i++)
		if (!pods_refer_to(all->o.pods, m->forget_objects.items[i]))
			held_forget(all->o.node->held, m->forget_objects.items[i]);
	if (m->objects.count)
		pods_retry(all->o.pods);
	s->applied_wanted = m->revision;
	loop_defer_arm(all->drain);
}

static void on_reported(struct session *s, int64_t seq)
{
	size_t left = 0;
	for (size_t i = 0; i < s->gone_count; i++) {
		if (s->gone[i].seq > seq) {
			s->gone[left++] = s->gone[i];
			continue;
		}
		pods_forget(s->all->o.pods, s->gone[i].uid);
		free(s->gone[i].uid);
	}
	s->gone_count = left;
}

static void unknown_type(struct session *s, const char *name)
{
	_cleanup_(freep) char *text = xasprintf("unknown type \"%s\"", str_or_empty(name));
	session_error(s, "UnknownType", text, (struct opt_int){ 0 });
}

/* What a reconciler may say once it is welcomed. < 0: the session ends. */
static int on_message(struct session *s, const struct wire_message *m)
{
	switch (m->type) {
	case WIRE_WELCOME:
		return on_welcome(s, m->welcome);
	case WIRE_APPLY:
		if (m->apply->term != s->all->o.identity->term) {
			session_error(s, "Fenced", "another term is in force here",
				(struct opt_int){ true, s->all->o.identity->term });
			return -EPERM;
		}
		on_apply(s, m->apply);
		return 0;
	case WIRE_NETWORK:
		routes_take(s->all->o.node->routes, m->network);
		loop_defer_arm(s->all->drain);
		return 0;
	case WIRE_REPORTED:
		take_tree_version(s->all, m->reported->tree_version);
		on_reported(s, m->reported->seq);
		return 0;
	case WIRE_REQUEST:
		requests_start(s->requests, m->request);
		return 0;
	case WIRE_DATA:
		requests_data(s->requests, m->data);
		return 0;
	case WIRE_END:
		requests_end(s->requests, m->end);
		return 0;
	case WIRE_CANCEL:
		requests_cancel(s->requests, m->cancel->id);
		return 0;
	case WIRE_PAUSE:
		requests_pause(s->requests, m->pause->id, true);
		return 0;
	case WIRE_RESUME:
		requests_pause(s->requests, m->pause->id, false);
		return 0;
	case WIRE_PING:
		wire_write_pong(&s->out);
		session_flush(s);
		return 0;
	case WIRE_ERROR:
		log_warning("the reconciler says %s: %s", str_or_empty(m->error->code),
			str_or_empty(m->error->message));
		return 0;
	case WIRE_PONG:
		return 0;
	case WIRE_HELLO:
	case WIRE_APPLIED:
	case WIRE_REPORT:
	case WIRE_UNKNOWN:
	case WIRE_TYPE_COUNT:
		break;
	}
	unknown_type(s, m->type_name);
	return 0;
}

int session_take_line(struct session *s, const char *line, size_t len)
{
	struct wire_message m = { 0 };
	struct err err = { 0 };
	int r = wire_parse(line, len, &m, &err);
	if (r < 0) {
		session_error(s, "BadMessage", err_text(&err), (struct opt_int){ 0 });
		return r;
	}
	bool free_for_all = m.type == WIRE_WELCOME || m.type == WIRE_PING || m.type == WIRE_PONG ||
			    m.type == WIRE_ERROR;
	if (!s->welcomed && !free_for_all) {
		session_error(s, "NotWelcomed", "a welcome comes first", (struct opt_int){ 0 });
		r = -EPROTO;
	} else {
		r = on_message(s, &m);
	}
	wire_message_done(&m);
	return r;
}
