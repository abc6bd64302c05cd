/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Walks at random, by a seed: commits, pods that fail or become unready, sessions that end, kills of pintled, in any order. A
 * workload's test says what a commit is and what must hold after each step.
 */
#pragma once

#include "tests/share/random.h"
#include "tests/unit/reconciler/world_fixture.h"

enum { WALK_NODES = 4 };

struct walk {
	struct fx f;
	struct rng random;
	bool crashes;
	bool down[WALK_NODES];
	/* The workload as YAML, drawn anew; the nodes are the walk's. The caller frees. */
	char *(*workload)(struct walk *w);
	void (*check)(struct walk *w, uint64_t seed, unsigned step);
};

static inline uint64_t walk_draw(struct walk *w, uint64_t below)
{
	return rng_below(&w->random, below);
}

static inline const char *walk_node(size_t i)
{
	static const char *const names[WALK_NODES] = { "n0", "n1", "n2", "n3" };

	return names[i];
}

static inline void walk_commit(struct walk *w)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *workload = w->workload(w);

	for (size_t i = 0; i < WALK_NODES; i++)
		buf_addf(&text,
			"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {odd: '%s'}}\n---\n",
			walk_node(i), i % 2 ? "1" : "0");
	buf_adds(&text, workload);
	fx_commit(&w->f, text.data);
}

/* What an agent holds: all that the tree has on its node. */
static inline void walk_hello(struct walk *w, size_t i)
{
	struct world_node *n = fx_node(&w->f, walk_node(i));
	size_t count = n->pods.count;
	struct wire_held_pod *held = fx_held(n);

	fx_hello_with(&w->f, walk_node(i), "64", "64Gi", held, count);
	fx_held_free(held, count);
}

static inline void walk_pass(struct walk *w)
{
	w->f.now += NSEC_PER_SEC;
	fx_pass(&w->f);
	fx_sweep(&w->f);
}

static inline bool walk_reaches(const struct walk *w, const struct world_pod *p)
{
	for (size_t i = 0; p->node && i < WALK_NODES; i++)
		if (str_eq(p->node->o.name, walk_node(i)))
			return !w->down[i];
	return false;
}

/* Something that agents say of one pod; those that are asked to go may take their time. */
static inline void walk_agent(struct walk *w, struct world_pod *p)
{
	uint64_t what = walk_draw(w, 20);

	if (!walk_reaches(w, p))
		return;
	if (p->o.deleting)
		fx_report(&w->f, p, "Running", false, what < 10);
	else if (what == 0)
		fx_report(&w->f, p, "Failed", false, false);
	else if (what == 1)
		fx_report(&w->f, p, "Running", false, false);
	else if (what < 12 && !p->ready && p->phase != PHASE_FAILED)
		fx_report(&w->f, p, "Running", true, false);
}

static inline void walk_crash(struct walk *w)
{
	fx_crash(&w->f);
	walk_pass(w);
	for (size_t i = 0; i < WALK_NODES; i++)
		if (!w->down[i])
			walk_hello(w, i);
}

static inline void walk_session(struct walk *w)
{
	size_t i = (size_t)walk_draw(w, WALK_NODES);
	struct control c = fx_control(&w->f);

	w->down[i] = !w->down[i];
	if (w->down[i])
		collect_goodbye(&c, fx_node(&w->f, walk_node(i)));
	else
		walk_hello(w, i);
}

static inline void walk_step(struct walk *w)
{
	struct world_pods pods = fx_pods(&w->f);

	for (size_t i = 0; i < pods.count; i++)
		walk_agent(w, pods.items[i]);
	free(pods.items);
	switch (walk_draw(w, 16)) {
	case 0:
		walk_commit(w);
		break;
	case 1:
		walk_session(w);
		break;
	case 2:
		if (w->crashes)
			walk_crash(w);
		break;
	case 3:
		w->f.now += 60 * NSEC_PER_SEC;
		break;
	}
	walk_pass(w);
}

static inline void walk_init(struct walk *w, uint64_t seed)
{
	w->random = (struct rng){ seed };
	fx_init(&w->f);
	walk_commit(w);
	fx_step(&w->f);
	for (size_t i = 0; i < WALK_NODES; i++)
		walk_hello(w, i);
	walk_pass(w);
}

/* All nodes are there, agents do at once what they are told. */
static inline void walk_heal(struct walk *w)
{
	for (size_t i = 0; i < WALK_NODES; i++) {
		if (!w->down[i])
			continue;
		w->down[i] = false;
		walk_hello(w, i);
	}
	for (unsigned i = 0; i < 30; i++) {
		/* Those that wait for a time, too. */
		w->f.now += 20 * 60 * NSEC_PER_SEC;
		fx_settle(&w->f);
	}
}

/* STEPS steps by each of SEEDS seeds, then what must be in the end (END). */
static inline void walk_all(
	const struct walk *like, unsigned seeds, unsigned steps, void (*end)(struct walk *w, uint64_t seed))
{
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct walk w = *like;

		walk_init(&w, seed);
		for (unsigned i = 0; i < steps; i++) {
			walk_step(&w);
			w.check(&w, seed, i);
		}
		walk_heal(&w);
		end(&w, seed);
		fx_done(&w.f);
	}
}

/* The same walk twice, once with passes over everything: each records the same, to the byte. */
static inline void walk_twice(const struct walk *like, unsigned seeds, unsigned steps)
{
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct walk a = *like, b = *like;

		walk_init(&a, seed);
		walk_init(&b, seed);
		b.f.everything = true;
		for (unsigned i = 0; i < steps; i++) {
			walk_step(&a);
			walk_step(&b);
			assert_int_equal(a.random.state, b.random.state);
			assert_int_equal(a.f.tree.count, b.f.tree.count);
			for (size_t k = 0; k < a.f.tree.count; k++) {
				struct fx_file *file = a.f.tree.entries[k].value;
				const char *other = fx_file(&b.f, file->path);

				if (!str_eq(file->json, other))
					print_error("seed %llu, step %u: %s: what is "
						    "dirty:\n%s\neverything:\n%s\n",
						(unsigned long long)seed, i, file->path, file->json,
						str_or_empty(other));
				assert_string_equal(file->json, str_or_empty(other));
			}
		}
		fx_done(&a.f);
		fx_done(&b.f);
	}
}
