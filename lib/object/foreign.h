/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Kinds that this version of Pintle does not act on: Kubernetes' own that are still to come, those that
 * need an API server, versions that Kubernetes has removed, and everybody else's.
 */
#pragma once

#include "lib/base/arena.h"

struct foreign {
	const char *message; /* what is wrong and what to do, for a diagnostic; in the arena or a constant */
	bool skippable;      /* "unknownKinds: Ignore" makes a warning of it */
};

/* What to say about API_VERSION and KIND, which kind_find does not know. */
struct foreign foreign_explain(struct arena *arena, const char *api_version, const char *kind);
