/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdio.h>

#include "tests/sched/draw.h"
#include "tests/sched/text.h"

static const char *const cpus[] = { "1500m", "2", "3", "4", "4", "8" };
static const char *const small_cpus[] = { "1500m", "2", "3" };
static const char *const memories[] = { "2Gi", "3000M", "4Gi", "4Gi", "8Gi" };
static const char *const taint_values[] = { "a", "a", "b", "" };
static const char *const effects[] = { "NoSchedule", "NoSchedule", "NoExecute" };

const char *text_node_name(unsigned node, char *ret)
{
	snprintf(ret, 16, "n%u", node);
	return ret;
}

static struct rng stream(const struct script *s, unsigned node, uint32_t seq, unsigned part)
{
	/* What a node is stays mostly the same when it changes. */
	struct rng r = draw_stream(s, STREAM_NODE, node, 0, part),
		   change = draw_stream(s, STREAM_NODE, node, seq + 1, part);

	return rng_chance(&change, 25) ? change : r;
}

static bool node_has(const struct script *s, unsigned node, enum feature f)
{
	return (s->features & ~s->node_without[node] & FEATURE_BIT(f)) != 0;
}

static void add_label(struct buf *out, const char *key, const char *value)
{
	draw_comma(out);
	buf_addf(out, "\"%s\":\"%s\"", key, value);
}

static void add_labels(const struct script *s, unsigned node, uint32_t seq, struct buf *out)
{
	static const char *const zones[] = { "z1", "z1", "z2", "z2", "z3" }, *const racks[] = { "r1", "r2" },
				 *const disks[] = { "ssd", "hdd" },
				 *const gens[] = { "1", "3", "5", "7", "10", "x", "05" };
	struct rng r = stream(s, node, seq, FEATURE_COUNT);
	char name[16];

	buf_adds(out, "\"labels\":{");
	if (rng_chance(&r, 95))
		add_label(out, "kubernetes.io/hostname", text_node_name(node, name));
	if (rng_chance(&r, 88))
		add_label(out, "topology.kubernetes.io/zone", DRAW(&r, zones));
	if (rng_chance(&r, 75))
		add_label(out, "rack", DRAW(&r, racks));
	if (rng_chance(&r, 70))
		add_label(out, "disk", DRAW(&r, disks));
	if (rng_chance(&r, 70))
		add_label(out, "gen", DRAW(&r, gens));
	buf_addc(out, '}');
}

static void add_taint(struct buf *out, struct rng *r, const char *key, const char *effect)
{
	draw_comma(out);
	buf_addf(out, "{\"key\":\"%s\",\"value\":\"%s\",\"effect\":\"%s\"}", key, DRAW(r, taint_values),
		effect);
}

static void add_spec(const struct script *s, unsigned node, uint32_t seq, struct buf *out)
{
	struct rng r = stream(s, node, seq, FEATURE_TAINTS), soft = stream(s, node, seq, FEATURE_PREFER);

	buf_adds(out, "\"spec\":{\"taints\":[");
	if (node_has(s, node, FEATURE_TAINTS) && rng_chance(&r, 22))
		add_taint(out, &r, rng_chance(&r, 50) ? "k" : "l", DRAW(&r, effects));
	if (node_has(s, node, FEATURE_TAINTS) && rng_chance(&r, 8))
		add_taint(out, &r, "m", DRAW(&r, effects));
	for (unsigned i = 0; node_has(s, node, FEATURE_PREFER) && i < 2 && rng_chance(&soft, 35); i++)
		add_taint(out, &soft, i ? "k" : "l", "PreferNoSchedule");
	buf_adds(out, "]");
	if (node_has(s, node, FEATURE_TAINTS) && rng_chance(&r, 8))
		buf_adds(out, ",\"unschedulable\":true");
	buf_addc(out, '}');
}

static void add_amounts(const struct script *s, unsigned node, uint32_t seq, struct buf *out)
{
	struct rng r = stream(s, node, seq, FEATURE_COUNT + 1), extra = stream(s, node, seq, FEATURE_EXTRAS),
		   volumes = stream(s, node, seq, FEATURE_VOLUMES);

	buf_addf(out, "\"allocatable\":{\"cpu\":\"%s\",\"memory\":\"%s\",\"pods\":\"%d\"",
		s->storage ? DRAW(&r, small_cpus) : DRAW(&r, cpus), DRAW(&r, memories),
		(int)rng_range(&r, 2, 12));
	if (node_has(s, node, FEATURE_EXTRAS) && rng_chance(&extra, 60))
		buf_addf(out, ",\"example.com/gpu\":\"%d\"", (int)rng_range(&extra, 0, 4));
	if (node_has(s, node, FEATURE_EXTRAS) && rng_chance(&extra, 70))
		buf_adds(out, ",\"ephemeral-storage\":\"10Gi\"");
	if (node_has(s, node, FEATURE_EXTRAS) && rng_chance(&extra, 30))
		buf_adds(out, ",\"example.com/nic\":\"2\"");
	if (node_has(s, node, FEATURE_VOLUMES) && s->volumes > 0 && rng_chance(&volumes, 25))
		buf_addf(out, ",\"attachable-volumes-csi-p.example\":\"%d\"", (int)rng_range(&volumes, 0, 3));
	if (node_has(s, node, FEATURE_VOLUMES) && s->volumes > 0 && rng_chance(&volumes, 10))
		buf_addf(
			out, ",\"attachable-volumes-no-provisioner\":\"%d\"", (int)rng_range(&volumes, 1, 3));
	buf_addc(out, '}');
}

static void add_images(const struct script *s, unsigned node, uint32_t seq, struct buf *out)
{
	static const char *const sizes[] = { "5000000", "24117248", "100000000", "600000000", "2000000000" };
	static const char *const names[][2] = { { "\"web:1\"", "\"docker.io/library/web:1\"" },
		{ "\"db:latest\",\"db@sha256:0123\"", "\"docker.io/library/db:latest\"" },
		{ "\"example.com/tool:2\"", "\"example.com/tool:1\"" } };
	struct rng r = stream(s, node, seq, FEATURE_IMAGES);

	buf_adds(out, ",\"images\":[");
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (rng_chance(&r, 40)) {
			draw_comma(out);
			buf_addf(out, "{\"names\":[%s],\"sizeBytes\":%s}", DRAW(&r, names[i]),
				DRAW(&r, sizes));
		}
	buf_addc(out, ']');
}

void text_node(const struct script *s, unsigned node, uint32_t seq, struct buf *out)
{
	struct rng drain = stream(s, node, seq, FEATURE_DRAIN);
	char name[16];

	buf_addf(out, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\",",
		text_node_name(node, name));
	add_labels(s, node, seq, out);
	if (node_has(s, node, FEATURE_DRAIN) && rng_chance(&drain, 15))
		buf_adds(out, ",\"annotations\":{\"pintle.dev/drain\":\"true\"}");
	buf_adds(out, "},");
	add_spec(s, node, seq, out);
	buf_adds(out, ",\"status\":{");
	add_amounts(s, node, seq, out);
	if (node_has(s, node, FEATURE_IMAGES))
		add_images(s, node, seq, out);
	buf_adds(out, "}}");
}
