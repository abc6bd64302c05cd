/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Rules between the fields of a pod (core/v1 validation ValidatePodSpec): names are unique over all
 * containers, mounts name volumes, ports of the host don't collide, policies go together.
 */
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

/* One walk over both lists of containers. */
struct scope {
	struct decode *d;
	const struct pod_spec *spec;
	const struct value *v;
	struct map volumes;    /* name → volume */
	struct map names;      /* container name → container */
	struct map host_ports; /* "TCP/80/ip" → container_port */
};

static void spec_move_service_account(struct pod_spec *spec)
{
	if (str_empty(spec->service_account_name))
		spec->service_account_name = spec->service_account;
	spec->service_account = NULL;
}

static void container_host_ports(struct container *c)
{
	for (size_t i = 0; i < c->ports.count; i++)
		if (c->ports.items[i].host_port == 0)
			c->ports.items[i].host_port = c->ports.items[i].container_port;
}

void pod_spec_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct pod_spec *spec = object;
	spec_move_service_account(spec);
	if (!spec->host_network)
		return;
	for (size_t i = 0; i < spec->containers.count; i++)
		container_host_ports(&spec->containers.items[i]);
	/* Sidecars have theirs as long; those of other init containers are free again before anybody could mind. */
	for (size_t i = 0; i < spec->init_containers.count; i++)
		if (str_eq(spec->init_containers.items[i].restart_policy, "Always"))
			container_host_ports(&spec->init_containers.items[i]);
}

/* --- volumes ---------------------------------------------------------------------------------------- */

/* Among more names than this nobody looks for the nearest. */
enum { SUGGEST_MAX = 64 };

static void take_volumes(struct scope *s)
{
	for (size_t i = 0; i < s->spec->volumes.count; i++)
		map_put(&s->volumes, s->spec->volumes.items[i].name, &s->spec->volumes.items[i]);
}

static const char *nearest_volume(struct scope *s, const char *name)
{
	const struct map *m = &s->volumes;
	const char *names[SUGGEST_MAX];
	const struct strings *claims = &s->d->claims;
	if (m->count + claims->count == 0)
		return "; the pod has no volumes";
	if (m->count + claims->count > SUGGEST_MAX)
		return "";
	for (size_t i = 0; i < m->count; i++)
		names[i] = m->entries[i].key;
	for (size_t i = 0; i < claims->count; i++)
		names[m->count + i] = claims->items[i];
	return check_suggest(s->d, name, names, m->count + claims->count);
}

/* Where a container stands, and one of its list members. The path is put together only for a message. */
struct spot {
	const char *list; /* "containers" */
	size_t index;
	const char *member; /* "volumeMounts" */
};

static const char *spot_path(struct scope *s, const struct spot *at, size_t i, const char *name)
{
	return check_path(s->d, "%s[%zu].%s[%zu].%s", at->list, at->index, at->member, i, name);
}

/* NAME: NULL where it is broken itself. */
static void check_volume_name(struct scope *s, const struct spot *at, size_t i, const char *name)
{
	if (name && !map_has(&s->volumes, name) && !strings_contain(&s->d->claims, name))
		check_error(s->d, s->v, spot_path(s, at, i, "name"), "no volume of the pod is called `%s`%s",
			name, nearest_volume(s, name));
}

static void check_volume_names(struct scope *s, const struct container *c, const char *list, size_t index)
{
	const struct spot mounts = { list, index, "volumeMounts" };
	const struct spot devices = { list, index, "volumeDevices" };
	for (size_t i = 0; i < c->volume_mounts.count; i++)
		check_volume_name(s, &mounts, i, c->volume_mounts.items[i].name);
	for (size_t i = 0; i < c->volume_devices.count; i++)
		check_volume_name(s, &devices, i, c->volume_devices.items[i].name);
}

/* --- ports ------------------------------------------------------------------------------------------ */

static void check_host_port(struct scope *s, struct container_port *p, const char *path)
{
	struct decode *d = s->d;
	if (s->spec->host_network && p->host_port != p->container_port)
		check_error(d, s->v, path, "must be equal to containerPort (%lld) with hostNetwork",
			(long long)p->container_port);
	const char *key = arena_printf(
		d->arena, "%s/%lld/%s", p->protocol, (long long)p->host_port, str_or_empty(p->host_ip));
	if (map_put(&s->host_ports, key, p))
		check_error(d, s->v, path, "port %lld/%s of the host is taken by another port of this pod",
			(long long)p->host_port, p->protocol);
	if (!s->spec->host_network)
		check_hold(d, s->v, path, "ports of the host are not supported yet");
}

static void check_ports(struct scope *s, const struct container *c, const char *list, size_t index)
{
	const struct spot at = { list, index, "ports" };
	for (size_t i = 0; i < c->ports.count; i++)
		if (c->ports.items[i].host_port != 0)
			check_host_port(s, &c->ports.items[i], spot_path(s, &at, i, "hostPort"));
}

