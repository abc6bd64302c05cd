/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The daemon whole, on a loop of the test's own: a real home, a real repository, and an agent that is a few lines of
 * this file at the other end of the home's socket. Every wait is for an event, with a bound.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"
#include "reconciler/pintled.h"
#include "tests/unit/reconciler/repo_fixture.h"

enum { PODS_MAX = 64 };

struct held {
	char uid[64], digest[80];
	unsigned starts;
	bool there;
};
struct fixture {
	char top[64], dir[80];
	struct loop *loop;
	struct home *home;
	struct pintled *pintled;
	/* the agent */
	int listen, peer;
	struct loop_source *listen_io, *peer_io;
	struct wire_reader reader;
	int64_t term, seq, reported, welcomes, applies, grace;
	char pod_cidr[32]; /* of the last welcome */
	struct held pods[PODS_MAX];
	size_t count;
	int64_t flood; /* a request that is answered without end */
	size_t flooded, pauses;
	bool paused;
	/* a reader */
	int client;
	struct wire_reader client_lines;
};

#include "tests/unit/reconciler/daemon_fixture.h"

/* --- the agent ----------------------------------------------------------------------------------------------- */

static inline void agent_write(struct fixture *f, struct buf *out)
{
	assert_int_equal(send(f->peer, out->data, out->len, MSG_NOSIGNAL), (ssize_t)out->len);
	buf_done(out);
}

static inline void agent_hello(struct fixture *f)
{
	struct buf out = BUF_INIT;
	struct wire_held_pod pods[PODS_MAX];
	struct quantity_pair have[] = { { .key = "cpu" }, { .key = "memory" }, { .key = "pods" } };
	struct node_status status = { .capacity = { have, 3 }, .allocatable = { have, 3 } };
	struct wire_hello h = {
		.version = 1, .min_version = 1, .agent = "test", .term = f->term, .status = &status
	};

	for (size_t i = 0; i < 3; i++) {
		quantity_parse(i == 1 ? "8Gi" : "100", &have[i].value);
		have[i].value.set = true;
	}
	h.pods.items = pods;
	for (size_t i = 0; i < f->count; i++)
		if (f->pods[i].there)
			pods[h.pods.count++] = (struct wire_held_pod){ .uid = f->pods[i].uid,
				.digest = f->pods[i].digest };
	wire_write_hello(&out, &h);
	agent_write(f, &out);
}

/* All pods, as an agent does once it is welcome; they are as the reconciler knows them. */
static inline void agent_report_all(struct fixture *f)
{
	struct buf out = BUF_INIT;
	struct wire_report r = { .seq = ++f->seq };

	wire_write_report(&out, &r);
	agent_write(f, &out);
}

static inline void agent_report(struct fixture *f, const char *uid, bool gone)
{
	struct buf out = BUF_INIT;
	struct condition ready = { .type = "Ready", .status = "True" };
	struct pod_status status = { .phase = "Running", .conditions = { &ready, 1 } };
	struct wire_report_pod pod = { .uid = uid, .status = &status, .gone = gone };
	struct wire_report r = { .seq = ++f->seq, .pods = { &pod, 1 } };

	wire_write_report(&out, &r);
	agent_write(f, &out);
}

static inline struct held *held_pod(struct fixture *f, const char *uid)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->pods[i].uid, uid))
			return &f->pods[i];
	assert_true(f->count < PODS_MAX);
	snprintf(f->pods[f->count].uid, sizeof(f->pods[0].uid), "%s", uid);
	return &f->pods[f->count++];
}

static inline void agent_apply(struct fixture *f, const struct wire_apply *a)
{
	f->applies++;
	for (size_t i = 0; i < a->pods.count; i++) {
		struct held *h = held_pod(f, a->pods.items[i].pod->meta->uid);

		h->starts += !h->there;
		h->there = true;
		snprintf(h->digest, sizeof(h->digest), "%s", a->pods.items[i].digest);
		agent_report(f, h->uid, false);
	}
	for (size_t i = 0; i < a->remove.count; i++) {
		held_pod(f, a->remove.items[i].uid)->there = false;
		agent_report(f, a->remove.items[i].uid, true);
	}
}

static inline void agent_answer(struct fixture *f, const struct wire_request *q)
{
	struct buf out = BUF_INIT;
	const struct wire_data data = {
		.id = q->id, .stream = "stdout", .data = { (const uint8_t *)"a line\n", 7 }
	};
	const struct wire_end end = { .id = q->id };

	assert_string_equal(q->method, "logs");
	wire_write_data(&out, &data);
	wire_write_end(&out, &end);
	agent_write(f, &out);
}

