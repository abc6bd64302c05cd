/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A pod's numbers follow Kubernetes' PodRequestsAndLimits: containers and sidecars (init containers that
 * restart always) run side by side and add up; an ordinary init container runs alone beside the
 * sidecars declared before it; the pod needs the larger of the two.
 */
#include "nodeagent/cgroup_resources.h"

#include "lib/base/str.h"

enum { PERIOD = 100000, QUOTA_MIN = 1000, SHARES_MIN = 2, SHARES_MAX = 262144 };

static int64_t shares_from_milli(int64_t milli)
{
	int64_t shares;

	if (milli <= 0)
		return SHARES_MIN;
	if (milli >= (int64_t)SHARES_MAX * 1000 / 1024)
		return SHARES_MAX;
	shares = milli * 1024 / 1000;
	return shares < SHARES_MIN ? SHARES_MIN : shares;
}

static int64_t quota_from_milli(int64_t milli)
{
	int64_t quota;

	if (milli <= 0)
		return 0;
	if (milli > INT64_MAX / PERIOD)
		return 0; /* more than any machine has: no limit */
	quota = milli * PERIOD / 1000;
	return quota < QUOTA_MIN ? QUOTA_MIN : quota;
}

struct amounts {
	int64_t cpu_request, cpu_limit; /* thousandths of a cpu */
	int64_t memory_limit;           /* bytes */
	bool cpu_unlimited, memory_unlimited;
};

static int64_t milli_of(const struct quantity_map *m)
{
	const struct quantity *q = quantity_map_get(m, "cpu");

	return q ? quantity_milli(q) : 0;
}

static int64_t bytes_of(const struct quantity_map *m)
{
	const struct quantity *q = quantity_map_get(m, "memory");

	return q ? quantity_units(q) : 0;
}

static struct amounts container_amounts(const struct container *c)
{
	const struct resources *r = &c->resources;
	struct amounts a = {
		.cpu_limit = milli_of(&r->limits),
		.memory_limit = bytes_of(&r->limits),
	};

	a.cpu_request = quantity_map_get(&r->requests, "cpu") ? milli_of(&r->requests) : a.cpu_limit;
	a.cpu_unlimited = a.cpu_limit <= 0;
	a.memory_unlimited = a.memory_limit <= 0;
	return a;
}

static struct cgroup_resources to_resources(const struct amounts *a)
{
	struct cgroup_resources r = {
		.memory_limit = a->memory_unlimited ? 0 : a->memory_limit,
		.cpu_shares = shares_from_milli(a->cpu_request),
		.cpu_quota = a->cpu_unlimited ? 0 : quota_from_milli(a->cpu_limit),
	};

	r.cpu_period = r.cpu_quota > 0 ? PERIOD : 0;
	return r;
}

struct cgroup_resources cgroup_resources_container(const struct container *c)
{
	struct amounts a = container_amounts(c);

	return to_resources(&a);
}

static int64_t add_clamped(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void amounts_add(struct amounts *sum, const struct amounts *a)
{
	sum->cpu_request = add_clamped(sum->cpu_request, a->cpu_request);
	sum->cpu_limit = add_clamped(sum->cpu_limit, a->cpu_limit);
	sum->memory_limit = add_clamped(sum->memory_limit, a->memory_limit);
	sum->cpu_unlimited |= a->cpu_unlimited;
	sum->memory_unlimited |= a->memory_unlimited;
}

static void amounts_raise(struct amounts *to, const struct amounts *a)
{
	to->cpu_request = larger(to->cpu_request, a->cpu_request);
	to->cpu_limit = larger(to->cpu_limit, a->cpu_limit);
	to->memory_limit = larger(to->memory_limit, a->memory_limit);
	to->cpu_unlimited |= a->cpu_unlimited;
	to->memory_unlimited |= a->memory_unlimited;
}

struct cgroup_resources cgroup_resources_pod(const struct pod_spec *spec)
{
	struct amounts together = { 0 }, alone = { 0 }, sidecars = { 0 };
	const struct containers *inits = &spec->init_containers;

	for (size_t i = 0; i < inits->count; i++) {
		struct amounts a = container_amounts(&inits->items[i]);

		if (str_eq(inits->items[i].restart_policy, "Always")) {
			amounts_add(&sidecars, &a);
			continue;
		}
		amounts_add(&a, &sidecars);
		amounts_raise(&alone, &a);
	}
	together = sidecars;
	for (size_t i = 0; i < spec->containers.count; i++) {
		struct amounts a = container_amounts(&spec->containers.items[i]);

		amounts_add(&together, &a);
	}
	amounts_raise(&together, &alone);
	return to_resources(&together);
}

int64_t cgroup_weight_from_shares(int64_t shares)
{
	if (shares < SHARES_MIN)
		shares = SHARES_MIN;
	if (shares > SHARES_MAX)
		shares = SHARES_MAX;
	return 1 + (shares - 2) * 9999 / 262142;
}

static void section(struct buf *out, const char *name, const struct buf *members)
{
	if (members->len == 0)
		return;
	if (out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"%s\":{%s}", name, members->data);
}

static void member(struct buf *out, const char *name, int64_t value)
{
	if (value > 0)
		buf_addf(out, "%s\"%s\":%lld", out->len ? "," : "", name, (long long)value);
}

void cgroup_resources_write(struct buf *out, const struct cgroup_resources *r, bool v2)
{
	_cleanup_(buf_done) struct buf memory = BUF_INIT, cpu = BUF_INIT, pids = BUF_INIT, unified = BUF_INIT;

	member(&memory, "limit", r->memory_limit);
	member(&memory, "swap", v2 ? r->memory_limit : 0);
	member(&cpu, "shares", r->cpu_shares);
	member(&cpu, "quota", r->cpu_quota);
	member(&cpu, "period", r->cpu_quota > 0 ? r->cpu_period : 0);
	member(&pids, "limit", r->pids_limit);
	if (v2 && r->memory_limit > 0)
		buf_adds(&unified, "\"memory.oom.group\":\"1\"");
	buf_addc(out, '{');
	section(out, "memory", &memory);
	section(out, "cpu", &cpu);
	section(out, "pids", &pids);
	section(out, "unified", &unified);
	buf_addc(out, '}');
}
