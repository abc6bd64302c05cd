/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/wire/wire.h"

/* Parses the one line in TEXT (with or without its newline). */
static void parse(const char *text, struct wire_message *m)
{
	struct err err = { 0 };
	size_t len = strcspn(text, "\n");

	if (wire_parse(text, len, m, &err) < 0)
		fail_msg("%.*s: %s", (int)len, text, err_text(&err));
}

/* What a peer may send, and what this program writes of it again. */
static const struct round_trip {
	const char *line;
	enum wire_type type;
} round_trips[] = {
	{ "{\"type\":\"ping\"}", WIRE_PING },
	{ "{\"type\":\"pong\"}", WIRE_PONG },
	{ "{\"type\":\"applied\",\"revision\":7}", WIRE_APPLIED },
	{ "{\"type\":\"reported\",\"seq\":3}", WIRE_REPORTED },
	{ "{\"type\":\"network\",\"clusterCIDR\":\"10.244.0.0/16\",\"full\":true,\"nodes\":[{\"name\":\"a\","
	  "\"podCIDR\":\"10.244.0.0/23\",\"address\":\"192.0.2.1\"}]}",
		WIRE_NETWORK },
	{ "{\"type\":\"network\",\"clusterCIDR\":\"10.244.0.0/16\",\"remove\":[\"a\",\"b\"]}", WIRE_NETWORK },
	{ "{\"type\":\"cancel\",\"id\":9}", WIRE_CANCEL },
	{ "{\"type\":\"pause\",\"id\":9}", WIRE_PAUSE },
	{ "{\"type\":\"resume\",\"id\":9}", WIRE_RESUME },
	{ "{\"type\":\"data\",\"id\":2,\"stream\":\"stdout\",\"data\":\"aGkK\"}", WIRE_DATA },
	{ "{\"type\":\"data\",\"id\":2,\"stream\":\"stdout\"}", WIRE_DATA },
	{ "{\"type\":\"request\",\"id\":4,\"method\":\"forward\",\"params\":{\"namespace\":\"ns\",\"pod\":"
	  "\"web\","
	  "\"uid\":\"u\",\"port\":8080}}",
		WIRE_REQUEST },
	{ "{\"type\":\"end\",\"id\":2,\"exitCode\":3,\"error\":\"no\"}", WIRE_END },
	{ "{\"type\":\"error\",\"code\":\"Fenced\",\"message\":\"old\",\"term\":5}", WIRE_ERROR },
};

static void write_again(struct buf *out, const struct wire_message *m)
{
	switch (m->type) {
	case WIRE_HELLO:
		wire_write_hello(out, m->hello);
		break;
	case WIRE_WELCOME:
		wire_write_welcome(out, m->welcome);
		break;
	case WIRE_APPLY:
		wire_write_apply(out, m->apply);
		break;
	case WIRE_APPLIED:
		wire_write_applied(out, m->applied);
		break;
	case WIRE_REPORT:
		wire_write_report(out, m->report);
		break;
	case WIRE_REPORTED:
		wire_write_reported(out, m->reported);
		break;
	case WIRE_NETWORK:
		wire_write_network(out, m->network);
		break;
	case WIRE_REQUEST:
		wire_write_request(out, m->request);
		break;
	case WIRE_DATA:
		wire_write_data(out, m->data);
		break;
	case WIRE_END:
		wire_write_end(out, m->end);
		break;
	case WIRE_CANCEL:
		wire_write_cancel(out, m->cancel);
		break;
	case WIRE_PAUSE:
		wire_write_pause(out, m->pause);
		break;
	case WIRE_RESUME:
		wire_write_resume(out, m->pause);
		break;
	case WIRE_PING:
		wire_write_ping(out);
		break;
	case WIRE_PONG:
		wire_write_pong(out);
		break;
	case WIRE_ERROR:
		wire_write_error(out, m->error);
		break;
	case WIRE_UNKNOWN:
	case WIRE_TYPE_COUNT:
		fail_msg("nothing to write");
	}
}

static void small_messages_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(round_trips); i++) {
		struct buf out = BUF_INIT;
		struct wire_message m;

		parse(round_trips[i].line, &m);
		assert_int_equal(m.type, round_trips[i].type);
		write_again(&out, &m);
		assert_string_equal(strtok(out.data, "\n"), round_trips[i].line);
		wire_message_done(&m);
		buf_done(&out);
	}
}

