/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What an image says about itself: its manifest (which layers) and its config (what to run).
 * Sources: OCI image-spec v1.1 manifest.md, image-index.md, config.md; Docker image manifest v2 schema 2.
 *
 * Both live in the caller's arena. Manifests of OCI and of Docker are read alike. Digests that
 * are not sha256 are refused: nothing else is in use.
 */
#pragma once

#include "lib/object/schema.h"

enum { IMAGE_JSON_MAX = 4 << 20, IMAGE_LAYERS_MAX = 500 /* overlayfs' own bound */ };

struct image_descriptor {
	const char *media_type;        /* "" when absent */
	const char *digest;            /* "sha256:…" */
	int64_t size;                  /* bytes */
	const char *ref_name;          /* annotation org.opencontainers.image.ref.name, or NULL */
	const char *full_name;         /* annotation io.containerd.image.name, or NULL */
	const char *os, *architecture; /* of an index' entry, or NULL */
};
struct image_descriptors {
	struct image_descriptor *items;
	size_t count;
};

struct image_manifest {
	struct image_descriptor config;
	struct image_descriptors layers; /* bottom first */
};

/* config.md, "Properties"; absent lists are empty, absent strings NULL. */
struct image_config {
	struct strings entrypoint, cmd, env; /* env: "K=V" */
	const char *user;                    /* "uid", "uid:gid", "name:group" … or NULL */
	const char *working_dir, *stop_signal;
	struct string_map labels;
	struct strings exposed_ports, volumes; /* the keys */
	const char *os, *architecture, *created;
	struct strings diff_ids; /* bottom first */
};

/* An OCI index or a Docker manifest list: its entries. -EBADMSG. */
int image_index_parse(
	struct arena *a, const char *text, size_t len, struct image_descriptors *ret, struct err *err);
/* Is TEXT an index (or manifest list) rather than a manifest? Decided by what it has, as media types are often absent. */
bool image_text_is_index(const char *text, size_t len);
/* The entry for linux on ARCHITECTURE ("amd64"), else the only one without a platform; NULL: none. */
const struct image_descriptor *image_index_choose(
	const struct image_descriptors *index, const char *architecture);
int image_manifest_parse(
	struct arena *a, const char *text, size_t len, struct image_manifest *ret, struct err *err);
int image_config_parse(
	struct arena *a, const char *text, size_t len, struct image_config *ret, struct err *err);
/* Go's GOARCH for uname's MACHINE: "amd64" for "x86_64"; MACHINE itself where unknown. */
const char *image_architecture(const char *machine);
