/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* An actual tree for tests: tree DIR <LINES, where a line is "PATH JSON", or "PATH" for what is to go. One commit of all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/actual.h"

static int put_line(struct actual *a, char *line, struct err *err)
{
	line[strcspn(line, "\n")] = '\0';
	char *json = strchr(line, ' ');
	if (!json)
		return actual_delete(a, line, err);
	*json++ = '\0';
	return actual_put(a, line, json, strlen(json), err);
}

static int put_all(struct actual *a, struct err *err)
{
	char *line = NULL;
	size_t size = 0;
	int r = 0;
	while (r >= 0 && getline(&line, &size, stdin) > 0)
		r = put_line(a, line, err);
	free(line);
	if (r >= 0)
		r = actual_commit(a, err);
	if (r >= 0)
		r = actual_flush(a, 0, err);
	return r;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct actual *a = NULL;
	if (argc != 2)
		return 2;
	int r = actual_open(argv[1], &a, &err);
	if (r >= 0)
		r = put_all(a, &err);
	actual_free(a);
	if (r < 0)
		fprintf(stderr, "tree: %s\n", err_text(&err));
	return r < 0 ? 2 : 0;
}
