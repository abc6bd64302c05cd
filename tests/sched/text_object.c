/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/draw.h"
#include "tests/sched/text.h"

static const char *const classes[CLASSES] = { "wait", "local", "now" };

unsigned text_object_count(const struct script *s)
{
	return NAMESPACES + BUDGETS + (s->volumes > 0 ? CLASSES + 2 * s->volumes : 0);
}

static void add_namespace(struct rng *r, unsigned number, struct buf *out)
{
	static const char *const names[NAMESPACES] = { "default", "blue", "red" };

	buf_addf(out,
		"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\",\"labels\":{",
		names[number]);
	if (rng_chance(r, 70))
		buf_addf(out, "\"team\":\"%s\"", rng_chance(r, 60) ? "t1" : "t2");
	if (rng_chance(r, 40)) {
		draw_comma(out);
		buf_adds(out, "\"env\":\"e\"");
	}
	buf_adds(out, "}}}");
}

static void add_budget(struct rng *r, unsigned number, struct buf *out)
{
	buf_addf(out,
		"{\"apiVersion\":\"policy/"
		"v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":\"b%u\","
		"\"namespace\":\"default\"},\"spec\":{\"maxUnavailable\":1,\"selector\":",
		number);
	text_selector(r, DRAW(r, text_apps), out);
	buf_addf(out,
		"},\"status\":{\"disruptionsAllowed\":%d,\"currentHealthy\":1,\"desiredHealthy\":1,"
		"\"expectedPods\":1}}",
		(int)rng_range(r, 0, 2));
}

static void add_class(struct rng *r, unsigned number, struct buf *out)
{
	buf_addf(out,
		"{\"apiVersion\":\"storage.k8s.io/"
		"v1\",\"kind\":\"StorageClass\",\"metadata\":{\"name\":\"%s\"",
		classes[number]);
	if (rng_chance(r, 40))
		buf_adds(out, ",\"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"}");
	buf_addf(out, "},\"provisioner\":\"%s\",\"volumeBindingMode\":\"%s\"",
		number == 1 ? "kubernetes.io/no-provisioner" : "p.example",
		number == 2 ? "Immediate" : "WaitForFirstConsumer");
	if (number == 0 && rng_chance(r, 40))
		buf_addf(out,
			",\"allowedTopologies\":[{\"matchLabelExpressions\":[{\"key\":\"topology.kubernetes."
			"io/zone\","
			"\"values\":[\"%s\",\"z3\"]}]}]",
			rng_chance(r, 50) ? "z1" : "z2");
	buf_addc(out, '}');
}

/* How a claim and the volume of the same number stand to each other. */
enum pair { BOUND, ALONE, NAMED, OTHERS };

static enum pair pair_of(const struct script *s, unsigned number)
{
	static const enum pair pairs[] = { BOUND, BOUND, ALONE, ALONE, ALONE, ALONE, NAMED, OTHERS };
	struct rng r = draw_stream(s, STREAM_OBJECT, number, 0, 1);

	return pairs[rng_below(&r, ARRAY_LEN(pairs))];
}

static const char *class_of(const struct script *s, unsigned number)
{
	static const char *const words[] = { "wait", "local", "local", "local", "wait", "now" },
				 *const waiting[] = { "wait", "local" };
	struct rng r = draw_stream(s, STREAM_OBJECT, number, 0, 2),
		   one = draw_stream(s, STREAM_OBJECT, 0, 0, 3);

	if (s->storage)
		return DRAW(&one, waiting);
	/* Volumes are sought after where they are of one class. */
	return rng_chance(&one, 60) ? DRAW(&one, words) : DRAW(&r, words);
}

static const char deleting[] = ",\"deletionTimestamp\":\"2026-01-02T03:04:05Z\"";

