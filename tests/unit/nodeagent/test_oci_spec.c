/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Golden files: tests/unit/nodeagent/oci_spec/NAME.yaml is a pod, NAME.json the config.json of its first container.
 * build/tests/nodeagent/test_oci_spec --update writes each NAME.json anew; look at what git diff says then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "nodeagent/oci_spec.h"
#include "tests/unit/lib/object/load.h"

#define GOLDEN "tests/unit/nodeagent/oci_spec"
enum { FILE_MAX = 1 << 20 };

static bool update;

/* What was looked up for the container: the same for all cases, less what a pod of the host's does not get. */
static struct oci_input input_of(const struct pod *pod, const char *name)
{
	static const char *args[] = { "/bin/server", "--name", "a \"quoted\" word" };
	static const char *env[] = { "PATH=/bin", "EMPTY=", "LINES=one\ntwo" };
	static const struct oci_mount mounts[] = {
		{ "/home/volumes/data", "/data", false, NULL },
		{ "/home/volumes/config", "/etc/app", true, "None" },
	};
	static const struct oci_mount shared[] = {
		{ "/home/volumes/shm", "/dev/shm", false, NULL },
		{ "/host", "/host", true, "HostToContainer" },
	};
	static const struct oci_mount both_ways[] = {
		{ "/a", "/a", false, "HostToContainer" },
		{ "/b", "/b", false, "Bidirectional" },
	};
	struct oci_input in = {
		.pod = pod,
		.container = &pod->spec.containers.items[0],
		.args = { args, ARRAY_LEN(args) },
		.env = { env, ARRAY_LEN(env) },
		.cwd = "/srv",
		.rootfs = "/run/rootfs",
		.cgroups_path = "/pintle/x/pod/c.0",
		.cgroup_v2 = true,
		.oom_score_adj = 500,
		.oom_score_adj_min = INT64_MIN,
	};

	if (str_eq(name, "minimal"))
		return in;
	in.mounts = (struct oci_mounts){ mounts, ARRAY_LEN(mounts) };
	if (str_eq(name, "propagation"))
		in.mounts = (struct oci_mounts){ shared, ARRAY_LEN(shared) };
	else if (str_eq(name, "privileged"))
		in.mounts = (struct oci_mounts){ both_ways, ARRAY_LEN(both_ways) };
	in.shm = "/run/shm";
	in.resources = "{\"memory\":{\"limit\":1048576}}";
	in.seccomp = "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}";
	in.user = (struct user_ids){ .uid = 1000, .gid = 1001, .name = "web", .home = "/srv" };
	if (pod->spec.host_network) {
		in.cgroup_v2 = false;
		in.shm = NULL;
		in.cwd = NULL;
		in.oom_score_adj = -997;
		in.oom_score_adj_min = -100;
		return in;
	}
	static int64_t groups[] = { 5, 4294967294 };
	in.user.groups = (struct ints){ groups, ARRAY_LEN(groups) };
	in.net_ns = "/run/ns/net";
	in.ipc_ns = "/run/ns/ipc";
	in.uts_ns = "/run/ns/uts";
	return in;
}

/* The text as a person reads it, so that a difference is a line. */
static void pretty(const char *text, size_t len, struct buf *out)
{
	struct arena *a = arena_new(0);
	struct json_writer w = JSON_WRITER(out, 1);
	struct value *v;
	struct err err = { 0 };

	if (json_parse(a, text, len, &v, &err) < 0)
		fail_msg("what was written is no JSON: %s", err_text(&err));
	json_value(&w, v);
	buf_addc(out, '\n');
	arena_free(a);
}

static void check_case(const char *name)
{
	_cleanup_(freep) char *yaml_path = xasprintf("%s/%s.yaml", GOLDEN, name),
			      *json_path = xasprintf("%s/%s.json", GOLDEN, name);
	_cleanup_(buf_done) struct buf yaml = BUF_INIT, want = BUF_INIT, text = BUF_INIT, got = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;
	struct err err = { 0 };

	if (fs_read(AT_FDCWD, yaml_path, FILE_MAX, &yaml, &err) < 0)
		fail_msg("%s", err_text(&err));
	o = load_one(yaml.data);
	struct oci_input in = input_of(object_pod(o), name);
	if (oci_spec_write(&text, &in, &err) < 0)
		fail_msg("%s: %s", name, err_text(&err));
	pretty(text.data, text.len, &got);
	if (update) {
		assert_int_equal(fs_write(AT_FDCWD, json_path, got.data, got.len, 0644, 0, NULL), 0);
		return;
	}
	if (fs_read(AT_FDCWD, json_path, FILE_MAX, &want, &err) < 0)
		fail_msg("%s", err_text(&err));
	if (strcmp(want.data, got.data) != 0)
		fail_msg("%s: expected\n%s\nfound\n%s", name, want.data, got.data);
}

