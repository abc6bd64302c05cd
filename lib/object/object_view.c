/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* An object's body as what its kind says that it is; and the pods that it makes. */
#include "lib/object/object.h"

#include <assert.h>

static const void *view(const struct object *o, enum kind_id id)
{
	assert(o->kind->id == id);
	return o->body;
}

const struct pod *object_pod(const struct object *o)
{
	return view(o, KIND_POD);
}

const struct deployment *object_deployment(const struct object *o)
{
	return view(o, KIND_DEPLOYMENT);
}

const struct replica_set *object_replica_set(const struct object *o)
{
	return view(o, KIND_REPLICA_SET);
}

const struct config_map *object_config_map(const struct object *o)
{
	return view(o, KIND_CONFIG_MAP);
}

const struct secret *object_secret(const struct object *o)
{
	return view(o, KIND_SECRET);
}

const struct service *object_service(const struct object *o)
{
	return view(o, KIND_SERVICE);
}

const struct endpoints *object_endpoints(const struct object *o)
{
	return view(o, KIND_ENDPOINTS);
}

const struct endpoint_slice *object_endpoint_slice(const struct object *o)
{
	return view(o, KIND_ENDPOINT_SLICE);
}

const struct ingress *object_ingress(const struct object *o)
{
	return view(o, KIND_INGRESS);
}

const struct ingress_class *object_ingress_class(const struct object *o)
{
	return view(o, KIND_INGRESS_CLASS);
}

const struct network_policy *object_network_policy(const struct object *o)
{
	return view(o, KIND_NETWORK_POLICY);
}

const struct role *object_role(const struct object *o)
{
	return view(o, KIND_ROLE);
}

const struct role_binding *object_role_binding(const struct object *o)
{
	return view(o, KIND_ROLE_BINDING);
}

const struct cluster_role *object_cluster_role(const struct object *o)
{
	return view(o, KIND_CLUSTER_ROLE);
}

const struct role_binding *object_cluster_role_binding(const struct object *o)
{
	return view(o, KIND_CLUSTER_ROLE_BINDING);
}

const struct persistent_volume *object_persistent_volume(const struct object *o)
{
	return view(o, KIND_PERSISTENT_VOLUME);
}

const struct storage_class *object_storage_class(const struct object *o)
{
	return view(o, KIND_STORAGE_CLASS);
}

const struct claim *object_claim(const struct object *o)
{
	return view(o, KIND_CLAIM);
}

const struct namespace *object_namespace(const struct object *o)
{
	return view(o, KIND_NAMESPACE);
}

const struct node *object_node(const struct object *o)
{
	return view(o, KIND_NODE);
}

const struct cluster *object_cluster(const struct object *o)
{
	return view(o, KIND_CLUSTER);
}

const struct event *object_event(const struct object *o)
{
	return view(o, KIND_EVENT);
}

const struct autoscaler *object_autoscaler(const struct object *o)
{
	return view(o, KIND_AUTOSCALER);
}

const struct job *object_job(const struct object *o)
{
	return view(o, KIND_JOB);
}

const struct cron_job *object_cron_job(const struct object *o)
{
	return view(o, KIND_CRON_JOB);
}

const struct daemon_set *object_daemon_set(const struct object *o)
{
	return view(o, KIND_DAEMON_SET);
}

const struct stateful_set *object_stateful_set(const struct object *o)
{
	return view(o, KIND_STATEFUL_SET);
}

const struct replication_controller *object_replication_controller(const struct object *o)
{
	return view(o, KIND_REPLICATION_CONTROLLER);
}

const struct service_account *object_service_account(const struct object *o)
{
	return view(o, KIND_SERVICE_ACCOUNT);
}

const struct resource_quota *object_resource_quota(const struct object *o)
{
	return view(o, KIND_RESOURCE_QUOTA);
}

const struct limit_range *object_limit_range(const struct object *o)
{
	return view(o, KIND_LIMIT_RANGE);
}

const struct disruption_budget *object_disruption_budget(const struct object *o)
{
	return view(o, KIND_DISRUPTION_BUDGET);
}

const struct priority_class *object_priority_class(const struct object *o)
{
	return view(o, KIND_PRIORITY_CLASS);
}

const struct runtime_class *object_runtime_class(const struct object *o)
{
	return view(o, KIND_RUNTIME_CLASS);
}

const struct lease *object_lease(const struct object *o)
{
	return view(o, KIND_LEASE);
}

const struct controller_revision *object_controller_revision(const struct object *o)
{
	return view(o, KIND_CONTROLLER_REVISION);
}

/* Where each kind that has pods keeps what they look like; a Pod begins as a template does. */
static size_t template_offset(enum kind_id id)
{
	static const size_t offsets[KIND_COUNT] = {
		[KIND_REPLICA_SET] = offsetof(struct replica_set, spec.template),
		[KIND_DEPLOYMENT] = offsetof(struct deployment, spec.template),
		[KIND_DAEMON_SET] = offsetof(struct daemon_set, spec.template),
		[KIND_STATEFUL_SET] = offsetof(struct stateful_set, spec.template),
		[KIND_REPLICATION_CONTROLLER] = offsetof(struct replication_controller, spec.template),
		[KIND_JOB] = offsetof(struct job, spec.template),
		[KIND_CRON_JOB] = offsetof(struct cron_job, spec.job_template.spec.template),
	};

	return offsets[id];
}

struct template_view object_template(const struct object *o)
{
	size_t offset = template_offset(o->kind->id);
	if (o->kind->id == KIND_POD)
		return (struct template_view){ &object_pod(o)->meta.labels, &object_pod(o)->spec };
	if (offset == 0)
		return (struct template_view){ 0 };
	const struct pod_template *t = (const void *)((const char *)o->body + offset);
	return (struct template_view){ &t->meta.labels, &t->spec };
}
