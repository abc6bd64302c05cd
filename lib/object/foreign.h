/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Kinds that this version of Pintle does not act on: Kubernetes' own that are still to come, those that
 * need an API server, versions that Kubernetes has removed, and everybody else's.
 */
#pragma once

#include "lib/object/schema.h"

struct foreign {
	const char *message; /* what is wrong and what to do, for a diagnostic; in the arena or a constant */
	bool skippable;      /* unknownKinds of the Cluster can make a warning of it */
};

/*
 * What to say about API_VERSION and KIND, which kind_find does not know. UNKNOWN_KINDS is what the Cluster has in
 * spec.unknownKinds, or NULL: the message says what it would have to have.
 */
struct foreign foreign_explain(
	struct arena *arena, const char *api_version, const char *kind, const struct strings *unknown_kinds);
/* The word of UNKNOWN_KINDS by which kinds of API_VERSION are skipped: Ignore, or their group, in ARENA; NULL: none. */
const char *foreign_skipped_by(
	struct arena *arena, const char *api_version, const struct strings *unknown_kinds);
/* Is it a kind that nobody needs to write, whether or not kind_find knows it? */
bool foreign_is_needless(const char *api_version, const char *kind);
