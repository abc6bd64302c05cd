/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* port-forward: local ports that lead into a pod. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/ctl/port_forward_run.h"
#include "reconciler/ctl/verbs.h"

#define RUNNING_TIMEOUT (60 * NSEC_PER_SEC)

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "address", 0, CTL_STRING, "ADDRESS[,…]", "listen here; default localhost: 127.0.0.1 and ::1",
		NULL },
	{ "pod-running-timeout", 0, CTL_DURATION, "DURATION", "wait so long for a pod that runs; default 1m",
		NULL },
};

/* What was asked for. */
struct asked {
	struct forward_addresses addresses;
	struct forward_word words[FORWARD_PORTS_MAX];
	size_t count;
	nsec_t patience;
};

static int parse_words(struct asked *a, const struct ctl_args *args, struct err *err)
{
	int r = 0;
	a->count = args->word_count - 1;
	for (size_t i = 0; i < a->count && r == 0; i++)
		r = forward_word_parse(args->words[i + 1], &a->words[i], err);
	if (r == 0 && !ctl_string(args, "address"))
		r = forward_addresses_add(&a->addresses, "localhost", err);
	for (size_t i = 0; r == 0 && ctl_nth(args, "address", i); i++) {
		r = forward_addresses_add(&a->addresses, ctl_nth(args, "address", i), err);
		if (r < 0)
			err_wrap(err, r, "--address");
	}
	return r;
}

static int parse(struct ctl *c, const struct ctl_args *args, struct asked *ret)
{
	struct err err = { 0 };
	if (args->word_count < 2)
		return ctl_usage(c, "a pod and at least one port are wanted");
	if (args->word_count - 1 > FORWARD_PORTS_MAX)
		return ctl_usage(c, "at most %d ports at once", FORWARD_PORTS_MAX);
	ret->patience = ctl_duration(args, "pod-running-timeout", RUNNING_TIMEOUT);
	if (ret->patience <= 0)
		return ctl_usage(c, "--pod-running-timeout must be above zero");
	return parse_words(ret, args, &err) < 0 ? ctl_usage(c, "%s", err_text(&err)) : CTL_DONE;
}

/* All ports first: one that is not there, or can't be listened at, and nothing is forwarded. */
static int listen_all(const struct asked *a, const struct forward_target *target,
	struct forward_listeners *ret, struct err *err)
{
	struct forward_port ports[FORWARD_PORTS_MAX];
	int r = 0;
	for (size_t i = 0; i < a->count && r == 0; i++)
		r = forward_port_find(&a->words[i], target->pod, target->service, &ports[i], err);
	if (r == 0)
		r = forward_ports_check(ports, a->count, err);
	return r < 0 ? r : forward_listen(&a->addresses, ports, a->count, stderr, ret, err);
}

static int forward(
	struct ctl *c, const struct home *h, const struct asked *a, const struct forward_target *target)
{
	struct err err = { 0 };
	struct forward_listeners listeners = { 0 };
	if (listen_all(a, target, &listeners, &err) < 0)
		return ctl_fail_err(c, &err);
	const struct forward_run run = { .c = c, .home = h, .target = target, .listeners = &listeners };
	int r = forward_run(&run);
	forward_listeners_done(&listeners);
	return r;
}

static int run_port_forward(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(freep) struct asked *a = xcalloc(1, sizeof(*a));
	struct forward_target target;
	const char *ns = ctl_string(args, "namespace");
	int r = parse(c, args, a);
	if (r != CTL_DONE)
		return r;
	if (home_open(c->home, &h, &err) < 0 ||
		forward_target_wait(h, ns ? ns : "default", args->words[0], a->patience, &target, &err) < 0)
		return ctl_fail_err(c, &err);
	r = forward(c, h, a, &target);
	forward_target_done(&target);
	return r;
}

const struct ctl_verb ctl_verb_port_forward = {
	"port-forward",
	"POD | KIND/NAME [LOCAL:]REMOTE…",
	"Makes ports of a pod reachable at local ones.",
	CTL_OPTIONS(options),
	run_port_forward,
	CTL_WORDS_PODS,
};
