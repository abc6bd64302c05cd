/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The command line: one table row a verb (ctl_verbs), one file a verb or a group of verbs that belong together.
 *
 * A verb gets its arguments parsed by its own option table, prints its answer on stdout and
 * returns an exit code: CTL_DONE, CTL_NO (the answer is "no") or CTL_FAILED (wrong usage or a
 * failure, after ctl_fail or ctl_usage have said why on stderr). -h, the synopsis in errors and shell
 * completion come from the same tables.
 */
#pragma once

#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/time.h"

enum ctl_exit { CTL_DONE = 0, CTL_NO = 1, CTL_FAILED = 2 };

enum ctl_option_type {
	CTL_FLAG,     /* present or not; --name=false is understood */
	CTL_STRING,   /* takes a word */
	CTL_INT,      /* takes a number */
	CTL_DURATION, /* takes a Go duration: 30s, 5m */
};

struct ctl_option {
	const char *name; /* "namespace" */
	char letter;      /* 'n', or 0 */
	enum ctl_option_type type;
	const char *value;          /* what -h calls the value: "NAMESPACE"; NULL for flags */
	const char *help;           /* one line */
	const char *const *choices; /* the only words allowed (CTL_STRING), NULL-terminated; or NULL */
};

enum ctl_words {
	CTL_WORDS_NONE,
	CTL_WORDS_FILES,
	CTL_WORDS_KINDS, /* kinds, then names */
	CTL_WORDS_PODS,  /* a pod, or kind/name; then what can't be completed */
	CTL_WORDS_NODES,
	CTL_WORDS_SHELLS,
};

struct ctl;
struct ctl_args;

struct ctl_verb {
	const char *name;                 /* "sync"; two words where a verb has sub-verbs: "image import" */
	const char *synopsis;             /* behind the verb's name: "KIND[,KIND…] [NAME]" */
	const char *summary;              /* one line */
	const struct ctl_option *options; /* [option_count] */
	size_t option_count;
	int (*run)(struct ctl *c, const struct ctl_args *args);
	enum ctl_words words; /* what shell completion offers for the words that are no options */
};

#define CTL_OPTIONS(array) .options = (array), .option_count = ARRAY_LEN(array)

/* All verbs in the order of `pintle help`, ended by NULL (verbs.c). */
extern const struct ctl_verb *const ctl_verbs[];

/* One run of the program. */
struct ctl {
	const struct ctl_verb *verb;
	const char *home;    /* --home, PINTLE_HOME, or the default */
	const char *program; /* argv[0]: `up` finds the daemons beside it */
	bool terminal;       /* stdout is a terminal: progress is shown */
	bool colour;         /* terminal, and NO_COLOR is not set */
};

/* The parsed words of a call; strings are argv's own. */
struct ctl_args {
	const struct ctl_verb *verb;
	/* [verb->option_count]: text given, "true"/"false" for flags, NULL = not given */
	const char **values;
	struct {
		size_t option; /* index in the verb's table */
		const char *value;
	} * given; /* [given_count]: all options in the order given, also those that were given again */
	size_t given_count;
	const char **words; /* [word_count]: what is no option */
	size_t word_count;
	const char **rest; /* [rest_count]: what stands behind "--" */
	size_t rest_count;
};

/*
 * Parses ARGV (behind the verb) by VERB's table; options and words may be mixed, "--" ends options. 0, or -EINVAL
 * with ERR saying what is wrong and, for an unknown option, the nearest. *RET is ended with ctl_args_done.
 */
int ctl_args_parse(const struct ctl_verb *verb, int argc, char **argv, struct ctl_args *ret, struct err *err);
void ctl_args_done(struct ctl_args *a);

/* The value of option NAME, or NULL when it was not given. NAME must be in the verb's table (asserted). */
const char *ctl_string(const struct ctl_args *a, const char *name);
/* The value that NAME was given for the Nth time (from 0), or NULL. */
const char *ctl_nth(const struct ctl_args *a, const char *name, size_t n);
bool ctl_flag(const struct ctl_args *a, const char *name);
/* Parsed already: an option of these types with a bad value is refused by ctl_args_parse. */
int64_t ctl_int(const struct ctl_args *a, const char *name, int64_t fallback);
nsec_t ctl_duration(const struct ctl_args *a, const char *name, nsec_t fallback);

/* "pintle VERB: message" on stderr; returns CTL_FAILED. */
int ctl_fail(const struct ctl *c, const char *fmt, ...) _printf_(2, 3);
/* The same for an error with its context. */
int ctl_fail_err(const struct ctl *c, const struct err *err);
/* As ctl_fail, followed by the verb's synopsis and where to read on. */
int ctl_usage(const struct ctl *c, const char *fmt, ...) _printf_(2, 3);
/* The verb's help on OUT. */
void ctl_help(FILE *out, const struct ctl_verb *verb);
