/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects: one Kubernetes object of a known kind, typed, immutable, in an arena of its own.
 *
 * A document becomes objects with object_load (a List yields its items). An object is
 * shared by reference; object_ref and object_unref are not atomic (one thread). Whoever wants
 * a changed object makes a new one. The kind table is the list of what Pintle knows.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/autoscaler.h"
#include "lib/object/batch.h"
#include "lib/object/claim.h"
#include "lib/object/core.h"
#include "lib/object/network.h"
#include "lib/object/policy.h"
#include "lib/object/rbac.h"
#include "lib/object/storage.h"
#include "lib/object/workload.h"

enum kind_id {
	KIND_NAMESPACE,
	KIND_NODE,
	KIND_CLUSTER,
	KIND_CONFIG_MAP,
	KIND_SECRET,
	KIND_SERVICE,
	KIND_ENDPOINTS,
	KIND_ENDPOINT_SLICE,
	KIND_INGRESS,
	KIND_INGRESS_CLASS,
	KIND_NETWORK_POLICY,
	KIND_ROLE,
	KIND_ROLE_BINDING,
	KIND_CLUSTER_ROLE,
	KIND_CLUSTER_ROLE_BINDING,
	KIND_PERSISTENT_VOLUME,
	KIND_STORAGE_CLASS,
	KIND_CLAIM,
	KIND_POD,
	KIND_REPLICA_SET,
	KIND_DEPLOYMENT,
	KIND_DAEMON_SET,
	KIND_STATEFUL_SET,
	KIND_REPLICATION_CONTROLLER,
	KIND_JOB,
	KIND_CRON_JOB,
	KIND_AUTOSCALER,
	KIND_SERVICE_ACCOUNT,
	KIND_RESOURCE_QUOTA,
	KIND_LIMIT_RANGE,
	KIND_DISRUPTION_BUDGET,
	KIND_PRIORITY_CLASS,
	KIND_RUNTIME_CLASS,
	KIND_LEASE,
	KIND_CONTROLLER_REVISION,
	KIND_EVENT,
	KIND_COUNT
};

struct yaml_limits;

struct kind {
	enum kind_id id;
	const char *api_version;        /* "apps/v1" */
	const char *name;               /* "Deployment" */
	const char *singular, *plural;  /* "deployment", "deployments": directory names of the tree too */
	const char *const *short_names; /* "deploy", NULL-terminated */
	bool namespaced;
	bool in_manifests;           /* people may write it (not Event) */
	bool workload;               /* has pods: PENDING features hold it */
	const struct schema *schema; /* of the whole object; first C member is struct object_meta */
	/* Another version that manifests may be written in, and the table that reads it into the same struct; or NULL. */
	const char *older_version;
	const struct schema *older_schema;
	string_rule name_rule;
	/* What doesn't happen yet, for the warning that each manifest of the kind gets: "is recorded, but …"; NULL = it is
	   acted on. A workload is held for it. */
	const char *not_yet;
	const char *doc;
};

/* All kinds, [KIND_COUNT], indexed by kind_id. */
extern const struct kind kinds[KIND_COUNT];
/* By apiVersion and kind as in manifests; NULL = unknown. */
const struct kind *kind_find(const char *api_version, const char *name);
/* By what people type: kind, plural, short name, any case, "deployments.apps" too; NULL = unknown. */
const struct kind *kind_by_word(const char *word);

struct object {
	const struct kind *kind;
	struct object_meta *meta; /* == body */
	void *body;               /* struct pod * etc., by kind */
	const char *path;         /* manifest file below the repository, or NULL */
	uint32_t line, col;
	const char *const *held; /* features that hold this workload, [held_count] */
	size_t held_count;
	/* What it names (of manifests only), [reference_count]. */
	const struct reference *references;
	size_t reference_count;
	uint8_t hash[32]; /* schema_hash: equal objects hash equal */
	struct arena *arena;
	unsigned refs;
};

struct objects {
	struct object **items; /* each a reference; objects_done drops them */
	size_t count, cap;
};
void objects_add(struct objects *list, struct object *o); /* takes the reference */
void objects_done(struct objects *list);

/* --- object_load.c: from documents ----------------------------------------------------------------------- */

struct object_load_options {
	const char *path;              /* for diagnostics and object->path */
	const char *default_namespace; /* for namespaced kinds without one: "default" */
	enum decode_mode mode;
	const struct strings *unknown_kinds; /* the Cluster's spec.unknownKinds; NULL: refused */
	/*
	 * What a cluster says of its objects is wanted too (with DECODE_MANIFEST): server-set fields are read, and a document
	 * with a metadata.uid, which a cluster printed, need not keep the rules of manifests (of an unknown kind it is passed over).
	 */
	bool observed;
	const struct yaml_limits *limits; /* of object_load_yaml; NULL: yaml_limits_default */
};