static void golden(void **state)
{
	char **names;
	size_t count, cases = 0;

	(void)state;
	assert_int_equal(fs_list(AT_FDCWD, GOLDEN, &names, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		if (!str_ends(names[i], ".yaml"))
			continue;
		names[i][strlen(names[i]) - strlen(".yaml")] = 0;
		check_case(names[i]);
		cases++;
	}
	fs_names_free(names, count);
	assert_true(cases >= 6);
}

/* --- capabilities ---------------------------------------------------------------------------------------- */

/* Of the words of NAMES, parted by spaces. */
static struct strings words(struct arena *a, const char *names)
{
	struct strings list = { arena_array(a, 8, sizeof(char *)), 0 };

	while (*names) {
		size_t len = strcspn(names, " ");

		list.items[list.count++] = arena_strndup(a, names, len);
		names += len + (names[len] == ' ');
	}
	return list;
}

static void capabilities(void **state)
{
	static const struct {
		const char *add, *drop;
		bool privileged;
		const char *probe; /* a capability, and whether it is there */
		bool want;
	} cases[] = {
		{ "", "", false, "CHOWN", true },
		{ "", "", false, "CAP_CHOWN", true },
		{ "", "", false, "SYS_ADMIN", false },
		{ "", "", true, "SYS_ADMIN", true },
		{ "", "ALL", false, "CHOWN", false },
		{ "", "all", false, "CHOWN", false },
		{ "", "All", true, "SYS_ADMIN", false },
		{ "", "chown", false, "CHOWN", false },
		{ "", "cap_chown", false, "CHOWN", false },
		{ "", "chown", false, "KILL", true },
		{ "NET_ADMIN", "", false, "NET_ADMIN", true },
		{ "net_admin", "", false, "NET_ADMIN", true },
		{ "CAP_NET_ADMIN", "ALL", false, "NET_ADMIN", true },
		{ "NET_BIND_SERVICE", "ALL", false, "CHOWN", false },
		{ "ALL", "", false, "SYS_ADMIN", true },
		{ "all", "SYS_ADMIN", false, "SYS_ADMIN", false },
		{ "all", "SYS_ADMIN", false, "SYS_TIME", true },
		{ "SYS_ADMIN", "SYS_ADMIN", false, "SYS_ADMIN", true },
		{ "ALL", "ALL", false, "CHOWN", false },
	};
	struct arena *a = arena_new(0);
	uint64_t set;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct capabilities own = { words(a, cases[i].add), words(a, cases[i].drop) };
		struct security_context sc = { .capabilities = &own,
			.privileged = { true, cases[i].privileged } };
		struct container c = { .security_context = &sc };

		assert_int_equal(oci_capabilities(&c, &set, NULL), 0);
		if (oci_capability_has(set, cases[i].probe) != cases[i].want)
			fail_msg("add \"%s\" drop \"%s\": %s", cases[i].add, cases[i].drop, cases[i].probe);
	}
	arena_free(a);
}

static void unknown_capabilities(void **state)
{
	static const char *const names[] = { "NO_SUCH", "", "CAP_", "CAP_ALL", "CHOWN " };
	uint64_t set;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (int drop = 0; drop < 2; drop++) {
			const char *name = names[i];
			struct strings list = { &name, 1 };
			struct capabilities own = { 0 };
			struct security_context sc = { .capabilities = &own };
			struct container c = { .name = "c", .security_context = &sc };
			struct pod pod = { 0 };
			struct oci_input in = { .pod = &pod, .container = &c };
			_cleanup_(buf_done) struct buf out = BUF_INIT;
			_cleanup_(freep) char *want = xasprintf("there is no capability \"%s\"", name);
			struct err err = { 0 };

			*(drop ? &own.drop : &own.add) = list;
			assert_int_equal(oci_capabilities(&c, &set, &err), -EINVAL);
			assert_string_equal(err_text(&err), want);
			assert_int_equal(oci_spec_write(&out, &in, NULL), -EINVAL);
		}
}

/* --- memory pressure --------------------------------------------------------------------------------------- */

/* kubelet's TestGetContainerOOMScoreAdjust, and the ends of the range. */
static void oom_scores(void **state)
{
	static const char burstable[] = "{requests: {memory: %s}}",
			  guaranteed[] = "{limits: {cpu: 1, memory: %s}, requests: {cpu: 1, memory: %s}}";
	static const struct {
		const char *resources, *memory;
		int64_t node, want;
	} cases[] = {
		{ "{}", "", 8000000000, 1000 },
		{ guaranteed, "1Gi", 8000000000, -997 },
		{ guaranteed, "1Gi", 0, -997 },
		{ burstable, "0", 8000000000, 1000 }, /* a request for nothing is none */
		{ burstable, "1", 8000000000, 999 },
		{ burstable, "4000000000", 8000000000, 500 },
		{ burstable, "7999999999", 8000000000, 3 },
		{ burstable, "8000000000", 8000000000, 3 },
		{ burstable, "9Ei", 8000000000, 3 },
		{ burstable, "1", 0, 1000 },
		{ "{requests: {cpu: 100m}}", "", 8000000000, 999 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf resources = BUF_INIT, yaml = BUF_INIT;
		_cleanup_(object_unrefp) struct object *o = NULL;

		/* Each "%s" of the pattern is the memory. */
		for (const char *p = cases[i].resources; *p; p++)
			if (str_starts(p, "%s")) {
				buf_adds(&resources, cases[i].memory);
				p++;
			} else {
				buf_addc(&resources, *p);
			}
		buf_addf(&yaml,
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
			"  containers: [{name: c, image: \"i:1\", resources: %s}]\n",
			resources.data);
		o = load_one(yaml.data);
		const struct pod *pod = object_pod(o);
		int64_t got = oci_oom_score_adj(pod, &pod->spec.containers.items[0], cases[i].node);
		if (got != cases[i].want)
			fail_msg("%s of %lld: expected %lld, found %lld", resources.data,
				(long long)cases[i].node, (long long)cases[i].want, (long long)got);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(unknown_capabilities),
		cmocka_unit_test(oom_scores),
	};

	update = argc > 1 && strcmp(argv[1], "--update") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
