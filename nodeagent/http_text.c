/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The reply is a machine that takes bytes: lines (of the head, of chunks' sizes, of trailers) are collected whole, the body
 * is only counted.
 */
#include "nodeagent/http_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- URLs --------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What may not stand in a request line as it is. */
static bool must_escape(char c)
{
	unsigned char u = (unsigned char)c;

	return u <= ' ' || u >= 0x7f || strchr("\"<>\\^`{|}", c);
}

/* PATH up to a fragment, escaped. */
static char *path_clean(const char *path)
{
	struct buf out = BUF_INIT;
	size_t len = strcspn(path, "#");

	if (path[0] != '/')
		buf_addc(&out, '/');
	for (size_t i = 0; i < len; i++)
		if (must_escape(path[i]))
			buf_addf(&out, "%%%02X", (unsigned)(unsigned char)path[i]);
		else
			buf_addc(&out, path[i]);
	return buf_take(&out);
}

void http_url_init(struct http_url *u, bool tls, const char *host, int port, const char *path)
{
	bool v6 = strchr(host, ':') != NULL;

	*u = (struct http_url){
		.tls = tls,
		.host = xstrdup(host),
		.port = port,
		.authority = xasprintf(v6 ? "[%s]:%d" : "%s:%d", host, port),
		.path = path_clean(str_or_empty(path)),
	};
}

void http_url_done(struct http_url *u)
{
	free(u->host);
	free(u->authority);
	free(u->path);
	*u = (struct http_url){ 0 };
}

void http_url_write(struct buf *out, const struct http_url *u)
{
	buf_addf(out, "%s://%s%s", u->tls ? "https" : "http", u->authority, u->path);
}

/* "host", "host:port", "[v6]:port", with a "user@" that is passed over. */
static int authority_parse(struct http_url *u, const char *text, size_t len)
{
	const char *at = memrchr(text, '@', len), *end = text + len, *port;
	int64_t number = u->tls ? 443 : 80;

	if (at)
		text = at + 1;
	if (text < end && *text == '[') {
		const char *close = memchr(text, ']', (size_t)(end - text));

		if (!close)
			return -EINVAL;
		u->host = xstrndup(text + 1, (size_t)(close - text - 1));
		port = close + 1;
	} else {
		port = memchr(text, ':', (size_t)(end - text));
		port = port ? port : end;
		u->host = xstrndup(text, (size_t)(port - text));
	}
	u->authority = xstrndup(text, (size_t)(end - text));
	if (port < end && *port != ':')
		return -EINVAL;
	if (port + 1 < end) {
		_cleanup_(freep) char *digits = xstrndup(port + 1, (size_t)(end - port - 1));

		if (!is_digit(digits[0]) || str_to_i64(digits, &number) < 0)
			return -EINVAL;
	}
	u->port = (int)number;
	return number < 1 || number > 65535 || strpbrk(u->authority, " \t\r\n") ? -EINVAL : 0;
}

/* PATH without "." and ".." (RFC 3986, section 5.2.4); the query behind it stays. */
static char *dots_remove(const char *path)
{
	size_t len = strcspn(path, "?");
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < len;) {
		size_t n = 1 + strcspn(path + i + 1, "/?");
		bool last = i + n >= len, one = n == 2 && path[i + 1] == '.';
		bool two = n == 3 && path[i + 1] == '.' && path[i + 2] == '.';

		if (two)
			while (out.len > 0) {
				bool slash = out.data[out.len - 1] == '/';

				buf_truncate(&out, out.len - 1);
				if (slash)
					break;
			}
		if (!one && !two)
			buf_add(&out, path + i, n);
		else if (last)
			buf_addc(&out, '/');
		i += n;
	}
	if (out.len == 0)
		buf_addc(&out, '/');
	buf_adds(&out, path + len);
	return buf_take(&out);
}

/* REF, which has no authority, as seen from BASE. */
static char *path_follow(const char *base, const char *ref)
{
	_cleanup_(buf_done) struct buf whole = BUF_INIT;
	size_t dir = strcspn(base, "?");
	_cleanup_(freep) char *clean = NULL;

	if (ref[0] == '?')
		buf_add(&whole, base, dir);
	else if (ref[0] == '#' || ref[0] == '\0')
		buf_adds(&whole, base);
	else if (ref[0] != '/') {
		while (dir > 0 && base[dir - 1] != '/')
			dir--;
		buf_add(&whole, base, dir);
	}
	buf_adds(&whole, ref);
	clean = path_clean(whole.data);
	return dots_remove(clean);
}

