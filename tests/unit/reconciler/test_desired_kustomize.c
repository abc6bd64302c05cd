/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Kustomizations in a load. A stand-in for kustomize prints the file `out` of the directory that it is to build, so that these tests
 * say what is read, built and kept; what the real program makes of a directory is test_kustomize.c's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "reconciler/desired.h"
#include "tests/unit/reconciler/git_fixture.h"

#define CONFIG_MAP(name) "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: " name "}\\ndata: {k: v}\\n"

struct stage {
	struct fixture *f;
	struct kustomize *k;
	char *path;
	struct snapshot *s; /* the last one loaded */
	char *said;
};

static struct kustomize *new_builder(const struct fixture *f)
{
	_cleanup_(freep) char *cache = xasprintf("%s/cache", f->top);
	const struct kustomize_spec spec = { .cache = cache, .scratch = f->top };

	return kustomize_new(&spec);
}

/* The stand-in notes each directory that it builds in $TOP/built. */
static int begin(void **state)
{
	struct stage *t = xcalloc(1, sizeof(*t));

	if (set_up((void **)&t->f) < 0)
		return -1;
	t->path = xstrdup(getenv("PATH"));
	run(t->f, "mkdir bin cache; printf '#!/bin/sh\\necho ${2#./} >>%s/built; cat $2/out\\n' \"$PWD\" "
		  ">bin/kustomize; chmod 755 bin/kustomize; git init -q -b main $WORK");
	_cleanup_(freep) char *path = xasprintf("%s/bin:%s", t->f->top, t->path);
	setenv("PATH", path, 1);
	t->k = new_builder(t->f);
	*state = t;
	return 0;
}

static int finish(void **state)
{
	struct stage *t = *state;

	setenv("PATH", t->path, 1);
	kustomize_free(t->k);
	snapshot_unref(t->s);
	free(t->path);
	free(t->said);
	tear_down((void **)&t->f);
	free(t);
	return 0;
}

static int load_once(struct stage *t, struct repo *g, const struct oid *head, const char *sub,
	struct snapshot **ret, struct diags *diags)
{
	struct err err = { 0 };
	int r = desired_load(g, head, sub, t->s, t->k, ret, diags, &err);

	if (r < 0 && r != -EBADMSG && r != -EINPROGRESS)
		fail_msg("%s", err_text(&err));
	return r;
}

/* Commits what SCRIPT makes of $WORK and loads that, after the snapshot before. Returns how many rounds of building it took. */
static int load(struct stage *t, const char *script, const char *sub)
{
	_cleanup_(freep) char *whole = xasprintf(
		"cd $WORK; %s\ngit add -A; git commit -q --allow-empty -m x", script);
	_cleanup_(repo_freep) struct repo *g = NULL;
	struct buf said = BUF_INIT;
	struct snapshot *s = NULL;
	struct diags diags;
	struct oid head;
	int rounds = 0, r;

	run(t->f, whole);
	head = head_of(t->f);
	assert_int_equal(repo_open(t->f->work, &g, NULL), 0);
	diags_init(&diags);
	while ((r = load_once(t, g, &head, sub, &s, &diags)) == -EINPROGRESS) {
		assert_int_equal(diags.count, 0);
		assert_int_equal(kustomize_run(t->k, NULL), 0);
		rounds++;
	}
	diags_format(&diags, &said);
	diags_done(&diags);
	kustomize_reset(t->k);
	free(t->said);
	t->said = buf_take(&said);
	if (s) {
		snapshot_unref(t->s);
		t->s = s;
	}
	return rounds;
}

/* "path:name " of all objects. */
static void expect_objects(const struct stage *t, const char *want)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	if (!t->s)
		fail_msg("nothing loaded: %s", t->said);
	for (size_t i = 0; i < t->s->object_count; i++)
		buf_addf(&out, "%s:%s ", t->s->objects[i]->path, t->s->objects[i]->meta->name);
	if (!str_eq(out.data, want))
		fail_msg("expected\n%s\nfound\n%s\n%s", want, out.data, t->said);
}

/* What was built since this was asked last, sorted. */
static void expect_built(const struct stage *t, const char *want)
{
	_cleanup_(freep) char *built = sh(t->f, "touch built; sort built | tr '\\n' ' '; rm built");

	assert_string_equal(built, want);
}

