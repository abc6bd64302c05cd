/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the ports that `pintle port-forward` was asked for mean in the pod that was chosen: names become numbers, ports of a Service those
 * that it sends its traffic to. Source: kubectl pkg/cmd/portforward (translateServicePortToTargetPort, convertPodNamedPortToNumber, the checks
 * for UDP) and pkg/util/service_port.go.
 */
#pragma once

#include "lib/object/object.h"
#include "reconciler/ctl/port_forward_words.h"

/* One port that is forwarded. */
struct forward_port {
	uint16_t local;  /* 0: any that is free */
	uint16_t remote; /* of the pod */
};

/*
 * WORD in POD, or, where SERVICE is not NULL, WORD as one of SERVICE's ports, whose pod is POD. -ENOENT: there is no such port: ERR lists those
 * that there are; -EPROTONOSUPPORT: it is not TCP's.
 */
int forward_port_find(const struct forward_word *word, const struct pod *pod, const struct service *service,
	struct forward_port *ret, struct err *err);
/* -EEXIST: two of PORTS would have the same local port. */
int forward_ports_check(const struct forward_port *ports, size_t count, struct err *err);
