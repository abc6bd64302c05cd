/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The two objects are compared leaf by leaf (schema_diff), and each change is judged by the row of the table whose path
 * is the longest one above it. Sources: ValidateXUpdate in Kubernetes' pkg/apis/.../validation of 1.32.
 */
#include "reconciler/immutable.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { CHANGES_MAX = 5, VALUE_MAX = 60 };

static const char anew[] = "delete the object in one commit and add it in the next, or use another name";
static const char other_name[] = "use another name, and refer to that";

struct rule {
	const char *kind;
	const char *path; /* what stands below it too; lists as [] */
	/* What has to be done instead; NULL: the field may change after all. */
	const char *instead;
	/* Whether the rule counts for this change; NULL: always. */
	bool (*counts)(
		const struct object *before, const struct object *after, const struct schema_change *change);
};

/* --- conditions -------------------------------------------------------------------------------------- */

static bool was_set(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)before;
	(void)after;
	return change->before != NULL;
}

static bool is_added(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)before;
	(void)after;
	return change->before == NULL;
}

static bool is_removed(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)before;
	(void)after;
	return change->after == NULL;
}

/* A deadline may be set and come nearer. */
static bool is_sooner(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	int64_t was, is;

	(void)before;
	(void)after;
	if (!change->after)
		return false;
	return !change->before ||
	       (str_to_i64(change->before, &was) == 0 && str_to_i64(change->after, &is) == 0 && is < was);
}

/* A Service that was, or becomes, a mere alias has no addresses to keep; and to say no address keeps the one there is. */
static bool keeps_address(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	const struct service_spec *was = &object_service(before)->spec, *is = &object_service(after)->spec;

	if (str_eq(was->type, "ExternalName") || str_eq(is->type, "ExternalName"))
		return false;
	return change->after != NULL || str_eq(was->cluster_ip, "None");
}

/* The list repeats the address, of which enough is said; a second one may differ alone. */
static bool keeps_other_address(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	return str_eq(object_service(before)->spec.cluster_ip, object_service(after)->spec.cluster_ip) &&
	       keeps_address(before, after, change);
}

static bool is_frozen_config_map(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)after;
	(void)change;
	return object_config_map(before)->immutable.value;
}

static bool is_frozen_secret(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)after;
	(void)change;
	return object_secret(before)->immutable.value;
}

/* Quantities as schema_diff writes them: in quotes. */
static bool is_less(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	struct quantity was, is;
	char a[64], b[64];

	(void)before;
	(void)after;
	if (!change->before || !change->after)
		return change->before != NULL;
	snprintf(a, sizeof(a), "%.*s", (int)strcspn(change->before + 1, "\""), change->before + 1);
	snprintf(b, sizeof(b), "%.*s", (int)strcspn(change->after + 1, "\""), change->after + 1);
	return quantity_parse(a, &was) < 0 || quantity_parse(b, &is) < 0 || quantity_cmp(&is, &was) < 0;
}

/* Where the pods of a suspended Job will run can still be changed (JobMutableNodeSchedulingDirectives). */
static bool is_suspended(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	(void)after;
	(void)change;
	return object_job(before)->spec.suspend;
}

/* Of an Indexed Job completions may change together with parallelism, to the same number (ElasticIndexedJob). */
static bool is_elastic(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	const struct job_spec *was = &object_job(before)->spec, *is = &object_job(after)->spec;

	(void)change;
	return str_eq(was->completion_mode, "Indexed") && is->completions.set &&
	       is->completions.value == is->parallelism.value;
}

/* --- the table --------------------------------------------------------------------------------------------- */

static const char pod_anew[] =
	"of a Pod only the images, tolerations in addition and a nearer deadline can change; delete "
	"the Pod in one commit and add it in the next, or let a Deployment make it";
static const char set_anew[] =
	"delete the StatefulSet in one commit (its claims stay) and add it in the next";
static const char job_anew[] = "a Job runs what it was made for; use another name, or delete it in one "
			       "commit and add it in the next";
static const char claim_anew[] =
	"a claim can only ask for more storage; make another claim, and copy what is in this one";
static const char frozen[] = "the object in force says immutable: true; use another name, and refer to that";
static const char address[] =
	"to keep its address leave the field out; for another one delete the Service in one commit and "
	"add it in the next";

