/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Images from registries: `skopeo copy docker://…` into the store, as a child process on the loop.
 *
 * skopeo verifies every blob; blobs that the store has are not fetched again. Requests for
 * the same image with the same credentials join. Registries on the loopback address are spoken to
 * without TLS where they have none. Whether to pull (imagePullPolicy, back-off) is the caller's business.
 */
#pragma once

#include "nodeagent/image_store.h"

struct image_pulls;
/* STORE, LOOP and RUN_DIR (on tmpfs: credentials are written there, 0600, while a pull runs) are borrowed. */
struct image_pulls *image_pulls_new(struct loop *loop, struct image_store *store, const char *run_dir);
/* Kills what runs; nobody is called back. */
struct image_pulls *image_pulls_free(struct image_pulls *p);

struct image_pull_spec {
	const char *reference; /* as in the manifest */
	/* What image_auth_merge made of the imagePullSecrets, or NULL. */
	const char *auth;
	nsec_t timeout; /* 0: none */
};

struct image_pull;
/*
 * CODE 0: IMAGE is in the store (lent for the call). Else negative errno and ERR, one line for people: -ENOENT no such image,
 * -EACCES refused, -ENOSPC, -EHOSTUNREACH, -EBADMSG damaged, -ETIMEDOUT, -EIO.
 */
typedef void (*image_pull_fn)(int code, struct image *image, const struct err *err, void *arg);
/* FN is called once, from the loop. -EINVAL: no reference (the InvalidImageName of Kubernetes); -ENOENT: skopeo is not installed. */
int image_pull_start(struct image_pulls *p, const struct image_pull_spec *spec, image_pull_fn fn, void *arg,
	struct image_pull **ret, struct err *err);
/* No callback any more; the pull itself goes on while others wait for it. */
struct image_pull *image_pull_cancel(struct image_pull *p);

/* The value of a Secret of type kubernetes.io/dockerconfigjson, or kubernetes.io/dockercfg (LEGACY). */
struct image_auth {
	const void *json;
	size_t len;
	bool legacy;
};
/*
 * One authfile out of several, the first to name a registry wins. *RET is owned by the caller. -EBADMSG: one of them isn't JSON
 * of that kind; its content is not in ERR.
 */
int image_auth_merge(const struct image_auth *auths, size_t count, char **ret, struct err *err);
/* What skopeo's last line of STDERR means: a negative errno, and in *RET a short reason (a constant), or NULL where unknown. */
int image_pull_reason(const char *text, const char **ret);
