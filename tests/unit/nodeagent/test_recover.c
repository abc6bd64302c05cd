/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What an agent that starts anew makes of what lies on its disk; with running containers, tests/e2e/kill-agent does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "nodeagent/container_id.h"
#include "nodeagent/container_state.h"
#include "tests/unit/nodeagent/agent_fixture.h"

/* As an earlier agent left it: pod ns/NAME, and its record where CHANGE (which alters it) is given. */
static void leave(struct ground *g, const char *name, const char *uid, void (*change)(struct pod_record *r))
{
	_cleanup_(object_unrefp) struct object *o = ground_pod(name, uid);
	struct assignment a;
	struct pod_record r;

	assert_int_equal(fs_mkdir_p(g->dir->fd, "agent/pods", 0700, NULL), 0);
	assignment_init(&a, o, "digest", &(struct string_map){ 0 });
	assert_int_equal(assignment_save(g->env.state_dir, &a, NULL), 0);
	if (change) {
		record_init(&r, object_pod(o), 1000 * NSEC_PER_SEC);
		change(&r);
		assert_int_equal(record_save(g->env.state_dir, &r, NULL), 0);
		record_done(&r);
	}
	assignment_done(&a);
}

static void recover(struct ground *g)
{
	struct err err = { 0 };

	if (pods_recover(g->pods, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static struct pod_view view(struct ground *g, const char *uid)
{
	struct pod_view v;

	assert_true(pods_by_uid(g->pods, uid, &v));
	return v;
}

static void nothing(void **state)
{
	struct ground *g = *state;

	recover(g);
	assert_int_equal(pods_count(g->pods), 0);
	assert_true(fs_exists(g->dir->fd, "agent/pods"));
}

/* Killed between the assignment and the first record. */
static void an_assignment_alone(void **state)
{
	struct ground *g = *state;
	struct pod_view v;

	leave(g, "p", "uid-1", NULL);
	recover(g);
	v = view(g, "uid-1");
	assert_string_equal(v.name, "p");
	assert_string_equal(v.digest, "digest");
	assert_int_equal(v.record->phase, POD_NEW);
	assert_int_equal(v.record->count, 2);
	assert_true(fs_exists(g->dir->fd, "agent/pods/uid-1/state.json"));
}

static void damage_holds_up_nobody_else(void **state)
{
	struct ground *g = *state;
	static const char *const strays[] = { "agent/pods/empty/x", "agent/pods/.tmp-1-0" };

	leave(g, "a", "uid-a", NULL);
	leave(g, "b", "uid-b", NULL);
	leave(g, "c", "uid-c", NULL);
	assert_int_equal(fs_write(g->dir->fd, "agent/pods/uid-a/assignment.json", "{", 1, 0600, 0, NULL), 0);
	assert_int_equal(fs_write(g->dir->fd, "agent/pods/uid-b/state.json", "{", 1, 0600, 0, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(strays); i++) {
		assert_int_equal(fs_mkdir_parents(g->dir->fd, strays[i], 0700, NULL), 0);
		assert_int_equal(fs_write(g->dir->fd, strays[i], "", 0, 0600, 0, NULL), 0);
	}
	recover(g);
	assert_int_equal(pods_count(g->pods), 2);
	assert_int_equal(view(g, "uid-b").record->phase, POD_NEW);
	assert_int_equal(view(g, "uid-c").record->phase, POD_NEW);
	/* What was being removed, or had not been taken yet; and what was being written. */
	assert_false(fs_exists(g->dir->fd, "agent/pods/empty"));
	assert_false(fs_exists(g->dir->fd, "agent/pods/.tmp-1-0"));
}

static void run_it(struct pod_record *r)
{
	struct container_event intend = { .type = CONTAINER_INTEND, .now = 1000 * NSEC_PER_SEC },
			       started = { .type = CONTAINER_STARTED, .now = 1001 * NSEC_PER_SEC },
			       ended = { .type = CONTAINER_ENDED, .now = 1002 * NSEC_PER_SEC };

	for (size_t i = 0; i < r->count; i++) {
		assert_int_equal(container_step(&r->containers[i], &intend), 0);
		assert_int_equal(container_step(&r->containers[i], &started), 0);
		if (i == 0)
			assert_int_equal(container_step(&r->containers[i], &ended), 0);
	}
	r->phase = POD_UP;
	str_set(&r->ip, "10.244.0.9");
}

static void create_it(struct pod_record *r)
{
	run_it(r);
	r->containers[1].phase = CONTAINER_CREATING;
}

/* No sandbox is left: the machine was started anew. All is set up again, and init containers run again. */
static void after_a_reboot(void **state)
{
	struct ground *g = *state;
	const struct container_record *c;

	leave(g, "ran", "uid-1", run_it);
	leave(g, "began", "uid-2", create_it);
	recover(g);
	assert_int_equal(view(g, "uid-1").record->phase, POD_NEW);
	assert_null(view(g, "uid-1").record->ip);
	c = view(g, "uid-1").record->containers;
	assert_int_equal(c[0].phase, CONTAINER_WAITING);
	assert_int_equal(c[0].attempt, 1);
	assert_int_equal(c[1].phase, CONTAINER_EXITED);
	assert_int_equal(c[1].end.exit_code, 137);
	assert_string_equal(c[1].end.reason, "ContainerStatusUnknown");
	/* What had only been meant to run did not: it is no restart. */
	c = view(g, "uid-2").record->containers;
	assert_int_equal(c[1].phase, CONTAINER_WAITING);
	assert_int_equal(c[1].attempt, 0);
}

static void finish_it(struct pod_record *r)
{
	r->phase = POD_DOWN;
	r->removing = true;
}

/* It is told gone until the reconciler has heard it. */
static void a_pod_that_was_gone(void **state)
{
	struct ground *g = *state;

	leave(g, "p", "uid-1", finish_it);
	recover(g);
	assert_true(view(g, "uid-1").gone);
	pods_forget(g->pods, "uid-1");
	assert_int_equal(pods_count(g->pods), 0);
	assert_false(fs_exists(g->dir->fd, "agent/pods/uid-1"));
}

static void lose_a_container(struct pod_record *r)
{
	r->phase = POD_NEW;
	r->count--; /* written without its last one */
}

static void a_record_of_another_shape(void **state)
{
	struct ground *g = *state;

	leave(g, "p", "uid-1", NULL);
	_cleanup_(object_unrefp) struct object *o = ground_pod("p", "uid-1");
	struct pod_record r;
	record_init(&r, object_pod(o), 0);
	lose_a_container(&r);
	assert_int_equal(record_save(g->env.state_dir, &r, NULL), 0);
	r.count++;
	record_done(&r);
	recover(g);
	assert_int_equal(view(g, "uid-1").record->count, 2);
	assert_string_equal(view(g, "uid-1").record->containers[1].name, "c");
}

static size_t lease_count(struct ground *g)
{
	char **names;
	size_t count;

	assert_int_equal(image_lease_list(g->node.images, &names, &count, NULL), 0);
	fs_names_free(names, count);
	return count;
}

/* Killed while it cleared away an earlier attempt, of which the next one knows nothing; and once there was a reboot. */
static void leases_of_what_is_not_there(void **state)
{
	static const char *const leases[] = { "uid-1.c.0", "uid-1.c.1", "uid-1.i.0", "uid-1.i.7",
		"uid-1.none.0", "uid-2.c.0", "unknown.c.0", "nonsense", "uid-1.c", "uid-1.c.x" };
	struct ground *g = *state;
	struct image image = { .digest = "sha256:0123" };
	_cleanup_(freep) char *bundle = NULL, *upper = NULL;
	char id[CONTAINER_ID_SIZE];

	leave(g, "p", "uid-1", run_it);
	leave(g, "q", "uid-2", NULL);
	for (size_t i = 0; i < ARRAY_LEN(leases); i++)
		assert_int_equal(image_lease_add(g->node.images, leases[i], &image, NULL), 0);
	/* An earlier attempt whose bundle is there, too. */
	bundle = runtime_bundle(g->node.runtime, container_id(g->env.short_id, "uid-1", "i", 7, id));
	assert_int_equal(fs_mkdir_p(AT_FDCWD, bundle, 0700, NULL), 0);
	/* And one that has none any more, but a root file system on the disk. */
	container_id(g->env.short_id, "uid-1", "c", 0, id);
	upper = xasprintf("%s/pods/uid-1/rootfs/%s/upper", g->env.state_dir, id);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, upper, 0700, NULL), 0);
	recover(g);
	assert_int_equal(lease_count(g), 0);
	assert_false(fs_exists(AT_FDCWD, bundle));
	assert_false(fs_exists(AT_FDCWD, upper));
}

static void no_other_pods_directory(void **state)
{
	struct ground *g = *state;

	assert_int_equal(fs_mkdir_p(g->dir->fd, "agent", 0700, NULL), 0);
	assert_int_equal(fs_write(g->dir->fd, "agent/pods", "", 0, 0600, 0, NULL), 0);
	assert_int_equal(pods_recover(g->pods, NULL), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(an_assignment_alone, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(damage_holds_up_nobody_else, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(after_a_reboot, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(a_pod_that_was_gone, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(a_record_of_another_shape, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(leases_of_what_is_not_there, ground_setup, ground_teardown),
		cmocka_unit_test_setup_teardown(no_other_pods_directory, ground_setup, ground_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
