/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* init, up, down: a home and its daemons. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/daemons.h"
#include "reconciler/ctl/hook.h"
#include "reconciler/ctl/verbs.h"

static const struct ctl_option init_options[] = {
	{ "repository", 0, CTL_STRING, "URL",
		"watch this repository (a URL or a path) instead of HOME/desired.git", NULL },
	{ "branch", 0, CTL_STRING, "BRANCH", "the branch that is desired state; default main", NULL },
	{ "path", 0, CTL_STRING, "DIR",
		"the directory of the repository that holds the manifests; default all of it", NULL },
};

static const struct ctl_option up_options[] = {
	{ "detach", 'd', CTL_FLAG, NULL, "return once everything answers; pintle down stops it", NULL },
	{ "listen", 0, CTL_STRING, "ADDR:PORT", "where the status page listens; default 127.0.0.1:8480",
		NULL },
};

static const struct ctl_option down_options[] = {
	{ "pods", 0, CTL_FLAG, NULL, "the pods too: stops them and removes their traces from this host",
		NULL },
};

static void say_where_to_push(const struct home *h)
{
	_cleanup_(freep) char *repository = home_repository(h);
	printf("repository  %s (branch %s%s%s)\n", repository, h->config.branch,
		*h->config.path ? ", below " : "", h->config.path);
	if (repository[0] == '/')
		printf("to push     git clone %s work && cd work && git checkout -B %s\n"
		       "            … add manifests … && git push origin %s\n",
			repository, h->config.branch, h->config.branch);
}

static int run_init(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	struct home_options options = {
		.repository = ctl_string(args, "repository"),
		.branch = ctl_string(args, "branch"),
		.path = ctl_string(args, "path"),
	};
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (home_create(c->home, &options, &err) < 0 || home_open(c->home, &h, &err) < 0 ||
		hook_install(h, &err) < 0)
		return ctl_fail_err(c, &err);
	printf("home        %s\n", h->dir);
	say_where_to_push(h);
	return CTL_DONE;
}

/* The address in HOME/run/status.address, or "". */
static void say_page(const struct home *h, const char *asked)
{
	struct buf text = BUF_INIT;
	if (fs_read(h->fd, "run/status.address", 256, &text, NULL) == 0 && text.len) {
		text.data[strcspn(text.data, "\n")] = '\0';
		printf("status page http://%s/%s\n", text.data,
			str_eq(text.data, asked) ? "" : " (a free port: the one asked for is taken)");
	}
	buf_done(&text);
}

static int start_all(struct ctl *c, const struct home *h, const char *listen)
{
	struct err err = { 0 };
	const char *const status_args[] = { "--listen", listen, NULL };
	for (const struct daemon *d = daemons; d->program; d++) {
		bool started;
		const char *const *extra = str_eq(d->program, "pintle-status") ? status_args : NULL;
		if (daemon_start(h, d, extra, &started, &err) < 0)
			return ctl_fail_err(c, &err);
		printf("%-14s%s (pid %d)\n", d->program, started ? "started" : "runs already",
			(int)home_running(h, d->program));
	}
	return CTL_DONE;
}

static int stop_all(struct ctl *c, const struct home *h)
{
	struct err err = { 0 };
	size_t n = 0;
	int worst = CTL_DONE;
	while (daemons[n].program)
		n++;
	while (n-- > 0) {
		int r = daemon_stop(h, &daemons[n], &err);
		if (r < 0)
			worst = ctl_fail_err(c, &err);
		else if (r > 0)
			printf("%-14sstopped\n", daemons[n].program);
	}
	return worst;
}

/* Waits for Ctrl-C (or SIGTERM), which this process's children do not get: they have sessions of their own. */
static void wait_for_signal(const sigset_t *set)
{
	int signo;
	fflush(stdout);
	sigwait(set, &signo);
	puts("");
}

static int run_up(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	sigset_t set;
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (geteuid() != 0)
		return ctl_fail(c, "the node agent runs containers and needs root: use sudo; "
				   "the home keeps its owner, and the other programs give root up");
	if (home_create(c->home, &(struct home_options){ 0 }, &err) < 0 || home_open(c->home, &h, &err) < 0 ||
		hook_install(h, &err) < 0)
		return ctl_fail_err(c, &err);
	/* Blocked before anything starts, so that a Ctrl-C in between still stops it all. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	bool detach = ctl_flag(args, "detach");
	if (!detach)
		sigprocmask(SIG_BLOCK, &set, NULL);
	const char *listen = ctl_string(args, "listen") ? ctl_string(args, "listen") : h->config.listen;
	int r = start_all(c, h, listen);
	if (r != CTL_DONE)
		return r;
	printf("home        %s\n", h->dir);
	say_page(h, listen);
	say_where_to_push(h);
	if (detach)
		return CTL_DONE;
	puts("Ctrl-C stops these programs; pods keep running.");
	wait_for_signal(&set);
	return stop_all(c, h);
}

/* The agent, started for this alone, stops the pods and removes what they left. */
static int remove_pods(struct ctl *c, const struct home *h)
{
	struct err err = { 0 };
	_cleanup_(freep) char *path = daemon_path("pintle-agent");
	const char *argv[] = { path, "--home", h->dir, "purge", NULL };
	struct proc_spec spec = { .argv = argv };
	if (proc_check(&spec, NULL, &err) < 0)
		return ctl_fail(c, "removing the pods: %s", err_text(&err));
	puts("pods          removed");
	return CTL_DONE;
}

static int run_down(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	int r = stop_all(c, h);
	if (r == CTL_DONE && ctl_flag(args, "pods"))
		r = remove_pods(c, h);
	return r;
}

const struct ctl_verb ctl_verb_init = {
	"init",
	"[--repository URL] [--branch BRANCH] [--path DIR]",
	"Makes a home and, unless it is given one, a bare repository to push to.",
	CTL_OPTIONS(init_options),
	run_init,
	CTL_WORDS_NONE,
};
const struct ctl_verb ctl_verb_up = {
	"up",
	"[--detach] [--listen ADDR:PORT]",
	"Makes a home if needed and starts pintled, a node agent and the status page.",
	CTL_OPTIONS(up_options),
	run_up,
	CTL_WORDS_NONE,
};
const struct ctl_verb ctl_verb_down = {
	"down",
	"[--pods]",
	"Stops what `up --detach` started; with --pods the pods too.",
	CTL_OPTIONS(down_options),
	run_down,
	CTL_WORDS_NONE,
};
