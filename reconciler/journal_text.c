/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/journal_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum {
	SUM_DIGITS = 16,
	PATH_MAX_BYTES = 1024,
	HEAD_MAX = SUM_DIGITS + 8 + 1 + 20 + 1 + 20 + 1 + PATH_MAX_BYTES + 1
};

static const char *const op_names[RECORD_OPS] = {
	[RECORD_JOURNAL] = "journal",
	[RECORD_PUT] = "put",
	[RECORD_DEL] = "del",
	[RECORD_KEEP] = "keep",
	[RECORD_END] = "end",
	[RECORD_FLUSHED] = "flushed",
};

static void sum(const char *data, size_t len, char ret[SUM_DIGITS + 1])
{
	uint8_t hash[SHA256_SIZE];

	sha256(data, len, hash);
	str_hex(hash, SUM_DIGITS / 2, ret);
}

size_t journal_record_write(
	struct buf *out, enum journal_op op, uint64_t version, const char *path, const char *text, size_t len)
{
	size_t start = out->len, body = start + SUM_DIGITS + 1, text_at;
	char digits[SUM_DIGITS + 1];

	buf_addf(out, "%*s %s %" PRIu64 " %zu %s ", SUM_DIGITS, "", op_names[op], version, len, path);
	text_at = out->len;
	buf_add(out, text, len);
	sum(out->data + body, out->len - body, digits);
	memcpy(out->data + start, digits, SUM_DIGITS);
	buf_addc(out, '\n');
	return text_at;
}

void journal_record_write_end(struct buf *out, size_t start, uint64_t version, size_t count)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%zu %zu", count, out->len - start);

	journal_record_write(out, RECORD_END, version, "-", text, (size_t)n);
}

/* Decimal digits at *P before END, ended by a space that is passed. 1, 0: too short to tell, -EBADMSG. */
static int take_number(const char **p, const char *end, uint64_t *ret)
{
	uint64_t n = 0;
	size_t digits = 0;

	for (; *p < end; (*p)++, digits++) {
		if (**p == ' ') {
			*ret = n;
			(*p)++;
			return digits > 0 ? 1 : -EBADMSG;
		}
		if (**p < '0' || **p > '9' || digits >= 19)
			return -EBADMSG;
		n = n * 10 + (uint64_t)(**p - '0');
	}
	return 0;
}

/* A word at *P, ended by a space that is passed. 1, 0, -EBADMSG as above. */
static int take_word(const char **p, const char *end, size_t max, const char **ret, size_t *ret_len)
{
	size_t room = (size_t)(end - *p), span = room < max + 1 ? room : max + 1;
	const char *space = memchr(*p, ' ', span);

	if (memchr(*p, '\n', space ? (size_t)(space - *p) : span))
		return -EBADMSG;
	if (!space)
		return room <= max ? 0 : -EBADMSG;
	if (space == *p)
		return -EBADMSG;
	*ret = *p;
	*ret_len = (size_t)(space - *p);
	*p = space + 1;
	return 1;
}

static int find_op(const char *word, size_t len, enum journal_op *ret)
{
	for (size_t i = 0; i < RECORD_OPS; i++) {
		if (strlen(op_names[i]) == len && memcmp(op_names[i], word, len) == 0) {
			*ret = (enum journal_op)i;
			return 1;
		}
	}
	return -EBADMSG;
}

/* All before the text. */
static int parse_head(const char **p, const char *end, struct journal_record *ret, const char **ret_sum)
{
	const char *word = NULL;
	size_t len = 0;
	uint64_t text_len = 0;
	int r;

	r = take_word(p, end, SUM_DIGITS, ret_sum, &len);
	if (r == 1 && len != SUM_DIGITS)
		r = -EBADMSG;
	if (r == 1)
		r = take_word(p, end, 7, &word, &len);
	if (r == 1)
		r = find_op(word, len, &ret->op);
	if (r == 1)
		r = take_number(p, end, &ret->version);
	if (r == 1)
		r = take_number(p, end, &text_len);
	if (r == 1 && text_len > RECORD_TEXT_MAX)
		r = -EBADMSG;
	if (r == 1)
		r = take_word(p, end, PATH_MAX_BYTES, &ret->path, &ret->path_len);
	ret->text_len = (size_t)text_len;
	return r;
}

int journal_record_parse(const char *data, size_t len, struct journal_record *ret)
{
	const char *p = data, *end = data + len, *stored = NULL;
	struct journal_record rec = { 0 };
	char digits[SUM_DIGITS + 1];
	int r = parse_head(&p, end, &rec, &stored);

	if (r <= 0)
		return r;
	if ((size_t)(end - p) < rec.text_len + 1)
		return 0;
	rec.text = p;
	if (p[rec.text_len] != '\n')
		return -EBADMSG;
	sum(data + SUM_DIGITS + 1, (size_t)(p - data) + rec.text_len - SUM_DIGITS - 1, digits);
	if (memcmp(digits, stored, SUM_DIGITS) != 0)
		return -EBADMSG;
	rec.size = (size_t)(p - data) + rec.text_len + 1;
	*ret = rec;
	return 1;
}