/* Of one kind, what is above comes first. */
static const struct rule rules[] = {
	{ "Pod", "spec", pod_anew, NULL },
	{ "Pod", "spec.containers[].image", NULL, NULL },
	{ "Pod", "spec.initContainers[].image", NULL, NULL },
	{ "Pod", "spec.activeDeadlineSeconds", NULL, is_sooner },
	{ "Pod", "spec.tolerations", NULL, is_added },
	{ "Pod", "spec.schedulingGates", NULL, is_removed },
	{ "ReplicaSet", "spec.selector", anew, NULL },
	{ "Deployment", "spec.selector", anew, NULL },
	{ "DaemonSet", "spec.selector", anew, NULL },
	{ "StatefulSet", "spec", set_anew, NULL },
	{ "StatefulSet", "spec.replicas", NULL, NULL },
	{ "StatefulSet", "spec.template", NULL, NULL },
	{ "StatefulSet", "spec.updateStrategy", NULL, NULL },
	{ "StatefulSet", "spec.ordinals", NULL, NULL },
	{ "StatefulSet", "spec.minReadySeconds", NULL, NULL },
	{ "StatefulSet", "spec.revisionHistoryLimit", NULL, NULL },
	{ "StatefulSet", "spec.persistentVolumeClaimRetentionPolicy", NULL, NULL },
	{ "Job", "spec.selector", job_anew, NULL },
	{ "Job", "spec.template", job_anew, NULL },
	{ "Job", "spec.template.metadata", NULL, is_suspended },
	{ "Job", "spec.template.spec.nodeSelector", NULL, is_suspended },
	{ "Job", "spec.template.spec.affinity.nodeAffinity", NULL, is_suspended },
	{ "Job", "spec.template.spec.tolerations", NULL, is_suspended },
	{ "Job", "spec.template.spec.schedulingGates", NULL, is_suspended },
	{ "Job", "spec.completions", job_anew, NULL },
	{ "Job", "spec.completions", NULL, is_elastic },
	{ "Job", "spec.completionMode", job_anew, NULL },
	{ "Job", "spec.podFailurePolicy", job_anew, NULL },
	{ "Job", "spec.successPolicy", job_anew, NULL },
	{ "Job", "spec.backoffLimitPerIndex", job_anew, NULL },
	{ "Job", "spec.managedBy", job_anew, NULL },
	{ "Service", "spec.clusterIP", address, keeps_address },
	{ "Service", "spec.clusterIPs", address, keeps_other_address },
	{ "Service", "spec.loadBalancerClass", anew, was_set },
	{ "EndpointSlice", "addressType", anew, NULL },
	{ "IngressClass", "spec.controller", other_name, NULL },
	{ "ConfigMap", "data", frozen, is_frozen_config_map },
	{ "ConfigMap", "binaryData", frozen, is_frozen_config_map },
	{ "ConfigMap", "immutable", frozen, is_frozen_config_map },
	{ "Secret", "type", anew, NULL },
	{ "Secret", "data", frozen, is_frozen_secret },
	{ "Secret", "stringData", frozen, is_frozen_secret },
	{ "Secret", "immutable", frozen, is_frozen_secret },
	{ "PersistentVolumeClaim", "spec", claim_anew, NULL },
	{ "PersistentVolumeClaim", "spec.resources.requests", claim_anew, is_less },
	{ "PersistentVolumeClaim", "spec.storageClassName", claim_anew, was_set },
	{ "PersistentVolumeClaim", "spec.volumeName", claim_anew, was_set },
	{ "PersistentVolumeClaim", "spec.volumeAttributesClassName", NULL, NULL },
	{ "PersistentVolume", "spec.hostPath", other_name, NULL },
	{ "PersistentVolume", "spec.local", other_name, NULL },
	{ "PersistentVolume", "spec.nfs", other_name, NULL },
	{ "PersistentVolume", "spec.csi", other_name, NULL },
	{ "PersistentVolume", "spec.volumeMode", other_name, NULL },
	{ "PersistentVolume", "spec.nodeAffinity", other_name, was_set },
	{ "StorageClass", "provisioner", other_name, NULL },
	{ "StorageClass", "parameters", other_name, NULL },
	{ "StorageClass", "reclaimPolicy", other_name, NULL },
	{ "StorageClass", "volumeBindingMode", other_name, NULL },
	{ "PriorityClass", "value", other_name, NULL },
	{ "PriorityClass", "preemptionPolicy", other_name, NULL },
	{ "RuntimeClass", "handler", other_name, NULL },
	{ "RoleBinding", "roleRef", anew, NULL },
	{ "ClusterRoleBinding", "roleRef", anew, NULL },
};

/* Is FIELD ("spec.containers[web].image") RULE's path or below it? */
static bool is_below(const char *field, const char *path)
{
	while (*path) {
		if (*path != *field)
			return false;
		if (*path == '[') {
			field += strcspn(field, "]");
			path++;
			if (*field != ']')
				return false;
		}
		path++;
		field++;
	}
	return *field == '\0' || *field == '.' || *field == '[';
}

/* The rule for CHANGE: the longest path, where the rule counts; NULL: there is none. */
static const struct rule *find_rule(
	const struct object *before, const struct object *after, const struct schema_change *change)
{
	const struct rule *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];

		if (!str_eq(r->kind, after->kind->name) || !is_below(change->field, r->path))
			continue;
		if (best && strlen(best->path) > strlen(r->path))
			continue;
		/* Without its condition, an exception leaves the rule above it; a rule that is itself below one ends it. */
		if (!r->counts || r->counts(before, after, change))
			best = r;
		else if (r->instead)
			best = NULL;
	}
	return best && best->instead ? best : NULL;
}

/* --- saying so ------------------------------------------------------------------------------------------------- */

static void add_value(struct buf *out, const char *json)
{
	if (!json) {
		buf_adds(out, "absent");
	} else if (strlen(json) <= VALUE_MAX) {
		buf_adds(out, json);
	} else {
		buf_addf(out, "%.*s…", (int)str_utf8_cut(json, VALUE_MAX), json);
	}
}

static void add_error(const struct object *o, const struct schema_change *change, const struct rule *rule,
	struct diags *diags)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct diag at = object_place(o, DIAG_ERROR, diags->arena);

	at.field = change->field;
	buf_adds(&out, "can't be changed");
	/* Of secrets nothing is shown, so that both look the same. */
	if (!str_eq(change->before, change->after)) {
		buf_adds(&out, " from ");
		add_value(&out, change->before);
		buf_adds(&out, " to ");
		add_value(&out, change->after);
	}
	diags_add(diags, &at, "%s: %s", out.data, rule->instead);
}

void immutable_check(const struct object *before, const struct object *after, struct diags *diags)
{
	struct schema_changes changes = { 0 };
	size_t count = 0;

	if (before == after || memcmp(before->hash, after->hash, sizeof(before->hash)) == 0)
		return;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	schema_diff(a, after->kind->schema, before->body, after->body, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct rule *rule = find_rule(before, after, &changes.items[i]);

		if (rule && count++ < CHANGES_MAX)
			add_error(after, &changes.items[i], rule, diags);
	}
}
