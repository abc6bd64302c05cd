/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A reconciler in memory for tests: a world, a tree (path → JSON) and commits as YAML text. fx_pass makes records
 * "durable" in the tree; fx_crash throws the world away and loads it from the tree, as a kill -9 would.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/collect.h"
#include "reconciler/pass.h"
#include "reconciler/tree_path.h"
#include "reconciler/world_job.h"

/* 2026-01-02T03:04:05Z */
#define FX_START ((nsec_t)1767323045 * NSEC_PER_SEC)

struct fx {
	struct world w;
	nsec_t now;
	int64_t version, term;
	struct map tree; /* path → JSON, both owned by the entry's value block */
	struct snapshot *snapshot, *next;
	unsigned commits;
	bool nothing_held; /* commits: as if all that they use were supported */
	bool everything;   /* passes look at everything */
	struct plan plan;  /* of the last pass */
	bool has_plan;
};

struct fx_file {
	char *path, *json;
};

static inline void fx_die(const char *what, const char *text)
{
	print_error("%s: %s\n", what, text);
	fail();
}

static inline void fx_time_zone(struct fx *f, const char *name, const char *rule)
{
	struct zone *z = NULL;

	if (zone_parse_rule(rule, &z, NULL) < 0)
		fx_die(name, "no such rule");
	world_take_time_zone(&f->w, name, z);
}

