/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/mutation/mutation.h"

const char *const mistake_names[MISTAKE_COUNT] = {
	[MISTAKE_TYPE] = "wrong type",
	[MISTAKE_FIELD] = "misspelt field",
	[MISTAKE_WORD] = "misspelt word",
	[MISTAKE_RANGE] = "out of range",
	[MISTAKE_RULE] = "against a rule",
	[MISTAKE_TEXT] = "unreadable text",
	[MISTAKE_MISSING] = "missing field",
	[MISTAKE_EMPTY] = "empty field",
	[MISTAKE_DUPLICATE_ITEM] = "item twice",
	[MISTAKE_DUPLICATE_KEY] = "key twice",
	[MISTAKE_REFERENCE] = "broken reference",
};

struct walk {
	const struct document *d;
	struct sites *sites;
};

static void add(struct walk *w, const struct site *s, enum mistake mistake)
{
	struct sites *list = w->sites;

	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count] = *s;
	list->items[list->count++].mistake = mistake;
}

/* --- references ------------------------------------------------------------------------------- */

/*
 * What the tables' rows do not say: values that must go with others. The end of a path, or all of it where it begins with "/"; one
 * of several kinds only where KINDS names them.
 */
static const struct broken {
	const char *path, *words, *kinds;
	/* where the other value stands, if it is this that is reported: from the top, or (".name") beside this one */
	const char *at;
} references[] = {
	{ "volumeMounts[*].name", "nowhere", NULL, NULL },
	{ "volumeMounts[*].subPath", "../up", NULL, NULL },
	{ "httpGet.port", "nowhere", NULL, NULL },
	{ "httpGet.port", "70000", NULL, NULL },
	{ "tcpSocket.port", "0", NULL, NULL },
	{ "tcpSocket.port", "nowhere", NULL, NULL },
	{ "resourceFieldRef.containerName", "nobody", NULL, NULL },
	{ "resourceFieldRef.resource", "limits.gpu", NULL, NULL },
	{ "env[*].valueFrom.fieldRef.fieldPath", "spec.nodeNam", NULL, NULL },
	{ "env[*].valueFrom.fieldRef.fieldPath", "metadata.labels", NULL, NULL },
	{ "env[*].name", "A=B", NULL, NULL },
	{ "downwardAPI.items[*].fieldRef.fieldPath", "status.podIP", NULL, NULL },
	{ "containers[*].name", "Not_A_Name", NULL, NULL },
	{ "initContainers[*].name", "main", "Pod", "spec.containers[0].name" },
	{ "containers[*].resources.requests.cpu", "\"64\"", NULL, NULL },
	{ "containers[*].resources.requests.memory", "1Ti", NULL, NULL },
	{ "containers[*].resources.limits.cpu", "\"-1\"", NULL, NULL },
	{ "preference.matchExpressions[*].values[*]", "eight", NULL, NULL },
	{ "tolerations[*].operator", "Exists", NULL, ".value" },
	{ "tolerations[*].effect", "NoSchedule", NULL, NULL },
	{ "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[*].topologyKey", "not a key", NULL,
		NULL },
	{ "labelSelector.matchLabels.app", "not a label", NULL, NULL },
	{ "matchExpressions[*].operator", "Exists", NULL, ".values" },
	{ "metadata.labels.app", "not a label", NULL, NULL },
	{ "/metadata.labels.team", "-x-", NULL, NULL },
	{ "/spec.selector.matchLabels.app", "other", "Deployment,ReplicaSet,DaemonSet,StatefulSet",
		"spec.template.metadata.labels.app" },
	{ "/spec.selector.matchExpressions[*].values[*]", "back", "Deployment",
		"spec.template.metadata.labels.tier" },
	{ "/spec.selector.app", "other", "ReplicationController", "spec.template.metadata.labels.app" },
	{ "/spec.template.metadata.labels.app", "other",
		"Deployment,ReplicaSet,DaemonSet,StatefulSet,ReplicationController", NULL },
	{ "strategy.rollingUpdate.maxSurge", "a few", NULL, NULL },
	{ "strategy.rollingUpdate.maxUnavailable", "-1", NULL, NULL },
	{ "strategy.rollingUpdate.maxUnavailable", "125%", NULL, NULL },
	{ "/spec.strategy.type", "Recreate", "Deployment", ".rollingUpdate" },
	{ "/spec.updateStrategy.type", "OnDelete", "StatefulSet", ".rollingUpdate" },
	{ "template.spec.restartPolicy", "Always", "Job,CronJob", NULL },
	{ "/spec.schedule", "\"61 3 * * *\"", "CronJob", NULL },
	{ "/spec.schedule", "every night", "CronJob", NULL },
	{ "/spec.timeZone", "Mars/Olympus", "CronJob", NULL },
	{ "/spec.dnsPolicy", "Nonne", "Pod", NULL },
	{ "/spec.ports[*].nodePort", "80", "Service", NULL },
	{ "/spec.ports[*].targetPort", "Not-A-Port-", "Service", NULL },
	{ "/spec.ports[*].port", "0", "Service", NULL },
	{ "/spec.sessionAffinity", "None", "Service", ".sessionAffinityConfig" },
	{ "/spec.type", "ClusterIP", "Service", "spec.ports[0].nodePort" },
	{ "/data.password", "\"not base64!\"", "Secret", NULL },
	{ "/spec.podCIDR", "10.42.0.0", "Cluster", NULL },
	{ "/spec.minAvailable", "\"many\"", "PodDisruptionBudget", NULL },
	{ "/spec.limits[*].min.cpu", "\"3\"", "LimitRange", NULL },
	{ "/spec.limits[*].default.cpu", "\"3\"", "LimitRange", NULL },
	{ "/spec.limits[*].defaultRequest.cpu", "1m", "LimitRange", "spec.limits[0].min.cpu" },
	{ "/value", "2000000000", "PriorityClass", NULL },
	{ "/spec.ingress[*].from[*].ipBlock.cidr", "10.0.0.0", "NetworkPolicy", NULL },
	{ "/spec.ingress[*].from[*].ipBlock.except[*]", "192.168.0.0/16", "NetworkPolicy", NULL },
	{ "/spec.ingress[*].ports[*].endPort", "80", "NetworkPolicy", NULL },
	{ "/spec.rules[*].host", "Not A Host", "Ingress", NULL },
	{ "/spec.rules[*].http.paths[*].path", "cart", "Ingress", NULL },
	{ "/spec.minReplicas", "11", "HorizontalPodAutoscaler", "spec.maxReplicas" },
	{ "/roleRef.kind", "Deployment", "RoleBinding,ClusterRoleBinding", NULL },
	{ "/roleRef.kind", "Role", "ClusterRoleBinding", NULL },
	{ "/subjects[*].kind", "Robot", "RoleBinding", NULL },
	{ "/endpoints[*].addresses[*]", "fe80::1", "EndpointSlice", NULL },
	{ "/subsets[*].addresses[*].ip", "127.0.0.1", "Endpoints", NULL },
	{ "/metadata.name", "a/b", NULL, NULL },
	{ "/metadata.namespace", "Not.A.Namespace", NULL, NULL },
	{ "volumeClaimTemplates[*].spec.resources.requests.storage", "0", NULL, NULL },
	{ "/spec.resources.requests.storage", "\"-1Gi\"", "PersistentVolumeClaim", NULL },
	{ "/spec.capacity.storage", "\"-1Gi\"", "PersistentVolume", NULL },
	{ "emptyDir.sizeLimit", "\"-1\"", NULL, NULL },
	{ "configMap.items[*].path", "/abs", NULL, NULL },
	{ "configMap.defaultMode", "01000", NULL, NULL },
	{ "configMap.items[*].mode", "512", NULL, NULL },
	{ "seccompProfile.type", "Localhost", "Pod", NULL },
	{ "securityContext.privileged", "true", "Pod", ".allowPrivilegeEscalation" },
	{ "dnsConfig.nameservers[*]", "dns.example.com", NULL, NULL },
	{ "hostAliases[*].ip", "10.1.2", NULL, NULL },
	{ "hostAliases[*].hostnames[*]", "not a host", NULL, NULL },
};

