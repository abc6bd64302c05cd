/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/share/mutants.h"

const struct mutant mutants[] = {
	{ 21, "Gt asks for less" },
	{ 22, "a toleration tolerates every value of its key" },
	{ 23, "what pods that are there keep away is only asked of the new one" },
	{ 24, "minDomains is ignored" },
	{ 25, "pods that are leaving count in topology spread" },
	{ 26, "a UDP port is taken for one of TCP" },
	{ 27, "a sidecar's resources count no longer than its start" },
	{ 28, "a pod may be the first of others that it wants to be with" },
	{ 29, "namespaceSelector is overlooked" },
	{ 30, "matchLabelKeys is overlooked" },
	{ 31, "victims that could stay are not brought back" },
	{ 32, "a gang is placed when some of it fit" },
	{ 33, "that a pod has come helps nobody who waits" },
	{ 34, "the volume that a pod would bind is free for the next one" },
	{ 35, "of nodes with equal sums it doesn't matter which has fewer pods" },
	{ 36, "pods that room is only kept for are company" },
	{ 37, "nodeTaintsPolicy is ignored" },
	{ 38, "a claim that is on the node counts once more against its attach limit" },
	{ 39, "what couldn't be assumed of a claim as its pod came never is" },
	{ 0, "" },
};
