/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A small simulation, in virtual time and with a seed: agents in memory that start and stop pods with delays, sessions
 * that break, a reconciler that is killed between any two of its steps. What must hold whatever happens:
 *
 *   - no pod (UID) is ever started twice
 *   - a rolling update never takes more than maxUnavailable of the pods that serve, nor makes more than maxSurge too many
 *   - in the end the agents hold exactly the pods of the tree, and those are what git asks for
 *   - a pass over everything decides what a pass over the dirty owners decides, to the byte
 */
#include "tests/unit/reconciler/world_fixture.h"

enum { NODES = 3, SIM_PODS = 4096 };

enum state { STARTING, RUNNING, STOPPING, GONE };
struct sim_pod {
	char uid[NAMES_UID];
	char digest[WORLD_DIGEST];
	unsigned starts;
	enum state state;
	bool news; /* to be reported */
	nsec_t due;
};
struct sim_agent {
	char name[16];
	bool connected;
	struct sim_pod *pods;
	size_t count;
};
struct sim {
	struct fx f;
	uint64_t random;
	struct sim_agent agents[NODES];
	bool faults;
	unsigned crashes, breaks;
};

static uint64_t draw(struct sim *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (s->random >> 11) % below;
}

/* --- agents -------------------------------------------------------------------------------------------------- */

static struct sim_pod *pod_of(struct sim_agent *a, const char *uid)
{
	for (size_t i = 0; i < a->count; i++)
		if (str_eq(a->pods[i].uid, uid))
			return &a->pods[i];
	return NULL;
}

static void agent_take_pod(struct sim *s, struct sim_agent *a, const struct wire_pod *w)
{
	struct sim_pod *p = pod_of(a, w->pod->meta->uid);

	if (!p) {
		assert_true(a->count < SIM_PODS);
		p = &a->pods[a->count++];
		*p = (struct sim_pod){ .state = STARTING, .starts = 1 };
		p->due = s->f.now + (nsec_t)draw(s, 5000) * NSEC_PER_MSEC;
		snprintf(p->uid, sizeof(p->uid), "%s", w->pod->meta->uid);
	} else if (p->state == GONE) {
		/* It held the pod once and was told to forget it: it would start again. */
		p->starts++;
		p->state = STARTING;
	}
	snprintf(p->digest, sizeof(p->digest), "%s", w->digest);
}

static void agent_take_removal(struct sim *s, struct sim_agent *a, const char *uid)
{
	struct sim_pod *p = pod_of(a, uid);

	if (!p || p->state == GONE || p->state == STOPPING)
		return;
	p->state = STOPPING;
	p->due = s->f.now + (nsec_t)draw(s, 3000) * NSEC_PER_MSEC;
}

static void agent_take_apply(struct sim *s, struct sim_agent *a, const struct wire_apply *apply)
{
	for (size_t i = 0; i < apply->pods.count; i++)
		agent_take_pod(s, a, &apply->pods.items[i]);
	for (size_t i = 0; i < apply->remove.count; i++)
		agent_take_removal(s, a, apply->remove.items[i].uid);
}

static void agent_work(struct sim *s, struct sim_agent *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct sim_pod *p = &a->pods[i];

		if (p->due > s->f.now)
			continue;
		if (p->state == STARTING)
			p->state = RUNNING;
		else if (p->state == STOPPING)
			p->state = GONE;
		else
			continue;
		p->news = true;
	}
}

static void agent_report(struct sim *s, struct sim_agent *a)
{
	struct control c = fx_control(&s->f);

	for (size_t i = 0; i < a->count && a->connected; i++) {
		struct sim_pod *p = &a->pods[i];
		struct condition ready = { .type = "Ready",
			.status = p->state == RUNNING ? "True" : "False" };
		struct pod_status status = { .phase = p->state == STARTING ? "Pending" : "Running",
			.conditions = { &ready, 1 } };
		struct wire_report_pod one = { .uid = p->uid, .status = &status, .gone = p->state == GONE };
		struct wire_report report = { .pods = { &one, 1 } };

		ready.last_transition_time = (struct opt_int){ .set = true, .value = s->f.now };
		if (!p->news)
			continue;
		p->news = false;
		collect_report(&c, fx_node(&s->f, a->name), &report);
	}
}

