/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The texts that others write for us about containers: the kernel's /proc/PID/stat, conmon's answer on its pipe, and
 * conmon's files. All of them may be cut short or be about something else; none is trusted to be whole.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct runtime_stat {
	pid_t parent;
	int64_t start; /* clock ticks since boot (field 22) */
	bool zombie;   /* it has ended, and was not waited for yet */
};
/* TEXT: one line of /proc/PID/stat; the program's name in it may hold anything. -EBADMSG. */
int runtime_text_stat(const char *text, struct runtime_stat *ret);

/*
 * conmon's one line: {"data": PID}, or {"data": -1, "message": "…"}. Returns the PID (> 0), or < 0 with what went
 * wrong in *RET_MESSAGE (in ARENA or static, never NULL).
 */
pid_t runtime_text_answer(struct arena *arena, const char *text, size_t len, const char **ret_message);

/* A pidfile or an exit file: one number, perhaps with a newline. -EINVAL: no number (yet). */
int runtime_text_number(const char *text, int64_t *ret);
