/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Delta debugging: a list thinned out as long as what is shown by it still shows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * WITHOUT tries the list, of COUNT, without the N from AT on; true: it shows all the same, and the list is that from now on. Half of the
 * list goes first, then ever smaller parts, then one by one until none can go. Returns whether any went.
 */
bool thin_list(size_t count, bool (*without)(void *arg, size_t at, size_t n), void *arg);
