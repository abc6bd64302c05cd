/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The text of a pod's /etc/hosts and /etc/resolv.conf.
 *
 * Rules: kubelet's managedHostsFileContent and pkg/kubelet/network/dns: dnsPolicy Default takes the host's
 * resolv.conf, ClusterFirst the cluster's name server (the host's where the cluster has none), None only dnsConfig;
 * dnsConfig is merged behind. At most 3 name servers and 32 search domains, as there.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/object/pod.h"

struct hosts_input {
	const struct pod *pod;
	const char *hostname, *domain; /* domain: behind the host name, or NULL */
	const char *pod_ip;            /* NULL: host network, which has the host's own file */
	const char *host_text;         /* the host's /etc/hosts: used with host network */
};
void hostfiles_hosts(const struct hosts_input *in, struct buf *out);

struct resolv_input {
	const struct pod *pod;
	const char *host_text;   /* the host's /etc/resolv.conf, or NULL */
	const char *cluster_dns; /* address of the cluster's name server; NULL: it has none */
	const char *dns_domain;  /* "cluster.local" */
};
void hostfiles_resolv(const struct resolv_input *in, struct buf *out);

enum { HOSTNAME_SIZE = 64 };
/* The pod's host name: spec.hostname, else its name cut to 63 characters as kubelet does (no '-' or '.' at the end). RET has HOSTNAME_SIZE bytes. */
const char *hostfiles_hostname(const struct pod *pod, char *ret);
