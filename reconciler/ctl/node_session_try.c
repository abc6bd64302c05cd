/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/node_session_try.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"

/* For an agent that starts: it says hello within a second or two; a try that fails comes back at once. */
#define TRY_TIMEOUT (30 * NSEC_PER_SEC)
#define TRY_PAUSE_MS 200
enum { ERRORS_MAX = 2048 };

void node_hello_done(struct node_hello *h)
{
	free(h->agent);
	free(h->cluster_id);
	free(h->node);
	free(h->boot_id);
	*h = (struct node_hello){ 0 };
}

/* --- the key ------------------------------------------------------------------------------------------- */

void node_session_key_done(struct node_session_key *k)
{
	free(k->file);
	free(k->agent);
	free(k->config);
	free(k->public_key);
	*k = (struct node_session_key){ 0 };
}

static int make_key(const struct home *h, const char *file, struct err *err)
{
	_cleanup_(freep) char *usual = home_path(h, "ssh/id_ed25519");
	_cleanup_(freep) char *comment = xasprintf("pintled-%s", h->short_id);
	const char *argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file,
		NULL };
	int r;

	if (!str_eq(file, usual))
		return err_set(
			err, -ENOENT, "there is none, though pintle.conf names it: make it with ssh-keygen");
	r = fs_mkdir_p(h->fd, "ssh", 0700, err);
	if (r == 0)
		r = proc_check(&(struct proc_spec){ .argv = argv }, NULL, err);
	return r == 0 ? home_own(h, "ssh", err) : r;
}

/* The agent's first key. */
static int ask_agent(struct node_session_key *k, struct err *err)
{
	_cleanup_(freep) char *socket = xasprintf("SSH_AUTH_SOCK=%s", k->agent);
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *argv[] = { "ssh-add", "-L", NULL }, *env[] = { socket, NULL };
	int r = proc_check(&(struct proc_spec){ .argv = argv, .env = env }, &out, err);

	buf_truncate(&out, strcspn(out.data, "\n"));
	k->public_key = buf_take(&out);
	return r;
}

static int read_public(struct node_session_key *k, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *argv[] = { "ssh-keygen", "-y", "-f", k->file, NULL };
	/* One that has a passphrase is none that pintled can use: nobody is asked for it. */
	int r = proc_check(&(struct proc_spec){ .argv = argv, .new_session = true }, &out, err);

	k->public_key = buf_take(&out);
	return r;
}

int node_session_key_find(const struct home *h, bool make, struct node_session_key *ret, struct err *err)
{
	_cleanup_(node_session_key_done) struct node_session_key k = { .file = xstrdup(h->config.ssh_key) };
	bool there = fs_exists(AT_FDCWD, k.file);
	int r = 0;

	k.agent = h->config.ssh_agent ? xstrdup(h->config.ssh_agent) : NULL;
	k.config = h->config.ssh_config ? xstrdup(h->config.ssh_config) : NULL;
	if (!k.agent && !there && !make)
		return err_set(err, -ENOENT, "%s is not there yet", k.file);
	if (!k.agent && !there) {
		r = make_key(h, k.file, err);
		k.made = r == 0;
	}
	if (r == 0)
		r = k.agent ? ask_agent(&k, err) : read_public(&k, err);
	if (r < 0)
		return err_wrap(err, r, "the key of pintled, %s", k.agent ? k.agent : k.file);
	*ret = k;
	k = (struct node_session_key){ 0 };
	return 0;
}

/* --- one try ------------------------------------------------------------------------------------------- */

struct attempt {
	pid_t pid;
	int pidfd, in, out, errors;
};

static void attempt_done(struct attempt *a)
{
	fd_close(a->in);
	fd_close(a->out);
	fd_close(a->errors);
	if (a->pidfd >= 0) {
		pidfd_send_signal(a->pidfd, SIGKILL, NULL, 0);
		waitpid(a->pid, NULL, 0);
	}
	fd_close(a->pidfd);
}

