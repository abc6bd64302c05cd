/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* HorizontalPodAutoscalers: the cases of autoscaler.h by their numbers. */
#include "reconciler/control/autoscaler.h"

#include "tests/unit/reconciler/world_fixture.h"

#define SECONDS(n) ((nsec_t)(n)*NSEC_PER_SEC)
#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n"
#define WEB(replicas, image)                                                                            \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: " replicas ", " \
	"selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "              \
	"spec: {containers: [{name: c, image: " image                                                   \
	", resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}}\n---\n"
#define SCALER(min, max, more)                                                                    \
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec:\n" \
	"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"                  \
	"  minReplicas: " min "\n  maxReplicas: " max "\n" more "---\n"
#define CPU_AT(percent)                                                                   \
	"  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, " \
	"averageUtilization: " percent "}}}]\n"

static struct world_autoscaler *scaler(struct fx *f)
{
	struct world_object *o = world_find(&f->w, KIND_AUTOSCALER, "default", "h");

	if (!o)
		fx_die("no autoscaler", "h");
	return world_autoscaler(o);
}

static int64_t replicas(struct fx *f)
{
	struct world_object *o = world_find(&f->w, KIND_DEPLOYMENT, "default", "web");

	if (!o)
		fx_die("no deployment", "web");
	return world_replicas(o);
}

static const char *reason(struct fx *f, const char *type)
{
	const struct world_condition *c = world_condition_get(&scaler(f)->conditions, type);

	return c ? c->reason : "";
}

/* Every pod of the Deployment has used so much up to now. */
static void use(struct fx *f, int64_t cpu_milli, int64_t memory)
{
	struct world_pods pods = fx_pods(f);

	for (size_t i = 0; i < pods.count; i++) {
		struct world_container_usage c = {
			.container = "c", .cpu_milli = cpu_milli, .memory = memory
		};
		const struct world_usage u = {
			.at = f->now, .window = SECONDS(15), .containers = &c, .count = 1
		};

		autoscaler_take_usage(pods.items[i], &u);
	}
	free(pods.items);
}

/* Pods report when they started, which the short reports of the fixture leave out. */
static void start_all(struct fx *f, nsec_t start)
{
	struct world_pods pods = fx_pods(f);

	for (size_t i = 0; i < pods.count; i++) {
		struct control c = fx_control(f);
		struct condition ready = { .type = "Ready", .status = "True" };
		struct pod_status status = { .phase = "Running", .conditions = { &ready, 1 } };

		ready.last_transition_time = status.start_time = (struct opt_int){ .set = true,
			.value = start };
		if (pods.items[i]->node && !pods.items[i]->o.deleting)
			control_pod_report(&c, pods.items[i], &status, false);
	}
	free(pods.items);
}

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
	fx_hello(f, "a", "64", "64Gi");
	fx_settle(f);
	f->now += SECONDS(600);
	start_all(f, f->now - SECONDS(590));
}

/* The next look, with pods that all use so much, each long ready. */
static void look(struct fx *f, int64_t cpu_milli)
{
	f->now += SECONDS(AUTOSCALER_PERIOD);
	use(f, cpu_milli, 64 << 20);
	fx_step(f);
	fx_settle(f);
	start_all(f, f->now - SECONDS(590));
}

