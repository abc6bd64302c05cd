/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/image.h"

#include <string.h>

#include "lib/base/str.h"

static const int64_t mb = 1024 * 1024;

/* Where the first part of a name ends, and is a registry: it has a dot or a port, or is localhost. */
static bool has_registry(const char *name)
{
	size_t len = strcspn(name, "/");

	if (name[len] == '\0')
		return false;
	return strcspn(name, ".:") < len || (len == strlen("localhost") && str_starts(name, "localhost"));
}

/* What stands before NAME when all is written out. */
static const char *left_out(const char *name, bool one_part)
{
	if (!has_registry(name))
		return one_part ? "docker.io/library/" : "docker.io/";
	name = str_after(name, "docker.io/");
	return name && !strchr(name, '/') ? "docker.io/library/" : "";
}

void sched_image_name(const char *name, struct buf *out)
{
	const char *digest = strchrnul(name, '@');
	const char *slash = memrchr(name, '/', (size_t)(digest - name));
	const char *tag = memrchr(slash ? slash : name, ':', (size_t)(digest - (slash ? slash : name)));
	const char *front = left_out(name, !slash), *end = *digest != '\0' && tag ? tag : digest;

	if (str_starts(name, "docker.io/") && *front != '\0')
		name += strlen("docker.io/");
	buf_adds(out, front);
	buf_add(out, name, (size_t)(end - name));
	buf_adds(out, *digest != '\0' ? digest : tag ? "" : ":latest");
}

int64_t sched_image_score(int64_t bytes, size_t containers)
{
	int64_t low = 23 * mb, high = 1000 * mb * (int64_t)(containers > 0 ? containers : 1);

	if (bytes <= low)
		return 0;
	return bytes >= high ? 100 : 100 * (bytes - low) / (high - low);
}
