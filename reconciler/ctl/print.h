/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects as `pintle get` prints them: kubectl's tables, JSON, YAML, names.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/field_path.h"
#include "lib/object/object.h"
#include "reconciler/ctl/table.h"

struct item {
	char *path; /* below actual/; or NULL */
	char *text; /* JSON */
	size_t len;
	struct object *object;
};
struct items {
	struct item *items;
	size_t count, cap;
};
#define ITEMS_INIT ((struct items){ 0 })
/* Parses TEXT (copied) and appends it. -EBADMSG with ERR naming PATH. */
int items_add(struct items *list, const char *path, const char *text, size_t len, struct err *err);
/* Takes out those from FROM on whose labels SELECTOR, or whose fields FIELDS (NULL: any will do) does not match. */
void items_filter(struct items *list, size_t from, const struct label_selector *selector,
	const struct field_selector *fields);
void items_clear(struct items *list);
void items_done(struct items *list);

enum print_format { PRINT_TABLE, PRINT_WIDE, PRINT_JSON, PRINT_YAML, PRINT_NAME };
/* The words of -o for get, NULL-terminated, and what each means; NULL is a table. */
extern const char *const print_words[];
enum print_format print_format_of(const char *word);

struct print {
	enum print_format format;
	bool namespaces; /* a first column NAMESPACE */
	bool kinds;      /* names as kind/name */
	bool headers;
	nsec_t now;
};

/* The rows of LIST[FROM, TO), all of one kind, with a line of titles where wanted. WIDTHS of T stay for the next call; begin it with print_table_begin. */
void print_table_begin(const struct print *p, const struct kind *kind, struct table *t);
void print_rows(const struct print *p, const struct item *items, size_t count, bool titles, struct table *t,
	struct buf *out);
/* LIST in the order given: tables with an empty line between kinds, or a v1 List, or names. SINGLE: one object is printed by itself, not as a List. */
int print_items(
	const struct print *p, const struct items *list, bool single, struct buf *out, struct err *err);
/* One object in a format that is no table. */
int print_item(const struct print *p, const struct item *item, struct buf *out, struct err *err);
