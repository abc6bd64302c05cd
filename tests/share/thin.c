/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/share/thin.h"

bool thin_list(size_t count, bool (*without)(void *arg, size_t at, size_t n), void *arg)
{
	bool any = true, ever = false;

	for (size_t size = (count + 1) / 2; size > 0; size = any && size == 1 ? 1 : size / 2) {
		any = false;
		/* From the end: what comes last has the least that follows from it. */
		for (size_t at = count; at > 0;) {
			size_t n = at < size ? at : size;

			at -= n;
			if (without(arg, at, n)) {
				count -= n;
				any = ever = true;
			}
		}
	}
	return ever;
}
