/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* HOME/key: 32 random bytes, made once, mode 0600, with which values of Secrets are stood in for. */
#pragma once

#include "reconciler/home.h"
#include "reconciler/world.h"

/* Reads the key, and makes it where there is none yet. */
int key_open(const struct home *h, uint8_t ret[WORLD_KEY_SIZE], struct err *err);