static inline void fx_open_world(struct fx *f)
{
	struct world_settings s = { .term = ++f->term, .host_name = NULL };

	snprintf(s.cluster_id, sizeof(s.cluster_id), "0123456789abcdef0123456789abcdef");
	memset(s.key, 7, sizeof(s.key));
	world_init(&f->w, &s, f->now);
	fx_time_zone(f, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
	fx_time_zone(f, "America/New_York", "EST5EDT,M3.2.0,M11.1.0");
}

static inline void fx_init(struct fx *f)
{
	memset(f, 0, sizeof(*f));
	f->now = FX_START;
	f->version = 1;
	fx_open_world(f);
}

static inline void fx_drop_plan(struct fx *f)
{
	if (f->has_plan)
		plan_done(&f->plan);
	f->has_plan = false;
}

static inline void fx_file_free(struct fx_file *file)
{
	free(file->path);
	free(file->json);
	free(file);
}

static inline void fx_done(struct fx *f)
{
	fx_drop_plan(f);
	world_done(&f->w);
	for (size_t i = 0; i < f->tree.count; i++)
		fx_file_free(f->tree.entries[i].value);
	map_done(&f->tree);
	snapshot_unref(f->snapshot);
	snapshot_unref(f->next);
}

/* As cmocka calls them: the test's state is a struct fx. */
static inline int fx_set_up(void **state)
{
	*state = xcalloc(1, sizeof(struct fx));
	fx_init(*state);
	return 0;
}

static inline int fx_tear_down(void **state)
{
	fx_done(*state);
	free(*state);
	return 0;
}

/* TEXT is the whole repository now: one file, f.yaml. */
static inline void fx_commit(struct fx *f, const char *text)
{
	const struct object_load_options options = { .path = "f.yaml", .default_namespace = "default" };
	struct objects objects = { 0 };
	struct diags diags;
	_cleanup_(buf_done) struct buf problems = BUF_INIT;
	struct oid commit = { .raw = { 0 } };
	struct snapshot_change change = { .path = "f.yaml" };
	struct snapshot *s = NULL;
	int r;

	diags_init(&diags);
	r = object_load_yaml(text, strlen(text), &options, &objects, &diags);
	diags_format(&diags, &problems);
	if (r < 0)
		fx_die("manifest", problems.data);
	for (size_t i = 0; f->nothing_held && i < objects.count; i++)
		objects.items[i]->held_count = 0;
	commit.raw[19] = (uint8_t)++f->commits;
	change.manifest = manifest_new("f.yaml", &commit, &objects, &diags);
	r = snapshot_new(f->next ? f->next : f->snapshot, &commit, &change, 1, &s, &diags);
	diags_format(&diags, &problems);
	if (r < 0)
		fx_die("snapshot", problems.data);
	manifest_unref(change.manifest);
	diags_done(&diags);
	objects_done(&objects);
	snapshot_unref(f->next);
	f->next = s;
}

static inline void fx_put(struct fx *f, const struct plan_record *r)
{
	_cleanup_(buf_done) struct buf path = BUF_INIT;
	struct fx_file *file;

	tree_path_add(&path, r->kind->plural, r->namespace, r->name);
	file = map_remove(&f->tree, path.data);
	if (file)
		fx_file_free(file);
	if (r->len == 0)
		return;
	file = xcalloc(1, sizeof(*file));
	file->path = xstrdup(path.data);
	file->json = xstrndup(f->plan.text.data + r->start, r->len);
	map_put(&f->tree, file->path, file);
}

/* One pass; its plan stays in f->plan until the next. The applies count as sent. */
static inline void fx_pass(struct fx *f)
{
	const struct pass_input in = {
		.now = f->now,
		.version = f->version,
		.before = f->snapshot,
		.snapshot = f->next,
		.everything = f->everything,
	};

	fx_drop_plan(f);
	plan_init(&f->plan, true);
	f->has_plan = true;
	pass_run(&f->w, &in, &f->plan);
	for (size_t i = 0; i < f->plan.record_count; i++)
		fx_put(f, &f->plan.records[i]);
	f->version += (int64_t)f->plan.record_count;
	if (f->next) {
		snapshot_unref(f->snapshot);
		f->snapshot = TAKE_PTR(f->next);
	}
}

/* After what the plan borrows was used. */
static inline void fx_sweep(struct fx *f)
{
	fx_drop_plan(f);
	world_sweep(&f->w);
}

static inline void fx_step(struct fx *f)
{
	fx_pass(f);
	fx_sweep(f);
}

static inline void fx_load(struct fx *f)
{
	struct err err = { 0 };

	for (size_t i = 0; i < f->tree.count; i++) {
		struct fx_file *file = f->tree.entries[i].value;

		if (world_load(&f->w, file->json, strlen(file->json), &err) < 0)
			fx_die(file->path, err_text(&err));
	}
	world_load_finish(&f->w);
	f->w.tree_version = f->version - 1;
}

/* kill -9 and start: the world from the tree; the snapshot in force is taken again, by comparing everything. */
static inline void fx_crash(struct fx *f)
{
	fx_drop_plan(f);
	world_done(&f->w);
	fx_open_world(f);
	fx_load(f);
	if (!f->next)
		f->next = TAKE_PTR(f->snapshot);
	f->snapshot = snapshot_unref(f->snapshot);
}

static inline struct control fx_control(struct fx *f)
{
	if (!f->has_plan)
		plan_init(&f->plan, false);
	f->has_plan = true;
	return (struct control){ .world = &f->w, .plan = &f->plan, .now = f->now };
}

static inline struct world_node *fx_node(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_NODE, NULL, name);

	if (!o)
		fx_die("no node", name);
	return world_node(o);
}

/* What a node has; it borrows ITEMS ([3]). */
static inline struct node_status fx_node_status(
	struct quantity_pair *items, const char *cpu, const char *memory)
{
	static const char *const names[] = { "cpu", "memory", "pods" };
	const char *const amounts[] = { cpu, memory, "110" };

	for (size_t i = 0; i < 3; i++) {
		items[i] = (struct quantity_pair){ .key = names[i] };
		quantity_parse(amounts[i], &items[i].value);
		items[i].value.set = true;
	}
	return (struct node_status){ .capacity = { items, 3 }, .allocatable = { items, 3 } };
}

/* The agent of NODE says hello and holds COUNT pods. CPUs and memory as given. */
static inline void fx_hello_with(struct fx *f, const char *node, const char *cpu, const char *memory,
	struct wire_held_pod *pods, size_t count)
{
	struct control c = fx_control(f);
	struct quantity_pair items[3];
	struct node_status status = fx_node_status(items, cpu, memory);
	struct wire_hello hello = { .version = 1, .min_version = 1, .status = &status };

