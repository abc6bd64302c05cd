/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Units in real histories: in force is the commit tagged `force`, with a directory each for the teams a, b and c, of three
 * ConfigMaps each (a1, a2, a3 …), and the Cluster in the top. HEAD is the new commit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/units.h"
#include "tests/unit/reconciler/git_fixture.h"

/* `cm DIRECTORY/FILE NAME [KEY: VALUE]` writes a ConfigMap. */
#define CM                                                                                            \
	"cm() { mkdir -p $(dirname $1); printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: " \
	"%s}\\ndata: {%s}\\n' "                                                                       \
	"$2 \"$3\" >$1; }; cd $WORK; "
#define CLUSTER(unit)                                                                                   \
	"printf 'apiVersion: pintle.dev/v1\\nkind: Cluster\\nmetadata: {name: cluster}\\nspec: {sync: " \
	"{unit: " unit "}}\\n' >cluster.yaml; "
#define COMMIT "git add -A; git commit -qm x; "
#define BAD(file) "echo 'kind: [' >" file "; "

static void begin(const struct fixture *f)
{
	run(f, "rm -rf $WORK; git init -q -b main $WORK; " CM CLUSTER(
		       "Directory") "for t in a b c; do for n in 1 2 3; do cm $t/$n.yaml $t$n; done; "
				    "done; " COMMIT "git tag force");
}

static void load(struct repo *g, const char *revision, struct snapshot **ret)
{
	struct diags diags;
	struct err err = { 0 };
	struct oid id;

	diags_init(&diags);
	assert_int_equal(repo_resolve(g, revision, &id, NULL), 0);
	if (desired_load(g, &id, "", NULL, NULL, ret, &diags, &err) < 0)
		fail_msg("%s does not load", revision);
	diags_done(&diags);
}

static void add_objects(const struct snapshot *s, struct buf *out)
{
	size_t count;
	struct object **list = snapshot_kind(s, KIND_CONFIG_MAP, &count);

	for (size_t i = 0; i < count; i++) {
		const struct string_map *data = &object_config_map(list[i])->data;

		buf_addf(out, "%s%s%s", i ? " " : "", list[i]->meta->name, data->count > 0 ? "=" : "");
		if (data->count > 0)
			buf_adds(out, data->items[0].value);
	}
}

/* "unit:state …|ConfigMaps of what comes into force", after the units that are held; problems go to PROBLEMS. */
static void take(
	const struct fixture *f, const struct sync_units *known, struct buf *out, struct units_result *ret)
{
	_cleanup_(repo_freep) struct repo *g = NULL;
	_cleanup_(snapshot_unrefp) struct snapshot *before = NULL;
	static const struct sync_units none;
	struct err err = { 0 };

	assert_int_equal(repo_open(f->work, &g, NULL), 0);
	load(g, "force", &before);
	struct units_request q = {
		.repo = g, .subpath = "", .before = before, .known = known ? known : &none, .max_percent = 25
	};
	q.in_force = before->commit;
	assert_int_equal(repo_resolve(g, "HEAD", &q.commit, NULL), 0);
	if (units_take(&q, ret, &err) < 0)
		fail_msg("%s", err_text(&err));
	for (size_t i = 0; i < ret->units.count; i++) {
		static const char *const names[] = { [SYNC_REFUSED] = "refused", [SYNC_GUARDED] = "guarded" };
		const struct sync_unit *u = &ret->units.items[i];

		if (u->status != SYNC_SYNCED)
			buf_addf(out, "%s:%s ", u->name, names[u->status]);
	}
	buf_addc(out, '|');
	if (ret->snapshot)
		add_objects(ret->snapshot, out);
}

