/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The daemon of a struct fixture, and what its home's files come to say. Include behind that struct, which has at least
 *
 *     char top[64], dir[80];      a temporary directory; the home in it
 *     struct loop *loop;          the test's own
 *     struct home *home;
 *     struct pintled *pintled;    both NULL while it is stopped
 *
 * Each test is a program of its own, so that all is static. Every wait is for an event, with a bound.
 */
#pragma once

#define PATIENCE (60 * NSEC_PER_SEC)

/* The directory, NAME-XXXXXX in /tmp, the home and the loop; the daemon is stopped. */
static inline void daemon_init(struct fixture *f, const char *name)
{
	snprintf(f->top, sizeof(f->top), "/tmp/%s-XXXXXX", name);
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/home", f->top);
	assert_int_equal(home_create(f->dir, &(struct home_options){ 0 }, NULL), 0);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
}

/* AGENTS: pintled's option, or NULL. */
static inline void start_with(struct fixture *f, const char *agents)
{
	const struct pintled_options how = { .host_name = "test-host", .agents = agents };
	struct err err = { 0 };

	if (home_open(f->dir, &f->home, &err) < 0 ||
		pintled_new(f->loop, f->home, &how, &f->pintled, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void start(struct fixture *f)
{
	start_with(f, NULL);
}

static inline void stop(struct fixture *f)
{
	f->pintled = pintled_free(f->pintled);
	f->home = home_free(f->home);
}

/* Of a daemon that is stopped. */
static inline void daemon_done(struct fixture *f)
{
	f->loop = loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->top, NULL);
}

/* Files are indented for people: TEXT is looked for without white space. */
static inline void squeeze(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] != ' ' && b->data[i] != '\n')
			b->data[n++] = b->data[i];
	buf_truncate(b, n);
}

static inline bool file_has(const struct fixture *f, const char *path, const char *text)
{
	_cleanup_(freep) char *whole = xasprintf("%s/actual/%s", f->dir, path);
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	if (!fs_exists(AT_FDCWD, whole) || fs_read(AT_FDCWD, whole, 1 << 20, &b, NULL) < 0)
		return false;
	squeeze(&b);
	return strstr(b.data, text) != NULL;
}

/* Turns the loop until the file says TEXT. */
static inline void await_file(struct fixture *f, const char *path, const char *text)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (!file_has(f, path, text)) {
		if (time_monotonic() > end)
			fail_msg("%s does not come to say %s", path, text);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}