int journal_record_end_counts(const struct journal_record *end, uint64_t *ret_count, uint64_t *ret_bytes)
{
	/* The text is followed by its newline: two numbers, each ended by a space, once that stands for it. */
	char text[64];
	const char *p = text;

	if (end->text_len + 2 > sizeof(text))
		return -EBADMSG;
	memcpy(text, end->text, end->text_len);
	text[end->text_len] = ' ';
	const char *stop = text + end->text_len + 1;
	if (take_number(&p, stop, ret_count) != 1 || take_number(&p, stop, ret_bytes) != 1 || p != stop)
		return -EBADMSG;
	return 0;
}

/* --- commits ---------------------------------------------------------------------------------- */

/* The records of the commit being read, until its end is seen. */
struct batch {
	struct {
		struct journal_record record;
		size_t offset;
	} * items;
	size_t count, cap;
	size_t start; /* offset of its first record */
};

static void batch_done(struct batch *b)
{
	free(b->items);
}

static void batch_add(struct batch *b, const struct journal_record *record, size_t offset)
{
	b->items = grow(b->items, &b->cap, b->count + 1, sizeof(b->items[0]));
	b->items[b->count].record = *record;
	b->items[b->count++].offset = offset;
}

static int batch_deliver(struct batch *b, journal_record_fn fn, void *arg)
{
	for (size_t i = 0; fn && i < b->count; i++) {
		int r = fn(&b->items[i].record, b->items[i].offset, arg);

		if (r < 0)
			return r;
	}
	b->count = 0;
	return 0;
}

/* Does END at offset AT close batch B? */
static bool batch_closed_by(
	const struct batch *b, const struct journal_record *end, size_t at, uint64_t version)
{
	uint64_t count, bytes;

	return journal_record_end_counts(end, &count, &bytes) == 0 && count == b->count &&
	       bytes == at - b->start && end->version == version;
}

int journal_scan_commits(const char *data, size_t start, size_t len, uint64_t *version, journal_record_fn fn,
	void *arg, size_t *ret_end)
{
	_cleanup_(batch_done) struct batch batch = { .start = start };
	uint64_t seen = *version;

	*ret_end = start;
	for (size_t at = start; at < len;) {
		struct journal_record rec;
		int r = journal_record_parse(data + at, len - at, &rec);

		if (r <= 0)
			return r;
		switch (rec.op) {
		case RECORD_JOURNAL:
		case RECORD_FLUSHED:
			return -EBADMSG;
		case RECORD_PUT:
		case RECORD_DEL:
			if (rec.version <= seen)
				return -EBADMSG;
			seen = rec.version;
			batch_add(&batch, &rec, at);
			break;
		case RECORD_KEEP: /* older than all the rest */
			if (rec.version > seen)
				return -EBADMSG;
			batch_add(&batch, &rec, at);
			break;
		case RECORD_END:
			if (!batch_closed_by(&batch, &rec, at, seen))
				return -EBADMSG;
			r = batch_deliver(&batch, fn, arg);
			if (r < 0)
				return r;
			*version = seen;
			*ret_end = at + rec.size;
			batch.start = *ret_end;
			break;
		case RECORD_OPS:
			return -EBADMSG;
		}
		at += rec.size;
	}
	return 0;
}

/*
 * Is the rest from START, behind the last finished commit, one commit that was never finished? Not when a good end
 * stands in it: then something was damaged later. But for one case: blocks of an unfinished commit may have reached the
 * disk in any order, and those that did not are zeros.
 */
static bool is_torn(const char *data, size_t start, size_t len)
{
	bool holes = memchr(data + start, '\0', len - start) != NULL;

	for (size_t at = start; at < len;) {
		struct journal_record rec;
		uint64_t count, bytes;

		if (journal_record_parse(data + at, len - at, &rec) == 1 && rec.op == RECORD_END) {
			bool last = at + rec.size == len &&
				    journal_record_end_counts(&rec, &count, &bytes) == 0 &&
				    bytes == at - start;

			if (!last || !holes)
				return false;
		}
		const char *newline = memchr(data + at, '\n', len - at);
		if (!newline)
			break;
		at = (size_t)(newline - data) + 1;
	}
	return true;
}

/* "1 ID" */
static int parse_first(const char *data, size_t len, struct journal_scan *ret, size_t *ret_size)
{
	struct journal_record rec;

	if (journal_record_parse(data, len, &rec) != 1 || rec.op != RECORD_JOURNAL || rec.text_len != 18 ||
		memcmp(rec.text, "1 ", 2) != 0)
		return -EBADMSG;

	char id[17] = "", *stop;
	memcpy(id, rec.text + 2, 16);
	ret->id = strtoull(id, &stop, 16);
	if (*stop)
		return -EBADMSG;
	ret->base = ret->version = rec.version;
	*ret_size = rec.size;
	return 0;
}

int journal_scan(const char *data, size_t len, journal_record_fn fn, void *arg, struct journal_scan *ret)
{
	size_t first = 0;
	int r;

	*ret = (struct journal_scan){ .state = JOURNAL_DAMAGED };
	if (parse_first(data, len, ret, &first) < 0)
		return 0;
	r = journal_scan_commits(data, first, len, &ret->version, fn, arg, &ret->end);
	ret->bad = ret->end;
	if (r < 0 && r != -EBADMSG)
		return r;
	if (ret->end == len)
		ret->state = JOURNAL_WHOLE;
	else if (is_torn(data, ret->end, len))
		ret->state = JOURNAL_TORN;
	return 0;
}
