/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Commits and directories to snapshots; the rules of snapshot.c that span files are here too. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "reconciler/desired.h"
#include "tests/unit/reconciler/git_fixture.h"

#define CONFIG_MAP(name) "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: " name "}\\ndata: {k: v}\\n"

/* Commits all of $WORK after SCRIPT ran in it, and loads that. Returns desired_load's result; *RET_TEXT the problems. */
static int load(struct fixture *f, const char *script, const char *sub, struct snapshot *before,
	struct snapshot **ret, char **ret_text)
{
	_cleanup_(freep) char *whole = xasprintf("mkdir -p $WORK; cd $WORK; git rev-parse -q --git-dir "
						 ">/dev/null || git init -q -b main .; %s\n"
						 "git add -A; git commit -q --allow-empty -m x",
		script);
	struct repo *g = NULL;
	struct diags diags;
	struct buf text = BUF_INIT;
	struct err err = { 0 };
	struct oid head;
	int r;

	run(f, whole);
	head = head_of(f);
	assert_int_equal(repo_open(f->work, &g, NULL), 0);
	diags_init(&diags);
	r = desired_load(g, &head, sub, before, NULL, ret, &diags, &err);
	diags_format(&diags, &text);
	if (r < 0 && r != -EBADMSG)
		buf_addf(&text, "%s\n", err.text);
	assert_int_equal(r == -EBADMSG, diags.errors > 0);
	diags_done(&diags);
	repo_free(g);
	*ret_text = buf_take(&text);
	return r;
}

static struct snapshot *load_ok(struct fixture *f, const char *script, struct snapshot *before)
{
	struct snapshot *s = NULL;
	_cleanup_(freep) char *text = NULL;

	if (load(f, script, "", before, &s, &text) < 0)
		fail_msg("%s", text);
	return s;
}

/* Each of WANT (ended by NULL) stands in the problems. */
static void expect_errors(struct fixture *f, const char *script, const char *const *want)
{
	struct snapshot *s = NULL;
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(load(f, script, "", NULL, &s, &text), -EBADMSG);
	assert_null(s);
	for (; *want; want++)
		if (!strstr(text, *want))
			fail_msg("expected \"%s\" in:\n%s", *want, text);
}

static void test_one_file_changes(void **state)
{
	struct fixture *f = *state;
	struct snapshot *one = load_ok(f,
		"printf '" CONFIG_MAP("a") "' >a.yaml; printf '" CONFIG_MAP("b") "---\\n" CONFIG_MAP(
			"c") "' >b.yml; "
			     "echo text >README.md; mkdir .github; echo 'x: [' >.github/w.yaml",
		NULL);

	assert_int_equal(one->object_count, 3);
	assert_int_equal(one->manifest_count, 2);
	struct object *a = snapshot_find(one, KIND_CONFIG_MAP, "default", "a");
	struct object *b = snapshot_find(one, KIND_CONFIG_MAP, "default", "b");
	assert_non_null(a);
	assert_string_equal(a->path, "a.yaml");
	assert_null(snapshot_find(one, KIND_CONFIG_MAP, "default", "x"));
	assert_null(snapshot_find(one, KIND_SECRET, "default", "a"));

	struct snapshot *two = load_ok(f, "sed -i 's/k: v/k: w/' a.yaml", one);
	/* b is the same object: its file was not read again. */
	assert_ptr_equal(snapshot_find(two, KIND_CONFIG_MAP, "default", "b"), b);
	assert_ptr_not_equal(snapshot_find(two, KIND_CONFIG_MAP, "default", "a"), a);
	assert_string_equal(
		string_map_get(
			&object_config_map(snapshot_find(two, KIND_CONFIG_MAP, "default", "a"))->data, "k"),
		"w");
	snapshot_unref(one);

	struct snapshot *three = load_ok(f, "git mv b.yml d.yaml; git rm -q a.yaml", two);
	assert_int_equal(three->object_count, 2);
	assert_string_equal(snapshot_find(three, KIND_CONFIG_MAP, "default", "b")->path, "d.yaml");
	snapshot_unref(two);
	snapshot_unref(three);
}

struct differences {
	struct buf text;
};

static void add_difference(struct object *before, struct object *after, void *arg)
{
	struct differences *d = arg;

	buf_addf(&d->text, "%s%s ", !before ? "+" : !after ? "-" : "~", (after ? after : before)->meta->name);
}

