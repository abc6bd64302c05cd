/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of ServiceAccount (core/v1 validation ValidateServiceAccount). */
#include <stddef.h>

#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ServiceAccount." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct service_account, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "secrets",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct service_account, secrets),
		.of = &schema_object_reference,
		.refers = "Secret",
		.doc = "Secrets that its pods may use; recorded, and not looked at." },
	{ .name = "imagePullSecrets",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct service_account, image_pull_secrets),
		.of = &schema_local_reference,
		.refers = "Secret",
		.doc = "Secrets to pull images with, for pods that name none." },
	{ .name = "automountServiceAccountToken",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct service_account, automount_token),
		.doc = "Whether its pods get a token, unless they say otherwise." },
};

const struct schema schema_service_account = {
	.name = "ServiceAccount",
	FIELDS(fields),
	.size = sizeof(struct service_account),
	.doc = "Who the programs in pods are.",
};