/* Length of LOCATION's "scheme:", 0: it has none. */
static size_t scheme_len(const char *location)
{
	size_t n = 0;

	while (is_alpha(location[n]) || (n > 0 && is_digit(location[n])))
		n++;
	return n > 0 && location[n] == ':' ? n + 1 : 0;
}

int http_url_follow(const struct http_url *base, const char *location, struct http_url *ret, struct err *err)
{
	size_t scheme = scheme_len(location);
	const char *rest = location + scheme;
	bool http = scheme == 5 && strncasecmp(location, "http:", 5) == 0;
	bool https = scheme == 6 && strncasecmp(location, "https:", 6) == 0;
	struct http_url u = { .tls = scheme > 0 ? https : base->tls };
	size_t len;

	if (strncmp(rest, "//", 2) != 0) {
		if (scheme > 0)
			return err_set(err, -EINVAL, "\"%s\" is no URL of HTTP", location);
		u.host = xstrdup(base->host);
		u.port = base->port;
		u.authority = xstrdup(base->authority);
		u.named = base->named;
		u.path = path_follow(base->path, rest);
		*ret = u;
		return 0;
	}
	rest += 2;
	len = strcspn(rest, "/?#");
	if (authority_parse(&u, rest, len) < 0 || (scheme > 0 && !http && !https)) {
		int r = u.host && !str_eq(u.host, base->host) ? -EXDEV : -EINVAL;

		http_url_done(&u);
		return err_set(err, r, "\"%s\" is no URL of HTTP", location);
	}
	if (!str_eq(u.host, base->host)) {
		http_url_done(&u);
		return err_set(err, -EXDEV, "\"%s\" is another host's", location);
	}
	u.named = true;
	u.path = path_follow("/", rest + len);
	*ret = u;
	return 0;
}

/* --- requests ------------------------------------------------------------------------------------------------ */

static const char *header_find(const struct http_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (strcasecmp(headers->items[i].name, name) == 0)
			return str_or_empty(headers->items[i].value);
	return NULL;
}

/* What is written by us, or must not be of a request without a body. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { "Host", "User-Agent", "Accept", "Connection", "Content-Length",
		"Transfer-Encoding", "Trailer" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool name_ok(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!is_alpha(*c) && !is_digit(*c) && !strchr("!#$%&'*+-.^_`|~", *c))
			return false;
	return *name;
}

static bool value_ok(const char *value)
{
	for (const char *c = value; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

static void header_write(struct buf *out, const char *name, const char *given, const char *otherwise)
{
	const char *value = given ? given : otherwise;

	if (!str_empty(value))
		buf_addf(out, "%s: %s\r\n", name, value);
}

int http_request_write(struct buf *out, const struct http_url *u, const struct http_headers *headers,
	const char *agent, struct err *err)
{
	const char *host = header_find(headers, "Host");

	for (size_t i = 0; i < headers->count; i++)
		if (!name_ok(headers->items[i].name) || !value_ok(str_or_empty(headers->items[i].value)))
			return err_set(err, -EINVAL, "header \"%s\" can't be sent", headers->items[i].name);
	buf_addf(out, "GET %s HTTP/1.1\r\n", u->path);
	header_write(out, "Host", u->named || str_empty(host) ? NULL : host, u->authority);
	header_write(out, "User-Agent", header_find(headers, "User-Agent"), agent);
	header_write(out, "Accept", header_find(headers, "Accept"), "*/*");
	for (size_t i = 0; i < headers->count; i++)
		if (!is_ours(headers->items[i].name))
			buf_addf(out, "%s: %s\r\n", headers->items[i].name,
				str_or_empty(headers->items[i].value));
	buf_adds(out, "Connection: close\r\n\r\n");
	return 0;
}

/* --- replies ------------------------------------------------------------------------------------------------- */

enum { STATUS_LINE, HEADER_LINE, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, OVER, BROKEN };

void http_reply_init(struct http_reply *r)
{
	*r = (struct http_reply){ .line = BUF_INIT, .left = -1 };
}

void http_reply_done(struct http_reply *r)
{
	buf_done(&r->line);
	free(r->location);
	*r = (struct http_reply){ .line = BUF_INIT };
}

static int broken(struct http_reply *r, const char *why)
{
	r->bad = why;
	return BROKEN;
}

/* Of digits in BASE alone; < 0: it is none, or too large. */
static int64_t number(const char *text, int base)
{
	char *end;
	size_t len = strspn(text, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");

	if (len == 0 || len > 15)
		return -1;
	long long n = strtoll(text, &end, base);
	return end == text + len ? n : -1;
}

/* "HTTP/1.1 200 OK" */
static int take_status(struct http_reply *r, const char *line)
{
	bool version = str_starts(line, "HTTP/1.") && is_digit(line[7]) && line[8] == ' ';
	const char *code = version ? line + 9 : "";

	if (!is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]) ||
		(code[3] != '\0' && code[3] != ' ') || code[0] == '0')
		return broken(r, "malformed HTTP response");
	r->status = 100 * (code[0] - '0') + 10 * (code[1] - '0') + (code[2] - '0');
	return HEADER_LINE;
}

