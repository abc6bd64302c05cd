/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/transport.h"

static const struct transport_ops *const all[] = {
	[TRANSPORT_UNIX] = &transport_unix,
};

struct transport *transport_new(
	struct loop *loop, const struct transport_target *target, transport_ready_fn ready, void *arg)
{
	struct transport *t = all[target->kind]->create(loop, target);

	t->ops = all[target->kind];
	t->loop = loop;
	t->target = target;
	t->ready = ready;
	t->arg = arg;
	return t;
}

struct transport *transport_free(struct transport *t)
{
	if (t)
		t->ops->free(t);
	return NULL;
}

int transport_connect(struct transport *t)
{
	return t->ops->connect(t);
}

ssize_t transport_read(struct transport *t, void *data, size_t size)
{
	return t->ops->read(t, data, size);
}

ssize_t transport_write(struct transport *t, const void *data, size_t len)
{
	return t->ops->write(t, data, len);
}

void transport_watch(struct transport *t, bool in, bool out)
{
	t->ops->watch(t, in, out);
}

const struct trouble *transport_why(const struct transport *t)
{
	return &t->why;
}
