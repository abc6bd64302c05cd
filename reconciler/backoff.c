/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/backoff.h"

#include "lib/base/hash.h"

nsec_t backoff_pause(const char *name, unsigned n, nsec_t first, nsec_t most)
{
	uint64_t seed[] = { hash_string(name), n };
	nsec_t pause = first;

	for (unsigned i = 0; i < n && pause < most; i++)
		pause *= 2;
	if (pause > most)
		pause = most;
	return pause / 4 * 3 + (nsec_t)(hash_bytes(seed, sizeof(seed)) % (uint64_t)(pause / 2 + 1));
}
