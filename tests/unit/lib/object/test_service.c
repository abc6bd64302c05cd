/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Services: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80, targetPort: http}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n" },
	{ "headless without ports",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  clusterIP: None\n"
		"  selector: {app: x}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n" },
	{ "external name",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: ExternalName\n"
		"  externalName: db.example.com.\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n" },
	{ "no external name",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: ExternalName\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:3: error: Service/default/x: spec.externalName: is required with type "
		"ExternalName\n" },
	{ "bad external name",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: ExternalName\n"
		"  externalName: http://x\n"
		"  clusterIP: 10.0.0.1\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:17: error: Service/default/x: spec.externalName: `http://x` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n"
		"a.yaml:7:14: error: Service/default/x: spec.clusterIP: can't be given with type "
		"ExternalName\n" },
	{ "no ports",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:3: error: Service/default/x: spec.ports: must not be empty\n" },
	{ "port names",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  ports:\n"
		"  - {port: 80}\n"
		"  - {port: 81, name: a}\n"
		"  - {port: 82, name: a}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:5: error: Service/default/x: spec.ports[0].name: is required where there are "
		"several ports\n"
		"a.yaml:8:22: error: Service/default/x: spec.ports[2].name: `a` is used twice\n" },
	{ "same port",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  ports:\n"
		"  - {port: 53, name: a, protocol: UDP}\n"
		"  - {port: 53, name: b}\n"
		"  - {port: 53, name: c, protocol: TCP}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:8:5: error: Service/default/x: spec.ports[2]: port,protocol `53,TCP` is already used "
		"in line 7\n" },
	{ "ranges",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: NodePort\n"
		"  ports: [{port: 0, targetPort: 70000, nodePort: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:18: error: Service/default/x: spec.ports[0].port: must be between 1 and 65535, but "
		"is 0\n"
		"a.yaml:6:33: error: Service/default/x: spec.ports[0].targetPort: must be between 1 and "
		"65535, or a port's name\n"
		"a.yaml:6:50: error: Service/default/x: spec.ports[0].nodePort: must be between 30000 and "
		"32767, but is 80\n" },
	{ "node port",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  ports: [{port: 80, nodePort: 30080}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:32: error: Service/default/x: spec.ports[0].nodePort: needs type NodePort or "
		"LoadBalancer, not ClusterIP\n" },
	{ "node port twice",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: NodePort\n"
		"  ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30080}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:79: error: Service/default/x: spec.ports[1].nodePort: 30080/TCP is used twice\n" },
	{ "target name",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  ports: [{port: 80, targetPort: Http}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:34: error: Service/default/x: spec.ports[0].targetPort: `Http` is no port name: it "
		"must be lower-case letters, digits and single \"-\" between them, with at least one "
		"letter\n" },
	{ "cluster IP",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  clusterIP: none\n"
		"  ports: [{port: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:14: error: Service/default/x: spec.clusterIP: `none` is no IP address\n" },
	{ "cluster IPs",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  clusterIP: 10.0.0.1\n"
		"  clusterIPs: [10.0.0.2]\n"
		"  ports: [{port: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:15: error: Service/default/x: spec.clusterIPs: must begin with clusterIP\n" },
	{ "headless node port",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: NodePort\n"
		"  clusterIP: None\n"
		"  ports: [{port: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:6:14: error: Service/default/x: spec.clusterIP: can't be None with type NodePort\n" },
	{ "of other types",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  loadBalancerClass: a\n"
		"  loadBalancerSourceRanges: [10.0.0.0/8]\n"
		"  allocateLoadBalancerNodePorts: false\n"
		"  externalTrafficPolicy: Local\n"
		"  healthCheckNodePort: 30000\n"
		"  ports: [{port: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:22: error: Service/default/x: spec.loadBalancerClass: needs type LoadBalancer\n"
		"a.yaml:6:29: error: Service/default/x: spec.loadBalancerSourceRanges: needs type "
		"LoadBalancer\n"
		"a.yaml:7:34: error: Service/default/x: spec.allocateLoadBalancerNodePorts: needs type "
		"LoadBalancer\n"
		"a.yaml:8:26: error: Service/default/x: spec.externalTrafficPolicy: needs type NodePort or "
		"LoadBalancer, or externalIPs\n"
		"a.yaml:9:24: error: Service/default/x: spec.healthCheckNodePort: needs type LoadBalancer "
		"and externalTrafficPolicy: Local\n" },
	{ "affinity",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  sessionAffinityConfig: {clientIP: {timeoutSeconds: 90000}}\n"
		"  ports: [{port: 80}]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:5:26: warning: Service/default/x: spec.sessionAffinityConfig: has no effect without "
		"sessionAffinity: ClientIP\n"
		"a.yaml:5:54: error: Service/default/x: spec.sessionAffinityConfig.clientIP.timeoutSeconds: "
		"must be between 1 and 86400, but is 90000\n" },
	{ "name",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: 1st}\n"
		"spec: {ports: [{port: 80}]}\n",
		"a.yaml:2:7: warning: Service/default/1st: the Service is recorded, but traffic is not "
		"routed to it yet\n"
		"a.yaml:3:18: error: Service/default/1st: metadata.name: `1st` must be lower-case letters, "
		"digits and \"-\", start with a letter, and end with a letter or digit (RFC 1035 label)\n" },
	{ "dual stack",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  ipFamilyPolicy: PreferDualStack\n"
		"  ipFamilies: [IPv4, IPv6]\n"
		"  clusterIP: 10.96.0.20\n"
		"  clusterIPs: [10.96.0.20, \"fd00::20\"]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:10:15: warning: Service/default/x: spec.clusterIPs: IPv6 is not supported yet: the "
		"Service has an IPv4 address only\n" },
	{ "required dual stack",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  ipFamilyPolicy: RequireDualStack\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:19: warning: Service/default/x: spec.ipFamilyPolicy: IPv6 is not supported yet: "
		"the Service has an IPv4 address only\n" },
	{ "IPv6",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  ipFamilies: [IPv6]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:15: warning: Service/default/x: spec.ipFamilies: IPv6 is not supported yet: the "
		"Service has an IPv4 address only\n" },
	{ "an IPv6 address",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  clusterIP: \"fd00::20\"\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:14: error: Service/default/x: spec.clusterIP: `fd00::20`: IPv6 is not supported "
		"yet\n" },
	{ "families",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  ipFamilyPolicy: SingleStack\n"
		"  ipFamilies: [IPv6, IPv6]\n"
		"  clusterIPs: [10.96.0.20, 10.96.0.21]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:19: error: Service/default/x: spec.ipFamilyPolicy: SingleStack has one family and "
		"one address\n"
		"a.yaml:8:15: error: Service/default/x: spec.ipFamilies: must have each family at most once\n"
		"a.yaml:9:15: error: Service/default/x: spec.clusterIPs: must have one address of each "
		"family\n"
		"a.yaml:9:16: error: Service/default/x: spec.clusterIPs[0]: `10.96.0.20` is IPv4, and "
		"ipFamilies says IPv6\n"
		"a.yaml:9:28: error: Service/default/x: spec.clusterIPs[1]: `10.96.0.21` is IPv4, and "
		"ipFamilies says IPv6\n" },
	{ "three addresses",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  clusterIPs: [None, 10.96.0.20, 10.96.0.21]\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:15: error: Service/default/x: spec.clusterIPs: None must stand alone\n"
		"a.yaml:7:15: error: Service/default/x: spec.clusterIPs: must not have more than two "
		"addresses\n" },
	{ "an alias with addresses",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  type: ExternalName\n"
		"  externalName: example.com\n"
		"  ipFamilies: [IPv4]\n"
		"  ipFamilyPolicy: SingleStack\n"
		"  internalTrafficPolicy: Local\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:15: error: Service/default/x: spec.ipFamilies: can't be given with type "
		"ExternalName\n"
		"a.yaml:8:19: error: Service/default/x: spec.ipFamilyPolicy: can't be given with type "
		"ExternalName\n"
		"a.yaml:9:26: error: Service/default/x: spec.internalTrafficPolicy: can't be given with type "
		"ExternalName\n" },
	{ "special addresses",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  externalIPs: [127.0.0.1, 169.254.0.1, 203.0.113.9, x]\n"
		"  externalTrafficPolicy: Local\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:17: error: Service/default/x: spec.externalIPs[0]: `127.0.0.1` may not be in the "
		"loopback range (127.0.0.0/8, ::1)\n"
		"a.yaml:7:28: error: Service/default/x: spec.externalIPs[1]: `169.254.0.1` may not be in the "
		"link-local range (169.254.0.0/16, fe80::/10)\n"
		"a.yaml:7:54: error: Service/default/x: spec.externalIPs[3]: `x` is no IP address\n" },
	{ "traffic policies",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  externalTrafficPolicy: Local\n"
		"  internalTrafficPolicy: local\n"
		"  trafficDistribution: PreferClose\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:8:26: error: Service/default/x: spec.internalTrafficPolicy: `local` is not allowed, "
		"did you mean `Local`? (allowed: Cluster, Local)\n" },
	{ "no timeout",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  sessionAffinity: ClientIP\n"
		"  sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:8:54: error: Service/default/x: spec.sessionAffinityConfig.clientIP.timeoutSeconds: "
		"must be between 1 and 86400, but is 0\n" },
	{ "unused affinity",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:7:26: warning: Service/default/x: spec.sessionAffinityConfig: has no effect without "
		"sessionAffinity: ClientIP\n" },
	{ "misspelt affinity",
		"apiVersion: v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  selector: {app: x}\n"
		"  ports: [{port: 80}]\n"
		"  sessionAffinity: ClientIP\n"
		"  sessionAffinityConfig: {clientIp: {timeoutSeconds: 60}}\n",
		"a.yaml:2:7: warning: Service/default/x: the Service is recorded, but traffic is not routed "
		"to it yet\n"
		"a.yaml:8:27: error: Service/default/x: spec.sessionAffinityConfig: unknown field "
		"`clientIp`, did you mean `clientIP`?\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	struct object *o = load_one(
		"{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: LoadBalancer, "
		"clusterIP: 10.96.0.9, ports: [{port: 80, name: b}, {port: 81, name: a, targetPort: "
		"8081}]}}");
	const struct service_spec *s;

	(void)state;
	s = &object_service(o)->spec;
	assert_string_equal(s->session_affinity, "None");
	assert_string_equal(s->external_traffic_policy, "Cluster");
	assert_string_equal(s->internal_traffic_policy, "Cluster");
	assert_true(s->allocate_load_balancer_node_ports.value);
	assert_int_equal(s->cluster_ips.count, 1);
	assert_string_equal(s->ports.items[0].protocol, "TCP");
	assert_int_equal(s->ports.items[0].target_port.integer, 80);
	assert_int_equal(s->ports.items[1].target_port.integer, 8081);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