static int attempt_start(
	struct remote *r, const struct node_session_key *k, struct attempt *a, struct err *err)
{
	const struct remote_identity id = { .key = k->file, .agent = k->agent, .config = k->config };
	const char *argv[REMOTE_WORDS + 12] = { 0 };
	size_t n = remote_session_words(r, &id, argv);
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	*a = (struct attempt){ .pidfd = -1, .in = -1, .out = -1, .errors = memfd_create("ssh", MFD_CLOEXEC) };
	argv[n++] = "--";
	argv[n++] = r->word;
	argv[n++] = "session";
	if (a->errors < 0 || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "making pipes");
	struct proc_fd fds[] = { { in[0], 0 }, { out[1], 1 }, { a->errors, 2 } };
	struct proc_spec spec = {
		.argv = argv, .die_with_parent = true, .fds = fds, .fd_count = ARRAY_LEN(fds)
	};
	a->pidfd = proc_spawn(&spec, &a->pid, err);
	a->in = in[1];
	a->out = out[0];
	fd_close(in[0]);
	fd_close(out[1]);
	return a->pidfd < 0 ? a->pidfd : 0;
}

static int fail_attempt(const struct remote *r, const struct attempt *a, struct err *err)
{
	char text[ERRORS_MAX] = "";
	ssize_t n = pread(a->errors, text, sizeof(text) - 1, 0);

	while (n > 0 && strchr("\r\n ", text[n - 1]))
		text[--n] = '\0';
	return err_set(err, -EAGAIN, "pintled's key gets no answer from the agent at %s: %s", r->word,
		n > 0 ? text : "the session ended at once");
}

static void take_hello(const struct wire_hello *w, struct node_hello *ret)
{
	*ret = (struct node_hello){ .version = w->version,
		.min_version = w->min_version,
		.agent = xstrdup(str_or_empty(w->agent)),
		.cluster_id = xstrdup(str_or_empty(w->cluster_id)),
		.node = xstrdup(str_or_empty(w->node)),
		.boot_id = xstrdup(str_or_empty(w->boot_id)) };
}

static int take_line(
	const struct remote *r, const char *line, size_t len, struct node_hello *ret, struct err *err)
{
	struct wire_message m;
	int code = wire_parse(line, len, &m, err);

	if (code < 0)
		return err_wrap(err, -EPROTO, "what answers at %s is no agent", r->word);
	if (m.type == WIRE_HELLO)
		take_hello(m.hello, ret);
	else
		code = err_set(err, -EPROTO, "the agent at %s says no hello", r->word);
	wire_message_done(&m);
	return code;
}

/* -EAGAIN: it may be better in a moment. */
static int attempt(struct remote *r, const struct node_session_key *k, nsec_t deadline,
	struct node_hello *ret, struct err *err)
{
	_cleanup_(wire_reader_done) struct wire_reader reader;
	_cleanup_(attempt_done) struct attempt a;
	const char *line;
	size_t len;
	char bytes[65536];
	int code = attempt_start(r, k, &a, err);

	wire_reader_init(&reader, 0);
	while (code == 0) {
		struct pollfd p = { .fd = a.out, .events = POLLIN };
		nsec_t left = deadline - time_monotonic();

		if (left <= 0 || poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) <= 0)
			return err_set(err, -ETIMEDOUT, "the agent at %s says no hello", r->word);
		ssize_t n = read(a.out, bytes, sizeof(bytes));
		if (n <= 0)
			return fail_attempt(r, &a, err);
		wire_reader_feed(&reader, bytes, (size_t)n);
		code = wire_reader_line(&reader, &line, &len);
		if (code > 0)
			return take_line(r, line, len, ret, err);
	}
	return code;
}

int node_session_try(
	struct remote *r, const struct node_session_key *k, struct node_hello *ret, struct err *err)
{
	nsec_t deadline = time_monotonic() + TRY_TIMEOUT, patience = time_monotonic() + TRY_TIMEOUT / 3;

	for (;;) {
		int code = attempt(r, k, deadline, ret, err);

		if (code != -EAGAIN || time_monotonic() > patience)
			return code;
		/* Nothing here tells when a socket over there begins to listen. */
		poll(NULL, 0, TRY_PAUSE_MS);
	}
}
