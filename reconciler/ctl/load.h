/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Loads that end: desired.h for programs without a loop, which wait for the kustomizations to be built. */
#pragma once

#include "reconciler/desired.h"
#include "reconciler/home.h"

/* A builder of kustomizations for such a load. */
struct kustomize *load_builder(const struct home *h);
/* desired_load. H (NULL: none) is the home in whose cache kustomizations are looked up and kept. */
int load_commit(const struct home *h, struct repo *g, const struct oid *commit, const char *subpath,
	struct snapshot *before, struct snapshot **ret, struct diags *diags, struct err *err);
/* desired_load_path. */
int load_path(const char *path, const struct snapshot *before, struct snapshot **ret, struct diags *diags,
	struct err *err);
/* desired_load_observed. */
int load_observed(const char *path, struct snapshot **ret, struct diags *diags, struct err *err);
