/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/cleanup.h"

static int make(int domain, int type)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int netns_socket(const char *path, int domain, int type, struct err *err)
{
	_cleanup_(closep) int there = -1;
	_cleanup_(closep) int here = -1;
	int r;

	if (!path) {
		r = make(domain, type);
		return r < 0 ? err_errno(err, r, "making a socket") : r;
	}
	here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (here < 0)
		return err_errno(err, -errno, "opening the network namespace");
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0)
		return err_errno(err, -errno, "opening %s", path);
	if (setns(there, CLONE_NEWNET) < 0)
		return err_errno(err, -errno, "entering %s", path);
	r = make(domain, type);
	if (setns(here, CLONE_NEWNET) < 0)
		abort();
	return r < 0 ? err_errno(err, r, "making a socket in %s", path) : r;
}
