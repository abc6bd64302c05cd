/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/apply_lines.h"

/* A part of a list of COUNT, of which the items before have been counted off FROM and TO; both move on to the next list. */
struct span {
	size_t from, to;
};

static struct span take_span(struct span *rest, size_t count)
{
	struct span s = { rest->from < count ? rest->from : count, rest->to < count ? rest->to : count };

	rest->from -= s.from;
	rest->to -= s.to;
	return s;
}

static size_t count_items(const struct wire_apply *m)
{
	return m->objects.count + m->pods.count + m->remove.count + m->forget_objects.count;
}

/* Items FROM to TO of M, counted through its lists in their order. */
static struct wire_apply part_of(const struct wire_apply *m, size_t from, size_t to)
{
	struct wire_apply part = *m;
	struct span rest = { from, to }, s;

	s = take_span(&rest, m->objects.count);
	part.objects.items = m->objects.items + s.from;
	part.objects.count = s.to - s.from;
	s = take_span(&rest, m->pods.count);
	part.pods.items = m->pods.items + s.from;
	part.pods.count = s.to - s.from;
	s = take_span(&rest, m->remove.count);
	part.remove.items = m->remove.items + s.from;
	part.remove.count = s.to - s.from;
	s = take_span(&rest, m->forget_objects.count);
	part.forget_objects.items = m->forget_objects.items + s.from;
	part.forget_objects.count = s.to - s.from;
	return part;
}

void apply_lines_write(struct buf *out, const struct wire_apply *m, size_t max)
{
	size_t start = out->len, count = count_items(m);
	struct wire_apply half;

	wire_write_apply(out, m);
	if (out->len - start <= max + 1 || count < 2)
		return;
	buf_truncate(out, start);
	half = part_of(m, 0, count / 2);
	apply_lines_write(out, &half, max);
	half = part_of(m, count / 2, count);
	apply_lines_write(out, &half, max);
}
