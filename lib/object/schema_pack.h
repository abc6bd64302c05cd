/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any typed struct in few bytes, by its table: what a process keeps a hundred thousand times over.
 *
 * The form is for memory only: another build's tables read it differently. It says nothing of absent members, and of the
 * others no more than tells them apart: numbers take as many bytes as they need, times are differences, addresses and
 * hashes are binary, and text that many objects have in common is a number in an intern table, which they share.
 * Equal structs packed with the same table give equal bytes while one of them is kept. Secret members are packed as
 * they are.
 *
 * The bytes count as a user of the texts they name: who throws them away calls schema_pack_drop first. The order:
 *
 *     schema_pack(texts, &schema_pod_status, status, &bytes);
 *     schema_unpack(texts, &schema_pod_status, bytes.data, bytes.len, arena, &status);   as often as needed
 *     schema_pack_drop(texts, &schema_pod_status, bytes.data, bytes.len);
 */
#pragma once

#include "lib/base/intern.h"
#include "lib/object/schema.h"

/* Appends OBJECT, a struct of SCHEMA, to OUT. Where TEXTS is NULL nothing is shared. */
void schema_pack(struct intern *texts, const struct schema *schema, const void *object, struct buf *out);
/*
 * The struct that LEN bytes of DATA say, into TARGET (zeroed, schema->size bytes); everything in it lives in ARENA. 0, or
 * -EBADMSG where the bytes were not made by schema_pack with this table (TARGET may then be filled in part).
 */
int schema_unpack(const struct intern *texts, const struct schema *schema, const void *data, size_t len,
	struct arena *arena, void *target);
/* The bytes no longer use the texts they name. */
void schema_pack_drop(struct intern *texts, const struct schema *schema, const void *data, size_t len);
