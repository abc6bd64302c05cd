/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What is taken from an agent, and what it is told. */
#include "tests/unit/reconciler/world_fixture.h"

#include "reconciler/node_session.h"

#define CLUSTER "c1"

static const char manifests[] = "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n";

static int set_up(void **state)
{
	*state = xcalloc(1, sizeof(struct fx));
	fx_init(*state);
	fx_commit(*state, manifests);
	fx_step(*state);
	return 0;
}

static int tear_down(void **state)
{
	fx_done(*state);
	free(*state);
	return 0;
}

static enum node_session_verdict say_hello(
	struct fx *f, struct node_session *s, const struct wire_hello *hello)
{
	struct control c = fx_control(f);

	return node_session_hello(s, &c, CLUSTER, fx_node(f, "node-a"), hello);
}

/* Agents from OLDEST to NEWEST: which version the welcome chooses; 0: they are refused, and TEXT says why. */
static void versions(void **state)
{
	static const struct {
		int64_t oldest, newest, chosen;
		const char *text;
	} cases[] = {
		{ 1, 1, 1, NULL },
		{ 1, 2, 2, NULL },
		{ 1, 3, 2, NULL },
		{ 2, 2, 2, NULL },
		{ 2, 3, 2, NULL },
		{ 3, 4, 0,
			"its agent 9.9 speaks versions 3 to 4 of the protocol, pintled 1 to 2: pintled must "
			"be "
			"upgraded" },
		{ 0, 0, 0,
			"its agent 9.9 speaks versions 0 to 0 of the protocol, pintled 1 to 2: pintle node "
			"upgrade "
			"node-a" },
	};
	struct fx *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wire_hello hello = {
			.version = cases[i].newest, .min_version = cases[i].oldest, .agent = "9.9"
		};
		struct node_session s = { 0 };
		struct node_session_words words;
		char text[512];

		print_message("versions %d to %d\n", (int)cases[i].oldest, (int)cases[i].newest);
		if (cases[i].chosen == 0) {
			assert_int_equal(say_hello(f, &s, &hello), NODE_SESSION_OTHER_VERSION);
			assert_false(s.greeted);
			assert_false(fx_node(f, "node-a")->connected);
			node_session_version_text("node-a", &hello, text, sizeof(text));
			assert_string_equal(text, cases[i].text);
			continue;
		}
		assert_int_equal(say_hello(f, &s, &hello), NODE_SESSION_GOES_ON);
		assert_int_equal(s.version, cases[i].chosen);
		node_session_tell(&s, &f->w, fx_node(f, "node-a"), CLUSTER, "me", NULL, &words);
		assert_true(words.welcome);
		assert_int_equal(words.welcome_body.version, cases[i].chosen);
		/* And so again, in the middle of it. */
		s.pod_cidr[0] = 'x';
		node_session_tell(&s, &f->w, fx_node(f, "node-a"), CLUSTER, "me", NULL, &words);
		assert_true(words.welcome);
		assert_int_equal(words.welcome_body.version, cases[i].chosen);
		struct control c = fx_control(f);
		node_session_end(&s, &c, fx_node(f, "node-a"));
	}
}

static void who_is_refused(void **state)
{
	struct fx *f = *state;
	struct wire_hello other = { .version = 2, .min_version = 1, .cluster_id = "c2" };
	struct wire_hello newer = { .version = 2, .min_version = 1, .term = f->w.names.term + 1 };
	struct wire_report report = { .seq = 1 };
	struct control c = fx_control(f);
	struct node_session s = { 0 };

	assert_int_equal(say_hello(f, &s, &other), NODE_SESSION_OTHER_CLUSTER);
	assert_int_equal(say_hello(f, &s, &newer), NODE_SESSION_HIGHER_TERM);
	assert_int_equal(
		node_session_report(&s, &c, fx_node(f, "node-a"), &report), NODE_SESSION_OUT_OF_TURN);
	assert_false(s.greeted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(versions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
