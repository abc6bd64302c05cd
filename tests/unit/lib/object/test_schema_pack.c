/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What is packed comes back as it was: every member, of structs of every kind; damaged bytes are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/object.h"
#include "lib/object/schema_pack.h"
#include "tests/unit/lib/object/thing.h"

enum { FILE_MAX = 1 << 20, TYPICAL_MAX = 200 };

static char *text_of(const struct schema *schema, const void *object)
{
	struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	schema_encode(&w, schema, object, 0, NULL);
	return buf_take(&out);
}

/* Packs OBJECT, unpacks it, and compares what they say, and what they say packed again. Returns the bytes' number. */
static size_t round_trip(struct intern *texts, const struct schema *schema, const void *object)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf once = BUF_INIT, again = BUF_INIT;
	_cleanup_(freep) char *before = text_of(schema, object), *after = NULL;
	void *copy = arena_alloc(arena, schema->size);

	schema_pack(texts, schema, object, &once);
	assert_int_equal(schema_unpack(texts, schema, once.data, once.len, arena, copy), 0);
	after = text_of(schema, copy);
	assert_string_equal(after, before);
	schema_pack(texts, schema, copy, &again);
	assert_int_equal(again.len, once.len);
	assert_memory_equal(again.data, once.data, once.len);
	if (texts) {
		schema_pack_drop(texts, schema, again.data, again.len);
		schema_pack_drop(texts, schema, once.data, once.len);
	}
	return once.len;
}

static void both_ways(const struct schema *schema, const void *object)
{
	_cleanup_(intern_freep) struct intern *texts = intern_new();

	round_trip(NULL, schema, object);
	round_trip(texts, schema, object);
	assert_int_equal(intern_count(texts), 0);
}

static void test_every_member(void **state)
{
	static const char *const cases[] = {
		"{\"name\":\"a\"}",
		"{\"name\":\"b\",\"uid\":\"u\",\"policy\":\"Never\",\"secret\":\"s\",\"paused\":true,"
		"\"enabled\":false,\"maybe\":false,\"replicas\":0,\"grace\":3,"
		"\"when\":\"2026-01-02T03:04:05.000000006Z\",\"period\":\"-1m30s\",\"surge\":2,"
		"\"blob\":\"aGVsbG8=\",\"extra\":{\"note\":\"\\u00e9\\n\",\"flag\":false},"
		"\"limits\":{\"cpu\":\"500m\",\"others\":{\"a\":\"7\",\"b\":\"1Gi\",\"c\":\"-3\"}},"
		"\"ports\":[{\"name\":\"x\",\"protocol\":\"TCP\",\"number\":80},{\"number\":9}],"
		"\"command\":[\"sh\",\"\",\"10.0.0.1\",\"010.0.0.1\",\"fd00::1\"],"
		"\"numbers\":[3,-9223372036854775808,9223372036854775807],"
		"\"labels\":{\"a\":\"\",\"z\":\"1\"},\"data\":{\"k\":\"AAE=\",\"l\":\"\"},"
		"\"any\":{\"x\":[1,null,1.5,true,\"s\",{}],\"y\":-1}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(run_done) struct run r = decoded(cases[i], DECODE_STORED);

		assert_string_equal(r.text.data, "");
		both_ways(&schema_thing, &r.thing);
	}
}

static void test_times(void **state)
{
	static const int64_t times[] = { 0, 1, -1, NSEC_PER_SEC, INT64_MAX, INT64_MIN,
		1800000000 * NSEC_PER_SEC, 1800000000 * NSEC_PER_SEC + 5, -7 * NSEC_PER_SEC };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		for (size_t k = 0; k < ARRAY_LEN(times); k++) {
			_cleanup_(arena_freep) struct arena *arena = arena_new(0);
			_cleanup_(buf_done) struct buf bytes = BUF_INIT;
			struct container_state_terminated t = { .started_at = { true, times[i] },
				.finished_at = { true, times[k] } };
			struct container_state state_of = { .terminated = &t };
			struct container_status s = { .name = "c", .state = state_of }, back = { 0 };
			const struct schema *schema =
				schema_find(&schema_pod_status, "containerStatuses")->of;

			schema_pack(NULL, schema, &s, &bytes);
			assert_int_equal(schema_unpack(NULL, schema, bytes.data, bytes.len, arena, &back), 0);
			assert_true(back.state.terminated->started_at.value == times[i]);
			assert_true(back.state.terminated->finished_at.value == times[k]);
		}
}

/* --- all kinds ------------------------------------------------------------------------------------------ */

static void round_trip_file(const char *path, bool *seen)
{
	static const struct object_load_options options = { .path = "a.yaml",
		.default_namespace = "default" };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct objects objects = { 0 };
	struct diags diags;

	assert_int_equal(fs_read(AT_FDCWD, path, FILE_MAX, &text, NULL), 0);
	diags_init(&diags);
	object_load_yaml(text.data, text.len, &options, &objects, &diags);
	diags_done(&diags);
	assert_true(objects.count > 0);
	for (size_t i = 0; i < objects.count; i++) {
		both_ways(objects.items[i]->kind->schema, objects.items[i]->body);
		seen[objects.items[i]->kind->id] = true;
	}
	objects_done(&objects);
}

