/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

static const struct transport_ops *const all[] = {
	[TRANSPORT_UNIX] = &transport_unix,
	[TRANSPORT_SSH] = &transport_ssh,
	[TRANSPORT_CHILD] = &transport_child,
};

/* --- targets ----------------------------------------------------------------------------------------------- */

static const size_t texts[] = {
	offsetof(struct transport_target, path),
	offsetof(struct transport_target, user),
	offsetof(struct transport_target, host),
	offsetof(struct transport_target, host_keys),
	offsetof(struct transport_target, key),
	offsetof(struct transport_target, agent),
	offsetof(struct transport_target, node),
	offsetof(struct transport_target, home),
	offsetof(struct transport_target, config),
};

static const char **text_at(const struct transport_target *t, size_t i)
{
	return (const char **)((uintptr_t)t + texts[i]);
}

void transport_target_copy(struct transport_target *to, const struct transport_target *from)
{
	*to = *from;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (*text_at(to, i))
			*text_at(to, i) = xstrdup(*text_at(to, i));
}

void transport_target_done(struct transport_target *t)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free((char *)(uintptr_t)*text_at(t, i));
	*t = (struct transport_target){ 0 };
}

bool transport_target_equal(const struct transport_target *a, const struct transport_target *b)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!str_eq(*text_at(a, i), *text_at(b, i)))
			return false;
	return a->kind == b->kind && a->owner == b->owner && a->port == b->port && a->gate == b->gate;
}

/* --- the table ---------------------------------------------------------------------------------------------- */

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

nsec_t transport_moved(const struct transport *t)
{
	return t->moved;
}

bool transport_is_held(const struct transport *t)
{
	return t->ops->held && t->ops->held(t);
}

const char *transport_waits(const struct transport *t)
{
	return t->ops->waits ? t->ops->waits(t) : NULL;
}

int transport_on_io(int fd, uint32_t events, void *arg)
{
	struct transport *t = arg;

	(void)fd;
	(void)events;
	t->ready(t->arg);
	return 0;
}
