/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/request_input.h"

#include <errno.h>
#include <unistd.h>

void request_input_done(struct request_input *in)
{
	buf_done(&in->data);
}

static void hold(struct request *q, struct request_input *in)
{
	bool held = in->held ? in->data.len >= INPUT_LOW : in->data.len > INPUT_HIGH;

	if (held == in->held)
		return;
	in->held = held;
	request_hold(q, held);
}

int request_input_add(struct request *q, struct request_input *in, const void *data, size_t len)
{
	if (in->ended)
		return 0;
	if (in->data.len + len > INPUT_MAX)
		return -ENOBUFS;
	buf_add(&in->data, data, len);
	hold(q, in);
	return 0;
}

int request_input_write(struct request *q, struct request_input *in, int fd)
{
	while (in->data.len > 0) {
		ssize_t n = write(fd, in->data.data, in->data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n < 0)
			break;
		buf_consume(&in->data, (size_t)n);
	}
	hold(q, in);
	if (in->data.len > 0)
		return 0;
	/* Most are idle most of the time. */
	if (in->data.cap > INPUT_LOW)
		buf_done(&in->data);
	return 1;
}

void request_input_drop(struct request *q, struct request_input *in)
{
	in->ended = true;
	buf_clear(&in->data);
	hold(q, in);
}
