/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ssh_memory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

struct chunk {
	struct ssh_link link;
	size_t size;
	max_align_t data[];
};

static struct chunk *chunk_of(void *data)
{
	return (struct chunk *)(void *)((char *)data - offsetof(struct chunk, data));
}

void ssh_memory_init(struct ssh_memory *m)
{
	m->chunks.prev = m->chunks.next = &m->chunks;
}

void ssh_memory_done(struct ssh_memory *m)
{
	while (m->chunks.next != &m->chunks)
		ssh_memory_free(((struct chunk *)m->chunks.next)->data, NULL);
}

void *ssh_memory_alloc(size_t size, void **memory)
{
	struct ssh_memory *m = *memory;
	struct chunk *c = malloc(sizeof(*c) + size);

	if (!c)
		mem_exhausted();
	*c = (struct chunk){ .link = { m->chunks.prev, &m->chunks }, .size = size };
	c->link.prev->next = c->link.next->prev = &c->link;
	return c->data;
}

void ssh_memory_free(void *data, void **memory)
{
	struct ssh_link *link;

	(void)memory;
	if (!data)
		return;
	link = &chunk_of(data)->link;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	free(chunk_of(data));
}

void *ssh_memory_realloc(void *data, size_t size, void **memory)
{
	void *to = ssh_memory_alloc(size, memory);

	if (data)
		memcpy(to, data, chunk_of(data)->size < size ? chunk_of(data)->size : size);
	ssh_memory_free(data, memory);
	return to;
}
