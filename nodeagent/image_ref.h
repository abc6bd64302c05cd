/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Image references: "nginx", "quay.io/a/b:1.2", "127.0.0.1:5000/x@sha256:…".
 *
 * Grammar and defaults are those of the distribution project's reference package, which
 * Kubernetes uses: no registry means docker.io; on docker.io a name of one component is
 * below library/; neither tag nor digest means :latest. A parsed reference is canonical:
 * equal images written differently format equally.
 */
#pragma once

#include "lib/base/err.h"

struct image_ref {
	char *registry;   /* "docker.io", "127.0.0.1:5000" */
	char *repository; /* "library/nginx" */
	char *tag;        /* "latest", or NULL where only a digest was given */
	char *digest;     /* "sha256:<64 hex>", or NULL */
};

/* -EINVAL: no reference; ERR says why. RET is to be ended with image_ref_done. */
int image_ref_parse(const char *text, struct image_ref *ret, struct err *err);
void image_ref_done(struct image_ref *r);
/* "docker.io/library/nginx:latest", "…:tag@sha256:…"; owned by the caller. */
char *image_ref_format(const struct image_ref *r);
/* "docker.io/library/nginx": without tag and digest; owned by the caller. */
char *image_ref_repository(const struct image_ref *r);
/* Is S "sha256:" and 64 lower-case hex digits? */
bool image_digest_valid(const char *s);
/* The 64 hex digits of a valid digest (a pointer into it). */
const char *image_digest_hex(const char *digest);
/* May the registry be spoken to without TLS, as Docker and Podman hold it: localhost, 127.0.0.0/8, ::1? */
bool image_ref_is_loopback(const struct image_ref *r);
