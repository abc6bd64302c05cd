/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * pintle-agent as a whole: puts its parts together, in the order in which they need each other. Each function is one mode
 * of the program, returns its exit code, and has logged what went wrong.
 */
#pragma once

#include <stdint.h>

/* The daemon: until SIGTERM; pods go on. PROTOCOL: the newest version that it speaks; 0: all that it can. 0, or 1. */
int agent_run(const char *home, int64_t protocol);
/* Joins standard input and output to the daemon's socket: what sshd's forced command runs. */
int agent_session(const char *home);
/* Without a daemon: stops all pods and removes every trace of them from this host. */
int agent_purge(const char *home);
