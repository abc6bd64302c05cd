/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/same.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/tree_path.h"

static bool is_made(const struct host *h, const struct plan_record *r)
{
	struct buf path = BUF_INIT;
	bool made;

	tree_path_add(&path, r->kind->plural, r->namespace, r->name);
	made = r->len > 0 && !map_has(&h->tree.files, path.data);
	buf_done(&path);
	return made;
}

/*
 * A record without its version: in which order equal things are recorded is of no matter. '+' stands before what was not there
 * before.
 */
static char *record_text(const struct host *h, const struct plan_record *r)
{
	static const char version[] = "\"resourceVersion\":\"";
	struct buf text = BUF_INIT;
	char *at;

	buf_addf(&text, "%s%s %s/%s ", is_made(h, r) ? "+" : "", r->kind->name, str_or_empty(r->namespace),
		r->name);
	buf_add(&text, h->plan.text.data + r->start, r->len);
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
static void describe(const struct host *h, struct buf *out)
{
	const struct plan *plan = &h->plan;
	char **lines = xcalloc(plan->record_count, sizeof(lines[0]));
	size_t count = 0;

	for (size_t i = 0; i < plan->record_count; i++)
		if (plan->records[i].kind->id != KIND_EVENT)
			lines[count++] = record_text(h, &plan->records[i]);
	qsort(lines, count, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	for (size_t i = 0; i < plan->apply_count; i++) {
		struct wire_apply apply = plan->applies[i].apply;

		apply.tree_version = 0; /* it counts events, too */
		buf_addf(out, "%s ", plan->applies[i].node->o.name);
		wire_write_apply(out, &apply);
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
	describe(h, &text);
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

/* "Kind ns/name " of a line. */
static int key_cmp(const char *a, const char *b)
{
	size_t x = strcspn(a, "{\n"), y = strcspn(b, "{\n");
	int c = strncmp(a, b, x < y ? x : y);

	return c != 0 ? c : x < y ? -1 : x > y;
}

static const char *next_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	return text + n + (text[n] == '\n');
}

/* Past what is in both. KEYS: whatever it says. */
static void skip_same(const char **a, const char **b, bool keys)
{
	while (**a != '\0' && **b != '\0') {
		size_t x = strcspn(*a, "\n"), y = strcspn(*b, "\n");

		if (keys ? key_cmp(*a, *b) != 0 : x != y || memcmp(*a, *b, x) != 0)
			return;
		*a = next_line(*a);
		*b = next_line(*b);
	}
}

/* The first record that only one of them has; else the first line in which they differ. */
static void say_difference(struct sim *s, const char *dirty, const char *all)
{
	const char *a = next_line(dirty), *b = next_line(all);

	skip_same(&a, &b, true);
	if (*a == '\0' && *b == '\0') {
		a = next_line(dirty);
		b = next_line(all);
		skip_same(&a, &b, false);
	}
	sim_trace(s, "dirty:      %.*s", (int)strcspn(a, "\n"), a);
	sim_trace(s, "everything: %.*s", (int)strcspn(b, "\n"), b);
	sim_fail(s, "same-plan", "a pass over what is dirty plans \"%.*s\", one over everything \"%.*s\"",
		line_length(a), a, line_length(b), b);
}

/* --- what of a plan must be the same --------------------------------------------------------------------------- */

/*
 * Names and UIDs go by a counter. Where an Event comes earlier, or there is one more, what is made after it has others. So, unless both say
 * the same to the letter: as many things of each kind are made, as many lines name them, and all other lines are the same.
 */
struct lines {
	char **made, **naming, **other;
	size_t made_count, naming_count, other_count;
	char *text;
};

/* The UID of the record in LINE; "" for none. */
static void uid_of(const char *line, char ret[SIM_UID])
{
	static const char before[] = "\"uid\":\"";
	const char *at = strstr(line, before);

	snprintf(ret, SIM_UID, "%s", at ? at + strlen(before) : "");
}

static bool names_any(const char *line, const struct lines *l)
{
	for (size_t i = 0; i < l->made_count; i++) {
		char uid[SIM_UID];

		uid_of(l->made[i], uid);
		if (uid[0] != '\0' && strstr(line, uid))
			return true;
	}
	return false;
}

static void split(const char *text, struct lines *ret)
{
	char *rest;
	size_t most = strlen(text) + 1;

	*ret = (struct lines){ .text = xstrdup(text) };
	ret->made = xcalloc(most / 2 + 1, sizeof(ret->made[0]));
	ret->naming = xcalloc(most / 2 + 1, sizeof(ret->naming[0]));
	ret->other = xcalloc(most / 2 + 1, sizeof(ret->other[0]));
	for (char *line = strtok_r(ret->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (line[0] == '+')
			ret->made[ret->made_count++] = line;
		else
			ret->other[ret->other_count++] = line;
}

static void set_aside(struct lines *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->other_count; i++)
		if (names_any(l->other[i], l))
			l->naming[l->naming_count++] = l->other[i];
		else
			l->other[kept++] = l->other[i];
	l->other_count = kept;
}

static void lines_done(struct lines *l)
{
	free(l->made);
	free(l->naming);
	free(l->other);
	free(l->text);
}

static bool same_kinds(const struct lines *a, const struct lines *b)
{
	bool same = a->made_count == b->made_count;

	for (size_t i = 0; same && i < a->made_count; i++) {
		size_t x = strcspn(a->made[i], " "), y = strcspn(b->made[i], " ");

		same = x == y && memcmp(a->made[i], b->made[i], x) == 0;
	}
	return same;
}

static bool same_others(const struct lines *a, const struct lines *b)
{
	bool same = a->other_count == b->other_count && a->naming_count == b->naming_count;

	for (size_t i = 0; same && i < a->other_count; i++)
		same = str_eq(a->other[i], b->other[i]);
	return same;
}

static bool is_same(const char *dirty, const char *all)
{
	struct lines a, b;
	bool same;

	if (str_eq(dirty, all))
		return true;
	/* Not how many Events. */
	split(next_line(dirty), &a);
	split(next_line(all), &b);
	set_aside(&a);
	set_aside(&b);
	same = same_kinds(&a, &b) && same_others(&a, &b);
	lines_done(&a);
	lines_done(&b);
	return same;
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
