/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* For the makers of texts: streams of a script, choices among words, and commas where JSON wants them. */
#pragma once

#include "lib/base/buf.h"
#include "tests/sched/script.h"
#include "tests/share/random.h"

enum stream { STREAM_NODE = 2, STREAM_POD, STREAM_OBJECT, STREAM_EVENT };

/* Of what PART (a feature, or FEATURE_COUNT and up) of thing NUMBER of KIND. */
static inline struct rng draw_stream(
	const struct script *s, enum stream kind, uint64_t number, unsigned variation, unsigned part)
{
	return rng_of(s->seed, ((uint64_t)kind << 32) | number, ((uint64_t)variation << 8) | part);
}

static inline const char *draw_word(struct rng *r, const char *const *words, size_t count)
{
	return words[rng_below(r, count)];
}
#define DRAW(r, words) draw_word(r, words, ARRAY_LEN(words))

/* A comma, unless OUT ends with what opens a list or map, or a colon. */
static inline void draw_comma(struct buf *out)
{
	char last = out->len > 0 ? out->data[out->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':')
		buf_addc(out, ',');
}

/* {"matchLabels":…}: a selector of pods with labels like these (LABELS, as text_labels draws them), or like any. */
void text_selector(struct rng *r, const char *app, struct buf *out);
/* The values of pods' labels. */
extern const char *const text_apps[4];
/* spec members of a pod, each behind a comma: affinity (with all that S allows the template NUMBER), topologySpreadConstraints. */
void text_affinity(const struct script *s, unsigned number, const char *app, struct buf *out);
void text_spread(const struct script *s, unsigned number, const char *app, struct buf *out);
/* Whether template NUMBER has FEATURE, PERCENT of those that may; RET is then the stream to draw it from. */
bool text_has(const struct script *s, unsigned number, enum feature f, unsigned percent, struct rng *ret);
