/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/node_status.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
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

/* PODS_MAX: what a node's part of the pod network has addresses for, by default; requests say what fits of the rest. */
enum { PODS_MAX = 500, SMALL_FILE = 64 << 10, ROUTES_MAX = 16 << 20 };

enum { CONDITIONS_MAX = 4 };

/* How much of the images is told. */
enum { IMAGES_MAX = 50, NAMES_MAX = 5 };

/* The first line of a small file, in ARENA; "" where it can't be read. */
static const char *first_line(struct arena *arena, const char *path)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	fs_read(AT_FDCWD, path, SMALL_FILE, &text, NULL);
	return arena_strndup(arena, text.data, strcspn(text.data, "\n"));
}

const char *node_boot_id(struct arena *arena)
{
	return first_line(arena, "/proc/sys/kernel/random/boot_id");
}

/* The value of VARIABLE=… in LINE, without the quotes of a shell; NULL where LINE sets something else. */
static const char *shell_value(struct arena *arena, const char *line, const char *variable)
{
	const char *value = str_after(line, variable);
	char ends[] = "'\n";

	if (!value || *value != '=')
		return NULL;
	value++;
	if (*value != '"' && *value != '\'')
		return arena_strndup(arena, value, strcspn(value, " \t\n"));
	ends[0] = *value;
	return arena_strndup(arena, value + 1, strcspn(value + 1, ends));
}

const char *node_os_name(struct arena *arena, const char *os_release)
{
	const char *name = NULL, *found;

	/* As in a shell, the last one counts. */
	for (const char *line = os_release; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if ((found = shell_value(arena, line, "PRETTY_NAME")))
			name = found;
	return str_empty(name) ? "Linux" : name;
}

static const char *os_image(struct arena *arena)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	/* os-release(5): the second one where there is no first. */
	if (fs_read(AT_FDCWD, "/etc/os-release", SMALL_FILE, &text, NULL) < 0)
		fs_read(AT_FDCWD, "/usr/lib/os-release", SMALL_FILE, &text, NULL);
	return node_os_name(arena, text.data);
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

const char *node_default_interface(const char *routes, char ret[IF_NAMESIZE])
{
	for (const char *line = routes; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned long destination, gateway, mask;
		unsigned flags;

		/* Interface, destination, gateway, flags, three counters, mask. The kernel sorts by metric. */
		if (sscanf(line, "%15s %lx %lx %x %*s %*s %*s %lx", ret, &destination, &gateway, &flags,
			    &mask) == 5 &&
			destination == 0 && mask == 0 && (flags & (RTF_UP | RTF_REJECT)) == RTF_UP)
			return ret;
	}
	ret[0] = '\0';
	return ret;
}

static void default_interface(char ret[IF_NAMESIZE])
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	/* A line for each pod, beside the host's own. */
	fs_read(AT_FDCWD, "/proc/net/route", ROUTES_MAX, &text, NULL);
	node_default_interface(text.data, ret);
}

/* Good on its link only (RFC 3927), as that of pods' gateway is. */
static bool is_link_local(const struct sockaddr_in *a)
{
	return ntohl(a->sin_addr.s_addr) >> 16 == 0xa9fe;
}

/* The node's own IPv4 address: of the default route's interface, else the first that is no loopback and not link-local. */
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
		if (!routed && is_link_local(&in))
			continue;
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
	s->conditions.items = arena_array(arena, CONDITIONS_MAX, sizeof(*s->conditions.items));
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

void node_status_disk(struct node_status *s, const char *why, nsec_t since, struct arena *arena)
{
	s->conditions.items[s->conditions.count++] = (struct condition){
		.type = "DiskPressure",
		.status = "True",
		.reason = "StateDirectoryTakesNothing",
		.message = arena_strdup(arena, why),
		.last_transition_time = { true, since / NSEC_PER_SEC * NSEC_PER_SEC },
	};
}

/* --- images ------------------------------------------------------------------------------------------ */

static int largest_first(const void *x, const void *y)
{
	const struct image *a = *(struct image *const *)x, *b = *(struct image *const *)y;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->names.count == 0 || b->names.count == 0)
		return (a->names.count == 0) - (b->names.count == 0);
	return strcmp(a->names.items[0], b->names.items[0]);
}

static struct node_image image_told(const struct image *i, struct arena *arena)
{
	struct node_image ret = { .size_bytes = i->size };

	ret.names.count = i->names.count < NAMES_MAX ? i->names.count : NAMES_MAX;
	ret.names.items = arena_array(arena, ret.names.count, sizeof(ret.names.items[0]));
	for (size_t k = 0; k < ret.names.count; k++)
		ret.names.items[k] = arena_strdup(arena, i->names.items[k]);
	return ret;
}

void node_status_images(struct node_status *s, struct image_store *store, struct arena *arena)
{
	struct image_list list = { 0 };

	s->images.items = NULL;
	s->images.count = 0;
	if (!store || image_store_list(store, &list, NULL, NULL) < 0)
		return;
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(list.items[0]), largest_first);
	s->images.items = arena_array(arena, IMAGES_MAX, sizeof(s->images.items[0]));
	for (size_t i = 0; i < list.count && s->images.count < IMAGES_MAX; i++)
		if (list.items[i]->names.count > 0)
			s->images.items[s->images.count++] = image_told(list.items[i], arena);
	image_list_done(&list);
}

const char *node_status_address(const struct node_status *s)
{
	for (size_t i = 0; i < s->addresses.count; i++)
		if (str_eq(s->addresses.items[i].type, "InternalIP"))
			return s->addresses.items[i].address;
	return "127.0.0.1";
}
