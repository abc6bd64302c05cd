/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of probes and lifecycle hooks: Probe, Lifecycle and the actions that they take. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const schemes[] = { "HTTP", "HTTPS", NULL };

/* 1..65535, or a port's name. */
static void check_port(struct decode *d, const struct value *v, const struct int_or_string *port)
{
	if (!port->set)
		return;
	if (!port->string && (port->integer < 1 || port->integer > 65535))
		check_error(d, v, "port",
			"must be between 1 and 65535, or the name of one of the container's ports");
	const char *wrong = port->string ? rule_port_name(d->arena, port->string) : NULL;
	if (wrong)
		check_error(d, v, "port", "%s", wrong);
}

static const struct field exec_fields[] = {
	{ .name = "command",
		.kind = FIELD_STRINGS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct exec_action, command),
		.doc = "The program and its arguments; run as it is, without a shell." },
};
static const struct schema schema_exec_action = {
	.name = "ExecAction",
	FIELDS(exec_fields),
	.size = sizeof(struct exec_action),
	.doc = "Runs a command in the container; exit status 0 is success.",
};

static const struct field header_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct http_header, name),
		.doc = "The header's name." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct http_header, value),
		.doc = "The header's value." },
};
static const struct schema schema_http_header = {
	.name = "HTTPHeader",
	FIELDS(header_fields),
	.size = sizeof(struct http_header),
	.doc = "A header of the request.",
};

static const struct field http_get_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.offset = offsetof(struct http_get_action, path),
		.value_default = "/",
		.doc = "The path to ask for." },
	{ .name = "port",
		.kind = FIELD_INT_OR_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct http_get_action, port),
		.doc = "The port's number, or its name in the container." },
	{ .name = "host",
		.kind = FIELD_STRING,
		.offset = offsetof(struct http_get_action, host),
		.doc = "The host to connect to; the pod's address where none is given." },
	{ .name = "scheme",
		.kind = FIELD_STRING,
		.offset = offsetof(struct http_get_action, scheme),
		.values = schemes,
		.value_default = "HTTP",
		.doc = "HTTP, or HTTPS without checking the certificate." },
	{ .name = "httpHeaders",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct http_get_action, http_headers),
		.of = &schema_http_header,
		.doc = "Headers to send." },
};
static void http_get_check(struct decode *d, const void *object, const struct value *v)
{
	const struct http_get_action *a = object;
	check_port(d, v, &a->port);
}
static const struct schema schema_http_get_action = {
	.name = "HTTPGetAction",
	FIELDS(http_get_fields),
	.size = sizeof(struct http_get_action),
	.check = http_get_check,
	.doc = "An HTTP request; a status from 200 to 399 is success.",
};

static const struct field tcp_fields[] = {
	{ .name = "port",
		.kind = FIELD_INT_OR_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct tcp_socket_action, port),
		.doc = "The port's number, or its name in the container." },
	{ .name = "host",
		.kind = FIELD_STRING,
		.offset = offsetof(struct tcp_socket_action, host),
		.doc = "The host to connect to; the pod's address where none is given." },
};
static void tcp_check(struct decode *d, const void *object, const struct value *v)
{
	const struct tcp_socket_action *a = object;
	check_port(d, v, &a->port);
}
static const struct schema schema_tcp_socket_action = {
	.name = "TCPSocketAction",
	FIELDS(tcp_fields),
	.size = sizeof(struct tcp_socket_action),
	.check = tcp_check,
	.doc = "Opens a TCP connection; being accepted is success.",
};

static const struct field grpc_fields[] = {
	{ .name = "port",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct grpc_action, port),
		.min = 1,
		.max = 65535,
		.doc = "The port's number." },
	{ .name = "service",
		.kind = FIELD_STRING,
		.offset = offsetof(struct grpc_action, service),
		.doc = "The service to ask about; empty asks about the server as a whole." },
};
static const struct schema schema_grpc_action = {
	.name = "GRPCAction",
	FIELDS(grpc_fields),
	.size = sizeof(struct grpc_action),
	.doc = "A call of the gRPC health service; SERVING is success.",
};

static const struct field sleep_fields[] = {
	{ .name = "seconds",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct sleep_action, seconds),
		.min = 0,
		.max = INT64_MAX,
		.doc = "How long." },
};
static const struct schema schema_sleep_action = {
	.name = "SleepAction",
	FIELDS(sleep_fields),
	.size = sizeof(struct sleep_action),
	.doc = "Waits.",
};

/* --- Probe ------------------------------------------------------------------------------------ */