static bool kind_listed(const char *kinds_text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = kinds_text; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return !kinds_text;
}

/* Does PATH end with END, at the start of a part? */
static bool path_ends(const char *path, const char *end)
{
	size_t from;

	if (*end == '/')
		return str_eq(path, end + 1);
	if (!str_ends(path, end))
		return false;
	from = strlen(path) - strlen(end);
	return from == 0 || path[from - 1] == '.';
}

static void add_references(struct walk *w, const struct site *s)
{
	for (size_t i = 0; i < ARRAY_LEN(references); i++) {
		struct site more = *s;

		if (!path_ends(s->path, references[i].path) ||
			!kind_listed(references[i].kinds, w->d->kind->name))
			continue;
		more.words = references[i].words;
		more.at = references[i].at;
		more.reference = i;
		add(w, &more, MISTAKE_REFERENCE);
	}
}

const char *reference_path(size_t number)
{
	return number < ARRAY_LEN(references) ? references[number].path : NULL;
}

/* --- the walk ------------------------------------------------------------------------------------ */

static bool is_scalar(const struct value *v)
{
	return v->type != VALUE_LIST && v->type != VALUE_MAP;
}

static bool has_range(const struct field *f)
{
	bool number = f->kind == FIELD_INT || f->kind == FIELD_OPT_INT || f->kind == FIELD_INTS;

	return number && (f->min != 0 || f->max != 0);
}