static void agent_connect(struct sim *s, struct sim_agent *a)
{
	struct control c = fx_control(&s->f);
	struct quantity_pair items[3] = { { .key = "cpu" }, { .key = "memory" }, { .key = "pods" } };
	struct node_status status = { .capacity = { items, 3 }, .allocatable = { items, 3 } };
	struct wire_held_pod *held = xcalloc(a->count, sizeof(held[0]));
	struct wire_hello hello = { .version = 1, .min_version = 1, .status = &status, .pods = { held, 0 } };

	quantity_parse("64", &items[0].value);
	quantity_parse("64Gi", &items[1].value);
	quantity_parse("1000", &items[2].value);
	for (size_t i = 0; i < 3; i++)
		items[i].value.set = true;
	for (size_t i = 0; i < a->count; i++) {
		if (a->pods[i].state == GONE)
			continue;
		held[hello.pods.count++] = (struct wire_held_pod){ .uid = a->pods[i].uid,
			.digest = a->pods[i].digest };
		a->pods[i].news = true;
	}
	collect_hello(&c, fx_node(&s->f, a->name), &hello);
	a->connected = true;
	free(held);
}

static void agent_break(struct sim *s, struct sim_agent *a)
{
	struct control c = fx_control(&s->f);

	if (!a->connected)
		return;
	a->connected = false;
	s->breaks++;
	collect_goodbye(&c, fx_node(&s->f, a->name));
}

/* --- the reconciler -------------------------------------------------------------------------------------------- */

static void crash(struct sim *s)
{
	s->crashes++;
	for (size_t i = 0; i < NODES; i++)
		s->agents[i].connected = false;
	fx_crash(&s->f);
}

static struct sim_agent *agent_of(struct sim *s, const char *name)
{
	for (size_t i = 0; i < NODES; i++)
		if (str_eq(s->agents[i].name, name))
			return &s->agents[i];
	fail();
	return NULL;
}

/* One pass, with a kill before its records are durable, after that, or between two applies. */
static void sim_pass(struct sim *s)
{
	const struct pass_input in = {
		.now = s->f.now, .version = s->f.version, .before = s->f.snapshot, .snapshot = s->f.next
	};
	uint64_t fate = s->faults ? draw(s, 40) : 99;

	if (fate == 0) {
		fx_drop_plan(&s->f);
		plan_init(&s->f.plan, true);
		s->f.has_plan = true;
		pass_run(&s->f.w, &in, &s->f.plan);
		crash(s);
		return;
	}
	fx_pass(&s->f);
	if (fate == 1) {
		crash(s);
		return;
	}
	for (size_t i = 0; i < s->f.plan.apply_count; i++) {
		struct sim_agent *a = agent_of(s, s->f.plan.applies[i].node->o.name);

		if (fate == 2 && draw(s, 2) == 0) {
			crash(s);
			return;
		}
		if (a->connected)
			agent_take_apply(s, a, &s->f.plan.applies[i].apply);
	}
	fx_sweep(&s->f);
}

static void sim_turn(struct sim *s)
{
	s->f.now += (nsec_t)(1 + draw(s, 800)) * NSEC_PER_MSEC;
	for (size_t i = 0; i < NODES; i++) {
		struct sim_agent *a = &s->agents[i];

		agent_work(s, a);
		if (s->faults && draw(s, 60) == 0)
			agent_break(s, a);
		if (!a->connected && (!s->faults || draw(s, 3) == 0))
			agent_connect(s, a);
		agent_report(s, a);
	}
	sim_pass(s);
}

