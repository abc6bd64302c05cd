/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Tells that the namespace's addresses or routes have changed: once for what changes within a twentieth of a second, and after the last
 * change at least once.
 */
#pragma once

#include "lib/base/loop.h"
#include "nodeagent/netlink.h"

struct netlink_watch;

struct netlink_watch_spec {
	netlink_seen_fn is_news; /* other than 0: SEEN, which came or went, is worth a word */
	void *news_arg;
	loop_fn changed; /* called from the loop */
	void *changed_arg;
};
/* Watches the namespace that the caller is in. On error there is none. */
int netlink_watch_new(struct loop *loop, const struct netlink_watch_spec *spec, struct netlink_watch **ret,
	struct err *err);
struct netlink_watch *netlink_watch_free(struct netlink_watch *w);
void netlink_watch_freep(struct netlink_watch **w);
