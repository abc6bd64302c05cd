/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/hook.h"

#include <errno.h>
#include <string.h>

#include "lib/base/fs.h"
#include "reconciler/ctl/daemons.h"
#include "reconciler/ctl/quote.h"

#define HOOK "desired.git/hooks/post-receive"
#define MARK "# Made by pintle."

void hook_text(struct buf *out, const char *program, const char *home, const char *branch)
{
	buf_adds(out, "#!/bin/sh\n" MARK " Shows whoever pushes what pintle check says of the commit;\n"
		      "# the push stands either way. Rewritten by pintle init and pintle up.\n"
		      "pintle=");
	quote_add(out, program);
	buf_adds(out, "\nhome=");
	quote_add(out, home);
	buf_adds(out, "\nbranch=");
	quote_add(out, branch);
	buf_adds(out, "\n"
		      "[ -x \"$pintle\" ] || exit 0\n"
		      "while read -r _ commit ref; do\n"
		      "\t[ \"$ref\" = \"refs/heads/$branch\" ] || continue\n"
		      "\tcase $commit in\n"
		      "\t*[!0]*) \"$pintle\" --home \"$home\" check \"$commit\" </dev/null || : ;;\n"
		      "\tesac\n"
		      "done\n"
		      "exit 0\n");
}

/* Does a hook stand there that somebody else has written? */
static bool is_foreign(const struct home *h)
{
	struct buf text = BUF_INIT;
	int r = fs_read(h->fd, HOOK, 64 << 10, &text, NULL);
	bool foreign = r == -ENOENT ? false : r < 0 || !strstr(text.data, MARK);
	buf_done(&text);
	return foreign;
}

int hook_install(const struct home *h, struct err *err)
{
	struct buf text = BUF_INIT;
	_cleanup_(freep) char *program = daemon_path("pintle");
	if (h->config.repository || !fs_exists(h->fd, "desired.git") || is_foreign(h))
		return 0;
	hook_text(&text, program, h->dir, h->config.branch);
	int r = fs_mkdir_p(h->fd, "desired.git/hooks", 0755, err);
	if (r >= 0)
		r = fs_write(h->fd, HOOK, text.data, text.len, 0755, 0, err);
	buf_done(&text);
	if (r < 0)
		return r;
	r = home_own(h, "desired.git/hooks", err);
	if (r >= 0)
		r = home_own(h, HOOK, err);
	return r < 0 ? r : 1;
}
