/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* HTML text: escaping, and the frame that every page has. */
#pragma once

#include "lib/base/buf.h"

/* S with &, <, >, " and ' escaped; NULL adds nothing. */
void html_text(struct buf *out, const char *s);
/* The page up to its content; TITLE is plain text. */
void html_begin(struct buf *out, const char *title);
void html_end(struct buf *out);
/* The style sheet (/style.css) and the script that follows changes (/live.js). */
extern const char html_style[], html_script[];
