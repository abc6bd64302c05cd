/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The forced command of the fleet bench: joins standard input and output with the socket of the agent that the connection
 * is meant for, as `pintle-agent session` does; small, as hundreds of them share a machine with what is measured.
 *
 *   fleet_join DIR PREFIX     sshd's SSH_CONNECTION names the address that was called: 127.1.A.B is PREFIX-NNNN.sock, N = 250 A + B - 1
 *
 * Where the client asked for "true" it ends at once: the floor.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Copies what is there; false at the end. */
static bool copy(int from, int to)
{
	static char bytes[64 << 10];
	ssize_t n = read(from, bytes, sizeof(bytes));

	for (ssize_t done = 0; done < n;) {
		ssize_t w = write(to, bytes + done, (size_t)(n - done));

		if (w < 0)
			return false;
		done += w;
	}
	return n > 0;
}

static int join(const char *dir, const char *prefix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *connection = getenv("SSH_CONNECTION");
	unsigned a, b;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	if (!connection || sscanf(connection, "%*s %*s 127.1.%u.%u", &a, &b) != 2)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%.10s-%04u.sock", dir, prefix,
		250 * a + b - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "%s: %s\n", address.sun_path, strerror(errno));
		return 1;
	}
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents && !copy(STDIN_FILENO, fd))
			break;
		if (p[1].revents && !copy(fd, STDOUT_FILENO))
			break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *asked = getenv("SSH_ORIGINAL_COMMAND");

	if (asked && strcmp(asked, "true") == 0)
		return 0;
	return argc == 3 ? join(argv[1], argv[2]) : 2;
}
