/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/fence.h"

#include "lib/base/mutant.h"
#include "lib/base/str.h"

bool fence_refuses(int64_t known_term, const char *known_holder, int64_t term, const char *holder)
{
	if (term == known_term)
		return !str_eq(str_or_empty(known_holder), str_or_empty(holder));
	return term < known_term && !MUTANT(7);
}
