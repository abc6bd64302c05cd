/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * actual/sync.json as readers see it: which commit is in force, which was seen, and why they differ.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/diag.h"

struct sync_view {
	char *in_force, *seen; /* 40 hex digits, or "" for none */
	char *state;           /* "Synced", "Refused" … (reconciler/sync_state.h); "" for none */
	char *message;         /* or "" */
	nsec_t since;          /* 0: unknown */
	struct diags problems;
	char **kept; /* [kept_count] objects that git has no more and that stay */
	size_t kept_count;
};

/* Nothing known yet: what a tree without sync.json shows. */
void sync_view_init(struct sync_view *v);
/* Takes over what TEXT says in V's place. -EBADMSG. */
int sync_view_parse(struct sync_view *v, const char *text, size_t len, struct err *err);
/* Does TEXT, a running pintled's own status, say that the tree's disk takes nothing? Then V has its state, message and commit seen. */
bool sync_view_overlay(struct sync_view *v, const char *text, size_t len);
void sync_view_done(struct sync_view *v);
/* The newest commit seen is the one in force. */
bool sync_view_in_sync(const struct sync_view *v);
