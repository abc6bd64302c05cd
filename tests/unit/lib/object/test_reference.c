/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The field reference, and what it rests on: that every row of every table says what it is and how far it goes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/explain.h"
#include "lib/object/reference.h"

#define TEMPLATE "man/pintle-manifests.5.in"

/* Each schema below SCHEMA once, by its name: two of one name would be one in the page. */
static void each_schema(struct map *seen, const struct schema *schema, void (*fn)(const struct schema *s))
{
	const struct schema *same = map_get(seen, schema->name);

	if (same == schema)
		return;
	if (same)
		fail_msg("two types are called %s", schema->name);
	map_put(seen, schema->name, (void *)(uintptr_t)schema);
	fn(schema);
	for (size_t i = 0; i < schema->field_count; i++)
		if (schema->fields[i].of)
			each_schema(seen, schema->fields[i].of, fn);
}

static void each_type(void (*fn)(const struct schema *s))
{
	_cleanup_(map_done) struct map seen = { 0 };

	for (size_t i = 0; i < KIND_COUNT; i++)
		each_schema(&seen, kinds[i].schema, fn);
}

static void check_row(const struct schema *s, const struct field *f)
{
	if (str_empty(f->name))
		fail_msg("%s: a row has no name", s->name);
	if (f->support > REFUSED || str_empty(explain_support(f)))
		fail_msg("%s.%s has no level of support", s->name, f->name);
	if (str_empty(f->doc))
		fail_msg("%s.%s has no description", s->name, f->name);
	if (!str_ends(f->doc, ".") && !str_ends(f->doc, "…"))
		fail_msg("%s.%s: the description is no sentence: %s", s->name, f->name, f->doc);
	if (f->support == REFUSED && str_empty(f->hint))
		fail_msg("%s.%s is refused and does not say what to do instead", s->name, f->name);
}

static void check_rows(const struct schema *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (s->fields[i].kind != FIELD_INLINE)
			check_row(s, &s->fields[i]);
}

static void test_rows(void **state)
{
	(void)state;
	each_type(check_rows);
}

static char *page(void)
{
	_cleanup_(buf_done) struct buf template = BUF_INIT;
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (fs_read(AT_FDCWD, TEMPLATE, 1 << 20, &template, &err) < 0 ||
		reference_page(template.data, &out, &err) < 0)
		fail_msg("%s", err_text(&err));
	return buf_take(&out);
}

/* Where LINE stands in TEXT as a line of its own. */
static const char *find_line(const char *text, const char *line)
{
	for (const char *p = text; (p = strstr(p, line)); p++)
		if ((p == text || p[-1] == '\n') && p[strlen(line)] == '\n')
			return p;
	return NULL;
}

static void test_every_kind(void **state)
{
	_cleanup_(freep) char *text = page();

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		_cleanup_(freep) char *line = xasprintf(".Ss %s", kinds[i].name);
		const char *at = find_line(text, line);

		if (!at)
			fail_msg("the page does not tell of %s", kinds[i].name);
		if (!str_starts(strchr(at, '\n') + 1, ".Li "))
			fail_msg("the page does not tell the version of %s", kinds[i].name);
	}
}

static char *page_text;

static void check_listed(const struct schema *s)
{
	_cleanup_(freep) char *line = xasprintf(".Ss %s", s->name);
	const char *at = find_line(page_text, line);

	for (size_t i = 0; i < s->field_count; i++) {
		const struct field *f = &s->fields[i];
		_cleanup_(freep) char *item = xasprintf(".It Cm \"%s\" Pq ", f->name);

		if (f->kind == FIELD_INLINE || str_eq(f->name, "apiVersion") || str_eq(f->name, "kind"))
			continue;
		/* An inlined type has no heading of its own: its fields stand with those around it. */
		if (!strstr(at ? at : page_text, item))
			fail_msg("the page does not tell of %s.%s", s->name, f->name);
	}
}

static void test_every_field(void **state)
{
	(void)state;
	page_text = page();
	each_type(check_listed);
	freep(&page_text);
}

/* Every annotation of ours that a manifest may have, or the tree has, is on the page. */
static void test_annotations(void **state)
{
	static const char *const names[] = { "local", "ssh", "source", "commit", "digest", "held" };
	_cleanup_(freep) char *text = page();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		_cleanup_(freep) char *line = xasprintf(".It Cm pintle.dev/%s", names[i]);

		if (!find_line(text, line))
			fail_msg("the page does not tell of pintle.dev/%s", names[i]);
	}
}

static void test_template(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(reference_page("one\n@ two\n", &out, &err), -EINVAL);
	assert_string_equal(err.text, "the template has an unknown line @ two");
	buf_clear(&out);
	assert_int_equal(reference_page("one\n.Sh A\nlast", &out, &err), 0);
	assert_string_equal(out.data, "one\n.Sh A\nlast\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