/* With a space in it a line means the same: only without it is it read by the short cut for bytes. */
static void bytes_mean_the_same_by_either_way(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"data\",\"id\":12,\"stream\":\"stdin\",\"data\":\"aGkKaGk=\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aGk\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aG\rkK\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aG\\nkK\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"\\/+\\/+\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aGkK\",\"new\":\"x\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aGkK\"} ",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"aGkK\"",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"s\",\"data\":null}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":1,\"stream\":\"S-2\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":01,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":0,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":-1,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":999999999999999999,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":1000000000000000000,\"stream\":\"s\",\"data\":\"aGkK\"}",
		"{\"type\":\"data\",\"id\":99999999999999999999,\"stream\":\"s\",\"data\":\"aGkK\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		_cleanup_(buf_done) struct buf spaced = BUF_INIT, one = BUF_INIT, two = BUF_INIT;
		struct wire_message a = { 0 }, b = { 0 };
		int r = wire_parse(lines[i], strlen(lines[i]), &a, NULL);

		buf_addf(&spaced, "{ %s", lines[i] + 1);
		if (wire_parse(spaced.data, spaced.len, &b, NULL) != r)
			fail_msg("%s: %d, but not with a space in it", lines[i], r);
		if (r == 0) {
			wire_write_data(&one, a.data);
			wire_write_data(&two, b.data);
			assert_string_equal(one.data, two.data);
			assert_int_equal(a.data->data.len, b.data->data.len);
		}
		wire_message_done(&a);
		wire_message_done(&b);
	}
}

/* Any bytes of any length, as the general writer has them: what differs is read by it. */
static void all_bytes_travel(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		const struct wire_data data = { .id = 3, .stream = "stdout", .data = { bytes, len } };
		struct wire_message m;

		wire_write_data(&out, &data);
		parse(out.data, &m);
		assert_int_equal(m.type, WIRE_DATA);
		assert_int_equal(m.data->id, 3);
		assert_string_equal(m.data->stream, "stdout");
		assert_int_equal(m.data->data.len, len);
		assert_memory_equal(m.data->data.data, bytes, len);
		wire_message_done(&m);
	}
}

static void hello_round_trips(void **state)
{
	struct wire_held_pod pods[] = { { .uid = "u1", .digest = "d1" },
		{ .uid = "u2", .digest = "d2", .namespace = "ns", .name = "web-0" } };
	const char *hashes[] = { "aa", "bb" };
	struct node_status status = { .node_info = { .kernel_version = "6.1" } };
	struct wire_hello hello = { .version = 1,
		.min_version = 1,
		.agent = "0.1.0",
		.cluster_id = "c",
		.node = "n",
		.boot_id = "b",
		.term = 4,
		.holder = "h:1:2",
		.status = &status,
		.time = 1767323045123456789 };
	struct buf out = BUF_INIT;
	struct wire_message m;

	(void)state;
	hello.pods.items = pods;
	hello.pods.count = 2;
	hello.objects = (struct strings){ hashes, 2 };
	wire_write_hello(&out, &hello);
	parse(out.data, &m);
	assert_int_equal(m.type, WIRE_HELLO);
	assert_int_equal(m.hello->term, 4);
	assert_string_equal(m.hello->holder, "h:1:2");
	assert_int_equal(m.hello->pods.count, 2);
	assert_null(m.hello->pods.items[0].name);
	assert_string_equal(m.hello->pods.items[1].digest, "d2");
	assert_string_equal(m.hello->pods.items[1].namespace, "ns");
	assert_string_equal(m.hello->pods.items[1].name, "web-0");
	assert_int_equal(m.hello->time, 1767323045123456789);
	assert_int_equal(m.hello->objects.count, 2);
	assert_string_equal(m.hello->status->node_info.kernel_version, "6.1");
	wire_message_done(&m);
	buf_done(&out);
}

