/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/annotations.h"

#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/check.h"
#include "lib/object/depends_on.h"
#include "lib/object/ip.h"

struct annotation {
	const char *key;
	const enum kind_id *kinds; /* ended by KIND_COUNT; NULL: any */
	const char *const *values; /* NULL: any, or another's to check */
	string_rule rule;          /* what its text must be; or NULL */
};

static const enum kind_id nodes[] = { KIND_NODE, KIND_COUNT };
static const enum kind_id deployments[] = { KIND_DEPLOYMENT, KIND_COUNT };
static const enum kind_id pods[] = { KIND_POD, KIND_COUNT };
static const enum kind_id rolled[] = { KIND_DEPLOYMENT, KIND_DAEMON_SET, KIND_STATEFUL_SET, KIND_COUNT };

static const char *const prune_values[] = { "Never", NULL };
static const char *const rollback_values[] = { "OnFailure", "Never", NULL };
static const char *const config_values[] = { "Restart", "Keep", NULL };

static const char *const transport_values[] = { "ssh", "openssh", NULL };

/* Of a host, where others send packets to. */
static const char *rule_address(struct arena *arena, const char *s)
{
	struct ip_network n;

	if (ip_parse(s, &n) < 0 || n.bits != 32)
		return arena_printf(arena, "must be an IPv4 address, but is `%s`", s);
	return ip_special(&n);
}

static const char *rule_deadline(struct arena *arena, const char *s)
{
	nsec_t t;

	if (time_parse(s, &t) == 0 || (duration_parse(s, &t) == 0 && t > 0))
		return NULL;
	return arena_printf(arena,
		"must be a time (2026-01-31T12:00:00Z) or how long after its creation (30m), but is `%s`", s);
}

/* kubectl's, tools' and people's own annotations have other prefixes. */
static const struct annotation known[] = {
	{ ANNOTATION_PRUNE, NULL, prune_values, NULL },
	{ ANNOTATION_DEPENDS_ON, NULL, NULL, NULL }, /* depends_on.h */
	{ ANNOTATION_ROLLBACK, deployments, rollback_values, NULL },
	{ ANNOTATION_ON_CONFIG_CHANGE, rolled, config_values, NULL },
	{ ANNOTATION_GANG, pods, NULL, rule_dns_subdomain },
	{ ANNOTATION_DEADLINE, pods, NULL, rule_deadline },
	{ ANNOTATION_LOCAL, nodes, NULL, NULL }, /* node.c, and so the next three */
	{ ANNOTATION_SSH, nodes, NULL, NULL },
	{ ANNOTATION_SSH_HOST_KEY, nodes, NULL, NULL },
	{ ANNOTATION_TRANSPORT, nodes, transport_values, NULL },
	{ ANNOTATION_ADDRESS, nodes, NULL, rule_address },
	{ ANNOTATION_DRAIN, nodes, NULL, NULL },
	{ ANNOTATION_OUT_OF_SERVICE, nodes, NULL, NULL },
};

/* What the tree's objects carry (world.h): an object that was printed from it may be written back. */
static const char *const of_tree[] = { "pintle.dev/source", "pintle.dev/commit", "pintle.dev/digest",
	"pintle.dev/held", "pintle.dev/left-git", "pintle.dev/waits-for", "pintle.dev/change-waits-for",
	"pintle.dev/distrusted-commit", "pintle.dev/distrusted", "pintle.dev/was-complete",
	"pintle.dev/failures", "pintle.dev/kept-replicas", "pintle.dev/was-ready", "pintle.dev/config-hash",
	"pintle.dev/backoff", "pintle.dev/retries", "pintle.dev/expired", "pintle.dev/schedule",
	"pintle.dev/pressure" };

static const struct annotation *find(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(known[i].key, key))
			return &known[i];
	return NULL;
}

static bool is_of_tree(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(of_tree); i++)
		if (str_eq(of_tree[i], key))
			return true;
	return false;
}

static bool is_among(const char *const *values, const char *value)
{
	for (; *values; values++)
		if (str_eq(*values, value))
			return true;
	return false;
}

