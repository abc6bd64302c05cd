/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Any bytes as what a reconciler says to an agent: the real session_message.c takes them, and what becomes of them goes to
 * parts without pods, disks and sockets. What the agent says is read back; nothing but a welcome, and what is said of versions, pings and
 * errors, is taken before a welcome; the term never falls; a pod's decision and status can be made at once.
 *
 * Bytes come in two pieces, cut in the middle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/disk.h"
#include "nodeagent/pod_status.h"
#include "nodeagent/session_private.h"
#include "nodeagent/subnet.h"
#include "tests/fuzz/fuzz.h"

#define CLUSTER "c"

/* --- parts without a world around them -------------------------------------------------------------------- */

/* What the parts keep: this program's alone. */
static struct {
	bool welcomed, disk_full;
	struct peers peers;
	char *subnet;
} fake;

static void promise(bool holds)
{
	if (!holds)
		abort();
}

void log_error(const char *fmt, ...)
{
	(void)fmt;
}

void log_warning(const char *fmt, ...)
{
	(void)fmt;
}

int64_t sessions_protocol(const struct sessions *all)
{
	return all->o.protocol > 0 ? all->o.protocol : WIRE_VERSION;
}

void session_close(struct session *s)
{
	s->closing = true;
}

/* All that is said is a whole message. */
void session_flush(struct session *s)
{
	struct wire_reader r;
	const char *line;
	size_t len;

	wire_reader_init(&r, 0);
	wire_reader_feed(&r, s->out.data, s->out.len);
	while (wire_reader_line(&r, &line, &len) > 0) {
		struct wire_message m = { 0 };

		promise(wire_parse(line, len, &m, NULL) == 0 && m.type != WIRE_UNKNOWN);
		wire_message_done(&m);
	}
	promise(r.start == r.in.len);
	wire_reader_done(&r);
	buf_clear(&s->out);
}

void session_error(struct session *s, const char *code, const char *message, struct opt_int term)
{
	wire_write_error(&s->out, &(struct wire_error){ .code = code, .message = message, .term = term });
	session_flush(s);
}

void session_report(struct session *s, struct arena *a, const struct strings *uids, bool node)
{
	(void)a, (void)uids, (void)node;
	promise(s->welcomed);
	fake.welcomed = true;
}

int pods_assign(struct pods *p, struct object *pod, const char *digest, const struct string_map *refs,
	struct err *err)
{
	struct pod_record record = { 0 };
	struct pod_decision d;
	struct arena *a = arena_new(0);
	const struct pod_status_input in = {
		.pod = object_pod(pod), .record = &record, .cluster = "c", .host_ip = "10.0.0.1", .now = 1
	};

	(void)p, (void)digest;
	promise(fake.welcomed);
	for (size_t i = 0; i < refs->count; i++)
		promise(refs->items[i].key);
	if (in.pod->spec.containers.count + in.pod->spec.init_containers.count <= POD_CONTAINERS_MAX) {
		record_init(&record, in.pod, 1);
		pod_decide(in.pod, &record, 1, &d);
		pod_status_build(a, &in);
		record_done(&record);
	}
	arena_free(a);
	return str_empty(pod->meta->uid) ? err_set(err, -EINVAL, "no UID") : 0;
}

void pods_remove(struct pods *p, const char *uid, int64_t grace)
{
	(void)p, (void)uid, (void)grace;
	promise(fake.welcomed);
}

void pods_forget(struct pods *p, const char *uid)
{
	(void)p;
	promise(uid);
}

bool pods_refer_to(const struct pods *p, const char *hash)
{
	(void)p;
	return str_starts(str_or_empty(hash), "k");
}

void pods_retry(struct pods *p)
{
	(void)p;
}

struct strings pods_changed(struct pods *p, struct arena *arena)
{
	(void)p, (void)arena;
	return (struct strings){ 0 };
}

