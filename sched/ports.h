/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Host ports (kube-scheduler's NodePorts): a node has each address, protocol and port once.
 *
 * What a pod takes is the hostPort of its containers and sidecars (init containers that are restarted always); in the host's network
 * each containerPort is one, by defaulting. A port without hostIP, or with 0.0.0.0, is one of all addresses: it conflicts with
 * that port of any of them. Pods that are there have what they have, whatever brought them; a port can thus be in use more than once.
 *
 * To look at a node costs O(own ports × log(ports in use there)); pods without host ports cost nothing.
 */
#pragma once

#include "lib/object/pod.h"

/* Ordered by port, protocol, address. */
struct sched_port {
	uint16_t port;
	uint8_t protocol;    /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	bool all;            /* of every address; they come first, and address is 0 */
	uint8_t address[16]; /* IPv4 within ::ffff:0:0/96 */
};
/* [count] sorted, each once. */
struct sched_ports {
	struct sched_port *items;
	size_t count;
};
/* What a pod with SPEC takes; to be ended with sched_ports_done. */
void sched_ports_of(const struct pod_spec *spec, struct sched_ports *ret);
void sched_ports_done(struct sched_ports *p);

/* What is in use on one node: { 0 } is nothing; end with sched_port_book_done. */
struct sched_port_use {
	struct sched_port port;
	uint32_t count;
};
struct sched_port_book {
	struct sched_port_use *items; /* [count] sorted */
	size_t count, cap;
};
/* DELTA (may be negative) pods more that take P. */
void sched_port_book_count(struct sched_port_book *b, const struct sched_ports *p, int64_t delta);
/* Is none of P in the way of what is in use? */
bool sched_port_book_has_room(const struct sched_port_book *b, const struct sched_ports *p);
void sched_port_book_done(struct sched_port_book *b);