static void test_snapshot_diff(void **state)
{
	struct fixture *f = *state;
	struct snapshot *one = load_ok(
		f, "for n in a b c; do printf \"" CONFIG_MAP("$n") "\" >$n.yaml; done", NULL);
	struct snapshot *two = load_ok(f,
		"rm a.yaml; sed -i 's/k: v/k: w/' b.yaml; mv c.yaml e.yaml; printf '" CONFIG_MAP(
			"d") "' >d.yaml",
		one);
	struct differences d = { BUF_INIT };

	snapshot_diff(one, two, add_difference, &d);
	assert_string_equal(d.text.data, "-a ~b +d ");
	buf_clear(&d.text);
	snapshot_diff(NULL, one, add_difference, &d);
	assert_string_equal(d.text.data, "+a +b +c ");
	buf_clear(&d.text);
	snapshot_diff(two, two, add_difference, &d);
	assert_string_equal(d.text.data, "");
	buf_done(&d.text);
	snapshot_unref(one);
	snapshot_unref(two);
}

static void test_all_problems_at_once(void **state)
{
	static const char *const want[] = { "broken.yaml:3:", "type.yaml:5:", "unknown.yaml:",
		"ConfigMap/default/a", "is defined twice: first at a.yaml:1:1",
		"link.yaml: error: is a symbolic link",
		"k/kustomization.yaml: error: kustomizations are not built here",
		"m\\xff.yaml: error: the file's name", NULL };
	struct fixture *f = *state;

	expect_errors(f,
		"printf '" CONFIG_MAP("a") "' >a.yaml; printf '" CONFIG_MAP(
			"a") "' >b.yaml; printf 'a: 1\\nb: [\\n' >broken.yaml; "
			     "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: t}\\ndata:\\n  k: "
			     "[1]\\n' >type.yaml; "
			     "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: u}\\ndate: {}\\n' "
			     ">unknown.yaml; "
			     "ln -s a.yaml link.yaml; mkdir k; echo 'resources: []' >k/kustomization.yaml; : "
			     ">\"$(printf 'm\\377.yaml')\"",
		want);
}

static void test_hostile_files(void **state)
{
	static const char *const want[] = { "big.yaml: error: the file has 104857600 bytes",
		"deep.yaml:", "bomb.yaml:", "sub.yaml: error: is a submodule", "bad.yaml:", NULL };
	struct fixture *f = *state;

	expect_errors(f,
		"head -c 104857600 /dev/zero >big.yaml; "
		"awk 'BEGIN { for (i = 0; i < 10000; i++) printf \"[\" }' >deep.yaml; "
		"{ echo 'a: &a [x,x,x,x,x,x,x,x,x]'; p=a; for n in b c d e f g h i; do echo \"$n: &$n "
		"[*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p]\"; "
		"p=$n; done; } >bomb.yaml; printf 'a: \\377\\n' >bad.yaml; "
		"git init -q -b main sub.yaml; git -C sub.yaml commit -q --allow-empty -m s; git add "
		"sub.yaml 2>/dev/null",
		want);
}

static void test_rules_across_files(void **state)
{
	static const char *const two_clusters[] = { "there can be only one", NULL };
	struct fixture *f = *state;
	struct snapshot *s = NULL;
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(
		load(f,
			"for n in a b; do printf \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: $n, "
			"namespace: team}\\n\" >$n.yaml; done; "
			"printf 'apiVersion: v1\\nkind: Namespace\\nmetadata: {name: declared}\\n---\\n"
			"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: c, namespace: declared}\\n' "
			">c.yaml",
			"", NULL, &s, &text),
		0);
	const char *warning = strstr(text, "no manifest declares the namespace team");
	assert_non_null(warning);
	assert_null(strstr(warning + 1, "no manifest declares"));
	snapshot_unref(s);
	expect_errors(f,
		"for n in 1 2; do printf \"apiVersion: v1\\nkind: Node\\nmetadata: {name: n$n, annotations: "
		"{pintle.dev/local: 'true'}}\\n\" "
		">n$n.yaml; done",
		two_clusters);
}

/* The commit that is refused leaves the one before in force, and the next one counts from there. */
static void test_after_a_refused_commit(void **state)
{
	struct fixture *f = *state;
	struct snapshot *good = load_ok(
		f, "printf '" CONFIG_MAP("a") "' >a.yaml; printf '" CONFIG_MAP("b") "' >b.yaml", NULL);
	struct snapshot *s = NULL;
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(
		load(f, "echo 'x: [' >a.yaml; printf '" CONFIG_MAP("c") "' >c.yaml", "", good, &s, &text),
		-EBADMSG);
	assert_null(s);
	assert_int_equal(good->object_count, 2);
	s = load_ok(f, "printf '" CONFIG_MAP("d") "' >a.yaml", good);
	assert_int_equal(s->object_count, 3);
	assert_null(snapshot_find(s, KIND_CONFIG_MAP, "default", "a"));
	assert_non_null(snapshot_find(s, KIND_CONFIG_MAP, "default", "d"));
	snapshot_unref(good);
	snapshot_unref(s);
}

