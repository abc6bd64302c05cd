/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/actual.h"
#include "reconciler/status/pages.h"
#include "tests/unit/lib/base/scratch.h"

#define NOW (1767323045 * NSEC_PER_SEC) /* 2026-01-02T03:04:05Z */

struct fixture {
	struct scratch *dir;
	struct actual *actual;
	struct actual_reader *tree;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *dir = NULL;

	if (scratch_setup(&dir) < 0)
		return -1;
	f->dir = dir;
	assert_int_equal(actual_open(f->dir->path, &f->actual, NULL), 0);
	assert_int_equal(actual_reader_open(f->dir->path, &f->tree, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *dir = f->dir;

	actual_reader_free(f->tree);
	actual_free(f->actual);
	free(f);
	return scratch_teardown(&dir);
}

static void put(struct fixture *f, const char *path, const char *json)
{
	assert_int_equal(actual_put(f->actual, path, json, strlen(json), NULL), 0);
	assert_int_equal(actual_commit(f->actual, NULL), 0);
	while (actual_flush(f->actual, SIZE_MAX, NULL) > 0)
		continue;
}

static void put_pod(struct fixture *f, const char *name, const char *status)
{
	_cleanup_(freep) char *path = xasprintf("namespaces/ns/pods/%s.json", name);
	_cleanup_(freep) char *text = xasprintf(
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":"
		"\"%s\",\"namespace\":\"ns\"},\"spec\":{\"containers\":[{"
		"\"name\":\"c\",\"image\":\"i:1\"}]},\"status\":{%s}}",
		name, status);

	put(f, path, text);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected %s in\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect %s in\n%s", part, text);
}

/* Every tag that is opened is closed again, in order: what an unescaped name or a forgotten end would break. */
static void well_formed(const char *text)
{
	static const char *const empty[] = { "!DOCTYPE", "meta", "link" };
	char open[64][16];
	size_t depth = 0;

	for (const char *p = text; (p = strchr(p, '<')); p++) {
		bool closing = p[1] == '/', alone = false;
		size_t len = strcspn(p + 1 + closing, " >");
		char name[16];

		assert_true(len < sizeof(name) && depth < ARRAY_LEN(open));
		memcpy(name, p + 1 + closing, len);
		name[len] = 0;
		for (size_t i = 0; i < ARRAY_LEN(empty); i++)
			alone |= str_eq(name, empty[i]);
		if (alone)
			continue;
		if (!closing) {
			/* What HTML would move out of a table. */
			if (str_eq(name, "p") && depth > 0 && str_eq(open[depth - 1], "table"))
				fail_msg("a paragraph within a table:\n%s", text);
			memcpy(open[depth++], name, sizeof(name));
		} else if (depth == 0 || !str_eq(open[--depth], name)) {
			fail_msg("</%s> closes nothing:\n%s", name, text);
		}
	}
	if (depth > 0)
		fail_msg("<%s> is not closed:\n%s", open[depth - 1], text);
}

static char *overview(struct fixture *f)
{
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (page_overview(f->tree, NULL, NOW, &out, &err) < 0)
		fail_msg("%s", err_text(&err));
	well_formed(out.data);
	return buf_take(&out);
}

#define COMMIT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void an_empty_tree(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *page = overview(f);
	_cleanup_(buf_done) struct buf ready = BUF_INIT, list = BUF_INIT;

	has(page, "<dt>commit in force</dt><dd class=\"coming\">none</dd>");
	has(page, "<p class=\"good\">nothing</p>");
	assert_false(page_ready(f->tree, &ready));
	assert_string_equal(ready.data, "the actual tree can't be read, or pintled has not run yet\n");
	assert_int_equal(page_list(f->tree, &kinds[KIND_POD], NOW, &list, NULL), 0);
	has(list.data, "<p>0 pods</p>");
	well_formed(list.data);
}

static void commits_and_problems(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *page = NULL, *page2 = NULL;
	_cleanup_(buf_done) struct buf ready = BUF_INIT;

	put(f, "sync.json",
		"{\"commitInForce\":\"" COMMIT
		"\",\"commitSeen\":\"bbbb\",\"state\":\"Refused\",\"problems\":["
		"\"a.yaml:1:2: error: "
		"<x>\",{\"severity\":\"warning\",\"path\":\"b.yaml\",\"line\":3,\"col\":4,"
		"\"object\":\"Pod/ns/p\",\"field\":\"spec\",\"message\":\"is odd & old\"},{},7]}");
	page = overview(f);
	has(page, "<dt>commit seen</dt><dd class=\"bad\">bbbb</dd>");
	has(page, "a.yaml:1:2: error: &lt;x&gt;\n");
	has(page, "b.yaml:3:4: warning: Pod/ns/p: spec: is odd &amp; old\n");
	assert_true(page_ready(f->tree, &ready));
	assert_string_equal(ready.data, "ok\n");
	put(f, "sync.json", "{\"commitSeen\":\"" COMMIT "\"}");
	buf_clear(&ready);
	assert_false(page_ready(f->tree, &ready));
	assert_string_equal(ready.data, "no commit is in force yet\n");
	put(f, "sync.json",
		"{\"commitInForce\":\"" COMMIT "\",\"commitSeen\":\"" COMMIT "\",\"problems\":{}}");
	page2 = overview(f);
	has(page2, "<dt>commit seen</dt><dd class=\"good\">" COMMIT "</dd>");
	has_not(page2, "Problems of the commit");
}

static void what_is_not_healthy(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *page = NULL;

	put_pod(f, "good", "\"phase\":\"Succeeded\"");
	put_pod(f, "bad", "\"phase\":\"Failed\",\"message\":\"<b>boom</b>\"");
	put(f, "cluster/nodes/n.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}");
	page = overview(f);
	has(page, "<td class=\"bad\">pod</td><td><a "
		  "href=\"/namespaces/ns/pods/bad\">ns/bad</a></td><td>failed: "
		  "&lt;b&gt;boom&lt;/b&gt;</td>");
	has(page, "<td class=\"coming\">node</td><td><a href=\"/cluster/nodes/n\">n</a></td>");
	has_not(page, ">ns/good<");
	has(page, "<a href=\"/pods\">pods</a></td><td>2</td>");
	has_not(page, "<p class=\"good\">nothing</p>");
}

/* A file that is none of ours, or damaged: named, and nothing else is left out for it. */
static void what_can_not_be_read(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf list = BUF_INIT, object = BUF_INIT;
	_cleanup_(freep) char *page = NULL;
	struct err err = { 0 };

	put_pod(f, "bad", "\"phase\":\"Failed\"");
	put(f, "namespaces/ns/pods/broken.json", "{}");
	put(f, "cluster/nodes/broken.json", "{\"kind\":\"<i>\"}");
	put(f, "namespaces/ns/services/broken.json", "{}");
	page = overview(f);
	has(page, "namespaces/ns/pods/broken.json: ");
	has(page, "cluster/nodes/broken.json: ");
	has(page, "namespaces/ns/services/broken.json: ");
	has(page, ">ns/bad<");
	assert_int_equal(page_list(f->tree, &kinds[KIND_POD], NOW, &list, NULL), 0);
	well_formed(list.data);
	has(list.data, "<p class=\"bad\">namespaces/ns/pods/broken.json: ");
	has(list.data, "<p>1 pod</p>");
	assert_true(page_object(f->tree, "namespaces/ns/pods/broken.json", NOW, &object, &err) < 0);
	/* Nothing that can't be read passes for healthy. */
	assert_int_equal(actual_delete(f->actual, "namespaces/ns/pods/bad.json", NULL), 0);
	assert_int_equal(actual_commit(f->actual, NULL), 0);
	while (actual_flush(f->actual, SIZE_MAX, NULL) > 0)
		continue;
	_cleanup_(freep) char *alone = overview(f);
	has_not(alone, "<p class=\"good\">nothing</p>");
}

static void one_object(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf page = BUF_INIT, none = BUF_INIT;
	struct err err = { 0 };

	put_pod(f, "p", "\"phase\":\"Failed\",\"reason\":\"Evicted\"");
	put(f, "namespaces/ns/events/e.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\",\"namespace\":\"ns\"}"
		","
		"\"message\":\"said of "
		"<p>\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\",\"namespace\":"
		"\"ns\"}}");
	put(f, "namespaces/ns/events/f.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"f\",\"namespace\":\"ns\"}"
		","
		"\"message\":\"said of another\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"q\","
		"\"namespace\":\"ns\"}}");
	assert_int_equal(page_object(f->tree, "namespaces/ns/pods/p.json", NOW, &page, &err), 0);
	well_formed(page.data);
	has(page.data, "<h1>pod ns/p</h1>");
	has(page.data, "<p class=\"bad\">bad: failed: Evicted</p>");
	has(page.data, "said of &lt;p&gt;");
	has_not(page.data, "said of another");
	has(page.data, "&quot;image&quot;: &quot;i:1&quot;");
	assert_int_equal(page_object(f->tree, "namespaces/ns/pods/q.json", NOW, &none, &err), -ENOENT);
	assert_int_equal(none.len, 0);
}

static void metrics(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf out = BUF_INIT, synced = BUF_INIT;

	put_pod(f, "p", "");
	assert_int_equal(page_metrics(f->tree, NULL, &out, NULL), 0);
	has(out.data, "\npintle_objects{kind=\"Pod\"} 1\n");
	has(out.data, "\npintle_objects{kind=\"Node\"} 0\n");
	has(out.data, "\npintle_in_sync 0\n");
	put(f, "sync.json", "{\"commitInForce\":\"" COMMIT "\",\"commitSeen\":\"" COMMIT "\"}");
	assert_int_equal(page_metrics(f->tree, NULL, &synced, NULL), 0);
	has(synced.data, "\npintle_in_sync 1\n");
	has(synced.data, "\npintle_tree_version ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(commits_and_problems, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_healthy, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(one_object, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
