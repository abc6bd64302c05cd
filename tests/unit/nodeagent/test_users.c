/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "nodeagent/users.h"
#include "tests/unit/lib/object/load.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "\n"
			     "broken\n"
			     "short:x\n"
			     "letters:x:abc:5:::\n"
			     "big:x:4294967295:7:::\n"
			     "web:x:1000:2000:Web,,:/srv/web:/bin/sh:more:fields\n"
			     "bare:x:1001\n"
			     "twin:x:1000:3000::/twin:\n"
			     "last:x:1002:2002::/home/last:/bin/sh"; /* no newline */

static const char group[] = "root:x:0:\n"
			    "staff:x:2000:web\n"
			    "disk:x:6:root,web\n"
			    "none:x:7\n"
			    "webby:x:8:webmaster,webb\n"
			    "audio:x:29:x,web,y\n"
			    "minus:x:-4:web\n"
			    "end:x:50:last";

/* An image's USER, the pod's security context and the container's (as YAML), and what comes of them. */
struct case_ {
	const char *image_user, *pod, *container, *want;
};

/* "UID:GID groups name home", or "error CODE text". */
static void resolve(const struct case_ *c, const char *passwd_text, const char *group_text, struct buf *out)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;
	struct user_ids ids;
	struct err err = { 0 };

	buf_addf(&yaml,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  securityContext: {%s}\n"
		"  containers: [{name: c, image: \"i:1\", securityContext: {%s}}]\n",
		c->pod, c->container);
	o = load_one(yaml.data);
	struct user_input in = {
		.pod = &object_pod(o)->spec,
		.container = &object_pod(o)->spec.containers.items[0],
		.image_user = c->image_user,
		.passwd = passwd_text,
		.group = group_text,
	};
	int r = users_resolve(a, &in, &ids, &err);
	if (r < 0) {
		buf_addf(out, "error %d %s", -r, err_text(&err));
		return;
	}
	buf_addf(out, "%u:%u [", ids.uid, ids.gid);
	for (size_t i = 0; i < ids.groups.count; i++)
		buf_addf(out, "%s%d", i ? "," : "", (int)ids.groups.items[i]);
	buf_addf(out, "] %s %s", ids.name ? ids.name : "-", ids.home ? ids.home : "-");
}

static void expect(const struct case_ *cases, size_t count, const char *passwd_text, const char *group_text)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf got = BUF_INIT;

		resolve(&cases[i], passwd_text, group_text, &got);
		if (str_eq(got.data, cases[i].want))
			continue;
		print_message("user %s, pod {%s}, container {%s}: expected\n%s\nfound\n%s\n",
			cases[i].image_user ? cases[i].image_user : "(none)", cases[i].pod,
			cases[i].container, cases[i].want, got.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void the_image_says_who(void **state)
{
	static const struct case_ cases[] = {
		{ NULL, "", "", "0:0 [6] root /root" },
		{ "", "", "", "0:0 [6] root /root" },
		{ "0", "", "", "0:0 [6] root /root" },
		{ "web", "", "", "1000:2000 [6,29] web /srv/web" },
		{ "1000", "", "", "1000:2000 [6,29] web /srv/web" }, /* the first line of that number */
		{ "twin", "", "", "1000:3000 [] twin /twin" },
		{ "web:disk", "", "", "1000:6 [29,2000] web /srv/web" },
		{ "web:6", "", "", "1000:6 [29,2000] web /srv/web" },
		{ "web:12345", "", "", "1000:12345 [6,29,2000] web /srv/web" },
		{ "web:", "", "", "1000:2000 [6,29] web /srv/web" },
		{ ":disk", "", "", "0:6 [] root /root" },
		{ "bare", "", "", "1001:0 [] bare -" },
		{ "last", "", "", "1002:2002 [50] last /home/last" },
		{ "54321", "", "", "54321:0 [] - -" },
		{ "54321:77", "", "", "54321:77 [] - -" },
		{ "4294967294", "", "", "4294967294:0 [] - -" },
		{ "none:x:7", "", "", "error 2 the image's user \"none\" is not in its /etc/passwd" },
		{ "nobody", "", "", "error 2 the image's user \"nobody\" is not in its /etc/passwd" },
		{ "letters", "", "", "error 2 the image's user \"letters\" is not in its /etc/passwd" },
		/* -1 means "no change" to the kernel, and is nobody's number. */
		{ "4294967295", "", "", "error 2 the image's user \"4294967295\" is not in its /etc/passwd" },
		{ "-1", "", "", "error 2 the image's user \"-1\" is not in its /etc/passwd" },
		{ "big", "", "", "error 2 the image's user \"big\" is not in its /etc/passwd" },
		{ "web:nogroup", "", "", "error 2 the image's group \"nogroup\" is not in its /etc/group" },
		{ "web:-4", "", "", "error 2 the image's group \"-4\" is not in its /etc/group" },
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases), passwd, group);
}

