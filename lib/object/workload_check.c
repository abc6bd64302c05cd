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

/* The label that keeps the template from matching, for the message. */
static const char *mismatch(struct decode *d, const struct label_selector *s, const struct string_map *labels)
{
	for (size_t i = 0; i < s->match_labels.count; i++) {
		const struct string_pair *want = &s->match_labels.items[i];
		const char *have = string_map_get(labels, want->key);
		if (str_eq(have, want->value))
			continue;
		return have ? check_path(d, "%s is `%s`, and the selector wants `%s`", want->key, have,
				      want->value)
			    : check_path(d, "%s: %s is missing", want->key, want->value);
	}
	return "a requirement of matchExpressions does not hold";
}

void workload_check_selector(struct decode *d, const struct value *v, const struct label_selector *selector,
	const struct pod_template *template)
{
	if (selector_is_empty(selector)) {
		check_error(d, v, "selector", "must not be empty: it would take every pod of the namespace");
		return;
	}
	if (!label_selector_matches(selector, &template->meta.labels))
		check_error(d, v, "template.metadata.labels", "must match the selector: %s",
			mismatch(d, selector, &template->meta.labels));
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

void workload_check_selector_partial(struct decode *d, const struct value *v,
	const struct label_selector *selector, const struct pod_template *template)
{
	if (!selector || !has_whole_labels(v))
		return;
	const struct label_selector labels = { .match_labels = selector->match_labels };
	if (labels.match_labels.count > 0 && !label_selector_matches(&labels, &template->meta.labels))
		check_error(d, v, "template.metadata.labels", "must match the selector: %s",
			mismatch(d, &labels, &template->meta.labels));
}

void workload_check_restarts(struct decode *d, const struct value *v, const struct pod_spec *spec)
{
	if (!str_eq(spec->restart_policy, "Always"))
		check_error(d, v, "template.spec.restartPolicy",
			"must be Always: the workload keeps its pods running (Jobs run to completion)");
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
