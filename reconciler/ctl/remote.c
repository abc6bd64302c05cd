/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/ctl/quote.h"

/* TMPDIR_MAX: a socket is made below it, whose path may have 107 bytes. */
enum { OUTPUT_MAX = 1 << 20, SSH_ERRORS_MAX = 4096, TMPDIR_MAX = 60 };

/* The name under which the pinned key is kept: no other entry, and no change of address, is in its way. */
#define ALIAS "pintle-node"

/* --- what ssh makes of it ----------------------------------------------------------------------------- */

/* Files of known hosts, a blank between two. */
static void add_files(struct remote *r, const char *text)
{
	char *rest = arena_strdup(r->arena, text), *word;

	while ((word = strsep(&rest, " ")))
		if (*word == '/' && r->known_file_count < ARRAY_LEN(r->known_files))
			r->known_files[r->known_file_count++] = word; /* else it is "none" */
}

/* A line of `ssh -G`: "hostname web-1.example.org". */
static void take_setting(struct remote *r, const char *name, const char *value)
{
	int64_t port;

	if (str_eq(name, "hostname"))
		r->address.host = arena_strdup(r->arena, value);
	else if (str_eq(name, "user"))
		r->address.user = arena_strdup(r->arena, value);
	else if (str_eq(name, "port") && str_to_i64(value, &port) == 0)
		r->address.port = (int)port;
	else if (str_eq(name, "hostkeyalias"))
		r->known_as = arena_strdup(r->arena, value);
	else if (str_eq(name, "proxyjump") || str_eq(name, "proxycommand"))
		r->jumps = r->jumps || !str_eq(value, "none");
	else if (str_eq(name, "userknownhostsfile") || str_eq(name, "globalknownhostsfile"))
		add_files(r, value);
}

static void take_settings(struct remote *r, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		*space = '\0';
		take_setting(r, line, space + 1);
	}
	if (!r->known_as)
		r->known_as = r->address.port == 22
				      ? r->address.host
				      : arena_printf(r->arena, "[%s]:%d", r->address.host, r->address.port);
}

/* Words for user, port and identity, as they were given. */
static size_t add_where(const struct remote *r, const char **argv, size_t n)
{
	argv[n++] = "-p";
	argv[n++] = arena_printf(r->arena, "%d", r->address.port);
	if (r->address.user) {
		argv[n++] = "-l";
		argv[n++] = r->address.user;
	}
	if (r->identity) {
		argv[n++] = "-i";
		argv[n++] = r->identity;
	}
	return n;
}

int remote_resolve(struct remote *r, const struct ssh_address *address, const char *identity, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *argv[REMOTE_WORDS] = { "ssh", "-G" };
	struct proc_spec spec = { .argv = argv, .output_max = OUTPUT_MAX };
	size_t n = 2;

	*r = (struct remote){ .arena = arena_new(0), .identity = identity, .pidfd = -1 };
	r->address = *address;
	r->word = address->host;
	/* Port 22 says nothing: the configuration may have another. */
	if (address->port != 22) {
		argv[n++] = "-p";
		argv[n++] = arena_printf(r->arena, "%d", address->port);
	}
	if (address->user) {
		argv[n++] = "-l";
		argv[n++] = address->user;
	}
	argv[n++] = "--";
	argv[n++] = r->word;
	int code = proc_check(&spec, &out, err);
	if (code == 0)
		take_settings(r, out.data);
	return code;
}

/* --- the connection --------------------------------------------------------------------------------------- */

static int make_scratch(struct remote *r, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	bool usable = !str_empty(tmp) && strlen(tmp) <= TMPDIR_MAX;
	_cleanup_(freep) char *dir = xasprintf("%s/pintle-node.XXXXXX", usable ? tmp : "/tmp");

	if (!mkdtemp(dir))
		return err_errno(err, -errno, "making %s", dir);
	r->scratch = TAKE_PTR(dir);
	return 0;
}

int remote_pin(struct remote *r, const struct ssh_host_key *keys, size_t count, struct err *err)
{
	_cleanup_(buf_done) struct buf lines = BUF_INIT, algorithms = BUF_INIT;
	int code = r->scratch ? 0 : make_scratch(r, err);
	_cleanup_(freep) char *file = code == 0 ? xasprintf("%s/known_hosts", r->scratch) : NULL;

	for (size_t i = 0; i < count; i++) {
		bool rsa = str_eq(keys[i].type, "ssh-rsa");

		buf_addf(&lines, ALIAS " %s %s\n", keys[i].type, keys[i].base64);
		buf_addf(&algorithms, "%s%s%s", i > 0 ? "," : "", rsa ? "rsa-sha2-512,rsa-sha2-256," : "",
			keys[i].type);
	}
	r->key = keys[0];
	r->algorithms = arena_strdup(r->arena, algorithms.data);
	return code < 0 ? code : fs_write(AT_FDCWD, file, lines.data, lines.len, 0600, 0, err);
}

/* What the caller's configuration has no say in: the host is known by the pinned key alone, and what is run is what is run here. */
static size_t add_fixed(const struct remote *r, const char **argv, size_t n)
{
	const char *const options[] = { arena_printf(
						r->arena, "UserKnownHostsFile=%s/known_hosts", r->scratch),
		arena_printf(r->arena, "HostKeyAlgorithms=%s", r->algorithms),
		"IgnoreUnknown=KnownHostsCommand", "KnownHostsCommand=none", "GlobalKnownHostsFile=/dev/null",
		"StrictHostKeyChecking=yes", "HostKeyAlias=" ALIAS, "CheckHostIP=no", "UpdateHostKeys=no",
		"VerifyHostKeyDNS=no", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
		"Tunnel=no", "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no",
		"ConnectTimeout=20", "LogLevel=ERROR" };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		argv[n++] = "-o";
		argv[n++] = options[i];
	}
	return n;
}

