/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A small table with a row of each kind, and decoding by it: what the engine's tests share.
 * Include after cmocka.h; each test is a program of its own, so that all is static.
 */
#pragma once

#include <string.h>

#include "lib/object/schema.h"

struct port {
	const char *name, *protocol;
	int64_t number;
};
struct extra {
	const char *note;
	struct opt_bool flag;
};
struct limits {
	struct quantity cpu;
	struct quantity_map others;
};
struct thing {
	const char *name, *policy, *uid, *secret;
	bool paused, enabled;
	struct opt_bool maybe;
	int64_t replicas;
	struct opt_int grace, when, period;
	struct int_or_string surge;
	struct bytes blob;
	struct extra extra;
	struct limits *limits;
	struct {
		struct port *items;
		size_t count;
	} ports;
	struct strings command;
	struct ints numbers;
	struct string_map labels;
	struct bytes_map data;
	const struct value *any;
	const char *probe, *legacy;
	bool host;
};

static const char *no_capitals(struct arena *a, const char *s)
{
	for (const char *c = s; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			return arena_printf(a, "must not have capitals, such as `%c`", *c);
	return NULL;
}

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const policies_pending[] = { "Never", NULL };

static const struct field port_fields[] = {
	{ "name", FIELD_STRING, .offset = offsetof(struct port, name) },
	{ "protocol", FIELD_STRING, .offset = offsetof(struct port, protocol), .values = protocols,
		.value_default = "TCP" },
	{ "number", FIELD_INT, FIELD_REQUIRED, .offset = offsetof(struct port, number), .min = 1,
		.max = 65535 },
};
static const struct schema schema_port = { .name = "Port", FIELDS(port_fields), .size = sizeof(struct port) };

static const struct field extra_fields[] = {
	{ "note", FIELD_STRING, .offset = offsetof(struct extra, note) },
	{ "flag", FIELD_OPT_BOOL, .offset = offsetof(struct extra, flag), .value_default = "true" },
};
static const struct schema schema_extra = {
	.name = "Extra", FIELDS(extra_fields), .size = sizeof(struct extra)
};

static const struct field limits_fields[] = {
	{ "cpu", FIELD_QUANTITY, .offset = offsetof(struct limits, cpu) },
	{ "others", FIELD_QUANTITY_MAP, .offset = offsetof(struct limits, others) },
};
static const struct schema schema_limits = {
	.name = "Limits", FIELDS(limits_fields), .size = sizeof(struct limits)
};

static void thing_defaults(struct arena *a, void *object)
{
	struct thing *t = object;

	(void)a;
	if (!t->grace.set)
		t->grace = (struct opt_int){ true, t->replicas * 10 };
}

static void thing_check(struct decode *d, const void *object, const struct value *v)
{
	const struct thing *t = object;

	if (t->replicas > 100 && !t->paused)
		decode_error(d, value_get(v, "replicas"), "replicas", "more than 100 only when paused");
	if (t->ports.count > 1 && t->ports.items[1].number == 99)
		decode_error(d, v, "ports[1].number", "is 99");
	if (t->enabled && t->paused)
		decode_hold(d, v, "paused", "paused with enabled is not supported yet");
}

#define AT(member) .offset = offsetof(struct thing, member)
static const struct field thing_fields[] = {
	{ .name = "kind", .kind = FIELD_NONE },
	{ "name", FIELD_STRING, FIELD_REQUIRED | FIELD_NOT_EMPTY, AT(name), .rule = no_capitals },
	{ "uid", FIELD_STRING, FIELD_SERVER_SET, AT(uid) },
	{ "policy", FIELD_STRING, AT(policy), .values = policies, .values_pending = policies_pending,
		.value_default = "Always" },
	{ "secret", FIELD_STRING, FIELD_SECRET, AT(secret) },
	{ "paused", FIELD_BOOL, AT(paused) },
	{ "enabled", FIELD_BOOL, AT(enabled), .value_default = "false" },
	{ "maybe", FIELD_OPT_BOOL, AT(maybe) },
	{ "replicas", FIELD_INT, AT(replicas), .value_default = "1", .min = 0, .max = INT64_MAX },
	{ "grace", FIELD_OPT_INT, AT(grace) },
	{ "when", FIELD_TIME, AT(when) },
	{ "period", FIELD_DURATION, AT(period) },
	{ "surge", FIELD_INT_OR_STRING, AT(surge), .value_default = "25%" },
	{ "blob", FIELD_BYTES, AT(blob) },
	{ "extra", FIELD_EMBED, AT(extra), .of = &schema_extra },
	{ "limits", FIELD_STRUCT, AT(limits), .of = &schema_limits },
	{ "ports", FIELD_STRUCTS, AT(ports), .of = &schema_port, .list_key = "number,protocol" },
	{ "command", FIELD_STRINGS, AT(command) },
	{ "numbers", FIELD_INTS, FIELD_NOT_EMPTY, AT(numbers) },
	{ "labels", FIELD_STRING_MAP, AT(labels), .rule = no_capitals },
	{ "data", FIELD_BYTES_MAP, FIELD_SECRET, AT(data) },
	{ "any", FIELD_ANY, AT(any) },
	{ "probe", FIELD_STRING, .support = PENDING, AT(probe), .hint = "probes come later" },
	{ "legacy", FIELD_STRING, .support = REFUSED, AT(legacy), .hint = "use policy" },
	{ "host", FIELD_BOOL, .support = ACCEPTED, AT(host) },
};
static const struct schema schema_thing = { .name = "Thing",
	FIELDS(thing_fields),
	.size = sizeof(struct thing),
	.defaults = thing_defaults,
	.check = thing_check };

struct run {
	struct arena *arena;
	struct diags diags;
	struct decode d;
	struct thing thing;
	int result;
	struct buf text; /* of the diagnostics */
};

static inline void run_done(struct run *r)
{
	diags_done(&r->diags);
	buf_done(&r->text);
	r->arena = arena_free(r->arena);
}

static inline struct run decoded(const char *json, enum decode_mode mode)
{
	struct run r = { .arena = arena_new(0), .text = BUF_INIT };
	struct err err = { 0 };
	struct value *v = NULL;

	if (json_parse(r.arena, json, strlen(json), &v, &err) < 0)
		fail_msg("%s: %s", json, err_text(&err));
	diags_init(&r.diags);
	r.d = (struct decode){ .arena = r.arena, .diags = &r.diags, .path = "", .mode = mode };
	r.result = schema_decode(&r.d, &schema_thing, v, &r.thing);
	diags_sort(&r.diags);
	diags_format(&r.diags, &r.text);
	return r;
}
