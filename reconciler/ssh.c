/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * An SSH session with one channel, through libssh2; nobody else knows that library.
 *
 * Connecting is a row of steps, each called again until it is done. The gate is entered once the server has spoken: who does not answer costs
 * nothing and keeps nobody waiting, and who stops answering is out of it again after GATE_TIME.
 *
 * libssh2 keeps the one packet that a socket did not take, and until that is out refuses to send another: while a write waits nothing is
 * read (a read may have to enlarge the window), and while the window's news wait nothing is written. A write also reads what has arrived
 * off the socket, into the library's memory: whoever waits for the socket would miss it, and is told at the turn's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/dial.h"
#include "reconciler/key_agent.h"
#include "reconciler/ssh_memory.h"
#include "reconciler/transport.h"

enum {
	WINDOW = 256
		 << 10, /* bytes that the server may send and we have not read: a bound on our memory, too */
	STDERR_MAX = 1024,  /* bytes of it kept */
	KEY_MAX = 64 << 10, /* of a key's file */
	KEYS_TRIED = 5,     /* of an agent's: sshd hears six of a connection */
};
#define GATE_TIME (2 * NSEC_PER_SEC)

struct ssh {
	struct transport base;
	unsigned phase; /* step that is under way */
	struct ssh_address address;
	struct arena *arena; /* while connecting */
	char *label;         /* USER@HOST:PORT */
	const char *waits;   /* for what, in the arena; NULL: for nothing any more */
	struct dial *dial;
	int fd;
	struct loop_source *io, *again, *timer;
	struct gate_ticket ticket;
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	struct ssh_memory memory; /* that libssh2 has */
	struct buf key;
	struct key_agent *agent;
	size_t agent_key;
	const struct key_agent_key *signing;
	const char *unsigned_why; /* what the agent said, in the arena */
	bool spoken;              /* the server has */
	bool asks;                /* the agent, for a signature */
	bool lost;                /* the connection, while the agent was asked */
	bool in, out;             /* wanted by whom this carries for */
	bool writing;             /* a packet is out in part */
	bool adjusting;           /* likewise, of the window */
	bool window_full;         /* the server takes no more for now */
	struct buf errors;        /* the end of its stderr */
};

static struct ssh *self(struct transport *t)
{
	return (struct ssh *)t;
}

/* --- what went wrong ------------------------------------------------------------------------------------------ */

static const char *last_error(const struct ssh *s)
{
	char *text = NULL;

	libssh2_session_last_error(s->session, &text, NULL, 0);
	return str_or_empty(text);
}

static bool is_disconnect(long code)
{
	return code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_RECV ||
	       code == LIBSSH2_ERROR_SOCKET_SEND;
}

/* WHAT: "while …". */
static int failed(struct ssh *s, long code, const char *what)
{
	if (is_disconnect(code))
		return trouble_set(&s->base.why, -ECONNRESET, TROUBLE_SSH_FAILED,
			"%s has closed the connection while %s", s->label, what);
	return trouble_set(
		&s->base.why, -EPROTO, TROUBLE_SSH_FAILED, "%s, while %s: %s", s->label, what, last_error(s));
}

/* --- steps of connecting: 1 done, -EAGAIN, or another error --------------------------------------------------- */

static void on_ready(void *arg)
{
	struct ssh *s = arg;

	s->base.ready(s->base.arg);
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct ssh *s = arg;

	(void)fd;
	s->spoken |= (events & EPOLLIN) != 0;
	s->lost |= (events & (EPOLLHUP | EPOLLERR)) != 0;
	on_ready(s);
	return 0;
}

static int on_again(void *arg)
{
	on_ready(arg);
	return 0;
}

/* It was in the gate for long: others may come in while it waits for the server. */
static int on_gate_time(void *arg)
{
	struct ssh *s = arg;

	gate_leave(&s->ticket);
	return 0;
}

