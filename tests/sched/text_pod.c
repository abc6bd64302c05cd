/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/draw.h"
#include "tests/sched/text.h"

static const char *const cpus[] = { NULL, "0", "100m", "250m", "500m", "500m", "1", "1500m", "2" };
static const char *const memories[] = { NULL, "0", "128Mi", "256Mi", "500M", "1Gi", "2Gi" };
static const char *const images[] = { "web:1", "docker.io/library/web:1", "db", "example.com/tool:2",
	"unknown" };
const char *const text_apps[4] = { "a", "a", "b", "c" };

bool text_has(const struct script *s, unsigned number, enum feature f, unsigned percent, struct rng *ret)
{
	*ret = draw_stream(s, STREAM_POD, number, 0, f);
	return (s->features & ~s->without[number] & FEATURE_BIT(f)) && rng_chance(ret, percent);
}

/* --- containers ---------------------------------------------------------------------------------------------- */

static void add_amount(struct buf *out, const char *resource, const char *amount)
{
	if (!amount)
		return;
	draw_comma(out);
	buf_addf(out, "\"%s\":\"%s\"", resource, amount);
}

static void add_resources(struct rng *r, bool extras, struct buf *out)
{
	static const char *const gpus[] = { NULL, NULL, "1", "2" },
				 *const disks[] = { NULL, NULL, "1Gi", "6Gi" },
				 *const nics[] = { NULL, NULL, NULL, "1" };
	bool requests = rng_chance(r, 85);

	buf_addf(out, "\"resources\":{\"%s\":{", requests ? "requests" : "limits");
	add_amount(out, "cpu", DRAW(r, cpus));
	add_amount(out, "memory", DRAW(r, memories));
	if (extras)
		add_amount(out, "ephemeral-storage", DRAW(r, disks));
	buf_adds(out, "}");
	/* What can't be shared is asked for by limits, which requests follow. */
	if (extras && requests) {
		buf_adds(out, ",\"limits\":{");
		add_amount(out, "example.com/gpu", DRAW(r, gpus));
		add_amount(out, "example.com/nic", DRAW(r, nics));
		buf_adds(out, "}");
	}
	buf_adds(out, "}");
}

/* No port number twice in a pod: USED has a bit for each. */
static void add_port(struct rng *r, unsigned *used, struct buf *out)
{
	static const char *const protocols[] = { NULL, "TCP", "UDP", "SCTP" }, *const addresses[] = { NULL,
		NULL, "0.0.0.0", "127.0.0.1", "10.0.0.1" };
	static const int numbers[] = { 80, 80, 80, 53, 443 };
	int port = numbers[rng_below(r, ARRAY_LEN(numbers))];
	unsigned bit = 1u << (port % 31);

	if (*used & bit)
		return;
	*used |= bit;
	draw_comma(out);
	buf_addf(out, "{\"containerPort\":%d", port);
	if (rng_chance(r, 90))
		buf_addf(out, ",\"hostPort\":%d", port);
	add_amount(out, "protocol", DRAW(r, protocols));
	add_amount(out, "hostIP", DRAW(r, addresses));
	buf_addc(out, '}');
}

struct maker {
	const struct script *s;
	unsigned number;
	struct rng ports, extras;
	bool has_ports, has_extras;
	unsigned used;
};

