/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects from YAML, for tests of the scheduler. Include after cmocka.h; each test is a program of its own, so that all is static.
 * Objects are read as they are stored, so that a Node's status counts; those that name no namespace are in "default". What is wrong
 * with the text fails the test.
 */
#pragma once

#include <string.h>

#include "lib/base/buf.h"
#include "lib/object/object.h"
#include "sched/sched.h"

/* All objects of YAML; end with objects_done. */
static inline struct objects load_all(const char *yaml)
{
	const struct object_load_options options = {
		.path = "t", .default_namespace = "default", .mode = DECODE_STORED
	};
	struct objects list = { 0 };
	struct diags diags;

	diags_init(&diags);
	if (object_load_yaml(yaml, strlen(yaml), &options, &list, &diags) < 0) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		diags_format(&diags, &text);
		fail_msg("%s\n%s", yaml, text.data);
	}
	diags_done(&diags);
	return list;
}

/* The one object of YAML; a reference. */
static inline struct object *load(const char *yaml)
{
	struct objects list = load_all(yaml);
	struct object *o;

	assert_int_equal(list.count, 1);
	o = object_ref(list.items[0]);
	objects_done(&list);
	return o;
}

/* What POD, which must outlive it, asks for; a reference. */
static inline struct sched_request *load_request(const struct object *pod)
{
	return sched_request_new(&object_pod(pod)->spec, pod->meta->namespace, &pod->meta->labels);
}
