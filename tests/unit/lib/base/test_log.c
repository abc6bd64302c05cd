/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/time.h"

/* Puts stderr into a memory file; released gives what was written meanwhile. */
static int captured(int *ret_saved)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC);

	*ret_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	return fd;
}

static char *released(int fd, int saved)
{
	struct buf b = BUF_INIT;

	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(fd, 0, SEEK_SET);
	fs_read_fd(fd, "stderr", 1 << 20, &b, NULL);
	close(fd);
	return buf_take(&b);
}

/* Checks and removes the stamp in front of LINE. */
static const char *behind_stamp(const char *line)
{
	_cleanup_(freep) char *stamp = xstrndup(line, strcspn(line, " "));
	nsec_t t;

	assert_int_equal(time_parse(stamp, &t), 0);
	return line + strlen(stamp) + 1;
}

static void test_levels(void **state)
{
	int saved, fd = captured(&saved);

	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open("pintled", LOG_LEVEL_WARNING);
	log_info("dropped");
	log_debug("dropped");
	log_warning("low on %s", "space");
	_cleanup_(freep) char *text = released(fd, saved);
	assert_string_equal(behind_stamp(text), "pintled: warning: low on space\n");
}

static void test_words(void **state)
{
	static const char *const expected[] = {
		"pintled: error: e\n",
		"pintled: warning: w\n",
		"pintled: i\n",
		"pintled: debug: d\n",
	};
	int saved, fd = captured(&saved);

	(void)state;
	log_open("pintled", LOG_LEVEL_DEBUG);
	log_error("e");
	log_warning("w");
	log_info("i");
	log_debug("d");
	_cleanup_(freep) char *text = released(fd, saved);
	const char *line = text;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		line = behind_stamp(line);
		assert_true(str_starts(line, expected[i]));
		line += strlen(expected[i]);
	}
	assert_string_equal(line, "");
}

static void test_escapes(void **state)
{
	int saved, fd = captured(&saved);

	(void)state;
	log_open("p", LOG_LEVEL_INFO);
	log_info("a\nb\tc\x1b[31m\x7f é \xc2\x9b|\xc2\xa0|%s", "\r");
	_cleanup_(freep) char *text = released(fd, saved);
	assert_string_equal(behind_stamp(text), "p: a\\x0ab\\x09c\\x1b[31m\\x7f é \\x9b|\xc2\xa0|\\x0d\n");
}

static void test_journal(void **state)
{
	int saved, fd = captured(&saved);
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	_cleanup_(freep) char *stream = xasprintf(
		"%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("p", LOG_LEVEL_DEBUG);
	log_error("broken");
	log_info("started");
	log_debug("detail");
	/* Another stream than stderr is. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open("p", LOG_LEVEL_DEBUG);
	log_info("end");
	unsetenv("JOURNAL_STREAM");

	_cleanup_(freep) char *text = released(fd, saved);
	const char *rest = str_after(text, "<3>error: broken\n<6>started\n<7>debug: detail\n");
	assert_non_null(rest);
	assert_string_equal(behind_stamp(rest), "p: end\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
