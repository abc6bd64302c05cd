/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A simulated fleet for measuring pintled (fleet.h):
 *
 *   fleet agents DIR NAME=COUNT…           COUNT agents NAME-0000 …, each at DIR/NAME-0000.sock; commands from standard
 *                                          input (fleet_control.c); prints "ready" first, ends with standard input
 *   fleet floor-connect DIR COUNT BYTES    the floors (fleet_floor.c)
 *   fleet floor-apply COUNT BYTES ROUNDS
 *
 * A command that is not answered within --timeout seconds (default 600) ends the program with status 1.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/bench/fleet.h"

enum { EVENTS_MAX = 256, LOOK_EVERY = 20 /* ms between two looks at what a command waits for */ };

static const char usage[] = "usage: fleet [--timeout SECONDS] agents DIR NAME=COUNT…\n"
			    "       fleet floor-connect DIR COUNT BYTES\n"
			    "       fleet floor-apply COUNT BYTES ROUNDS\n";

void fleet_die(const char *what)
{
	fprintf(stderr, "fleet: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Two descriptors an agent. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* --- the agents ------------------------------------------------------------------------------------------------ */

static size_t count_all(char *const *groups)
{
	size_t count = 0;

	for (; *groups; groups++) {
		const char *equal = strchr(*groups, '=');

		count += equal ? strtoul(equal + 1, NULL, 10) : 0;
	}
	return count;
}

static void make_agents(struct fleet *f, char *const *groups)
{
	f->agents = xcalloc(count_all(groups) + 1, sizeof(f->agents[0]));
	for (; *groups; groups++) {
		const char *equal = strchr(*groups, '=');
		size_t count = equal ? strtoul(equal + 1, NULL, 10) : 0;

		for (size_t i = 0; i < count; i++) {
			struct fleet_agent *a = &f->agents[f->count];

			a->fleet = f;
			a->index = (unsigned)f->count++;
			snprintf(a->name, sizeof(a->name), "%.*s-%04zu",
				(int)(equal - *groups < 16 ? equal - *groups : 16), *groups, i);
			fleet_agent_listen(a);
		}
	}
}

/* --- commands ------------------------------------------------------------------------------------------------------ */

struct commands {
	struct wire_reader in;
	char *now; /* the one that waits for its answer; NULL: none */
	nsec_t since, looked;
	bool ended;
};

static void read_commands(struct commands *c)
{
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n > 0)
		wire_reader_feed(&c->in, bytes, (size_t)n);
	else
		c->ended = true;
}

/* Answers what can be answered. */
static void answer(struct fleet *f, struct commands *c, nsec_t timeout)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *line;
	size_t len;
	int r = 1;

	while (r > 0) {
		if (!c->now) {
			if (wire_reader_line(&c->in, &line, &len) <= 0)
				break;
			c->now = xstrndup(line, len);
			c->since = time_monotonic();
		}
		r = fleet_control(f, c->now, &out);
		if (r < 0 || (r == 0 && time_monotonic() - c->since > timeout)) {
			fprintf(stderr, "fleet: %s: %s\n", c->now, r < 0 ? "no such command" : "not in time");
			exit(r < 0 ? 2 : 1);
		}
		if (r > 0) {
			free(c->now);
			c->now = NULL;
		}
	}
	c->looked = time_monotonic();
	if (out.len > 0 && fs_write_fd(STDOUT_FILENO, "standard output", out.data, out.len, NULL) < 0)
		exit(2);
}

static bool is_due(const struct commands *c)
{
	return !c->now || time_monotonic() - c->looked >= LOOK_EVERY * NSEC_PER_MSEC;
}

static int run_agents(const char *dir, char *const *groups, nsec_t timeout)
{
	struct fleet f = { .epoll = epoll_create1(EPOLL_CLOEXEC), .dir = dir, .mark = time_monotonic() };
	struct commands c = { .now = NULL };
	struct fleet_end input = { .fd = STDIN_FILENO };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = &input }, events[EVENTS_MAX];

	wire_reader_init(&c.in, 0);
	make_agents(&f, groups);
	if (epoll_ctl(f.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &e) < 0)
		fleet_die("standard input");
	printf("ready\n");
	fflush(stdout);
	while (!c.ended) {
		int n = epoll_wait(f.epoll, events, EVENTS_MAX, c.now ? LOOK_EVERY : -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &input)
				read_commands(&c);
			else
				fleet_agent_ready(events[i].data.ptr, events[i].events);
		}
		if (is_due(&c))
			answer(&f, &c, timeout);
	}
	for (size_t i = 0; i < f.count; i++)
		fleet_agent_done(&f.agents[i]);
	fleet_network_clear(&f.network);
	free(f.agents);
	free(c.now);
	wire_reader_done(&c.in);
	close(f.epoll);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "timeout", required_argument, NULL, 't' }, { 0 } };
	nsec_t timeout = 600 * NSEC_PER_SEC;
	int o;

	while ((o = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		if (o != 't')
			return fputs(usage, stderr) < 0 ? 2 : 2;
		timeout = (nsec_t)strtoul(optarg, NULL, 10) * NSEC_PER_SEC;
	}
	argv += optind;
	argc -= optind;
	raise_limit();
	if (argc >= 3 && str_eq(argv[0], "agents"))
		return run_agents(argv[1], argv + 2, timeout);
	if (argc == 4 && str_eq(argv[0], "floor-connect"))
		return fleet_floor_connect(argv[1], strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	if (argc == 4 && str_eq(argv[0], "floor-apply"))
		return fleet_floor_apply(
			strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	return fputs(usage, stderr) < 0 ? 2 : 2;
}
