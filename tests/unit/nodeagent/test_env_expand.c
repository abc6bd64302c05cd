/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "nodeagent/env_expand.h"

/* Cases of kubelet's expansion tests. */
static void expansion(void **state)
{
	static const char *vars[] = { "A=a", "B=b", "E=", "N=$(A)" };
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "$(A)", "a" },
		{ "$(A)$(B)", "ab" },
		{ "x$(A)y", "xay" },
		{ "$(E)", "" },
		{ "$(N)", "$(A)" },
		{ "$(NO)", "$(NO)" },
		{ "$$(A)", "$(A)" },
		{ "$$$(A)", "$a" },
		{ "$$$$(A)", "$$(A)" },
		{ "$(A", "$(A" },
		{ "$", "$" },
		{ "$$", "$" },
		{ "$A", "$A" },
		{ "$()", "$()" },
		{ "a$", "a$" },
		{ "$($(A))", "$($(A))" },
	};
	struct strings env = { vars, ARRAY_LEN(vars) };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(env_expand(a, cases[i].text, &env), cases[i].want);
	arena_free(a);
}

static struct object *pod_load(const char *container)
{
	char text[4096];
	struct object *o = NULL;
	struct err err = { 0 };

	snprintf(text, sizeof(text),
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"ns\","
		"\"uid\":\"u\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\",%s}]}}",
		container);
	if (object_load_json(text, strlen(text), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static const struct config_map *find_config_map(void *arg, const char *name)
{
	(void)name;
	return arg ? object_config_map(arg) : NULL;
}

static const struct secret *find_secret(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static const char *value_of(const struct strings *env, const char *name)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *rest = str_after(env->items[i], name);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

static int build(
	struct arena *a, const char *container, struct object *cm, struct strings *ret, struct err *err)
{
	static const char *image[] = { "FROM_IMAGE=1", "X=image" };
	struct object *o = pod_load(container);
	struct volume_sources sources = {
		.pod = object_pod(o), .config_map = find_config_map, .secret = find_secret, .arg = cm
	};
	struct strings image_env = { image, 2 };
	struct env_input in = { .sources = &sources,
		.container = &object_pod(o)->spec.containers.items[0],
		.image = &image_env,
		.hostname = "h",
		.pod_ip = "10.0.0.2",
		.host_ip = "10.0.0.1",
		.node = "n" };
	int r = env_build(a, &in, ret, err);

	object_unref(o);
	return r;
}

static void sources_in_order(void **state)
{
	static const char cm_text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\","
		"\"namespace\":\"ns\"},\"data\":{\"K\":\"map\",\"X\":\"map\"}}";
	struct arena *a = arena_new(0);
	struct object *cm = NULL;
	struct strings env;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(object_load_json(cm_text, strlen(cm_text), &cm, NULL), 0);
	assert_int_equal(
		build(a,
			"\"envFrom\":[{\"prefix\":\"P_\",\"configMapRef\":{\"name\":\"m\"}}],"
			"\"env\":[{\"name\":\"X\",\"value\":\"own\"},{\"name\":\"Y\",\"value\":\"$(X)-$(P_K)-"
			"$(Z)\"},"
			"{\"name\":\"Z\",\"value\":\"z\"},"
			"{\"name\":\"IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}},"
			"{\"name\":\"NODE\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"spec.nodeName\"}}},"
			"{\"name\":\"V\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"m\",\"key\":\"K\"}}}"
			"]",
			cm, &env, &err),
		0);
	assert_string_equal(value_of(&env, "FROM_IMAGE"), "1");
	assert_string_equal(value_of(&env, "X"), "own");
	assert_string_equal(value_of(&env, "P_X"), "map");
	assert_string_equal(value_of(&env, "Y"), "own-map-$(Z)");
	assert_string_equal(value_of(&env, "IP"), "10.0.0.2");
	assert_string_equal(value_of(&env, "NODE"), "n");
	assert_string_equal(value_of(&env, "V"), "map");
	assert_string_equal(value_of(&env, "HOSTNAME"), "h");
	assert_non_null(value_of(&env, "PATH"));
	object_unref(cm);
	arena_free(a);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *container, *want; /* want NULL: optional */
	} cases[] = {
		{ "\"envFrom\":[{\"configMapRef\":{\"name\":\"m\"}}]", "configmap \"m\" not found" },
		{ "\"envFrom\":[{\"secretRef\":{\"name\":\"s\"}}]", "secret \"s\" not found" },
		{ "\"envFrom\":[{\"configMapRef\":{\"name\":\"m\",\"optional\":true}}]", NULL },
		{ "\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}}"
		  "]",
			"secret \"s\" not found" },
		{ "\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\","
		  "\"optional\":true}}}]",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		struct strings env;
		struct err err = { 0 };
		int r = build(a, cases[i].container, NULL, &env, &err);

		assert_int_equal(r, cases[i].want ? -ENOENT : 0);
		if (cases[i].want)
			assert_string_equal(err_text(&err), cases[i].want);
		arena_free(a);
	}
}

/* docs: define a command and arguments for a container; the table of Kubernetes. */
static void commands(void **state)
{
	static const char *ep[] = { "/ep" }, *cmd[] = { "foo", "$(A)" }, *vars[] = { "A=a" };
	static const struct {
		const char *container, *want;
	} cases[] = {
		{ "\"command\":[]", "/ep foo $(A)" },
		{ "\"command\":[\"/c\"]", "/c" },
		{ "\"args\":[\"x\",\"$(A)\"]", "/ep x a" },
		{ "\"command\":[\"/c\"],\"args\":[\"$$(A)\"]", "/c $(A)" },
	};
	struct strings entrypoint = { ep, 1 }, image_cmd = { cmd, 2 }, env = { vars, 1 }, none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		struct object *o = pod_load(cases[i].container);
		struct strings got;
		struct buf text = BUF_INIT;

		assert_int_equal(env_command(a, &object_pod(o)->spec.containers.items[0], &entrypoint,
					 &image_cmd, &env, &got, NULL),
			0);
		for (size_t k = 0; k < got.count; k++)
			buf_addf(&text, "%s%s", k ? " " : "", got.items[k]);
		assert_string_equal(text.data, cases[i].want);
		buf_done(&text);
		object_unref(o);
		arena_free(a);
	}
	struct arena *a = arena_new(0);
	struct object *o = pod_load("\"tty\":false");
	struct strings got;

	assert_int_equal(
		env_command(a, &object_pod(o)->spec.containers.items[0], &none, &none, &env, &got, NULL),
		-EINVAL);
	object_unref(o);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expansion),
		cmocka_unit_test(sources_in_order),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
