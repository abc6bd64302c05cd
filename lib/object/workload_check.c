/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Rules that the kinds that run pods share (apps/v1 validation): selectors, templates, shares of pods. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/int_or_string.h"
#include "lib/object/tables.h"

/* --- selector and template ----------------------------------------------------------------------- */

static bool selector_is_empty(const struct label_selector *s)
{
	return s->match_labels.count == 0 && s->match_expressions.count == 0;
}

static const char labels_path[] = "template.metadata.labels";

/* One requirement, in the text form, against LABELS; reported at the label where there is one. */
static void check_requirement(struct decode *d, const struct value *v, const struct label_selector *want,
	const char *key, const struct string_map *labels)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const struct value *at = check_at(v, labels_path);
	const char *have = string_map_get(labels, key);
	if (label_selector_matches(want, labels))
		return;
	label_selector_format(want, &text);
	if (have)
		decode_error(d, value_get(at, key), check_key(d, labels_path, key),
			"is `%s`, but the selector wants `%s`", have, text.data);
	else
		decode_error(d, at, labels_path, "must match the selector, which wants `%s`", text.data);
}

/* Each label that keeps the template from matching. */
static void check_match(struct decode *d, const struct value *v, const struct label_selector *s,
	const struct string_map *labels)
{
	for (size_t i = 0; i < s->match_labels.count; i++) {
		struct label_selector one = { .match_labels = { &s->match_labels.items[i], 1 } };
		check_requirement(d, v, &one, s->match_labels.items[i].key, labels);
	}
	for (size_t i = 0; i < s->match_expressions.count; i++) {
		struct label_selector one = { .match_expressions = { &s->match_expressions.items[i], 1 } };
		check_requirement(d, v, &one, s->match_expressions.items[i].key, labels);
	}
}

void workload_check_selector(struct decode *d, const struct value *v, const struct label_selector *selector,
	const struct pod_template *template)
{
	if (selector_is_empty(selector)) {
		check_error(d, v, "selector", "must not be empty: it would take every pod of the namespace");
		return;
	}
	check_match(d, v, selector, &template->meta.labels);
}

/* The template has labels that could all be read, or none. */
static bool has_whole_labels(const struct value *v)
{
	const struct value *template = value_get(v, "template");
	const struct value *labels = value_get(value_get(template, "metadata"), "labels");
	if (!template || template->type != VALUE_MAP || (labels && labels->type != VALUE_MAP))
		return false;
	for (size_t i = 0; labels && i < labels->map.count; i++)
		if (labels->map.entries[i].value->type != VALUE_STRING)
			return false;
	return true;
}

static void check_selector_partial(struct decode *d, const struct value *v,
	const struct label_selector *selector, const struct pod_template *template)
{
	if (!selector || !has_whole_labels(v))
		return;
	const struct label_selector labels = { .match_labels = selector->match_labels };
	check_match(d, v, &labels, &template->meta.labels);
}

static const char must_be_always[] =
	"must be Always: the workload keeps its pods running (Jobs run to completion)";

/* The same word as workload_check_restarts has, where the template could not be read whole. */
static void check_restarts_partial(struct decode *d, const struct value *v)
{
	const struct value *spec = value_get(value_get(v, "template"), "spec");
	const char *policy = value_get_string(spec, "restartPolicy");
	if (str_eq(policy, "OnFailure") || str_eq(policy, "Never"))
		check_error(d, v, "template.spec.restartPolicy", "%s", must_be_always);
}

void workload_check_partial(struct decode *d, const struct value *v, const struct label_selector *selector,
	const struct pod_template *template)
{
	check_selector_partial(d, v, selector, template);
	check_restarts_partial(d, v);
}

void workload_check_restarts(struct decode *d, const struct value *v, const struct pod_spec *spec)
{
	if (!str_eq(spec->restart_policy, "Always"))
		check_error(d, v, "template.spec.restartPolicy", "%s", must_be_always);
	if (spec->active_deadline_seconds.set)
		check_error(d, v, "template.spec.activeDeadlineSeconds",
			"can't be given: the workload keeps its pods running");
}

/* --- shares ----------------------------------------------------------------------------------------- */

int64_t check_share(
	struct decode *d, const struct value *v, const char *name, const struct int_or_string *share)
{
	int64_t n = share->string ? int_or_string_percent(share) : share->integer;
	if (n < 0)
		check_error(d, v, name, "must be a number from 0 on or a percentage such as \"25%%\"");
	return n;
}

int64_t check_share_whole(
	struct decode *d, const struct value *v, const char *name, const struct int_or_string *share)
{
	int64_t n = check_share(d, v, name, share);
	if (share->string && n > 100)
		check_error(d, v, name, "can't be more than 100%%");
	return n;
}
