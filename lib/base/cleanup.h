/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Scope-bound ownership for locals.
 *
 * A local that owns something is declared with _cleanup_(xxx_freep); whoever passes
 * ownership on says so with TAKE_PTR or TAKE_FD, which leave NULL or -1 behind.
 * Destructors take NULL (or -1) and do nothing then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The value of pointer variable P, leaving NULL in it. */
#define TAKE_PTR(p)                                \
	({                                         \
		__typeof__(p) *take_pp_ = &(p);    \
		__typeof__(p) take_v_ = *take_pp_; \
		*take_pp_ = NULL;                  \
		take_v_;                           \
	})

/* The value of descriptor variable FD, leaving -1 in it. */
#define TAKE_FD(fd)                      \
	({                               \
		int *take_fp_ = &(fd);   \
		int take_f_ = *take_fp_; \
		*take_fp_ = -1;          \
		take_f_;                 \
	})

/* for _cleanup_(freep): frees what the pointer variable at P points to. P is the address of any object pointer. */
void freep(void *p);
/* for _cleanup_(closep): closes *FD when it is >= 0; errno is kept. */
void closep(int *fd);
/* Closes FD when it is >= 0 and returns -1; errno is kept. */
int fd_close(int fd);
