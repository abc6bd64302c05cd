/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * From the rename of a ref to the snapshot of its commit, in which one file of FILES differs; and a commit of one 3 KB object to
 * the journal beside its floor, an append and fdatasync of the same bytes. Prints lines for build/bench.json.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual.h"
#include "reconciler/desired.h"
#include "reconciler/source.h"

enum { RUNS = 200, OBJECT = 3000 };

struct bench {
	char dir[64];
	struct loop *loop;
	struct source *source;
	struct snapshot *in_force;
	nsec_t done; /* when the last snapshot was there */
	size_t seen;
};

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_source: %s: %s\n", what, err_text(err));
	exit(2);
}

static void on_source(const struct source_event *event, void *arg)
{
	struct bench *b = arg;
	struct snapshot *s = NULL;
	struct diags diags;
	struct err err = { 0 };

	if (event->state != SOURCE_COMMIT)
		return;
	diags_init(&diags);
	if (desired_load(source_repo(b->source), &event->commit, "", b->in_force, NULL, &s, &diags, &err) < 0)
		die("loading", &err);
	b->done = time_monotonic();
	diags_done(&diags);
	snapshot_unref(b->in_force);
	b->in_force = s;
	b->seen++;
}

/* A commit on branch "next" in which FILES manifests, or only the first, are as of RUN. */
static struct oid make_commit(struct repo *g, size_t files, size_t run)
{
	struct repo_edit *edits = xcalloc(files, sizeof(*edits));
	struct repo_new_commit c = { .branch = "next",
		.edits = edits,
		.edit_count = files,
		.author_name = "bench",
		.author_email = "bench@example.org",
		.message = "bench\n",
		.time = time_now() };
	struct err err = { 0 };
	struct oid id;

	for (size_t i = 0; i < files; i++) {
		char *text = xasprintf(
			"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%zu\ndata:\n  run: \"%zu\"\n",
			i, run);

		edits[i] = (struct repo_edit){ xasprintf("d%zu/m%zu.yaml", i % 100, i), text, strlen(text) };
	}
	if (repo_commit_edits(g, &c, &id, &err) < 0)
		die("committing", &err);
	for (size_t i = 0; i < files; i++) {
		free((char *)(uintptr_t)edits[i].path);
		free((char *)(uintptr_t)edits[i].data);
	}
	free(edits);
	return id;
}

/* Renames a prepared ref into place, and waits for the snapshot. */
static nsec_t push(struct bench *b, const struct oid *id)
{
	_cleanup_(freep) char *lock = xasprintf("%s/refs/heads/main.lock", b->dir);
	_cleanup_(freep) char *ref = xasprintf("%s/refs/heads/main", b->dir);
	char text[OID_HEX + 1];
	size_t seen = b->seen;
	struct err err = { 0 };

	oid_format(id, text);
	memcpy(text + OID_HEX - 1, "\n", 2);
	if (fs_write(AT_FDCWD, lock, text, OID_HEX, 0644, 0, &err) < 0)
		die("writing the ref", &err);
	/* Events of the lock file are not what is measured. */
	while (loop_turn(b->loop, 0, NULL) == 1)
		;
	nsec_t start = time_monotonic();
	if (rename(lock, ref) < 0)
		die("renaming the ref", NULL);
	while (b->seen == seen)
		if (loop_turn(b->loop, 10 * NSEC_PER_SEC, &err) <= 0)
			die("waiting", &err);
	return b->done - start;
}

static int compare(const void *a, const void *b)
{
	const nsec_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_us(nsec_t *times)
{
	qsort(times, RUNS, sizeof(times[0]), compare);
	return (double)times[RUNS / 2] / 1e3;
}

static void bench_source(const char *top, size_t files)
{
	struct bench b = { 0 };
	struct repo *g = NULL;
	struct err err = { 0 };
	nsec_t times[RUNS];

	snprintf(b.dir, sizeof(b.dir), "%s/r%zu.git", top, files);
	if (repo_create_bare(b.dir, "main", &err) < 0 || repo_open(b.dir, &g, &err) < 0 ||
		loop_new(&b.loop, &err) < 0 ||
		source_new(b.loop, &(struct source_spec){ .repository = b.dir, .branch = "main" }, on_source,
			&b, &b.source, &err) < 0)
		die("starting", &err);
	struct oid id = make_commit(g, files, 0);
	push(&b, &id);
	for (size_t i = 0; i < RUNS; i++) {
		id = make_commit(g, 1, i + 1);
		times[i] = push(&b, &id);
	}
	printf("{\"name\":\"ref-to-snapshot-%zu\",\"value\":%.0f,\"unit\":\"us\",\"floor\":null,\"ratio\":"
	       "null,\"runs\":%d,"
	       "\"floorIs\":\"\"}\n",
		files, median_us(times), RUNS);
	source_free(b.source);
	loop_free(b.loop);
	snapshot_unref(b.in_force);
	repo_free(g);
}

static double journal_floor(const char *top, const char *json)
{
	_cleanup_(freep) char *path = xasprintf("%s/floor", top);
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	nsec_t times[RUNS];

	for (size_t i = 0; i < RUNS; i++) {
		nsec_t start = time_monotonic();

		if (write(fd, json, OBJECT + 150) < 0 || fdatasync(fd) < 0)
			die("appending", NULL);
		times[i] = time_monotonic() - start;
	}
	return median_us(times);
}

static double journal_commits(const char *top, const char *json)
{
	_cleanup_(freep) char *dir = xasprintf("%s/actual", top);
	_cleanup_(actual_freep) struct actual *a = NULL;
	struct err err = { 0 };
	nsec_t times[RUNS];

	if (actual_open(dir, &a, &err) < 0)
		die("opening", &err);
	for (size_t i = 0; i < RUNS; i++) {
		nsec_t start = time_monotonic();

		actual_put(a, "namespaces/default/pods/web-1.json", json, OBJECT, NULL);
		if (actual_commit(a, &err) < 0)
			die("commit", &err);
		times[i] = time_monotonic() - start;
		actual_flush(a, 0, NULL);
	}
	return median_us(times);
}

int main(void)
{
	char top[] = "/tmp/pintle-bench-source-XXXXXX";
	_cleanup_(freep) char *json = xcalloc(1, OBJECT + 200);

	if (!mkdtemp(top))
		return 2;
	memset(json, 'x', OBJECT + 150);
	json[0] = '"';
	json[OBJECT - 1] = '"';
	bench_source(top, 10);
	bench_source(top, 10000);

	double floor = journal_floor(top, json), value = journal_commits(top, json);
	printf("{\"name\":\"journal-commit\",\"value\":%.0f,\"unit\":\"us\",\"floor\":%.0f,\"ratio\":%.2f,"
	       "\"runs\":%d,"
	       "\"floorIs\":\"append and fdatasync of as many bytes\"}\n",
		value, floor, value / floor, RUNS);
	fs_remove_tree(AT_FDCWD, top, NULL);
	return 0;
}
