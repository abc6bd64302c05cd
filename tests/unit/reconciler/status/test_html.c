/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reconciler/status/html.h"

static void text(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ NULL, "" },
		{ "", "" },
		{ "plain", "plain" },
		{ "<script>alert('x' & \"y\")</script>",
			"&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;" },
		{ "&", "&amp;" },
		{ "&amp;", "&amp;amp;" },
		{ "a&", "a&amp;" },
		{ "<>", "&lt;&gt;" },
		{ "\xc3\xa4\n\t", "\xc3\xa4\n\t" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		html_text(&out, cases[i].text);
		assert_string_equal(out.data, cases[i].want);
	}
}

static void frame(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	html_begin(&out, "a <b>");
	html_end(&out);
	assert_non_null(strstr(out.data, "<!DOCTYPE html>\n<html lang=\"en\">"));
	assert_non_null(strstr(out.data, "<title>a &lt;b&gt;</title>"));
	assert_non_null(strstr(out.data, "<h1>a &lt;b&gt;</h1>"));
	assert_null(strstr(out.data, "<b>"));
	assert_string_equal(
		out.data + out.len - strlen("</main>\n</body>\n</html>\n"), "</main>\n</body>\n</html>\n");
	/* The policy of http.c allows neither style nor script within a page. */
	assert_null(strstr(out.data, "<style"));
	assert_null(strstr(out.data, "style="));
	assert_null(strstr(html_script, "innerHTML"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