static void report_unknown(struct decode *d, const struct value *at, const char *path, const char *key)
{
	const char *keys[ARRAY_LEN(known)];

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		keys[i] = known[i].key;
	decode_warning(d, at, path, "Pintle knows no such annotation%s",
		check_suggest(d, key, keys, ARRAY_LEN(keys)));
}

static bool is_for(const struct annotation *a, enum kind_id kind)
{
	for (size_t i = 0; a->kinds && a->kinds[i] != KIND_COUNT; i++)
		if (a->kinds[i] == kind)
			return true;
	return !a->kinds;
}

/* "a, b or c" of COUNT words. */
static const char *one_of(struct decode *d, const char *const *words, size_t count)
{
	const char *text = words[0];

	for (size_t i = 1; i < count; i++)
		text = arena_printf(d->arena, "%s%s%s", text, i + 1 < count ? ", " : " or ", words[i]);
	return text;
}

static void report_kind(struct decode *d, const struct value *at, const char *path, const struct kind *kind,
	const struct annotation *a)
{
	const char *names[ARRAY_LEN(rolled)] = { 0 };
	size_t count = 0;

	for (; a->kinds[count] != KIND_COUNT; count++)
		names[count] = arena_printf(d->arena, "a %s", kinds[a->kinds[count]].name);
	decode_warning(d, at, path, "means nothing on a %s, only on %s%s", kind->name,
		one_of(d, names, count), a->kinds == pods ? " or in its template" : "");
}

static void report_value(struct decode *d, const struct value *at, const char *path,
	const struct annotation *a, const char *value)
{
	size_t count = 0;

	while (a->values[count])
		count++;
	decode_error(d, at, path, "must be %s, but is `%s`", one_of(d, a->values, count), value);
}

static void check_rule(struct decode *d, const struct value *at, const char *path, const struct annotation *a,
	const char *value)
{
	const char *wrong = a->rule ? a->rule(d->arena, value) : NULL;

	if (wrong)
		decode_error(d, at, path, "%s", wrong);
}

static void check_depends_on(struct decode *d, const struct value *at, const char *path,
	const struct object_meta *meta, const char *text)
{
	struct depends_on_list list;
	const char *wrong = depends_on_parse(d->arena, text, meta->namespace, &list);

	if (wrong)
		decode_error(d, at, path, "%s", wrong);
}

static void check_one(struct decode *d, const struct value *at, const char *path, const struct kind *kind,
	const struct object_meta *meta, const struct string_pair *pair)
{
	const struct annotation *a = find(pair->key);

	if (!a && !is_of_tree(pair->key))
		report_unknown(d, at, path, pair->key);
	if (!a)
		return;
	if (!is_for(a, kind->id))
		report_kind(d, at, path, kind, a);
	else if (a->values && !is_among(a->values, pair->value))
		report_value(d, at, path, a, pair->value);
	else if (str_eq(pair->key, ANNOTATION_DEPENDS_ON))
		check_depends_on(d, at, path, meta, pair->value);
	else
		check_rule(d, at, path, a, pair->value);
}

void annotations_check_template(struct decode *d, const struct value *v, const struct object_meta *meta)
{
	for (size_t i = 0; i < meta->annotations.count; i++) {
		const struct string_pair *pair = &meta->annotations.items[i];
		const struct annotation *a = find(pair->key);

		if (a && a->kinds == pods)
			check_rule(d, value_get(value_get(v, "annotations"), pair->key),
				check_key(d, "annotations", pair->key), a, pair->value);
	}
}

void annotations_check(
	struct decode *d, const struct value *v, const struct kind *kind, const struct object_meta *meta)
{
	const struct value *map = value_get(value_get(v, "metadata"), "annotations");

	for (size_t i = 0; i < meta->annotations.count; i++) {
		const struct string_pair *pair = &meta->annotations.items[i];

		if (str_starts(pair->key, ANNOTATION_PREFIX))
			check_one(d, value_get(map, pair->key),
				check_key(d, "metadata.annotations", pair->key), kind, meta, pair);
	}
}
