/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/port_forward_ports.h"

#include <errno.h>

#include "lib/base/str.h"
#include "lib/object/int_or_string.h"

static bool is_tcp(const char *protocol)
{
	return str_empty(protocol) || str_eq(protocol, "TCP");
}

static int not_tcp(const char *what, const char *owner, const char *protocol, struct err *err)
{
	return err_set(err, -EPROTONOSUPPORT, "port %s of %s is %s's: only TCP can be forwarded", what, owner,
		protocol);
}

static void list_port(struct buf *out, const char *name, int64_t number)
{
	buf_adds(out, out->len ? ", " : "");
	if (str_empty(name))
		buf_addf(out, "%lld", (long long)number);
	else
		buf_addf(out, "%s (%lld)", name, (long long)number);
}

/* What OWNER has is no longer needed: the list ends here. */
static int no_such_port(const char *owner, const char *wanted, struct buf *has, struct err *err)
{
	int r = has->len ? err_set(err, -ENOENT, "%s has no port %s; it has %s", owner, wanted, has->data)
			 : err_set(err, -ENOENT, "%s has no port %s; it has none", owner, wanted);
	buf_done(has);
	return r;
}

/* --- of a pod ------------------------------------------------------------------------------------------- */

/* Containers first, then init containers that stay (sidecars). NULL behind the last. */
static const struct container *container_at(const struct pod_spec *s, size_t i)
{
	if (i < s->containers.count)
		return &s->containers.items[i];
	for (size_t k = 0, n = s->containers.count; k < s->init_containers.count; k++)
		if (str_eq(s->init_containers.items[k].restart_policy, "Always") && n++ == i)
			return &s->init_containers.items[k];
	return NULL;
}

/*
 * The port of POD that is called NAME or, where that is NULL, has NUMBER; one of TCP before others. NULL: it declares none.
 */
static const struct container_port *declared(const struct pod *pod, const char *name, int64_t number)
{
	const struct container_port *found = NULL;
	const struct container *c;
	for (size_t i = 0; (c = container_at(&pod->spec, i)); i++)
		for (size_t k = 0; k < c->ports.count; k++) {
			const struct container_port *p = &c->ports.items[k];
			if (name ? !str_eq(p->name, name) : p->container_port != number)
				continue;
			if (!found || (!is_tcp(found->protocol) && is_tcp(p->protocol)))
				found = p;
		}
	return found;
}

static void list_names(const struct pod *pod, struct buf *out)
{
	const struct container *c;
	for (size_t i = 0; (c = container_at(&pod->spec, i)); i++)
		for (size_t k = 0; k < c->ports.count; k++)
			list_port(out, c->ports.items[k].name, c->ports.items[k].container_port);
}

/* The number of POD's port; one that it does not declare may be listened at all the same. */
static int pod_port(const struct pod *pod, const char *text, int64_t number, uint16_t *ret, struct err *err)
{
	_cleanup_(buf_done) struct buf owner = BUF_INIT;
	struct buf has = BUF_INIT;
	const struct container_port *p = declared(pod, number ? NULL : text, number);
	buf_addf(&owner, "pod %s", pod->meta.name);
	if (p && !is_tcp(p->protocol))
		return not_tcp(text, owner.data, p->protocol, err);
	if (!p && !number) {
		list_names(pod, &has);
		return no_such_port(owner.data, text, &has, err);
	}
	*ret = (uint16_t)(p ? p->container_port : number);
	return 0;
}

/* --- of a Service -------------------------------------------------------------------------------------------- */

static const struct service_port *service_declared(const struct service *s, const struct forward_word *word)
{
	const struct service_port *found = NULL;
	for (size_t i = 0; i < s->spec.ports.count; i++) {
		const struct service_port *p = &s->spec.ports.items[i];
		if (word->number ? p->port != word->number : !str_eq(p->name, word->remote))
			continue;
		if (!found || (!is_tcp(found->protocol) && is_tcp(p->protocol)))
			found = p;
	}
	return found;
}

static int service_port_find(const struct service *s, const struct forward_word *word,
	const struct service_port **ret, struct err *err)
{
	_cleanup_(buf_done) struct buf owner = BUF_INIT;
	struct buf has = BUF_INIT;
	*ret = service_declared(s, word);
	buf_addf(&owner, "service %s", s->meta.name);
	if (!*ret) {
		for (size_t i = 0; i < s->spec.ports.count; i++)
			list_port(&has, s->spec.ports.items[i].name, s->spec.ports.items[i].port);
		return no_such_port(owner.data, word->remote, &has, err);
	}
	return is_tcp((*ret)->protocol) ? 0 : not_tcp(word->remote, owner.data, (*ret)->protocol, err);
}

/* A headless Service's names lead to the pods themselves, past any targetPort. */
static int target_port(const struct service *s, const struct service_port *p, const struct pod *pod,
	uint16_t *ret, struct err *err)
{
	int64_t number = p->port;
	bool headless = str_eq(s->spec.cluster_ip, "None");
	if (headless || !p->target_port.set || int_or_string_number(&p->target_port, &number)) {
		*ret = (uint16_t)number;
		return 0;
	}
	int r = pod_port(pod, p->target_port.string, 0, ret, err);
	return r < 0 ? err_wrap(err, r, "port %lld of service %s", (long long)p->port, s->meta.name) : 0;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

int forward_port_find(const struct forward_word *word, const struct pod *pod, const struct service *service,
	struct forward_port *ret, struct err *err)
{
	const struct service_port *p = NULL;
	int r = 0;
	if (service) {
		r = service_port_find(service, word, &p, err);
		if (r == 0)
			r = target_port(service, p, pod, &ret->remote, err);
	} else {
		r = pod_port(pod, word->remote, word->number, &ret->remote, err);
	}
	if (r < 0)
		return r;
	ret->local = !word->same ? word->local : p ? (uint16_t)p->port : ret->remote;
	return 0;
}

int forward_ports_check(const struct forward_port *ports, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (ports[i].local && ports[i].local == ports[k].local)
				return err_set(
					err, -EEXIST, "local port %d is asked for twice", ports[i].local);
	return 0;
}
