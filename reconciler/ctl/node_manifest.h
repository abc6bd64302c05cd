/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The manifest of a Node that is reached over SSH: written where git has none, changed where it has. */
#pragma once

#include "lib/object/ssh_address.h"
#include "reconciler/ctl/commit.h"

struct node_manifest {
	const char *name;
	const char *ssh;           /* "USER@HOST:PORT" */
	const char *host_key;      /* "TYPE BASE64" */
	bool openssh;              /* only the ssh program can reach it */
	const char *const *labels; /* [label_count] "k=v" */
	size_t label_count;
	bool declare_local; /* this host is a node too, without a manifest: it gets one, or it would be none any more */
};
/* "k=v" as labels may be, or what is wrong with it in ERR. */
int node_label_check(const char *label, struct err *err);
/* The text of a new one. */
void node_manifest_write(const struct node_manifest *m, struct buf *out);
/* A commit_request's fill; ARG is a struct node_manifest. */
int node_manifest_fill(const struct commit_base *base, struct commit_files *ret, void *arg, struct err *err);
