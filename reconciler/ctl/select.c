/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* What `all` stands for, in kubectl's order. */
static const enum kind_id all_kinds[] = { KIND_POD, KIND_REPLICATION_CONTROLLER, KIND_SERVICE,
	KIND_DAEMON_SET, KIND_DEPLOYMENT, KIND_REPLICA_SET, KIND_STATEFUL_SET, KIND_AUTOSCALER, KIND_CRON_JOB,
	KIND_JOB };

int select_kind(const char *word, const struct kind **ret, struct err *err)
{
	const char *names[2 * KIND_COUNT + 1];
	size_t n = 0;
	*ret = kind_by_word(word);
	if (*ret)
		return 0;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		names[n++] = kinds[i].plural;
		names[n++] = kinds[i].singular;
	}
	names[n] = NULL;
	const char *near = str_nearest(word, names);
	if (near)
		return err_set(err, -EINVAL, "unknown kind \"%s\"; did you mean %s?", word, near);
	return err_set(err, -EINVAL, "unknown kind \"%s\"; pintle explain lists the kinds", word);
}

int select_kind_name(const char *word, const struct kind **ret, const char **ret_name, struct err *err)
{
	const char *slash = strchr(word, '/');
	*ret_name = NULL;
	if (!slash)
		return select_kind(word, ret, err);
	if (slash[1] == '\0' || strchr(slash + 1, '/'))
		return err_set(err, -EINVAL, "\"%s\" is no KIND/NAME", word);
	_cleanup_(freep) char *kind = xstrndup(word, (size_t)(slash - word));
	*ret_name = slash + 1;
	return select_kind(kind, ret, err);
}

static int add(struct selection *s, const struct kind *kind, const char *name, struct err *err)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].kind == kind && str_eq(s->items[i].name, name))
			return 0;
	if (s->count == SELECT_MAX)
		return err_set(err, -EINVAL, "more than %d things are asked for", SELECT_MAX);
	s->several_kinds = s->several_kinds || (s->count && s->items[0].kind != kind);
	s->named = s->named || name;
	s->items[s->count].kind = kind;
	s->items[s->count++].name = name;
	return 0;
}

/* All of WORDS are KIND/NAME. */
static int parse_slashed(const char *const *words, size_t count, struct selection *s, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct kind *kind;
		const char *name;
		int r = select_kind_name(words[i], &kind, &name, err);
		if (r < 0)
			return r;
		if (!name)
			return err_set(err, -EINVAL, "\"%s\" stands beside KIND/NAME: give each as KIND/NAME",
				words[i]);
		if ((r = add(s, kind, name, err)) < 0)
			return r;
	}
	return 0;
}

/* One kind of the first word's list, with all NAMES. */
static int add_named(
	struct selection *s, const struct kind *kind, const char *const *names, size_t count, struct err *err)
{
	if (count == 0)
		return add(s, kind, NULL, err);
	for (size_t i = 0; i < count; i++) {
		if (strchr(names[i], '/'))
			return err_set(err, -EINVAL, "\"%s\" stands behind a kind: give each as KIND/NAME",
				names[i]);
		int r = add(s, kind, names[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_all(struct selection *s, struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < ARRAY_LEN(all_kinds) && r == 0; i++)
		r = add(s, &kinds[all_kinds[i]], NULL, err);
	s->several_kinds = true;
	return r;
}

/* "po,svc" and the names behind it. */
static int parse_list(const char *const *words, size_t count, struct selection *s, struct err *err)
{
	for (const char *from = words[0];; from++) {
		size_t len = strcspn(from, ",");
		_cleanup_(freep) char *word = xstrndup(from, len);
		const struct kind *kind;
		int r;
		if (str_eq(word, "all") && count > 1)
			return err_set(err, -EINVAL, "\"all\" takes no names");
		if (str_eq(word, "all"))
			r = add_all(s, err);
		else if ((r = select_kind(word, &kind, err)) == 0)
			r = add_named(s, kind, words + 1, count - 1, err);
		from += len;
		if (r < 0 || !*from)
			return r;
	}
}

int selection_parse(const char *const *words, size_t count, struct selection *ret, struct err *err)
{
	*ret = (struct selection){ 0 };
	if (count == 0)
		return err_set(err, -EINVAL, "say what: pods, deployments … or all");
	return strchr(words[0], '/') ? parse_slashed(words, count, ret, err)
				     : parse_list(words, count, ret, err);
}
