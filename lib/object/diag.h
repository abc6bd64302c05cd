/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Diagnostics: everything that is wrong with user input, not only the first thing.
 *
 * A list grows while input is read; it is printed sorted by path, line and column without
 * duplicates. One line each:  path:line:col: error: Kind/ns/name: field: message
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/buf.h"

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_severity severity;
	const char *path;   /* file; "" for none */
	uint32_t line, col; /* from 1; 0 = unknown */
	const char *object; /* "Kind/ns/name" (or "Kind/name"), or NULL */
	const char *field;  /* "spec.template.spec.containers[0].image", or NULL */
	const char *message;
};

struct diags {
	struct arena *arena; /* owns texts and items */
	struct diag *items;
	size_t count, cap;
	size_t errors;  /* of which errors */
	size_t dropped; /* beyond DIAGS_MAX; printed as a last line "… and N more" */
};

enum { DIAGS_MAX = 10000 };

void diags_init(struct diags *d);
void diags_done(struct diags *d);
/* Adds one at AT (whose message is not read); all strings are copied. FMT is the message. */
void diags_add(struct diags *d, const struct diag *at, const char *fmt, ...) _printf_(3, 4);
/* Takes the newest error of OBJECT (may be NULL) at FIELD with MESSAGE back: something said since explains it better. */
void diags_take_back(struct diags *d, const char *object, const char *field, const char *message);
/* Sorts by path, line, col, errors before warnings, message; drops equal ones. */
void diags_sort(struct diags *d);
/* Appends "path:line:col: error: object: field: message\n" (parts that are unknown are left out). */
void diag_format(const struct diag *d, struct buf *out);
/* Appends all (call diags_sort first). */
void diags_format(const struct diags *d, struct buf *out);
/* All of SRC (another list) into D. */
void diags_append(struct diags *d, const struct diags *src);
