/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a container runs in measurements: reads the clock first of all, and writes it (ns since the epoch, a line) to a file.
 *
 *   firstinstr FILE [--stay]      --stay: then waits for SIGTERM, and exits 0
 *
 * Linked statically, so that nothing is loaded before main.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec now;
	sigset_t term;
	char text[32];
	int fd, len, signo;

	clock_gettime(CLOCK_REALTIME, &now);
	if (argc < 2)
		return 2;
	/* The first process of a PID namespace gets no signal that it does not ask for. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	len = snprintf(text, sizeof(text), "%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)len) != len || close(fd) < 0)
		return 1;
	if (argc > 2 && strcmp(argv[2], "--stay") == 0)
		sigwait(&term, &signo);
	return 0;
}
