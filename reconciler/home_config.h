/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* pintle.conf (pintle.conf(5)): YAML, read by a schema table of its own. Used by home.c. */
#pragma once

#include "lib/base/buf.h"
#include "reconciler/home.h"

/* Decodes TEXT (empty: all defaults) into RET. DIR is the home: relative paths count from it. -EBADMSG: all problems in ERR, one a line. */
int home_config_parse(
	const char *text, size_t len, const char *dir, struct home_config *ret, struct err *err);
void home_config_done(struct home_config *c);
/* Appends a pintle.conf with OPTIONS (NULL: all defaults) set and the rest as comments. */
void home_config_write(const struct home_options *o, struct buf *out);
/* Is the repository S something that git fetches (a URL, or HOST:PATH), and not a path? */
bool home_config_is_url(const char *s);
