/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/same.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* A record without its version: in which order equal things are recorded is of no matter. */
static char *record_text(const struct plan *plan, const struct plan_record *r)
{
	static const char version[] = "\"resourceVersion\":\"";
	struct buf text = BUF_INIT;
	char *at;

	buf_addf(&text, "%s %s/%s ", r->kind->name, str_or_empty(r->namespace), r->name);
	buf_add(&text, plan->text.data + r->start, r->len);
	at = strstr(text.data, version);
	for (at = at ? at + strlen(version) : NULL; at && *at >= '0' && *at <= '9'; at++)
		*at = '0';
	return buf_take(&text);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Records and applies of a plan as one text, a line each. Events are left out: they go when their hour is over, and what is still so
 * is said again only by who looks again.
 */
static void describe(const struct plan *plan, struct buf *out)
{
	char **lines = xcalloc(plan->record_count, sizeof(lines[0]));
	size_t count = 0;

	for (size_t i = 0; i < plan->record_count; i++)
		if (plan->records[i].kind->id != KIND_EVENT)
			lines[count++] = record_text(plan, &plan->records[i]);
	qsort(lines, count, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	for (size_t i = 0; i < plan->apply_count; i++) {
		buf_addf(out, "%s ", plan->applies[i].node->o.name);
		wire_write_apply(out, &plan->applies[i].apply);
	}
}

static void write_all(int fd, const struct buf *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t n = write(fd, text->data + at, text->len - at);

		if (n <= 0)
			_exit(1);
		at += (size_t)n;
	}
}

static size_t count_events(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->record_count; i++)
		n += plan->records[i].kind->id == KIND_EVENT;
	return n;
}

enum question { OF_DIRTY, OF_EVERYTHING, OF_RESTARTED };

/* In the child: the pass, and what it planned. */
static _Noreturn void child(
	struct sim *s, struct host *h, const struct pass_input *in, enum question question, int fd)
{
	struct pass_input mine = *in;
	struct buf text = BUF_INIT;

	mine.everything = question == OF_EVERYTHING;
	if (question == OF_RESTARTED)
		host_load(s, h);
	pass_run(&h->world, &mine, &h->plan);
	buf_addf(&text, "%zu events\n", count_events(&h->plan));
	describe(&h->plan, &text);
	write_all(fd, &text);
	_exit(0);
}

static bool ask(
	struct sim *s, struct host *h, const struct pass_input *in, enum question question, struct buf *ret)
{
	int fds[2], status;
	pid_t pid;
	ssize_t n;

	if (pipe(fds) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0)
		child(s, h, in, question, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], buf_reserve(ret, 65536), 65536)) > 0)
		buf_extend(ret, (size_t)n);
	close(fds[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Of the first line, as much as is worth saying. */
static int line_length(const char *text)
{
	size_t n = strcspn(text, "\n");

	return n < 600 ? (int)n : 600;
}

/* The first line in which they differ. */
static void say_difference(struct sim *s, const char *dirty, const char *all)
{
	while (*dirty != '\0' && *all != '\0') {
		size_t x = strcspn(dirty, "\n"), y = strcspn(all, "\n");

		if (x != y || memcmp(dirty, all, x) != 0)
			break;
		dirty += x + (dirty[x] == '\n');
		all += y + (all[y] == '\n');
	}
	sim_trace(s, "dirty:      %.*s", (int)strcspn(dirty, "\n"), dirty);
	sim_trace(s, "everything: %.*s", (int)strcspn(all, "\n"), all);
	sim_fail(s, "same-plan", "a pass over what is dirty plans \"%.*s\", one over everything \"%.*s\"",
		line_length(dirty), dirty, line_length(all), all);
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* An Event more takes a number of the UIDs: those of what is made after it are others. Then as much must be done, no more is asked. */
static bool is_same(const char *dirty, const char *all)
{
	size_t x = strcspn(dirty, "\n"), y = strcspn(all, "\n");
	bool same_events = x == y && memcmp(dirty, all, x) == 0;

	return same_events ? str_eq(dirty + x, all + y) : lines_of(dirty) == lines_of(all);
}

void same_check(struct sim *s, struct host *h, const struct pass_input *in)
{
	struct buf dirty = BUF_INIT, all = BUF_INIT;

	if (!ask(s, h, in, OF_DIRTY, &dirty) || !ask(s, h, in, OF_EVERYTHING, &all))
		sim_fail(s, "same-plan", "a pass died");
	else if (!is_same(dirty.data, all.data))
		say_difference(s, dirty.data, all.data);
	buf_done(&dirty);
	buf_done(&all);
}

/* All but the first line. */
static const char *without_events(const struct buf *text)
{
	const char *newline = strchr(str_or_empty(text->data), '\n');

	return newline ? newline + 1 : "";
}

void restart_check(struct sim *s, struct host *h)
{
	const struct pass_input next = { .now = s->now, .version = h->tree.next_version };
	struct pass_input in = next;
	struct buf living = BUF_INIT, text = BUF_INIT;

	in.snapshot = h->commit ? h->commit->snapshot : NULL;
	/* What is due at this very moment is no difference. */
	if (!ask(s, h, &next, OF_DIRTY, &living) || !ask(s, h, &in, OF_RESTARTED, &text))
		sim_fail(s, "restart", "the pass of one that starts anew died");
	else if (!str_eq(without_events(&text), without_events(&living)))
		sim_fail(s, "restart", "one that starts anew would record %.*s",
			line_length(without_events(&text)), without_events(&text));
	buf_done(&living);
	buf_done(&text);
}
