/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What agents are told of the pod network, and when. */
#include "reconciler/node_session.h"
#include "tests/unit/reconciler/world_fixture.h"

#define NODE(name) "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: " name "\n"
#define NODE_AT(name, address) NODE(name) "  annotations:\n    pintle.dev/address: " address "\n"

static const char cluster_id[] = "0123456789abcdef0123456789abcdef";

/* A session with NODE's agent, which has ADDRESS (NULL: it does not say) and speaks VERSION. */
static void greet(
	struct fx *f, struct node_session *s, const char *node, const char *address, int64_t version)
{
	struct control c = fx_control(f);
	struct quantity_pair items[3];
	struct node_address one = { "InternalIP", address };
	struct node_status status = fx_node_status(items, "4", "8Gi");
	struct wire_hello hello = { .version = version, .min_version = 1, .status = &status };

	status.addresses.items = &one;
	status.addresses.count = address ? 1 : 0;
	assert_int_equal(
		node_session_hello(s, &c, cluster_id, fx_node(f, node), &hello), NODE_SESSION_GOES_ON);
}

/* The next report, with what it knows of the pod network in the first. */
static void report(struct fx *f, struct node_session *s, const char *node, const char *network)
{
	struct control c = fx_control(f);
	struct wire_report r = { .seq = s->seq + 1, .network = network };

	assert_int_equal(node_session_report(s, &c, fx_node(f, node), &r), NODE_SESSION_GOES_ON);
}

/* What NODE is told of the network after a pass: as its line, or "". */
static char *told(struct fx *f, struct node_session *s, const char *node)
{
	struct node_session_words words;

	node_session_tell(s, &f->w, fx_node(f, node), cluster_id, "holder", NULL, &words);
	return xstrdup(words.network ? words.network->line->text.data : "");
}

static void hears(struct fx *f, struct node_session *s, const char *node, const char *want)
{
	_cleanup_(freep) char *line = told(f, s, node);

	assert_string_equal(line, want);
}

#define LINE "{\"type\":\"network\",\"clusterCIDR\":\"10.244.0.0/16\","
#define A "{\"name\":\"a\",\"podCIDR\":\"10.244.0.0/23\",\"address\":\"192.0.2.1\"}"
#define B "{\"name\":\"b\",\"podCIDR\":\"10.244.2.0/23\",\"address\":\"192.0.2.2\"}"

/* Git has no node b any more: A, which is node a's, hears of that. */
static void b_goes(struct fx *f, struct node_session *a)
{
	fx_commit(f, NODE("a"));
	fx_pass(f);
	hears(f, a, "a", LINE "\"remove\":[\"b\"]}\n");
	fx_sweep(f);
}

static void first_the_whole_then_what_changes(void **state)
{
	struct node_session a = { 0 }, b = { 0 };
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE("a") NODE("b"));
	fx_step(&f);
	greet(&f, &a, "a", "192.0.2.1", 2);
	fx_pass(&f);
	hears(&f, &a, "a", ""); /* the welcome; what it knows it has not told yet */
	fx_sweep(&f);
	report(&f, &a, "a", "");
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"full\":true,\"nodes\":[" A "]}\n");
	hears(&f, &a, "a", "");
	fx_sweep(&f);
	greet(&f, &b, "b", "192.0.2.2", 2);
	report(&f, &b, "b", "0000000000000000");
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"nodes\":[" B "]}\n");
	hears(&f, &b, "b", LINE "\"full\":true,\"nodes\":[" A "," B "]}\n");
	fx_sweep(&f);
	b_goes(&f, &a);
	fx_done(&f);
}

static void who_knows_it_hears_nothing(void **state)
{
	struct node_session a = { 0 };
	char digest[WIRE_NETWORK_DIGEST];
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE("a") NODE_AT("b", "192.0.2.2"));
	fx_step(&f);
	greet(&f, &a, "a", "192.0.2.1", 2);
	fx_step(&f);
	network_digest(f.w.network, digest);
	fx_crash(&f);
	memset(&a, 0, sizeof(a));
	greet(&f, &a, "a", "192.0.2.1", 2);
	report(&f, &a, "a", digest);
	fx_pass(&f);
	hears(&f, &a, "a", "");
	fx_sweep(&f);
	b_goes(&f, &a);
	fx_done(&f);
}

static void version_1_hears_nothing(void **state)
{
	struct node_session a = { 0 };
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE("a") NODE("b"));
	fx_step(&f);
	greet(&f, &a, "a", "192.0.2.1", 1);
	report(&f, &a, "a", NULL);
	fx_pass(&f);
	hears(&f, &a, "a", "");
	fx_sweep(&f);
	fx_done(&f);
}

/* That pintled knows no node yet, as it has not looked at git, is no news. */
static void nothing_before_git_was_looked_at(void **state)
{
	struct node_session a = { 0 };
	struct fx f;
	struct world_object *o;

	(void)state;
	fx_init(&f);
	o = world_add(&f.w, KIND_NODE, NULL, "a", NULL, f.now);
	world_touch(&f.w, o);
	greet(&f, &a, "a", "192.0.2.1", 2);
	report(&f, &a, "a", "");
	fx_pass(&f);
	hears(&f, &a, "a", "");
	fx_sweep(&f);
	fx_commit(&f, NODE("a"));
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"full\":true,\"nodes\":[" A "]}\n");
	fx_sweep(&f);
	fx_done(&f);
}

/* The manifest's address goes before the agent's; the agent's may change; a session that ends changes nothing. */
static void addresses(void **state)
{
	struct node_session a = { 0 }, b = { 0 };
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE("a") NODE("b"));
	fx_step(&f);
	greet(&f, &a, "a", "192.0.2.1", 2);
	report(&f, &a, "a", "");
	greet(&f, &b, "b", "127.0.0.1", 2);
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"full\":true,\"nodes\":[" A "]}\n");
	fx_sweep(&f);
	greet(&f, &b, "b", "192.0.2.2", 2);
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"nodes\":[" B "]}\n");
	fx_sweep(&f);
	{
		struct control c = fx_control(&f);

		node_session_end(&b, &c, fx_node(&f, "b"));
	}
	f.now += 1000 * NSEC_PER_SEC;
	fx_pass(&f);
	hears(&f, &a, "a", "");
	fx_sweep(&f);
	fx_commit(&f, NODE("a") NODE_AT("b", "192.0.2.77"));
	fx_pass(&f);
	hears(&f, &a, "a",
		LINE
		"\"nodes\":[{\"name\":\"b\",\"podCIDR\":\"10.244.2.0/23\",\"address\":\"192.0.2.77\"}]}\n");
	fx_sweep(&f);
	fx_commit(&f, NODE("a") NODE("b"));
	fx_pass(&f);
	hears(&f, &a, "a", LINE "\"nodes\":[" B "]}\n");
	fx_sweep(&f);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_the_whole_then_what_changes),
		cmocka_unit_test(who_knows_it_hears_nothing),
		cmocka_unit_test(version_1_hears_nothing),
		cmocka_unit_test(nothing_before_git_was_looked_at),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
