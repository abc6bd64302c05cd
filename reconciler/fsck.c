/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Comparing the files of the actual tree with its journal. */
#include "reconciler/actual_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "reconciler/tree.h"

struct comparison {
	struct actual *a;
	actual_compare_fn fn;
	void *arg;
	size_t found;
};

static int report(struct comparison *c, const char *path, enum actual_difference what)
{
	c->found++;
	return c->fn(path, what, c->arg);
}

static int compare_text(
	struct comparison *c, const struct actual_entry *e, struct buf *texts, struct err *err)
{
	struct buf *want = &texts[1], *have = &texts[2];
	int r = actual_read_entry(c->a, e, &texts[0], err);

	if (r < 0)
		return r;
	buf_clear(want);
	buf_clear(have);
	tree_render(texts[0].data, texts[0].len, want);
	r = fs_read(c->a->fd, e->path, want->len, have, NULL);
	if (r == -ENOENT || r == -ENOTDIR)
		return report(c, e->path, ACTUAL_MISSING);
	if (r < 0 || have->len != want->len || memcmp(have->data, want->data, want->len) != 0)
		return report(c, e->path, ACTUAL_DIFFERS);
	return 0;
}

static int check_stray(const char *path, void *arg)
{
	struct comparison *c = arg;
	const struct actual_entry *e = actual_index_get(&c->a->index, path);

	return e && (!e->dead || e->behind) ? 0 : report(c, path, ACTUAL_STRAY);
}

int actual_compare(struct actual *a, actual_compare_fn fn, void *arg, struct err *err)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&a->index.entries);
	struct comparison c = { .a = a, .fn = fn, .arg = arg };
	struct buf texts[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	size_t count = a->index.entries.count;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct actual_entry *e = sorted[i].value;

		if (!e->dead)
			r = compare_text(&c, e, texts, err);
	}
	for (size_t i = 0; i < 3; i++)
		buf_done(&texts[i]);
	if (r >= 0)
		r = tree_each(a->fd, check_stray, &c, err);
	return r < 0 ? r : (int)c.found;
}

struct fsck {
	actual_fsck_fn fn;
	void *arg;
};

static int tell(const char *path, enum actual_difference what, void *arg)
{
	static const char *const problems[] = {
		[ACTUAL_MISSING] = "the file is missing",
		[ACTUAL_DIFFERS] = "the file differs from the journal",
		[ACTUAL_STRAY] = "the journal knows no such file",
	};
	const struct fsck *f = arg;

	f->fn(path, problems[what], f->arg);
	return 0;
}

/* Loading leaves everything marked as behind, the dead too: those must have no file. */
static void forget_dead(struct actual *a)
{
	while (actual_index_next_behind(&a->index))
		actual_index_written(&a->index);
}

int actual_fsck(const char *dir, actual_fsck_fn fn, void *arg, struct err *err)
{
	_cleanup_(actual_freep) struct actual *a = NULL;
	struct fsck f = { .fn = fn, .arg = arg };
	int r = actual_open_journal(dir, true, &a, err);

	if (r < 0)
		return r;
	forget_dead(a);
	return actual_compare(a, tell, &f, err);
}
