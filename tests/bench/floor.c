/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The floor: what one pod costs when everything is done by hand, with nothing of Pintle above netlink.
 *
 *   floor [--pods N] [--parallel P] [--runs R] [--up]     default 1 1 1; --up: no word about going down
 *
 * Up: per pod, network + IPC + UTS namespaces made by a vfork-like child and held by bind mounts, a routed veth pair through
 * rtnetlink, an overlay of three layers, config.json, conmon + `crun create`, `crun start`. The time is that until the last
 * container's first instruction (it writes the clock). Down: SIGTERM, wait for conmon's exit file, `crun delete`, unmount,
 * let the namespaces go, remove the files.
 *
 * Prints one line of JSON: median and p99 (ms, over the runs) of up, median of down, and all values of both. The container is firstinstr, found beside
 * this program. Everything is made in a private mount namespace and a directory of its own, and removed at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/time.h"
#include "nodeagent/netlink.h"

enum { PATH_LEN = 256, PODS_MAX = 5000, RUNS_MAX = 10000, WAIT_MS = 60000, SYNC_FD = 9, STACK = 65536 };

struct bench {
	int pods, parallel, runs;
	bool up_only;
	char dir[64]; /* scratch */
	char tag[5];  /* of interface names */
	bool v1;      /* control groups */
	int host_netns;
	atomic_int *next; /* pod to be taken by the next idle worker; shared memory */
};

static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *path(char to[PATH_LEN], const char *fmt, ...) _printf_(2, 3);
static char *path(char to[PATH_LEN], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to, PATH_LEN, fmt, ap);
	va_end(ap);
	return to;
}

static void file_write(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(file);
	close(fd);
}

static void directory(const char *at)
{
	if (mkdir(at, 0755) < 0)
		die(at);
}

/* --- sandbox --------------------------------------------------------------------------------------------------- */

static const char *const namespaces[] = { "net", "ipc", "uts" };
static const uint8_t host_mac[NETLINK_MAC] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };
static const struct cidr gateway = { .family = AF_INET, .bytes = { 169, 254, 1, 1 }, .prefix = 32 };

struct ends {
	const struct bench *b;
	int pod;
	struct cidr address;
	uint8_t mac[NETLINK_MAC];
	char peer[16];
	struct err err;
	int code;
};

/* 10.213.x.y */
static struct ends ends_of(const struct bench *b, int pod)
{
	struct ends e = { .b = b, .pod = pod };
	uint8_t bytes[4] = { 10, 213, (uint8_t)((pod + 2) >> 8), (uint8_t)(pod + 2) };

	e.address.family = AF_INET;
	e.address.prefix = 32;
	memcpy(e.address.bytes, bytes, 4);
	e.mac[0] = 0x0a;
	e.mac[1] = 0x58;
	memcpy(e.mac + 2, bytes, 4);
	return e;
}

static int inside(void *arg)
{
	struct ends *e = arg;
	struct netlink_veth veth = {
		.name = "eth0", .index = 2, .peer = e->peer, .peer_netns = e->b->host_netns
	};
	struct netlink_route to_gateway = { .to = gateway, .index = 2 };
	struct netlink_route to_all = { .to = { .family = AF_INET }, .via = &gateway, .index = 2 };
	struct netlink *nl;
	char from[PATH_LEN], to[PATH_LEN];

	e->code = netlink_open(&nl, &e->err);
	if (e->code < 0)
		_exit(0);
	memcpy(veth.mac, e->mac, NETLINK_MAC);
	memcpy(veth.peer_mac, host_mac, NETLINK_MAC);
	netlink_add_veth(nl, &veth);
	netlink_add_quiet(nl, 2);
	netlink_add_link_up(nl, 1);
	netlink_add_link_up(nl, 2);
	netlink_add_address(nl, 2, &e->address);
	netlink_add_neighbour(nl, 2, &gateway, host_mac);
	netlink_add_route(nl, &to_gateway);
	netlink_add_route(nl, &to_all);
	e->code = netlink_commit(nl, &e->err);
	netlink_close(nl);
	if (sethostname("pod", 3) < 0)
		e->code = -errno;
	file_write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	file_write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		path(to, "%s/run/%d/%s", e->b->dir, e->pod, namespaces[i]);
		file_write(to, "");
		if (mount(path(from, "/proc/self/ns/%s", namespaces[i]), to, NULL, MS_BIND, NULL) < 0)
			e->code = -errno;
	}
	_exit(0);
}

