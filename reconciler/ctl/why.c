/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* why: the chain from a commit to a container, or what is in the way. Needs no daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/select.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/ctl/why_text.h"
#include "reconciler/home.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "json", outputs },
};

/* All kinds but what says only what has happened. */
static int list_all(const struct home *h, struct items *ret, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	_cleanup_(freep) char *dir = home_path(h, "actual");
	int code = actual_reader_open(dir, &r, err);

	for (size_t i = 0; i < KIND_COUNT && code >= 0; i++)
		if (i != KIND_EVENT && i != KIND_CONTROLLER_REVISION && i != KIND_LEASE)
			code = items_list(r, &kinds[i], NULL, ret, err);
	return code;
}

static const struct object *find(
	const struct items *list, const struct kind *kind, const char *ns, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct object *o = list->items[i].object;

		if (o->kind == kind && str_eq(o->meta->name, name) &&
			(!kind->namespaced || str_eq(o->meta->namespace, ns)))
			return o;
	}
	return NULL;
}

/* "KIND/NAME", or a pod's name alone. */
static int parse(const struct ctl_args *args, const struct kind **ret, const char **ret_name, struct err *err)
{
	const char *word = args->words[0];

	*ret = &kinds[KIND_POD];
	*ret_name = word;
	if (args->word_count == 2) {
		*ret_name = args->words[1];
		return select_kind(word, ret, err);
	}
	if (!strchr(word, '/'))
		return 0;
	return select_kind_name(word, ret, ret_name, err);
}

static int why(struct ctl *c, const struct ctl_args *args, const struct items *list, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *ns = ctl_string(args, "namespace"), *name;
	const struct kind *kind;
	const struct object *o;
	bool good;

	if (parse(args, &kind, &name, err) < 0)
		return ctl_usage(c, "%s", err_text(err));
	o = name ? find(list, kind, ns ? ns : "default", name) : NULL;
	if (!o) {
		ctl_fail(c, "%s \"%s\" not found", kind->plural, str_or_empty(name));
		return CTL_NO;
	}
	good = why_write(list, o, ctl_string(args, "output") != NULL, &out);
	fwrite(out.data, 1, out.len, stdout);
	return good ? CTL_DONE : CTL_NO;
}

static int run_why(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	struct items list = ITEMS_INIT;
	int code;

	if (args->word_count < 1 || args->word_count > 2 || args->rest_count > 0)
		return ctl_usage(c, "one object is wanted: KIND/NAME");
	if (home_open(c->home, &h, &err) < 0 || list_all(h, &list, &err) < 0)
		code = ctl_fail_err(c, &err);
	else
		code = why(c, args, &list, &err);
	items_done(&list);
	return code;
}

const struct ctl_verb ctl_verb_why = {
	"why",
	"KIND/NAME",
	"Says how an object came about, from commit to container, or what is in the way.",
	CTL_OPTIONS(options),
	run_why,
	CTL_WORDS_KINDS,
};
