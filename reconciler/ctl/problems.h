/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Problems of manifests as the verbs print them: one line each, or as a JSON list; and how many there are.
 */
#pragma once

#include "lib/object/diag.h"
#include "lib/object/json.h"

/* [{"severity":"error","path":…,"line":…,"col":…,"object":…,"field":…,"message":…}, …]; what is unknown is left out. */
void problems_write_json(struct json_writer *w, const struct diags *d);
/* "2 errors, 1 warning", or "no problems". */
void problems_count_text(struct buf *out, const struct diags *d);
/* Cuts directory TOP ("a/b", "a/b/") off the paths in D: what is left begins below it. */
void problems_relative(struct diags *d, const char *top);
