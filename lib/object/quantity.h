/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Kubernetes quantities: "100m", "1.5Gi", "2e3", "0.5".
 * Rules: apimachinery pkg/api/resource/quantity.go (its header comment is the grammar).
 *
 * Held exactly, as a count of nano-units in 128 bits; what is finer than nano is rounded
 * up (away from zero), as there. Range: |value| < 2^63 units in binary amounts ("Gi"), as there, < 2^126 nano-units
 * (85 * 10^27 units) in decimal ones; larger is clamped. "+", "." and "Mi" alone, which the code there lets
 * pass for 0 against its own grammar, are refused.
 */
#pragma once

#include "lib/base/cleanup.h"

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

struct quantity {
	__int128 nano;
	enum quantity_format format; /* how it was written: decides the canonical suffix */
	bool set;
};

enum { QUANTITY_TEXT_MAX = 64 };

/* -EINVAL: no quantity. */
int quantity_parse(const char *s, struct quantity *ret);
/* The canonical form ("1500m", "1Gi"); RET has QUANTITY_TEXT_MAX bytes; returns RET. */
char *quantity_format(const struct quantity *q, char *ret);
int quantity_cmp(const struct quantity *a, const struct quantity *b);
/* Rounded up, clamped to int64: whole units, and thousandths. */
int64_t quantity_units(const struct quantity *q);
int64_t quantity_milli(const struct quantity *q);
struct quantity quantity_from_units(int64_t units, enum quantity_format format);
struct quantity quantity_from_milli(int64_t milli, enum quantity_format format);
/* SUM += ADD, clamped; a SUM of 0 takes ADD's format, as there. */
void quantity_add(struct quantity *sum, const struct quantity *add);
void quantity_sub(struct quantity *from, const struct quantity *sub);
