/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/agent_home.h"
#include "nodeagent/join.h"
#include "nodeagent/mountns.h"
#include "nodeagent/mounts.h"
#include "nodeagent/node_status.h"
#include "nodeagent/podnet.h"
#include "nodeagent/session.h"
#include "nodeagent/subnet.h"
#include "nodeagent/volume.h"

#define LOG_ROOT "/var/log/pods"
#define OOM_ADJUST "/proc/self/oom_score_adj"

/* All that runs, in the order in which it was opened. */
struct agent {
	struct agent_home home;
	int claim;
	struct node_env env;
	struct identity identity;
	struct arena *arena; /* of the node's status at start */
	struct node_services node;
	struct loop_source *signals[3];
	struct pods *pods;
	struct sessions *sessions;
	bool purging;
};

static const char *const unpack_command[] = { "/proc/self/exe", "unpack", NULL };
static const char *const sweep_command[] = { "/proc/self/exe", "sweep", NULL };

/* --- the ground ---------------------------------------------------------------------------------------- */

/* The lowest oom_score_adj that this process may give; as low as kubelet's own for itself where it may. */
static int64_t protect_from_oom(void)
{
	static const char wanted[] = "-999";
	struct buf text = BUF_INIT;
	int64_t now = 0;
	_cleanup_(closep) int fd = open(OOM_ADJUST, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, wanted, strlen(wanted)) == (ssize_t)strlen(wanted))
		return -1000;
	if (fs_read(AT_FDCWD, OOM_ADJUST, 64, &text, NULL) == 0) {
		text.data[strcspn(text.data, "\n")] = '\0';
		str_to_i64(text.data, &now);
	}
	buf_done(&text);
	return now;
}

static int open_ground(struct agent *a, const char *home, struct err *err)
{
	int r = agent_home_open(home, &a->home, err);
	if (r < 0)
		return r;
	a->claim = agent_home_claim(&a->home, err);
	if (a->claim < 0)
		return a->claim;
	r = node_env_init(&a->env, a->home.dir, a->home.cluster_id, err);
	if (r == 0)
		r = mountns_enter(&a->env, err);
	if (r >= 0)
		r = fs_mkdir_p(AT_FDCWD, a->env.state_dir, 0700, err);
	if (r == 0)
		r = volume_prepare_tmpfs(a->env.run_dir, err);
	if (r == 0)
		r = identity_load(a->env.state_dir, &a->identity, err);
	return r;
}

/* --- the services that pods stand on ------------------------------------------------------------------ */

static int on_changed(void *arg);

/* The OCI runtime's absolute path, which conmon wants, into RET. */
static int find_runtime(char *ret, size_t size, struct err *err)
{
	static const char *const dirs[] = { "/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin",
		"/bin" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		snprintf(ret, size, "%s/crun", dirs[i]);
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return err_set(err, -ENOENT, "crun is not installed: apt-get install crun conmon");
}

static int open_services(struct agent *a, struct err *err)
{
	char crun[256];
	struct node_services *n = &a->node;
	_cleanup_(freep) char *images = xasprintf("%s/images", a->env.state_dir);
	_cleanup_(freep) char *trash = xasprintf("%s/trash", a->env.state_dir);
	struct image_store_options store = { .dir = images, .unpack_command = unpack_command };
	a->arena = arena_new(0);
	struct node_status *status = node_status_read(a->arena, a->env.state_dir, time_now());
	n->env = &a->env;
	n->identity = &a->identity;
	n->log_root = LOG_ROOT;
	snprintf(n->host_ip, sizeof(n->host_ip), "%s", node_status_address(status));
	n->allocatable = &status->allocatable;
	n->memory = quantity_units(quantity_map_get(&status->allocatable, "memory"));
	n->oom_score_adj_min = protect_from_oom();
	int r = loop_new(&n->loop, err);
	if (r == 0)
		r = cgroup_open(&a->env, &n->cgroups, err);
	if (r == 0)
		r = image_store_open(&store, &n->images, err);
	if (r == 0)
		r = trash_open(n->loop, trash, sweep_command, &n->trash, err);
	if (r == 0)
		r = held_open(a->env.state_dir, a->env.run_dir, &n->held, err);
	if (r == 0)
		r = find_runtime(crun, sizeof(crun), err);
	if (r == 0)
		r = runtime_open(n->loop, a->env.run_dir, crun, &n->runtime, err);
	if (r < 0)
		return r;
	n->routes = routes_open(&a->env);
	subnet_open(n);
	routes_sync(n->routes, a->identity.node);
	n->pulls = image_pulls_new(n->loop, n->images, a->env.run_dir);
	a->pods = pods_new(n, on_changed, a);
	return pods_recover(a->pods, err);
}

/* The reverse of what was opened; pods go on. */
static void agent_done(struct agent *a)
{
	struct node_services *n = &a->node;
	sessions_free(a->sessions);
	pods_free(a->pods);
	image_pulls_free(n->pulls);
	runtime_close(n->runtime);
	trash_close(n->trash);
	held_close(n->held);
	image_store_close(n->images);
	cgroup_close(n->cgroups);
	subnet_close(n);
	routes_close(n->routes);
	for (size_t i = 0; i < ARRAY_LEN(a->signals); i++)
		loop_source_free(a->signals[i]);
	loop_free(n->loop);
	arena_free(a->arena);
	identity_done(&a->identity);
	node_env_done(&a->env);
	fd_close(a->claim);
	agent_home_done(&a->home);
}

/* --- the daemon ----------------------------------------------------------------------------------------------- */

static int on_signal(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg, 0);
	return 0;
}

