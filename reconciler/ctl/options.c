/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/ctl.h"

static size_t option_index(const struct ctl_verb *verb, const char *name, size_t len)
{
	for (size_t i = 0; i < verb->option_count; i++)
		if (strlen(verb->options[i].name) == len && strncmp(verb->options[i].name, name, len) == 0)
			return i;
	return verb->option_count;
}

static size_t letter_index(const struct ctl_verb *verb, char letter)
{
	for (size_t i = 0; i < verb->option_count; i++)
		if (verb->options[i].letter == letter)
			return i;
	return verb->option_count;
}

static int check_choice(const struct ctl_option *option, const char *text, struct err *err)
{
	struct buf all = BUF_INIT;
	const char *const *choice = option->choices;
	if (!choice)
		return 0;
	for (; *choice; choice++) {
		if (str_eq(*choice, text))
			return buf_done(&all), 0;
		buf_addf(&all, "%s%s", all.len ? ", " : "", *choice);
	}
	int r = err_set(err, -EINVAL, "--%s takes one of %s, not \"%s\"", option->name, all.data, text);
	buf_done(&all);
	return r;
}

/* Is TEXT a value that OPTION can take? */
static int check_value(const struct ctl_option *option, const char *text, struct err *err)
{
	int64_t number;
	switch (option->type) {
	case CTL_FLAG:
		if (str_eq(text, "true") || str_eq(text, "false"))
			return 0;
		return err_set(err, -EINVAL, "--%s takes true or false, not \"%s\"", option->name, text);
	case CTL_INT:
		if (str_to_i64(text, &number) == 0)
			return 0;
		return err_set(err, -EINVAL, "--%s takes a number, not \"%s\"", option->name, text);
	case CTL_DURATION:
		if (duration_parse(text, &number) == 0)
			return 0;
		return err_set(err, -EINVAL, "--%s takes a duration such as 30s or 5m, not \"%s\"",
			option->name, text);
	case CTL_STRING:
		return check_choice(option, text, err);
	}
	return 0;
}

static void set_value(struct ctl_args *a, size_t option, const char *value)
{
	a->values[option] = value;
	a->given[a->given_count].option = option;
	a->given[a->given_count++].value = value;
}

static int unknown_option(const struct ctl_verb *verb, const char *name, size_t len, struct err *err)
{
	const char *names[64];
	size_t n = 0;
	for (; n < verb->option_count && n + 1 < ARRAY_LEN(names); n++)
		names[n] = verb->options[n].name;
	names[n] = NULL;
	char *given = xstrndup(name, len);
	const char *near = str_nearest(given, names);
	int r = near ? err_set(err, -EINVAL, "unknown option --%s; did you mean --%s?", given, near)
		     : err_set(err, -EINVAL, "unknown option --%s", given);
	free(given);
	return r;
}

/* "--name", "--name=value" or "--name value". Returns how many words of ARGV it took. */
static int parse_long(struct ctl_args *a, int argc, char **argv, struct err *err)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	size_t i = option_index(a->verb, name, len);
	if (i == a->verb->option_count)
		return unknown_option(a->verb, name, len, err);
	const struct ctl_option *option = &a->verb->options[i];
	if (equals)
		set_value(a, i, equals + 1);
	else if (option->type == CTL_FLAG)
		set_value(a, i, "true");
	else if (argc > 1)
		set_value(a, i, argv[1]);
	else
		return err_set(err, -EINVAL, "--%s needs a value: --%s %s", option->name, option->name,
			option->value);
	int r = check_value(option, a->values[i], err);
	return r < 0 ? r : equals || option->type == CTL_FLAG ? 1 : 2;
}

/* "-Aw", "-n value", "-nvalue". */
static int parse_short(struct ctl_args *a, int argc, char **argv, struct err *err)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		size_t i = letter_index(a->verb, *p);
		if (i == a->verb->option_count)
			return err_set(err, -EINVAL, "unknown option -%c", *p);
		const struct ctl_option *option = &a->verb->options[i];
		if (option->type == CTL_FLAG) {
			set_value(a, i, "true");
			continue;
		}
		bool joined = p[1] != '\0';
		if (!joined && argc < 2)
			return err_set(err, -EINVAL, "-%c needs a value: -%c %s", *p, *p, option->value);
		set_value(a, i, joined ? p + 1 + (p[1] == '=') : argv[1]);
		int r = check_value(option, a->values[i], err);
		return r < 0 ? r : joined ? 1 : 2;
	}
	return 1;
}

/* An upper bound for how many options ARGV gives: "-Aw" gives two. */
static size_t letters(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]);
	return n;
}

int ctl_args_parse(const struct ctl_verb *verb, int argc, char **argv, struct ctl_args *ret, struct err *err)
{
	*ret = (struct ctl_args){
		.verb = verb,
		.values = xcalloc(verb->option_count, sizeof(*ret->values)),
		.given = xcalloc(letters(argc, argv) + 1, sizeof(*ret->given)),
		.words = xcalloc((size_t)argc + 1, sizeof(*ret->words)),
		.rest = xcalloc((size_t)argc + 1, sizeof(*ret->rest)),
	};
	for (int i = 0; i < argc;) {
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				ret->rest[ret->rest_count++] = argv[i];
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			ret->words[ret->word_count++] = argv[i++];
			continue;
		}
		int took = argv[i][1] == '-' ? parse_long(ret, argc - i, argv + i, err)
					     : parse_short(ret, argc - i, argv + i, err);
		if (took < 0) {
			ctl_args_done(ret);
			return took;
		}
		i += took;
	}
	return 0;
}

void ctl_args_done(struct ctl_args *a)
{
	free(a->values);
	free(a->given);
	free(a->words);
	free(a->rest);
	*a = (struct ctl_args){ 0 };
}

const char *ctl_string(const struct ctl_args *a, const char *name)
{
	size_t i = option_index(a->verb, name, strlen(name));
	assert(i < a->verb->option_count);
	return a->values[i];
}

const char *ctl_nth(const struct ctl_args *a, const char *name, size_t n)
{
	size_t option = option_index(a->verb, name, strlen(name));

	for (size_t i = 0; i < a->given_count; i++)
		if (a->given[i].option == option && n-- == 0)
			return a->given[i].value;
	return NULL;
}

bool ctl_flag(const struct ctl_args *a, const char *name)
{
	return str_eq(ctl_string(a, name), "true");
}

int64_t ctl_int(const struct ctl_args *a, const char *name, int64_t fallback)
{
	int64_t number = fallback;
	const char *text = ctl_string(a, name);
	if (text)
		str_to_i64(text, &number);
	return number;
}

nsec_t ctl_duration(const struct ctl_args *a, const char *name, nsec_t fallback)
{
	nsec_t d = fallback;
	const char *text = ctl_string(a, name);
	if (text)
		duration_parse(text, &d);
	return d;
}
