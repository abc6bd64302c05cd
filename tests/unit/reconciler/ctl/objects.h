/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Objects of the tree for the tests of this directory, as JSON. */
#pragma once

#define DEPLOYMENT(name, replicas, available)                                                          \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"" name           \
	"\",\"namespace\":\"default\",\"uid\":\"d-" name "\",\"labels\":{\"app\":\"" name              \
	"\"},\"generation\":1,\"creationTimestamp\":\"2026-01-01T00:00:00Z\"},"                        \
	"\"spec\":{\"replicas\":" replicas ",\"selector\":{\"matchLabels\":{\"app\":\"" name           \
	"\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"" name                                 \
	"\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}},"                         \
	"\"status\":{\"observedGeneration\":1,\"replicas\":" replicas ",\"updatedReplicas\":" replicas \
	",\"readyReplicas\":" available ",\"availableReplicas\":" available "}}"

#define REPLICA_SET(name, owner)                                                                        \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"" name            \
	"\",\"namespace\":\"default\",\"uid\":\"r-" name                                                \
	"\",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"" owner \
	"\",\"uid\":\"d-" owner "\",\"controller\":true}]},\"spec\":{\"replicas\":3,\"selector\":{"     \
	"\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},"         \
	"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}},\"status\":{\"replicas\":3}}"

/* A pod that waits for its image; OWNER: of the replica set. */
#define STUCK_POD(name, owner)                                                                            \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                          \
	"\",\"namespace\":\"default\",\"uid\":\"p-" name                                                  \
	"\",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"" owner   \
	"\",\"uid\":\"r-" owner "\",\"controller\":true}]},\"spec\":{\"nodeName\":\"n\",\"containers\":[" \
	"{\"name\":\"c\",\"image\":\"i\"}]},\"status\":{\"phase\":\"Pending\",\"containerStatuses\":["    \
	"{\"name\":\"c\",\"image\":\"i\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0,\"state\":{" \
	"\"waiting\":{\"reason\":\"ImagePullBackOff\","                                                   \
	"\"message\":\"no such image\"}}}]}}"

/* A pod that runs and isn't ready; OWNER: of the replica set. */
#define UNREADY_POD(name, owner)                                                                          \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                          \
	"\",\"namespace\":\"default\",\"uid\":\"p-" name                                                  \
	"\",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"" owner   \
	"\",\"uid\":\"r-" owner "\",\"controller\":true}]},\"spec\":{\"nodeName\":\"n\",\"containers\":[" \
	"{\"name\":\"c\",\"image\":\"i\"}]},\"status\":{\"phase\":\"Running\",\"conditions\":[{"          \
	"\"type\":\"Ready\",\"status\":\"False\",\"message\":\"c: probe failed\"}]}}"

/* A Deployment whose rollout has come to nothing. */
#define FAILED_DEPLOYMENT(name)                                                                         \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"" name            \
	"\",\"namespace\":\"default\",\"uid\":\"d-" name                                                \
	"\",\"generation\":1},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"app\":\"a\"}}," \
	"\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"}},\"spec\":{\"containers\":[{"           \
	"\"name\":\"c\",\"image\":\"i\"}]}}},\"status\":{\"observedGeneration\":1,\"replicas\":3,"      \
	"\"conditions\":[{\"type\":\"Progressing\",\"status\":\"False\","                               \
	"\"reason\":\"ProgressDeadlineExceeded\",\"message\":\"no progress\"}]}}"

/* A pod that nothing owns. */
#define POD(name, node, phase, ready)                                                                   \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                        \
	"\",\"namespace\":\"default\",\"uid\":\"p-" name                                                \
	"\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{\"app\":\"" name "\"}},"         \
	"\"spec\":{\"nodeName\":\"" node "\",\"containers\":[{\"name\":\"a\",\"image\":\"i\"},"         \
	"{\"name\":\"b\",\"image\":\"i\"}],\"initContainers\":[{\"name\":\"first\",\"image\":\"i\"}]}," \
	"\"status\":{\"phase\":\"" phase "\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready   \
	"\"}]}}"

/* One that runs, is ready, and has been told to end. */
#define LEAVING_POD(name)                                                                       \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                \
	"\",\"namespace\":\"default\",\"uid\":\"p-" name                                        \
	"\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},\"spec\":{\"nodeName\":\"n\","      \
	"\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]},\"status\":{\"phase\":\"Running\"," \
	"\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"

#define NODE(name, ready)                                                                                \
	"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"" name "\",\"uid\":\"n-" name \
	"\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready                        \
	"\",\"reason\":\"Why\",\"message\":\"because\"}]}}"

#define SYNCED                                                           \
	"{\"commitInForce\":\"" COMMIT_A "\",\"commitSeen\":\"" COMMIT_A \
	"\",\"state\":\"Synced\",\"since\":\"2026-01-01T00:00:00Z\",\"problems\":[]}"
#define REFUSED                                                                                         \
	"{\"commitInForce\":\"" COMMIT_A "\",\"commitSeen\":\"" COMMIT_B "\",\"state\":\"Refused\","    \
	"\"since\":\"2026-01-01T00:00:00Z\",\"message\":\"it has errors\",\"problems\":[{\"severity\":" \
	"\"error\",\"path\":\"a.yaml\",\"line\":6,\"col\":3,\"object\":\"Pod/default/x\",\"field\":"    \
	"\"spec\",\"message\":\"wrong\"}]}"
#define COMMIT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define COMMIT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
