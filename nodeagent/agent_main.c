/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintle-agent(8): the modes of the program. Only wiring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"
#include "nodeagent/agent.h"
#include "nodeagent/image_main.h"
#include "nodeagent/trash.h"
#include "nodeagent/unpack.h"

struct options {
	const char *home;
	int64_t protocol; /* the newest version that is spoken; 0: all */
};

static int run_daemon(const struct options *o, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_run(o->home, o->protocol);
}

static int run_session(const struct options *o, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_session(o->home);
}

static int run_purge(const struct options *o, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_purge(o->home);
}

static int run_image(const struct options *o, int argc, char **argv)
{
	return image_main(o->home, argc - 1, argv + 1);
}

static int run_unpack(const struct options *o, int argc, char **argv)
{
	(void)o;
	return unpack_main(argc, argv);
}

static int run_sweep(const struct options *o, int argc, char **argv)
{
	(void)o;
	return trash_main(argc, argv);
}

static const struct {
	const char *name;
	bool words; /* takes words of its own */
	int (*run)(const struct options *o, int argc, char **argv);
} modes[] = {
	{ "session", false, run_session },
	{ "purge", false, run_purge },
	{ "image", true, run_image },
	{ "unpack", true, run_unpack },
	{ "sweep", true, run_sweep },
};

static int usage(void)
{
	fputs("usage: pintle-agent [--home DIR] [--protocol N] [session | purge | image …]\n", stderr);
	return 2;
}

/* Option NAME with its value. */
static bool take_option(struct options *o, const char *name, const char *value)
{
	if (str_eq(name, "--home")) {
		o->home = value;
		return true;
	}
	return str_eq(name, "--protocol") && str_to_i64(value, &o->protocol) == 0 &&
	       o->protocol >= WIRE_MIN_VERSION && o->protocol <= WIRE_VERSION;
}

int main(int argc, char **argv)
{
	struct options o = { .home = getenv("PINTLE_HOME") };
	log_open("pintle-agent", LOG_LEVEL_INFO);
	for (argc--, argv++; argc > 0 && argv[0][0] == '-'; argc -= 2, argv += 2) {
		if (str_eq(argv[0], "--version"))
			return puts("pintle-agent " PINTLE_VERSION), 0;
		if (argc < 2 || !take_option(&o, argv[0], argv[1]))
			return usage();
	}
	if (str_empty(o.home))
		o.home = "/var/lib/pintle";
	if (argc == 0)
		return run_daemon(&o, argc, argv);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_eq(argv[0], modes[i].name) && (modes[i].words || argc == 1))
			return modes[i].run(&o, argc, argv);
	return usage();
}
