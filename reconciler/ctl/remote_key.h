/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Which key a host is known by: the one that was given, that of the caller's known_hosts, or the one that the host shows, once a person has agreed. */
#pragma once

#include "reconciler/ctl/ctl.h"
#include "reconciler/ctl/remote.h"

struct remote_key_options {
	const char *given; /* "TYPE BASE64"; or NULL */
	bool yes;          /* no question */
	bool dry_run;      /* nor is one asked */
};
/*
 * Finds the key of R (resolved) into RET, whose texts live in R; *RET_WHY (constant) says whose word it is. -ECANCELED: the person says no, or can't be
 * asked, and ERR says what to do.
 */
int remote_key_find(struct remote *r, const struct remote_key_options *o, struct ssh_host_key *ret,
	const char **ret_why, struct err *err);
/* Asks QUESTION at the terminal. 1: yes; 0: no; -ENOTTY: nobody is there to answer. */
int remote_ask(const char *question);
