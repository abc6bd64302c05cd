/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/node_status.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"

enum { PODS_MAX = 110, SMALL_FILE = 64 << 10 };

/* The first line of a small file, in ARENA; "" where it can't be read. */
static const char *first_line(struct arena *arena, const char *path)
{
	struct buf text = BUF_INIT;
	const char *line = "";
	if (fs_read(AT_FDCWD, path, SMALL_FILE, &text, NULL) == 0)
		line = arena_strndup(arena, text.data, strcspn(text.data, "\n"));
	buf_done(&text);
	return line;
}

const char *node_boot_id(struct arena *arena)
{
	return first_line(arena, "/proc/sys/kernel/random/boot_id");
}

/* PRETTY_NAME of os-release(5). */
static const char *os_image(struct arena *arena)
{
	struct buf text = BUF_INIT;
	const char *name = "Linux";
	if (fs_read(AT_FDCWD, "/etc/os-release", SMALL_FILE, &text, NULL) == 0) {
		const char *at = strstr(text.data, "PRETTY_NAME=");
		at = at ? at + strlen("PRETTY_NAME=") : NULL;
		if (at && *at == '"')
			name = arena_strndup(arena, at + 1, strcspn(at + 1, "\"\n"));
		else if (at)
			name = arena_strndup(arena, at, strcspn(at, "\n"));
	}
	buf_done(&text);
	return name;
}

static const char *architecture(const char *machine)
{
	static const struct {
		const char *kernel, *go;
	} names[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" } };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(machine, names[i].kernel))
			return names[i].go;
	return machine;
}

/* The interface of the default route (/proc/net/route), or "". */
static void default_interface(char ret[IF_NAMESIZE])
{
	struct buf text = BUF_INIT;
	ret[0] = '\0';
	fs_read(AT_FDCWD, "/proc/net/route", SMALL_FILE, &text, NULL);
	for (const char *line = text.data; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char name[IF_NAMESIZE];
		unsigned long destination;
		if (sscanf(line, "%15s %lx", name, &destination) == 2 && destination == 0) {
			memcpy(ret, name, sizeof(name));
			break;
		}
	}
	buf_done(&text);
}

/* The node's own IPv4 address: of the default route's interface, else the first that is no loopback and no pod's. */
static const char *own_address(struct arena *arena)
{
	char best[INET_ADDRSTRLEN] = "127.0.0.1", wanted[IF_NAMESIZE];
	struct ifaddrs *list;
	bool any = false;
	default_interface(wanted);
	if (getifaddrs(&list) < 0)
		return arena_strdup(arena, best);
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		bool routed = str_eq(i->ifa_name, wanted);
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) ||
			(any && !routed))
			continue;
		struct sockaddr_in in;
		memcpy(&in, i->ifa_addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, best, sizeof(best));
		any = true;
		if (routed)
			break;
	}
	freeifaddrs(list);
	return arena_strdup(arena, best);
}

static struct quantity_map capacity(struct arena *arena, const char *state_dir)
{
	struct quantity_map m = { .items = arena_array(arena, 4, sizeof(*m.items)) };
	struct sysinfo memory = { 0 };
	struct statvfs disk = { 0 };
	sysinfo(&memory);
	statvfs(state_dir, &disk);
	/* Sorted by key. */
	m.items[m.count++] = (struct quantity_pair){ "cpu",
		quantity_from_units(sysconf(_SC_NPROCESSORS_ONLN), QUANTITY_DECIMAL_SI) };
	m.items[m.count++] = (struct quantity_pair){ "ephemeral-storage",
		quantity_from_units((int64_t)(disk.f_blocks * disk.f_frsize), QUANTITY_BINARY_SI) };
	m.items[m.count++] = (struct quantity_pair){ "memory",
		quantity_from_units((int64_t)(memory.totalram * memory.mem_unit), QUANTITY_BINARY_SI) };
	m.items[m.count++] = (struct quantity_pair){ "pods",
		quantity_from_units(PODS_MAX, QUANTITY_DECIMAL_SI) };
	return m;
}

struct node_status *node_status_read(struct arena *arena, const char *state_dir, nsec_t now)
{
	struct node_status *s = arena_alloc(arena, sizeof(*s));
	struct utsname name = { 0 };
	uname(&name);
	s->capacity = s->allocatable = capacity(arena, state_dir);
	s->conditions.items = arena_array(arena, 1, sizeof(*s->conditions.items));
	s->conditions.count = 1;
	s->conditions.items[0] = (struct condition){
		.type = "Ready",
		.status = "True",
		.reason = "AgentReady",
		.message = "the node agent runs pods",
		.last_transition_time = { true, now / NSEC_PER_SEC * NSEC_PER_SEC },
	};
	s->addresses.items = arena_array(arena, 2, sizeof(*s->addresses.items));
	s->addresses.count = 2;
	s->addresses.items[0] = (struct node_address){ "InternalIP", own_address(arena) };
	s->addresses.items[1] = (struct node_address){ "Hostname", arena_strdup(arena, name.nodename) };
	s->node_info = (struct node_info){
		.machine_id = first_line(arena, "/etc/machine-id"),
		.boot_id = node_boot_id(arena),
		.kernel_version = arena_strdup(arena, name.release),
		.os_image = os_image(arena),
		.container_runtime_version = "crun",
		.kubelet_version = "pintle-" PINTLE_VERSION,
		.operating_system = "linux",
		.architecture = arena_strdup(arena, architecture(name.machine)),
	};
	return s;
}

const char *node_status_address(const struct node_status *s)
{
	for (size_t i = 0; i < s->addresses.count; i++)
		if (str_eq(s->addresses.items[i].type, "InternalIP"))
			return s->addresses.items[i].address;
	return "127.0.0.1";
}
