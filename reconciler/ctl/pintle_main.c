/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintle(1): finds the verb, parses its words, runs it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "reconciler/ctl/ctl.h"

#define DEFAULT_HOME "/var/lib/pintle"

/* The verb that ARGV begins with (its longest name), and in *RET_WORDS how many words that took. */
static const struct ctl_verb *find_verb(int argc, char **argv, int *ret_words)
{
	char two[128] = "";
	if (argc > 1)
		snprintf(two, sizeof(two), "%s %s", argv[0], argv[1]);
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++) {
		*ret_words = strchr((*v)->name, ' ') ? 2 : 1;
		if (str_eq((*v)->name, *ret_words == 2 ? two : argv[0]))
			return *v;
	}
	return NULL;
}

/* "image" without its second word: names what there is. */
static int sub_verbs(const char *word)
{
	size_t len = strlen(word);
	const char *before = "";
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++)
		if (strncmp((*v)->name, word, len) == 0 && (*v)->name[len] == ' ') {
			fprintf(stderr, "%s%s", *before ? before : "pintle: say one of: ", (*v)->name);
			before = ", ";
		}
	fputc('\n', stderr);
	return CTL_FAILED;
}

static bool has_sub_verbs(const char *word)
{
	size_t len = strlen(word);
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++)
		if (strncmp((*v)->name, word, len) == 0 && (*v)->name[len] == ' ')
			return true;
	return false;
}

static int unknown_verb(const struct ctl *c, const char *word)
{
	if (has_sub_verbs(word))
		return sub_verbs(word);
	const char *names[128];
	size_t n = 0;
	for (const struct ctl_verb *const *v = ctl_verbs; *v && n + 1 < ARRAY_LEN(names); v++)
		names[n++] = (*v)->name;
	names[n] = NULL;
	const char *near = str_nearest(word, names);
	if (near)
		return ctl_fail(c, "unknown verb \"%s\"; did you mean %s?", word, near);
	return ctl_fail(c, "unknown verb \"%s\"; pintle help lists them", word);
}

static int list_verbs(FILE *out)
{
	fputs("usage: pintle [--home DIR] VERB [OPTIONS]\n\nverbs:\n", out);
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++)
		fprintf(out, "  %-14s %s\n", (*v)->name, (*v)->summary);
	fputs("\nEvery verb has -h and a man page, pintle-VERB(1).\n", out);
	return out == stdout ? CTL_DONE : CTL_FAILED;
}

static bool is_help(const char *word)
{
	return str_eq(word, "-h") || str_eq(word, "--help");
}

static int help(struct ctl *c, int argc, char **argv)
{
	int words;
	if (argc == 0)
		return list_verbs(stdout);
	const struct ctl_verb *verb = find_verb(argc, argv, &words);
	if (!verb)
		return unknown_verb(c, argv[0]);
	ctl_help(stdout, verb);
	return CTL_DONE;
}

static int run_verb(struct ctl *c, int argc, char **argv)
{
	int words;
	struct ctl_args args;
	struct err err = { 0 };
	c->verb = find_verb(argc, argv, &words);
	if (!c->verb)
		return unknown_verb(c, argv[0]);
	for (int i = words; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i]))
			return ctl_help(stdout, c->verb), CTL_DONE;
	if (ctl_args_parse(c->verb, argc - words, argv + words, &args, &err) < 0)
		return ctl_usage(c, "%s", err_text(&err));
	int r = c->verb->run(c, &args);
	ctl_args_done(&args);
	if (fflush(stdout) != 0 && r == CTL_DONE)
		return ctl_fail(c, "standard output: %m");
	return r;
}

/* --home may stand before or behind the verb: takes it out of ARGV. Returns the words that are left, or -1: no value. */
static int take_home(struct ctl *c, int argc, char **argv)
{
	int left = 0;
	bool options = true;
	for (int i = 0; i < argc; i++) {
		const char *home = options ? str_after(argv[i], "--home=") : NULL;
		options = options && !str_eq(argv[i], "--");
		if (home)
			c->home = home;
		else if (!options || !str_eq(argv[i], "--home"))
			argv[left++] = argv[i];
		else if (++i < argc)
			c->home = argv[i];
		else
			return -1;
	}
	return left;
}

int main(int argc, char **argv)
{
	const char *env = getenv("PINTLE_HOME");
	struct ctl c = { .home = str_empty(env) ? DEFAULT_HOME : env, .program = argv[0] };
	c.terminal = isatty(STDOUT_FILENO);
	c.colour = c.terminal && str_empty(getenv("NO_COLOR"));
	argc = take_home(&c, argc - 1, ++argv);
	if (argc < 0)
		return ctl_fail(&c, "--home needs a value: --home DIR");
	if (argc == 0)
		return list_verbs(stderr);
	if (str_eq(argv[0], "--version"))
		return puts("pintle " PINTLE_VERSION), CTL_DONE;
	if (is_help(argv[0]))
		return list_verbs(stdout);
	if (argv[0][0] == '-')
		return ctl_fail(
			&c, "unknown option %s before the verb; pintle help lists the verbs", argv[0]);
	if (str_eq(argv[0], "help"))
		return help(&c, argc - 1, argv + 1);
	return run_verb(&c, argc, argv);
}