/* The name is of the pod and of the run: the kernel takes the last run's interfaces away in its own time. */
static void sandbox_up(const struct bench *b, int pod, int run)
{
	static char stack[STACK];
	struct ends e = ends_of(b, pod);
	struct netlink_route route = { .to = e.address };
	struct netlink *nl;
	pid_t pid;

	snprintf(
		e.peer, sizeof(e.peer), "f%.4s%x.%x", b->tag, (unsigned)pod & 0xffff, (unsigned)run & 0xffff);
	pid = clone(inside, stack + STACK,
		CLONE_VM | CLONE_VFORK | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, &e);
	if (pid < 0 || waitpid(pid, NULL, __WCLONE) < 0)
		die("clone");
	if (e.code == 0)
		e.code = netlink_open(&nl, &e.err);
	if (e.code == 0)
		e.code = netlink_index(nl, e.peer, &route.index);
	if (e.code < 0) {
		errno = -e.code;
		die(err_text(&e.err));
	}
	netlink_add_quiet(nl, route.index);
	netlink_add_proxy_arp(nl, route.index);
	netlink_add_link_up(nl, route.index);
	netlink_add_neighbour(nl, route.index, &e.address, e.mac);
	netlink_add_route(nl, &route);
	if (netlink_commit(nl, &e.err) < 0)
		die(err_text(&e.err));
	netlink_close(nl);
}

static void sandbox_down(const struct bench *b, int pod)
{
	char at[PATH_LEN];

	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		umount2(path(at, "%s/run/%d/%s", b->dir, pod, namespaces[i]), MNT_DETACH);
		unlink(at);
	}
}

/* --- root file system and config.json ----------------------------------------------------------------------------- */

static void rootfs_up(const struct bench *b, int pod)
{
	static const char *const dirs[] = { "", "/upper", "/work", "/rootfs" };
	char at[PATH_LEN], options[6 * PATH_LEN];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		directory(path(at, "%s/disk/%d%s", b->dir, pod, dirs[i]));
	snprintf(options, sizeof(options),
		"lowerdir=%s/layers/3:%s/layers/2:%s/layers/1,upperdir=%s/disk/%d/upper,workdir=%s/disk/%d/"
		"work,"
		"volatile",
		b->dir, b->dir, b->dir, b->dir, pod, b->dir, pod);
	if (mount("overlay", at, "overlay", 0, options) < 0)
		die("mounting the overlay");
}

static const char config_start[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"terminal\":false,\"user\":{\"uid\":0,\"gid\":0},"
	"\"args\":[\"/firstinstr\",\"/out/%d\",\"--stay\"],\"env\":[\"PATH=/bin\"],\"cwd\":\"/\","
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\","
	"\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_"
	"NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_WRITE\"],\"effective\":[\"CAP_"
	"CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_"
	"SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\","
	"\"CAP_KILL\",\"CAP_AUDIT_WRITE\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\","
	"\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_"
	"SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_WRITE\"]}},"
	"\"root\":{\"path\":\"%s/disk/%d/rootfs\"},\"mounts\":["
	"{\"destination\":\"/"
	"proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/"
	"dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\","
	"\"size=65536k\"]},"
	"{\"destination\":\"/dev/"
	"pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":[\"nosuid\",\"noexec\",\"newinstance\","
	"\"ptmxmode=0666\",\"mode=0620\"]},"
	"{\"destination\":\"/dev/"
	"mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/"
	"sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
	"{\"destination\":\"/dev/"
	"shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode="
	"1777\",\"size=65536k\"]},"
	"{\"destination\":\"/out\",\"type\":\"bind\",\"source\":\"%s/out\",\"options\":[\"rbind\",\"rw\"]}],"
	"\"linux\":{\"cgroupsPath\":\"/pintle-floor-%s/%d\",\"resources\":{\"memory\":{\"limit\":67108864},"
	"\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":100000}},\"namespaces\":[{\"type\":\"mount\"},{"
	"\"type\":\"pid\"}";

