/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Commands, one a line, each answered with one line of JSON:
 *
 *   mark                     things are measured from now on
 *   move REPOSITORY COMMIT   as mark, and moves refs/heads/main as git does: main.lock, then rename
 *   welcomed N               waits until N sessions are there, welcomed, and all of their reports are known to be durable
 *   applied IMAGE N          waits until the last pod of N agents is of IMAGE, and they have acknowledged it
 *   settled IMAGE N          likewise, and pintled has acknowledged what they reported of it
 *   pods N                   waits until all agents together hold N pods, and pintled has acknowledged all that they reported
 *   hangup                   ends all sessions
 *   counts                   what came and went since the start
 *
 * Times in the answers are ms since the mark: when the first, the middle and the last of the N came.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/bench/fleet.h"

/* --- waiting for agents ---------------------------------------------------------------------------------------- */

/* When A did what the command waits for; 0: it hasn't. */
typedef nsec_t (*done_fn)(const struct fleet_agent *a, const char *image);

static nsec_t is_welcomed(const struct fleet_agent *a, const char *image)
{
	(void)image;
	return a->welcomed && a->seq > 0 && a->acked == a->seq ? a->settled_at : 0;
}

static nsec_t has_applied(const struct fleet_agent *a, const char *image)
{
	return str_eq(a->applied_image, image) ? a->applied_at : 0;
}

static nsec_t is_settled(const struct fleet_agent *a, const char *image)
{
	return has_applied(a, image) && is_welcomed(a, image) ? a->settled_at : 0;
}

static int time_cmp(const void *a, const void *b)
{
	nsec_t x = *(const nsec_t *)a, y = *(const nsec_t *)b;

	return (x > y) - (x < y);
}

static double ms(const struct fleet *f, nsec_t t)
{
	return (double)(t - f->mark) / (double)NSEC_PER_MSEC;
}

static int wait_for(const struct fleet *f, done_fn done, const char *image, size_t want, struct buf *out)
{
	_cleanup_(freep) nsec_t *times = xcalloc(f->count, sizeof(times[0]));
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		nsec_t t = done(&f->agents[i], image);

		if (t > 0)
			times[n++] = t;
	}
	if (n < want || n == 0)
		return 0;
	qsort(times, n, sizeof(times[0]), time_cmp);
	buf_addf(out, "{\"agents\":%zu,\"first\":%.3f,\"middle\":%.3f,\"last\":%.3f}\n", n, ms(f, times[0]),
		ms(f, times[n / 2]), ms(f, times[n - 1]));
	return 1;
}

static int wait_for_pods(const struct fleet *f, size_t want, struct buf *out)
{
	size_t n = 0, settled = 0;

	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < f->agents[i].pod_count; k++)
			n += f->agents[i].pods[k].gone_seq == 0;
		settled += is_welcomed(&f->agents[i], NULL) > 0;
	}
	return n >= want && settled == f->count ? wait_for(f, is_welcomed, NULL, f->count, out) : 0;
}

/* --- the others ------------------------------------------------------------------------------------------------- */

static void move_ref(const char *repository, const char *commit)
{
	_cleanup_(freep) char *ref = xasprintf("%s/refs/heads/main", repository);
	_cleanup_(freep) char *lock = xasprintf("%s.lock", ref);
	_cleanup_(freep) char *line = xasprintf("%s\n", commit);
	int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line) || close(fd) < 0 ||
		rename(lock, ref) < 0)
		fleet_die(lock);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int counts(const struct fleet *f, struct buf *out)
{
	const struct fleet_counts *c = &f->counts;
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	buf_addf(out,
		"{\"sessions\":%llu,\"ended\":%llu,\"bytesIn\":%llu,\"bytesOut\":%llu,\"applies\":%llu,"
		"\"pods\":%llu,\"removals\":%llu,\"networks\":%llu,\"pings\":%llu,\"errors\":%llu,\"cpu\":%."
		"3f}\n",
		(unsigned long long)c->sessions, (unsigned long long)c->ended,
		(unsigned long long)c->bytes_in, (unsigned long long)c->bytes_out,
		(unsigned long long)c->of_type[WIRE_APPLY], (unsigned long long)c->pods,
		(unsigned long long)c->removals, (unsigned long long)c->of_type[WIRE_NETWORK],
		(unsigned long long)c->of_type[WIRE_PING], (unsigned long long)c->of_type[WIRE_ERROR],
		seconds(used.ru_utime) + seconds(used.ru_stime));
	return 1;
}

static int done(struct buf *out)
{
	buf_adds(out, "{}\n");
	return 1;
}

int fleet_control(struct fleet *f, const char *command, struct buf *out)
{
	char verb[16], one[4096] = "", two[64] = "";
	int words = sscanf(command, "%15s %4095s %63s", verb, one, two);

	if (words == 2 && str_eq(verb, "welcomed"))
		return wait_for(f, is_welcomed, NULL, strtoul(one, NULL, 10), out);
	if (words == 3 && str_eq(verb, "applied"))
		return wait_for(f, has_applied, one, strtoul(two, NULL, 10), out);
	if (words == 3 && str_eq(verb, "settled"))
		return wait_for(f, is_settled, one, strtoul(two, NULL, 10), out);
	if (words == 2 && str_eq(verb, "pods"))
		return wait_for_pods(f, strtoul(one, NULL, 10), out);
	if (words == 1 && str_eq(verb, "counts"))
		return counts(f, out);
	if (words == 1 && str_eq(verb, "hangup")) {
		for (size_t i = 0; i < f->count; i++)
			fleet_agent_hang_up(&f->agents[i]);
		return done(out);
	}
	if (words == 1 && str_eq(verb, "mark")) {
		f->mark = time_monotonic();
		return done(out);
	}
	if (words == 3 && str_eq(verb, "move")) {
		f->mark = time_monotonic();
		move_ref(one, two);
		return done(out);
	}
	return -EINVAL;
}
