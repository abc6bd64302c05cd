/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/routes_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"

enum { RECORD_MAX = 16 << 20 };

static char *record_path(const struct node_env *env)
{
	return xasprintf("%s/routes", env->run_dir);
}

struct route_list routes_record_read(const struct node_env *env, struct arena *arena)
{
	_cleanup_(freep) char *path = record_path(env);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct route_list ret = { 0 };
	size_t lines = 0;

	if (fs_read(AT_FDCWD, path, RECORD_MAX, &text, NULL) < 0)
		return ret;
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	ret.items = arena_array(arena, lines, sizeof(ret.items[0]));
	for (char *at = text.data, *line; ret.count < lines && (line = strsep(&at, "\n"));) {
		char *to = strsep(&line, " ");
		struct route *r = &ret.items[ret.count];

		*r = (struct route){ 0 };
		if (line && cidr_parse(to, &r->to, NULL) == 0 && cidr_parse_address(line, &r->via, NULL) == 0)
			ret.count++;
	}
	return ret;
}

void routes_record_add(struct buf *out, const struct route_list *l)
{
	char to[CIDR_TEXT_MAX], via[CIDR_TEXT_MAX];

	for (size_t i = 0; i < l->count; i++) {
		cidr_format(&l->items[i].via, via);
		via[strcspn(via, "/")] = '\0';
		buf_addf(out, "%s %s\n", cidr_format(&l->items[i].to, to), via);
	}
}

int routes_record_write(const struct node_env *env, const struct buf *text, struct err *err)
{
	_cleanup_(freep) char *path = record_path(env);
	int code = fs_mkdir_p(AT_FDCWD, env->run_dir, 0700, err);

	return code < 0 ? code : fs_write(AT_FDCWD, path, text->data, text->len, 0600, 0, err);
}

int routes_record_remove(const struct node_env *env)
{
	_cleanup_(freep) char *path = record_path(env);

	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