static void test_mixes(void **state)
{
	static const struct {
		const char *script, *result;
	} cases[] = {
		/* 0: one has errors, the others move on */
		{ "cm a/1.yaml a1 k:\\ new; cm b/1.yaml b1 k:\\ new; " BAD("b/2.yaml"),
			"b:refused |a1=new a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 1: a new one with errors is not there at all */
		{ "cm d/1.yaml d1; " BAD("d/2.yaml") "cm c/4.yaml c4",
			"d:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3 c4" },
		/* 2: what stands in the top is a unit too, */
		{ BAD("x.yaml") "cm t.yaml top; cm a/4.yaml a4", ".:refused |a1 a2 a3 a4 b1 b2 b3 c1 c2 c3" },
		/* 3: and can be fine while others are not */
		{ BAD("a/x.yaml") "cm t.yaml top", "a:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3 top" },
		/* 4: who defines what is in force elsewhere is held, */
		{ "cm a/x.yaml b1 k:\\ stolen; cm b/4.yaml b4; cm c/4.yaml c4",
			"a:refused |a1 a2 a3 b1 b2 b3 b4 c1 c2 c3 c4" },
		/* 5: of two that define something new, the second by name */
		{ "cm a/x.yaml x k:\\ a; cm c/x.yaml x k:\\ c; cm c/4.yaml c4; cm b/4.yaml b4",
			"c:refused |a1 a2 a3 b1 b2 b3 b4 c1 c2 c3 x=a" },
		/* 6: an object moves with both, */
		{ "git mv a/1.yaml b/x.yaml; cm c/4.yaml c4; " BAD("c/x.yaml"),
			"c:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 7: or with none: the receiver has errors */
		{ "git mv a/1.yaml b/x.yaml; " BAD("b/y.yaml") "cm a/4.yaml a4; cm c/4.yaml c4",
			"a:refused b:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3 c4" },
		/* 8: in the very file */
		{ "git rm -q a/1.yaml; cm b/x.yaml a1; echo ' x: [' >>b/x.yaml; cm c/4.yaml c4",
			"a:refused b:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3 c4" },
		/* 9: the giver has errors: the receiver can't have it yet */
		{ "git mv a/1.yaml b/x.yaml; " BAD("a/y.yaml") "cm c/4.yaml c4",
			"a:refused b:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3 c4" },
		/* 10: a directory gets another name */
		{ "git mv a z; " BAD("c/x.yaml"), "c:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 11: a whole directory goes: it waits */
		{ "git rm -rq b; cm c/4.yaml c4", "b:guarded |a1 a2 a3 b1 b2 b3 c1 c2 c3 c4" },
		/* 12: a part of one may */
		{ "git rm -q b/1.yaml; " BAD("c/x.yaml"), "c:refused |a1 a2 a3 b2 b3 c1 c2 c3" },
		/* 13: a swap */
		{ "git mv a/1.yaml b/x.yaml; git mv b/1.yaml a/x.yaml; " BAD("c/x.yaml"),
			"c:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 14: all that changed has errors */
		{ BAD("a/x.yaml") BAD("b/x.yaml"), "a:refused b:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 15: files without a meaning belong somewhere too */
		{ "mkdir -p .github; echo x >.github/f; echo x >README; echo y >a/README; " BAD("b/x.yaml"),
			"b:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
		/* 16: a directory becomes a file */
		{ "git rm -rq a; cm a.yaml a1; cm a2.yaml a2; cm a3.yaml a3; " BAD("c/x.yaml"),
			"c:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *script = xasprintf("%s%s%s", CM, cases[i].script, "\n" COMMIT);
		_cleanup_(units_result_done) struct units_result r;
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		begin(f);
		run(f, script);
		take(f, NULL, &out, &r);
		if (!str_eq(out.data, cases[i].result))
			fail_msg("case %zu: %s\n got  %s\n want %s", i, script, out.data, cases[i].result);
	}
}

/* The mix is a commit with that tree; its parents are those that its units are of; the same again is the same. */
static void test_commit(void **state)
{
	struct fixture *f = *state;
	_cleanup_(units_result_done) struct units_result r, again;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	_cleanup_(freep) char *head = NULL, *force = NULL;
	char hex[OID_HEX];

	begin(f);
	run(f, CM "cm a/1.yaml a1 k:\\ new; " BAD("b/2.yaml") COMMIT);
	take(f, NULL, &out, &r);
	take(f, NULL, &out, &again);
	assert_true(oid_equal(&r.snapshot->commit, &again.snapshot->commit));
	head = sh(f, "git -C $WORK rev-parse HEAD");
	force = sh(f, "git -C $WORK rev-parse force");
	_cleanup_(freep) char *script = xasprintf(
		"cd $WORK; git log -1 --format='%%P' %s; git diff --name-only HEAD %s; "
		"git fsck --strict 2>&1 | grep -v dangling || :",
		oid_format(&r.snapshot->commit, hex), hex);
	_cleanup_(freep) char *said = sh(f, script);
	_cleanup_(freep) char *want = xasprintf("%s %s\nb/2.yaml", head, force);
	assert_string_equal(said, want);
	assert_string_equal(oid_format(&r.snapshot->named, hex), head);
	const struct sync_unit *a = sync_units_find(&r.units, "a"), *b = sync_units_find(&r.units, "b");
	assert_string_equal(a->in_force, head);
	assert_string_equal(b->in_force, force);
	assert_string_equal(b->message, "1 error; what is in force of it stays so");
	assert_int_equal(r.problems.errors, 1);
	assert_string_equal(r.problems.items[0].path, "b/2.yaml");
}

/* A directory that goes is confirmed as any deletion is; each unit counts from the commit that it is at. */
static void test_confirmed(void **state)
{
	struct fixture *f = *state;
	_cleanup_(units_result_done) struct units_result guarded, taken, later;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sync_units known = { 0 };

	begin(f);
	run(f, CM "git rm -rq b; " BAD("c/x.yaml") COMMIT);
	take(f, NULL, &out, &guarded);
	assert_string_equal(out.data, "b:guarded c:refused |a1 a2 a3 b1 b2 b3 c1 c2 c3");
	assert_string_equal(sync_units_find(&guarded.units, "b")->message,
		"there is no object in it at all, and it would delete 3 of the 3 objects in force: "
		"ConfigMap/default/b1, ConfigMap/default/b2, ConfigMap/default/b3");
	buf_clear(&out);
	run(f, CM "git commit -q --allow-empty -m yes --trailer 'Pintle-Allow-Prune: yes'; cm a/4.yaml "
		  "a4; " COMMIT);
	take(f, NULL, &out, &taken);
	assert_string_equal(out.data, "c:refused |a1 a2 a3 a4 c1 c2 c3");
	assert_null(sync_units_find(&taken.units, "b"));
	/* Were b at HEAD, nothing behind it would have been said. */
	buf_clear(&out);
	for (size_t i = 0; i < guarded.units.count; i++) {
		struct sync_unit u = guarded.units.items[i];
		_cleanup_(freep) char *head = sh(f, "git -C $WORK rev-parse HEAD");

		snprintf(u.in_force, sizeof(u.in_force), "%s", head);
		sync_units_add(&known, &u);
	}
	take(f, &known, &out, &later);
	assert_string_equal(out.data, "b:guarded c:refused |a1 a2 a3 a4 b1 b2 b3 c1 c2 c3");
	sync_units_done(&known);
}

/* Of a quota, who was there keeps what it has; it is given to the first by name. */
static void test_quota(void **state)
{
	struct fixture *f = *state;
	_cleanup_(units_result_done) struct units_result r;
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	begin(f);
	run(f, CM "printf 'apiVersion: v1\\nkind: ResourceQuota\\nmetadata: {name: q}\\nspec: {hard: "
		  "{count/configmaps: "
		  "\"10\"}}\\n' >q.yaml; " COMMIT "git tag -f force");
	run(f, CM "cm c/4.yaml c4; cm c/5.yaml c5; cm b/4.yaml b4; " COMMIT);
	take(f, NULL, &out, &r);
	assert_string_equal(out.data, "c:refused |a1 a2 a3 b1 b2 b3 b4 c1 c2 c3");
}

/* With nothing in force, what is good is taken; where the path is not the top, what is outside is a unit. */
static void test_first_and_below(void **state)
{
	struct fixture *f = *state;
	_cleanup_(repo_freep) struct repo *g = NULL;
	_cleanup_(units_result_done) struct units_result r;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	static const struct sync_units none;
	struct units_request q = { .subpath = "deep/er", .known = &none, .max_percent = 25 };

	run(f, "git init -q -b main $WORK; " CM
	       "cm deep/er/a/1.yaml a1; cm deep/er/b/1.yaml b1; cm deep/x.yaml x; "
	       "cm deep/er/t.yaml top; " BAD("deep/er/b/x.yaml") COMMIT);
	assert_int_equal(repo_open(f->work, &g, NULL), 0);
	q.repo = g;
	assert_int_equal(repo_resolve(g, "HEAD", &q.commit, NULL), 0);
	assert_int_equal(units_take(&q, &r, NULL), 0);
	add_objects(r.snapshot, &out);
	assert_string_equal(out.data, "a1 top");
	assert_int_equal(r.units.count, 3);
	assert_string_equal(r.units.items[0].name, ".");
	assert_string_equal(r.units.items[2].name, "b");
	assert_string_equal(r.units.items[2].in_force, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mixes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_confirmed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first_and_below, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
