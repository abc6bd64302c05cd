/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Images from files into the store: an OCI layout directory, an oci-archive tar, or a
 * docker-archive tar (docker save), compressed or not. Synchronous: for `pintle image import`.
 *
 * Every blob is verified (length and sha256) while it is copied; the name appears in the
 * store only when all of the image is there. A damaged or missing blob fails the import with
 * -EBADMSG and a text that names image, blob and what to do; a full disk with -ENOSPC and the path.
 */
#pragma once

#include "nodeagent/image_store.h"

struct image_imported {
	char *name;   /* canonical */
	char *digest; /* of the manifest */
};
struct image_imports {
	struct image_imported *items;
	size_t count;
};

/*
 * NAME: what to call the image (then PATH must hold exactly one), or NULL: as the layout or archive says. Only the
 * image of the host's architecture is taken out of an index.
 */
int image_import(struct image_store *s, const char *path, const char *name, struct image_imports *ret,
	struct err *err);
void image_imports_done(struct image_imports *i);
