/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Errors that gain context on the way up.
 *
 * A function that can fail returns 0 (or a count) or a negative errno, and takes a
 * struct err * as its last argument, which may be NULL. On success it is left alone.
 * The level that meets the failure calls err_set or err_errno; each level above that has
 * something to add calls err_wrap:
 *
 *     if (r < 0)
 *             return err_wrap(err, r, "starting pod %s", name);
 *
 * which yields "starting pod web-1: mounting layer sha256:…: No space left on device".
 * A struct err needs no freeing. Initialise with { 0 }.
 */
#pragma once

#include "lib/base/cleanup.h"

enum { ERR_TEXT_MAX = 2048 };

struct err {
	int code;                /* negative errno, 0 = no error */
	char text[ERR_TEXT_MAX]; /* cut with "…" when longer */
};

/* Sets the text and returns CODE (negative errno). ERR may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);
/* As err_set with ": strerror(-CODE)" appended. CODE 0 or positive aborts: a programmer's error. */
int err_errno(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);
/* Puts "fmt: " before the text that is there (or sets strerror(-CODE) behind it where there is none); returns CODE. */
int err_wrap(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);
/* The text, never NULL: "no error" or strerror where none was set. */
const char *err_text(const struct err *err);
void err_clear(struct err *err);
