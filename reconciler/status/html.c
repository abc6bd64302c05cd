/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/status/html.h"

#include <string.h>

void html_text(struct buf *out, const char *s)
{
	while (s && *s) {
		size_t plain = strcspn(s, "&<>\"'");
		buf_add(out, s, plain);
		s += plain;
		switch (*s) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '"':
			buf_adds(out, "&quot;");
			break;
		case '\'':
			buf_adds(out, "&#39;");
			break;
		default:
			return; /* the end */
		}
		s++;
	}
}

void html_begin(struct buf *out, const char *title)
{
	buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	html_text(out, title);
	buf_adds(out, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n<script src=\"/live.js\" "
		      "defer></script>\n"
		      "</head>\n<body>\n<header><a href=\"/\">Pintle</a></header>\n<main>\n<h1>");
	html_text(out, title);
	buf_adds(out, "</h1>\n");
}

void html_end(struct buf *out)
{
	buf_adds(out, "</main>\n</body>\n</html>\n");
}

const char html_style[] =
	":root { color-scheme: light dark; --line: #8884; --bad: #c22; --good: #283; --coming: #b70 }\n"
	"body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 0 1rem 3rem "
	"}\n"
	"header { padding: .8rem 0; border-bottom: 1px solid var(--line); font-weight: 600 }\n"
	"header a { color: inherit; text-decoration: none }\n"
	"h1 { font-size: 1.4rem; margin: 1rem 0 .5rem } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem }\n"
	"table { border-collapse: collapse; display: block; overflow-x: auto }\n"
	"th, td { text-align: left; padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid var(--line); "
	"white-space: nowrap }\n"
	"th { font-weight: 600; font-size: .8rem; opacity: .7 }\n"
	"pre { overflow-x: auto; font: 13px/1.45 ui-monospace, monospace }\n"
	"code { font: .92em ui-monospace, monospace }\n"
	".bad { color: var(--bad) } .good { color: var(--good) } .coming { color: var(--coming) }\n"
	"dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1.2rem } dt { opacity: .7 } "
	"dd { margin: 0 }\n";

/* Each line on /events says that something changed: fetch the page again (at most four times a second) and put its content in. */
const char html_script[] =
	"'use strict';\n"
	"let due = null;\n"
	"async function refresh() {\n"
	"  due = null;\n"
	"  const answer = await fetch(location.href);\n"
	"  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');\n"
	"  const main = page.querySelector('main');\n"
	"  if (main) document.querySelector('main').replaceWith(main);\n"
	"}\n"
	"new EventSource('/events').onmessage = () => { if (due === null) due = setTimeout(refresh, 250); "
	"};\n";
