/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * How long passes take and how much memory they need with very many nodes and pods: all of them come up, then one Deployment
 * among them is rolled out, and each pass of that rollout is timed. Agents and network are simulated; what is timed is pass_run.
 */
#pragma once

/* PODS in Deployments of 30, the first one of them with 100. Prints what it found. */
int measure(unsigned nodes, unsigned pods);