/*
 * All objects of one document (List items included) are appended to RET; problems to DIAGS. Returns 0 or -EBADMSG
 * (errors were reported; RET has those that were good). Unknown kinds, removed API versions (with the one to use), generateName in
 * manifests, and missing metadata.name are errors.
 */
int object_load(const struct value *document, const struct object_load_options *options, struct objects *ret,
	struct diags *diags);
/* yaml_parse + object_load of a whole file. */
int object_load_yaml(const char *text, size_t len, const struct object_load_options *options,
	struct objects *ret, struct diags *diags);
/* One stored object (JSON of the tree or the wire). */
int object_load_json(const char *text, size_t len, struct object **ret, struct err *err);
/* The same from a value. */
int object_from_value(const struct value *v, struct object **ret, struct err *err);

/* --- object.c ------------------------------------------------------------------------------------------- */

struct object *object_ref(struct object *o);
/* Frees at the last reference; NULL is fine; returns NULL. */
struct object *object_unref(struct object *o);
void object_unrefp(struct object **o);

/*
 * A fresh object of KIND around BODY, which the caller has built in ARENA (ownership of ARENA passes to the object);
 * computes the hash. One reference.
 */
struct object *object_new(const struct kind *kind, struct arena *arena, void *body);

/* {"apiVersion":…,"kind":…,"metadata":…,"spec":…} as `kubectl -o json`. FLAGS and SECRET_KEY as schema_encode. */
void object_write_json(
	struct json_writer *w, const struct object *o, unsigned flags, const uint8_t *secret_key);

/* "Deployment/ns/name" or "Node/name": the key for maps and messages. Text in ARENA. */
const char *object_key(struct arena *arena, const struct kind *kind, const char *namespace, const char *name);
/* What a diagnostic about O says of it: where it stands, and its key. Text in ARENA, or the object's. */
struct diag object_place(const struct object *o, enum diag_severity severity, struct arena *arena);
/* Order: kind_id, namespace, name. */
int object_cmp(const struct object *a, const struct object *b);

/* --- object_view.c ---------------------------------------------------------------------------------------- */

/* Typed views; assert the kind. */
const struct pod *object_pod(const struct object *o);
const struct deployment *object_deployment(const struct object *o);
const struct replica_set *object_replica_set(const struct object *o);
const struct config_map *object_config_map(const struct object *o);
const struct secret *object_secret(const struct object *o);
const struct service *object_service(const struct object *o);
const struct endpoints *object_endpoints(const struct object *o);
const struct endpoint_slice *object_endpoint_slice(const struct object *o);
const struct ingress *object_ingress(const struct object *o);
const struct ingress_class *object_ingress_class(const struct object *o);
const struct network_policy *object_network_policy(const struct object *o);
const struct role *object_role(const struct object *o);
const struct role_binding *object_role_binding(const struct object *o);
const struct cluster_role *object_cluster_role(const struct object *o);
const struct role_binding *object_cluster_role_binding(const struct object *o);
const struct persistent_volume *object_persistent_volume(const struct object *o);
const struct storage_class *object_storage_class(const struct object *o);
const struct claim *object_claim(const struct object *o);
const struct namespace *object_namespace(const struct object *o);
const struct node *object_node(const struct object *o);
const struct cluster *object_cluster(const struct object *o);
const struct event *object_event(const struct object *o);
const struct autoscaler *object_autoscaler(const struct object *o);
const struct job *object_job(const struct object *o);
const struct cron_job *object_cron_job(const struct object *o);
const struct daemon_set *object_daemon_set(const struct object *o);
const struct stateful_set *object_stateful_set(const struct object *o);
const struct replication_controller *object_replication_controller(const struct object *o);
const struct service_account *object_service_account(const struct object *o);
const struct resource_quota *object_resource_quota(const struct object *o);
const struct limit_range *object_limit_range(const struct object *o);
const struct disruption_budget *object_disruption_budget(const struct object *o);
const struct priority_class *object_priority_class(const struct object *o);
const struct runtime_class *object_runtime_class(const struct object *o);
const struct lease *object_lease(const struct object *o);
const struct controller_revision *object_controller_revision(const struct object *o);

/* The pods that an object makes, or is: their labels and spec; labels == NULL: it makes none. */
struct template_view {
	const struct string_map *labels;
	const struct pod_spec *spec;
};
struct template_view object_template(const struct object *o);
