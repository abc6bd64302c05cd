/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/pick.h"

#include <errno.h>
#include <string.h>

#include "reconciler/ctl/select.h"
#include "reconciler/ctl/target.h"

static int get(struct actual_reader *r, const struct kind *kind, const char *ns, const char *name,
	struct items *ret, struct err *err)
{
	int code = items_get(r, kind, ns, name, ret, err);
	if (code == -ENOENT)
		return err_set(err, code, "%s \"%s\" not found in namespace %s", kind->plural, name, ns);
	return code;
}

static int pods_of(struct actual_reader *r, const struct object *owner, struct items *ret, struct err *err)
{
	struct label_selector scratch;
	const struct label_selector *selector = target_selector(owner, &scratch);
	const struct object_meta *m = owner->meta;
	if (!selector)
		return err_set(err, -ENOENT, "%s/%s selects no pods", owner->kind->singular, m->name);
	int code = items_list(r, &kinds[KIND_POD], m->namespace, ret, err);
	if (code < 0)
		return code;
	items_filter(ret, 0, selector, NULL);
	target_sort(ret);
	if (ret->count == 0)
		return err_set(err, -ENODATA, "%s/%s has no pods", owner->kind->singular, m->name);
	return 0;
}

int pick_pods_of(const struct home *h, const char *ns, const char *word, struct items *ret_owner,
	struct items *ret, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	_cleanup_(freep) char *dir = home_path(h, "actual");
	const struct kind *kind = &kinds[KIND_POD];
	const char *name = word;
	int code = strchr(word, '/') ? select_kind_name(word, &kind, &name, err) : 0;
	if (code == 0)
		code = actual_reader_open(dir, &r, err);
	if (code < 0)
		return code;
	if (kind->id == KIND_POD)
		return get(r, kind, ns, name, ret, err);
	code = get(r, kind, ns, name, ret_owner, err);
	return code < 0 ? code : pods_of(r, ret_owner->items[0].object, ret, err);
}

int pick_pods(const struct home *h, const char *ns, const char *word, struct items *ret, struct err *err)
{
	struct items owner = ITEMS_INIT;
	int code = pick_pods_of(h, ns, word, &owner, ret, err);
	items_done(&owner);
	return code;
}

const char *pick_container(const struct ctl *c, const struct pod *pod, const char *wanted, bool init)
{
	struct err err = { 0 };
	const char *name;
	bool chosen;
	if (target_container(pod, wanted, init, &name, &chosen, &err) < 0) {
		ctl_fail_err(c, &err);
		return NULL;
	}
	if (chosen) {
		struct buf names = BUF_INIT;
		target_container_names(pod, &names);
		fprintf(stderr, "Defaulted container \"%s\" out of: %s\n", name, names.data);
		buf_done(&names);
	}
	return name;
}
