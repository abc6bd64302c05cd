/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A program's options, --NAME or --NAME VALUE, as a table of where they go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG,   /* bool: there */
	OPTION_COUNT,  /* unsigned */
	OPTION_NUMBER, /* uint64_t */
	OPTION_TEXT,   /* const char *, borrowed from the arguments */
};
struct option_row {
	const char *name;
	enum option_kind kind;
	void *at; /* what is set where the option is given, by kind; else it stays */
};

/* What the COUNT ROWS (at most 32) make of the arguments. False: one isn't an option, or its value isn't one. */
bool options_take(int argc, char **argv, const struct option_row *rows, size_t count);
