/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Commits into the repository of a test's home, whatever the test itself is about. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"

/* In the repository of HOME: the branch's tip becomes a commit with one file (or none). */
static inline void commit(const char *home, const char *text)
{
	_cleanup_(freep) char *dir = xasprintf("%s/desired.git", home);
	_cleanup_(freep) char *input = xasprintf(
		"commit refs/heads/main\ncommitter t <t@example.com> 1700000000 +0000\ndata 1\nm\ndeleteall\n"
		"%s%zu\n%s\n",
		*text ? "M 644 inline a.yaml\ndata " : "M 644 inline README\ndata ", strlen(text), text);
	const char *const argv[] = { "git", "--git-dir", dir, "fast-import", "--quiet", "--force", NULL };
	const struct proc_spec spec = { .argv = argv, .input = input, .input_len = strlen(input) };
	struct err err = { 0 };

	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s", err.text);
}