static int step_dial(struct ssh *s)
{
	struct err err = { 0 };
	int fd, r;

	if (!s->dial) {
		s->dial = dial_new(s->base.loop, &s->address, on_ready, s);
		s->waits = arena_printf(s->arena,
			"%s does not answer within 20 seconds: is the host up, and its port open?", s->label);
	}
	fd = dial_step(s->dial, &s->base.why);
	if (fd < 0)
		return fd;
	s->dial = dial_free(s->dial);
	s->fd = fd;
	s->waits = arena_printf(s->arena,
		"%s takes the connection, but says nothing within 20 seconds: is it sshd?", s->label);
	r = loop_io(s->base.loop, fd, EPOLLIN, on_io, s, &s->io, &err);
	if (r == 0)
		r = loop_defer(s->base.loop, on_again, s, &s->again, &err);
	if (r < 0)
		return trouble_set(&s->base.why, r, TROUBLE_CONNECT_FAILED, "%s", err_text(&err));
	return 1;
}

static int step_gate(struct ssh *s)
{
	if (!s->spoken)
		return -EAGAIN;
	if (!s->ticket.gate && !gate_enter(s->base.target->gate, &s->ticket, on_ready, s))
		loop_io_set_events(s->io, 0);
	if (!s->ticket.in)
		return -EAGAIN;
	(void)loop_timer(s->base.loop, time_monotonic() + GATE_TIME, on_gate_time, s, &s->timer, NULL);
	s->waits = arena_printf(
		s->arena, "%s began to answer, and then did not go on within 20 seconds", s->label);
	return 1;
}

/* The types of the pinned keys, "a,b": of others the server's would not be known. */
static const char *pinned_types(struct ssh *s, const struct ssh_host_keys *keys)
{
	const char *text = "";

	for (size_t i = 0; i < keys->count; i++)
		if (ssh_host_key_is_modern(&keys->items[i]))
			text = arena_printf(
				s->arena, "%s%s%s", text, *text != '\0' ? "," : "", keys->items[i].type);
	return text;
}

static int step_session(struct ssh *s)
{
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(s->arena, s->base.target->host_keys, &keys);

	if (wrong)
		return trouble_set(
			&s->base.why, -EINVAL, TROUBLE_HOST_KEY, "pintle.dev/ssh-host-key %s", wrong);
	s->session = libssh2_session_init_ex(
		ssh_memory_alloc, ssh_memory_free, ssh_memory_realloc, &s->memory);
	if (!s->session)
		mem_exhausted();
	libssh2_session_set_blocking(s->session, 0);
	if (libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY, pinned_types(s, &keys)) < 0)
		return failed(s, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED, "choosing the type of its host key");
	return 1;
}

