/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the files that make up the store share; nobody else includes it.
 *
 * Locks (flock, all below the store's directory): `lock` is held while index.json is changed and while what is
 * unreferenced is looked for; `incoming` is held shared by imports and pulls, whose blobs nothing
 * refers to yet, and exclusively by the collector; `owner` by the process that unpacks.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/map.h"
#include "nodeagent/image_store.h"

/* A line of index.json. */
struct store_entry {
	const char *name; /* canonical, or NULL: a newer image took it */
	const char *digest;
	int64_t size; /* of the manifest */
};

/* The parsed index.json. Entries and texts in arena. */
struct store_index {
	struct arena *arena;
	struct store_entry *entries; /* malloc'ed, [count] */
	size_t count, cap;
};
void store_index_done(struct store_index *i);
void store_index_add(struct store_index *i, const char *name, const char *digest, int64_t size);
void store_index_remove(struct store_index *i, size_t at);
/* Reads index.json; a missing one is empty. */
int store_index_read(struct image_store *s, struct store_index *ret, struct err *err);
/* Replaces index.json (durably). The caller holds `lock`. */
int store_index_write(struct image_store *s, const struct store_index *i, struct err *err);

struct layer_job;

struct image_store {
	char *dir;
	int fd;       /* of dir */
	int owner_fd; /* -1: another process unpacks, or none */
	const char *const *unpack_command;
	struct store_index index; /* as of stamp */
	struct stamp {
		dev_t dev;
		ino_t ino;
		int64_t mtime_ns, size;
	} stamp;
	struct map by_name; /* name → struct store_entry, of index */
	/* digest → struct image, one reference each: those loaded since the index changed */
	struct map images;
	struct layer_job *jobs;
};

/* Blocks for as long as another process changes the index (milliseconds). Returns the descriptor to close. */
int store_lock(struct image_store *s, struct err *err);
/* Shared hold on `incoming`; returns the descriptor to close when the index names what came in. */
int store_incoming(struct image_store *s, struct err *err);
/* "DIR/blobs/sha256/HEX"; owned by the caller. */
char *store_blob_path(const struct image_store *s, const char *digest);
/* "DIR/layers/HEX"; owned by the caller. */
char *store_layer_path(const struct image_store *s, const char *diff_id);
/* Reads a small blob and verifies its digest: -ENOENT, -EBADMSG. WHAT ("manifest") is for messages. */
int store_read_blob(
	struct image_store *s, const char *digest, const char *what, struct buf *ret, struct err *err);
/* The image of a manifest's digest, from memory or disk. *RET is a reference for the caller. */
int store_load(struct image_store *s, const char *digest, struct image **ret, struct err *err);
/* Lets NAME (canonical) be the image of manifest DIGEST, all of whose blobs are there. Durable. */
int store_put(struct image_store *s, const char *name, const char *digest, struct err *err);
/* Deletes what nothing refers to; does nothing while something comes in. */
int store_collect(struct image_store *s, struct err *err);
/* The leases on manifest DIGEST (all when NULL), to be freed with fs_names_free. */
int store_leases_of(
	struct image_store *s, const char *digest, char ***ret, size_t *ret_count, struct err *err);
/* Kills what is being unpacked (image_unpack.c). */
void store_cancel_jobs(struct image_store *s);
/* Removes tmp/'s leftovers as far as nobody can be using them. */
int store_clean(struct image_store *s, struct err *err);
