/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What packing and unpacking agree on (schema_pack.c says what the bytes mean). */
#pragma once

#include "lib/object/member.h"

enum text_form { TEXT_PLAIN, TEXT_SHARED, TEXT_ADDRESS, TEXT_HEX };
enum {
	TEXT_FORM_BITS = 2,
	SHARED_MAX = 255, /* longer text is not worth a place in the table */
	HEX_SHORT = 32,   /* digits */
	HEX_LONG = 64,
};

/* As zeroing left it: pack says nothing of it. FIELD_EMBED and FIELD_INLINE may be, but have to be looked into. */
bool pack_is_zero(const struct field *f, const void *member);
