/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "lib/object/yaml_edit.h"

enum { STEPS = 6 };

/* The object begins at line LINE (0: 1), column COL (0: 1). */
struct edit_case {
	const char *name;
	const char *steps[STEPS]; /* "[2]": an item */
	const char *value;        /* as YAML; NULL: take it out */
	const char *before;
	const char *after; /* or NULL */
	const char *error; /* in its place */
	uint32_t line, col;
	int code; /* of an error; 0: -EOPNOTSUPP */
};

static size_t steps_of(const struct edit_case *c, struct yaml_step *ret)
{
	size_t n = 0;

	for (; n < STEPS && c->steps[n]; n++) {
		int64_t index = 0;
		if (c->steps[n][0] == '[') {
			for (const char *p = c->steps[n] + 1; *p != ']'; p++)
				index = index * 10 + (*p - '0');
			ret[n] = (struct yaml_step){ .index = (size_t)index };
		} else {
			ret[n] = (struct yaml_step){ .key = c->steps[n] };
		}
	}
	return n;
}

static int run_case(const struct edit_case *c, struct buf *out, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct yaml_step steps[STEPS];
	struct yaml_documents value = { 0 };
	struct diags diags;
	struct yaml_edit edit = { .line = c->line ? c->line : 1, .col = c->col ? c->col : 1, .steps = steps };

	edit.step_count = steps_of(c, steps);
	diags_init(&diags);
	if (c->value) {
		_cleanup_(buf_done) struct buf map = BUF_INIT;
		buf_addf(&map, "v: %s\n", c->value);
		assert_int_equal(
			yaml_parse(a, "v", map.data, map.len, &yaml_limits_default, &value, &diags), 0);
		edit.value = value_get(value.items[0], "v");
	}
	int r = yaml_edit("f.yaml", c->before, strlen(c->before), &edit, out, err);
	diags_done(&diags);
	return r;
}

static void check_case(const struct edit_case *c)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct err err = { 0 };
	int r = run_case(c, &out, &err);

	if (c->after) {
		if (r != 0)
			fail_msg("%s: %s", c->name, err_text(&err));
		if (!str_eq(out.data, c->after))
			fail_msg("%s: expected:\n%s\ngot:\n%s", c->name, c->after, out.data);
		return;
	}
	if (r != (c->code ? c->code : -EOPNOTSUPP))
		fail_msg("%s: returned %d; %s\n%s", c->name, r, err_text(&err), out.data);
	if (c->error && !strstr(err_text(&err), c->error))
		fail_msg("%s: expected the error %s, got %s", c->name, c->error, err_text(&err));
	assert_int_equal(out.len, 0);
}

#define CASES(array)                                     \
	for (size_t i_ = 0; i_ < ARRAY_LEN(array); i_++) \
	check_case(&(array)[i_])

#define UNSCHEDULABLE                   \
	{                               \
		"spec", "unschedulable" \
	}
#define DRAIN                                                 \
	{                                                     \
		"metadata", "annotations", "pintle.dev/drain" \
	}

