/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The words of `pintle port-forward` behind the pod: ports ("8080:80", "80", ":http") and, for --address, local addresses. The rules
 * are those of kubectl's port-forward; what a name means is for port_forward_ports.h.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/ip.h"

enum { FORWARD_PORTS_MAX = 64, FORWARD_ADDRESSES_MAX = 16 };

/* [LOCAL:]REMOTE. */
struct forward_word {
	const char *remote; /* of the word: a number or a name */
	uint16_t number;    /* that REMOTE is; 0: it is a name */
	bool same;          /* LOCAL was not given: it is as REMOTE */
	uint16_t local;     /* else this; 0: any that is free */
};

/* WORD is kept as long as *RET. -EINVAL: ERR quotes it and says what is wrong. */
int forward_word_parse(const char *word, struct forward_word *ret, struct err *err);

struct forward_address {
	struct ip_network ip;
	bool optional; /* one of localhost's: it is enough when one of these can be listened at */
};
struct forward_addresses {
	struct forward_address items[FORWARD_ADDRESSES_MAX];
	size_t count;
};

/*
 * Adds the addresses of LIST: IP addresses and "localhost" (127.0.0.1 and ::1), with commas between them. One that is there already
 * is not added again, and is optional only if it was so each time. -EINVAL: one is no address; -E2BIG.
 */
int forward_addresses_add(struct forward_addresses *a, const char *list, struct err *err);
