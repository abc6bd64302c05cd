/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Signals by the names that images and manifests use. */
#pragma once

/* "SIGTERM", "TERM", "sigterm", "15", "SIGRTMIN+3", "SIGRTMAX-1"; NULL, "" or anything else: FALLBACK. */
int signal_number(const char *text, int fallback);