static int step_handshake(struct ssh *s)
{
	int r = libssh2_session_handshake(s->session, s->fd);
	struct ssh_host_keys keys;

	if (r == 0)
		return 1;
	if (r == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	if (r == LIBSSH2_ERROR_BANNER_RECV)
		return trouble_set(&s->base.why, -EPROTO, TROUBLE_SSH_FAILED,
			"what answers at %s speaks no SSH", s->label);
	if (r == LIBSSH2_ERROR_KEX_FAILURE || r == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE) {
		(void)ssh_host_keys_parse(s->arena, s->base.target->host_keys, &keys);
		return trouble_set(&s->base.why, -EPROTO, TROUBLE_SSH_FAILED,
			"%s and pintled agree on no way to speak: it has no host key of the type %s, or no "
			"cipher "
			"that libssh2 knows (then pintle.dev/transport: openssh may help)",
			s->label, pinned_types(s, &keys));
	}
	return failed(s, r, "the handshake went on");
}

static int step_host_key(struct ssh *s)
{
	struct ssh_host_keys keys;
	size_t len;
	int type;
	const char *blob = libssh2_session_hostkey(s->session, &len, &type);

	(void)ssh_host_keys_parse(s->arena, s->base.target->host_keys, &keys);
	for (size_t i = 0; i < keys.count && blob; i++)
		if (keys.items[i].len == len && memcmp(keys.items[i].blob, blob, len) == 0)
			return 1;
	return trouble_ssh_host_key(&s->base.why, s->label,
		blob ? ssh_fingerprint(s->arena, blob, len) : "(none)",
		ssh_fingerprint(s->arena, keys.items[0].blob, keys.items[0].len));
}

/* --- keys ------------------------------------------------------------------------------------------------------ */

static int key_unusable(struct ssh *s, const char *what)
{
	return trouble_set(&s->base.why, -ENOKEY, TROUBLE_KEY_UNUSABLE, "%s", what);
}

static int read_key(struct ssh *s)
{
	const char *path = s->base.target->key;
	struct stat st;
	struct err err = { 0 };

	if (stat(path, &st) < 0)
		return key_unusable(s, arena_printf(s->arena, "the key %s: %s", path, strerror(errno)));
	if (st.st_mode & 077)
		return key_unusable(s,
			arena_printf(s->arena, "the key %s may be read by others: chmod 600 %s", path, path));
	if (fs_read(AT_FDCWD, path, KEY_MAX, &s->key, &err) < 0)
		return key_unusable(s, arena_printf(s->arena, "the key %s: %s", path, err_text(&err)));
	return 0;
}

static int refused(struct ssh *s, const char *what)
{
	return trouble_ssh_key_refused(&s->base.why, s->label, what);
}

static int auth_file(struct ssh *s)
{
	const char *path = s->base.target->key, *user = s->address.user;
	int r = s->key.len > 0 ? 0 : read_key(s);

	if (r < 0)
		return r;
	r = libssh2_userauth_publickey_frommemory(
		s->session, user, strlen(user), NULL, 0, s->key.data, s->key.len, NULL);
	if (r == 0)
		return 1;
	if (r == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	if (r == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
		return refused(s, arena_printf(s->arena, "the key %s", path));
	if (r == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED || is_disconnect(r))
		return failed(s, r, "our key was shown");
	return key_unusable(
		s, arena_printf(s->arena,
			   "the key %s can't be used (ed25519 or ECDSA, without a passphrase): %s", path,
			   last_error(s)));
}

/* libssh2 asks for a signature: the agent gives it, sooner or later. */
static int on_sign(LIBSSH2_SESSION *session, unsigned char **ret, size_t *ret_len, const unsigned char *data,
	size_t len, void **abstract)
{
	struct ssh *s = *abstract;
	_cleanup_(buf_done) struct buf signature = BUF_INIT;
	struct err err = { 0 };
	int r = key_agent_sign(s->agent, s->signing, data, len, &signature, &err);

	s->asks = r == -EAGAIN;
	if (s->asks)
		return LIBSSH2_ERROR_EAGAIN;
	if (r < 0) {
		s->unsigned_why = arena_strdup(s->arena, err_text(&err));
		return -1;
	}
	*ret = ssh_memory_alloc(signature.len, libssh2_session_abstract(session));
	memcpy(*ret, signature.data, signature.len);
	*ret_len = signature.len;
	return 0;
}

static int auth_agent_key(struct ssh *s, const struct key_agent_key *key)
{
	void *abstract = s;
	int r;

	s->signing = key;
	r = libssh2_userauth_publickey(
		s->session, s->address.user, key->blob.data, key->blob.len, on_sign, &abstract);
	return r == LIBSSH2_ERROR_EAGAIN ? -EAGAIN : r;
}

static int open_agent(struct ssh *s)
{
	struct err err = { 0 };

	if (!s->agent && key_agent_new(s->base.loop, s->base.target->agent, on_ready, s, &s->agent, &err) < 0)
		return key_unusable(s, err_text(&err));
	return 0;
}

static int auth_agent(struct ssh *s)
{
	const struct key_agent_key *keys;
	struct err err = { 0 };
	size_t count;
	int r = open_agent(s);

	if (r < 0)
		return r;
	r = key_agent_list(s->agent, &keys, &count, &err);
	s->asks = r == -EAGAIN;
	if (r < 0)
		return r == -EAGAIN ? r : key_unusable(s, err_text(&err));
	if (count == 0)
		return key_unusable(
			s, arena_printf(s->arena, "the SSH agent at %s has no ed25519 or ECDSA key: ssh-add",
				   s->base.target->agent));
	for (; s->agent_key < count && s->agent_key < KEYS_TRIED; s->agent_key++) {
		r = auth_agent_key(s, &keys[s->agent_key]);
		if (r == -EAGAIN || r == 0)
			return r == 0 ? 1 : r;
	}
	if (s->unsigned_why)
		return key_unusable(s, s->unsigned_why);
	return refused(s, arena_printf(s->arena, "the keys of the SSH agent at %s", s->base.target->agent));
}

static int step_auth(struct ssh *s)
{
	if (s->lost && s->asks)
		return failed(s, LIBSSH2_ERROR_SOCKET_DISCONNECT, "the SSH agent was asked");
	return s->base.target->agent ? auth_agent(s) : auth_file(s);
}

/* --- the channel ------------------------------------------------------------------------------------------------ */

static int step_open(struct ssh *s)
{
	long r;

	s->channel = libssh2_channel_open_ex(
		s->session, "session", strlen("session"), WINDOW, LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0);
	if (s->channel)
		return 1;
	r = libssh2_session_last_errno(s->session);
	return r == LIBSSH2_ERROR_EAGAIN ? -EAGAIN : failed(s, r, "a session was asked for");
}

static int step_exec(struct ssh *s)
{
	static const char command[] = "pintle-agent session";
	int r = libssh2_channel_process_startup(s->channel, "exec", strlen("exec"), command, strlen(command));

	if (r == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	return r < 0 ? failed(s, r, "pintle-agent was asked for") : 1;
}

/* What only connecting needs. */
static int step_done(struct ssh *s)
{
	gate_leave(&s->ticket);
	s->timer = loop_source_free(s->timer);
	s->agent = key_agent_free(s->agent);
	explicit_bzero(s->key.data, s->key.len);
	buf_done(&s->key);
	s->key = BUF_INIT;
	s->address = (struct ssh_address){ 0 };
	s->waits = NULL;
	s->arena = arena_free(s->arena);
	return 1;
}

static int (*const steps[])(struct ssh *s) = {
	step_dial,
	step_gate,
	step_session,
	step_handshake,
	step_host_key,
	step_auth,
	step_open,
	step_exec,
	step_done,
};

/* What the socket is to be watched for while a step of libssh2's goes on. */
static void watch_step(struct ssh *s)
{
	int directions = libssh2_session_block_directions(s->session);

	loop_io_set_events(s->io,
		(s->asks ? 0u : EPOLLIN) | (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND ? EPOLLOUT : 0u));
}

static int connect_ssh(struct transport *t)
{
	struct ssh *s = self(t);
	int r = 1;

	while (s->phase < ARRAY_LEN(steps) && r > 0) {
		r = steps[s->phase](s);
		s->phase += r > 0;
		if (r > 0)
			t->moved = time_monotonic();
	}
	if (r == -EAGAIN && s->session)
		watch_step(s);
	return r == -EAGAIN ? 0 : r;
}

/* --- bytes ------------------------------------------------------------------------------------------------------- */

static void watch_ssh(struct transport *t, bool in, bool out)
{
	struct ssh *s = self(t);
	bool write = s->writing || s->adjusting || (out && !s->window_full);

	s->in = in;
	s->out = out;
	loop_io_set_events(s->io, (in || (out && s->window_full) ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u));
}

/* The end of what it says beside the lines: why it could not go on stands there. */
static void take_stderr(struct ssh *s)
{
	char bytes[STDERR_MAX];
	ssize_t n;

	while (libssh2_poll_channel_read(s->channel, SSH_EXTENDED_DATA_STDERR) > 0) {
		n = libssh2_channel_read_stderr(s->channel, bytes, sizeof(bytes));
		if (n <= 0)
			return;
		buf_add(&s->errors, bytes, (size_t)n);
		if (s->errors.len > STDERR_MAX)
			buf_consume(&s->errors, s->errors.len - STDERR_MAX);
	}
}

/* The last line of it, or "". */
static const char *stderr_line(struct ssh *s)
{
	char *newline;

	while (s->errors.len > 0 && strchr("\r\n \t", s->errors.data[s->errors.len - 1]))
		buf_truncate(&s->errors, s->errors.len - 1);
	newline = strrchr(s->errors.data, '\n');
	return newline ? newline + 1 : s->errors.data;
}

/* The channel is at its end: by what the command left behind. */
static int ended(struct ssh *s)
{
	int status = libssh2_channel_get_exit_status(s->channel);
	char *signal = NULL;
	const char *line = stderr_line(s);

	libssh2_channel_get_exit_signal(s->channel, &signal, NULL, NULL, NULL, NULL, NULL);
	return trouble_command_ended(&s->base.why, s->label, signal ? 255 : status, line);
}

static int lost(struct ssh *s)
{
	return trouble_set(
		&s->base.why, -ECONNRESET, TROUBLE_SESSION_ENDED, "the connection to %s is lost", s->label);
}

/* Nothing was there: is it for now, or for good? */
static ssize_t nothing(struct ssh *s, ssize_t n)
{
	if (n == LIBSSH2_ERROR_EAGAIN) {
		s->adjusting = (libssh2_session_block_directions(s->session) &
				       LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
		return -EAGAIN;
	}
	if (n < 0)
		return lost(s);
	if (!libssh2_channel_eof(s->channel))
		return -EAGAIN;
	n = libssh2_channel_wait_closed(s->channel);
	if (n == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	take_stderr(s);
	return ended(s);
}

static ssize_t read_ssh(struct transport *t, void *data, size_t size)
{
	struct ssh *s = self(t);
	bool adjusting = s->adjusting;
	ssize_t n;

	if (s->writing)
		return -EAGAIN;
	n = libssh2_channel_read(s->channel, data, size);
	s->adjusting = false;
	take_stderr(s);
	if (n <= 0)
		n = nothing(s, n);
	if (s->window_full && libssh2_channel_window_write(s->channel) > 0) {
		s->window_full = false;
		adjusting = true;
	}
	/* What could not be written can be, now. */
	if (adjusting && !s->adjusting)
		loop_defer_arm(s->again);
	return n;
}

static ssize_t write_ssh(struct transport *t, const void *data, size_t len)
{
	struct ssh *s = self(t);
	ssize_t n;

	if (s->adjusting)
		return -EAGAIN;
	s->window_full = !s->writing && libssh2_channel_window_write(s->channel) == 0;
	if (s->window_full)
		return -EAGAIN;
	n = libssh2_channel_write(s->channel, data, len);
	s->writing = n == LIBSSH2_ERROR_EAGAIN;
	if (n >= 0)
		loop_defer_arm(s->again);
	if (n < 0 && !s->writing)
		return lost(s);
	return s->writing || n == 0 ? -EAGAIN : n;
}

/* --- beginning and end -------------------------------------------------------------------------------------------- */

static struct transport *create(struct loop *loop, const struct transport_target *target)
{
	struct ssh *s = xcalloc(1, sizeof(*s));

	(void)loop;
	s->fd = -1;
	s->key = s->errors = BUF_INIT;
	ssh_memory_init(&s->memory);
	s->arena = arena_new(0);
	s->address = (struct ssh_address){ target->user, target->host, target->port };
	s->label = xasprintf("%s@%s", target->user, ssh_address_format(s->arena, &s->address));
	return &s->base;
}

/* A session that can't say goodbye any more does not wait to. What libssh2 forgets is freed behind it. */
static void free_session(struct ssh *s)
{
	if (s->fd >= 0)
		(void)shutdown(s->fd, SHUT_RDWR);
	if (s->session) {
		libssh2_session_set_blocking(s->session, 1);
		libssh2_session_free(s->session);
	}
	ssh_memory_done(&s->memory);
}

static void free_ssh(struct transport *t)
{
	struct ssh *s = self(t);

	gate_leave(&s->ticket);
	loop_source_free(s->io);
	loop_source_free(s->again);
	loop_source_free(s->timer);
	dial_free(s->dial);
	key_agent_free(s->agent);
	free_session(s);
	fd_close(s->fd);
	explicit_bzero(s->key.data, s->key.len);
	buf_done(&s->key);
	buf_done(&s->errors);
	arena_free(s->arena);
	free(s->label);
	free(s);
}

static const char *waits_ssh(const struct transport *t)
{
	return ((const struct ssh *)t)->waits;
}

static bool is_held_ssh(const struct transport *t)
{
	const struct gate_ticket *ticket = &((const struct ssh *)t)->ticket;

	return ticket->gate && !ticket->in;
}

const struct transport_ops transport_ssh = {
	.create = create,
	.connect = connect_ssh,
	.read = read_ssh,
	.write = write_ssh,
	.watch = watch_ssh,
	.waits = waits_ssh,
	.held = is_held_ssh,
	.free = free_ssh,
};