static int take_header(struct http_reply *r, char *line)
{
	char *value = strchr(line, ':');
	int64_t length;

	if (line[0] == ' ' || line[0] == '\t') /* the line before, folded */
		return HEADER_LINE;
	if (!value || value == line)
		return broken(r, "malformed HTTP header");
	*value++ = '\0';
	value += strspn(value, " \t");
	for (size_t n = strlen(value); n > 0 && strchr(" \t", value[n - 1]); n--)
		value[n - 1] = '\0';
	if (strcasecmp(line, "Location") == 0 && !r->location)
		r->location = xstrdup(value);
	else if (strcasecmp(line, "Transfer-Encoding") == 0)
		r->chunked = strcasecmp(value, "chunked") == 0;
	else if (strcasecmp(line, "Content-Length") == 0) {
		length = number(value, 10);
		if (length < 0 || strspn(value, "0123456789") != strlen(value) ||
			(r->left >= 0 && r->left != length))
			return broken(r, "bad Content-Length");
		r->left = length;
	}
	return HEADER_LINE;
}

/* The line that ends the head: what follows? */
static int head_over(struct http_reply *r)
{
	if (r->status < 200 && r->status != 101) {
		/* An interim answer; the one that counts follows. */
		r->status = 0;
		r->left = -1;
		r->chunked = false;
		free(r->location);
		r->location = NULL;
		return STATUS_LINE;
	}
	r->head_done = true;
	if (r->status < 200 || r->status == 204 || r->status == 304)
		return OVER;
	if (r->chunked)
		return CHUNK_SIZE;
	return r->left == 0 ? OVER : BODY;
}

static int take_line(struct http_reply *r, char *line)
{
	switch (r->step) {
	case STATUS_LINE:
		return take_status(r, line);
	case HEADER_LINE:
		return line[0] ? take_header(r, line) : head_over(r);
	case CHUNK_SIZE:
		r->left = number(line, 16);
		if (r->left < 0 || !strchr(" ;", line[strspn(line, "0123456789abcdefABCDEF")]))
			return broken(r, "bad chunk");
		return r->left == 0 ? TRAILER : CHUNK;
	case CHUNK_END:
		return line[0] ? broken(r, "bad chunk") : CHUNK_SIZE;
	case TRAILER:
		return line[0] ? TRAILER : OVER;
	}
	return OVER;
}

/* One line, or a part of it; returns the bytes used. */
static size_t feed_line(struct http_reply *r, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t used = end ? (size_t)(end - data) + 1 : len;

	r->head += used;
	if (r->head > HTTP_HEAD_MAX) {
		r->step = broken(r, "the header is too large");
		return used;
	}
	buf_add(&r->line, data, end ? used - 1 : used);
	if (!end)
		return used;
	if (r->line.len > 0 && r->line.data[r->line.len - 1] == '\r')
		buf_truncate(&r->line, r->line.len - 1);
	if (memchr(r->line.data, '\0', r->line.len))
		r->step = broken(r, "malformed HTTP response");
	else
		r->step = take_line(r, r->line.data);
	buf_clear(&r->line);
	return used;
}

static size_t feed_body(struct http_reply *r, size_t len)
{
	size_t used = r->left >= 0 && (uint64_t)r->left < len ? (size_t)r->left : len;

	if (r->left >= 0)
		r->left -= (int64_t)used;
	if (r->left == 0)
		r->step = r->step == CHUNK ? CHUNK_END : OVER;
	r->body += used;
	if (r->body >= HTTP_BODY_MAX)
		r->step = OVER;
	return used;
}

static enum http_reply_state state_of(const struct http_reply *r)
{
	return r->step == OVER ? HTTP_REPLY_DONE : r->step == BROKEN ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
}

enum http_reply_state http_reply_feed(struct http_reply *r, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0 && state_of(r) == HTTP_REPLY_MORE) {
		size_t used = r->step == BODY || r->step == CHUNK ? feed_body(r, len) : feed_line(r, at, len);

		at += used;
		len -= used;
	}
	return state_of(r);
}

enum http_reply_state http_reply_end(struct http_reply *r)
{
	if (r->step == BODY && r->left < 0)
		r->step = OVER;
	if (state_of(r) == HTTP_REPLY_MORE)
		r->step = broken(r, "unexpected EOF");
	return state_of(r);
}
