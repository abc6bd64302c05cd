/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Is an object of the actual tree as it should be, and if not, what is in the way: one answer for `pintle status`,
 * `pintle sync --wait` and the status page. What kubectl rollout status and kubectl get would lead a person to think.
 */
#pragma once

#include "lib/object/object.h"

enum health {
	HEALTH_NONE, /* the kind has no health: a ConfigMap */
	HEALTH_GOOD,
	HEALTH_COMING, /* not yet, but under way */
	HEALTH_BAD,    /* something is in the way, which `why` names */
};

/* The annotation that names the features which hold a workload. */
#define HEALTH_HELD "pintle.dev/held"
/* Those that name what it, or a change of it, waits for. */
#define HEALTH_WAITS "pintle.dev/waits-for"
#define HEALTH_CHANGE_WAITS "pintle.dev/change-waits-for"

/* The health of O; for HEALTH_COMING and HEALTH_BAD the reason is appended to WHY (one line, no newline; may be NULL). */
enum health health_of(const struct object *o, struct buf *why);
/* "good", "coming", "bad", "". */
const char *health_name(enum health h);
/* The status of condition TYPE ("True" …), or NULL; *RET (may be NULL) the condition. */
const char *health_condition(const struct conditions *list, const char *type, const struct condition **ret);
/* The first container of a pod that waits for what will not pass by itself (a crash loop, an image that is not there); NULL: none. */
const struct container_status *health_stuck(const struct pod_status *s);
