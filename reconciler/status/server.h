/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * pintle-status: the routes. Opens the tree, follows its journal, and tells the pages that are open in a browser to
 * fetch themselves again.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/home.h"

struct status_server;

/* Serves the tree of HOME (borrowed; HOME/actual must be there) on ADDRESS. */
int status_server_new(struct loop *l, const struct home *home, const char *address,
	struct status_server **ret, struct err *err);
struct status_server *status_server_free(struct status_server *s);
void status_server_freep(struct status_server **s);
/* The address that it really listens on. */
const char *status_server_address(const struct status_server *s);
