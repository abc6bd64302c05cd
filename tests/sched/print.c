/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A script for people: each object as YAML where it comes, each event as a comment. */
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml.h"
#include "tests/sched/text.h"
#include "tests/sched/trial.h"

static void print_document(const struct buf *json, FILE *out)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(json->len);
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;
	struct err err = { 0 };
	struct value *v;

	if (json_parse(a, json->data, json->len, &v, &err) < 0)
		return;
	yaml_write(&yaml, v);
	fprintf(out, "---\n%s", yaml.data);
}

static void print_event(const struct script *s, const struct happening *e, FILE *out)
{
	static const char *const words[] = { "", "goes", "waits for its processors", "", "goes",
		"is on a node already", "", "leaves", "is gone", "all that wait have their turns" };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char name[32];

	if (e->kind == EVENT_NODE)
		text_node(s, e->who, e->seq, &text);
	else if (e->kind == EVENT_OBJECT)
		text_object(s, e->who, e->seq, &text);
	else if (e->kind == EVENT_COMES || e->kind == EVENT_STANDS) {
		snprintf(name, sizeof(name), "p%u", e->seq);
		text_pod(s, e->who, name, &text);
	}
	fprintf(out, "# event %u: %u %s\n", e->seq, e->who, words[e->kind]);
	if (text.len > 0)
		print_document(&text, out);
}

void trial_print(const struct script *s, FILE *out)
{
	struct trial_result r;

	for (size_t i = 0; i < s->count; i++)
		print_event(s, &s->events[i], out);
	(void)r;
}