/* The commit before is gone from the repository: all is gone over, what is the same blob is shared. */
static void test_history_was_rewritten(void **state)
{
	struct fixture *f = *state;
	struct snapshot *one = load_ok(
		f, "printf '" CONFIG_MAP("a") "' >a.yaml; printf '" CONFIG_MAP("b") "' >b.yaml", NULL);
	struct object *b = snapshot_find(one, KIND_CONFIG_MAP, "default", "b");
	struct snapshot *two = load_ok(f,
		"git checkout -q --orphan fresh; rm a.yaml; git add -A; git commit -qm fresh; git branch -D "
		"-q main; "
		"git reflog expire --all --expire=now; git gc -q --prune=now",
		one);

	assert_int_equal(two->object_count, 1);
	assert_ptr_equal(snapshot_find(two, KIND_CONFIG_MAP, "default", "b"), b);
	snapshot_unref(one);
	snapshot_unref(two);
}

static void test_subpath(void **state)
{
	struct fixture *f = *state;
	struct snapshot *s = NULL;
	char *text = NULL;

	assert_int_equal(
		load(f, "mkdir -p k/x; printf '" CONFIG_MAP("a") "' >k/x/a.yaml; echo 'x: [' >bad.yaml", "k",
			NULL, &s, &text),
		0);
	free(text);
	assert_int_equal(s->object_count, 1);
	assert_string_equal(s->objects[0]->path, "k/x/a.yaml");
	struct snapshot *none = NULL;
	assert_int_equal(load(f, "git rm -rq k", "k", s, &none, &text), -EBADMSG);
	assert_non_null(strstr(text, "no such directory"));
	free(text);
	snapshot_unref(s);
}

static void test_unknown_kinds(void **state)
{
	static const char *const want[] = { "x.yaml:2:", NULL };
	struct fixture *f = *state;

	expect_errors(f,
		"printf 'apiVersion: example.org/v1\\nkind: Widget\\nmetadata: {name: w}\\n' >x.yaml", want);
	struct snapshot *s = load_ok(f,
		"printf 'apiVersion: pintle.dev/v1\\nkind: Cluster\\nmetadata: {name: cluster}\\nspec: "
		"{unknownKinds: Ignore}\\n' >z.yaml",
		NULL);
	assert_int_equal(s->object_count, 1);
	assert_non_null(snapshot_cluster(s));
	/* And back: the file with the unknown kind has not changed, but is refused again. */
	struct snapshot *back = NULL;
	_cleanup_(freep) char *text = NULL;
	assert_int_equal(load(f, "sed -i 's/Ignore/Refuse/' z.yaml", "", s, &back, &text), -EBADMSG);
	assert_non_null(strstr(text, "x.yaml:2:"));
	snapshot_unref(s);
}

/* Only the groups that the Cluster names are skipped, and the message says how to add another. */
static void test_unknown_groups(void **state)
{
	static const char *const want[] = { "y.yaml:2:", NULL };
	struct fixture *f = *state;
	struct snapshot *s = load_ok(f,
		"printf 'apiVersion: example.org/v1\\nkind: Widget\\nmetadata: {name: w}\\n' >x.yaml; "
		"printf 'apiVersion: pintle.dev/v1\\nkind: Cluster\\nmetadata: {name: cluster}\\nspec: "
		"{unknownKinds: [example.org]}\\n' >z.yaml",
		NULL);

	assert_int_equal(s->object_count, 1);
	expect_errors(f,
		"printf 'apiVersion: example.com/v1\\nkind: Widget\\nmetadata: {name: w}\\n' >y.yaml", want);
	struct snapshot *again = NULL;
	_cleanup_(freep) char *text = NULL;
	assert_int_equal(load(f, "touch y.yaml", "", s, &again, &text), -EBADMSG);
	assert_non_null(strstr(text, "write `unknownKinds: [example.org, example.com]` below spec"));
	snapshot_unref(s);
	s = load_ok(f, "sed -i 's/example.org/&, example.com/' z.yaml", NULL);
	assert_int_equal(s->object_count, 1);
	snapshot_unref(s);
}