static void config_write(const struct bench *b, int pod)
{
	char at[PATH_LEN], text[8192];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), config_start, pod, b->dir, pod, b->dir, b->tag, pod);
	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			",{\"type\":\"%s\",\"path\":\"%s/run/%d/%s\"}", i == 0 ? "network" : namespaces[i],
			b->dir, pod, namespaces[i]);
	snprintf(text + len, sizeof(text) - len,
		"%s],\"rootfsPropagation\":\"rprivate\",\"maskedPaths\":"
		"[\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\",\"/proc/"
		"timer_list\",\"/proc/scsi\","
		"\"/sys/firmware\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/"
		"sys\","
		"\"/proc/sysrq-trigger\"]}}",
		b->v1 ? "" : ",{\"type\":\"cgroup\"}");
	file_write(path(at, "%s/run/%d/config.json", b->dir, pod), text);
}

/* --- conmon and crun ---------------------------------------------------------------------------------------------- */

/* Starts a program with /dev/null and, where SYNC is not -1, that as descriptor SYNC_FD. */
static pid_t start(const char *const *argv, const char *cwd, int sync)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (cwd)
		posix_spawn_file_actions_addchdir_np(&actions, cwd);
	if (sync >= 0)
		posix_spawn_file_actions_adddup2(&actions, sync, SYNC_FD);
	/* The interface wants no const for historical reasons. */
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0) {
		errno = r;
		die(argv[0]);
	}
	return pid;
}

static void run(const char *const *argv)
{
	int status;
	pid_t pid = start(argv, NULL, -1);

	if (waitpid(pid, &status, 0) < 0 || status != 0)
		die(argv[2]);
}

static void container_up(const struct bench *b, int pod)
{
	char id[32], root[PATH_LEN], bundle[PATH_LEN], pidfile[PATH_LEN], exits[PATH_LEN];
	char socks[PATH_LEN], log[PATH_LEN], answer[4096];
	const char *const conmon[] = { "conmon", "--api-version", "1", "--socket-dir-path", socks, "-c", id,
		"-u", id, "-n", id, "-r", "/usr/bin/crun", "--runtime-arg", root, "-b", bundle, "-p", pidfile,
		"--exit-dir", exits, "--persist-dir", bundle, "-l", log, NULL };
	const char *const crun_start[] = { "crun", root, "start", id, NULL };
	int fds[2];
	size_t len = 0;
	pid_t pid;

	snprintf(id, sizeof(id), "floor-%s-%d", b->tag, pod);
	path(root, "--root=%s/run/crun", b->dir);
	path(bundle, "%s/run/%d", b->dir, pod);
	path(pidfile, "%s/run/%d/pidfile", b->dir, pod);
	path(exits, "%s/run/%d/exits", b->dir, pod);
	path(socks, "%s/run/%d", b->dir, pod);
	path(log, "k8s-file:%s/disk/%d/log", b->dir, pod);
	directory(exits);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe");
	pid = start(conmon, bundle, fds[1]);
	close(fds[1]);
	for (ssize_t n; len < sizeof(answer) - 1 && !memchr(answer, '\n', len); len += (size_t)n) {
		n = read(fds[0], answer + len, sizeof(answer) - 1 - len);
		if (n <= 0)
			break;
	}
	answer[len] = '\0';
	close(fds[0]);
	waitpid(pid, NULL, 0);
	if (!strstr(answer, "\"data\"") || strstr(answer, "-1")) {
		fprintf(stderr, "floor: conmon: %s\n", answer);
		exit(1);
	}
	run(crun_start);
}

