/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintle-agent(8): the modes of the program. Only wiring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "nodeagent/agent.h"
#include "nodeagent/image_main.h"
#include "nodeagent/trash.h"
#include "nodeagent/unpack.h"

static int run_daemon(const char *home, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_run(home);
}

static int run_session(const char *home, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_session(home);
}

static int run_purge(const char *home, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return agent_purge(home);
}

static int run_image(const char *home, int argc, char **argv)
{
	return image_main(home, argc - 1, argv + 1);
}

static int run_unpack(const char *home, int argc, char **argv)
{
	(void)home;
	return unpack_main(argc, argv);
}

static int run_sweep(const char *home, int argc, char **argv)
{
	(void)home;
	return trash_main(argc, argv);
}

static const struct {
	const char *name;
	bool words; /* takes words of its own */
	int (*run)(const char *home, int argc, char **argv);
} modes[] = {
	{ "session", false, run_session },
	{ "purge", false, run_purge },
	{ "image", true, run_image },
	{ "unpack", true, run_unpack },
	{ "sweep", true, run_sweep },
};

static int usage(void)
{
	fputs("usage: pintle-agent [--home DIR] [session | purge | image …]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *home = getenv("PINTLE_HOME");
	log_open("pintle-agent", LOG_LEVEL_INFO);
	for (argc--, argv++; argc > 0 && argv[0][0] == '-'; argc--, argv++) {
		if (str_eq(argv[0], "--version"))
			return puts("pintle-agent " PINTLE_VERSION), 0;
		if (!str_eq(argv[0], "--home") || argc < 2)
			return usage();
		home = argv[1];
		argc--;
		argv++;
	}
	if (str_empty(home))
		home = "/var/lib/pintle";
	if (argc == 0)
		return run_daemon(home, argc, argv);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_eq(argv[0], modes[i].name) && (modes[i].words || argc == 1))
			return modes[i].run(home, argc, argv);
	return usage();
}
