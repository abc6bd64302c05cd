/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The runtime's program waits for the command; killing it alone would leave the command to itself. */
#include "nodeagent/exec.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

struct exec_run {
	struct proc *proc;
	struct loop_source *timer;
	char *pid_path;
	exec_fn fn;
	void *arg;
};

void exec_kill(const char *pid_path)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(closep) int fd = -1;
	int64_t number;
	pid_t pid, group;

	if (fs_read(AT_FDCWD, pid_path, 64, &text, NULL) < 0)
		return;
	buf_truncate(&text, strcspn(text.data, "\n"));
	if (str_to_i64(text.data, &number) < 0 || number <= 1)
		return;
	pid = (pid_t)number;
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return;
	/* The runtime makes a session for the command, whose leader (crun's) may be gone. Without one, the group is not its own. */
	group = getpgid(pid);
	if (group > 1 && getsid(pid) == group && getsid(0) != group)
		kill(-group, SIGKILL);
	pidfd_send_signal(fd, SIGKILL, NULL, 0);
}

static struct exec_run *exec_free(struct exec_run *x)
{
	loop_source_free(x->timer);
	unlink(x->pid_path);
	free(x->pid_path);
	free(x);
	return NULL;
}

struct exec_run *exec_cancel(struct exec_run *x)
{
	if (!x)
		return NULL;
	if (x->proc)
		exec_kill(x->pid_path);
	x->proc = x->proc ? proc_cancel(x->proc) : NULL;
	return exec_free(x);
}

static int on_timeout(void *arg)
{
	struct exec_run *x = arg;
	struct exec_result result = { .timed_out = true, .status = 128 + SIGKILL, .output = "" };

	x->fn(&result, x->arg);
	exec_cancel(x);
	return 0;
}

static void on_done(const struct proc_result *ended, const struct err *err, void *arg)
{
	struct exec_run *x = arg;
	_cleanup_(buf_done) struct buf output = BUF_INIT;
	struct exec_result result = { .status = err ? -err->code : ended->status };

	x->proc = NULL;
	if (err)
		buf_adds(&output, err_text(err));
	else {
		buf_add(&output, ended->out.data, ended->out.len);
		buf_add(&output, ended->errs.data, ended->errs.len);
	}
	if (output.len > EXEC_OUTPUT_MAX)
		buf_truncate(&output, EXEC_OUTPUT_MAX);
	while (output.len > 0 && strchr(" \t\r\n", output.data[output.len - 1]))
		buf_truncate(&output, output.len - 1);
	result.output = output.data;
	x->fn(&result, x->arg);
	exec_free(x);
}

int exec_start(const struct node_services *node, const char *id, const struct strings *command,
	nsec_t timeout, exec_fn fn, void *arg, struct exec_run **ret, struct err *err)
{
	struct exec_run *x = xcalloc(1, sizeof(*x));
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const char **argv = arena_array(a, command->count + 6, sizeof(argv[0]));
	struct proc_spec spec = { .argv = argv, .output_max = EXEC_OUTPUT_MAX };
	size_t n = 0;
	int r = 0;

	/* The address tells apart what runs in one container at once. */
	*x = (struct exec_run){ .fn = fn, .arg = arg };
	x->pid_path = xasprintf("%s/socks/e%p.pid", node->env->run_dir, (void *)x);
	argv[n++] = runtime_program(node->runtime);
	argv[n++] = arena_printf(a, "--root=%s", runtime_root(node->runtime));
	argv[n++] = "exec";
	argv[n++] = arena_printf(a, "--pid-file=%s", x->pid_path);
	argv[n++] = id;
	for (size_t i = 0; i < command->count; i++)
		argv[n++] = command->items[i];
	unlink(x->pid_path);
	if (timeout > 0)
		r = loop_timer(node->loop, time_monotonic() + timeout, on_timeout, x, &x->timer, err);
	if (r >= 0)
		r = proc_start(node->loop, &spec, on_done, x, &x->proc, err);
	if (r < 0) {
		exec_free(x);
		return r;
	}
	*ret = x;
	return 0;
}
