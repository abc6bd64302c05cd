/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Texts that many things share: each is kept once, has a small number, and counts who uses it.
 *
 * Numbers are given out in order and again once they are free, the one freed last first: equal
 * histories give equal numbers, and a text keeps its number while anybody uses it.
 */
#pragma once

#include "lib/base/cleanup.h"

struct intern;

struct intern *intern_new(void);
/* Frees everything, whoever still counts; takes NULL; returns NULL. */
struct intern *intern_free(struct intern *t);
void intern_freep(struct intern **t);

/* One more user of TEXT: its number. */
uint32_t intern_ref(struct intern *t, const char *text);
/* One user fewer; the last takes the text away. A number that is not in use is ignored. */
void intern_unref(struct intern *t, uint32_t number);
/* The text of NUMBER, for as long as it is in use; NULL: the number is not. */
const char *intern_text(const struct intern *t, uint32_t number);
/* Texts in use. */
size_t intern_count(const struct intern *t);
