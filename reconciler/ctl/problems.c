/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/problems.h"

#include <string.h>

#include "lib/base/str.h"

void problems_write_json(struct json_writer *w, const struct diags *d)
{
	json_begin_list(w);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *p = &d->items[i];
		json_begin_map(w);
		json_member_string(w, "severity", p->severity == DIAG_ERROR ? "error" : "warning");
		json_member_string(w, "path", str_empty(p->path) ? NULL : p->path);
		if (p->line)
			json_member_int(w, "line", p->line);
		if (p->line && p->col)
			json_member_int(w, "col", p->col);
		json_member_string(w, "object", p->object);
		json_member_string(w, "field", p->field);
		json_member_string(w, "message", p->message);
		json_end_map(w);
	}
	json_end_list(w);
}

static void add_count(struct buf *out, size_t n, const char *what)
{
	if (n)
		buf_addf(out, "%s%zu %s%s", out->len ? ", " : "", n, what, n == 1 ? "" : "s");
}

void problems_count_text(struct buf *out, const struct diags *d)
{
	struct buf text = BUF_INIT;
	size_t warnings = 0;
	for (size_t i = 0; i < d->count; i++)
		warnings += d->items[i].severity == DIAG_WARNING;
	add_count(&text, d->errors, "error");
	add_count(&text, warnings, "warning");
	buf_adds(out, text.len ? text.data : "no problems");
	buf_done(&text);
}

void problems_relative(struct diags *d, const char *top)
{
	size_t len = strlen(top);
	while (len > 1 && top[len - 1] == '/')
		len--;
	for (size_t i = 0; i < d->count; i++) {
		const char *path = d->items[i].path;
		if (!path || strncmp(path, top, len) != 0 || path[len] != '/')
			continue;
		d->items[i].path = path + len + strspn(path + len, "/");
	}
}
