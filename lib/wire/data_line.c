/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/wire/data_line.h"

#include <string.h>

#include "lib/object/base64.h"

#define BEFORE_ID "{\"type\":\"data\",\"id\":"
#define BEFORE_STREAM ",\"stream\":\""
#define BEFORE_DATA "\",\"data\":\""
#define BEHIND_DATA "\"}"

enum { DIGITS_MAX = 18 };

struct cursor {
	const char *at, *end;
};

static bool skip(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* A number above 0 of at most DIGITS_MAX digits, as JSON has it. */
static bool read_number(struct cursor *c, int64_t *ret)
{
	const char *from = c->at;

	for (*ret = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		if (c->at - from == DIGITS_MAX || *from == '0')
			return false;
		*ret = *ret * 10 + (*c->at - '0');
	}
	return c->at > from;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static size_t read_letters(struct cursor *c)
{
	const char *from = c->at;

	while (c->at < c->end && is_letter(*c->at))
		c->at++;
	return (size_t)(c->at - from);
}

/* Bytes of the text up to the line's last two characters. */
static bool read_bytes(struct arena *a, struct cursor *c, struct bytes *ret)
{
	_cleanup_(buf_done) struct buf bytes = BUF_INIT;
	struct cursor last = { .at = c->end - strlen(BEHIND_DATA), .end = c->end };
	size_t len, at;

	if ((size_t)(c->end - c->at) < strlen(BEHIND_DATA) || !skip(&last, BEHIND_DATA))
		return false;
	len = (size_t)(c->end - c->at) - strlen(BEHIND_DATA);
	/* A line's end would be passed over within base64, and is wrong in a JSON string. */
	if (memchr(c->at, '\r', len) || memchr(c->at, '\n', len) ||
		base64_decode(c->at, len, &bytes, &at) != BASE64_OK)
		return false;
	ret->data = arena_memdup(a, bytes.data, bytes.len);
	ret->len = bytes.len;
	return true;
}

bool data_line_read(struct arena *a, const char *line, size_t len, struct wire_data **ret)
{
	struct cursor c = { .at = line, .end = line + len };
	struct wire_data m = { 0 };
	const char *stream;
	size_t stream_len;

	if (!skip(&c, BEFORE_ID) || !read_number(&c, &m.id) || !skip(&c, BEFORE_STREAM))
		return false;
	stream = c.at;
	stream_len = read_letters(&c);
	if (stream_len == 0 || !skip(&c, BEFORE_DATA) || !read_bytes(a, &c, &m.data))
		return false;
	m.stream = arena_strndup(a, stream, stream_len);
	*ret = arena_memdup(a, &m, sizeof(m));
	return true;
}

bool data_line_write(struct buf *out, const struct wire_data *m)
{
	if (m->id <= 0 || !m->stream || !is_letter(m->stream[0]) || m->data.len == 0)
		return false;
	for (const char *p = m->stream; *p; p++)
		if (!is_letter(*p))
			return false;
	buf_addf(out, BEFORE_ID "%lld" BEFORE_STREAM "%s" BEFORE_DATA, (long long)m->id, m->stream);
	base64_encode(m->data.data, m->data.len, out);
	buf_adds(out, BEHIND_DATA "\n");
	return true;
}
