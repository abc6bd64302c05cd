/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What `pintle get` is asked for, from the words people type: "pods", "po,svc", "all", "pod web-1 web-2",
 * "pod/web-1 deploy/hello". The rules are those of kubectl's resource builder.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/object.h"

enum { SELECT_MAX = 256 };

struct selection {
	struct {
		const struct kind *kind;
		const char *name; /* of the words given; NULL: all of the kind */
	} items[SELECT_MAX];
	size_t count;
	bool several_kinds; /* names are shown as kind/name */
	bool named;         /* names were given: what is not there is an error */
};

/* -EINVAL with ERR: an unknown kind (and the nearest), names and lists mixed, nothing asked for, too much. */
int selection_parse(const char *const *words, size_t count, struct selection *ret, struct err *err);
/* The kind that WORD names; -EINVAL with the nearest in ERR. */
int select_kind(const char *word, const struct kind **ret, struct err *err);
/* "kind/name" or "kind" and *RET_NAME NULL; *RET_NAME points into WORD. */
int select_kind_name(const char *word, const struct kind **ret, const char **ret_name, struct err *err);
