/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Golden cases: each directory tests/golden/NAME is a state and a commit, and the plan that must come out; or a
 * state and a script (golden_script.h says what can stand in it), and what must happen in its course.
 *
 *   before.yaml     the repository before; its pods run and are ready        (or nothing)
 *   state.json      objects of the tree to start from, {"items":[…]}         (or nothing)
 *   manifests.yaml  the commit
 *   script          in its place: commits, failures, the passing of time
 *   plan.txt        the plan's steps, one a line, as `pintle diff` prints them; of a script: what came out
 *
 * build/tests/reconciler/test_golden --update [NAME…] writes each plan.txt (or those of the cases named) anew; look at
 * what git diff says then. Each case is run again with a world that is read from the tree: the same must come out.
 */
#include <fcntl.h>

#include "lib/base/fs.h"
#include "tests/unit/reconciler/golden_script.h"

#define GOLDEN "tests/golden"
enum { FILE_MAX = 1 << 20 };

static bool read_file(const char *name, const char *file, struct buf *ret)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s/%s", GOLDEN, name, file);

	return fs_exists(AT_FDCWD, path) && fs_read(AT_FDCWD, path, FILE_MAX, ret, NULL) == 0;
}

static void load_state(struct fx *f, const char *text, size_t len)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct err err = { 0 };
	struct value *v;
	const struct value *items;

	if (json_parse(arena, text, len, &v, &err) < 0)
		fx_die("state.json", err_text(&err));
	items = value_get(v, "items");
	for (size_t i = 0; i < items->list.count; i++) {
		_cleanup_(buf_done) struct buf one = BUF_INIT;
		struct json_writer out = JSON_WRITER(&one, 0);

		json_value(&out, items->list.items[i]);
		if (world_load(&f->w, one.data, one.len, &err) < 0)
			fx_die("state.json", err_text(&err));
	}
	world_load_finish(&f->w);
}

static void say_hello(struct fx *f)
{
	struct world_entry_list all = world_entries(&f->w);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE)
			fx_hello(f, all.items[i]->name, "4", "8Gi");
	free(all.items);
}

static void begin(struct fx *f, const char *name)
{
	_cleanup_(buf_done) struct buf before = BUF_INIT, state = BUF_INIT;

	if (read_file(name, "state.json", &state))
		load_state(f, state.data, state.len);
	if (!read_file(name, "before.yaml", &before))
		return;
	fx_commit(f, before.data);
	fx_step(f);
	say_hello(f);
	fx_settle(f);
	f->now += 60 * NSEC_PER_SEC;
	fx_step(f);
}

/* What pass_plan says of manifests.yaml. */
static void plan_commit(struct fx *f, const char *name, bool reloaded, struct buf *ret)
{
	_cleanup_(buf_done) struct buf manifests = BUF_INIT;
	struct pass_input in = { 0 };

	if (!read_file(name, "manifests.yaml", &manifests))
		fx_die(name, "has no manifests.yaml and no script");
	fx_commit(f, manifests.data);
	if (reloaded)
		fx_crash(f);
	fx_drop_plan(f);
	plan_init(&f->plan, true);
	f->has_plan = true;
	in.now = f->now;
	in.before = f->snapshot;
	in.snapshot = f->next;
	pass_plan(&f->w, &in, &f->plan);
	plan_write_text(&f->plan, ret);
}

/*
 * RELOADED: by a world that was read from the tree, as `pintle diff` does, and pintled after a restart. EVERYTHING: by passes that
 * look at all objects, not only at dirty ones.
 */
enum how { PLAINLY, RELOADED, EVERYTHING };

/* What came out of it when plan.txt was written; test_all sees to it that it still does. */
static void plan_wanted(const char *name, struct buf *ret)
{
	if (!read_file(name, "plan.txt", ret))
		fx_die(name, "has no plan.txt: run with --update");
}

/* Returns whether it has a script. */
static bool plan_of(const char *name, enum how how, struct buf *ret)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT;
	_cleanup_(freep) char *dir = xasprintf("%s/%s", GOLDEN, name);
	bool scripted = read_file(name, "script", &script);
	struct fx f;

	fx_init(&f);
	f.everything = how == EVERYTHING;
	begin(&f, name);
	if (scripted)
		script_run(&f, dir, script.data, how == RELOADED, ret);
	else
		plan_commit(&f, name, how == RELOADED, ret);
	fx_done(&f);
	return scripted;
}

