/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Floors: as many sockets and as many bytes, with nothing behind them. A child holds the agents' ends, and answers each line
 * with a short one; both sides are a loop over epoll.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/bench/fleet.h"

enum { EVENTS_MAX = 256 };

struct peer {
	int fd;
	size_t left; /* bytes to write */
	bool answered;
};

static void add(int epoll, int fd, uint32_t events, void *what)
{
	struct epoll_event e = { .events = events, .data.ptr = what };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		fleet_die("epoll_ctl");
}

static char *line_of(size_t bytes)
{
	char *line = xcalloc(bytes + 1, 1);

	memset(line, 'x', bytes);
	line[bytes - 1] = '\n';
	return line;
}

static void print(const char *what, size_t count, size_t bytes, nsec_t start)
{
	printf("{\"floor\":\"%s\",\"sockets\":%zu,\"bytes\":%zu,\"ms\":%.3f}\n", what, count, bytes,
		(double)(time_monotonic() - start) / (double)NSEC_PER_MSEC);
}

/* --- connecting -------------------------------------------------------------------------------------------------- */

static struct sockaddr_un address_of(const char *dir, size_t i)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%.70s/floor-%zu.sock", dir, i);
	return a;
}

/* The agents: each says its line to whoever connects. Never returns; killed by the parent's end. */
static void say_hellos(const struct peer *peers, size_t count, size_t bytes)
{
	struct epoll_event events[EVENTS_MAX];
	_cleanup_(freep) char *line = line_of(bytes);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (size_t i = 0; i < count; i++)
		add(epoll, peers[i].fd, EPOLLIN, (void *)(uintptr_t)&peers[i]);
	for (size_t said = 0; said < count;) {
		int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			const struct peer *p = events[i].data.ptr;
			int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);

			said += fd >= 0 && send(fd, line, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
		}
	}
	pause();
}

static pid_t start_agents(const char *dir, size_t count, size_t bytes)
{
	struct peer *peers = xcalloc(count, sizeof(peers[0]));
	pid_t pid;

	for (size_t i = 0; i < count; i++) {
		struct sockaddr_un a = address_of(dir, i);

		peers[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (peers[i].fd < 0 || bind(peers[i].fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
			listen(peers[i].fd, 8) < 0)
			fleet_die(a.sun_path);
	}
	pid = fork();
	if (pid < 0)
		fleet_die("fork");
	if (pid == 0)
		say_hellos(peers, count, bytes);
	for (size_t i = 0; i < count; i++)
		close(peers[i].fd);
	free(peers);
	return pid;
}

static void connect_all(const char *dir, struct peer *peers, size_t count, int epoll)
{
	for (size_t i = 0; i < count; i++) {
		struct sockaddr_un a = address_of(dir, i);

		peers[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (peers[i].fd < 0 || connect(peers[i].fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			fleet_die(a.sun_path);
		add(epoll, peers[i].fd, EPOLLIN, &peers[i]);
	}
}

/* Reads from all until each has said a line. */
static void read_lines(struct peer *peers, size_t count, int epoll)
{
	struct epoll_event events[EVENTS_MAX];
	char bytes[64 << 10];

	(void)peers;
	for (size_t lines = 0; lines < count;) {
		int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;
			ssize_t got = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

			lines += got > 0 && memchr(bytes, '\n', (size_t)got);
		}
	}
}

int fleet_floor_connect(const char *dir, size_t count, size_t bytes)
{
	struct peer *peers = xcalloc(count, sizeof(peers[0]));
	pid_t pid = start_agents(dir, count, bytes);
	nsec_t start = time_monotonic();
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	connect_all(dir, peers, count, epoll);
	read_lines(peers, count, epoll);
	print("connect", count, bytes, start);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < count; i++) {
		struct sockaddr_un a = address_of(dir, i);

		close(peers[i].fd);
		unlink(a.sun_path);
	}
	close(epoll);
	free(peers);
	return 0;
}

/* --- one line to all, one from all ---------------------------------------------------------------------------------- */

static void answer(const struct peer *peers, size_t count)
{
	struct epoll_event events[EVENTS_MAX];
	char bytes[64 << 10];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (size_t i = 0; i < count; i++)
		add(epoll, peers[i].fd, EPOLLIN, (void *)(uintptr_t)&peers[i]);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			const struct peer *p = events[i].data.ptr;
			ssize_t got = recv(p->fd, bytes, sizeof(bytes), 0);

			if (got <= 0)
				_exit(0);
			if (bytes[got - 1] == '\n' &&
				send(p->fd, "{\"type\":\"applied\",\"revision\":1}\n", 32, MSG_NOSIGNAL) < 0)
				_exit(1);
		}
	}
}

static pid_t make_pairs(struct peer *peers, size_t count)
{
	struct peer *others = xcalloc(count, sizeof(others[0]));
	int pair[2];
	pid_t pid;

	for (size_t i = 0; i < count; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			fleet_die("socketpair");
		peers[i].fd = pair[0];
		others[i].fd = pair[1];
	}
	pid = fork();
	if (pid < 0)
		fleet_die("fork");
	if (pid == 0)
		answer(others, count);
	for (size_t i = 0; i < count; i++)
		close(others[i].fd);
	free(others);
	return pid;
}

int fleet_floor_apply(size_t count, size_t bytes, size_t rounds)
{
	struct peer *peers = xcalloc(count, sizeof(peers[0]));
	_cleanup_(freep) char *line = line_of(bytes);
	pid_t pid = make_pairs(peers, count);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	nsec_t start;

	for (size_t i = 0; i < count; i++)
		add(epoll, peers[i].fd, EPOLLIN, &peers[i]);
	start = time_monotonic();
	for (size_t r = 0; r < rounds; r++) {
		for (size_t i = 0; i < count; i++)
			if (send(peers[i].fd, line, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
				fleet_die("send");
		read_lines(peers, count, epoll);
	}
	print("apply", count, bytes, start);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < count; i++)
		close(peers[i].fd);
	close(epoll);
	free(peers);
	return 0;
}
