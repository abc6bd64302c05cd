/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ControllerRevisions: only the tree has them; what is read is written again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nobody writes one",
		"apiVersion: apps/v1\n"
		"kind: ControllerRevision\n"
		"metadata: {name: x}\n"
		"revision: 1\n",
		"a.yaml:2:7: error: ControllerRevision/x: ControllerRevision is written by DaemonSets and "
		"StatefulSets themselves; leave it out\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

/* A StatefulSet's template names claims that are not in it. */
static const char stored[] =
	"{\"apiVersion\":\"apps/"
	"v1\",\"kind\":\"ControllerRevision\",\"metadata\":{\"name\":\"db-5h5jtj842q\","
	"\"namespace\":\"ns\",\"labels\":{\"app\":\"db\"}},\"data\":{\"spec\":{\"template\":{\"$patch\":"
	"\"replace\",\"metadata\":{\"labels\":{\"app\":\"db\"}},\"spec\":{\"initContainers\":[{\"name\":"
	"\"i\","
	"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\",\"volumeMounts\":[{\"name\":\"more\","
	"\"mountPath\":\"/more\"}],\"terminationMessagePath\":\"/dev/termination-log\","
	"\"terminationMessagePolicy\":\"File\"}],\"containers\":[{\"name\":\"c\",\"image\":\"i:1\","
	"\"imagePullPolicy\":\"IfNotPresent\",\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/data\"}],"
	"\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],"
	"\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
	"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}}}},\"revision\":3}";

static void test_stored(void **state)
{
	_cleanup_(object_unrefp) struct object *o = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	const struct controller_revision *c;
	struct err err = { 0 };

	(void)state;
	if (object_load_json(stored, strlen(stored), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	c = object_controller_revision(o);
	assert_int_equal(c->revision, 3);
	assert_string_equal(c->data.spec.template.patch, "replace");
	assert_string_equal(c->data.spec.template.template.spec.containers.items[0].image, "i:1");
	assert_string_equal(string_map_get(&c->data.spec.template.template.meta.labels, "app"), "db");
	object_write_json(&json, o, 0, NULL);
	assert_string_equal(text.data, stored);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
