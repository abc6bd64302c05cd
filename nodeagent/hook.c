/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/hook.h"

const struct lifecycle_handler *hook_post_start(const struct container *c)
{
	return c->lifecycle ? c->lifecycle->post_start : NULL;
}

const struct lifecycle_handler *hook_pre_stop(const struct container *c)
{
	return c->lifecycle ? c->lifecycle->pre_stop : NULL;
}

bool hook_holds_next(const struct container *spec, const struct container_record *c, bool to_start)
{
	if (!hook_post_start(spec))
		return false;
	return to_start || c->starting || c->phase == CONTAINER_CREATING || c->post_start;
}

static nsec_t later(nsec_t a, nsec_t b)
{
	return a > b ? a : b;
}

static void wake_at(nsec_t *wake, nsec_t when)
{
	if (when < *wake)
		*wake = when;
}

nsec_t stop_over(const struct stop_order *order)
{
	return order->since + (order->grace < GRACE_MAX ? order->grace : GRACE_MAX) * NSEC_PER_SEC;
}

/* Of a container that exists, with time to end by itself. */
static enum stop_step stop_gently(const struct container *spec, const struct container_record *c,
	const struct stop_order *order, nsec_t now, nsec_t *wake)
{
	nsec_t over = stop_over(order), kill_at = later(over, c->term_at + STOP_LEAST);

	if (c->term_at > 0) {
		if (now >= kill_at)
			return STOP_KILL;
		wake_at(wake, kill_at);
		return STOP_NOTHING;
	}
	if (now < over) {
		bool due = c->phase == CONTAINER_RUNNING && hook_pre_stop(spec) && !c->pre_stopped;

		if (due || !order->turn) {
			wake_at(wake, over);
			return due && !c->pre_stopping ? STOP_PRE_STOP : STOP_NOTHING;
		}
	}
	wake_at(wake, later(over, now + STOP_LEAST));
	return STOP_SIGNAL;
}

enum stop_step stop_next(const struct container *spec, const struct container_record *c,
	const struct stop_order *order, nsec_t now, nsec_t *wake)
{
	switch (c->phase) {
	case CONTAINER_WAITING:
		return c->starting ? STOP_KILL : STOP_NOTHING;
	case CONTAINER_CREATING:
	case CONTAINER_RUNNING:
		return order->grace <= 0 ? STOP_KILL : stop_gently(spec, c, order, now, wake);
	case CONTAINER_EXITED:
	case CONTAINER_PHASE_COUNT:
		break;
	}
	return STOP_NOTHING;
}
