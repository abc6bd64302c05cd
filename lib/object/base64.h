/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Base64 (RFC 4648, section 4) as Go's StdEncoding reads it, which is what Kubernetes uses
 * for Secrets: padding is required, line ends between characters are skipped, anything else is refused.
 */
#pragma once

#include "lib/base/buf.h"

enum base64_fault {
	BASE64_OK,
	BASE64_CHARACTER, /* one that is not of the alphabet, or padding where none belongs */
	BASE64_TRUNCATED, /* the text ends within a group of four */
};

/*
 * Appends the bytes that TEXT (LEN bytes) stands for to RET. On a fault *RET_AT is the offset of the
 * character in question and RET has the bytes before it.
 */
enum base64_fault base64_decode(const char *text, size_t len, struct buf *ret, size_t *ret_at);
/* Appends the text for LEN bytes of DATA. */
void base64_encode(const void *data, size_t len, struct buf *ret);