static int watch_signals(struct agent *a, struct err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	/* A command that is run in a container need not read its standard input. Children get the default again. */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		int r = loop_signal(a->node.loop, signals[i], on_signal, a->node.loop, &a->signals[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int serve(struct agent *a, int64_t protocol, struct err *err)
{
	int r = watch_signals(a, err);
	if (r < 0)
		return r;
	struct session_options options = {
		.node = &a->node,
		.identity = &a->identity,
		.cluster_id = a->home.cluster_id,
		.pods = a->pods,
		.owner = a->home.owner,
		.protocol = protocol,
		.listen_fd = agent_home_listen(&a->home, err),
	};
	if (options.listen_fd < 0)
		return options.listen_fd;
	r = sessions_new(&options, &a->sessions, err);
	if (r < 0)
		return r;
	log_info("runs pods of %s", a->home.dir);
	return loop_run(a->node.loop, err);
}

int agent_run(const char *home, int64_t protocol)
{
	struct agent a = { .claim = -1, .home = { .fd = -1 } };
	struct err err = { 0 };
	int r = open_ground(&a, home, &err);
	if (r >= 0)
		r = open_services(&a, &err);
	if (r >= 0)
		r = serve(&a, protocol, &err);
	if (r < 0)
		log_error("%s", err_text(&err));
	agent_done(&a);
	return r < 0;
}

/* --- purge ------------------------------------------------------------------------------------------------------ */

/* Gone pods are forgotten at once, since no reconciler will ask; when none is left, the loop ends. */
static void forget_gone(struct agent *a)
{
	for (size_t i = pods_count(a->pods); i-- > 0;) {
		struct pod_view v = pods_view(a->pods, i);
		if (v.gone)
			pods_forget(a->pods, v.uid);
	}
	if (pods_count(a->pods) == 0)
		loop_stop(a->node.loop, 0);
}

static int on_changed(void *arg)
{
	struct agent *a = arg;
	if (a->purging)
		forget_gone(a);
	else if (a->sessions)
		sessions_changed(a->sessions);
	return 0;
}

static int stop_pods(struct agent *a, struct err *err)
{
	struct arena *arena = arena_new(0);
	size_t count = pods_count(a->pods);
	const char **uids = arena_array(arena, count, sizeof(*uids));
	for (size_t i = 0; i < count; i++)
		uids[i] = arena_strdup(arena, pods_view(a->pods, i).uid);
	a->purging = true;
	for (size_t i = 0; i < count; i++)
		pods_remove(a->pods, uids[i], -1);
	arena_free(arena);
	return count ? loop_run(a->node.loop, err) : 0;
}

/* What is left of the home on this host once no pod is. The state directory keeps images and identity. */
static int remove_traces(struct agent *a, struct err *err)
{
	int r = cgroup_remove_all(a->node.cgroups, err);
	if (r == 0)
		r = routes_down(&a->env, err);
	if (r == 0)
		r = podnet_down(&a->env, err);
	return r;
}

/* Outside of the private mount namespace: its pin, and the run directory. */
static int remove_run_dir(const struct node_env *env, struct err *err)
{
	int r = mountns_remove(env, err);
	if (r == 0)
		r = mounts_unmount_beneath(env->run_dir, err);
	return r < 0 ? r : fs_remove_tree(AT_FDCWD, env->run_dir, err);
}

static int purge(struct agent *a, const char *home, int outside, struct err *err)
{
	int r = open_ground(a, home, err);
	if (r >= 0)
		r = open_services(a, err);
	if (r >= 0)
		r = stop_pods(a, err);
	if (r >= 0)
		r = remove_traces(a, err);
	if (r >= 0 && setns(outside, CLONE_NEWNS) < 0)
		r = err_errno(err, -errno, "leaving the mount namespace");
	return r < 0 ? r : remove_run_dir(&a->env, err);
}

int agent_purge(const char *home)
{
	struct agent a = { .claim = -1, .home = { .fd = -1 } };
	struct err err = { 0 };
	_cleanup_(closep) int outside = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int r = purge(&a, home, outside, &err);
	if (r < 0)
		log_error("%s", err_text(&err));
	agent_done(&a);
	return r < 0;
}

/* --- session ------------------------------------------------------------------------------------------------------ */

/* A key without a forced command could do more than this, and is not what the node should carry. */
static int check_forced(struct err *err)
{
	if (getenv("SSH_CONNECTION") && !getenv("SSH_ORIGINAL_COMMAND"))
		return err_set(err, -EPERM,
			"this SSH key may run any command: put restrict,command=\"…/pintle-agent session\" "
			"before it "
			"in authorized_keys");
	return 0;
}

int agent_session(const char *home)
{
	struct agent_home h;
	struct err err = { 0 };
	int r = check_forced(&err);
	if (r == 0)
		r = agent_home_open(home, &h, &err);
	if (r == 0) {
		_cleanup_(closep) int fd = agent_home_connect(&h, &err);
		r = fd < 0 ? fd : join_streams(STDIN_FILENO, STDOUT_FILENO, fd, &err);
		agent_home_done(&h);
	}
	if (r < 0) /* for the other end, who compares it with what it was told before: no time */
		fprintf(stderr, "pintle-agent: %s\n", err_text(&err));
	return r < 0;
}