#define REPOSITORY                                                                                   \
	"mkdir -p base over/a over/b plain; printf '" CONFIG_MAP(                                    \
		"p") "' >plain/p.yaml; "                                                             \
		     "echo 'resources: [cm.yaml]' >base/kustomization.yaml; echo 'not: [read' "      \
		     ">base/cm.yaml; "                                                               \
		     "for n in a b; do echo 'resources: [../../base]' >over/$n/kustomization.yaml; " \
		     "printf \"" CONFIG_MAP("$n") "\" >over/$n/out; echo 'x: [' >over/$n/patch.yaml; done"

static void test_roots_are_built(void **state)
{
	struct stage *t = *state;

	assert_int_equal(load(t, REPOSITORY, ""), 1);
	expect_objects(t, "over/a/kustomization.yaml:a over/b/kustomization.yaml:b plain/p.yaml:p ");
	expect_built(t, "over/a over/b ");
	assert_int_equal(t->s->objects[0]->line, 0);
	assert_string_equal(t->said, "");
}

/* Only what a change concerns is built again; the rest is the very same object. */
static void test_only_what_changed(void **state)
{
	struct stage *t = *state;

	load(t, REPOSITORY, "");
	expect_built(t, "over/a over/b ");
	struct object *a = t->s->objects[0], *p = t->s->objects[2];
	object_ref(a);
	object_ref(p);
	assert_int_equal(load(t, "printf '" CONFIG_MAP("b2") "' >over/b/out", ""), 1);
	expect_built(t, "over/b ");
	expect_objects(t, "over/a/kustomization.yaml:a over/b/kustomization.yaml:b2 plain/p.yaml:p ");
	assert_ptr_equal(t->s->objects[0], a);
	assert_ptr_equal(t->s->objects[2], p);
	object_unref(a);
	object_unref(p);
	assert_int_equal(load(t, "sed -i 's/: v/: w/' plain/p.yaml", ""), 0);
	expect_built(t, "");
	/* The base concerns both. */
	assert_int_equal(load(t, "echo more >base/file", ""), 1);
	expect_built(t, "over/a over/b ");
	/* What is there again has been built before. */
	assert_int_equal(load(t, "rm base/file", ""), 0);
	expect_built(t, "");
}

/* Another run with the same cache builds nothing. */
static void test_after_a_restart(void **state)
{
	struct stage *t = *state;

	load(t, REPOSITORY, "");
	expect_built(t, "over/a over/b ");
	kustomize_free(t->k);
	t->k = new_builder(t->f);
	t->s = snapshot_unref(t->s);
	assert_int_equal(load(t, "true", ""), 0);
	expect_built(t, "");
	expect_objects(t, "over/a/kustomization.yaml:a over/b/kustomization.yaml:b plain/p.yaml:p ");
}

static void test_comes_and_goes(void **state)
{
	struct stage *t = *state;

	load(t, "mkdir d; printf '" CONFIG_MAP("x") "' >d/x.yaml", "");
	expect_objects(t, "d/x.yaml:x ");
	assert_int_equal(
		load(t, "echo 'resources: [x.yaml]' >d/Kustomization; printf '" CONFIG_MAP("yy") "' >d/out",
			""),
		1);
	expect_objects(t, "d/Kustomization:yy ");
	assert_int_equal(load(t, "printf '" CONFIG_MAP("z") "' >z.yaml; echo 'x: [' >d/more.yaml", ""), 1);
	expect_objects(t, "d/Kustomization:yy z.yaml:z ");
	assert_int_equal(load(t, "rm d/Kustomization d/more.yaml", ""), 0);
	expect_objects(t, "d/x.yaml:x z.yaml:z ");
}

/* Below a sub-path; the base is elsewhere in the repository. */
static void test_subpath(void **state)
{
	struct stage *t = *state;

	assert_int_equal(load(t, REPOSITORY, "over"), 1);
	expect_objects(t, "over/a/kustomization.yaml:a over/b/kustomization.yaml:b ");
	expect_built(t, "over/a over/b ");
	assert_int_equal(load(t, "echo more >base/file", "over"), 1);
	assert_int_equal(load(t, "echo more >plain/file", "over"), 0);
}