/* By the newest that each speaks, and by what each still speaks. */
static void versions_in_common(void **state)
{
	static const struct {
		int64_t own_oldest, own, other_oldest, other, common;
	} cases[] = {
		{ 1, 1, 1, 1, 1 },
		{ 1, 1, 1, 2, 1 },
		{ 1, 1, 1, 3, 1 },
		{ 1, 2, 1, 1, 1 },
		{ 1, 2, 1, 2, 2 },
		{ 1, 2, 1, 3, 2 },
		{ 1, 3, 1, 1, 1 },
		{ 1, 3, 1, 2, 2 },
		{ 1, 3, 1, 3, 3 },
		/* one that has left version 1 behind */
		{ 1, 1, 2, 3, 0 },
		{ 1, 2, 2, 3, 2 },
		{ 1, 3, 2, 3, 3 },
		{ 2, 3, 1, 1, 0 },
		{ 2, 3, 1, 2, 2 },
		{ 3, 3, 1, 2, 0 },
		/* what nobody says */
		{ 1, 2, 0, 0, 0 },
		{ 1, 2, 0, 1, 1 },
		{ 1, 2, 3, 2, 0 },
		{ 1, 2, -5, -1, 0 },
		{ 1, 2, INT64_MIN, INT64_MAX, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("case %zu\n", i);
		assert_int_equal(wire_version_common(cases[i].own_oldest, cases[i].own, cases[i].other_oldest,
					 cases[i].other),
			cases[i].common);
	}
}

static struct object *load(const char *text)
{
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static void apply_carries_objects(void **state)
{
	struct object *cm = load("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\","
				 "\"namespace\":\"d\"},\"data\":{\"k\":\"v\"}}");
	struct object *pod = load(
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\","
		"\"namespace\":\"d\",\"uid\":\"u\"},\"spec\":{\"containers\":[{\"name\":\"x\","
		"\"image\":\"i:1\"}]}}");
	struct wire_object objects[] = { { .hash = "h", .object = cm } };
	struct string_pair refs[] = { { "ConfigMap/c", "h" } };
	struct wire_pod pods[] = { { .digest = "d", .pod = pod, .refs = { refs, 1 } } };
	struct wire_remove removes[] = { { .uid = "old", .grace_period_seconds = { true, 5 } },
		{ .uid = "older" } };
	const char *forget[] = { "f" };
	struct wire_apply apply = { .term = 2, .revision = 8, .forget_objects = { forget, 1 } };
	struct buf out = BUF_INIT;
	struct wire_message m;

	(void)state;
	apply.objects.items = objects;
	apply.objects.count = 1;
	apply.pods.items = pods;
	apply.pods.count = 1;
	apply.remove.items = removes;
	apply.remove.count = 2;
	wire_write_apply(&out, &apply);
	parse(out.data, &m);
	assert_int_equal(m.type, WIRE_APPLY);
	assert_int_equal(m.apply->revision, 8);
	assert_non_null(m.apply->objects.items[0].object);
	assert_string_equal(
		string_map_get(&object_config_map(m.apply->objects.items[0].object)->data, "k"), "v");
	assert_non_null(m.apply->pods.items[0].pod);
	assert_memory_equal(m.apply->pods.items[0].pod->hash, pod->hash, sizeof(pod->hash));
	assert_string_equal(m.apply->pods.items[0].pod->meta->uid, "u");
	assert_string_equal(string_map_get(&m.apply->pods.items[0].refs, "ConfigMap/c"), "h");
	assert_true(m.apply->remove.items[0].grace_period_seconds.set);
	assert_int_equal(m.apply->remove.items[0].grace_period_seconds.value, 5);
	assert_false(m.apply->remove.items[1].grace_period_seconds.set);
	assert_string_equal(m.apply->forget_objects.items[0], "f");
	wire_message_done(&m);
	buf_done(&out);
	object_unref(cm);
	object_unref(pod);
}

/* One bad pod does not take the message with it. */
static void a_bad_pod_is_named(void **state)
{
	struct wire_message m;

	(void)state;
	parse("{\"type\":\"apply\",\"revision\":1,\"pods\":[{\"digest\":\"a\",\"pod\":{\"apiVersion\":\"v1\","
	      "\"kind\":\"Nonsense\"}},{\"digest\":\"b\"},{\"digest\":\"c\",\"pod\":{\"apiVersion\":\"v1\","
	      "\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\",\"namespace\":\"y\"}}}]}",
		&m);
	assert_int_equal(m.apply->pods.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_null(m.apply->pods.items[i].pod);
		assert_non_null(m.apply->pods.items[i].problem);
	}
	assert_string_equal(m.apply->pods.items[2].problem, "not a Pod");
	wire_message_done(&m);
}

static void report_round_trips(void **state)
{
	struct container_status cs = { .name = "x", .restart_count = 3 };
	struct pod_status status = { .phase = "Running", .pod_ip = "10.0.0.2" };
	struct wire_event event = { "Warning", "BackOff", "it waits" };
	struct wire_report_pod pods[] = { { "u", "ns", "p", &status, false, { &event, 1 } },
		{ .uid = "v", .gone = true } };
	struct wire_report report = { .seq = 2 };
	struct buf out = BUF_INIT;
	struct wire_message m;

	(void)state;
	status.container_statuses.items = &cs;
	status.container_statuses.count = 1;
	report.pods.items = pods;
	report.pods.count = 2;
	wire_write_report(&out, &report);
	parse(out.data, &m);
	assert_int_equal(m.report->seq, 2);
	assert_string_equal(m.report->pods.items[0].status->phase, "Running");
	assert_int_equal(m.report->pods.items[0].status->container_statuses.items[0].restart_count, 3);
	assert_false(m.report->pods.items[0].gone);
	assert_int_equal(m.report->pods.items[0].events.count, 1);
	assert_string_equal(m.report->pods.items[0].events.items[0].reason, "BackOff");
	assert_string_equal(m.report->pods.items[0].events.items[0].message, "it waits");
	assert_null(m.report->pods.items[1].status);
	assert_int_equal(m.report->pods.items[1].events.count, 0);
	assert_true(m.report->pods.items[1].gone);
	assert_null(m.report->node);
	wire_message_done(&m);
	buf_done(&out);
}

static void request_round_trips(void **state)
{
	const char *command[] = { "sh", "-c", "echo \"hi\"\n" };
	struct wire_request request = { .id = 5,
		.method = "exec",
		.params = { .namespace = "ns",
			.pod = "p",
			.command = { command, 3 },
			.tty = true,
			.columns = 80,
			.tail_lines = { true, 10 } } };
	struct buf out = BUF_INIT;
	struct wire_message m;

	(void)state;
	wire_write_request(&out, &request);
	parse(out.data, &m);
	assert_string_equal(m.request->method, "exec");
	assert_int_equal(m.request->params.command.count, 3);
	assert_string_equal(m.request->params.command.items[2], command[2]);
	assert_true(m.request->params.tty);
	assert_int_equal(m.request->params.columns, 80);
	assert_true(m.request->params.tail_lines.set);
	assert_false(m.request->params.since_seconds.set);
	wire_message_done(&m);
	buf_done(&out);
}

static void newer_peers_are_understood(void **state)
{
	struct wire_message m;

	(void)state;
	parse("{\"type\":\"applied\",\"revision\":1,\"shiny\":[1,2]}", &m);
	assert_int_equal(m.applied->revision, 1);
	wire_message_done(&m);
	parse("{\"type\":\"novelty\",\"x\":1}", &m);
	assert_int_equal(m.type, WIRE_UNKNOWN);
	assert_string_equal(m.type_name, "novelty");
	wire_message_done(&m);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = { "", "{", "[]", "1", "\"type\"", "{}", "{\"type\":1}", "null",
		"{\"type\":\"applied\",\"revision\":\"x\"}", "{\"type\":\"apply\",\"pods\":{}}",
		"{\"type\":\"data\",\"id\":1,\"data\":\"%%%\"}", "{\"type\":\"ping\"}{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct wire_message m = { 0 };
		struct err err = { 0 };

		if (wire_parse(lines[i], strlen(lines[i]), &m, &err) != -EBADMSG)
			fail_msg("not refused: %s", lines[i]);
		assert_int_not_equal(err.text[0], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_messages_round_trip),
		cmocka_unit_test(versions_in_common),
		cmocka_unit_test(bytes_mean_the_same_by_either_way),
		cmocka_unit_test(all_bytes_travel),
		cmocka_unit_test(hello_round_trips),
		cmocka_unit_test(apply_carries_objects),
		cmocka_unit_test(a_bad_pod_is_named),
		cmocka_unit_test(report_round_trips),
		cmocka_unit_test(request_round_trips),
		cmocka_unit_test(newer_peers_are_understood),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
