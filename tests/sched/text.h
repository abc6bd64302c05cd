/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The objects of a script as JSON, which is YAML too. */
#pragma once

#include "lib/base/buf.h"
#include "tests/sched/script.h"

/* Node number NODE as event SEQ makes it. */
void text_node(const struct script *s, unsigned node, uint32_t seq, struct buf *out);
/* A pod of template NUMBER called NAME. */
void text_pod(const struct script *s, unsigned number, const char *name, struct buf *out);
/*
 * What pods refer to: first the namespaces, then budgets, then, where there are volumes, the StorageClasses, s->volumes claims, and as many
 * PersistentVolumes.
 */
unsigned text_object_count(const struct script *s);
void text_object(const struct script *s, unsigned number, uint32_t seq, struct buf *out);

/* What is not in an object's text: of template NUMBER, its priority, deadline (whole seconds; 0: none). */
int text_priority(const struct script *s, unsigned number);
int text_deadline(const struct script *s, unsigned number);
/* "n3". RET has room for 16. */
const char *text_node_name(unsigned node, char *ret);
