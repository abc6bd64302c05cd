/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* exec: a command in a running container; its output, input and exit code are those of this program. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/pick.h"
#include "reconciler/ctl/verbs.h"

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "container", 'c', CTL_STRING, "CONTAINER", "which one; default the first", NULL },
	{ "stdin", 'i', CTL_FLAG, NULL, "pass standard input on", NULL },
	{ "tty", 't', CTL_FLAG, NULL, "give the command a terminal", NULL },
};

enum { REQUEST = 1 };

struct exec {
	struct ctl *c;
	struct client client;
	bool input;            /* standard input is being passed on */
	bool raw;              /* the terminal was set, and is to be set back */
	struct termios before; /* valid with raw */
	int signals;           /* signalfd while raw, or -1 */
	int code;              /* valid once ended */
	bool ended;
};

/* --- the terminal ------------------------------------------------------------------------------------ */

/* Keys go to the command as they are; what ends this program still sets the terminal back. */
static void terminal_raw(struct exec *e)
{
	struct termios raw;
	sigset_t set;
	if (tcgetattr(STDIN_FILENO, &e->before) < 0)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	e->signals = signalfd(-1, &set, SFD_CLOEXEC);
	raw = e->before;
	cfmakeraw(&raw);
	e->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void terminal_back(struct exec *e)
{
	if (e->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &e->before);
	e->raw = false;
	e->signals = fd_close(e->signals);
}

/* --- what comes and goes -------------------------------------------------------------------------------- */

static int take(struct exec *e, const struct wire_message *m, struct err *err)
{
	if (m->type == WIRE_DATA) {
		bool errors = str_eq(m->data->stream, "stderr");
		return fs_write_fd(errors ? STDERR_FILENO : STDOUT_FILENO,
			errors ? "standard error" : "standard output", m->data->data.data, m->data->data.len,
			err);
	}
	e->ended = true;
	e->code = (int)m->end->exit_code;
	if (str_empty(m->end->error))
		return 0;
	terminal_back(e);
	ctl_fail(e->c, "%s", m->end->error);
	/* The command never ran: unless its shell's codes say why (126, 127), that is a failure of ours. */
	e->code = m->end->exit_code > 1 ? (int)m->end->exit_code : CTL_FAILED;
	return 0;
}

static int take_all(struct exec *e, struct err *err)
{
	struct wire_message m;
	int r = 0;
	while (!e->ended && r >= 0 && (r = client_next(&e->client, &m, err)) > 0) {
		r = take(e, &m, err);
		wire_message_done(&m);
	}
	return r;
}

static int pass_input(struct exec *e, struct err *err)
{
	char data[WIRE_DATA_MAX / 2];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		const struct wire_end end = { .id = REQUEST };
		wire_write_end(&e->client.out, &end);
		e->input = false;
	} else {
		const struct wire_data m = { .id = REQUEST,
			.stream = "stdin",
			.data = { .data = (const uint8_t *)data, .len = (size_t)n } };
		wire_write_data(&e->client.out, &m);
	}
	return client_flush(&e->client, err);
}

static int take_signal(struct exec *e)
{
	struct signalfd_siginfo info;
	if (read(e->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	e->ended = true;
	e->code = 128 + (int)info.ssi_signo;
	return 0;
}

static int turn(struct exec *e, struct err *err)
{
	struct pollfd p[] = {
		{ .fd = e->client.fd, .events = POLLIN },
		{ .fd = e->input && !e->client.paused ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = e->signals, .events = POLLIN },
	};
	int r = 0;
	if (poll(p, ARRAY_LEN(p), -1) < 0)
		return errno == EINTR ? 0 : err_errno(err, -errno, "waiting");
	if (p[2].revents)
		return take_signal(e);
	if (p[0].revents)
		r = client_receive(&e->client, err);
	if (r == 0 && p[1].revents)
		r = pass_input(e, err);
	return r < 0 ? r : take_all(e, err);
}

/* --- the verb ------------------------------------------------------------------------------------------------ */

static int start(struct exec *e, const struct ctl_args *args, const struct pod *pod, const char *container,
	struct err *err)
{
	bool tty = ctl_flag(args, "tty");
	struct winsize size = { 0 };
	if (tty && (!e->input || !isatty(STDIN_FILENO))) {
		fputs("Unable to use a TTY - input is not a terminal\n", stderr);
		tty = false;
	}
	if (tty)
		ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	struct wire_request q = {
		.id = REQUEST,
		.method = "exec",
		.params = {
			.namespace = pod->meta.namespace,
			.pod = pod->meta.name,
			.uid = pod->meta.uid,
			.container = container,
			.command = { .items = args->rest, .count = args->rest_count },
			.stdin_open = e->input,
			.tty = tty,
			.columns = size.ws_col,
			.rows = size.ws_row,
		},
	};
	int r = client_request(&e->client, &q, err);
	if (r == 0 && tty)
		terminal_raw(e);
	return r;
}

static int exec_in(struct exec *e, const struct ctl_args *args, const struct pod *pod)
{
	struct err err = { 0 };
	const char *container = pick_container(e->c, pod, ctl_string(args, "container"), false);
	if (!container)
		return CTL_FAILED;
	int r = start(e, args, pod, container, &err);
	while (r >= 0 && !e->ended)
		r = turn(e, &err);
	terminal_back(e);
	return r < 0 ? ctl_fail_err(e->c, &err) : e->code;
}

static int run_exec(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	struct items pods = ITEMS_INIT;
	struct exec e = { .c = c, .input = ctl_flag(args, "stdin"), .signals = -1 };
	const char *ns = ctl_string(args, "namespace");
	if (args->word_count != 1 || args->rest_count == 0)
		return ctl_usage(c, "a pod and, behind \"--\", a command are wanted");
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	int r = pick_pods(h, ns ? ns : "default", args->words[0], &pods, &err);
	if (r >= 0)
		r = client_open(h, &e.client, &err);
	if (r < 0) {
		r = ctl_fail_err(c, &err);
	} else {
		r = exec_in(&e, args, object_pod(pods.items[0].object));
		client_done(&e.client);
	}
	items_done(&pods);
	return r;
}

const struct ctl_verb ctl_verb_exec = {
	"exec",
	"[-i] [-t] [-c CONTAINER] POD -- COMMAND…",
	"Runs a command in a container; its exit code is this program's.",
	CTL_OPTIONS(options),
	run_exec,
	CTL_WORDS_PODS,
};
