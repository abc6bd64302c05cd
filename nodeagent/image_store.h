/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The node's images: a directory (HOME/agent/images) that is itself a valid OCI layout.
 *
 *     oci-layout, index.json      canonical name (annotation ref.name) → manifest digest
 *     blobs/sha256/HEX            manifests, configs, compressed layers: each verified when it came in
 *     layers/HEX/                 unpacked once, HEX of the diff id; appears by rename, whole
 *     leases/NAME → sha256:…      symbolic links: "NAME uses this image"; what has a lease is not removed
 *     tmp/                        in the making; leftovers of a killed owner are removed at open
 *
 * Shared by the agent and `pintle image`: who changes index.json holds the flock `lock`;
 * who reads takes none. Lookups are from memory: index.json is read again when its inode or
 * mtime changed (one stat a lookup).
 *
 * Order: image_store_open; image_store_find; image_lease_add; image_layers_ready, or else
 * image_unpack_start and wait; image_layer_paths → rootfs_mount; …; image_lease_drop.
 */
#pragma once

#include "lib/base/loop.h"
#include "nodeagent/image_config.h"

struct image_store;

/* One image. Immutable, shared by reference (image_ref/unref are not atomic). */
struct image {
	const char *digest;   /* of the manifest */
	const char *id;       /* of the config: what Docker calls the image's ID */
	int64_t size;         /* bytes of all its blobs */
	struct strings names; /* canonical, sorted; empty where a newer image took its name. As of loading */
	struct image_manifest manifest;
	struct image_config config;
	struct arena *arena;
	unsigned refs;
};
struct image *image_retain(struct image *i);
/* Frees at the last reference; NULL is fine; returns NULL. */
struct image *image_release(struct image *i);
void image_releasep(struct image **i);

struct image_store_options {
	const char *dir; /* HOME/agent/images; created when missing */
	/*
	 * Who unpacks: the NULL-terminated start of the command that runs unpack_main ("/proc/self/exe", "unpack"). NULL for
	 * readers and importers, which then leave the leftovers in tmp/ alone. Borrowed.
	 */
	const char *const *unpack_command;
};
int image_store_open(const struct image_store_options *options, struct image_store **ret, struct err *err);
struct image_store *image_store_close(struct image_store *s);
void image_store_closep(struct image_store **s);
const char *image_store_dir(const struct image_store *s);

/*
 * By reference as people write it ("nginx", "name@sha256:…"), by manifest digest or by config digest. -ENOENT: not here
 * (ERR names the image and what to do); -EBADMSG: here, but manifest or config is damaged; -EINVAL: no reference.
 * *RET is a reference for the caller.
 */
int image_store_find(struct image_store *s, const char *reference, struct image **ret, struct err *err);
struct image_list {
	struct image **items; /* each a reference; image_list_done drops them */
	size_t count;
};
/* All, sorted by first name. One that is damaged is left out and counted in *RET_DAMAGED (may be NULL). */
int image_store_list(struct image_store *s, struct image_list *ret, size_t *ret_damaged, struct err *err);
void image_list_done(struct image_list *l);
/*
 * Takes the name away, or the whole image where REFERENCE is a digest, and deletes what nothing refers to any more.
 * -ENOENT; -EBUSY: a lease holds it (ERR names up to three).
 */
int image_store_remove(struct image_store *s, const char *reference, struct err *err);

/* NAME (a file name: pod uid and container) uses IMAGE until dropped. Idempotent; survives restarts and reboots. */
int image_lease_add(struct image_store *s, const char *name, const struct image *image, struct err *err);
int image_lease_drop(struct image_store *s, const char *name, struct err *err);
/* The names of all leases (fs_names_free), for dropping what a crash left. */
int image_lease_list(struct image_store *s, char ***ret, size_t *ret_count, struct err *err);

/* Are all layers unpacked? (One stat a layer.) */
bool image_layers_ready(const struct image_store *s, const struct image *image);
/* The unpacked layers' directories, bottom first, [image->config.diff_ids.count], in ARENA. */
const char *const *image_layer_paths(
	const struct image_store *s, const struct image *image, struct arena *arena);

struct image_unpack;
/* CODE 0, or negative errno with ERR (naming image, layer and what to do). The unpack frees itself after the call. */
typedef void (*image_unpack_fn)(int code, const struct err *err, void *arg);
/*
 * Unpacks what is missing of IMAGE's layers, each in a child process; requests for a layer that is being unpacked join. FN is
 * called from the loop, never from within. A damaged blob is deleted, so that the next import or pull brings it anew.
 */
int image_unpack_start(struct image_store *s, struct loop *l, struct image *image, image_unpack_fn fn,
	void *arg, struct image_unpack **ret, struct err *err);
/* No callback any more; layers under way are finished, for whoever comes next. */
struct image_unpack *image_unpack_cancel(struct image_unpack *u);
