/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/outbox.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum {
	SHARED_MIN = 4 << 10, /* below that a copy costs less */
	KEPT = 1 << 10,       /* what a message has left behind is given back once it is empty */
};

struct outbox_text *outbox_text_new(struct buf *text)
{
	struct outbox_text *t = xcalloc(1, sizeof(*t));

	t->refs = 1;
	t->text = *text;
	*text = BUF_INIT;
	return t;
}

struct outbox_text *outbox_text_ref(struct outbox_text *t)
{
	t->refs++;
	return t;
}

struct outbox_text *outbox_text_unref(struct outbox_text *t)
{
	if (!t || --t->refs > 0)
		return NULL;
	buf_done(&t->text);
	free(t);
	return NULL;
}

void outbox_init(struct outbox *o)
{
	*o = (struct outbox){ .own = BUF_INIT };
}

void outbox_done(struct outbox *o)
{
	outbox_text_unref(o->shared);
	buf_done(&o->own);
	outbox_init(o);
}

void outbox_clear(struct outbox *o)
{
	o->shared = outbox_text_unref(o->shared);
	o->sent = o->shared_sent = 0;
	buf_clear(&o->own);
	if (o->own.cap > KEPT)
		outbox_done(o);
}

void outbox_add(struct outbox *o, struct outbox_text *t)
{
	if (o->shared || t->text.len < SHARED_MIN) {
		buf_add(&o->own, t->text.data, t->text.len);
		return;
	}
	o->shared = outbox_text_ref(t);
	o->shared_at = o->own.len;
	o->shared_sent = 0;
}

size_t outbox_left(const struct outbox *o)
{
	return o->own.len - o->sent + (o->shared ? o->shared->text.len - o->shared_sent : 0);
}

static bool at_shared(const struct outbox *o)
{
	return o->shared && o->sent == o->shared_at;
}

size_t outbox_next(const struct outbox *o, const char **ret_data)
{
	if (at_shared(o)) {
		*ret_data = o->shared->text.data + o->shared_sent;
		return o->shared->text.len - o->shared_sent;
	}
	*ret_data = o->own.data + o->sent;
	return (o->shared ? o->shared_at : o->own.len) - o->sent;
}

void outbox_sent(struct outbox *o, size_t count)
{
	if (at_shared(o)) {
		o->shared_sent += count;
		if (o->shared_sent == o->shared->text.len)
			o->shared = outbox_text_unref(o->shared);
	} else {
		o->sent += count;
	}
	if (outbox_left(o) == 0)
		outbox_clear(o);
}
