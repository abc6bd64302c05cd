/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/draw.h"
#include "tests/sched/text.h"

static const char *const keys[] = { "kubernetes.io/hostname", "kubernetes.io/hostname",
	"topology.kubernetes.io/zone", "topology.kubernetes.io/zone", "rack" };
static const char *const pod_ops[] = { "In", "NotIn", "Exists", "DoesNotExist" };

/* --- selectors of pods ----------------------------------------------------------------------------------- */

static void add_requirement(struct rng *r, struct buf *out)
{
	static const char *const labels[] = { "app", "tier", "rev", "other" };
	static const char *const values[][4] = { { "a", "b", "c", "d" }, { "x", "y", "z", "x" },
		{ "1", "2", "3", "1" }, { "o", "o", "o", "o" } };
	size_t label = rng_below(r, ARRAY_LEN(labels));
	size_t op = rng_below(r, ARRAY_LEN(pod_ops));

	draw_comma(out);
	buf_addf(out, "{\"key\":\"%s\",\"operator\":\"%s\"", labels[label], pod_ops[op]);
	if (op < 2) {
		buf_addf(out, ",\"values\":[\"%s\"", values[label][rng_below(r, 4)]);
		if (rng_chance(r, 40))
			buf_addf(out, ",\"%s\"", values[label][rng_below(r, 4)]);
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

void text_selector(struct rng *r, const char *app, struct buf *out)
{
	buf_addc(out, '{');
	if (rng_chance(r, 70))
		buf_addf(out, "\"matchLabels\":{\"app\":\"%s\"%s}",
			rng_chance(r, 75) ? app : DRAW(r, text_apps),
			rng_chance(r, 15) ? ",\"tier\":\"x\"" : "");
	if (rng_chance(r, 30)) {
		draw_comma(out);
		buf_adds(out, "\"matchExpressions\":[");
		add_requirement(r, out);
		if (rng_chance(r, 25))
			add_requirement(r, out);
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

/* --- inter-pod ---------------------------------------------------------------------------------------------- */

static void add_namespaces(struct rng *r, struct buf *out)
{
	static const char *const lists
		[] = { "\"default\"", "\"blue\"", "\"red\",\"blue\"" },
	   *const selectors[] = { "{}", "{\"matchLabels\":{\"team\":\"t1\"}}",
		   "{\"matchExpressions\":[{\"key\":\"team\",\"operator\":\"NotIn\",\"values\":[\"t1\"]}]}",
		   "{\"matchExpressions\":[{\"key\":\"env\",\"operator\":\"Exists\"}]}" };

	if (rng_chance(r, 25))
		buf_addf(out, ",\"namespaces\":[%s]", DRAW(r, lists));
	if (rng_chance(r, 25))
		buf_addf(out, ",\"namespaceSelector\":%s", DRAW(r, selectors));
}

static void add_term(struct rng *r, const char *app, struct buf *out)
{
	buf_addf(out, "{\"topologyKey\":\"%s\"", DRAW(r, keys));
	if (rng_chance(r, 95)) {
		buf_adds(out, ",\"labelSelector\":");
		text_selector(r, app, out);
		if (rng_chance(r, 30))
			buf_addf(out, ",\"matchLabelKeys\":[\"%s\"]", rng_chance(r, 70) ? "rev" : "none");
		else if (rng_chance(r, 10))
			buf_addf(out, ",\"mismatchLabelKeys\":[\"%s\"]", rng_chance(r, 70) ? "rev" : "tier");
	}
	add_namespaces(r, out);
	buf_addc(out, '}');
}

static void add_pod_terms(
	struct rng *required, struct rng *preferred, unsigned both, const char *app, struct buf *out)
{
	buf_addc(out, '{');
	if (required) {
		buf_adds(out, "\"requiredDuringSchedulingIgnoredDuringExecution\":[");
		add_term(required, app, out);
		if (rng_chance(required, both)) {
			buf_addc(out, ',');
			add_term(required, app, out);
		}
		buf_addc(out, ']');
	}
	if (preferred) {
		draw_comma(out);
		buf_adds(out, "\"preferredDuringSchedulingIgnoredDuringExecution\":[");
		for (unsigned i = (unsigned)rng_range(preferred, 1, 2); i > 0; i--) {
			draw_comma(out);
			buf_addf(out,
				"{\"weight\":%d,\"podAffinityTerm\":", (int)rng_range(preferred, 1, 100));
			add_term(preferred, app, out);
			buf_addc(out, '}');
		}
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

/* --- nodes ---------------------------------------------------------------------------------------------------- */

static void add_node_requirement(struct rng *r, struct buf *out)
{
	static const struct {
		const char *key, *values[3];
	} labels[] = { { "disk", { "ssd", "hdd", "tape" } },
		{ "topology.kubernetes.io/zone", { "z1", "z2", "z3" } }, { "rack", { "r1", "r2", "r1" } },
		{ "gen", { "1", "5", "x" } } };
	static const char *const ops[] = { "In", "In", "NotIn", "Exists", "DoesNotExist" };
	size_t label = rng_below(r, ARRAY_LEN(labels));
	const char *op = DRAW(r, ops);

	draw_comma(out);
	if (rng_chance(r, 20)) {
		buf_addf(out, "{\"key\":\"gen\",\"operator\":\"%s\",\"values\":[\"%d\"]}",
			rng_chance(r, 50) ? "Gt" : "Lt", (int)rng_range(r, 0, 7));
		return;
	}
	buf_addf(out, "{\"key\":\"%s\",\"operator\":\"%s\"", labels[label].key, op);
	if (op[0] == 'I' || op[0] == 'N') {
		buf_addf(out, ",\"values\":[\"%s\"", labels[label].values[rng_below(r, 3)]);
		if (rng_chance(r, 50))
			buf_addf(out, ",\"%s\"", labels[label].values[rng_below(r, 3)]);
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

static void add_node_term(const struct script *s, struct rng *r, struct buf *out)
{
	unsigned fields = rng_chance(r, 20),
		 labels = fields && rng_chance(r, 60) ? 0 : (unsigned)rng_range(r, 1, 2);
	char name[16];

	draw_comma(out);
	buf_addc(out, '{');
	if (labels > 0) {
		buf_adds(out, "\"matchExpressions\":[");
		while (labels-- > 0)
			add_node_requirement(r, out);
		buf_addc(out, ']');
	}
	if (fields) {
		draw_comma(out);
		buf_addf(out,
			"\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"%s\",\"values\":[\"%s\"]}"
			"]",
			rng_chance(r, 40) ? "In" : "NotIn",
			text_node_name((unsigned)rng_below(r, s->nodes), name));
	}
	buf_addc(out, '}');
}

static void add_node_affinity(
	const struct script *s, struct rng *required, struct rng *preferred, struct buf *out)
{
	buf_adds(out, "\"nodeAffinity\":{");
	if (required) {
		buf_adds(out, "\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[");
		for (unsigned i = (unsigned)rng_range(required, 1, 2); i > 0; i--)
			add_node_term(s, required, out);
		buf_adds(out, "]}");
	}
	if (preferred) {
		draw_comma(out);
		buf_adds(out, "\"preferredDuringSchedulingIgnoredDuringExecution\":[");
		for (unsigned i = (unsigned)rng_range(preferred, 1, 3); i > 0; i--) {
			draw_comma(out);
			buf_addf(out, "{\"weight\":%d,\"preference\":", (int)rng_range(preferred, 1, 100));
			add_node_term(s, preferred, out);
			buf_addc(out, '}');
		}
		buf_addc(out, ']');
	}
	buf_addc(out, '}');
}

void text_affinity(const struct script *s, unsigned number, const char *app, struct buf *out)
{
	struct rng nodes, prefer, with, soft_with, apart, soft_apart;
	bool has_nodes = text_has(s, number, FEATURE_NODES, 22, &nodes),
	     has_prefer = text_has(s, number, FEATURE_PREFER, 40, &prefer),
	     has_with = text_has(s, number, FEATURE_AFFINITY, 30, &with),
	     has_apart = text_has(s, number, FEATURE_ANTI, 30, &apart),
	     has_soft_with = text_has(s, number, FEATURE_SOFT, 30, &soft_with), has_soft_apart;

	soft_apart = soft_with;
	rng_next(&soft_apart);
	has_soft_apart = text_has(s, number, FEATURE_SOFT, 100, &soft_with) && rng_chance(&soft_apart, 30);
	buf_adds(out, ",\"affinity\":{");
	if (has_nodes || has_prefer)
		add_node_affinity(s, has_nodes ? &nodes : NULL, has_prefer ? &prefer : NULL, out);
	if (has_with || has_soft_with) {
		draw_comma(out);
		buf_adds(out, "\"podAffinity\":");
		add_pod_terms(has_with ? &with : NULL, has_soft_with ? &soft_with : NULL, 25, app, out);
	}
	if (has_apart || has_soft_apart) {
		draw_comma(out);
		buf_adds(out, "\"podAntiAffinity\":");
		add_pod_terms(has_apart ? &apart : NULL, has_soft_apart ? &soft_apart : NULL, 25, app, out);
	}
	buf_addc(out, '}');
}

/* --- spread ----------------------------------------------------------------------------------------------------- */

static void add_constraint(struct rng *r, const char *key, bool hard, const char *app, struct buf *out)
{
	static const char *const policies[] = { "Honor", "Ignore" };

	draw_comma(out);
	buf_addf(out, "{\"maxSkew\":%d,\"topologyKey\":\"%s\",\"whenUnsatisfiable\":\"%s\"",
		(int)rng_range(r, 1, 2), key, hard ? "DoNotSchedule" : "ScheduleAnyway");
	if (rng_chance(r, 95)) {
		buf_adds(out, ",\"labelSelector\":");
		text_selector(r, app, out);
		if (rng_chance(r, 35))
			buf_addf(out, ",\"matchLabelKeys\":[\"%s\"]", rng_chance(r, 80) ? "rev" : "none");
	}
	if (hard && rng_chance(r, 25))
		buf_addf(out, ",\"minDomains\":%d", (int)rng_range(r, 1, 4));
	if (rng_chance(r, 45))
		buf_addf(out, ",\"nodeAffinityPolicy\":\"%s\"", DRAW(r, policies));
	if (rng_chance(r, 50))
		buf_addf(out, ",\"nodeTaintsPolicy\":\"%s\"", DRAW(r, policies));
	buf_addc(out, '}');
}

static void add_constraints(struct rng *r, bool hard, const char *app, struct buf *out)
{
	size_t first = rng_below(r, ARRAY_LEN(keys));

	add_constraint(r, keys[first], hard, app, out);
	if (rng_chance(r, 30))
		add_constraint(r, keys[(first + 2) % ARRAY_LEN(keys)], hard, app, out);
}

void text_spread(const struct script *s, unsigned number, const char *app, struct buf *out)
{
	struct rng hard, soft;
	bool has_hard = text_has(s, number, FEATURE_SPREAD, 35, &hard),
	     has_soft = text_has(s, number, FEATURE_ANYWAY, 35, &soft);

	if (!has_hard && !has_soft)
		return;
	buf_adds(out, ",\"topologySpreadConstraints\":[");
	if (has_hard)
		add_constraints(&hard, true, app, out);
	if (has_soft)
		add_constraints(&soft, false, app, out);
	buf_addc(out, ']');
}