static void add_container(struct maker *m, struct rng *r, const char *name, bool sidecar, struct buf *out)
{
	draw_comma(out);
	buf_addf(out, "{\"name\":\"%s\",\"image\":\"%s\",", name, DRAW(r, images));
	if (sidecar)
		buf_adds(out, "\"restartPolicy\":\"Always\",");
	add_resources(r, m->has_extras, out);
	if (m->has_ports && rng_chance(&m->ports, 70)) {
		buf_adds(out, ",\"ports\":[");
		add_port(&m->ports, &m->used, out);
		if (rng_chance(&m->ports, 20))
			add_port(&m->ports, &m->used, out);
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

static void add_containers(struct maker *m, struct buf *out)
{
	static const char *const names[] = { "i1", "i2", "i3" };
	struct rng r = draw_stream(m->s, STREAM_POD, m->number, 0, FEATURE_COUNT + 1);

	buf_adds(out, "\"containers\":[");
	add_container(m, &r, "c1", false, out);
	if (rng_chance(&r, 20))
		add_container(m, &r, "c2", false, out);
	buf_addc(out, ']');
	if (m->has_extras && rng_chance(&m->extras, 50)) {
		buf_adds(out, ",\"initContainers\":[");
		for (unsigned i = (unsigned)rng_range(&m->extras, 1, 3); i > 0; i--)
			add_container(m, &m->extras, names[i - 1], rng_chance(&m->extras, 50), out);
		buf_addc(out, ']');
	}
	if (m->has_extras && rng_chance(&m->extras, 25))
		buf_adds(out, ",\"overhead\":{\"cpu\":\"150m\",\"memory\":\"64Mi\"}");
}

/* --- the rest ------------------------------------------------------------------------------------------------- */

static void add_toleration(struct rng *r, struct buf *out)
{
	static const char *const effects[] = { NULL, "NoSchedule", "NoExecute", "PreferNoSchedule" },
				 *const values[] = { "a", "a", "b", "" };

	draw_comma(out);
	if (rng_chance(r, 10)) {
		buf_adds(out, "{\"operator\":\"Exists\"");
	} else if (rng_chance(r, 10)) {
		buf_adds(out, "{\"key\":\"node.kubernetes.io/unschedulable\",\"operator\":\"Exists\"");
	} else {
		bool exists = rng_chance(r, 40);

		buf_addf(out, "{\"key\":\"%s\"", rng_chance(r, 50) ? "k" : "l");
		if (exists)
			buf_adds(out, ",\"operator\":\"Exists\"");
		else
			buf_addf(out, "%s,\"value\":\"%s\"",
				rng_chance(r, 50) ? ",\"operator\":\"Equal\"" : "", DRAW(r, values));
	}
	add_amount(out, "effect", DRAW(r, effects));
	buf_addc(out, '}');
}

static void add_tolerations(const struct script *s, unsigned number, struct buf *out)
{
	struct rng r, soft;
	bool hard = text_has(s, number, FEATURE_TAINTS, 45, &r),
	     prefer = text_has(s, number, FEATURE_PREFER, 45, &soft);

	if (!hard && !prefer)
		return;
	buf_adds(out, ",\"tolerations\":[");
	for (unsigned i = hard ? (unsigned)rng_range(&r, 1, 3) : 0; i > 0; i--)
		add_toleration(&r, out);
	if (prefer)
		add_toleration(&soft, out);
	buf_addc(out, ']');
}

static void add_names(const struct script *s, unsigned number, struct buf *out)
{
	static const char *const policies[] = { NULL, NULL, NULL, "Never" };
	struct rng r;
	char name[16];

	if (text_has(s, number, FEATURE_NAMED, 8, &r))
		add_amount(out, "nodeName", text_node_name((unsigned)rng_below(&r, s->nodes + 1), name));
	if (text_has(s, number, FEATURE_NODES, 15, &r)) {
		static const char *const disks[] = { "ssd", "hdd" };

		buf_addf(out, ",\"nodeSelector\":{\"disk\":\"%s\"%s}", DRAW(&r, disks),
			rng_chance(&r, 15) ? ",\"rack\":\"r1\"" : "");
	}
	if (text_has(s, number, FEATURE_PREEMPT, 100, &r))
		add_amount(out, "preemptionPolicy", DRAW(&r, policies));
}

static void add_labels(const struct script *s, unsigned number, const char *app, struct buf *out)
{
	static const char *const tiers[] = { "x", "y" }, *const revisions[] = { "1", "2" };
	struct rng r = draw_stream(s, STREAM_POD, number, 0, FEATURE_COUNT + 2);

	buf_adds(out, "\"labels\":{");
	if (rng_chance(&r, 95))
		add_amount(out, "app", app);
	if (rng_chance(&r, 60))
		add_amount(out, "tier", DRAW(&r, tiers));
	if (rng_chance(&r, 60))
		add_amount(out, "rev", DRAW(&r, revisions));
	buf_addc(out, '}');
}

static void add_ephemeral(const struct script *s, struct rng *r, unsigned number, struct buf *out)
{
	static const char *const classes[] = { "\"wait\"", "\"local\"", "\"local\"", "\"now\"", NULL },
				 *const waiting[] = { "\"wait\"", "\"local\"", "\"local\"" };
	const char *class = s->storage ? DRAW(r, waiting) : DRAW(r, classes);

	draw_comma(out);
	buf_addf(out,
		"{\"name\":\"e%u\",\"ephemeral\":{\"volumeClaimTemplate\":{\"spec\":{\"accessModes\":[\"%s\"]"
		","
		"\"resources\":{\"requests\":{\"storage\":\"%dGi\"}}%s%s}}}}",
		number, rng_chance(r, 20) ? "ReadWriteOncePod" : "ReadWriteOnce", (int)rng_range(r, 1, 5),
		class ? ",\"storageClassName\":" : "", class ? class : "");
}

static void add_volumes(const struct script *s, unsigned number, bool has_claims, struct buf *out)
{
	struct rng r;
	unsigned first;

	if (s->volumes == 0 || !text_has(s, number, FEATURE_VOLUMES, s->storage ? 85 : 50, &r))
		return;
	first = (unsigned)rng_below(&r, s->volumes);
	buf_adds(out, ",\"volumes\":[");
	for (unsigned i = rng_chance(&r, 50) ? 2 : rng_chance(&r, 80); i > 0 && has_claims; i--) {
		draw_comma(out);
		buf_addf(out, "{\"name\":\"v%u\",\"persistentVolumeClaim\":{\"claimName\":\"claim%u\"}}", i,
			(first + i) % s->volumes);
	}
	for (unsigned i = rng_chance(&r, has_claims ? 30 : 90) ? (unsigned)rng_range(&r, 1, 2) : 0; i > 0;
		i--)
		add_ephemeral(s, &r, i, out);
	buf_addc(out, ']');
}

void text_pod(const struct script *s, unsigned number, const char *name, struct buf *out)
{
	static const char *const namespaces[] = { "default", "default", "default", "blue", "red" };
	struct rng r = draw_stream(s, STREAM_POD, number, 0, FEATURE_COUNT);
	const char *app = DRAW(&r, text_apps), *namespace = DRAW(&r, namespaces);
	struct maker m = { .s = s, .number = number };

	/* Where the claims are; elsewhere none is found. */
	if (s->storage && rng_chance(&r, 90))
	namespace = namespaces[0];
	m.has_ports = text_has(s, number, FEATURE_PORTS, 40, &m.ports);
	m.has_extras = text_has(s, number, FEATURE_EXTRAS, 50, &m.extras);
	buf_addf(out,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",",
		name, namespace);
	add_labels(s, number, app, out);
	buf_adds(out, "},\"spec\":{");
	add_containers(&m, out);
	if (m.has_ports && rng_chance(&m.ports, 20))
		buf_adds(out, ",\"hostNetwork\":true");
	add_names(s, number, out);
	add_tolerations(s, number, out);
	text_affinity(s, number, app, out);
	text_spread(s, number, app, out);
	add_volumes(s, number, namespace == namespaces[0] || number % 4 == 0, out);
	buf_adds(out, "}}");
}

int text_priority(const struct script *s, unsigned number)
{
	static const int priorities[] = { 0, 0, 5, 10, 10, 100, -3 };
	struct rng r;

	return text_has(s, number, FEATURE_PREEMPT, 100, &r)
		       ? priorities[rng_below(&r, ARRAY_LEN(priorities))]
		       : 0;
}

int text_deadline(const struct script *s, unsigned number)
{
	struct rng r = draw_stream(s, STREAM_POD, number, 0, FEATURE_COUNT + 3);

	return rng_chance(&r, 15) ? (int)rng_range(&r, 1, 9) : 0;
}
