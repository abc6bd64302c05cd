/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/revision_units.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/actual_reader.h"
#include "reconciler/ctl/load.h"
#include "reconciler/prune.h"
#include "reconciler/units.h"

/* What the tree says of each directory; nothing where it says nothing. */
static void read_state(const struct home *h, struct sync_state *s)
{
	_cleanup_(actual_reader_freep) struct actual_reader *reader = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *dir = home_path(h, "actual");

	if (actual_reader_open(dir, &reader, NULL) >= 0 &&
		actual_reader_get(reader, "sync.json", &text, NULL) >= 0)
		sync_state_read(s, text.data, text.len, NULL);
}

/* Builds what has to be built, until it is said what can be taken. */
static int take(const struct revision *r, struct units_request *q, struct units_result *ret, struct err *err)
{
	_cleanup_(kustomize_freep) struct kustomize *builder = load_builder(r->home);

	q->builder = builder;
	for (;;) {
		int code = units_take(q, ret, err);

		if (code == -EINPROGRESS)
			code = kustomize_run(builder, err);
		else
			return code;
		if (code < 0)
			return code;
		units_result_done(ret);
	}
}

/* Is it older than what is in force? That which was seen last is not, though what is in force of it follows it. */
static bool is_past(const struct revision *r, const struct snapshot *base, const struct sync_state *state)
{
	char hex[OID_HEX];

	return !str_eq(oid_format(&r->commit, hex), state->seen) &&
	       repo_is_ancestor(r->git, &r->commit, &base->commit, NULL) == 1;
}

int revision_units(struct revision *r, struct snapshot *base, const struct snapshot *s, struct err *err)
{
	_cleanup_(sync_state_done) struct sync_state state;
	_cleanup_(units_result_done) struct units_result result = { 0 };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct units_request q = {
		.repo = r->git,
		.commit = r->commit,
		.subpath = r->home->config.path,
		.before = base,
		.known = &state.units,
		.in_force = base->commit,
		.max_percent = prune_max_percent(snapshot_cluster(base)),
	};
	int code;

	sync_state_init(&state, 0);
	read_state(r->home, &state);
	if (is_past(r, base, &state) || (s && !units_must_wait(&q, s)))
		return 0;
	code = repo_write_in_memory(r->git, err);
	if (code == 0)
		code = take(r, &q, &result, err);
	if (code < 0 || !result.snapshot || !units_wanted(snapshot_cluster(result.snapshot)))
		return code;
	units_describe(&result, &text);
	free(r->guard);
	r->guard = buf_take(&text);
	r->part = TAKE_PTR(result.snapshot);
	return 0;
}