static bool is_text_kind(enum field_kind kind)
{
	return kind == FIELD_QUANTITY || kind == FIELD_TIME || kind == FIELD_DURATION ||
	       kind == FIELD_BYTES || kind == FIELD_BYTES_MAP || kind == FIELD_QUANTITY_MAP;
}

/* Mistakes in one scalar of row S->row: a field's own value, an item, a value of a free map. */
static void visit_scalar(struct walk *w, const struct site *s)
{
	const struct field *f = s->row;

	if (f->kind != FIELD_ANY)
		add(w, s, MISTAKE_TYPE);
	if (f->values)
		add(w, s, MISTAKE_WORD);
	if (has_range(f))
		add(w, s, MISTAKE_RANGE);
	if (f->rule && (f->kind == FIELD_STRING || f->kind == FIELD_STRINGS))
		add(w, s, MISTAKE_RULE);
	if (is_text_kind(f->kind))
		add(w, s, MISTAKE_TEXT);
	add_references(w, s);
}

static void visit_map(struct walk *w, const struct schema *schema, const struct value *v, const char *path);

static void visit_list(struct walk *w, const struct site *s)
{
	const struct value *list = s->value;

	for (size_t i = 0; i < list->list.count; i++) {
		struct site item = { .path = arena_printf(w->d->arena, "%s[*]", s->path),
			.row = s->row,
			.value = list->list.items[i] };

		if (item.value->type == VALUE_MAP && s->row->kind == FIELD_STRUCTS) {
			if (s->row->list_key)
				add(w, &item, MISTAKE_DUPLICATE_ITEM);
			visit_map(w, s->row->of, item.value, item.path);
		} else if (is_scalar(item.value)) {
			visit_scalar(w, &item);
		}
	}
}

/* Labels, data: the keys are free, and may have a rule. */
static void visit_free_map(struct walk *w, const struct site *s)
{
	for (size_t i = 0; i < s->value->map.count; i++) {
		const struct value_entry *e = &s->value->map.entries[i];
		struct site item = { .path = arena_printf(w->d->arena, "%s.%s", s->path, e->key),
			.row = s->row,
			.map = s->value,
			.entry = e,
			.value = e->value };

		if (!is_scalar(e->value))
			continue;
		visit_scalar(w, &item);
		add(w, &item, MISTAKE_DUPLICATE_KEY);
		if (s->row->rule)
			add(w, &item, MISTAKE_RULE);
	}
}

static void visit_field(struct walk *w, const struct site *s)
{
	const struct field *f = s->row;

	add(w, s, MISTAKE_FIELD);
	if (is_scalar(s->value))
		add(w, s, MISTAKE_DUPLICATE_KEY);
	if (f->kind == FIELD_NONE || f->support == REFUSED || f->flags & FIELD_SERVER_SET)
		return;
	if (f->flags & FIELD_REQUIRED) {
		add(w, s, MISTAKE_MISSING);
		if (is_scalar(s->value))
			add(w, s, MISTAKE_EMPTY);
	}
	if (is_scalar(s->value)) {
		visit_scalar(w, s);
		return;
	}
	if (f->kind != FIELD_ANY)
		add(w, s, MISTAKE_TYPE);
	if (s->value->type == VALUE_LIST)
		visit_list(w, s);
	else if (f->of)
		visit_map(w, f->of, s->value, s->path);
	else if (f->kind != FIELD_ANY)
		visit_free_map(w, s);
}

static void visit_map(struct walk *w, const struct schema *schema, const struct value *v, const char *path)
{
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];
		struct site s = { .path = arena_printf(w->d->arena, "%s%s%s", path, *path ? "." : "", e->key),
			.schema = schema,
			.row = schema_find(schema, e->key),
			.map = v,
			.entry = e,
			.value = e->value };

		if (s.row)
			visit_field(w, &s);
		else
			add(w, &s, MISTAKE_WORD); /* apiVersion, kind */
	}
}

void sites_find(const struct document *d, struct sites *ret)
{
	struct walk w = { .d = d, .sites = ret };

	*ret = (struct sites){ 0 };
	visit_map(&w, d->kind->schema, d->root, "");
}