/* Waits until file NAME of DIR, which WATCH watches, has something in it. */
static void wait_file(const char *dir, const char *name, int watch)
{
	char events[4096], at[PATH_LEN];
	struct pollfd p = { .fd = watch, .events = POLLIN };

	path(at, "%s/%s", dir, name);
	for (struct stat st; stat(at, &st) < 0 || st.st_size == 0;)
		if (poll(&p, 1, WAIT_MS) <= 0 || read(watch, events, sizeof(events)) < 0)
			die(at);
}

static int watch_dir(const char *dir)
{
	int watch = inotify_init1(IN_CLOEXEC);

	if (watch < 0 || inotify_add_watch(watch, dir, IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
		die(dir);
	return watch;
}

static void container_down(const struct bench *b, int pod)
{
	char id[32], root[PATH_LEN], exits[PATH_LEN], at[PATH_LEN];
	const char *const crun_delete[] = { "crun", root, "delete", id, NULL };
	struct buf pid = BUF_INIT;
	int watch;

	snprintf(id, sizeof(id), "floor-%s-%d", b->tag, pod);
	path(root, "--root=%s/run/crun", b->dir);
	path(exits, "%s/run/%d/exits", b->dir, pod);
	watch = watch_dir(exits);
	if (fs_read(AT_FDCWD, path(at, "%s/run/%d/pidfile", b->dir, pod), 32, &pid, NULL) < 0)
		die(at);
	kill((pid_t)atoi(pid.data), SIGTERM);
	buf_done(&pid);
	wait_file(exits, id, watch);
	close(watch);
	run(crun_delete);
}

/* --- pods --------------------------------------------------------------------------------------------------------- */

static void pod_up(const struct bench *b, int pod, int nr)
{
	char at[PATH_LEN];

	directory(path(at, "%s/run/%d", b->dir, pod));
	sandbox_up(b, pod, nr);
	rootfs_up(b, pod);
	config_write(b, pod);
	container_up(b, pod);
}

static void pod_down(const struct bench *b, int pod, int nr)
{
	char at[PATH_LEN];

	(void)nr;
	container_down(b, pod);
	umount2(path(at, "%s/disk/%d/rootfs", b->dir, pod), MNT_DETACH);
	sandbox_down(b, pod);
	if (fs_remove_tree(AT_FDCWD, path(at, "%s/disk/%d", b->dir, pod), NULL) < 0 ||
		fs_remove_tree(AT_FDCWD, path(at, "%s/run/%d", b->dir, pod), NULL) < 0)
		die(at);
}

static void work(const struct bench *b, void (*fn)(const struct bench *, int, int), int nr)
{
	for (int pod; (pod = atomic_fetch_add(b->next, 1)) < b->pods;)
		fn(b, pod, nr);
}

/* FN for each pod, PARALLEL at once; one alone is done in this process. */
static void all(const struct bench *b, void (*fn)(const struct bench *, int, int), int nr)
{
	int status, failed = 0, workers = b->parallel < b->pods ? b->parallel : b->pods;

	atomic_store(b->next, 0);
	if (workers == 1) {
		work(b, fn, nr);
		return;
	}
	for (int i = 0; i < workers; i++)
		if (fork() == 0) {
			work(b, fn, nr);
			_exit(0);
		}
	for (int i = 0; i < workers; i++)
		failed += wait(&status) < 0 || status != 0;
	if (failed)
		exit(1);
}

/* The latest first instruction, once all have written theirs. */
static nsec_t latest_clock(const struct bench *b, int watch)
{
	nsec_t latest = 0;
	char dir[PATH_LEN], name[16], at[PATH_LEN];

	path(dir, "%s/out", b->dir);
	for (int pod = 0; pod < b->pods; pod++) {
		struct buf text = BUF_INIT;
		nsec_t t;

		snprintf(name, sizeof(name), "%d", pod);
		wait_file(dir, name, watch);
		if (fs_read(AT_FDCWD, path(at, "%s/%s", dir, name), 64, &text, NULL) < 0)
			die(at);
		t = strtoll(text.data, NULL, 10);
		latest = t > latest ? t : latest;
		buf_done(&text);
		unlink(at);
	}
	return latest;
}

static void measure(const struct bench *b, int nr, double *ret_up, double *ret_down)
{
	char dir[PATH_LEN];
	int watch = watch_dir(path(dir, "%s/out", b->dir));
	nsec_t begin = time_now();

	all(b, pod_up, nr);
	*ret_up = (double)(latest_clock(b, watch) - begin) / 1e6;
	close(watch);
	begin = time_now();
	all(b, pod_down, nr);
	*ret_down = (double)(time_now() - begin) / 1e6;
}

/* --- what is there before and after ----------------------------------------------------------------------------------- */

static void layers_make(const struct bench *b)
{
	char self[PATH_LEN], from[PATH_LEN], at[PATH_LEN];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct buf program = BUF_INIT;

	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	directory(path(at, "%s/layers", b->dir));
	for (int i = 1; i <= 3; i++)
		directory(path(at, "%s/layers/%d", b->dir, i));
	if (fs_read(AT_FDCWD, path(from, "%s/firstinstr", self), 16 << 20, &program, NULL) < 0)
		die(from);
	if (fs_write(AT_FDCWD, path(at, "%s/layers/1/firstinstr", b->dir), program.data, program.len, 0755, 0,
		    NULL) < 0)
		die(at);
	buf_done(&program);
	directory(path(at, "%s/layers/2/etc", b->dir));
	file_write(path(at, "%s/layers/2/etc/passwd", b->dir), "root:x:0:0::/:/bin/sh\n");
	file_write(path(at, "%s/layers/3/motd", b->dir), "floor\n");
}

static void prepare(struct bench *b)
{
	static const char *const dirs[] = { "run", "disk", "out" };
	char at[PATH_LEN];

	strcpy(b->dir, "/tmp/pintle-floor-XXXXXX");
	if (!mkdtemp(b->dir))
		die("/tmp");
	memcpy(b->tag, b->dir + strlen(b->dir) - 4, 5);
	/* crun refuses hybrid control groups: in our own mount namespace they are version 1. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("a mount namespace");
	b->v1 = access("/sys/fs/cgroup/memory", F_OK) == 0;
	if (b->v1)
		umount2("/sys/fs/cgroup/unified", MNT_DETACH);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		directory(path(at, "%s/%s", b->dir, dirs[i]));
	fs_spread(AT_FDCWD, path(at, "%s/disk", b->dir));
	if (mount("tmpfs", path(at, "%s/run", b->dir), "tmpfs", 0, NULL) < 0)
		die(at);
	layers_make(b);
	b->host_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	b->next = mmap(NULL, sizeof(*b->next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->host_netns < 0 || b->next == MAP_FAILED || setenv("_OCI_SYNCPIPE", "9", 1) < 0)
		die("preparing");
}

static void group_remove(const struct bench *b, const char *hierarchy)
{
	char at[PATH_LEN];

	for (int pod = 0; pod < b->pods; pod++)
		rmdir(path(at, "%s/pintle-floor-%s/%d", hierarchy, b->tag, pod));
	rmdir(path(at, "%s/pintle-floor-%s", hierarchy, b->tag));
}

/* The group that crun made above those of the containers: in the root, or in each hierarchy. */
static void groups_remove(const struct bench *b)
{
	static const char root[] = "/sys/fs/cgroup";
	DIR *d = b->v1 ? opendir(root) : NULL;
	char at[PATH_LEN];

	group_remove(b, root);
	for (struct dirent *e; d && (e = readdir(d));)
		group_remove(b, path(at, "%s/%s", root, e->d_name));
	if (d)
		closedir(d);
}

/* What a run that failed left running. */
static void containers_kill(const struct bench *b)
{
	char at[PATH_LEN];

	for (int pod = 0; pod < b->pods; pod++) {
		struct buf pid = BUF_INIT;
		struct pollfd p = { .events = POLLIN };

		if (fs_read(AT_FDCWD, path(at, "%s/run/%d/pidfile", b->dir, pod), 32, &pid, NULL) == 0) {
			p.fd = pidfd_open((pid_t)atoi(pid.data), 0);
			if (p.fd >= 0 && pidfd_send_signal(p.fd, SIGKILL, NULL, 0) == 0)
				poll(&p, 1, WAIT_MS);
			fd_close(p.fd);
		}
		buf_done(&pid);
		umount2(path(at, "%s/disk/%d/rootfs", b->dir, pod), MNT_DETACH);
	}
}

static void clean(const struct bench *b)
{
	char at[PATH_LEN];

	containers_kill(b);
	groups_remove(b);
	umount2(path(at, "%s/run", b->dir), MNT_DETACH);
	if (fs_remove_tree(AT_FDCWD, b->dir, NULL) < 0)
		die(b->dir);
}

/* --- main --------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(v[0]), compare);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

static int number(const char *text, int max)
{
	int n = atoi(text);

	if (n < 1 || n > max) {
		fprintf(stderr, "floor: %s is not 1 to %d\n", text, max);
		exit(2);
	}
	return n;
}

static void options_read(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {
		{ "pods", required_argument, NULL, 'n' },
		{ "parallel", required_argument, NULL, 'p' },
		{ "runs", required_argument, NULL, 'r' },
		{ "up", no_argument, NULL, 'u' },
		{ 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "n:p:r:u", options, NULL)) != -1;) {
		switch (c) {
		case 'n':
			b->pods = number(optarg, PODS_MAX);
			break;
		case 'p':
			b->parallel = number(optarg, PODS_MAX);
			break;
		case 'r':
			b->runs = number(optarg, RUNS_MAX);
			break;
		case 'u':
			b->up_only = true;
			break;
		default:
			fprintf(stderr, "usage: floor [--pods N] [--parallel P] [--runs R] [--up]\n");
			exit(2);
		}
	}
}

static void values_print(const char *name, const double *v, int n)
{
	printf(",\"%s\":[", name);
	for (int i = 0; i < n; i++)
		printf("%s%.3f", i ? "," : "", v[i]);
	putchar(']');
}

static void bench_run(const struct bench *b)
{
	static double up[RUNS_MAX], down[RUNS_MAX];
	double p50;

	for (int i = 0; i < b->runs; i++)
		measure(b, i, &up[i], &down[i]);
	p50 = median(up, b->runs);
	printf("{\"pods\":%d,\"parallel\":%d,\"runs\":%d,\"median\":%.3f,\"p99\":%.3f,\"up\":%.3f", b->pods,
		b->parallel, b->runs, p50, up[(b->runs * 99 + 99) / 100 - 1], p50);
	values_print("ups", up, b->runs);
	if (!b->up_only) {
		printf(",\"down\":%.3f", median(down, b->runs));
		values_print("downs", down, b->runs);
	}
	printf("}\n");
}

/* The work is done in a process group of its own, so that all is removed however it ends. */
int main(int argc, char **argv)
{
	struct bench b = { .pods = 1, .parallel = 1, .runs = 1 };
	int status, signo;
	sigset_t set, old;
	pid_t pid;

	options_read(&b, argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	prepare(&b);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		sigprocmask(SIG_SETMASK, &old, NULL);
		bench_run(&b);
		return 0;
	}
	setpgid(pid, pid);
	if (pid < 0 || sigwait(&set, &signo) != 0)
		die("running");
	if (signo != SIGCHLD)
		kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	clean(&b);
	return status == 0 ? 0 : 1;
}