static void test_block(void **state)
{
	static const struct edit_case cases[] = {
		{ "a value is replaced, and its comment stays", UNSCHEDULABLE, "true",
			"spec: # s\n  unschedulable: false   # why\n# end\n",
			.after = "spec: # s\n  unschedulable: true   # why\n# end\n" },
		{ "an entry goes behind the last", UNSCHEDULABLE, "true",
			"kind: Node\nspec:\n  podCIDR: 10.0.0.0/24 # c\n\n# behind\nstatus: {}\n",
			.after = "kind: Node\nspec:\n  podCIDR: 10.0.0.0/24 # c\n  unschedulable: true\n\n# "
				 "behind\nstatus: {}\n" },
		{ "a map that is missing", UNSCHEDULABLE, "true", "kind: Node\nmetadata:\n    name: a\n",
			.after = "kind: Node\nmetadata:\n    name: a\nspec:\n    unschedulable: true\n" },
		{ "two maps that are missing", { "a", "b", "c" }, "x", "kind: N\n",
			.after = "kind: N\na:\n  b:\n    c: x\n" },
		{ "no line end at the end", UNSCHEDULABLE, "true", "kind: Node\nspec:\n  a: 1",
			.after = "kind: Node\nspec:\n  a: 1\n  unschedulable: true" },
		{ "CRLF", UNSCHEDULABLE, "true", "kind: Node\r\nspec:\r\n  a: 1\r\n",
			.after = "kind: Node\r\nspec:\r\n  a: 1\r\n  unschedulable: true\r\n" },
		{ "text that would be a boolean", DRAIN, "\"true\"",
			"metadata:\n  name: a\n  annotations:\n    x: y\nspec: {}\n",
			.after = "metadata:\n  name: a\n  annotations:\n    x: y\n    pintle.dev/drain: "
				 "\"true\"\nspec: {}\n" },
		{ "quotes are kept", DRAIN, "\"true\"",
			"metadata:\n  annotations:\n    pintle.dev/drain: 'false'\n",
			.after = "metadata:\n  annotations:\n    pintle.dev/drain: 'true'\n" },
		{ "a null becomes a map", DRAIN, "\"true\"",
			"metadata:\n  annotations:   # none\n  name: a\n",
			.after = "metadata:\n  annotations:   # none\n    pintle.dev/drain: \"true\"\n  "
				 "name: a\n" },
		{ "a null that is written", DRAIN, "\"true\"",
			"metadata:\n  annotations: ~ # none\n  name: a\n",
			.after = "metadata:\n  annotations: # none\n    pintle.dev/drain: \"true\"\n  name: "
				 "a\n" },
		{ "a null value", { "spec", "a" }, "5", "spec:\n  a:\n  b: 1\n",
			.after = "spec:\n  a: 5\n  b: 1\n" },
		{ "an empty map in brackets", DRAIN, "\"true\"", "metadata:\n  annotations: {}\n",
			.after = "metadata:\n  annotations: {pintle.dev/drain: \"true\"}\n" },
		{ "behind a block scalar", UNSCHEDULABLE, "true", "spec:\n  a: |\n    x\n\n    y\n\n\nz: 1\n",
			.after = "spec:\n  a: |\n    x\n\n    y\n  unschedulable: true\n\n\nz: 1\n" },
		{ "behind a block scalar that keeps its line ends", UNSCHEDULABLE, "true",
			"spec:\n  a: |+\n    x\n\nz: 1\n",
			.after = "spec:\n  a: |+\n    x\n\n  unschedulable: true\nz: 1\n" },
		{ "a block scalar gives way", { "spec", "a" }, "b", "spec:\n  a: >-\n    x\n    y\n  c: d\n",
			.after = "spec:\n  a: b\n  c: d\n" },
		{ "characters of several bytes", { "b" }, "2", "# é — ü\na: \"é—ü\"\nb: 1 # ü\n",
			.after = "# é — ü\na: \"é—ü\"\nb: 2 # ü\n", .line = 2 },
		{ "a byte order mark", { "b" }, "2",
			"\xef\xbb\xbf"
			"a: é\nb: 1\n",
			.after = "\xef\xbb\xbf"
				 "a: é\nb: 2\n" },
		{ "an item of a list", { "c", "[1]", "image" }, "x:2",
			"c:\n- name: a\n  image: x:1\n- image: x:1 # web\n  name: b\n",
			.after = "c:\n- name: a\n  image: x:1\n- image: x:2 # web\n  name: b\n" },
		{ "an entry of an item", { "c", "[0]", "image" }, "x:2", "c:\n  - name: a\n  - name: b\n",
			.after = "c:\n  - name: a\n    image: x:2\n  - name: b\n" },
		{ "text over several lines", { "a" }, "b", "a: \"x\n  y\"\nc: 1\n",
			.after = "a: \"b\"\nc: 1\n" },
		{ "it says so", UNSCHEDULABLE, "true", "spec:\n  unschedulable: yes\n", .code = -EALREADY },
	};

	(void)state;
	CASES(cases);
}