/* A log without end, a piece at a time, until it is asked to pause: as an agent with a large log does, which sends no more than is taken. */
static inline void agent_flood(struct fixture *f)
{
	int waits = 0;

	if (ioctl(f->peer, SIOCOUTQ, &waits) == 0 && waits > 0)
		return;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = {
		.id = f->flood, .stream = "stdout", .data = { bytes, sizeof(bytes) }
	};
	struct buf out = BUF_INIT;

	wire_write_data(&out, &data);
	agent_write(f, &out);
	f->flooded += sizeof(bytes);
}

static inline void agent_message(struct fixture *f, const struct wire_message *m)
{
	if (m->type == WIRE_WELCOME) {
		f->welcomes++;
		f->term = m->welcome->term;
		snprintf(f->pod_cidr, sizeof(f->pod_cidr), "%s", m->welcome->pod_cidr);
		agent_report_all(f);
	} else if (m->type == WIRE_APPLY) {
		agent_apply(f, m->apply);
	} else if (m->type == WIRE_REPORTED) {
		f->reported = m->reported->seq;
	} else if (m->type == WIRE_REQUEST && str_eq(m->request->params.pod, "flood")) {
		f->flood = m->request->id;
	} else if (m->type == WIRE_PAUSE || m->type == WIRE_RESUME) {
		assert_int_equal(m->pause->id, f->flood);
		f->pauses += m->type == WIRE_PAUSE;
		f->paused = m->type == WIRE_PAUSE;
	} else if (m->type == WIRE_REQUEST) {
		agent_answer(f, m->request);
	}
}

static inline void agent_hang_up(struct fixture *f)
{
	f->peer_io = loop_source_free(f->peer_io);
	f->peer = fd_close(f->peer);
	wire_reader_done(&f->reader);
}

static inline int on_peer(int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;
	char bytes[65536];
	const char *line;
	size_t len;
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n <= 0) {
		agent_hang_up(f);
		return 0;
	}
	wire_reader_feed(&f->reader, bytes, (size_t)n);
	while (wire_reader_line(&f->reader, &line, &len) > 0) {
		struct wire_message m = { 0 };

		assert_int_equal(wire_parse(line, len, &m, NULL), 0);
		agent_message(f, &m);
		wire_message_done(&m);
	}
	return 0;
}

static inline int on_listen(int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;

	(void)events;
	f->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f->peer >= 0);
	wire_reader_init(&f->reader, 0);
	f->seq = f->reported = 0;
	assert_int_equal(loop_io(f->loop, f->peer, EPOLLIN, on_peer, f, &f->peer_io, NULL), 0);
	agent_hello(f);
	return 0;
}

static inline void address(const struct fixture *f, const char *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/run/%s", f->dir, name);
}

static inline void agent_start(struct fixture *f)
{
	struct sockaddr_un a;

	address(f, "agent.sock", &a);
	f->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(f->listen, 4), 0);
	assert_int_equal(loop_io(f->loop, f->listen, EPOLLIN, on_listen, f, &f->listen_io, NULL), 0);
}

/* --- the home -------------------------------------------------------------------------------------------------- */

static inline int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	daemon_init(f, "pintle-pintled");
	f->peer = f->listen = f->client = -1;
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	stop(f);
	agent_hang_up(f);
	loop_source_free(f->listen_io);
	fd_close(f->listen);
	fd_close(f->client);
	wire_reader_done(&f->client_lines);
	daemon_done(f);
	free(f);
	return 0;
}

static inline void commit_web(struct fixture *f, int replicas, const char *image)
{
	_cleanup_(freep) char *text = xasprintf(
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: '%s'}]}\n",
		replicas, image);

	commit(f->dir, text);
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static inline size_t alive(const struct fixture *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->pods[i].there;
	return n;
}

static inline void await_pods(struct fixture *f, size_t count)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (alive(f) != count || f->reported != f->seq) {
		if (time_monotonic() > end)
			fail_msg("%zu pods at the agent, not %zu", alive(f), count);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

/* Turns the loop until COUNT welcomes have come, the last with SUBNET. */
static inline void await_welcome(struct fixture *f, int64_t count, const char *subnet)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (f->welcomes < count) {
		if (time_monotonic() > end)
			fail_msg("%d welcomes, not %d", (int)f->welcomes, (int)count);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
	assert_int_equal(f->welcomes, count);
	assert_string_equal(f->pod_cidr, subnet);
}

#define DEPLOYMENT "namespaces/default/deployments/web.json"
