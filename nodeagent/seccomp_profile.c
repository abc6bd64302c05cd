/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * An allow list: everything else answers EPERM. What only a capability permits (mount, bpf, reboot, module loading …) is
 * allowed where the container has that capability. Without SYS_ADMIN clone may make no new namespaces, and clone3, whose
 * arguments a filter can't see, answers ENOSYS so that libc falls back to clone. Sockets are allowed but for AF_VSOCK,
 * personality for the usual values.
 */
#include "nodeagent/seccomp_profile.h"

#include <errno.h>

#include "lib/object/json.h"
#include "nodeagent/oci_spec.h"

static const char *const allowed[] = {
	"accept",
	"accept4",
	"access",
	"adjtimex",
	"alarm",
	"bind",
	"brk",
	"cachestat",
	"capget",
	"capset",
	"chdir",
	"chmod",
	"chown",
	"chown32",
	"clock_adjtime",
	"clock_adjtime64",
	"clock_getres",
	"clock_getres_time64",
	"clock_gettime",
	"clock_gettime64",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"close",
	"close_range",
	"connect",
	"copy_file_range",
	"creat",
	"dup",
	"dup2",
	"dup3",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_ctl_old",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"epoll_wait_old",
	"eventfd",
	"eventfd2",
	"execve",
	"execveat",
	"exit",
	"exit_group",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fadvise64_64",
	"fallocate",
	"fanotify_mark",
	"fchdir",
	"fchmod",
	"fchmodat",
	"fchmodat2",
	"fchown",
	"fchown32",
	"fchownat",
	"fcntl",
	"fcntl64",
	"fdatasync",
	"fgetxattr",
	"flistxattr",
	"flock",
	"fork",
	"fremovexattr",
	"fsetxattr",
	"fstat",
	"fstat64",
	"fstatat64",
	"fstatfs",
	"fstatfs64",
	"fsync",
	"ftruncate",
	"ftruncate64",
	"futex",
	"futex_requeue",
	"futex_time64",
	"futex_wait",
	"futex_waitv",
	"futex_wake",
	"futimesat",
	"getcpu",
	"getcwd",
	"getdents",
	"getdents64",
	"getegid",
	"getegid32",
	"geteuid",
	"geteuid32",
	"getgid",
	"getgid32",
	"getgroups",
	"getgroups32",
	"getitimer",
	"getpeername",
	"getpgid",
	"getpgrp",
	"getpid",
	"getppid",
	"getpriority",
	"getrandom",
	"getresgid",
	"getresgid32",
	"getresuid",
	"getresuid32",
	"getrlimit",
	"get_robust_list",
	"getrusage",
	"getsid",
	"getsockname",
	"getsockopt",
	"get_thread_area",
	"gettid",
	"gettimeofday",
	"getuid",
	"getuid32",
	"getxattr",
	"getxattrat",
	"inotify_add_watch",
	"inotify_init",
	"inotify_init1",
	"inotify_rm_watch",
	"io_cancel",
	"ioctl",
	"io_destroy",
	"io_getevents",
	"io_pgetevents",
	"io_pgetevents_time64",
	"ioprio_get",
	"ioprio_set",
	"io_setup",
	"io_submit",
	"ipc",
	"kill",
	"landlock_add_rule",
	"landlock_create_ruleset",
	"landlock_restrict_self",
	"lchown",
	"lchown32",
	"lgetxattr",
	"link",
	"linkat",
	"listen",
	"listmount",
	"listxattr",
	"listxattrat",
	"llistxattr",
	"_llseek",
	"lremovexattr",
	"lseek",
	"lsetxattr",
	"lstat",
	"lstat64",
	"madvise",
	"map_shadow_stack",
	"membarrier",
	"memfd_create",
	"memfd_secret",
	"mincore",
	"mkdir",
	"mkdirat",
	"mknod",
	"mknodat",
	"mlock",
	"mlock2",
	"mlockall",
	"mmap",
	"mmap2",
	"mprotect",
	"mq_getsetattr",
	"mq_notify",
	"mq_open",
	"mq_timedreceive",
	"mq_timedreceive_time64",
	"mq_timedsend",
	"mq_timedsend_time64",
	"mq_unlink",
	"mremap",
	"mseal",
	"msgctl",
	"msgget",
	"msgrcv",
	"msgsnd",
	"msync",
	"munlock",
	"munlockall",
	"munmap",
	"name_to_handle_at",
	"nanosleep",
	"newfstatat",
	"_newselect",
	"open",
	"openat",
	"openat2",
	"pause",
	"pidfd_getfd",
	"pidfd_open",
	"pidfd_send_signal",
	"pipe",
	"pipe2",
	"pkey_alloc",
	"pkey_free",
	"pkey_mprotect",
	"poll",
	"ppoll",
	"ppoll_time64",
	"prctl",
	"pread64",
	"preadv",
	"preadv2",
	"prlimit64",
	"process_mrelease",
	"pselect6",
	"pselect6_time64",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"pwrite64",
	"pwritev",
	"pwritev2",
	"read",
	"readahead",
	"readlink",
	"readlinkat",
	"readv",
	"recv",
	"recvfrom",
	"recvmmsg",
	"recvmmsg_time64",
	"recvmsg",
	"remap_file_pages",
	"removexattr",
	"removexattrat",
	"rename",
	"renameat",
	"renameat2",
	"restart_syscall",
	"rmdir",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigqueueinfo",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"rt_sigtimedwait_time64",
	"rt_tgsigqueueinfo",
	"sched_getaffinity",
	"sched_getattr",
	"sched_getparam",
	"sched_get_priority_max",
	"sched_get_priority_min",
	"sched_getscheduler",
	"sched_rr_get_interval",
	"sched_rr_get_interval_time64",
	"sched_setaffinity",
	"sched_setattr",
	"sched_setparam",
	"sched_setscheduler",
	"sched_yield",
	"seccomp",
	"select",
	"semctl",
	"semget",
	"semop",
	"semtimedop",
	"semtimedop_time64",
	"send",
	"sendfile",
	"sendfile64",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setfsgid",
	"setfsgid32",
	"setfsuid",
	"setfsuid32",
	"setgid",
	"setgid32",
	"setgroups",
	"setgroups32",
	"setitimer",
	"setpgid",
	"setpriority",
	"setregid",
	"setregid32",
	"setresgid",
	"setresgid32",
	"setresuid",
	"setresuid32",
	"setreuid",
	"setreuid32",
	"setrlimit",
	"set_robust_list",
	"setsid",
	"setsockopt",
	"set_thread_area",
	"set_tid_address",
	"setuid",
	"setuid32",
	"setxattr",
	"setxattrat",
	"shmat",
	"shmctl",
	"shmdt",
	"shmget",
	"shutdown",
	"sigaltstack",
	"signalfd",
	"signalfd4",
	"sigprocmask",
	"sigreturn",
	"socketcall",
	"socketpair",
	"splice",
	"stat",
	"stat64",
	"statfs",
	"statfs64",
	"statmount",
	"statx",
	"symlink",
	"symlinkat",
	"sync",
	"sync_file_range",
	"syncfs",
	"sysinfo",
	"tee",
	"tgkill",
	"time",
	"timer_create",
	"timer_delete",
	"timer_getoverrun",
	"timer_gettime",
	"timer_gettime64",
	"timer_settime",
	"timer_settime64",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_gettime64",
	"timerfd_settime",
	"timerfd_settime64",
	"times",
	"tkill",
	"truncate",
	"truncate64",
	"ugetrlimit",
	"umask",
	"uname",
	"unlink",
	"unlinkat",
	"uretprobe",
	"utime",
	"utimensat",
	"utimensat_time64",
	"utimes",
	"vfork",
	"vmsplice",
	"wait4",
	"waitid",
	"waitpid",
	"write",
	"writev",
	"arch_prctl",
	"modify_ldt",
};

