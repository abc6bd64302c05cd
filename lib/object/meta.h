/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ObjectMeta and the small types that many kinds share (meta/v1 and core/v1 of Kubernetes 1.32). */
#pragma once

#include "lib/object/schema.h"

struct owner_reference {
	const char *api_version, *kind, *name, *uid;
	struct opt_bool controller, block_owner_deletion;
};

/* The first member of every kind's struct. */
struct object_meta {
	const char *name;
	const char *generate_name;
	const char *namespace; /* NULL for cluster-scoped kinds */
	struct string_map labels, annotations;
	struct strings finalizers;
	/* server-set */
	const char *uid;
	const char *resource_version;
	int64_t generation;
	struct opt_int creation_timestamp, deletion_timestamp; /* ns since the epoch */
	struct opt_int deletion_grace_period_seconds;
	struct {
		struct owner_reference *items;
		size_t count;
	} owner_references;
};

struct label_requirement {
	const char *key, *op; /* op: In, NotIn, Exists, DoesNotExist; from text Gt and Lt too */
	struct strings values;
};
struct label_selector {
	struct string_map match_labels;
	struct {
		struct label_requirement *items;
		size_t count;
	} match_expressions;
};

/* A status condition of any kind. */
struct condition {
	const char *type, *status; /* status: True, False, Unknown */
	const char *reason, *message;
	struct opt_int last_transition_time, last_update_time, last_probe_time, last_heartbeat_time;
	int64_t observed_generation;
};
struct conditions {
	struct condition *items;
	size_t count;
};

extern const struct schema schema_object_meta, schema_owner_reference, schema_label_selector,
	schema_condition;

/* An empty selector matches everything; NULL matches nothing (meta/v1 LabelSelector). */
bool label_selector_matches(const struct label_selector *s, const struct string_map *labels);
/* kubectl's -l syntax: "a=b,c!=d,e in (x,y),!f,g" → selector in ARENA; *RET_WHY says what is wrong. -EINVAL. */
int label_selector_parse(
	struct arena *arena, const char *text, struct label_selector *ret, const char **ret_why);

/* The text form, matchLabels first: what label_selector_parse reads. Nothing for an empty selector. */
void label_selector_format(const struct label_selector *s, struct buf *out);

/* The controller among the owner references, or NULL. */
const struct owner_reference *meta_controller(const struct object_meta *m);

/* Rules for names (string_rule); sources: apimachinery validation, RFC 1123, RFC 1035. */
const char *rule_dns_label(struct arena *arena, const char *s);      /* ≤ 63 */
const char *rule_dns_label_1035(struct arena *arena, const char *s); /* ≤ 63, starts with a letter */
const char *rule_dns_subdomain(struct arena *arena, const char *s);  /* ≤ 253 */
const char *rule_label_key(struct arena *arena, const char *s);      /* qualified name */
const char *rule_label_value(struct arena *arena, const char *s);
/* ConfigMap and Secret keys: [-._a-zA-Z0-9]+, ≤ 253, not "." or ".." */
const char *rule_config_key(struct arena *arena, const char *s);
const char *rule_port_name(struct arena *arena, const char *s); /* IANA_SVC_NAME */
const char *rule_env_name(struct arena *arena, const char *s);
const char *rule_absolute_path(struct arena *arena, const char *s);
const char *rule_relative_path(struct arena *arena, const char *s); /* no leading "/", no ".." */
const char *rule_ip(struct arena *arena, const char *s);
/* An address that another host can have: not loopback, link-local or unspecified. */
const char *rule_ip_of_host(struct arena *arena, const char *s);
const char *rule_cidr(struct arena *arena, const char *s);
/* What can be one part of a path (names of RBAC's kinds): no "/", "%" or white space, not "." or "..", ≤ 253. */
const char *rule_path_segment(struct arena *arena, const char *s);
