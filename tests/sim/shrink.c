/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/shrink.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/share/thin.h"

struct shrinking {
	const struct run_settings *o;
	struct script *script;
	const char *rule;
	unsigned runs, most;
};

static bool still_breaks(struct shrinking *k, const struct script *script)
{
	struct sim_result result = { 0 };

	if (k->runs >= k->most)
		return false;
	k->runs++;
	run_apart(k->o, script, &result);
	return str_eq(result.rule, k->rule);
}

/* Without the COUNT events from FIRST on? Then the script is shorter. */
static bool leave_out(void *arg, size_t first, size_t count)
{
	struct shrinking *k = arg;
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

	thin_list(script->count, leave_out, &k);
	return k.runs;
}