static void security_contexts_win(void **state)
{
	static const struct case_ cases[] = {
		{ "web", "runAsUser: 0", "", "0:0 [6] root /root" },
		{ "web", "runAsUser: 1002", "runAsUser: 1001", "1001:0 [] bare -" },
		{ "web", "", "runAsUser: 77", "77:0 [] - -" },
		/* The image's group goes with the image's user. */
		{ "web:disk", "", "runAsUser: 1002", "1002:2002 [50] last /home/last" },
		/* A name that the image does not know is no matter when it is not asked. */
		{ "nobody", "runAsUser: 5", "", "5:0 [] - -" },
		{ "web:nogroup", "runAsUser: 5", "", "5:0 [] - -" },
		{ "web", "runAsGroup: 9", "", "1000:9 [6,29,2000] web /srv/web" },
		{ "web", "runAsGroup: 9", "runAsGroup: 10", "1000:10 [6,29,2000] web /srv/web" },
		{ "web:disk", "runAsUser: 5, runAsGroup: 6", "", "5:6 [] - -" },
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases), passwd, group);
}

static void groups_are_merged_sorted_and_once(void **state)
{
	static const struct case_ cases[] = {
		{ "web", "supplementalGroups: [500, 3, 29, 500]", "", "1000:2000 [3,6,29,500] web /srv/web" },
		{ "web", "fsGroup: 4", "", "1000:2000 [4,6,29] web /srv/web" },
		{ "web", "fsGroup: 6, supplementalGroups: [6, 2000]", "", "1000:2000 [6,29] web /srv/web" },
		{ "web", "supplementalGroupsPolicy: Merge", "", "1000:2000 [6,29] web /srv/web" },
		{ "web", "supplementalGroupsPolicy: Strict", "", "1000:2000 [] web /srv/web" },
		{ "web", "supplementalGroupsPolicy: Strict, fsGroup: 4, supplementalGroups: [3]", "",
			"1000:2000 [3,4] web /srv/web" },
		{ "777", "fsGroup: 4", "", "777:0 [4] - -" },
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases), passwd, group);
}

static void root_is_refused_where_it_must_be(void **state)
{
	static const struct case_ cases[] = {
		{ "0", "runAsNonRoot: true", "",
			"error 1 container has runAsNonRoot and image will run as root (container: c)" },
		{ NULL, "", "runAsNonRoot: true",
			"error 1 container has runAsNonRoot and image will run as root (container: c)" },
		{ "root", "runAsNonRoot: true", "",
			"error 1 container has runAsNonRoot and image has non-numeric user (root), cannot "
			"verify "
			"user is non-root (container: c)" },
		{ "web:disk", "runAsNonRoot: true", "",
			"error 1 container has runAsNonRoot and image has non-numeric user (web), cannot "
			"verify "
			"user is non-root (container: c)" },
		{ "web", "runAsNonRoot: true, runAsUser: 7", "runAsUser: 0",
			"error 1 container's runAsUser breaks non-root policy (container: c)" },
		{ "1000", "runAsNonRoot: true", "", "1000:2000 [6,29] web /srv/web" },
		{ "root", "runAsNonRoot: true", "runAsUser: 1000", "1000:2000 [6,29] web /srv/web" },
		{ "0", "runAsNonRoot: true", "runAsNonRoot: false", "0:0 [6] root /root" },
		{ "0", "runAsNonRoot: false", "runAsNonRoot: true",
			"error 1 container has runAsNonRoot and image will run as root (container: c)" },
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases), passwd, group);
}

static void an_image_without_the_files(void **state)
{
	static const struct case_ cases[] = {
		{ NULL, "", "", "0:0 [] - -" },
		{ "5:6", "fsGroup: 7", "", "5:6 [7] - -" },
		{ "root", "", "", "error 2 the image's user \"root\" is not in its /etc/passwd" },
		{ "5:wheel", "", "", "error 2 the image's group \"wheel\" is not in its /etc/group" },
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases), NULL, NULL);
	expect(cases, ARRAY_LEN(cases), "", "");
}

/* What an image's author can make arbitrarily large costs no more than its own size. */
static void many_groups_are_bounded(void **state)
{
	static const struct case_ c = { "web", "supplementalGroups: [9]", "", "" };
	_cleanup_(buf_done) struct buf text = BUF_INIT, got = BUF_INIT;
	size_t commas = 0;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_addf(&text, "g%d:x:%d:web\n", i, 10000 + i);
	resolve(&c, passwd, text.data, &got);
	for (const char *p = strchr(got.data, '['); *p != ']'; p++)
		commas += *p == ',';
	assert_int_equal(commas, 1023);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_says_who),
		cmocka_unit_test(security_contexts_win),
		cmocka_unit_test(groups_are_merged_sorted_and_once),
		cmocka_unit_test(root_is_refused_where_it_must_be),
		cmocka_unit_test(an_image_without_the_files),
		cmocka_unit_test(many_groups_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