int held_add(struct held *h, const char *hash, struct object *object, struct err *err)
{
	(void)h, (void)object;
	return str_empty(hash) ? err_set(err, -EINVAL, "no hash") : 0;
}

void held_forget(struct held *h, const char *hash)
{
	(void)h, (void)hash;
}

int identity_save(const char *state_dir, const struct identity *id, struct err *err)
{
	(void)state_dir, (void)id;
	return fake.disk_full ? err_set(err, -ENOSPC, "full") : 0;
}

void identity_done(struct identity *id)
{
	free(id->cluster_id);
	free(id->node);
	free(id->holder);
	free(id->pod_cidr);
	free(id->dns_domain);
	*id = (struct identity){ 0 };
}

int tree_version_save(const char *state_dir, int64_t version, struct err *err)
{
	(void)state_dir, (void)err;
	promise(version > 0);
	return 0;
}

void disk_give_reserve(const char *state_dir)
{
	(void)state_dir;
}

bool disk_is_full(int code)
{
	return code == -ENOSPC;
}

void subnet_want(struct node_services *node, const char *cidr)
{
	(void)node;
	free(fake.subnet);
	fake.subnet = cidr ? xstrdup(cidr) : NULL;
}

bool subnet_is_due(const struct node_services *node)
{
	(void)node;
	return fake.subnet != NULL;
}

bool subnet_sync(struct node_services *node, struct identity *id, const struct pods *pods)
{
	(void)node, (void)id, (void)pods;
	return true;
}

void routes_take(struct routes *r, const struct wire_network *m)
{
	char digest[WIRE_NETWORK_DIGEST];

	(void)r;
	promise(fake.welcomed);
	peers_take(&fake.peers, m);
	peers_digest(&fake.peers, digest);
}

void loop_defer_arm(struct loop_source *s)
{
	(void)s;
}

void requests_start(struct requests *r, const struct wire_request *m)
{
	(void)r, (void)m;
	promise(fake.welcomed);
}

void requests_data(struct requests *r, const struct wire_data *m)
{
	(void)r, (void)m;
}

void requests_end(struct requests *r, const struct wire_end *m)
{
	(void)r, (void)m;
}

void requests_cancel(struct requests *r, int64_t id)
{
	(void)r, (void)id;
}

void requests_pause(struct requests *r, int64_t id, bool paused)
{
	(void)r, (void)id, (void)paused;
}

/* --- a session ---------------------------------------------------------------------------------------------- */

static int take_lines(struct session *s)
{
	int64_t term = s->all->o.identity->term;
	const char *line;
	size_t len;
	int r;

	while (!s->closing && (r = wire_reader_line(&s->in, &line, &len)) != 0) {
		if (r < 0 || session_take_line(s, line, len) < 0)
			return -1;
		promise(s->all->o.identity->term >= term);
		term = s->all->o.identity->term;
		promise(s->welcomed == fake.welcomed);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity identity = { .term = 2, .holder = xstrdup("old") };
	const struct node_env env = { .state_dir = (char *)(uintptr_t) "/nowhere" };
	struct node_services node = { .env = &env };
	struct sessions all = { .o = { .node = &node, .identity = &identity, .cluster_id = CLUSTER } };
	struct session s = { .all = &all, .fd = -1, .out = BUF_INIT };

	fake.welcomed = false;
	fake.disk_full = size % 16 == 15;
	all.list = &s;
	wire_reader_init(&s.in, 1 << 16);
	wire_reader_feed(&s.in, data, size / 2);
	if (take_lines(&s) == 0) {
		wire_reader_feed(&s.in, data + size / 2, size - size / 2);
		take_lines(&s);
	}
	session_flush(&s);
	wire_reader_done(&s.in);
	buf_done(&s.out);
	identity_done(&identity);
	peers_done(&fake.peers);
	fake.peers = (struct peers){ 0 };
	freep(&fake.subnet);
	fake.subnet = NULL;
	return 0;
}
