/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/container_id.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"

const char *container_id(const char *cluster, const char *uid, const char *container, int64_t attempt,
	char ret[CONTAINER_ID_SIZE])
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char hex[SHA256_HEX];

	buf_addf(&text, "%s/%s/%s/%" PRId64, cluster, uid, container, attempt);
	sha256_hex(text.data, text.len, hex);
	memcpy(ret, hex, CONTAINER_ID_SIZE - 1);
	ret[CONTAINER_ID_SIZE - 1] = 0;
	return ret;
}
