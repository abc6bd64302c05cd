/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintled(8): arguments, the home, the loop. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/str.h"
#include "reconciler/host_name.h"
#include "reconciler/pintled.h"

enum { FILES_MAX = 65536 };

static const struct option options[] = {
	{ "home", required_argument, NULL, 'H' },
	{ "agents", required_argument, NULL, 'a' },
	{ "take-over", no_argument, NULL, 't' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char usage[] =
	"usage: pintled [--home DIR] [--agents DIR] [--take-over] [--foreground] [--verbose]\n"
	"Watches the home's repository and drives its nodes until they agree. See pintled(8).\n";

struct arguments {
	const char *home, *agents;
	bool verbose, take_over;
};

/* Returns -1, or the exit code to end with. */
static int parse(int argc, char **argv, struct arguments *ret)
{
	const char *home = getenv("PINTLE_HOME");
	int c;

	*ret = (struct arguments){ .home = str_empty(home) ? "/var/lib/pintle" : home };
	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 'H')
			ret->home = optarg;
		else if (c == 'a')
			ret->agents = optarg;
		else if (c == 't')
			ret->take_over = true;
		else if (c == 'v')
			ret->verbose = true;
		else if (c == 'V')
			return puts("pintled " PINTLE_VERSION) < 0 ? 2 : 0;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? 2 : 0;
		else if (c != 'f')
			return fputs(usage, stderr) < 0 ? 2 : 2;
	}
	return optind == argc ? -1 : (fputs(usage, stderr), 2);
}

static int run(const struct arguments *args, struct err *err)
{
	_cleanup_(loop_freep) struct loop *loop = NULL;
	_cleanup_(home_freep) struct home *home = NULL;
	struct pintled *p = NULL;
	char host[HOST_NAME_SIZE];
	const struct pintled_options how = {
		.host_name = host, .agents = args->agents, .take_over = args->take_over
	};
	int r;

	host_node_name(host, sizeof(host));
	r = home_open(args->home, &home, err);
	if (r >= 0)
		r = home_drop_privileges(home, err);
	if (r >= 0)
		r = loop_new(&loop, err);
	if (r >= 0)
		r = pintled_new(loop, home, &how, &p, err);
	if (r < 0)
		return r;
	log_info("home %s, cluster %s", home->dir, home->short_id);
	r = loop_run(loop, err);
	pintled_free(p);
	return r;
}

/* Each session, and each connection that is forwarded, takes a descriptor: as many as we may have. */
static void raise_file_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= FILES_MAX)
		return;
	l.rlim_cur = l.rlim_max < FILES_MAX ? l.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

int main(int argc, char **argv)
{
	struct arguments args;
	struct err err = { 0 };
	int r = parse(argc, argv, &args);

	if (r >= 0)
		return r;
	raise_file_limit();
	log_open("pintled", args.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	r = run(&args, &err);
	if (r < 0) {
		log_error("%s", err_text(&err));
		return r == -ESTALE ? 3 : 2;
	}
	return r;
}