/* Cases 5 and 8: 4 pods with requests of 100m. */
static void test_utilization(void **state)
{
	static const struct {
		int64_t used, wanted;
	} cases[] = {
		{ 50, 4 },
		{ 55, 4 }, /* within 10 % */
		{ 56, 5 },
		{ 100, 8 },
		{ 76, 7 },  /* 4 × 76 / 50 = 6.08 */
		{ 400, 8 }, /* 12: case 12, twice as many at once */
		{ 45, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fx f;

		begin(&f, NODE WEB("4", "i") SCALER("2", "20", CPU_AT("50")));
		look(&f, cases[i].used);
		if (replicas(&f) != cases[i].wanted)
			print_error("%lldm used: %lld replicas\n", (long long)cases[i].used,
				(long long)replicas(&f));
		assert_int_equal(replicas(&f), cases[i].wanted);
		assert_string_equal(reason(&f, "ScalingActive"), "ValidMetricFound");
		fx_done(&f);
	}
}

/* Case 12: down only once five minutes asked for less. */
static void test_down_waits(void **state)
{
	struct fx f;
	nsec_t last;

	(void)state;
	begin(&f, NODE WEB("8", "i") SCALER("2", "20", CPU_AT("50")));
	look(&f, 50);
	last = f.now;
	for (;;) {
		look(&f, 10);
		if (f.now >= last + SECONDS(300))
			break;
		assert_int_equal(replicas(&f), 8);
		assert_string_equal(reason(&f, "AbleToScale"), "ScaleDownStabilized");
	}
	for (unsigned i = 0; i < 3; i++)
		look(&f, 10);
	assert_int_equal(replicas(&f), 2);
	assert_non_null(strstr(
		fx_file(&f, "namespaces/default/horizontalpodautoscalers/h.json"), "\"desiredReplicas\":2"));
	assert_non_null(strstr(fx_file(&f, "namespaces/default/deployments/web.json"), "\"replicas\":2"));
	fx_done(&f);
}

/* Case 4. */
static void test_bounds(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("1", "i") SCALER("3", "5", CPU_AT("50")));
	look(&f, 50);
	assert_int_equal(replicas(&f), 3);
	look(&f, 500);
	assert_int_equal(replicas(&f), 5);
	assert_string_equal(reason(&f, "ScalingLimited"), "TooManyReplicas");
	fx_done(&f);
	begin(&f, NODE WEB("9", "i") SCALER("3", "5", CPU_AT("50")));
	look(&f, 50);
	assert_int_equal(replicas(&f), 5);
	fx_done(&f);
}

/* Case 3. */
static void test_disabled(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("0", "i") SCALER("1", "5", CPU_AT("50")));
	look(&f, 500);
	assert_int_equal(replicas(&f), 0);
	assert_string_equal(reason(&f, "ScalingActive"), "ScalingDisabled");
	fx_done(&f);
}

/* Cases 2 and 11, and no metrics at all. */
static void test_nothing_to_go_by(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE SCALER("1", "5", CPU_AT("50")));
	f.now += SECONDS(AUTOSCALER_PERIOD);
	fx_step(&f);
	assert_string_equal(reason(&f, "AbleToScale"), "FailedGetScale");
	fx_done(&f);
	begin(&f, NODE WEB("4", "i") SCALER("1", "5", CPU_AT("50")));
	f.now += SECONDS(AUTOSCALER_PERIOD);
	fx_step(&f);
	assert_int_equal(replicas(&f), 4);
	assert_string_equal(reason(&f, "ScalingActive"), "FailedGetResourceMetric");
	fx_done(&f);
	begin(&f, NODE "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, "
		       "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
		       "spec: {containers: [{name: c, image: i}]}}}\n---\n" SCALER("1", "5", CPU_AT("50")));
	look(&f, 500);
	assert_int_equal(replicas(&f), 2);
	assert_non_null(strstr(fx_file(&f, "namespaces/default/horizontalpodautoscalers/h.json"),
		"missing request for cpu"));
	fx_done(&f);
}

/* Cases 6 and 7: the memory asks for more than the CPU. */
static void test_average_value(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("4", "i") SCALER("1", "20",
			  "  metrics:\n"
			  "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
			  "averageUtilization: 50}}}\n"
			  "  - {type: Resource, resource: {name: memory, target: {type: AverageValue, "
			  "averageValue: 40Mi}}}\n"));
	look(&f, 50);
	assert_int_equal(replicas(&f), 7); /* 4 × 64 / 40 = 6.4 */
	assert_int_equal(scaler(&f)->metric_count, 2);
	fx_done(&f);
}

static struct world_pod *first_pod(struct fx *f)
{
	struct world_list *list = &f->w.of_kind[KIND_POD];

	assert_true(list->count > 0);
	return world_pod(list->items[0]);
}

static void forget_usage(struct world_pod *p)
{
	world_usage_free(p->usage);
	p->usage = NULL;
}