static void update(const char *name)
{
	_cleanup_(buf_done) struct buf plan = BUF_INIT;
	_cleanup_(freep) char *path = xasprintf("%s/%s/plan.txt", GOLDEN, name);

	plan_of(name, PLAINLY, &plan);
	assert_int_equal(fs_write(AT_FDCWD, path, plan.data, plan.len, 0644, 0, NULL), 0);
}

static void compare(const char *name)
{
	_cleanup_(buf_done) struct buf plan = BUF_INIT, wanted = BUF_INIT;

	plan_of(name, PLAINLY, &plan);
	plan_wanted(name, &wanted);
	if (!str_eq(plan.data, wanted.data))
		print_error("%s: expected\n%s\ngot\n%s\n", name, wanted.data, plan.data);
	assert_string_equal(plan.data, wanted.data);
}

/* The lines that say what changes in objects of git. (New names differ: another term makes them.) */
static void keep_updates(struct buf *plan)
{
	_cleanup_(buf_done) struct buf kept = BUF_INIT;

	for (const char *line = plan->data, *end; (end = strchr(line, '\n')); line = end + 1)
		if (str_starts(line, "update ") || str_starts(line, "    "))
			buf_add(&kept, line, (size_t)(end + 1 - line));
	buf_clear(plan);
	buf_adds(plan, kept.data);
}

/*
 * Which of several equal pods it was hangs on their names, which another term makes: their numbers and nodes become '*', and
 * the lines of each block are sorted.
 */
static void keep_meaning(struct buf *plan)
{
	_cleanup_(buf_done) struct buf masked = BUF_INIT;
	char **lines = xcalloc(plan->len + 1, sizeof(lines[0])), *rest;
	size_t count = 0, block = 0;

	for (const char *p = plan->data; *p;) {
		size_t digits = *p == '.' ? strspn(p + 1, "0123456789") : 0;

		if (digits > 0) {
			buf_adds(&masked, ".*");
			p += digits + 1;
		} else if (str_starts(p, " on node-")) {
			buf_adds(&masked, " on *");
			p += strcspn(p + 4, " ,:\n") + 4;
		} else {
			buf_addc(&masked, *p++);
		}
	}
	rest = masked.data;
	while (rest && *rest)
		lines[count++] = strsep(&rest, "\n");
	buf_clear(plan);
	for (size_t i = 0; i <= count; i++) {
		if (i < count && lines[i][0] == ' ')
			continue;
		qsort(lines + block, i - block, sizeof(lines[0]), str_cmp_qsort);
		block = i + 1;
	}
	for (size_t i = 0; i < count; i++)
		buf_addf(plan, "%s\n", lines[i]);
	free(lines);
}

static void compare_reloaded(const char *name)
{
	_cleanup_(buf_done) struct buf wanted = BUF_INIT, plan = BUF_INIT;
	void (*keep)(struct buf *) = plan_of(name, RELOADED, &plan) ? keep_meaning : keep_updates;

	plan_wanted(name, &wanted);
	keep(&wanted);
	keep(&plan);
	if (!str_eq(plan.data, wanted.data))
		print_error("%s: expected\n%s\ngot from the tree\n%s\n", name, wanted.data, plan.data);
	assert_string_equal(plan.data, wanted.data);
}

static void each_case(void (*fn)(const char *name))
{
	char **names;
	size_t count;

	assert_int_equal(fs_list(AT_FDCWD, GOLDEN, &names, &count, NULL), 0);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		fn(names[i]);
	fs_names_free(names, count);
}

/* The cases to write anew: the arguments after --update; none of them: all. */
static void test_all(void **state)
{
	char **named = *state;

	if (!named)
		each_case(compare);
	else if (!*named)
		each_case(update);
	for (; named && *named; named++)
		update(*named);
}

/* A world that was read from the tree says the same of a commit as the one that wrote it. */
static void test_reloaded(void **state)
{
	(void)state;
	each_case(compare_reloaded);
}

static void compare_everything(const char *name)
{
	_cleanup_(buf_done) struct buf wanted = BUF_INIT, plan = BUF_INIT;

	plan_of(name, EVERYTHING, &plan);
	plan_wanted(name, &wanted);
	if (!str_eq(plan.data, wanted.data))
		print_error("%s: expected\n%s\ngot of passes over everything\n%s\n", name, wanted.data,
			plan.data);
	assert_string_equal(plan.data, wanted.data);
}

/* A controller that looks again at what has not changed changes nothing. */
static void test_everything(void **state)
{
	(void)state;
	each_case(compare_everything);
}

int main(int argc, char **argv)
{
	char **named = argc > 1 && str_eq(argv[1], "--update") ? argv + 2 : NULL;
	const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(test_all, named),
		cmocka_unit_test(test_reloaded), cmocka_unit_test(test_everything) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
