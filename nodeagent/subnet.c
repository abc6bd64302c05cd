/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/subnet.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

static int set_up(struct node_services *node, const char *cidr, struct err *err)
{
	int r = routes_subnet_up(node->routes, cidr, err);

	return r < 0 ? r : ipam_new(cidr, &node->ipam, err);
}

void subnet_open(struct node_services *node)
{
	const char *cidr = node->identity->pod_cidr;

	if (str_empty(cidr))
		return;
	subnet_want(node, cidr);
	if (set_up(node, cidr, &node->subnet_err) < 0)
		log_error("%s", err_text(&node->subnet_err));
}

void subnet_close(struct node_services *node)
{
	node->ipam = ipam_free(node->ipam);
	free(node->subnet_wanted);
	node->subnet_wanted = NULL;
}

void subnet_want(struct node_services *node, const char *cidr)
{
	if (str_empty(cidr) || str_eq(cidr, node->subnet_wanted))
		return;
	free(node->subnet_wanted);
	node->subnet_wanted = xstrdup(cidr);
}

bool subnet_is_due(const struct node_services *node)
{
	return node->subnet_wanted && (!node->ipam || !str_eq(node->subnet_wanted, node->identity->pod_cidr));
}

/* Tells FN's caller of each address that a pod has; the first non-zero result ends it. */
static int addresses_each(const struct pods *pods, int (*fn)(const char *address, void *arg), void *arg)
{
	int r = 0;

	for (size_t i = 0; i < pods_count(pods) && r == 0; i++) {
		struct pod_view v = pods_view(pods, i);

		if (v.record->ip && (v.record->phase == POD_NEW || v.record->phase == POD_UP))
			r = fn(v.record->ip, arg);
	}
	return r;
}

static int stop_here(const char *address, void *arg)
{
	(void)address;
	(void)arg;
	return 1;
}

static int take_address(const char *address, void *arg)
{
	ipam_take(arg, address, NULL);
	return 0;
}

/* Written down before the first pod has an address of it: an agent that starts anew must know it. */
static int write_down(const struct node_services *node, struct identity *id, struct err *err)
{
	char *before = id->pod_cidr;
	int r;

	id->pod_cidr = xstrdup(node->subnet_wanted);
	r = str_eq(before, id->pod_cidr) ? 0 : identity_save(node->env->state_dir, id, err);
	if (r < 0) {
		free(id->pod_cidr);
		id->pod_cidr = before;
		return r;
	}
	free(before);
	return 0;
}

bool subnet_sync(struct node_services *node, struct identity *id, const struct pods *pods)
{
	bool moves = !str_eq(node->subnet_wanted, id->pod_cidr);
	struct err err = { 0 };
	int r;

	if (!subnet_is_due(node) || (moves && addresses_each(pods, stop_here, NULL)))
		return false;
	node->ipam = ipam_free(node->ipam);
	r = set_up(node, node->subnet_wanted, &err);
	if (r == 0)
		r = write_down(node, id, &err);
	if (r < 0) {
		node->ipam = ipam_free(node->ipam);
		if (!str_eq(err_text(&err), err_text(&node->subnet_err)))
			log_error("%s", err_text(&err));
	}
	node->subnet_err = err;
	if (r == 0)
		addresses_each(pods, take_address, node->ipam);
	return r == 0;
}