/* --- names within a container -------------------------------------------------------------------------- */

/* The kubelet looks names up in the container's own ports when it probes; until then nobody asks. */
static void check_port_name(struct scope *s, const struct container *c, const char *path, const char *member,
	const struct int_or_string *port)
{
	const char *names[SUGGEST_MAX];
	size_t count = 0;
	if (!port->string || rule_port_name(s->d->arena, port->string))
		return;
	for (size_t i = 0; i < c->ports.count; i++) {
		if (str_eq(c->ports.items[i].name, port->string))
			return;
		if (c->ports.items[i].name && count < SUGGEST_MAX)
			names[count++] = c->ports.items[i].name;
	}
	check_warning(s->d, s->v, check_path(s->d, "%s.%s.port", path, member),
		"no port of the container is called `%s`%s", port->string,
		check_suggest(s->d, port->string, names, count));
}

static void check_probe(struct scope *s, const struct container *c, const struct probe *p, const char *path)
{
	if (p && p->http_get)
		check_port_name(s, c, path, "httpGet", &p->http_get->port);
	if (p && p->tcp_socket)
		check_port_name(s, c, path, "tcpSocket", &p->tcp_socket->port);
}

static void check_handler(
	struct scope *s, const struct container *c, const struct lifecycle_handler *h, const char *path)
{
	if (h && h->http_get)
		check_port_name(s, c, path, "httpGet", &h->http_get->port);
	if (h && h->tcp_socket)
		check_port_name(s, c, path, "tcpSocket", &h->tcp_socket->port);
	if (h && h->sleep && h->sleep->seconds > s->spec->termination_grace_period_seconds)
		check_error(s->d, s->v, check_path(s->d, "%s.sleep.seconds", path),
			"must be at most terminationGracePeriodSeconds (%lld), but is %lld",
			(long long)s->spec->termination_grace_period_seconds, (long long)h->sleep->seconds);
}

static void check_port_names(struct scope *s, const struct container *c, const char *list, size_t index)
{
	struct decode *d = s->d;
	if (c->startup_probe)
		check_probe(s, c, c->startup_probe, check_path(d, "%s[%zu].startupProbe", list, index));
	if (c->liveness_probe)
		check_probe(s, c, c->liveness_probe, check_path(d, "%s[%zu].livenessProbe", list, index));
	if (c->readiness_probe)
		check_probe(s, c, c->readiness_probe, check_path(d, "%s[%zu].readinessProbe", list, index));
	if (!c->lifecycle)
		return;
	check_handler(
		s, c, c->lifecycle->post_start, check_path(d, "%s[%zu].lifecycle.postStart", list, index));
	check_handler(s, c, c->lifecycle->pre_stop, check_path(d, "%s[%zu].lifecycle.preStop", list, index));
}

static bool has_container(const struct containers *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].name, name))
			return true;
	return false;
}

/* Variables that show a limit or request of another container. */
static void check_env(struct scope *s, const struct container *c, const char *list, size_t index)
{
	for (size_t i = 0; i < c->env.count; i++) {
		const struct env_source *from = c->env.items[i].value_from;
		const struct resource_field_ref *r = from ? from->resource_field_ref : NULL;
		if (!r || str_empty(r->container_name) ||
			has_container(&s->spec->containers, r->container_name) ||
			has_container(&s->spec->init_containers, r->container_name))
			continue;
		check_warning(s->d, s->v,
			check_path(s->d, "%s[%zu].env[%zu].valueFrom.resourceFieldRef.containerName", list,
				index, i),
			"no container of the pod is called `%s`; this one can't start", r->container_name);
	}
}

/* --- containers -------------------------------------------------------------------------------------- */

/* Two of one list are reported by the list itself; here, one of each. */
static void check_unique_name(struct scope *s, struct container *c, const char *list, size_t index)
{
	if (!map_put(&s->names, c->name, c) || str_eq(list, "initContainers"))
		return;
	for (size_t i = 0; i < s->spec->init_containers.count; i++)
		if (str_eq(s->spec->init_containers.items[i].name, c->name))
			check_error(s->d, s->v, check_path(s->d, "%s[%zu].name", list, index),
				"`%s` is the name of initContainers[%zu] already", c->name, i);
}

/* What an init container may not have, unless it is a sidecar: nobody would ask the question. */
static void check_init(struct scope *s, const struct container *c, size_t index)
{
	const struct {
		const char *field;
		bool given;
	} refused[] = {
		{ "livenessProbe", c->liveness_probe != NULL },
		{ "readinessProbe", c->readiness_probe != NULL },
		{ "startupProbe", c->startup_probe != NULL },
		{ "lifecycle", c->lifecycle != NULL },
	};
	if (str_eq(c->restart_policy, "Always"))
		return;
	if (c->restart_policy)
		check_error(s->d, s->v, check_path(s->d, "initContainers[%zu].restartPolicy", index),
			"must be Always (a sidecar) or not be there");
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (refused[i].given)
			check_error(s->d, s->v,
				check_path(s->d, "initContainers[%zu].%s", index, refused[i].field),
				"an init container can't have it, unless restartPolicy is Always");
}

