/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * From a ref's rename to the first instruction of the containers that the commit brings.
 *
 *   reflatency HOME OUTDIR <STEPS
 *
 * STEPS has one line a commit:  up COMMIT N     the commit brings N pods; each writes the clock (ns since the
 *                                               epoch, decimal) into a new file of OUTDIR
 *                               done COMMIT N   as up, and then waits until N more pods have the phase Succeeded
 *                               down COMMIT 0   waits until no pod is left in the tree
 *
 * The ref is moved as git moves it (main.lock, then rename), the clock is read just before the rename. Prints one line
 * a step: the verb and the milliseconds until the last container's first instruction (up, done) or until the last
 * pod's file is gone (down). Waits on inotify, at most 120 s a step.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"

enum { STEP_TIMEOUT_MS = 120000 };

struct bench {
	const char *home, *out;
	int notify;      /* inotify on OUT or on the pods' directory */
	char pods[4096]; /* HOME/actual/namespaces/default/pods */
	struct map seen; /* files of OUT that were read, so that each is read once however many there are */
};

static void die(const char *what)
{
	fprintf(stderr, "reflatency: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* The number of files in PATH that no dot begins; -1 where there is no such directory. */
static long count_files(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return -1;
	long n = 0;
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Reads the files of OUT that are whole and were not read yet; *LATEST becomes the latest clock. */
static void clocks_read(struct bench *b, int64_t *latest)
{
	DIR *dir = opendir(b->out);
	if (!dir)
		die(b->out);
	for (struct dirent *e; (e = readdir(dir));) {
		char text[64] = "";
		if (e->d_name[0] == '.' || map_has(&b->seen, e->d_name))
			continue;
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		fd_close(fd);
		if (n <= 0 || text[n - 1] != '\n')
			continue;
		int64_t t = strtoll(text, NULL, 10);
		*latest = t > *latest ? t : *latest;
		map_put(&b->seen, xstrdup(e->d_name), b);
	}
	closedir(dir);
}

static long count_succeeded(const char *pods)
{
	DIR *dir = opendir(pods);
	if (!dir)
		return 0;
	long n = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		struct buf text = BUF_INIT;
		if (e->d_name[0] != '.' && fs_read(dirfd(dir), e->d_name, 1 << 20, &text, NULL) == 0)
			n += strstr(text.data, "\"phase\":\"Succeeded\"") ||
			     strstr(text.data, "\"phase\": \"Succeeded\"");
		buf_done(&text);
	}
	closedir(dir);
	return n;
}

/* Waits for the next change of the directory PATH. */
static void wait_change(struct bench *b, const char *path, int64_t deadline)
{
	char events[65536];
	/* Each time, as the pods' directory goes with its last pod and comes again as another one. */
	int watch = inotify_add_watch(b->notify, path, IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE);
	int64_t left = (deadline - time_monotonic()) / NSEC_PER_MSEC;
	struct pollfd p = { .fd = b->notify, .events = POLLIN };
	/* Before the directory is there, nothing tells of it: look again each 50 ms. */
	int wait = watch >= 0 || left < 50 ? (int)left : 50;
	if (left <= 0 || (poll(&p, 1, wait) == 0 && wait == left)) {
		fprintf(stderr, "reflatency: not within %d s\n", STEP_TIMEOUT_MS / 1000);
		exit(1);
	}
	if (p.revents && read(b->notify, events, sizeof(events)) < 0)
		die("inotify");
}

/* Moves refs/heads/main to COMMIT as git does; returns the clock just before the rename. */
static int64_t move_ref(const struct bench *b, const char *commit)
{
	char lock[4300], ref[4200], line[80];
	snprintf(ref, sizeof(ref), "%s/desired.git/refs/heads/main", b->home);
	snprintf(lock, sizeof(lock), "%s.lock", ref);
	int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int n = snprintf(line, sizeof(line), "%s\n", commit);
	if (fd < 0 || write(fd, line, (size_t)n) != n || close(fd) < 0)
		die(lock);
	int64_t now = time_now();
	if (rename(lock, ref) < 0)
		die(ref);
	return now;
}

/* Watches PATH from before it is looked at: what comes in between wakes the wait. */
static void watch_from_now(struct bench *b, const char *path)
{
	fd_close(b->notify);
	b->notify = inotify_init1(IN_CLOEXEC);
	if (b->notify < 0)
		die("inotify");
	inotify_add_watch(b->notify, path, IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE);
}

static double step_up(struct bench *b, int64_t start, long want)
{
	int64_t deadline = time_monotonic() + STEP_TIMEOUT_MS * NSEC_PER_MSEC, latest = 0;
	for (;;) {
		clocks_read(b, &latest);
		if ((long)b->seen.count >= want)
			return (double)(latest - start) / 1e6;
		wait_change(b, b->out, deadline);
	}
}

static void wait_succeeded(struct bench *b, long want)
{
	int64_t deadline = time_monotonic() + STEP_TIMEOUT_MS * NSEC_PER_MSEC;
	watch_from_now(b, b->pods);
	while (count_succeeded(b->pods) < want)
		wait_change(b, b->pods, deadline);
}

static double step_down(struct bench *b, int64_t start)
{
	int64_t deadline = time_monotonic() + STEP_TIMEOUT_MS * NSEC_PER_MSEC;
	while (count_files(b->pods) > 0)
		wait_change(b, b->pods, deadline);
	return (double)(time_now() - start) / 1e6;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: reflatency HOME OUTDIR <STEPS\n");
		return 2;
	}
	struct bench b = { .home = argv[1], .out = argv[2], .notify = -1 };
	char verb[8], commit[65];
	int64_t ignored = 0;
	long count;
	snprintf(b.pods, sizeof(b.pods), "%s/actual/namespaces/default/pods", b.home);
	clocks_read(&b, &ignored);
	long succeeded = count_succeeded(b.pods);
	while (scanf("%7s %64s %ld", verb, commit, &count) == 3) {
		bool down = strcmp(verb, "down") == 0;
		long before = (long)b.seen.count;
		watch_from_now(&b, down ? b.pods : b.out);
		int64_t start = move_ref(&b, commit);
		double ms = down ? step_down(&b, start) : step_up(&b, start, before + count);
		if (strcmp(verb, "done") == 0)
			wait_succeeded(&b, succeeded += count);
		printf("%s %.3f\n", verb, ms);
		fflush(stdout);
	}
	return 0;
}
