/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * ConfigMaps and Secrets that the node holds, content addressed.
 *
 * ConfigMaps stand in STATE_DIR/objects/HASH.json; Secrets in RUN_DIR/secrets/HASH.json only, 0600, on tmpfs: a
 * reboot loses them, and they are sent again.
 */
#pragma once

#include "lib/object/object.h"

struct held;

/* Opens the directories (made when missing) and loads what is there; all else that lies in them is removed: it is sent again. */
int held_open(const char *state_dir, const char *run_dir, struct held **ret, struct err *err);
struct held *held_close(struct held *h);

/*
 * HASH: 1 to 128 of [A-Za-z0-9._:-], not beginning with a dot (else -EINVAL). Takes its own reference of OBJECT (ConfigMap or Secret, else -EINVAL). Idempotent.
 * Where the disk takes nothing the object is held all the same, until this process ends (held_save).
 */
int held_add(struct held *h, const char *hash, struct object *object, struct err *err);
/* Writes what the disk did not take before. < 0: something is still not there. */
int held_save(struct held *h, struct err *err);
void held_forget(struct held *h, const char *hash);
/* NULL: not held. Borrowed. */
const struct object *held_find(const struct held *h, const char *hash);
/* All hashes, sorted, in ARENA. */
struct strings held_hashes(const struct held *h, struct arena *arena);
