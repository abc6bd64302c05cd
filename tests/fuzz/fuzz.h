/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A fuzz target is a program with this one function: it takes any bytes and aborts when a promise is broken. libFuzzer
 * calls it (make fuzz), or replay_main.c with the files of a corpus (make fuzz-replay).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* DATA has SIZE bytes and no NUL behind them. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
