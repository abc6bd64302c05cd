/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Documents from the pieces of a text, for yaml.c, which has the pieces from libyaml: counts and bounds them, keeps anchors, makes
 * keys of what stands where a key is due. Only yaml*.c include this.
 *
 * Order: new; before each parser's run clear, then its pieces. One that returns < 0 was reported: the document in which it is is lost, and
 * nothing more of this run may come; where yaml_builder_stopped says so nothing more of the text. Values and texts are in the arena.
 */
#pragma once

#include "lib/object/yaml_parts.h"

struct yaml_builder;

/* All four are borrowed; TEXT is what the present parser reads, and may move on between runs. Never NULL. */
struct yaml_builder *yaml_builder_new(struct arena *a, const struct yaml_limits *limits,
	const struct yaml_text *text, struct yaml_report *report);
void yaml_builder_freep(struct yaml_builder **b);
/* Forgets the document that is being read. */
void yaml_builder_clear(struct yaml_builder *b);
int yaml_builder_take(struct yaml_builder *b, const struct yaml_piece *e);
/* A limit of the whole text was met. */
bool yaml_builder_stopped(const struct yaml_builder *b);
/* Those finished so far, without empty ones and without those about which an error was reported. */
struct yaml_documents yaml_builder_documents(const struct yaml_builder *b);