/* What comes with a capability. */
enum { CALLS_MAX = 24 };
static const struct {
	const char *capability;
	const char *names[CALLS_MAX]; /* up to the first NULL */
} by_capability[] = {
	{ "DAC_READ_SEARCH", { "open_by_handle_at" } },
	{ "SYS_ADMIN", { "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick",
			       "lookup_dcookie", "mount", "mount_setattr", "move_mount", "open_tree",
			       "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname",
			       "setns", "syslog", "umount", "umount2", "unshare" } },
	{ "SYS_BOOT", { "reboot" } },
	{ "SYS_CHROOT", { "chroot" } },
	{ "SYS_MODULE", { "delete_module", "init_module", "finit_module" } },
	{ "SYS_NICE", { "get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node" } },
	{ "SYS_PACCT", { "acct" } },
	{ "SYS_PTRACE", { "kcmp", "process_madvise" } },
	{ "SYS_RAWIO", { "iopl", "ioperm" } },
	{ "SYS_TIME", { "settimeofday", "stime", "clock_settime", "clock_settime64" } },
	{ "SYS_TTY_CONFIG", { "vhangup" } },
	{ "SYSLOG", { "syslog" } },
	{ "BPF", { "bpf" } },
	{ "PERFMON", { "perf_event_open" } },
};