static void test_flow(void **state)
{
	static const struct edit_case cases[] = {
		{ "a value", UNSCHEDULABLE, "true", "spec: {unschedulable: false, a: 1} # c\n",
			.after = "spec: {unschedulable: true, a: 1} # c\n" },
		{ "an entry", UNSCHEDULABLE, "true", "spec: {a: [1, 2]}\n",
			.after = "spec: {a: [1, 2], unschedulable: true}\n" },
		{ "an object on one line", DRAIN, "\"true\"", "{kind: Node, metadata: {name: a}}\n",
			.after = "{kind: Node, metadata: {name: a, annotations: {pintle.dev/drain: "
				 "\"true\"}}}\n" },
		{ "a comma at the end", UNSCHEDULABLE, "true", "spec: {a: 1,}\n",
			.after = "spec: {a: 1, unschedulable: true}\n" },
		{ "over lines", UNSCHEDULABLE, "true", "spec: {\n    a: 1, # one\n    b: 2 # two\n  }\n",
			.after =
				"spec: {\n    a: 1, # one\n    b: 2, # two\n    unschedulable: true\n  }\n" },
		{ "over lines with commas", UNSCHEDULABLE, "true", "spec: {\n    a: 1,\n  }\n",
			.after = "spec: {\n    a: 1,\n    unschedulable: true,\n  }\n" },
		{ "text with brackets", { "a", "b" }, "'x,y'", "a: {c: 1}\n",
			.after = "a: {c: 1, b: \"x,y\"}\n" },
		{ "nothing yet", { "a", "b" }, "1", "{a: , c: 1}\n", .after = "{a: {b: 1}, c: 1}\n" },
		{ "JSON", DRAIN, "\"true\"",
			"{\"kind\": \"Node\",\n  \"metadata\": {\n    \"name\": \"a\"\n  }\n}\n",
			.after = "{\"kind\": \"Node\",\n  \"metadata\": {\n    \"name\": \"a\",\n    "
				 "\"annotations\": "
				 "{\"pintle.dev/drain\": \"true\"}\n  }\n}\n" },
		{ "JSON text", { "a" }, "b", "{\"a\":\"c\"}", .after = "{\"a\":\"b\"}" },
	};

	(void)state;
	CASES(cases);
}

static void test_take_out(void **state)
{
	static const struct edit_case cases[] = {
		{ "a line", UNSCHEDULABLE, NULL, "spec:\n  a: 1\n  # why\n  unschedulable: true\n  b: 2\n",
			.after = "spec:\n  a: 1\n  # why\n  b: 2\n" },
		{ "all of a map", DRAIN, NULL,
			"metadata:\n  name: a\n  annotations:\n    # kept\n    pintle.dev/drain: "
			"\"true\"\nspec: {}\n",
			.after = "metadata:\n  name: a\n    # kept\nspec: {}\n" },
		{ "all of a map in brackets", DRAIN, NULL,
			"metadata:\n  name: a\n  annotations: {pintle.dev/drain: \"true\"}\nspec: {}\n",
			.after = "metadata:\n  name: a\nspec: {}\n" },
		{ "the object stays", { "a" }, NULL, "{a: 1}\n", .after = "{}\n" },
		{ "the first in brackets", { "m", "a" }, NULL, "m: {a: 1, b: 2}\n", .after = "m: {b: 2}\n" },
		{ "one in the middle", { "m", "b" }, NULL, "m: {a: 1, b: 2, c: 3}\n",
			.after = "m: {a: 1, c: 3}\n" },
		{ "the last in brackets", { "m", "b" }, NULL, "m: {a: 1, b: 2 }\n", .after = "m: {a: 1 }\n" },
		{ "over lines", { "m", "b" }, NULL, "m: {\n  a: 1, # one\n  b: 2\n}\n",
			.after = "m: {\n  a: 1 # one\n  \n}\n" },
		{ "at the end without a line end", UNSCHEDULABLE, NULL,
			"spec:\n  a: 1\n  unschedulable: true", .after = "spec:\n  a: 1" },
		{ "it is not there", UNSCHEDULABLE, NULL, "spec:\n  a: 1\n", .code = -EALREADY },
		{ "nor is the map", UNSCHEDULABLE, NULL, "kind: N\n", .code = -EALREADY },
		{ "a block scalar", { "m", "a" }, NULL, "m:\n  a: |\n    x\n\n    y\n  b: 1\n",
			.after = "m:\n  b: 1\n" },
		{ "the first of an item", { "l", "[0]", "a" }, NULL, "l:\n- a: 1\n  b: 2\n",
			.error = "f.yaml:2: a is the first of a list's item; edit it by hand" },
	};

	(void)state;
	CASES(cases);
}