static void add_claim(const struct script *s, struct rng *r, unsigned number, struct buf *out)
{
	enum pair pair = pair_of(s, number);

	buf_addf(out,
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"claim%"
		"u\",\"namespace\":"
		"\"default\"%s},\"spec\":{\"accessModes\":[\"%s\"],\"resources\":{\"requests\":{\"storage\":"
		"\"%"
		"uGi\"}}",
		number, rng_chance(r, 3) ? deleting : "",
		rng_chance(r, 20) ? "ReadWriteOncePod" : "ReadWriteOnce", number + 1);
	if (rng_chance(r, s->storage ? 97 : 85))
		buf_addf(out, ",\"storageClassName\":\"%s\"", rng_chance(r, 92) ? class_of(s, number) : "");
	if (pair == BOUND)
		buf_addf(out, ",\"volumeName\":\"v%u\"", number);
	if (pair == ALONE && rng_chance(r, 15))
		buf_adds(out, ",\"selector\":{\"matchLabels\":{\"kind\":\"fast\"}}");
	buf_addf(out, "},\"status\":{\"phase\":\"%s\"}}",
		pair == BOUND      ? "Bound"
		: rng_chance(r, 3) ? "Lost"
				   : "Pending");
}

static void add_affinity(struct buf *out, const char *key, const char *value)
{
	buf_addf(out,
		",\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"%"
		"s\",\"operator\":"
		"\"In\",\"values\":[\"%s\"]}]}]}}",
		key, value);
}

static void add_volume(const struct script *s, struct rng *r, unsigned number, struct buf *out)
{
	static const char *const phases[] = { "Available", "Available", "Available", "Released" };
	enum pair pair = pair_of(s, number);
	bool fixed = rng_chance(r, 60);
	char name[16];

	buf_addf(out,
		"{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolume\",\"metadata\":{\"name\":\"v%u\","
		"\"labels\":{\"kind\":\"%s\"",
		number, rng_chance(r, 50) ? "fast" : "slow");
	if (pair == BOUND && rng_chance(r, 40))
		buf_addf(out, ",\"%s\":\"%s\"",
			rng_chance(r, 80) ? "topology.kubernetes.io/zone"
					  : "failure-domain.beta.kubernetes.io/zone",
			rng_chance(r, 70) ? "z1" : "z1__z2");
	buf_addf(out,
		"}%s},\"spec\":{\"accessModes\":[%s],\"capacity\":{\"storage\":\"%dGi\"},"
		"\"hostPath\":{\"path\":\"/v\"},"
		"\"storageClassName\":\"%s\"",
		rng_chance(r, 3) ? deleting : "",
		rng_chance(r, 75) ? "\"ReadWriteOnce\",\"ReadOnlyMany\"" : "\"ReadWriteOncePod\"",
		(int)rng_range(r, number, number + 5) + 1, class_of(s, number));
	if (fixed && rng_chance(r, 50))
		add_affinity(out, "topology.kubernetes.io/zone", rng_chance(r, 50) ? "z1" : "z2");
	else if (fixed)
		add_affinity(out, "kubernetes.io/hostname",
			text_node_name((unsigned)rng_below(r, s->nodes), name));
	if (pair == BOUND || pair == NAMED)
		buf_addf(out,
			",\"claimRef\":{\"kind\":\"PersistentVolumeClaim\",\"namespace\":\"default\","
			"\"name\":\"claim%u\"}",
			number);
	else if (pair == OTHERS)
		buf_adds(out, ",\"claimRef\":{\"kind\":\"PersistentVolumeClaim\",\"namespace\":\"default\","
			      "\"name\":\"another\"}");
	buf_addf(out, "},\"status\":{\"phase\":\"%s\"}}", pair == BOUND ? "Bound" : DRAW(r, phases));
}

void text_object(const struct script *s, unsigned number, uint32_t seq, struct buf *out)
{
	struct rng r = draw_stream(s, STREAM_OBJECT, number, seq, 0);

	if (number < NAMESPACES)
		add_namespace(&r, number, out);
	else if (number < NAMESPACES + BUDGETS)
		add_budget(&r, number - NAMESPACES, out);
	else if (number < NAMESPACES + BUDGETS + CLASSES)
		add_class(&r, number - NAMESPACES - BUDGETS, out);
	else if ((number -= NAMESPACES + BUDGETS + CLASSES) < s->volumes)
		add_claim(s, &r, number, out);
	else
		add_volume(s, &r, number - s->volumes, out);
}