/* They are committed without a work tree, which git would need far longer for than the loading takes. */
static void test_many_files(void **state)
{
	struct fixture *f = *state;
	struct snapshot *s = load_ok(f,
		"awk 'BEGIN { print \"commit refs/heads/main\\ncommitter A <a@example.org> 0 +0000\\ndata "
		"0\"; "
		"for (i = 0; i < 10000; i++) { "
		"t = sprintf(\"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: m%d}\\n\", i); "
		"printf \"M 100644 inline m%d.yaml\\ndata %d\\n%s\", i, length(t), t } }' | "
		"git fast-import --quiet; exit",
		NULL);

	assert_int_equal(s->object_count, 10000);
	snapshot_unref(s);
}

/* As many as there are, of files that have many: the list ends, and says so. */
static void test_list_of_errors_is_bounded(void **state)
{
	static const char *const want[] = { "m10.yaml:", "and 500 more", NULL };
	struct fixture *f = *state;

	expect_errors(f,
		"awk 'BEGIN { for (i = 0; i < 105; i++) { f = \"m\" i \".yaml\"; for (k = 0; k < 100; k++) "
		"print \"---\\nkind: Nonsense\" >f; close(f) } }'",
		want);
}

/* A field that can't be changed is refused where it stands, whatever the file is called now; all the rest with it. */
static void test_fields_that_stay(void **state)
{
	static const char claim[] = "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: "
				    "a}\\nimmutable: true\\ndata:\\n  k: "
				    "v\\n' >a.yaml";
	struct fixture *f = *state;
	struct snapshot *one = load_ok(f, claim, NULL), *s = NULL;
	_cleanup_(freep) char *text = NULL, *again = NULL;
	const char *why =
		"k: can't be changed from \"v\" to \"w\": the object in force says immutable: true; use "
		"another name, and refer to that\n";

	assert_int_equal(
		load(f, "sed -i 's/k: v/# note\\n  k: w/' a.yaml; mv a.yaml b.yaml", "", one, &s, &text),
		-EBADMSG);
	_cleanup_(freep) char *want = xasprintf("b.yaml:7:6: error: ConfigMap/default/a: data.%s", why);
	assert_string_equal(text, want);
	/* Gone in one commit, it may come back as anything in the next. */
	struct snapshot *two = load_ok(f, "mv b.yaml ..", one);
	struct snapshot *three = load_ok(f, "mv ../b.yaml .", two);
	assert_int_equal(three->object_count, 1);
	/* The same rule for a directory. */
	struct diags diags;
	struct err err = { 0 };
	struct buf out = BUF_INIT;
	diags_init(&diags);
	assert_int_equal(desired_load_path(f->work, one, NULL, &s, &diags, &err), -EBADMSG);
	diags_format(&diags, &out);
	again = xasprintf("%s/%s", f->work, want);
	assert_string_equal(out.data, again);
	diags_done(&diags);
	buf_done(&out);
	snapshot_unref(one);
	snapshot_unref(two);
	snapshot_unref(three);
}

static void test_path(void **state)
{
	struct fixture *f = *state;
	struct snapshot *s = NULL;
	struct diags diags;
	struct buf text = BUF_INIT;
	struct err err = { 0 };

	run(f, "mkdir -p $WORK/sub $WORK/.git; cd $WORK; printf '" CONFIG_MAP(
		       "a") "' >sub/a.yaml; echo 'x: [' >.git/b.yaml; mkfifo c.yaml");
	diags_init(&diags);
	assert_int_equal(desired_load_path(f->work, NULL, NULL, &s, &diags, &err), 0);
	assert_int_equal(s->object_count, 1);
	_cleanup_(freep) char *want = xasprintf("%s/sub/a.yaml", f->work);
	assert_string_equal(s->objects[0]->path, want);
	s = snapshot_unref(s);
	assert_int_equal(desired_load_path(want, NULL, NULL, &s, &diags, &err), 0);
	assert_int_equal(s->object_count, 1);
	s = snapshot_unref(s);
	run(f, "cd $WORK; echo 'x: [' >sub/b.yaml; ln -s / sub/loop; head -c 20000000 /dev/zero "
	       ">sub/big.yaml");
	assert_int_equal(desired_load_path(f->work, NULL, NULL, &s, &diags, &err), -EBADMSG);
	diags_format(&diags, &text);
	assert_non_null(strstr(text.data, "sub/b.yaml:"));
	assert_non_null(strstr(text.data, "sub/loop: warning: is a symbolic link"));
	assert_non_null(strstr(text.data, "sub/big.yaml: error: the file has 20000000 bytes"));
	assert_int_equal(desired_load_path("/nonexistent", NULL, NULL, &s, &diags, &err), -ENOENT);
	buf_done(&text);
	diags_done(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_file_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_snapshot_diff, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_problems_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rules_across_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_after_a_refused_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_history_was_rewritten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_subpath, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_errors_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fields_that_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_path, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