	/* Once it was there it has obeyed somebody. */
	if (fx_node(f, node)->status)
		hello.term = f->w.names.term;

	hello.pods.items = pods;
	hello.pods.count = count;
	collect_hello(&c, fx_node(f, node), &hello);
	/* What it holds it reports at once; here nothing of it is new. */
	collect_report(&c, fx_node(f, node), &(struct wire_report){ .seq = 1 });
}

/* It holds nothing. */
static inline void fx_hello(struct fx *f, const char *node, const char *cpu, const char *memory)
{
	fx_hello_with(f, node, cpu, memory, NULL, 0);
}

/* The agent reports pod UID as PHASE, ready or not. */
static inline void fx_report(struct fx *f, struct world_pod *p, const char *phase, bool ready, bool gone)
{
	struct control c = fx_control(f);
	struct condition condition = { .type = "Ready", .status = ready ? "True" : "False" };
	struct pod_status status = { .phase = phase, .conditions = { &condition, 1 } };
	struct wire_report_pod one = { .uid = p->o.uid, .status = &status, .gone = gone };
	struct wire_report report = { .pods = { &one, 1 } };

	condition.last_transition_time = (struct opt_int){ .set = true, .value = f->now };
	collect_report(&c, p->node, &report);
}

/* All pods in order of the world's entries; the caller frees items. */
static inline struct world_pods fx_pods(struct fx *f)
{
	struct world_entry_list all = world_entries(&f->w);
	struct world_pods pods = { 0 };

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_POD)
			world_pods_add(&pods, world_pod(all.items[i]));
	free(all.items);
	return pods;
}

/* Every placed pod that isn't being deleted becomes ready; those being deleted are gone. Returns how many changed. */
static inline size_t fx_agents_catch_up(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	size_t changed = 0;

	for (size_t i = 0; i < pods.count; i++) {
		struct world_pod *p = pods.items[i];

		if (!p->node)
			continue;
		if (p->o.deleting)
			fx_report(f, p, "Succeeded", false, true);
		else if (!p->ready)
			fx_report(f, p, "Running", true, false);
		else
			continue;
		changed++;
	}
	free(pods.items);
	return changed;
}

/* Passes and reports until nothing changes any more. */
static inline void fx_settle(struct fx *f)
{
	for (unsigned i = 0; i < 100; i++) {
		f->now += NSEC_PER_SEC;
		fx_step(f);
		if (fx_agents_catch_up(f) == 0)
			return;
	}
	fx_die("fx_settle", "does not settle");
}

/* A world with what TEXT says, in which the agent of node a has said hello and all has settled. */
static inline void fx_begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
	fx_hello(f, "a", "4", "8Gi");
	fx_settle(f);
}

/* What N's agent would say that it holds: all pods that are on it. The caller frees with fx_held_free. */
static inline struct wire_held_pod *fx_held(const struct world_node *n)
{
	struct wire_held_pod *held = xcalloc(n->pods.count, sizeof(held[0]));

	for (size_t i = 0; i < n->pods.count; i++) {
		char digest[WORLD_DIGEST];

		world_pod_digest(n->pods.items[i], digest);
		held[i] = (struct wire_held_pod){ .uid = xstrdup(n->pods.items[i]->o.uid),
			.digest = xstrdup(digest) };
	}
	return held;
}

static inline void fx_held_free(struct wire_held_pod *held, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		freep(&held[i].uid);
		freep(&held[i].digest);
	}
	free(held);
}

static inline const char *fx_file(struct fx *f, const char *path)
{
	struct fx_file *file = map_get(&f->tree, path);

	return file ? file->json : NULL;
}

/* The number of files below PREFIX. */
static inline size_t fx_count(struct fx *f, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < f->tree.count; i++)
		n += str_starts(f->tree.entries[i].key, prefix);
	return n;
}
