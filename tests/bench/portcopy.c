/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * portcopy PORT FORWARDED RUNS: how long bytes take by way of `pintle port-forward`, and without. Listens on PORT of the loopback, to
 * which FORWARDED leads by way of a pod in the node's own network; prints lines of
 *
 *     down|up|echo MILLISECONDS FLOOR
 *
 * down, up: 64 MiB from or to PORT; echo: the median of 200 bytes that each come back before the next. The floor is the same to PORT itself.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/time.h"

enum { BULK = 64 << 20, PIECE = 64 << 10, ECHOES = 200 };

static char piece[PIECE];

static void give(int fd, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, piece, len < PIECE ? len : PIECE, MSG_NOSIGNAL);

		if (n <= 0)
			err(1, "sending");
		len -= (size_t)n;
	}
}

static void take(int fd, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(fd, piece, len < PIECE ? len : PIECE, 0);

		if (n <= 0)
			err(1, "receiving");
		len -= (size_t)n;
	}
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* --- who listens ------------------------------------------------------------------------------------------------ */

static void echo(int fd)
{
	while (recv(fd, piece, 1, 0) == 1)
		give(fd, 1);
}

/* One connection after the other; the first byte says what it wants. */
static void serve(int listener)
{
	const int on = 1;

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char what;

		if (fd < 0)
			err(1, "accepting");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (recv(fd, &what, 1, 0) == 1) {
			if (what == 'd')
				give(fd, BULK);
			else if (what == 'u')
				take(fd, BULK);
			if (what == 'e')
				echo(fd);
			else
				give(fd, 1);
		}
		close(fd);
	}
}

static void begin_serving(int port)
{
	const struct sockaddr_in at = loopback(port);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		err(1, "listening on port %d", port);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
}

/* --- who connects ------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const nsec_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static nsec_t echo_median(int fd)
{
	nsec_t times[ECHOES];

	for (int i = 0; i < ECHOES; i++) {
		nsec_t begin = time_monotonic();

		give(fd, 1);
		take(fd, 1);
		times[i] = time_monotonic() - begin;
	}
	qsort(times, ECHOES, sizeof(times[0]), by_time);
	return times[ECHOES / 2];
}

static double measure(int port, char what)
{
	const struct sockaddr_in at = loopback(port);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	nsec_t begin = time_monotonic(), took;

	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		err(1, "connecting to port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (send(fd, &what, 1, MSG_NOSIGNAL) != 1)
		err(1, "sending");
	if (what == 'e')
		took = echo_median(fd);
	else {
		if (what == 'u')
			give(fd, BULK);
		take(fd, what == 'd' ? BULK + 1 : 1);
		took = time_monotonic() - begin;
	}
	close(fd);
	return (double)took / (double)NSEC_PER_MSEC;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "down", "up", "echo" };
	int port, forwarded, runs;

	if (argc != 4)
		errx(2, "usage: portcopy PORT FORWARDED RUNS");
	port = atoi(argv[1]);
	forwarded = atoi(argv[2]);
	runs = atoi(argv[3]);
	begin_serving(port);
	for (int i = 0; i < runs; i++)
		for (size_t k = 0; k < 3; k++)
			printf("%s %.3f %.3f\n", names[k], measure(forwarded, names[k][0]),
				measure(port, names[k][0]));
	return 0;
}
