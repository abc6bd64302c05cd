/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Why an ssh(1) child has ended, by its exit status and by what it wrote to stderr. Status 255 is ssh's own, and its words are looked for
 * in the table of ssh_exit.c; any other is that of the command on the host.
 *
 * What programs on the way say (ProxyJump, ProxyCommand) stands there as well. It is told as the way's, for neither the node nor its
 * manifest can put it right.
 */
#pragma once

#include "reconciler/trouble.h"

struct ssh_exit {
	const char *where;  /* [USER@]HOST[:PORT], for messages */
	const char *alias;  /* the HostKeyAlias that ssh was given */
	const char *pinned; /* fingerprint of a host key that the manifest has */
	const char *keys;   /* what it had to show: "the key PATH" … */
	int status;         /* 128 + signal where one ended it */
	const char *text;   /* its stderr */
	bool began;         /* the command on the host has said something */
};

/* Fills WHY. Returns a negative errno. */
int ssh_exit_trouble(struct trouble *why, const struct ssh_exit *e);
/* The line of TEXT that says most of what ssh is doing, or "": its length in *RET_LEN. */
const char *ssh_exit_line(const char *text, size_t *ret_len);
