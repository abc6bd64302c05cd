/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The first separator decides: behind a dot, dots separate and slashes stand for dots; behind a slash, the other way round. */
#include "nodeagent/sysctl.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

static const struct {
	const char *prefix;
	enum sysctl_namespace ns;
} namespaced[] = {
	{ "net/", SYSCTL_NET },
	{ "kernel/shm", SYSCTL_IPC },
	{ "kernel/msg", SYSCTL_IPC },
	{ "kernel/sem", SYSCTL_IPC },
	{ "fs/mqueue/", SYSCTL_IPC },
};

static bool path_ok(const char *path)
{
	size_t len = strlen(path);

	return len > 0 && path[0] != '/' && path[len - 1] != '/' && !strstr(path, "//") &&
	       !str_starts(path, "../") && !strstr(path, "/../") && !str_ends(path, "/..") &&
	       !str_starts(path, "./") && !strstr(path, "/./") && !str_ends(path, "/.");
}

int sysctl_path(const char *name, char *ret, enum sysctl_namespace *ret_namespace, struct err *err)
{
	const char *first = strpbrk(name, "./");
	size_t len = strlen(name);

	if (!first || len >= SYSCTL_PATH_MAX)
		return err_set(err, -EINVAL, "\"%s\" is not a sysctl's name", name);
	memcpy(ret, name, len + 1);
	if (*first == '.')
		for (char *p = ret; *p; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	if (!path_ok(ret))
		return err_set(err, -EINVAL, "\"%s\" is not a sysctl's name", name);
	for (size_t i = 0; i < ARRAY_LEN(namespaced); i++)
		if (str_starts(ret, namespaced[i].prefix)) {
			*ret_namespace = namespaced[i].ns;
			return 0;
		}
	return err_set(err, -EPERM, "sysctl %s is not namespaced: it would change the whole host", name);
}
