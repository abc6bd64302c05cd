/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/shrink.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

struct shrinking {
	const struct run_settings *o;
	struct script *script;
	const char *rule;
	unsigned runs, most;
};

static bool still_breaks(struct shrinking *k, const struct script *script)
{
	struct sim_result result = { 0 };

	k->runs++;
	run_apart(k->o, script, &result);
	return str_eq(result.rule, k->rule);
}

/* Without the COUNT events from FIRST on? Then the script is shorter. */
static bool leave_out(struct shrinking *k, size_t first, size_t count)
{
	bool *keep = xcalloc(k->script->count, sizeof(keep[0]));
	struct script shorter;
	bool breaks;

	for (size_t i = 0; i < k->script->count; i++)
		keep[i] = i < first || i >= first + count;
	script_copy(&shorter, k->script, keep);
	free(keep);
	breaks = still_breaks(k, &shorter);
	if (breaks) {
		script_done(k->script);
		*k->script = shorter;
	} else {
		script_done(&shorter);
	}
	return breaks;
}

unsigned shrink(const struct run_settings *o, struct script *script, const char *rule, unsigned runs)
{
	struct shrinking k = { .o = o, .script = script, .rule = rule, .most = runs };
	bool any = true;

	/* From the end: what came last has the least that follows from it. */
	for (size_t size = (script->count + 1) / 2; size > 0 && k.runs < k.most;
		size = any && size == 1 ? 1 : size / 2) {
		any = false;
		for (size_t at = script->count; at > 0 && k.runs < k.most;) {
			size_t first = at > size ? at - size : 0;

			any |= leave_out(&k, first, at - first);
			at = first;
		}
	}
	return k.runs;
}
