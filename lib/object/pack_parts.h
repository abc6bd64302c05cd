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
