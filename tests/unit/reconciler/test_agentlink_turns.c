/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Links that connect in turns: to hosts that are silent once they have taken the connection, and to one that does not even take it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "reconciler/agentlink.h"

#define PATIENCE (30 * NSEC_PER_SEC)

enum { HOSTS = 3 };

/* A host: what listens there, and the link to it. */
struct host {
	struct loop *loop;
	int listen, peer, port;
	struct loop_source *io;
	unsigned calls; /* connections that came */
	struct agentlink *link;
	unsigned troubles;
};

struct fixture {
	struct loop *loop;
	struct gate *gate, *turns;
	struct host hosts[HOSTS];
};

static int on_call(int fd, uint32_t events, void *arg)
{
	struct host *h = arg;

	(void)events;
	fd_close(h->peer);
	h->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(h->peer >= 0);
	h->calls++;
	return 0;
}

static void host_init(struct host *h, struct loop *loop)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);

	*h = (struct host){ .loop = loop, .peer = -1 };
	h->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(h->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(h->listen, (struct sockaddr *)&a, &size), 0);
	assert_int_equal(listen(h->listen, 0), 0);
	h->port = ntohs(a.sin_port);
	assert_int_equal(loop_io(loop, h->listen, EPOLLIN, on_call, h, &h->io, NULL), 0);
}

static void hang_up(struct host *h)
{
	h->peer = fd_close(h->peer);
}

static int on_message(struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg)
{
	(void)l;
	(void)m;
	(void)why;
	(void)arg;
	return 0;
}

static void on_down(struct agentlink *l, const char *why, void *arg)
{
	(void)l;
	(void)why;
	(void)arg;
}

static void on_trouble(struct agentlink *l, const struct trouble *why, void *arg)
{
	struct host *h = arg;

	(void)l;
	(void)why;
	h->troubles++;
}

static void dial(struct fixture *f, struct host *h, unsigned haste)
{
	const struct agentlink_spec spec = {
		.node = "n",
		.target = {
			.kind = TRANSPORT_SSH,
			.user = "root",
			.host = "127.0.0.1",
			.port = h->port,
			.host_keys = "",
			.key = "/nowhere",
			.gate = f->gate,
		},
		.turns = f->turns,
		.message = on_message,
		.down = on_down,
		.trouble = on_trouble,
		.arg = h,
		.haste = haste,
	};

	assert_int_equal(agentlink_new(f->loop, &spec, &h->link, NULL), 0);
}

/* Everything that is at hand is done. */
static void settle(struct fixture *f)
{
	while (loop_turn(f->loop, 20 * NSEC_PER_MSEC, NULL) > 0)
		;
}

/* In their order. */
static void dial_all(struct fixture *f, unsigned haste)
{
	for (size_t i = 0; i < HOSTS; i++) {
		dial(f, &f->hosts[i], haste);
		settle(f);
	}
}

static void await_call(struct fixture *f, const struct host *h)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (h->calls == 0) {
		assert_true(time_monotonic() < end);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	assert_int_equal(loop_new(&f->loop, NULL), 0);
	assert_int_equal(gate_new(f->loop, 1, &f->gate, NULL), 0);
	assert_int_equal(gate_new(f->loop, 1, &f->turns, NULL), 0);
	for (size_t i = 0; i < HOSTS; i++)
		host_init(&f->hosts[i], f->loop);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (struct host *h = f->hosts; h < f->hosts + HOSTS; h++) {
		agentlink_free(h->link);
		loop_source_free(h->io);
		fd_close(h->listen);
		hang_up(h);
	}
	gate_free(f->turns);
	gate_free(f->gate);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* The next one begins when the one before has failed. */
static void test_one_after_the_other(void **state)
{
	struct fixture *f = *state;

	dial_all(f, 1);
	for (size_t i = 0; i < HOSTS; i++) {
		await_call(f, &f->hosts[i]);
		settle(f);
		for (size_t k = i + 1; k < HOSTS; k++)
			assert_int_equal(f->hosts[k].calls, 0);
		hang_up(&f->hosts[i]);
	}
}

/* Who leaves, in its turn or while it waits for it, keeps nobody waiting. */
static void test_one_leaves(void **state)
{
	struct fixture *f = *state;

	dial_all(f, 1);
	await_call(f, &f->hosts[0]);
	f->hosts[1].link = agentlink_free(f->hosts[1].link);
	f->hosts[0].link = agentlink_free(f->hosts[0].link);
	await_call(f, &f->hosts[2]);
	assert_int_equal(f->hosts[1].calls, 0);
}

/* A host that is silent has its turn for so long, and then its time beside the others. */
static void test_silent_host(void **state)
{
	struct fixture *f = *state;
	nsec_t began = time_monotonic();

	dial_all(f, 10);
	await_call(f, &f->hosts[1]);
	assert_true(time_monotonic() - began >= LINK_TURN / 10);
	assert_int_equal(f->hosts[0].calls, 1);
	assert_int_equal(f->hosts[0].troubles, 0);
}

/* The queue of the first one's listener is full: nothing answers. */
static void test_host_that_does_not_answer(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->hosts[0];
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)h->port) };
	nsec_t began = time_monotonic();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	h->io = loop_source_free(h->io);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	dial_all(f, 2);
	await_call(f, &f->hosts[1]);
	assert_true(time_monotonic() - began >= LINK_TURN_UNANSWERED / 2);
	assert_true(time_monotonic() - began < LINK_TURN / 2);
	assert_int_equal(h->troubles, 0);
	fd_close(fd);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_one_after_the_other),
		T(test_one_leaves),
		T(test_silent_host),
		T(test_host_that_does_not_answer),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
