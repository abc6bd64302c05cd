/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* port-forward at work in a process of its own, between a tree and a pintled that the test plays. Nothing here waits longer than PATIENCE. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/port_forward_run.h"
#include "reconciler/ctl/verbs.h"
#include "tests/unit/reconciler/ctl/objects.h"

enum { PATIENCE = 30 };

#define PATH "namespaces/default/pods/web.json"
#define SAYS "pintle port-forward: "

struct fixture {
	char dir[64];
	struct home *h;
	struct actual *a;
	int read_sock; /* where readers come to */
	int pintled;   /* the reader that asks for nothing */
	pid_t child;
	FILE *out, *errs; /* of the child */
	uint16_t port;
};

/* --- the child --------------------------------------------------------------------------------------------------- */

static void run(struct fixture *f, const struct forward_listeners *l, int out, int errs)
{
	struct ctl c = { .verb = &ctl_verb_port_forward };
	struct forward_target t;
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(errs, STDERR_FILENO) < 0 ||
		forward_target_wait(f->h, "default", "web", NSEC_PER_SEC, &t, NULL) < 0)
		_exit(99);
	alarm(PATIENCE);
	const struct forward_run spec = { .c = &c, .home = f->h, .target = &t, .listeners = l };
	int code = forward_run(&spec);
	fflush(stdout);
	_exit(code);
}

static void put(struct fixture *f, const char *json)
{
	int r = json ? actual_put(f->a, PATH, json, strlen(json), NULL) : actual_delete(f->a, PATH, NULL);
	assert_int_equal(r, 0);
	assert_int_equal(actual_commit(f->a, NULL), 0);
	assert_true(actual_flush(f->a, 0, NULL) >= 0);
}

