/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/image.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/intern.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

/* The images of a node that go by some name, by that name's number. */
struct node_images {
	uint32_t *names; /* [count] sorted */
	int64_t *bytes;  /* [count] */
	size_t count;
};
struct sched_images {
	struct intern *names;      /* all written out */
	struct node_images *nodes; /* [c->cap] */
};

/* Of a request. */
struct sched_pod_images {
	size_t containers;
	size_t count;
	uint32_t names[]; /* [count] each once */
};

static const int64_t mb = 1024 * 1024;

/* Where the first part of a name ends, and is a registry: it has a dot or a port, or is localhost. */
static bool has_registry(const char *name)
{
	size_t len = strcspn(name, "/");

	if (name[len] == '\0')
		return false;
	return strcspn(name, ".:") < len || (len == strlen("localhost") && str_starts(name, "localhost"));
}

/* What stands before NAME when all is written out. */
static const char *left_out(const char *name, bool one_part)
{
	if (!has_registry(name))
		return one_part ? "docker.io/library/" : "docker.io/";
	name = str_after(name, "docker.io/");
	return name && !strchr(name, '/') ? "docker.io/library/" : "";
}

void sched_image_name(const char *name, struct buf *out)
{
	const char *digest = strchrnul(name, '@');
	const char *slash = memrchr(name, '/', (size_t)(digest - name));
	const char *tag = memrchr(slash ? slash : name, ':', (size_t)(digest - (slash ? slash : name)));
	const char *front = left_out(name, !slash), *end = *digest != '\0' && tag ? tag : digest;

	if (str_starts(name, "docker.io/") && *front != '\0')
		name += strlen("docker.io/");
	buf_adds(out, front);
	buf_add(out, name, (size_t)(end - name));
	buf_adds(out, *digest != '\0' ? digest : tag ? "" : ":latest");
}

int64_t sched_image_score(int64_t bytes, size_t containers)
{
	int64_t low = 23 * mb, high = 1000 * mb * (int64_t)(containers > 0 ? containers : 1);

	if (bytes <= low)
		return 0;
	return bytes >= high ? 100 : 100 * (bytes - low) / (high - low);
}

/* --- nodes -------------------------------------------------------------------------------------------- */

static uint32_t number_of(struct sched_images *t, const char *name)
{
	_cleanup_(buf_done) struct buf whole = BUF_INIT;

	sched_image_name(name, &whole);
	return intern_ref(t->names, whole.data);
}

struct sized {
	uint32_t name;
	int64_t bytes;
};

/* So that no sum overflows. */
static int64_t sane_size(int64_t bytes)
{
	const int64_t most = 1LL << 50;

	return bytes < 0 ? 0 : bytes < most ? bytes : most;
}

/* By name, then the largest first. */
static int sized_cmp(const void *x, const void *y)
{
	const struct sized *a = x, *b = y;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

static void forget(struct sched_images *t, struct node_images *n)
{
	for (size_t i = 0; i < n->count; i++)
		intern_unref(t->names, n->names[i]);
	free(n->names);
	n->names = NULL;
	free(n->bytes);
	n->bytes = NULL;
	n->count = 0;
}

/* Those of LIST, sorted, each name once. */
static void take(struct sched_images *t, struct node_images *n, const struct sized *list, size_t count)
{
	n->names = xcalloc(count, sizeof(n->names[0]));
	n->bytes = xcalloc(count, sizeof(n->bytes[0]));
	for (size_t i = 0; i < count; i++) {
		if (n->count > 0 && n->names[n->count - 1] == list[i].name) {
			intern_unref(t->names, list[i].name);
			continue;
		}
		n->names[n->count] = list[i].name;
		n->bytes[n->count++] = list[i].bytes;
	}
}

static void read_status(struct sched_cluster *c, uint32_t node)
{
	const struct node_status *status = &object_node(c->nodes[node]->object)->status;
	struct node_images before = c->images->nodes[node], *n = &c->images->nodes[node];
	_cleanup_(freep) struct sized *list = NULL;
	size_t count = 0, cap = 0;

	*n = (struct node_images){ 0 };
	for (size_t i = 0; i < status->images.count; i++) {
		const struct node_image *image = &status->images.items[i];

		for (size_t k = 0; k < image->names.count; k++) {
			list = grow(list, &cap, count + 1, sizeof(list[0]));
			list[count++] = (struct sized){ number_of(c->images, image->names.items[k]),
				sane_size(image->size_bytes) };
		}
	}
	if (count > 1)
		qsort(list, count, sizeof(list[0]), sized_cmp);
	if (count > 0)
		take(c->images, n, list, count);
	/* Last, so that names that stay keep their numbers. */
	forget(c->images, &before);
}

static void node_out(struct sched_cluster *c, uint32_t node)
{
	forget(c->images, &c->images->nodes[node]);
}

/* --- pods --------------------------------------------------------------------------------------------- */

static void add_images(struct sched_images *t, struct sched_pod_images *p, const struct containers *list)
{
	p->containers += list->count;
	for (size_t i = 0; i < list->count; i++) {
		uint32_t number = number_of(t, str_or_empty(list->items[i].image));
		size_t k = 0;

		while (k < p->count && p->names[k] != number)
			k++;
		if (k < p->count)
			intern_unref(t->names, number);
		else
			p->names[p->count++] = number;
	}
}

static void request_ready(struct sched_cluster *c, struct sched_request *r)
{
	size_t most = r->spec->init_containers.count + r->spec->containers.count;

	r->images = xcalloc(1, sizeof(*r->images) + most * sizeof(r->images->names[0]));
	add_images(c->images, r->images, &r->spec->init_containers);
	add_images(c->images, r->images, &r->spec->containers);
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	for (size_t i = 0; r->images && i < r->images->count; i++)
		intern_unref(c->images->names, r->images->names[i]);
	free(r->images);
	r->images = NULL;
}

static int64_t bytes_of(const struct node_images *n, uint32_t name)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (n->names[middle] < name)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n->count && n->names[low] == name ? n->bytes[low] : 0;
}

int64_t sched_score_images(const struct sched_look *l)
{
	const struct node_images *n = &l->c->images->nodes[l->node];
	const struct sched_pod_images *p = l->r->images;
	int64_t bytes = 0;

	for (size_t i = 0; n->count > 0 && i < p->count; i++)
		bytes += bytes_of(n, p->names[i]);
	return sched_image_score(bytes, p->containers);
}

/* --- the part ----------------------------------------------------------------------------------------- */

static void init(struct sched_cluster *c)
{
	c->images = xcalloc(1, sizeof(*c->images));
	c->images->names = intern_new();
}

static void done(struct sched_cluster *c)
{
	for (uint32_t i = 0; i < c->cap; i++)
		forget(c->images, &c->images->nodes[i]);
	intern_free(c->images->names);
	free(c->images->nodes);
	free(c->images);
	c->images = NULL;
}

static void grown(struct sched_cluster *c, uint32_t old)
{
	struct sched_images *t = c->images;

	t->nodes = xreallocarray(t->nodes, c->cap, sizeof(t->nodes[0]));
	memset(&t->nodes[old], 0, (c->cap - old) * sizeof(t->nodes[0]));
}

const struct sched_part sched_image_part = {
	.init = init,
	.done = done,
	.grown = grown,
	.request_ready = request_ready,
	.request_out = request_out,
	.node_in = read_status,
	.node_out = node_out,
	.node_status = read_status,
};
