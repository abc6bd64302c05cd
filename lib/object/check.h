/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What check functions of the schema tables share: finding where a member stands in the text
 * and reporting at that place.
 *
 * V is always the map that the struct under check was decoded from, PATH a member path below it
 * ("containers[2].ports[0].name"). A diagnostic names PATH in full and points at the deepest part
 * of it that the text has: a member that is missing is reported where its map stands.
 */
#pragma once

#include "lib/object/schema.h"

/* The deepest value on PATH below V that is there; V itself where none is. */
const struct value *check_at(const struct value *v, const char *path);
/* A member path, in the decoding's arena. */
const char *check_path(struct decode *d, const char *fmt, ...) _printf_(2, 3);
/* NAME and the map's KEY as paths show them: labels.app, data["a.conf"]. */
const char *check_key(struct decode *d, const char *name, const char *key);
void check_error(struct decode *d, const struct value *v, const char *path, const char *fmt, ...)
	_printf_(4, 5);
/* Said about manifests only. */
void check_warning(struct decode *d, const struct value *v, const char *path, const char *fmt, ...)
	_printf_(4, 5);
/* decode_hold at PATH, in manifests only. */
void check_hold(struct decode *d, const struct value *v, const char *path, const char *why);

/* RULE for each value of the map M, which is the member NAME of V. */
void check_map_values(struct decode *d, const struct value *v, const char *name, const struct string_map *m,
	string_rule rule);
/* "; did you mean \"x\"?" for the one of CHOICES (COUNT) nearest to S, or "". Text in the decoding's arena. */
const char *check_suggest(struct decode *d, const char *s, const char *const *choices, size_t count);
/* Whether the string S is among LIST. */
bool strings_contain(const struct strings *list, const char *s);