static int listen_for_readers(const struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/read.sock", f->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

_printf_(2, 3) static void expect(FILE *from, const char *format, ...)
{
	char want[512], got[512] = "";
	va_list ap;
	va_start(ap, format);
	vsnprintf(want, sizeof(want), format, ap);
	va_end(ap);
	if (!fgets(got, sizeof(got), from))
		fail_msg("nothing was said, expected: %s", want);
	assert_string_equal(got, want);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct forward_addresses addresses = { 0 };
	const struct forward_port port = { .remote = 80 };
	struct forward_listeners l;
	int out[2], errs[2];
	alarm(PATIENCE);
	strcpy(f->dir, "/tmp/pintle-forward-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(home_create(f->dir, &(struct home_options){ 0 }, NULL), 0);
	assert_int_equal(home_open(f->dir, &f->h, NULL), 0);
	_cleanup_(freep) char *tree = home_path(f->h, "actual");
	assert_int_equal(actual_open(tree, &f->a, NULL), 0);
	put(f, POD("web", "n1", "Running", "True"));
	f->read_sock = listen_for_readers(f);
	forward_addresses_add(&addresses, "127.0.0.1", NULL);
	assert_int_equal(forward_listen(&addresses, &port, 1, stderr, &l, NULL), 0);
	f->port = l.items[0].local;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(errs, O_CLOEXEC), 0);
	f->child = fork();
	if (f->child == 0)
		run(f, &l, out[1], errs[1]);
	fd_close(out[1]);
	fd_close(errs[1]);
	forward_listeners_done(&l);
	f->out = fdopen(out[0], "r");
	f->errs = fdopen(errs[0], "r");
	f->pintled = accept4(f->read_sock, NULL, NULL, SOCK_CLOEXEC);
	expect(f->out, "Forwarding from 127.0.0.1:%d -> 80\n", f->port);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	if (f->child > 0) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	fclose(f->out);
	fclose(f->errs);
	fd_close(f->pintled);
	fd_close(f->read_sock);
	actual_free(f->a);
	home_free(f->h);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	alarm(0);
	return 0;
}

static void expect_end(struct fixture *f, int code)
{
	int status;
	assert_int_equal(waitpid(f->child, &status, 0), f->child);
	f->child = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

/* --- a connection -------------------------------------------------------------------------------------------------- */

struct connection {
	int fd;               /* who has connected */
	struct client reader; /* at pintled */
};

static void expect_request(struct connection *c)
{
	struct wire_message m;
	const char *line;
	size_t len;
	while (wire_reader_line(&c->reader.lines, &line, &len) == 0)
		assert_int_equal(client_receive(&c->reader, NULL), 0);
	assert_int_equal(wire_parse(line, len, &m, NULL), 0);
	assert_int_equal(m.type, WIRE_REQUEST);
	assert_string_equal(m.request->method, "forward");
	assert_string_equal(m.request->params.uid, "p-web");
	assert_int_equal(m.request->params.port, 80);
	wire_message_done(&m);
}

static void begin(struct fixture *f, struct connection *c)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(f->port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	c->reader = (struct client){ .fd = accept4(f->read_sock, NULL, NULL, SOCK_CLOEXEC), .out = BUF_INIT };
	wire_reader_init(&c->reader.lines, 0);
	expect_request(c);
	expect(f->out, "Handling connection for %d\n", f->port);
}

static void answer(struct connection *c, const char *error)
{
	const struct wire_end m = { .id = 1, .exit_code = 1, .error = error };
	wire_write_end(&c->reader.out, &m);
	assert_int_equal(client_flush(&c->reader, NULL), 0);
}

static void finish(struct connection *c)
{
	fd_close(c->fd);
	client_done(&c->reader);
}

/* What the peer reads; "" at its end. */
static void expect_bytes(struct connection *c, const char *want)
{
	char got[64] = "";
	ssize_t n = recv(c->fd, got, sizeof(got) - 1, 0);
	assert_true(n >= 0);
	assert_string_equal(got, want);
}

/* --- tests ----------------------------------------------------------------------------------------------------------- */

static void a_signal_ends_it_well(void **state)
{
	struct fixture *f = *state;
	kill(f->child, SIGTERM);
	expect_end(f, CTL_DONE);
}

static void each_connection_is_by_itself(void **state)
{
	struct fixture *f = *state;
	struct connection a, b;
	const struct wire_data data = { .id = 1, .stream = "stdout", .data = { (const uint8_t *)"hi", 2 } };
	begin(f, &a);
	begin(f, &b);
	answer(&a, "connecting to port 80 in pod default/web: Connection refused");
	expect(f->errs,
		SAYS "forwarding %d -> 80: connecting to port 80 in pod default/web: Connection refused\n",
		f->port);
	wire_write_data(&b.reader.out, &data);
	assert_int_equal(client_flush(&b.reader, NULL), 0);
	expect_bytes(&b, "hi");
	answer(&b, NULL);
	expect_bytes(&b, "");
	finish(&a);
	finish(&b);
	kill(f->child, SIGINT);
	expect_end(f, CTL_DONE);
}

static void an_agent_that_is_too_old_is_named(void **state)
{
	struct fixture *f = *state;
	struct connection a;
	begin(f, &a);
	answer(&a, "there is no method \"forward\"");
	expect(f->errs,
		SAYS "forwarding %d -> 80: the agent of node n1 is too old for it: pintle node upgrade n1\n",
		f->port);
	finish(&a);
}

static void one_reader_that_is_cut_off_is_not_all(void **state)
{
	struct fixture *f = *state;
	struct connection a, b;
	begin(f, &a);
	finish(&a);
	expect(f->errs, SAYS "forwarding %d -> 80: pintled has gone\n", f->port);
	begin(f, &b);
	finish(&b);
}

static void it_ends_with_pintled(void **state)
{
	struct fixture *f = *state;
	f->pintled = fd_close(f->pintled);
	expect(f->errs, SAYS "pintled has gone\n");
	expect_end(f, CTL_FAILED);
}

static void it_ends_with_the_pod(void **state)
{
	struct fixture *f = *state;
	struct connection a;
	begin(f, &a);
	put(f, POD("web", "n1", "Running", "False"));
	put(f, NULL);
	expect(f->errs, SAYS "lost connection to pod web\n");
	expect_end(f, CTL_FAILED);
	finish(&a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_signal_ends_it_well),
		TEST(each_connection_is_by_itself),
		TEST(an_agent_that_is_too_old_is_named),
		TEST(one_reader_that_is_cut_off_is_not_all),
		TEST(it_ends_with_pintled),
		TEST(it_ends_with_the_pod),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
