/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What a manifest refers to is noted with its place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static char *references_text(const struct object *o)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < o->reference_count; i++) {
		const struct reference *r = &o->references[i];

		buf_addf(&out, "%u:%u %s %s %s%s%s\n", r->line, r->col, r->field, r->to,
			r->name ? r->name : "-", r->in ? " in " : "", str_or_empty(r->in));
	}
	return buf_take(&out);
}

static void check_references(const char *yaml, const char *want)
{
	struct object *o = load_one(yaml);
	_cleanup_(freep) char *text = references_text(o);

	assert_string_equal(text, want);
	object_unref(o);
}

static void test_pod(void **state)
{
	(void)state;
	check_references("apiVersion: v1\n"
			 "kind: Pod\n"
			 "metadata: {name: p}\n"
			 "spec:\n"
			 "  serviceAccountName: robot\n"
			 "  imagePullSecrets:\n"
			 "    - name: registry\n"
			 "  containers:\n"
			 "    - name: c\n"
			 "      image: i\n"
			 "      env:\n"
			 "        - name: A\n"
			 "          valueFrom: {configMapKeyRef: {name: one, key: k}}\n"
			 "        - name: B\n"
			 "          valueFrom: {secretKeyRef: {name: two, key: k, optional: true}}\n"
			 "      envFrom:\n"
			 "        - configMapRef: {name: three}\n"
			 "        - secretRef:\n"
			 "            name: four\n"
			 "            optional: true\n"
			 "  volumes:\n"
			 "    - name: v\n"
			 "      secret:\n"
			 "        secretName: five\n"
			 "    - name: w\n"
			 "      projected:\n"
			 "        sources:\n"
			 "          - configMap: {name: six}\n"
			 "          - secret: {name: seven, optional: true}\n"
			 "          - secret: {name: eight}\n"
			 "    - name: x\n"
			 "      configMap: {name: nine, optional: false}\n"
			 "    - name: z\n"
			 "      persistentVolumeClaim: {claimName: ten}\n",
		"13:57 spec.containers[0].env[0].valueFrom.configMapKeyRef.key @configMapKey k in one\n"
		"13:47 spec.containers[0].env[0].valueFrom.configMapKeyRef.name ConfigMap one\n"
		"17:32 spec.containers[0].envFrom[0].configMapRef.name ConfigMap three\n"
		"24:21 spec.volumes[0].secret.secretName Secret five\n"
		"28:31 spec.volumes[1].projected.sources[0].configMap.name ConfigMap six\n"
		"30:28 spec.volumes[1].projected.sources[2].secret.name Secret eight\n"
		"32:25 spec.volumes[2].configMap.name ConfigMap nine\n"
		"34:42 spec.volumes[3].persistentVolumeClaim.claimName PersistentVolumeClaim ten\n"
		"5:23 spec.serviceAccountName ServiceAccount robot\n"
		"7:13 spec.imagePullSecrets[0].name Secret registry\n");
}

static void test_service(void **state)
{
	(void)state;
	check_references("apiVersion: v1\n"
			 "kind: Service\n"
			 "metadata: {name: s}\n"
			 "spec:\n"
			 "  selector: {app: web}\n"
			 "  ports:\n"
			 "    - {name: a, port: 80, targetPort: http}\n"
			 "    - {name: b, port: 81, targetPort: 8081}\n",
		"5:13 spec.selector @pods -\n"
		"7:39 spec.ports[0].targetPort @containerPort http\n");
}

/* What is stored has been checked: nothing is noted, and no memory used. */
static void test_stored(void **state)
{
	static const char json[] = "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\","
				   "\"namespace\":\"default\"},\"spec\":{\"selector\":{\"app\":\"web\"},"
				   "\"ports\":[{\"port\":80}]}}";
	struct object *o = NULL;

	(void)state;
	assert_int_equal(object_load_json(json, strlen(json), &o, NULL), 0);
	assert_int_equal(o->reference_count, 0);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