static void check_container(struct scope *s, struct container *c, const char *list, size_t index)
{
	check_unique_name(s, c, list, index);
	check_volume_names(s, c, list, index);
	check_ports(s, c, list, index);
	check_port_names(s, c, list, index);
	check_env(s, c, list, index);
	if (str_eq(list, "initContainers"))
		check_init(s, c, index);
	else if (c->restart_policy)
		check_error(s->d, s->v, check_path(s->d, "%s[%zu].restartPolicy", list, index),
			"is for init containers; the pod's restartPolicy is for the others");
}

/* --- the pod ------------------------------------------------------------------------------------------ */

static void check_dns(struct decode *d, const struct pod_spec *spec, const struct value *v)
{
	if (str_eq(spec->dns_policy, "None") &&
		(!spec->dns_config || spec->dns_config->nameservers.count == 0))
		check_error(d, v, "dnsConfig.nameservers", "needs at least one address with dnsPolicy: None");
}

static void check_policies(struct decode *d, const struct pod_spec *spec, const struct value *v)
{
	if (spec->share_process_namespace.value && spec->host_pid)
		check_error(d, v, "shareProcessNamespace", "can't be true with hostPID");
	bool own_users = spec->host_users.set && !spec->host_users.value;
	if (own_users && (spec->host_network || spec->host_pid || spec->host_ipc))
		check_error(d, v, "hostUsers", "can't be false with hostNetwork, hostPID or hostIPC");
	if (own_users)
		check_hold(d, v, "hostUsers", "user namespaces are not supported yet");
	const struct value *links = value_get(v, "enableServiceLinks");
	if (links && links->type == VALUE_BOOL && links->boolean)
		check_warning(d, v, "enableServiceLinks",
			"has no effect here; services are not routed yet, so no variables are made for them");
	if (spec->scheduling_gates.count > 0 && spec->node_name)
		check_error(d, v, "nodeName", "can't be given with schedulingGates");
}

/* The containers that downward API files show something of must be the pod's. */
static void check_volume(struct scope *s, const struct volume *vol, size_t index)
{
	for (size_t i = 0; vol->downward_api && i < vol->downward_api->items.count; i++) {
		const struct resource_field_ref *r = vol->downward_api->items.items[i].resource_field_ref;
		if (!r || str_empty(r->container_name) || map_has(&s->names, r->container_name))
			continue;
		check_error(s->d, s->v,
			check_path(s->d, "volumes[%zu].downwardAPI.items[%zu].resourceFieldRef.containerName",
				index, i),
			"no container of the pod is called `%s`", r->container_name);
	}
}

static void scope_done(struct scope *s)
{
	map_done(&s->volumes);
	map_done(&s->names);
	map_done(&s->host_ports);
}

void pod_spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct pod_spec *spec = object;
	_cleanup_(scope_done) struct scope s = { .d = d, .spec = spec, .v = v };
	take_volumes(&s);
	for (size_t i = 0; i < spec->init_containers.count; i++)
		check_container(&s, &spec->init_containers.items[i], "initContainers", i);
	map_done(&s.host_ports);
	s.host_ports = (struct map){ 0 };
	for (size_t i = 0; i < spec->containers.count; i++)
		check_container(&s, &spec->containers.items[i], "containers", i);
	for (size_t i = 0; i < spec->volumes.count; i++)
		check_volume(&s, &spec->volumes.items[i], i);
	check_map_values(d, v, "nodeSelector", &spec->node_selector, rule_label_value);
	check_dns(d, spec, v);
	check_policies(d, spec, v);
}

/* --- when members are broken ------------------------------------------------------------------------- */

/* Every volume's name is known, though the rest of it may be wrong. */
static bool knows_volumes(const struct pod_spec *spec, const struct value *v)
{
	const struct value *volumes = value_get(v, "volumes");
	if (volumes && volumes->type != VALUE_LIST && volumes->type != VALUE_NULL)
		return false;
	for (size_t i = 0; i < spec->volumes.count; i++)
		if (!spec->volumes.items[i].name)
			return false;
	return true;
}

void pod_spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct pod_spec *spec = object;
	_cleanup_(scope_done) struct scope s = { .d = d, .spec = spec, .v = v };
	if (!knows_volumes(spec, v))
		return;
	take_volumes(&s);
	for (size_t i = 0; i < spec->init_containers.count; i++)
		check_volume_names(&s, &spec->init_containers.items[i], "initContainers", i);
	for (size_t i = 0; i < spec->containers.count; i++)
		check_volume_names(&s, &spec->containers.items[i], "containers", i);
}