static void test_every_kind(void **state)
{
	static const char *const files[] = { "core", "pod", "policies", "workloads" };
	bool seen[KIND_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		_cleanup_(freep) char *path = xasprintf("tests/mutation/good/%s.yaml", files[i]);

		round_trip_file(path, seen);
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].in_manifests && !seen[i])
			fail_msg("no manifest of kind %s", kinds[i].name);
}

/* --- a pod's status -------------------------------------------------------------------------------------- */

static const char typical[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"default\"},"
	"\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"registry.example/web:1\"}]},"
	"\"status\":{\"phase\":\"Running\",\"conditions\":["
	"{\"type\":\"PodScheduled\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T10:00:01Z\"},"
	"{\"type\":\"PodReadyToStartContainers\",\"status\":\"True\",\"lastTransitionTime\":"
	"\"2026-11-21T10:00:03Z\"},"
	"{\"type\":\"Initialized\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T10:00:04Z\"},"
	"{\"type\":\"ContainersReady\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T10:00:07Z\"},"
	"{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T10:00:07Z\"}],"
	"\"hostIP\":\"192.168.12.34\",\"hostIPs\":[{\"ip\":\"192.168.12.34\"}],\"podIP\":\"10.244.17.9\","
	"\"podIPs\":[{\"ip\":\"10.244.17.9\"}],\"startTime\":\"2026-11-21T10:00:03Z\","
	"\"containerStatuses\":[{\"name\":\"web\",\"ready\":true,\"restartCount\":0,\"started\":true,"
	"\"state\":{\"running\":{\"startedAt\":\"2026-11-21T10:00:05Z\"}},"
	"\"image\":\"registry.example/web:1\",\"imageID\":"
	"\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
	"\"containerID\":\"pintle://0f1e2d3c4b5a69788796a5b4c3d2e1f0\"}],\"qosClass\":\"BestEffort\"}}";

static struct object *typical_pod(void)
{
	struct object *o = NULL;

	assert_int_equal(object_load_json(typical, strlen(typical), &o, NULL), 0);
	return o;
}

static void test_typical_status(void **state)
{
	_cleanup_(object_unrefp) struct object *o = typical_pod();
	_cleanup_(intern_freep) struct intern *texts = intern_new();
	const struct pod_status *s = &object_pod(o)->status;
	_cleanup_(freep) char *json = text_of(&schema_pod_status, s);
	size_t len = round_trip(texts, &schema_pod_status, s);

	(void)state;
	print_message("a typical PodStatus: %zu bytes packed, %zu as JSON\n", len, strlen(json));
	assert_in_range(len, 1, TYPICAL_MAX);
}

/* While one packed copy is kept, another of the same struct has the same bytes, whatever comes and goes beside it. */
static void test_equal_bytes(void **state)
{
	_cleanup_(object_unrefp) struct object *o = typical_pod();
	_cleanup_(intern_freep) struct intern *texts = intern_new();
	_cleanup_(buf_done) struct buf first = BUF_INIT, other = BUF_INIT, second = BUF_INIT;
	struct pod_status s = object_pod(o)->status, b = { .phase = "Failed", .reason = "Evicted" };

	(void)state;
	schema_pack(texts, &schema_pod_status, &b, &other);
	schema_pack(texts, &schema_pod_status, &s, &first);
	schema_pack_drop(texts, &schema_pod_status, other.data, other.len);
	schema_pack(texts, &schema_pod_status, &s, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	s.phase = "Failed";
	buf_clear(&other);
	schema_pack(texts, &schema_pod_status, &s, &other);
	assert_true(other.len != first.len || memcmp(other.data, first.data, first.len) != 0);
}

static void test_damage(void **state)
{
	_cleanup_(object_unrefp) struct object *o = typical_pod();
	_cleanup_(intern_freep) struct intern *texts = intern_new();
	_cleanup_(buf_done) struct buf bytes = BUF_INIT;

	(void)state;
	schema_pack(texts, &schema_pod_status, &object_pod(o)->status, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);
		struct pod_status s = { 0 };

		assert_int_equal(
			schema_unpack(texts, &schema_pod_status, bytes.data, len, arena, &s), -EBADMSG);
	}
	buf_addc(&bytes, 0);
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct pod_status s = { 0 };
	assert_int_equal(
		schema_unpack(texts, &schema_pod_status, bytes.data, bytes.len, arena, &s), -EBADMSG);
	assert_int_equal(
		schema_unpack(NULL, &schema_pod_status, bytes.data, bytes.len - 1, arena, &s), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_member),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_typical_status),
		cmocka_unit_test(test_equal_bytes),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