static void test_errors(void **state)
{
	struct stage *t = *state;

	assert_int_equal(load(t,
				 "mkdir a b c d e f g; for n in a b c d e f; do echo 'resources: []' "
				 ">$n/kustomization.yaml; done; printf 'apiVersion: v1\\nkind: "
				 "ConfigMap\\nmetadata: {name: a}\\ndate: {}\\n' >a/out; "
				 "echo 'kind: Component' >c/kustomization.yaml; "
				 "echo 'resources: [../../x, https://h/y]' >d/kustomization.yaml; "
				 "echo 'resources: [' >e/kustomization.yaml; "
				 "printf '" CONFIG_MAP("f") "---\\n" CONFIG_MAP(
					 "f") "' >f/out; ln -s ../a/kustomization.yaml g/kustomization.yaml; "
					      "echo 'x: [' >plain.yaml",
				 ""),
		1);
	static const char *const want[] = {
		"a/kustomization.yaml: error: ConfigMap/default/a: unknown field `date`, did you mean "
		"`data`?\n",
		"b/kustomization.yaml: error: cat: ./b/out: No such file or directory\n",
		"d/kustomization.yaml:1:13: error: resources: `../../x` leads out of the repository\n",
		"d/kustomization.yaml:1:22: error: resources: `https://h/y` is not in this repository",
		"e/kustomization.yaml:",
		"f/kustomization.yaml: error: ConfigMap/default/f: is defined twice: first at "
		"f/kustomization.yaml\n",
		"g/kustomization.yaml: error: is a symbolic link",
		"plain.yaml:",
	};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		if (!strstr(t->said, want[i]))
			fail_msg("expected %s in\n%s", want[i], t->said);
	assert_null(t->s);
	load(t, "rm -r a b d e f g plain.yaml", "");
	assert_string_equal(t->said, "c/kustomization.yaml: warning: no kustomization uses this component\n");
	/* Still remembered: what stands there is no manifest. */
	load(t, "echo 'x: [' >c/x.yaml", "");
	expect_objects(t, "");
}

/* Neither program: said once. */
static void test_no_program(void **state)
{
	struct stage *t = *state;
	_cleanup_(freep) char *path = xasprintf("%s/bin", t->f->top);
	_cleanup_(freep) char *before = xstrdup(getenv("PATH"));
	struct snapshot *s = NULL;
	struct diags diags;
	struct buf said = BUF_INIT;
	struct err err = { 0 };

	run(t->f, "cd $WORK; " REPOSITORY "; rm ../bin/kustomize; ln -s $(command -v git) ../bin/git");
	setenv("PATH", path, 1);
	diags_init(&diags);
	assert_int_equal(desired_load_path(t->f->work, NULL, t->k, &s, &diags, &err), -EINPROGRESS);
	assert_int_equal(kustomize_run(t->k, &err), 0);
	assert_int_equal(desired_load_path(t->f->work, NULL, t->k, &s, &diags, &err), -EBADMSG);
	setenv("PATH", before, 1);
	diags_format(&diags, &said);
	_cleanup_(freep) char *want = xasprintf(
		"%s/over/a/kustomization.yaml: error: kustomize is needed to build it: install kustomize, or "
		"kubectl\n",
		t->f->work);
	assert_string_equal(said.data, want);
	buf_done(&said);
	diags_done(&diags);
}

/* A directory within a work tree: bases beside it are found, what leads out is not. */
static void test_path(void **state)
{
	struct stage *t = *state;
	_cleanup_(freep) char *over = xasprintf("%s/over", t->f->work);
	struct snapshot *s = NULL;
	struct diags diags;
	struct err err = { 0 };

	run(t->f, "cd $WORK; " REPOSITORY);
	diags_init(&diags);
	assert_int_equal(desired_load_path(over, NULL, t->k, &s, &diags, &err), -EINPROGRESS);
	assert_int_equal(kustomize_run(t->k, &err), 0);
	assert_int_equal(desired_load_path(over, NULL, t->k, &s, &diags, &err), 0);
	assert_int_equal(s->object_count, 2);
	_cleanup_(freep) char *path = xasprintf("%s/a/kustomization.yaml", over);
	assert_string_equal(s->objects[0]->path, path);
	s = snapshot_unref(s);
	expect_built(t, "over/a over/b ");
	/* A directory is no commit: nothing of it is kept. */
	kustomize_reset(t->k);
	assert_int_equal(desired_load_path(over, NULL, t->k, &s, &diags, &err), -EINPROGRESS);
	/* The file alone says too little. */
	assert_int_equal(desired_load_path(path, NULL, t->k, &s, &diags, &err), -EBADMSG);
	assert_non_null(strstr(diags.items[0].message, "name the directory"));
	diags_done(&diags);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_roots_are_built),
		TEST(test_only_what_changed),
		TEST(test_after_a_restart),
		TEST(test_comes_and_goes),
		TEST(test_subpath),
		TEST(test_errors),
		TEST(test_no_program),
		TEST(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