static void commit(struct sim *s, int replicas, int image, int unavailable, int surge)
{
	char text[4096] = "";
	size_t at = 0;

	for (size_t i = 0; i < NODES; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
			"apiVersion: v1\nkind: Node\nmetadata: {name: %s}\n---\n", s->agents[i].name);
	snprintf(text + at, sizeof(text) - at,
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: web}}\n"
		"  strategy: {rollingUpdate: {maxUnavailable: %d, maxSurge: %d}}\n"
		"  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: 'i:%d'}]}\n",
		replicas, unavailable, surge, image);
	fx_commit(&s->f, text);
}

static void sim_init(struct sim *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	fx_init(&s->f);
	for (size_t i = 0; i < NODES; i++) {
		snprintf(s->agents[i].name, sizeof(s->agents[i].name), "node-%zu", i);
		s->agents[i].pods = xcalloc(SIM_PODS, sizeof(struct sim_pod));
	}
	commit(s, 0, 0, 1, 1);
	fx_step(&s->f);
}

static void sim_done(struct sim *s)
{
	for (size_t i = 0; i < NODES; i++)
		free(s->agents[i].pods);
	fx_done(&s->f);
}

static size_t count(const struct sim *s, enum state state)
{
	size_t n = 0;

	for (size_t i = 0; i < NODES; i++)
		for (size_t k = 0; k < s->agents[i].count; k++)
			n += s->agents[i].pods[k].state == state;
	return n;
}

/* Pods that nobody has told to go: as in Kubernetes, those that are going count no more. */
static size_t count_active(struct sim *s)
{
	struct world_pods pods = fx_pods(&s->f);
	size_t n = 0;

	for (size_t i = 0; i < pods.count; i++)
		n += !pods.items[i]->o.deleting;
	free(pods.items);
	return n;
}

static void expect_started_once(const struct sim *s, uint64_t seed)
{
	for (size_t i = 0; i < NODES; i++)
		for (size_t k = 0; k < s->agents[i].count; k++) {
			if (s->agents[i].pods[k].starts == 1)
				continue;
			print_error("seed %llu: pod %s was started %u times\n", (unsigned long long)seed,
				s->agents[i].pods[k].uid, s->agents[i].pods[k].starts);
			fail();
		}
}

static bool settled(struct sim *s, size_t replicas)
{
	return count(s, RUNNING) == replicas && count(s, STARTING) == 0 && count(s, STOPPING) == 0 &&
	       fx_count(&s->f, "namespaces/default/pods/") == replicas;
}

static void sim_settle(struct sim *s, size_t replicas, uint64_t seed)
{
	for (unsigned i = 0; i < 500; i++) {
		sim_turn(s);
		if (settled(s, replicas))
			return;
	}
	print_error("seed %llu: does not settle: %zu running, %zu starting, %zu stopping, %zu in the tree, "
		    "want %zu\n",
		(unsigned long long)seed, count(s, RUNNING), count(s, STARTING), count(s, STOPPING),
		fx_count(&s->f, "namespaces/default/pods/"), replicas);
	fail();
}

/* --- the tests ------------------------------------------------------------------------------------------------------ */

static void test_starts_once_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct sim s;
		int replicas = 0;

		sim_init(&s, seed);
		s.faults = true;
		for (unsigned i = 0; i < 120; i++) {
			if (draw(&s, 12) == 0) {
				replicas = (int)draw(&s, 9);
				commit(&s, replicas, (int)draw(&s, 4), 1, 1);
			}
			sim_turn(&s);
		}
		s.faults = false;
		sim_settle(&s, (size_t)replicas, seed);
		expect_started_once(&s, seed);
		sim_done(&s);
	}
}