static void test_documents(void **state)
{
	static const struct edit_case cases[] = {
		{ "the second", { "a" }, "2", "a: 1\n---\n# two\na: 1\n---\na: 1\n",
			.after = "a: 1\n---\n# two\na: 2\n---\na: 1\n", .line = 4 },
		{ "the end of the first", { "b" }, "2", "a: 1\n---\na: 1\n",
			.after = "a: 1\nb: 2\n---\na: 1\n" },
		{ "before an end", { "b" }, "2", "a: 1\n...\n---\na: 1\n",
			.after = "a: 1\nb: 2\n...\n---\na: 1\n" },
		{ "an item of a List", { "a" }, "2", "kind: List\nitems:\n- a: 1\n  c: 3\n- a: 1\n",
			.after = "kind: List\nitems:\n- a: 1\n  c: 3\n- a: 2\n", .line = 5, .col = 3 },
		{ "an item of a List in JSON", { "b" }, "2", "{\"items\": [{\"a\": 1}, {\"a\": 1}]}",
			.after = "{\"items\": [{\"a\": 1}, {\"a\": 1, \"b\": 2}]}", .col = 22 },
		{ "no object", { "a" }, "2", "a: 1\n", .line = 2, .code = -ENOENT, .error = "f.yaml:2: " },
		{ "no YAML", { "a" }, "2", "a: [\n", .code = -EBADMSG, .error = "f.yaml:2:1: " },
	};

	(void)state;
	CASES(cases);
}

static void test_shared(void **state)
{
	static const struct edit_case cases[] = {
		{ "an anchor", UNSCHEDULABLE, "true", "spec: &s\n  a: 1\nb: *s\n",
			.error = "f.yaml:1: other places may refer to it by its anchor &s; edit it by hand" },
		{ "an anchor of the value", UNSCHEDULABLE, "true",
			"spec:\n  unschedulable: &f false\nb: *f\n",
			.error = "f.yaml:2: other places may refer to it by its anchor &f" },
		{ "an alias", UNSCHEDULABLE, "true", "b: &s\n  a: 1\nspec: *s\n",
			.error = "f.yaml:3: *s stands for what is written elsewhere" },
		{ "a merge key", UNSCHEDULABLE, "true", "b: &s\n  a: 1\nspec:\n  <<: *s\n",
			.error = "f.yaml:4: a part of it comes from elsewhere by a merge key (<<)" },
		{ "an anchor around the object", { "a" }, "2", "- &x\n  - a: 1\n- *x\n", .line = 2, .col = 5,
			.error = "f.yaml:1: other places may refer to it by its anchor &x" },
		{ "anchors elsewhere", { "a" }, "2", "b: &x 1\nc: *x\na: 1\n",
			.after = "b: &x 1\nc: *x\na: 2\n" },
	};

	(void)state;
	CASES(cases);
}

static void test_refused(void **state)
{
	static const struct edit_case cases[] = {
		{ "no map on the way", UNSCHEDULABLE, "true", "spec: 5\n",
			.error = "f.yaml:1: spec is no map" },
		{ "a map where a scalar goes", { "spec" }, "true", "spec: {a: 1}\n",
			.error = "f.yaml:1: a map stands there" },
		{ "a list where a scalar goes", { "spec" }, "true", "spec:\n- a\n",
			.error = "f.yaml:2: a list stands there" },
		{ "no such item", { "l", "[3]", "a" }, "1", "l: [{a: 2}]\n", .error = "f.yaml:1: " },
		{ "a key in a form of its own", { "m", "c" }, "1", "m:\n  ? a\n  : b\n",
			.error = "f.yaml:1: it is laid out in a way that can't be changed safely" },
	};

	(void)state;
	CASES(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_take_out),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
