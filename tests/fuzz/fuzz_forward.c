/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Any bytes as what happens to a connection that is forwarded (request_forward.c): a byte is an act of the asker, of the pod or of the
 * session, its upper half how much. The pod's end is one of a pair of sockets.
 *
 * Whatever the order: what one end sends comes to the other in order, once; nothing comes behind an end; pauses and resumes alternate;
 * a request that ends without an error had everything delivered both ways; what can't be sent turns no circles in the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/request_input.h"
#include "nodeagent/tcp.h"
#include "tests/fuzz/fuzz.h"

enum { ACTS_MAX = 400, TURNS_MAX = 1000, UNIT = 3000 };

/* One way: how many bytes went in, and came out. */
struct way {
	size_t in, out;
	bool ended; /* whoever sends has said so */
};

/* What this program keeps: the parts that it replaces have nowhere else to look. */
static struct {
	struct requests *r;
	struct pod_record record;
	struct object *object;
	tcp_fn connected; /* NULL: nothing is being connected */
	void *arg;
	int64_t id;
	int pod; /* its end, or -1 */
	struct way to_pod, to_asker;
	bool finished, ended, paused, canceled;
	bool pod_closed;
	bool full, slow; /* the session, the asker */
} fake;

static void promise(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i ^ (i >> 8) ^ (i >> 16));
}

static void fill(uint8_t *data, size_t len, size_t at)
{
	for (size_t i = 0; i < len; i++)
		data[i] = byte_at(at + i);
}

static void check(const uint8_t *data, size_t len, struct way *w)
{
	for (size_t i = 0; i < len; i++)
		promise(data[i] == byte_at(w->out + i));
	w->out += len;
	promise(w->out <= w->in);
}

/* --- parts without a world around them ------------------------------------------------------------------------- */

bool pods_find(const struct pods *p, const char *ns, const char *name, const char *uid, struct pod_view *ret)
{
	(void)p, (void)ns, (void)name;
	return pods_by_uid(NULL, uid, ret);
}

bool pods_by_uid(const struct pods *p, const char *uid, struct pod_view *ret)
{
	(void)p, (void)uid;
	*ret = (struct pod_view){
		.uid = "u", .namespace = "d", .name = "p", .object = fake.object, .record = &fake.record
	};
	return true;
}

size_t pods_count(const struct pods *p)
{
	(void)p;
	return 0;
}

struct pod_view pods_view(const struct pods *p, size_t i)
{
	(void)p, (void)i;
	abort();
}

int tcp_open(struct loop *l, const struct tcp_target *target, tcp_fn fn, void *arg, struct tcp **ret,
	struct err *err)
{
	(void)l, (void)err;
	promise(target->port == 80 && !fake.connected);
	fake.connected = fn;
	fake.arg = arg;
	*ret = (struct tcp *)&fake;
	return 0;
}

struct tcp *tcp_cancel(struct tcp *t)
{
	if (t)
		fake.connected = NULL;
	return NULL;
}

/* --- the asker ---------------------------------------------------------------------------------------------------- */

static void end_heard(const struct wire_end *m)
{
	bool failed = !str_empty(m->error);

	promise(!fake.ended && m->exit_code == failed);
	fake.ended = true;
	if (failed)
		return;
	promise(fake.finished && fake.to_pod.ended);
	promise(fake.to_asker.out == fake.to_asker.in);
}

static bool hear(const struct buf *line, void *arg)
{
	struct wire_message m = { 0 };

	(void)arg;
	promise(wire_parse(line->data, line->len - 1, &m, NULL) == 0);
	if (m.type == WIRE_DATA) {
		promise(m.data->id == fake.id && !fake.finished && !fake.ended && !fake.canceled);
		fake.finished = m.data->data.len == 0;
		promise(!fake.finished || fake.to_asker.ended);
		check(m.data->data.data, m.data->data.len, &fake.to_asker);
	} else if (m.type == WIRE_END) {
		promise(m.end->id == fake.id && !fake.canceled);
		end_heard(m.end);
	} else {
		promise(m.type == WIRE_PAUSE || m.type == WIRE_RESUME);
		promise(m.pause->id == fake.id && !fake.ended && fake.paused != (m.type == WIRE_PAUSE));
		fake.paused = m.type == WIRE_PAUSE;
	}
	wire_message_done(&m);
	return !fake.full;
}

static void asker_begins(void)
{
	const struct wire_request q = {
		.id = ++fake.id, .method = "forward", .params = { .namespace = "d", .pod = "p", .port = 80 }
	};

	if (fake.pod >= 0)
		close(fake.pod);
	fake.pod = -1;
	fake.to_pod = fake.to_asker = (struct way){ 0 };
	fake.finished = fake.ended = fake.paused = fake.canceled = fake.slow = fake.pod_closed = false;
	fake.record.phase = POD_UP;
	requests_start(fake.r, &q);
}