/* CLONE_NEW* without CLONE_NEWTIME. */
enum { CLONE_NAMESPACES = 0x7e020000, SOCKET_VSOCK = 40 };

static void rule_begin(struct json_writer *w, const char *name, const char *action)
{
	json_begin_map(w);
	json_key(w, "names");
	json_begin_list(w);
	json_cstring(w, name);
	json_end_list(w);
	json_member_string(w, "action", action);
}

/* Allows NAME when its argument INDEX compares so. */
static void rule_arg(struct json_writer *w, const char *name, int64_t index, int64_t value, int64_t value_two,
	const char *op)
{
	rule_begin(w, name, "SCMP_ACT_ALLOW");
	json_key(w, "args");
	json_begin_list(w);
	json_begin_map(w);
	json_member_int(w, "index", index);
	json_member_int(w, "value", value);
	if (value_two >= 0)
		json_member_int(w, "valueTwo", value_two);
	json_member_string(w, "op", op);
	json_end_map(w);
	json_end_list(w);
	json_end_map(w);
}

static void rule_errno(struct json_writer *w, const char *name, int64_t code)
{
	rule_begin(w, name, "SCMP_ACT_ERRNO");
	json_member_int(w, "errnoRet", code);
	json_end_map(w);
}

/* Allows COUNT system calls, or those up to a NULL. */
static void rule_allow(struct json_writer *w, const char *const *names, size_t count)
{
	json_begin_map(w);
	json_key(w, "names");
	json_begin_list(w);
	for (size_t i = 0; i < count && names[i]; i++)
		json_cstring(w, names[i]);
	json_end_list(w);
	json_member_string(w, "action", "SCMP_ACT_ALLOW");
	json_end_map(w);
}

void seccomp_profile_write(struct buf *out, uint64_t capabilities)
{
	static const int64_t personalities[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };
	struct json_writer w = JSON_WRITER(out, 0);

	json_begin_map(&w);
	json_member_string(&w, "defaultAction", "SCMP_ACT_ERRNO");
	json_member_int(&w, "defaultErrnoRet", EPERM);
	json_key(&w, "syscalls");
	json_begin_list(&w);
	rule_allow(&w, allowed, ARRAY_LEN(allowed));
	for (size_t i = 0; i < ARRAY_LEN(by_capability); i++)
		if (oci_capability_has(capabilities, by_capability[i].capability))
			rule_allow(&w, by_capability[i].names, CALLS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(personalities); i++)
		rule_arg(&w, "personality", 0, personalities[i], -1, "SCMP_CMP_EQ");
	rule_arg(&w, "socket", 0, SOCKET_VSOCK, -1, "SCMP_CMP_NE");
	if (!oci_capability_has(capabilities, "SYS_ADMIN")) {
		rule_arg(&w, "clone", 0, CLONE_NAMESPACES, 0, "SCMP_CMP_MASKED_EQ");
		rule_errno(&w, "clone3", ENOSYS);
	}
	json_end_list(&w);
	json_end_map(&w);
}