/* Case 10: one of 4 pods is not measured. */
static void test_missing(void **state)
{
	static const struct {
		int64_t used, wanted;
	} cases[] = {
		{ 200, 6 }, /* as if it used nothing: 600 / 400 of 100 % = 1.5 */
		{ 110, 4 }, /* 330 / 400: under the target now, so it stays */
		{ 20, 2 },  /* as if it used all that it asked for: 160 / 400 = 0.4 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fx f;

		begin(&f,
			NODE WEB("4", "i") SCALER("1", "20",
				CPU_AT("100") "  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}\n"));
		f.now += SECONDS(AUTOSCALER_PERIOD);
		use(&f, cases[i].used, 1);
		forget_usage(first_pod(&f));
		fx_step(&f);
		if (replicas(&f) != cases[i].wanted)
			print_error("%lldm used: %lld replicas\n", (long long)cases[i].used,
				(long long)replicas(&f));
		assert_int_equal(replicas(&f), cases[i].wanted);
		fx_done(&f);
	}
}

/* Case 9: a pod that has just started counts as using nothing. */
static void test_unready(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("4", "i") SCALER("1", "20", CPU_AT("100")));
	fx_report(&f, first_pod(&f), "Running", false, false);
	f.now += SECONDS(AUTOSCALER_PERIOD);
	use(&f, 200, 1);
	fx_step(&f);
	assert_int_equal(replicas(&f), 6);
	fx_done(&f);
}

/* Case 13. */
static void test_behavior(void **state)
{
	struct fx f;
	const char *text = NODE WEB("10", "i") SCALER("1", "100",
		CPU_AT("50") "  behavior:\n"
			     "    scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 60}, {type: "
			     "Percent, value: 10, periodSeconds: 60}], "
			     "selectPolicy: Max}\n"
			     "    scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Percent, "
			     "value: 50, periodSeconds: 30}]}\n");

	(void)state;
	begin(&f, text);
	look(&f, 500);
	assert_int_equal(replicas(&f), 12);
	assert_string_equal(reason(&f, "ScalingLimited"), "ScaleUpLimit");
	/* Nothing more within the minute. */
	look(&f, 500);
	assert_int_equal(replicas(&f), 12);
	f.now += SECONDS(60);
	look(&f, 500);
	assert_int_equal(replicas(&f), 14);
	f.now += SECONDS(60);
	look(&f, 1);
	assert_int_equal(replicas(&f), 7);
	assert_string_equal(reason(&f, "ScalingLimited"), "ScaleDownLimit");
	fx_done(&f);
}

static void test_behavior_disabled(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("10", "i") SCALER("1", "100",
			  CPU_AT("50") "  behavior: {scaleDown: {stabilizationWindowSeconds: 0, "
				       "selectPolicy: Disabled}}\n"));
	look(&f, 1);
	assert_int_equal(replicas(&f), 10);
	fx_done(&f);
}

/* Case 1: between its looks nothing is decided, whatever else happens; a pass over everything neither. */
static void test_period(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("4", "i") SCALER("1", "20", CPU_AT("50")));
	look(&f, 50);
	use(&f, 100, 1);
	fx_step(&f);
	f.everything = true;
	fx_pass(&f);
	assert_int_equal(f.plan.record_count, 0);
	fx_sweep(&f);
	assert_int_equal(replicas(&f), 4);
	assert_true(pass_next(&f.w) <= f.now + SECONDS(AUTOSCALER_PERIOD));
	fx_done(&f);
}

/* Case 14, and commits meanwhile: a new image keeps the number; without the autoscaler the manifest's counts again. */
static void test_git_and_restarts(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("4", "i") SCALER("1", "20", CPU_AT("50")));
	look(&f, 100);
	assert_int_equal(replicas(&f), 8);
	fx_commit(&f, NODE WEB("4", "j") SCALER("1", "20", CPU_AT("50")));
	fx_settle(&f);
	assert_int_equal(replicas(&f), 8);
	fx_crash(&f);
	assert_int_equal(replicas(&f), 8);
	fx_step(&f);
	fx_hello(&f, "a", "64", "64Gi");
	fx_settle(&f);
	assert_int_equal(replicas(&f), 8);
	fx_commit(&f, NODE WEB("5", "j") SCALER("1", "20", CPU_AT("50")));
	fx_settle(&f);
	assert_int_equal(replicas(&f), 8);
	fx_commit(&f, NODE WEB("5", "j"));
	fx_settle(&f);
	assert_int_equal(replicas(&f), 5);
	assert_non_null(strstr(fx_file(&f, "namespaces/default/deployments/web.json"), "\"replicas\":5"));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utilization),
		cmocka_unit_test(test_down_waits),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_disabled),
		cmocka_unit_test(test_nothing_to_go_by),
		cmocka_unit_test(test_average_value),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_unready),
		cmocka_unit_test(test_behavior),
		cmocka_unit_test(test_behavior_disabled),
		cmocka_unit_test(test_period),
		cmocka_unit_test(test_git_and_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
