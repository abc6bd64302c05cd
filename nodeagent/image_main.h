/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * `pintle-agent --home DIR image …`: the node's images on the command line, beside a running agent or without
 * one. What `pintle image import`, `list` and `remove` become; messages speak in their name.
 */
#pragma once

/*
 * ARGV (ARGC words) is what stands behind "image": import [--name REFERENCE] [--json] PATH; list [--json] [--no-headers];
 * remove REFERENCE…; "--" ends options. Returns the program's exit code: 0 done, 2 wrong usage or a failure.
 */
int image_main(const char *home, int argc, char **argv);
