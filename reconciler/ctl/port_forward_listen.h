/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Where `pintle port-forward` listens: a socket for each port at each address. They are all there, or none; what connects
 * meanwhile waits in them. Sockets do not block.
 */
#pragma once

#include <stdio.h>

#include "reconciler/ctl/port_forward_ports.h"

enum { FORWARD_TEXT_MAX = 64 };

struct forward_listener {
	int fd;
	uint16_t local, remote;      /* LOCAL is the one it has, also where any was asked for */
	char text[FORWARD_TEXT_MAX]; /* "127.0.0.1:8080", "[::1]:8080" */
};
struct forward_listeners {
	struct forward_listener *items;
	size_t count, cap;
};

/*
 * A port has the same local number at all addresses, also where any was asked for. An optional address that can't be listened at is left out,
 * and said on WARN when the reason is that another program has it. < 0: ERR names address, port and why; *RET is empty.
 */
int forward_listen(const struct forward_addresses *addresses, const struct forward_port *ports, size_t count,
	FILE *warn, struct forward_listeners *ret, struct err *err);
void forward_listeners_done(struct forward_listeners *l);
