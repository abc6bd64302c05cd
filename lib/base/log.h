/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One line a record on stderr, for daemons' mains and the I/O shell (libraries don't log).
 *
 * Under systemd each line carries the "<N>" priority prefix of sd-daemon(3); otherwise a time stamp.
 * Control characters in a record are escaped, so that a manifest cannot forge lines.
 */
#pragma once

#include "lib/base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Call once from main: PROGRAM is borrowed for ever. Records above LEVEL are dropped. */
void log_open(const char *program, enum log_level level);
void log_error(const char *fmt, ...) _printf_(1, 2);
void log_warning(const char *fmt, ...) _printf_(1, 2);
void log_info(const char *fmt, ...) _printf_(1, 2);
void log_debug(const char *fmt, ...) _printf_(1, 2);