static const struct field probe_fields[] = {
	{ .name = "exec",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct probe, exec),
		.of = &schema_exec_action,
		.doc = "Run a command in the container." },
	{ .name = "httpGet",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct probe, http_get),
		.of = &schema_http_get_action,
		.doc = "Send an HTTP request." },
	{ .name = "tcpSocket",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct probe, tcp_socket),
		.of = &schema_tcp_socket_action,
		.doc = "Open a TCP connection." },
	{ .name = "grpc",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct probe, grpc),
		.of = &schema_grpc_action,
		.doc = "Call the gRPC health service." },
	{ .name = "initialDelaySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct probe, initial_delay_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "Seconds from the container's start to the first probe." },
	{ .name = "timeoutSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct probe, timeout_seconds),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "Seconds after which a probe without an answer has failed." },
	{ .name = "periodSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct probe, period_seconds),
		.value_default = "10",
		.min = 0,
		.max = INT32_MAX,
		.doc = "Seconds from one probe to the next." },
	{ .name = "successThreshold",
		.kind = FIELD_INT,
		.offset = offsetof(struct probe, success_threshold),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many successes in a row make good a failure; 1 for liveness and startup." },
	{ .name = "failureThreshold",
		.kind = FIELD_INT,
		.offset = offsetof(struct probe, failure_threshold),
		.value_default = "3",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many failures in a row count as failed." },
	{ .name = "terminationGracePeriodSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct probe, termination_grace_period_seconds),
		.min = 1,
		.max = INT64_MAX,
		.doc = "Grace period when this probe ends the container; the pod's own where none is "
		       "given." },
};

/* 0 is what Kubernetes takes for "not given" (SetDefaults_Probe). */
static void probe_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct probe *p = object;
	if (p->timeout_seconds == 0)
		p->timeout_seconds = 1;
	if (p->period_seconds == 0)
		p->period_seconds = 10;
	if (p->success_threshold == 0)
		p->success_threshold = 1;
	if (p->failure_threshold == 0)
		p->failure_threshold = 3;
}

static void probe_check(struct decode *d, const void *object, const struct value *v)
{
	const struct probe *p = object;
	int handlers = !!p->exec + !!p->http_get + !!p->tcp_socket + !!p->grpc;
	if (handlers == 0)
		check_error(d, v, NULL, "needs one of exec, httpGet, tcpSocket and grpc");
	if (handlers > 1)
		check_error(d, v, NULL, "takes only one of exec, httpGet, tcpSocket and grpc");
}

const struct schema schema_probe = {
	.name = "Probe",
	FIELDS(probe_fields),
	.size = sizeof(struct probe),
	.defaults = probe_defaults,
	.check = probe_check,
	.doc = "A question that is put to a container again and again.",
};

/* --- Lifecycle -------------------------------------------------------------------------------- */

static const char *const signals[] = { "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT",
	"SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF",
	"SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP",
	"SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
	"SIGRTMIN", "SIGRTMAX", NULL };

/* SIGRTMIN+1 … SIGRTMIN+15, SIGRTMAX-1 … SIGRTMAX-14. */
static bool is_real_time(const char *s)
{
	const char *up = str_after(s, "SIGRTMIN+"), *down = str_after(s, "SIGRTMAX-"),
		   *digits = up ? up : down;
	int64_t n;

	return digits && *digits != '0' && strspn(digits, "0123456789") == strlen(digits) &&
	       str_to_i64(digits, &n) == 0 && n <= (up ? 15 : 14);
}

/* Signal of core/v1 types.go. */
static const char *rule_signal(struct arena *arena, const char *s)
{
	const char *near;

	for (size_t i = 0; signals[i]; i++)
		if (str_eq(signals[i], s))
			return NULL;
	if (is_real_time(s))
		return NULL;
	near = str_nearest(s, signals);
	if (!near)
		near = str_nearest(arena_printf(arena, "SIG%s", s), signals);
	return arena_printf(arena, "`%s` is no signal%s%s%s", s, near ? "; did you mean `" : "",
		near ? near : "", near ? "`?" : "");
}

static const struct field handler_fields[] = {
	{ .name = "exec",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct lifecycle_handler, exec),
		.of = &schema_exec_action,
		.doc = "Run a command in the container." },
	{ .name = "httpGet",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct lifecycle_handler, http_get),
		.of = &schema_http_get_action,
		.doc = "Send an HTTP request." },
	{ .name = "tcpSocket",
		.kind = FIELD_STRUCT,
		.flags = FIELD_DEPRECATED,
		.offset = offsetof(struct lifecycle_handler, tcp_socket),
		.of = &schema_tcp_socket_action,
		.doc = "Open a TCP connection; Kubernetes never acts on it." },
	{ .name = "sleep",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct lifecycle_handler, sleep),
		.of = &schema_sleep_action,
		.doc = "Wait." },
};

static void handler_check(struct decode *d, const void *object, const struct value *v)
{
	const struct lifecycle_handler *h = object;
	int handlers = !!h->exec + !!h->http_get + !!h->tcp_socket + !!h->sleep;
	if (handlers == 0)
		check_error(d, v, NULL, "needs one of exec, httpGet and sleep");
	if (handlers > 1)
		check_error(d, v, NULL, "takes only one of exec, httpGet, tcpSocket and sleep");
}

static const struct schema schema_lifecycle_handler = {
	.name = "LifecycleHandler",
	FIELDS(handler_fields),
	.size = sizeof(struct lifecycle_handler),
	.check = handler_check,
	.doc = "What to do at a point of a container's life.",
};

static const struct field lifecycle_fields[] = {
	{ .name = "postStart",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct lifecycle, post_start),
		.of = &schema_lifecycle_handler,
		.doc = "Done right after the container has started; when it fails, the container ends." },
	{ .name = "preStop",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct lifecycle, pre_stop),
		.of = &schema_lifecycle_handler,
		.doc = "Done before the container is told to stop, within the grace period." },
	{ .name = "stopSignal",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lifecycle, stop_signal),
		.rule = rule_signal,
		.doc = "The signal that stops the container; the image's own, or SIGTERM, where none is "
		       "given." },
};

const struct schema schema_lifecycle = {
	.name = "Lifecycle",
	FIELDS(lifecycle_fields),
	.size = sizeof(struct lifecycle),
	.doc = "What to do when a container starts and before it stops.",
};
