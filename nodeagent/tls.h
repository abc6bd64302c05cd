/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The client's side of TLS as a transformer of bytes: what comes from the peer goes in, what is for the peer comes out, and nothing here
 * knows of a socket. The peer's certificate is not looked at (kubelet's probes don't either): this keeps no secret and knows nobody.
 *
 * Order: tls_new; then, again and again, send what tls_outgoing gives, and tls_incoming what was received.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct tls;

/* HOST goes into the greeting (SNI) where it is a name. */
int tls_new(const char *host, struct tls **ret, struct err *err);
struct tls *tls_free(struct tls *t);
/* Plain bytes to be sent, kept until the connection is up. */
void tls_write(struct tls *t, const void *data, size_t len);
/* Bytes of the peer's. What they say is appended to PLAIN. 1: there may be more; 0: the peer said that it is done; -EPROTO. */
int tls_incoming(struct tls *t, const void *data, size_t len, struct buf *plain, struct err *err);
/* Appends what is to be sent now. */
void tls_outgoing(struct tls *t, struct buf *out);
