/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reconciler/ctl/port_forward_listen.h"

/* Listens, and gives what was said of it. */
static int listen_at(const char *list, uint16_t first, uint16_t second, struct forward_listeners *l,
	struct err *err, char said[static 512])
{
	struct forward_addresses a = { 0 };
	const struct forward_port ports[] = { { first, 80 }, { second, 81 } };
	FILE *f = fmemopen(said, 512, "w");
	said[0] = '\0';
	assert_int_equal(forward_addresses_add(&a, list, NULL), 0);
	int r = forward_listen(&a, ports, ARRAY_LEN(ports), f, l, err);
	fclose(f);
	return r;
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void free_ports_are_found(void **state)
{
	(void)state;
	struct forward_listeners l;
	struct err err = { 0 };
	char said[512], text[FORWARD_TEXT_MAX];
	if (listen_at("127.0.0.1,127.0.0.2", 0, 0, &l, &err, said) < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(l.count, 4);
	assert_string_equal(said, "");
	/* One number at all addresses, another for the next port. */
	assert_int_equal(l.items[0].local, l.items[1].local);
	assert_int_equal(l.items[2].local, l.items[3].local);
	assert_int_not_equal(l.items[0].local, l.items[2].local);
	assert_int_equal(l.items[1].remote, 80);
	assert_int_equal(l.items[2].remote, 81);
	snprintf(text, sizeof(text), "127.0.0.2:%d", l.items[1].local);
	assert_string_equal(l.items[1].text, text);
	int fd = connect_to(l.items[0].local);
	int peer = accept4(l.items[0].fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(peer >= 0);
	fd_close(peer);
	fd_close(fd);
	forward_listeners_done(&l);
}

static void all_or_none(void **state)
{
	(void)state;
	struct forward_listeners taken, l;
	struct err err = { 0 };
	char said[512], text[FORWARD_TEXT_MAX + 64];
	assert_int_equal(listen_at("127.0.0.1", 0, 0, &taken, &err, said), 0);
	uint16_t port = taken.items[1].local;
	assert_int_equal(listen_at("127.0.0.1", 0, port, &l, &err, said), -EADDRINUSE);
	assert_int_equal(l.count, 0);
	snprintf(text, sizeof(text), "listening at 127.0.0.1:%d: Address already in use", port);
	assert_string_equal(err_text(&err), text);
	/* Of localhost's two the first that failed is named, where none is left. */
	assert_int_equal(listen_at("127.0.0.1,192.0.2.1", 0, 0, &l, &err, said), -EADDRNOTAVAIL);
	forward_listeners_done(&taken);
	assert_int_equal(listen_at("127.0.0.1", 0, port, &l, &err, said), 0);
	forward_listeners_done(&l);
}

static void one_of_localhost_is_enough(void **state)
{
	(void)state;
	struct forward_listeners taken, l;
	struct err err = { 0 };
	char said[512], text[FORWARD_TEXT_MAX + 64];
	if (listen_at("::1", 0, 0, &taken, &err, said) < 0)
		skip(); /* no IPv6 here */
	uint16_t port = taken.items[0].local;
	assert_int_equal(listen_at("localhost", port, 0, &l, &err, said), 0);
	assert_int_equal(l.count, 3);
	assert_int_equal(l.items[0].local, port);
	assert_int_equal(l.items[1].remote, 81);
	snprintf(text, sizeof(text), "Unable to listen at [::1]:%d: Address already in use\n", port);
	assert_string_equal(said, text);
	forward_listeners_done(&l);
	forward_listeners_done(&taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_ports_are_found),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(one_of_localhost_is_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
