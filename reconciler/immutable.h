/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Fields that Kubernetes lets nobody change once the object is there. An object keeps its identity (kind, namespace,
 * name) while files are renamed and merged; so what is compared is the object in force with that of the new commit.
 * One that is gone in one commit and back in another is a new object.
 *
 * The table in immutable.c says which fields of which kind, with the exceptions, and what to do instead.
 */
#pragma once

#include "lib/object/object.h"

/*
 * Adds an error for each field that is not the same in BEFORE and AFTER, two versions of one object, and would have to be: at
 * AFTER's place (line and column of the whole object), with the field's path.
 */
void immutable_check(const struct object *before, const struct object *after, struct diags *diags);
