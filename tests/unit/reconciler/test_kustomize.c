/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Builds. The limits are tried with a stand-in: a shell script named kustomize in front of PATH, which is all that these tests
 * say of kustomize itself. test_real runs the real program (kustomize, else kubectl) and is skipped where
 * there is none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/git.h"
#include "reconciler/kustomize.h"
#include "tests/unit/reconciler/git_fixture.h"

struct builder {
	struct fixture *f;
	struct kustomize *k;
	char *cache, *path; /* path: PATH before */
};

/* $WORK is a repository with one commit. PATH has $TOP/bin, where a stand-in may be put, and what git and sh need. */
static struct builder begin(struct fixture *f, const struct kustomize_limits *limits)
{
	struct builder b = { .f = f, .path = xstrdup(getenv("PATH")) };
	_cleanup_(freep) char *path = xasprintf("%s/bin", f->top);

	run(f, "mkdir -p bin cache scratch; git init -q -b main $WORK; cd $WORK; mkdir -p base over/x; "
	       "echo base >base/text; echo over >over/text; echo hidden >over/.env; ln -s /etc/passwd "
	       "over/link; "
	       "echo else >else.yaml; git add .; git commit -qm one; "
	       "for p in git sh cat ls yes sed head readlink tail; do ln -s $(command -v $p) ../bin/$p; "
	       "done");
	b.cache = xasprintf("%s/cache", f->top);
	_cleanup_(freep) char *scratch = xasprintf("%s/scratch", f->top);
	const struct kustomize_spec spec = { .cache = b.cache, .scratch = scratch, .limits = limits };
	b.k = kustomize_new(&spec);
	setenv("PATH", path, 1);
	return b;
}

static void end(struct builder *b)
{
	_cleanup_(freep) char *scratch = xasprintf("%s/scratch", b->f->top);
	char **names;
	size_t count;

	setenv("PATH", b->path, 1);
	kustomize_free(b->k);
	/* Nothing stays behind. */
	assert_int_equal(fs_list(AT_FDCWD, scratch, &names, &count, NULL), 0);
	assert_int_equal(count, 0);
	fs_names_free(names, count);
	free(b->cache);
	free(b->path);
}

static void stand_in(struct builder *b, const char *name, const char *script)
{
	_cleanup_(freep) char *path = xasprintf("%s/bin/%s", b->f->top, name);
	_cleanup_(freep) char *text = xasprintf("#!/bin/sh\n%s\n", script);

	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0755, 0, NULL), 0);
}

static const char *const over_dirs[] = { "over", "base" };

static struct kustomize_build over(unsigned char key)
{
	return (struct kustomize_build){
		.dir = "over", .dirs = over_dirs, .dir_count = ARRAY_LEN(over_dirs), .key = { { key } }
	};
}

static void from_git(struct builder *b)
{
	_cleanup_(freep) char *hex = NULL;
	_cleanup_(freep) char *dir = xasprintf("%s/.git", b->f->work);
	struct oid head;
	_cleanup_(freep) char *path = xstrdup(getenv("PATH"));

	setenv("PATH", b->path, 1);
	head = head_of(b->f);
	setenv("PATH", path, 1);
	kustomize_from(b->k, dir, &head);
}

/* Builds "over" under KEY and returns what comes of it. */
static struct kustomize_result build(struct builder *b, unsigned char key)
{
	struct kustomize_build want = over(key);
	struct kustomize_result result = { 0 };
	struct err err = { 0 };

