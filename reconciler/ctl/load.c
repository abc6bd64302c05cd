/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/load.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

struct kustomize *load_builder(const struct home *h)
{
	_cleanup_(freep) char *cache = h ? home_path(h, "kustomize") : NULL;
	const char *tmp = getenv("TMPDIR");
	const struct kustomize_spec spec = { .cache = cache, .scratch = str_empty(tmp) ? "/tmp" : tmp };
	return kustomize_new(&spec);
}

int load_commit(const struct home *h, struct repo *g, const struct oid *commit, const char *subpath,
	struct snapshot *before, struct snapshot **ret, struct diags *diags, struct err *err)
{
	_cleanup_(kustomize_freep) struct kustomize *builder = load_builder(h);
	int r = desired_load(g, commit, subpath, before, builder, ret, diags, err);
	while (r == -EINPROGRESS) {
		r = kustomize_run(builder, err);
		if (r >= 0)
			r = desired_load(g, commit, subpath, before, builder, ret, diags, err);
	}
	return r;
}

int load_path(const char *path, const struct snapshot *before, struct snapshot **ret, struct diags *diags,
	struct err *err)
{
	_cleanup_(kustomize_freep) struct kustomize *builder = load_builder(NULL);
	int r = desired_load_path(path, before, builder, ret, diags, err);
	while (r == -EINPROGRESS) {
		r = kustomize_run(builder, err);
		if (r >= 0)
			r = desired_load_path(path, before, builder, ret, diags, err);
	}
	return r;
}

int load_observed(const char *path, struct snapshot **ret, struct diags *diags, struct err *err)
{
	_cleanup_(kustomize_freep) struct kustomize *builder = load_builder(NULL);
	int r = desired_load_observed(path, builder, ret, diags, err);
	while (r == -EINPROGRESS) {
		r = kustomize_run(builder, err);
		if (r >= 0)
			r = desired_load_observed(path, builder, ret, diags, err);
	}
	return r;
}
