/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/draw.h"
#include "tests/sched/text.h"

unsigned text_object_count(const struct script *s)
{
	(void)s;
	return NAMESPACES;
}

static void add_namespace(struct rng *r, unsigned number, struct buf *out)
{
	static const char *const names[NAMESPACES] = { "default", "blue", "red" };

	buf_addf(out,
		"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\",\"labels\":{",
		names[number]);
	if (rng_chance(r, 70))
		buf_addf(out, "\"team\":\"%s\"", rng_chance(r, 60) ? "t1" : "t2");
	if (rng_chance(r, 40)) {
		draw_comma(out);
		buf_adds(out, "\"env\":\"e\"");
	}
	buf_adds(out, "}}}");
}

void text_object(const struct script *s, unsigned number, uint32_t seq, struct buf *out)
{
	struct rng r = draw_stream(s, STREAM_OBJECT, number, seq, 0);

	add_namespace(&r, number, out);
}
