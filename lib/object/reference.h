/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The field reference of pintle-manifests(5), from the tables: mdoc for every kind, every field and how far
 * it is supported. Types that several kinds share are described once.
 *
 * The page is man/pintle-manifests.5.in, in which a line "@KINDS@", "@TYPES@" or "@STATUS@" stands for what the
 * functions here write. tools/manifests_page.c puts them together when Pintle is built.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* A subsection for each kind, in the order of the kind table: what it is and its own fields. */
void reference_kinds(struct buf *out);
/* A subsection for each type that people write, in the order in which the kinds lead to them. */
void reference_types(struct buf *out);
/* Likewise for what only stands below fields that Pintle sets itself. */
void reference_status_types(struct buf *out);
/* TEMPLATE with its "@…@" lines replaced. -EINVAL: a line of that form is not known. */
int reference_page(const char *template, struct buf *out, struct err *err);
