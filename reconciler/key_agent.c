/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/key_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

/* Numbers of messages, and what an answer may have. */
enum {
	IDENTITIES_ASK = 11,
	IDENTITIES = 12,
	SIGN_ASK = 13,
	SIGNATURE = 14,
	ANSWER_MAX = 256 << 10,
	KEYS_MAX = 32
};

struct key_agent {
	struct loop_source *io;
	int fd;
	void (*ready)(void *arg);
	void *arg;
	struct arena *arena;
	bool asked;         /* the question in out is the one that is being asked */
	struct buf out, in; /* the question, as far as it is not sent; the answer, as far as it has come */
	struct key_agent_key *keys;
	size_t key_count;
};

/* --- messages ---------------------------------------------------------------------------------------------- */

static void put_u32(struct buf *b, size_t n)
{
	const uint8_t bytes[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	buf_add(b, bytes, sizeof(bytes));
}

static void put_string(struct buf *b, const void *data, size_t len)
{
	put_u32(b, len);
	buf_add(b, data, len);
}

/* What of an answer has not been read. */
struct rest {
	const uint8_t *at;
	size_t len;
};

static bool take_u32(struct rest *r, size_t *ret)
{
	if (r->len < 4)
		return false;
	*ret = (size_t)r->at[0] << 24 | (size_t)r->at[1] << 16 | (size_t)r->at[2] << 8 | r->at[3];
	r->at += 4;
	r->len -= 4;
	return true;
}

static bool take_string(struct rest *r, struct rest *ret)
{
	size_t len;

	if (!take_u32(r, &len) || len > r->len)
		return false;
	*ret = (struct rest){ r->at, len };
	r->at += len;
	r->len -= len;
	return true;
}

/* --- the socket ---------------------------------------------------------------------------------------------- */

static int on_io(int fd, uint32_t events, void *arg)
{
	struct key_agent *a = arg;

	(void)fd;
	(void)events;
	a->ready(a->arg);
	return 0;
}

int key_agent_new(struct loop *loop, const char *path, void (*ready)(void *arg), void *arg,
	struct key_agent **ret, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct key_agent *a = xcalloc(1, sizeof(*a));
	int r = 0;

	*a = (struct key_agent){ .fd = -1, .ready = ready, .arg = arg, .out = BUF_INIT, .in = BUF_INIT };
	a->arena = arena_new(0);
	if (strlen(path) >= sizeof(address.sun_path))
		r = err_set(err, -ENAMETOOLONG, "%s is too long for a socket", path);
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (r == 0)
		a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r == 0 && (a->fd < 0 || connect(a->fd, (const struct sockaddr *)&address, sizeof(address)) < 0))
		r = err_errno(err, -errno, "no SSH agent listens at %s", path);
	if (r == 0)
		r = loop_io(loop, a->fd, EPOLLIN, on_io, a, &a->io, err);
	if (r < 0) {
		key_agent_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

struct key_agent *key_agent_free(struct key_agent *a)
{
	if (!a)
		return NULL;
	loop_source_free(a->io);
	fd_close(a->fd);
	arena_free(a->arena);
	buf_done(&a->out);
	buf_done(&a->in);
	free(a);
	return NULL;
}

static int push(struct key_agent *a, struct err *err)
{
	while (a->out.len > 0) {
		ssize_t n = send(a->fd, a->out.data, a->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			return err_errno(err, -errno, "asking the SSH agent");
		buf_consume(&a->out, (size_t)n);
	}
	loop_io_set_events(a->io, EPOLLIN | (a->out.len > 0 ? EPOLLOUT : 0u));
	return 0;
}

/* What has come so far; whether more may come shows only when that is not enough. */
static int pull(struct key_agent *a, bool *ret_over)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		buf_add(&a->in, bytes, (size_t)n);
		if (a->in.len > ANSWER_MAX)
			return -EMSGSIZE;
	}
	*ret_over = n == 0 || (errno != EAGAIN && errno != EINTR);
	return 0;
}

/* The answer in IN, whole: RET is behind its number, which has to be WANT. Refused: -EACCES. */
static int take_answer(struct key_agent *a, int want, struct rest *ret, struct err *err)
{
	struct rest all = { (const uint8_t *)a->in.data, a->in.len };

	if (!take_string(&all, ret))
		return -EAGAIN;
	a->asked = false;
	if (ret->len < 1 || ret->at[0] != want)
		return err_set(err, -EACCES, "the SSH agent refuses: is it locked?");
	ret->at++;
	ret->len--;
	return 0;
}

/* Asks BODY once, and is called again until there is an answer. */
static int ask(struct key_agent *a, const struct buf *body, int want, struct rest *ret, struct err *err)
{
	bool over;
	int r;

	if (!a->asked) {
		a->asked = true;
		buf_clear(&a->in);
		put_string(&a->out, body->data, body->len);
	}
	r = push(a, err);
	if (r < 0)
		return r;
	r = pull(a, &over);
	if (r < 0)
		return err_set(err, r, "the SSH agent's answer has no end");
	r = take_answer(a, want, ret, err);
	return r == -EAGAIN && over ? err_set(err, -ECONNRESET, "the SSH agent has hung up") : r;
}

/* --- questions ------------------------------------------------------------------------------------------------ */

static bool is_usable(struct rest blob)
{
	static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521" };
	struct rest type;

	if (!take_string(&blob, &type))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (type.len == strlen(types[i]) && memcmp(type.at, types[i], type.len) == 0)
			return true;
	return false;
}

static int take_keys(struct key_agent *a, struct rest *answer)
{
	struct rest blob, comment;
	size_t count;

	if (!take_u32(answer, &count))
		return -EBADMSG;
	a->keys = arena_array(a->arena, KEYS_MAX, sizeof(a->keys[0]));
	for (; count > 0; count--) {
		if (!take_string(answer, &blob) || !take_string(answer, &comment))
			return -EBADMSG;
		if (!is_usable(blob) || a->key_count == KEYS_MAX)
			continue;
		a->keys[a->key_count++] = (struct key_agent_key){
			.blob = { arena_memdup(a->arena, blob.at, blob.len), blob.len },
			.comment = arena_strndup(a->arena, (const char *)comment.at, comment.len),
		};
	}
	return 0;
}

int key_agent_list(
	struct key_agent *a, const struct key_agent_key **ret_keys, size_t *ret_count, struct err *err)
{
	_cleanup_(buf_done) struct buf body = BUF_INIT;
	struct rest answer;
	int r = 0;

	if (!a->keys) {
		buf_addc(&body, IDENTITIES_ASK);
		r = ask(a, &body, IDENTITIES, &answer, err);
		if (r == 0 && take_keys(a, &answer) < 0)
			r = err_set(err, -EBADMSG, "the SSH agent's answer can't be read");
	}
	*ret_keys = a->keys;
	*ret_count = a->key_count;
	return r;
}

int key_agent_sign(struct key_agent *a, const struct key_agent_key *key, const void *data, size_t len,
	struct buf *ret, struct err *err)
{
	_cleanup_(buf_done) struct buf body = BUF_INIT;
	struct rest answer, signature, type, bytes;
	int r;

	buf_addc(&body, SIGN_ASK);
	put_string(&body, key->blob.data, key->blob.len);
	put_string(&body, data, len);
	put_u32(&body, 0);
	r = ask(a, &body, SIGNATURE, &answer, err);
	if (r < 0)
		return r;
	if (!take_string(&answer, &signature) || !take_string(&signature, &type) ||
		!take_string(&signature, &bytes))
		return err_set(err, -EBADMSG, "the SSH agent's signature can't be read");
	buf_add(ret, bytes.at, bytes.len);
	return 0;
}