static void asker_sends(size_t len)
{
	uint8_t data[16 * UNIT];
	const struct wire_data m = { .id = fake.id, .stream = "stdin", .data = { data, len } };

	if (fake.to_pod.ended)
		return;
	fill(data, len, fake.to_pod.in);
	fake.to_pod.in += len;
	requests_data(fake.r, &m);
}

static void asker_ends(void)
{
	fake.to_pod.ended = true;
	requests_end(fake.r, &(struct wire_end){ .id = fake.id });
}

/* --- the pod --------------------------------------------------------------------------------------------------------- */

static void pod_accepts(void)
{
	tcp_fn fn = fake.connected;
	int ends[2];

	if (!fn)
		return;
	fake.connected = NULL;
	promise(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	fake.pod = ends[0];
	fn(ends[1], NULL, fake.arg);
}

static void pod_refuses(int code)
{
	const struct err err = { .code = code };
	tcp_fn fn = fake.connected;

	fake.connected = NULL;
	if (fn)
		fn(-1, &err, fake.arg);
}

static void pod_sends(size_t len)
{
	uint8_t data[16 * UNIT];
	ssize_t n;

	if (fake.pod < 0 || fake.to_asker.ended)
		return;
	fill(data, len, fake.to_asker.in);
	n = write(fake.pod, data, len);
	fake.to_asker.in += n > 0 ? (size_t)n : 0;
}

static bool pod_takes(size_t len)
{
	uint8_t data[16 * UNIT];
	ssize_t n = fake.pod < 0 ? -1 : read(fake.pod, data, len);

	if (n > 0)
		check(data, (size_t)n, &fake.to_pod);
	/* A FIN comes behind all of it. */
	if (n == 0 && !fake.canceled && !fake.ended)
		promise(fake.to_pod.ended && fake.to_pod.out == fake.to_pod.in);
	return n > 0;
}

static void pod_closes(bool one_way)
{
	if (fake.pod < 0)
		return;
	fake.to_asker.ended = true;
	if (one_way) {
		shutdown(fake.pod, SHUT_WR);
		return;
	}
	close(fake.pod);
	fake.pod = -1;
	fake.pod_closed = true;
}

/* --- acts --------------------------------------------------------------------------------------------------------------- */

/* All that there is to do: there is an end to it. */
static void turn(struct loop *l)
{
	int n = 0;

	while (loop_turn(l, 0, NULL) > 0)
		promise(++n < TURNS_MAX);
}

static void make_room(void)
{
	fake.full = false;
	requests_resume(fake.r);
}

static void act(struct loop *l, uint8_t byte)
{
	size_t much = 1 + (size_t)(byte >> 4) * UNIT;

	switch (byte & 15) {
	case 0:
		asker_sends(much);
		break;
	case 1:
		asker_ends();
		break;
	case 2:
		fake.canceled = true;
		requests_cancel(fake.r, fake.id);
		break;
	case 3:
	case 4:
		requests_pause(fake.r, fake.id, (byte & 15) == 3);
		break;
	case 5:
		pod_accepts();
		break;
	case 6:
		pod_refuses(byte >> 4 ? -ECONNREFUSED : -EHOSTUNREACH);
		break;
	case 7:
		pod_sends(much);
		break;
	case 8:
		pod_takes(much);
		break;
	case 9:
		pod_closes(true);
		break;
	case 10:
		pod_closes(false);
		break;
	case 11:
		fake.full = true;
		break;
	case 12:
		make_room();
		break;
	case 13:
		turn(l);
		break;
	case 14:
		if (byte >> 4 == 15)
			fake.record.phase = POD_OVER;
		requests_look(fake.r);
		break;
	default:
		if (fake.ended || fake.canceled)
			asker_begins();
	}
}

/* Everybody takes what there is, and ends: then the request is over too, and all of it was delivered. */
static void come_to_an_end(struct loop *l)
{
	make_room();
	requests_pause(fake.r, fake.id, false);
	pod_accepts();
	asker_ends();
	do
		turn(l);
	while (pod_takes(16 * UNIT));
	pod_closes(true);
	turn(l);
	promise(fake.ended || fake.canceled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char pod[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":"
		"\"d\",\"uid\":\"u\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}";
	static struct object *object; /* the same for all inputs */
	const struct node_env env = { .run_dir = (char *)(uintptr_t) "/nowhere" };
	struct node_services node = { .env = &env };

	if (!object) {
		signal(SIGPIPE, SIG_IGN);
		promise(object_load_json(pod, strlen(pod), &object, NULL) == 0);
	}
	memset(&fake, 0, sizeof(fake));
	fake.pod = -1;
	fake.object = object;
	promise(loop_new(&node.loop, NULL) == 0);
	fake.r = requests_new(&node, NULL, hear, NULL);
	asker_begins();
	for (size_t i = 0; i < size && i < ACTS_MAX; i++)
		act(node.loop, data[i]);
	come_to_an_end(node.loop);
	requests_free(fake.r);
	if (fake.pod >= 0)
		close(fake.pod);
	loop_free(node.loop);
	return 0;
}
