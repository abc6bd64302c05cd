/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <string.h>

#include "reconciler/ctl/ctl.h"

static void vfail(const struct ctl *c, const char *fmt, va_list ap)
{
	fflush(stdout);
	if (c->verb)
		fprintf(stderr, "pintle %s: ", c->verb->name);
	else
		fputs("pintle: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int ctl_fail(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfail(c, fmt, ap);
	va_end(ap);
	return CTL_FAILED;
}

int ctl_fail_err(const struct ctl *c, const struct err *err)
{
	return ctl_fail(c, "%s", err_text(err));
}

int ctl_usage(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfail(c, fmt, ap);
	va_end(ap);
	if (c->verb)
		fprintf(stderr, "usage: pintle [--home DIR] %s %s\nSee pintle %s -h.\n", c->verb->name,
			c->verb->synopsis, c->verb->name);
	return CTL_FAILED;
}

void ctl_help(FILE *out, const struct ctl_verb *verb)
{
	fprintf(out, "%s\n\nusage: pintle [--home DIR] %s %s\n", verb->summary, verb->name, verb->synopsis);
	if (verb->option_count)
		fputs("\noptions:\n", out);
	for (size_t i = 0; i < verb->option_count; i++) {
		const struct ctl_option *o = &verb->options[i];
		char left[80], letter[8] = "    ";
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->value ? " " : "",
			o->value ? o->value : "");
		fprintf(out, "  %-32s %s\n", left, o->help);
	}
	char page[64];
	snprintf(page, sizeof(page), "%s", verb->name);
	char *space = strchr(page, ' ');
	if (space)
		*space = '\0'; /* "image import" is described in pintle-image(1) */
	fprintf(out, "\nSee man pintle-%s.\n", page);
}