	if (kustomize_look(b->k, &want, &result) == 1)
		return result;
	assert_int_equal(kustomize_pending(b->k), 1);
	if (kustomize_run(b->k, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(kustomize_pending(b->k), 0);
	assert_int_equal(kustomize_look(b->k, &want, &result), 1);
	return result;
}

static void expect_text(struct kustomize_result r, const char *text)
{
	if (!r.text)
		fail_msg("%s", r.error);
	assert_string_equal(r.text, text);
}

static void expect_error(struct kustomize_result r, const char *error)
{
	assert_null(r.text);
	assert_string_equal(r.error, error);
}

/* What is needed, and nothing else, wherever it comes from; a link is never followed. */
static void test_checkout(void **state)
{
	struct builder b = begin(*state, NULL);

	stand_in(&b, "kustomize",
		"echo $1 $2; ls -A . $2; cat base/text $2/text $2/.env; cat $2/link 2>&1 | head -n 1");
	from_git(&b);
	expect_text(build(&b, 1),
		"build ./over\n.:\nbase\nover\n\n./over:\n.env\nlink\ntext\nbase\nover\nhidden\n/etc/passwd");
	kustomize_reset(b.k);
	kustomize_from(b.k, b.f->work, NULL);
	struct kustomize_result r = build(&b, 0);
	assert_non_null(strstr(r.text, "./over:\n.env\ntext\nx\nbase\nover\nhidden\n"));
	assert_null(strstr(r.text, "root:"));
	end(&b);
}

/* The whole tree, where the top is a kustomization. */
static void test_top(void **state)
{
	static const char *const dirs[] = { "" };
	struct builder b = begin(*state, NULL);
	const struct kustomize_build want = { .dir = "", .dirs = dirs, .dir_count = 1, .key = { { 9 } } };
	struct kustomize_result result;

	stand_in(&b, "kustomize", "ls -A $2");
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			from_git(&b);
		else
			kustomize_from(b.k, b.f->work, NULL);
		struct kustomize_build w = want;
		if (i == 1)
			w.key = (struct oid){ 0 };
		assert_int_equal(kustomize_look(b.k, &w, &result), 0);
		assert_int_equal(kustomize_run(b.k, NULL), 0);
		assert_int_equal(kustomize_look(b.k, &w, &result), 1);
		expect_text(result, "base\nelse.yaml\nover\n");
	}
	end(&b);
}

/* The same key is built once: in one run, and by the next one that has the cache. */
static void test_cache(void **state)
{
	struct builder b = begin(*state, NULL);
	_cleanup_(freep) char *script = xasprintf("echo built; echo x >>%s/count", b.f->top);
	_cleanup_(freep) char *counter = xasprintf("%s/count", b.f->top);
	_cleanup_(buf_done) struct buf times = BUF_INIT;

	stand_in(&b, "kustomize", script);
	from_git(&b);
	expect_text(build(&b, 1), "built\n");
	expect_text(build(&b, 1), "built\n");
	kustomize_reset(b.k);
	from_git(&b);
	expect_text(build(&b, 1), "built\n");
	expect_text(build(&b, 2), "built\n");
	assert_int_equal(fs_read(AT_FDCWD, counter, 100, &times, NULL), 0);
	assert_string_equal(times.data, "x\nx\n");
	/* A failure is not kept beyond the reset. */
	stand_in(&b, "kustomize", "echo no >&2; exit 1");
	expect_error(build(&b, 3), "no");
	stand_in(&b, "kustomize", "echo yes");
	expect_error(build(&b, 3), "no");
	kustomize_reset(b.k);
	from_git(&b);
	expect_text(build(&b, 3), "yes\n");
	end(&b);
}

static void test_programs(void **state)
{
	struct builder b = begin(*state, NULL);

	from_git(&b);
	struct kustomize_result r = build(&b, 1);
	expect_error(r, "kustomize is needed to build it: install kustomize, or kubectl");
	assert_true(r.no_program);
	kustomize_reset(b.k);
	from_git(&b);
	stand_in(&b, "kubectl", "echo kubectl $1 $2");
	/* One that may not be run is none. */
	stand_in(&b, "kustomize", "echo kustomize");
	_cleanup_(freep) char *program = xasprintf("%s/bin/kustomize", b.f->top);
	assert_int_equal(chmod(program, 0644), 0);
	expect_text(build(&b, 1), "kubectl kustomize ./over\n");
	stand_in(&b, "kustomize", "echo kustomize $1 $2");
	expect_text(build(&b, 2), "kustomize build ./over\n");
	end(&b);
}

static void test_complaint(void **state)
{
	struct builder b = begin(*state, NULL);

	stand_in(&b, "kustomize", "echo half; echo \"Error: $PWD/over/x.yaml: no such file\" >&2; exit 1");
	from_git(&b);
	expect_error(build(&b, 1), "over/x.yaml: no such file");
	stand_in(&b, "kustomize", "exit 3");
	expect_error(build(&b, 2), "kustomize ended with status 3");
	end(&b);
}

static void test_time(void **state)
{
	struct kustomize_limits limits = kustomize_limits_default;

	limits.time = NSEC_PER_SEC;
	struct builder b = begin(*state, &limits);
	/* Waits for ever, as does its child. */
	stand_in(&b, "kustomize", "tail -f /dev/null & tail -f /dev/null");
	from_git(&b);
	expect_error(build(&b, 1), "it was not built within 1 s");
	end(&b);
}

static void test_output(void **state)
{
	struct kustomize_limits limits = kustomize_limits_default;

	limits.output = 100000;
	struct builder b = begin(*state, &limits);
	stand_in(&b, "kustomize", "yes");
	from_git(&b);
	expect_error(build(&b, 1), "what is built has more than 100000 bytes");
	stand_in(&b, "kustomize", "yes | head -c 100000");
	struct kustomize_result r = build(&b, 2);
	assert_int_equal(r.len, 100000);
	end(&b);
}

static void test_memory(void **state)
{
	struct kustomize_limits limits = kustomize_limits_default;

	limits.memory = 64 << 20;
	struct builder b = begin(*state, &limits);
	/* What tail holds. */
	stand_in(&b, "kustomize", "yes | tail -c 500000000");
	from_git(&b);
	struct kustomize_result r = build(&b, 1);
	expect_error(r, "tail: memory exhausted");
	stand_in(&b, "kustomize", "echo 'fatal error: runtime: out of memory' >&2; exit 2");
	expect_error(build(&b, 2), "it needs more than 64 MiB of memory");
	end(&b);
}

static void test_surroundings(void **state)
{
	struct builder b = begin(*state, NULL);

	setenv("PINTLE_SECRET", "xyzzy", 1);
	stand_in(&b, "kustomize",
		"sed -nE 's/^ *([^ ]*):.*/\\1/p' /proc/net/dev; echo \"$PINTLE_SECRET.$HOME\"; readlink "
		"/proc/self/fd/0");
	from_git(&b);
	expect_text(build(&b, 1), "lo\n./nonexistent\n/dev/null\n");
	unsetenv("PINTLE_SECRET");
	end(&b);
}

static void never(const struct err *err, void *arg)
{
	(void)err;
	(void)arg;
	fail_msg("a build that was cancelled called back");
}

/* What runs is killed, its directory goes, and nobody is called. */
static void test_cancel(void **state)
{
	struct builder b = begin(*state, NULL);
	_cleanup_(loop_freep) struct loop *loop = NULL;
	_cleanup_(freep) char *mark = xasprintf("%s/mark", b.f->top);
	_cleanup_(freep) char *script = xasprintf("echo $$ >%s; exec tail -f /dev/null", mark);
	_cleanup_(buf_done) struct buf pid = BUF_INIT;
	struct kustomize_build want = over(1);
	struct kustomize_result result;

	stand_in(&b, "kustomize", script);
	assert_int_equal(loop_new(&loop, NULL), 0);
	from_git(&b);
	assert_int_equal(kustomize_look(b.k, &want, &result), 0);
	assert_int_equal(kustomize_start(b.k, loop, never, NULL, NULL), 0);
	for (nsec_t stop = time_monotonic() + 20 * NSEC_PER_SEC; pid.len == 0;) {
		assert_true(time_monotonic() < stop);
		assert_true(loop_turn(loop, NSEC_PER_SEC / 100, NULL) >= 0);
		if (fs_exists(AT_FDCWD, mark))
			fs_read(AT_FDCWD, mark, 100, &pid, NULL);
	}
	kustomize_reset(b.k);
	assert_int_equal(kustomize_pending(b.k), 0);
	for (nsec_t stop = time_monotonic() + 20 * NSEC_PER_SEC; kill(atoi(pid.data), 0) == 0;) {
		assert_true(time_monotonic() < stop);
		assert_true(loop_turn(loop, NSEC_PER_SEC / 100, NULL) >= 0);
	}
	/* And it can begin anew. */
	stand_in(&b, "kustomize", "echo again");
	from_git(&b);
	expect_text(build(&b, 1), "again\n");
	end(&b);
}

/* A file that is too large ends it, from a commit as from a directory. */
static void test_large_file(void **state)
{
	struct kustomize_limits limits = kustomize_limits_default;
	struct err err = { 0 };
	struct kustomize_build want = over(1);
	struct kustomize_result result;

	limits.files = 100000;
	struct builder b = begin(*state, &limits);
	setenv("PATH", b.path, 1);
	run(b.f, "cd $WORK; head -c 200000 /dev/zero >over/big; git add .; git commit -qm big");
	stand_in(&b, "kustomize", "echo ok");
	from_git(&b);
	assert_int_equal(kustomize_look(b.k, &want, &result), 0);
	assert_int_equal(kustomize_run(b.k, &err), -EFBIG);
	assert_non_null(strstr(err.text, "more than 100000 bytes"));
	kustomize_from(b.k, b.f->work, NULL);
	want.key = (struct oid){ 0 };
	assert_int_equal(kustomize_look(b.k, &want, &result), 0);
	err_clear(&err);
	assert_int_equal(kustomize_run(b.k, &err), -EFBIG);
	assert_non_null(strstr(err.text, "more than 100000"));
	end(&b);
}

static bool installed(const char *program)
{
	_cleanup_(proc_result_done) struct proc_result r = { .out = BUF_INIT, .errs = BUF_INIT };
	const char *const argv[] = { "sh", "-c", "command -v \"$0\"", program, NULL };

	return proc_run(&(struct proc_spec){ .argv = argv }, &r, NULL) == 0 && r.status == 0;
}

static void test_real(void **state)
{
	if (!installed("kustomize") && !installed("kubectl"))
		skip();

	struct builder b = begin(*state, NULL);
	setenv("PATH", b.path, 1);
	run(b.f, "cd $WORK; rm over/link; printf 'resources: [cm.yaml]\\n' >base/kustomization.yaml; "
		 "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n' >base/cm.yaml; "
		 "printf 'resources: [../base]\\nnamePrefix: x-\\n' >over/kustomization.yaml; "
		 "git add .; git commit -qm two");
	from_git(&b);
	expect_text(build(&b, 1), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-a\n");
	run(b.f, "cd $WORK; echo 'bogus: 1' >>over/kustomization.yaml; git commit -qam three");
	from_git(&b);
	struct kustomize_result r = build(&b, 2);
	assert_null(r.text);
	assert_non_null(strstr(r.error, "unknown field \"bogus\""));
	assert_null(strstr(r.error, b.f->top));
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_checkout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_top, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cache, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_programs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_complaint, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_surroundings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_real, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
