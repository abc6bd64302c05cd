/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* replay FILE…: runs a fuzz target over each file, without libFuzzer. A broken promise aborts, and names the file. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 64 << 20 };

static const char *volatile replay_name;

static void name_it(int signo)
{
	const char *name = replay_name;

	if (write(STDERR_FILENO, "replay: failed on ", 18) < 0 ||
		write(STDERR_FILENO, name, strlen(name)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
		_exit(2);
	signal(signo, SIG_DFL);
	raise(signo);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	signal(SIGABRT, name_it);
	signal(SIGSEGV, name_it);
	for (int i = 1; i < argc; i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		_cleanup_(freep) void *exact = NULL;

		if (fs_read(AT_FDCWD, argv[i], INPUT_MAX, &text, &err) < 0) {
			fprintf(stderr, "replay: %s\n", err_text(&err));
			return 2;
		}
		replay_name = argv[i];
		/* At its exact size, so that a sanitizer sees a read behind the end. */
		exact = xmemdup(text.data, text.len);
		LLVMFuzzerTestOneInput(exact, text.len);
	}
	printf("%s: %d inputs passed\n", argv[0], argc - 1);
	return 0;
}
