/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The post-receive hook of a home's own repository: whoever pushes to the desired branch sees at once what
 * `pintle check` says of the commit. It never fails a push.
 */
#pragma once

#include "lib/base/buf.h"
#include "reconciler/home.h"

/*
 * Writes (again) HOME/desired.git/hooks/post-receive where the home watches its own repository. 1: written or up to date; 0: another
 * repository is watched, or a hook that isn't ours stands there, which is left alone.
 */
int hook_install(const struct home *h, struct err *err);
/* Appends the hook's text: PROGRAM and HOME are absolute paths. */
void hook_text(struct buf *out, const char *program, const char *home, const char *branch);
