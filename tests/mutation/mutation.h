/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Single mistakes in good manifests.
 *
 * A document is walked along its kind's tables, values and positions side by side (sites.c). Each place where a mistake can be made is
 * a site; planting it (plant.c) gives the changed text and the place where it must be reported. mutation_main.c
 * loads the text and looks for an error there.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/object/object.h"

enum mistake {
	MISTAKE_TYPE,           /* a value of another type */
	MISTAKE_FIELD,          /* a misspelt field name */
	MISTAKE_WORD,           /* a misspelt one of the allowed words */
	MISTAKE_RANGE,          /* a number beyond the row's range */
	MISTAKE_RULE,           /* text that the row's rule refuses */
	MISTAKE_TEXT,           /* no quantity, no time, no base64 */
	MISTAKE_MISSING,        /* a required field taken out */
	MISTAKE_EMPTY,          /* a required field with nothing behind the colon */
	MISTAKE_DUPLICATE_ITEM, /* a list's item twice */
	MISTAKE_DUPLICATE_KEY,  /* a map's key twice */
	MISTAKE_REFERENCE,      /* a name of nothing, or a value that does not go with another */
	MISTAKE_COUNT
};
extern const char *const mistake_names[MISTAKE_COUNT];

/* One document, from the first character of its own line 1. */
struct document {
	const char *file;
	size_t first_line; /* in the file, from 1 */
	char **lines;      /* [line_count], without line ends */
	size_t line_count;
	const struct kind *kind;
	const struct value *root;
	struct arena *arena;
};

struct site {
	enum mistake mistake;
	const char *path;                /* "spec.containers[*].image" */
	const struct schema *schema;     /* of MAP, or NULL for free maps */
	const struct field *row;         /* or NULL: kind and apiVersion */
	const struct value *map;         /* that has ENTRY, or NULL: VALUE is a list's item */
	const struct value_entry *entry; /* or NULL */
	const struct value *value;
	const char *words; /* MISTAKE_REFERENCE: what to write in the place of VALUE */
	const char *at;    /* MISTAKE_REFERENCE: the path where it is reported instead, or NULL */
	size_t reference;  /* MISTAKE_REFERENCE: its number, from 0 */
};
struct sites {
	struct site *items;
	size_t count, cap;
};

/* All sites of D, in the order of the text. The caller frees items. */
void sites_find(const struct document *d, struct sites *ret);
/* The places (the end of a path) that the broken reference NUMBER is for; NULL: there are not so many. */
const char *reference_path(size_t number);

/* A changed text, and where the error must be. */
struct planted {
	struct buf text;
	uint32_t line, col; /* col 0: any */
	const char *meant;  /* a name that the message must suggest, or NULL */
};
/* Makes the mistake of S in D, choosing by RANDOM. False: it can't be made there (then TEXT is empty). */
bool site_plant(const struct document *d, const struct site *s, uint64_t random, struct planted *ret);