/* Fixed numbers, changing images, kills all along; only starting and stopping takes pods away. */
static void test_rolling_update_keeps_its_budget(void **state)
{
	static const struct {
		int unavailable, surge;
	} budgets[] = { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 2, 3 }, { 0, 5 }, { 4, 0 } };
	const int replicas = 5;

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		int unavailable = budgets[seed % ARRAY_LEN(budgets)].unavailable;
		int surge = budgets[seed % ARRAY_LEN(budgets)].surge, image = 1;
		struct sim s;

		sim_init(&s, seed);
		commit(&s, replicas, image, unavailable, surge);
		sim_settle(&s, (size_t)replicas, seed);
		s.faults = true;
		for (unsigned i = 0; i < 200; i++) {
			size_t running, up;

			if (draw(&s, 25) == 0)
				commit(&s, replicas, ++image, unavailable, surge);
			sim_turn(&s);
			running = count(&s, RUNNING);
			up = count_active(&s);
			if ((int)running >= replicas - unavailable && (int)up <= replicas + surge)
				continue;
			print_error("seed %llu, turn %u: %zu serve of %d (-%d), %zu there (+%d)\n",
				(unsigned long long)seed, i, running, replicas, unavailable, up, surge);
			fail();
		}
		s.faults = false;
		sim_settle(&s, (size_t)replicas, seed);
		expect_started_once(&s, seed);
		sim_done(&s);
	}
}

/* --- everything or what is dirty ---------------------------------------------------------------------------------------- */

static void expect_same_plan(struct fx *a, struct fx *b, uint64_t seed, unsigned turn)
{
	_cleanup_(buf_done) struct buf x = BUF_INIT, y = BUF_INIT;

	plan_write_text(&a->plan, &x);
	plan_write_text(&b->plan, &y);
	if (!str_eq(x.data, y.data) || !str_eq(a->plan.text.data, b->plan.text.data)) {
		print_error("seed %llu, turn %u: dirty:\n%s\neverything:\n%s\n", (unsigned long long)seed,
			turn, x.data, y.data);
		assert_string_equal(a->plan.text.data, b->plan.text.data);
	}
	assert_string_equal(x.data, y.data);
	assert_int_equal(a->plan.apply_count, b->plan.apply_count);
}

static void random_change(struct sim *s, struct sim *t)
{
	int replicas = (int)draw(s, 6), image = (int)draw(s, 3), unavailable = (int)draw(s, 3);

	commit(s, replicas, image, unavailable, 1);
	commit(t, replicas, image, unavailable, 1);
	t->random = s->random;
}

static void test_everything_plans_what_dirty_plans(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim a, b;

		sim_init(&a, seed);
		sim_init(&b, seed);
		b.f.everything = true;
		for (unsigned turn = 0; turn < 80; turn++) {
			if (draw(&a, 10) == 0)
				random_change(&a, &b);
			b.random = a.random;
			a.f.now += NSEC_PER_SEC;
			b.f.now += NSEC_PER_SEC;
			for (size_t i = 0; i < NODES; i++) {
				struct sim *both[] = { &a, &b };

				for (size_t k = 0; k < 2; k++) {
					agent_work(both[k], &both[k]->agents[i]);
					if (!both[k]->agents[i].connected)
						agent_connect(both[k], &both[k]->agents[i]);
					agent_report(both[k], &both[k]->agents[i]);
				}
			}
			fx_pass(&a.f);
			fx_pass(&b.f);
			expect_same_plan(&a.f, &b.f, seed, turn);
			for (size_t i = 0; i < a.f.plan.apply_count; i++) {
				const char *node = a.f.plan.applies[i].node->o.name;

				b.random = a.random;
				agent_take_apply(&a, agent_of(&a, node), &a.f.plan.applies[i].apply);
				agent_take_apply(&b, agent_of(&b, node), &b.f.plan.applies[i].apply);
			}
			fx_sweep(&a.f);
			fx_sweep(&b.f);
		}
		sim_done(&a);
		sim_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_once_whatever_happens),
		cmocka_unit_test(test_rolling_update_keeps_its_budget),
		cmocka_unit_test(test_everything_plans_what_dirty_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
