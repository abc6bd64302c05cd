/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A record is one write(2), so that lines of several processes on one stderr don't mix. */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"

/* Where a process logs to is the process's own: the one state that has no other owner. */
static struct {
	const char *program;
	enum log_level level;
	bool journal; /* stderr is the journal's stream */
} target = { .program = "pintle", .level = LOG_LEVEL_INFO };

/* sd-daemon(3) priorities and the words for people. */
static const struct {
	int priority;
	const char *word;
} levels[] = {
	[LOG_LEVEL_ERROR] = { 3, "error: " },
	[LOG_LEVEL_WARNING] = { 4, "warning: " },
	[LOG_LEVEL_INFO] = { 6, "" },
	[LOG_LEVEL_DEBUG] = { 7, "debug: " },
};

/* Is stderr what $JOURNAL_STREAM ("device:inode") names? Otherwise it was redirected since. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == dev && st.st_ino == ino;
}

void log_open(const char *program, enum log_level level)
{
	target.program = program;
	target.level = level;
	target.journal = stderr_is_journal();
}

/* Appends TEXT with C0 and C1 control characters as \xNN. */
static void add_escaped(struct buf *b, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			buf_addf(b, "\\x%02x", *p);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			buf_addf(b, "\\x%02x", *++p);
		else
			buf_addc(b, (char)*p);
	}
}

static void add_head(struct buf *b, enum log_level level)
{
	char stamp[TIME_TEXT_MAX];

	if (target.journal)
		buf_addf(b, "<%d>", levels[level].priority);
	else
		buf_addf(b, "%s %s: ", time_format_nano(time_now(), stamp), target.program);
	buf_adds(b, levels[level].word);
}

static void log_v(enum log_level level, const char *fmt, va_list ap)
{
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	_cleanup_(freep) char *text = NULL;

	if (level > target.level)
		return;
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		return;
	}
	add_head(&line, level);
	add_escaped(&line, text);
	buf_addc(&line, '\n');

	/* There is nowhere to report that stderr can't be written. */
	ssize_t ignored = write(STDERR_FILENO, line.data, line.len);
	(void)ignored;
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_v(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_v(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_v(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_v(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}
