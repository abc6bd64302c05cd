/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Which of the host's routes are ours: RUN_DIR/routes, a line "SUBNET VIA" each. It says so before a route is made, and no longer once it
 * is deleted: only these are ever changed or deleted.
 */
#pragma once

#include "lib/base/buf.h"
#include "nodeagent/env.h"
#include "nodeagent/route_plan.h"

/* In ARENA. Lines that can't be read are passed over: what they meant is the host's from now on. */
struct route_list routes_record_read(const struct node_env *env, struct arena *arena);
/* L as lines. */
void routes_record_add(struct buf *out, const struct route_list *l);
/* TEXT, of routes_record_add, takes the place of what is there. */
int routes_record_write(const struct node_env *env, const struct buf *text, struct err *err);
/* Idempotent; negative errno. */
int routes_record_remove(const struct node_env *env);