static const char *socket_path(const struct remote *r)
{
	return arena_printf(r->arena, "%s/s", r->scratch);
}

static const char *control_option(const struct remote *r)
{
	return arena_printf(r->arena, "ControlPath=%s", socket_path(r));
}

/* What ssh has said, without the line ends around it. */
static int fail_connect(struct remote *r, int errors, struct err *err)
{
	char text[SSH_ERRORS_MAX] = "";
	ssize_t n = pread(errors, text, sizeof(text) - 1, 0);

	while (n > 0 && strchr("\r\n ", text[n - 1]))
		text[--n] = '\0';
	if (strstr(text, "Host key verification failed") || strstr(text, "HOST IDENTIFICATION HAS CHANGED") ||
		strstr(text, "no matching host key type"))
		return err_set(err, -EKEYREJECTED,
			"%s has not the %s key %s: either it was installed anew, or somebody stands in "
			"between",
			r->word, r->key.type, ssh_fingerprint(r->arena, r->key.blob, r->key.len));
	return err_set(err, -ECONNABORTED, "ssh %s: %s", r->word, n > 0 ? text : "ended at once");
}

/* Until the connection's socket is there. */
static int wait_connected(struct remote *r, int notify, int errors, struct err *err)
{
	char events[4096];

	while (!fs_exists(AT_FDCWD, socket_path(r))) {
		struct pollfd p[2] = { { .fd = notify, .events = POLLIN },
			{ .fd = r->pidfd, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_errno(err, -errno, "waiting for ssh");
		if (p[1].revents)
			return fail_connect(r, errors, err);
		while (read(notify, events, sizeof(events)) > 0)
			continue;
	}
	return 0;
}

int remote_connect(struct remote *r, struct err *err)
{
	const char *argv[REMOTE_WORDS + 10] = { "ssh", "-N", "-T", "-o", "ControlMaster=yes", "-o",
		control_option(r) };
	_cleanup_(closep) int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	_cleanup_(closep) int errors = memfd_create("ssh", MFD_CLOEXEC);
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct proc_fd fds[] = { { null, 1 }, { errors, 2 } };
	struct proc_spec spec = {
		.argv = argv, .die_with_parent = true, .fds = fds, .fd_count = ARRAY_LEN(fds)
	};
	size_t n = add_fixed(r, argv, 7);

	n = add_where(r, argv, n);
	argv[n++] = "--";
	argv[n++] = r->word;
	if (notify < 0 || errors < 0 || null < 0 ||
		inotify_add_watch(notify, r->scratch, IN_CREATE | IN_MOVED_TO) < 0)
		return err_errno(err, -errno, "preparing to connect");
	r->pidfd = proc_spawn(&spec, &r->pid, err);
	if (r->pidfd < 0)
		return err_wrap(err, r->pidfd, "ssh");
	return wait_connected(r, notify, errors, err);
}

void remote_done(struct remote *r)
{
	if (r->pidfd >= 0) {
		/* SIGTERM is at times not noticed before something else comes. Nothing is under way here. */
		pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
		waitpid(r->pid, NULL, 0);
	}
	fd_close(r->pidfd);
	if (r->scratch)
		fs_remove_tree(AT_FDCWD, r->scratch, NULL);
	free(r->scratch);
	arena_free(r->arena);
	*r = (struct remote){ .pidfd = -1 };
}

/* --- what is run there ----------------------------------------------------------------------------------------- */

int remote_run(struct remote *r, const struct remote_script *s, struct buf *ret, struct err *err)
{
	_cleanup_(buf_done) struct buf command = BUF_INIT;
	const char *argv[REMOTE_WORDS + 10] = { "ssh", "-T", "-o", control_option(r), "-o",
		"ControlMaster=no" };
	size_t n = add_fixed(r, argv, 6);
	struct proc_spec spec = {
		.argv = argv, .output_max = OUTPUT_MAX, .input = s->input, .input_len = s->input_len
	};

	buf_adds(&command, s->root && !r->root ? "sudo -n sh -c " : "sh -c ");
	quote_add(&command, s->text);
	argv[n++] = "--";
	argv[n++] = r->word;
	argv[n++] = command.data;
	int code = proc_check(&spec, ret, err);
	return code < 0 ? err_wrap(err, code, "on %s", r->word) : 0;
}

size_t remote_session_words(struct remote *r, const struct remote_identity *id, const char **argv)
{
	const char *const words[] = { "ssh", "-T", "-o", "BatchMode=yes", "-o", "ControlPath=none", "-o",
		"PreferredAuthentications=publickey", "-o",
		id->agent ? arena_printf(r->arena, "IdentityAgent=%s", id->agent) : "IdentityAgent=none" };
	size_t n = ARRAY_LEN(words);

	memcpy(argv, words, sizeof(words));
	n = add_fixed(r, argv, n);
	argv[n++] = "-p";
	argv[n++] = arena_printf(r->arena, "%d", r->address.port);
	argv[n++] = "-l";
	argv[n++] = r->address.user;
	if (id->config && r->jumps) {
		argv[n++] = "-F";
		argv[n++] = id->config;
	}
	if (id->agent)
		return n;
	argv[n++] = "-oIdentitiesOnly=yes";
	argv[n++] = "-i";
	argv[n++] = id->key;
	return n;
}
