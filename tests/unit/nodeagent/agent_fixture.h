/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What pods stand on, in a directory of the test's own: a node with no pod subnet, so that no pod's set-up gets far enough
 * to touch the host. Include after cmocka.h; each test is a program of its own, so that all is static.
 */
#pragma once

#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "nodeagent/pods.h"
#include "tests/unit/lib/base/scratch.h"

#define FIXTURE_BOUND (20 * NSEC_PER_SEC)
#define FIXTURE_CLUSTER "0123456789abcdef0123456789abcdef"

struct ground {
	struct scratch *dir;
	struct node_env env;
	struct identity identity;
	struct node_services node;
	struct pods *pods;
	char *log_root;
};

static inline void ground_open(struct ground *g, loop_fn changed, void *arg)
{
	_cleanup_(freep) char *images = NULL;
	struct image_store_options store = { 0 };
	struct err err = { 0 };

	assert_int_equal(node_env_init(&g->env, g->dir->path, FIXTURE_CLUSTER, NULL), 0);
	free(g->env.run_dir); /* not the host's /run */
	g->env.run_dir = xasprintf("%s/run", g->dir->path);
	g->log_root = xasprintf("%s/log", g->dir->path);
	store.dir = images = xasprintf("%s/images", g->env.state_dir);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, g->env.state_dir, 0700, NULL), 0);
	assert_int_equal(identity_load(g->env.state_dir, &g->identity, NULL), 0);
	g->node = (struct node_services){
		.env = &g->env, .identity = &g->identity, .log_root = g->log_root, .host_ip = "10.0.0.1"
	};
	assert_int_equal(loop_new(&g->node.loop, NULL), 0);
	assert_int_equal(held_open(g->env.state_dir, g->env.run_dir, &g->node.held, NULL), 0);
	if (image_store_open(&store, &g->node.images, &err) < 0 ||
		runtime_open(g->node.loop, g->env.run_dir, "/bin/false", &g->node.runtime, &err) < 0)
		fail_msg("%s", err_text(&err));
	g->node.routes = routes_open(&g->env);
	g->pods = pods_new(&g->node, changed, arg);
}

static inline void ground_close(struct ground *g)
{
	pods_free(g->pods);
	routes_close(g->node.routes);
	runtime_close(g->node.runtime);
	image_store_close(g->node.images);
	held_close(g->node.held);
	loop_free(g->node.loop);
	identity_done(&g->identity);
	node_env_done(&g->env);
	free(g->log_root);
}

static inline int ground_changed(void *arg)
{
	(void)arg;
	return 0;
}

/* cmocka fixtures: *state is a struct ground with pods that report to nobody. */
static inline int ground_setup(void **state)
{
	struct ground *g = xcalloc(1, sizeof(*g));
	void *dir = NULL;

	if (scratch_setup(&dir) < 0)
		return -1;
	g->dir = dir;
	ground_open(g, ground_changed, NULL);
	*state = g;
	return 0;
}

static inline int ground_teardown(void **state)
{
	struct ground *g = *state;
	void *dir = g->dir;

	ground_close(g);
	free(g);
	return scratch_teardown(&dir);
}

/* A pod ns/NAME with one init container "i" and one container "c". */
static inline struct object *ground_pod(const char *name, const char *uid)
{
	_cleanup_(freep) char *text = xasprintf(
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"ns\","
		"\"uid\":\"%s\"},\"spec\":{\"initContainers\":[{\"name\":\"i\",\"image\":\"i:1\"}],"
		"\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}",
		name, uid);
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}
