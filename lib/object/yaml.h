/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * YAML text to located values, with the scalar rules that Kubernetes manifests meet: those
 * of sigs.k8s.io/yaml, i.e. YAML 1.1 as go-yaml resolves it (yes/no/on/off are booleans;
 * 0644 and 0o644 are octal; 0x1F; 1e3 and .5 numbers; ~, null and empty are null; quoted is
 * a string; !!str, !!int … are honoured, other tags refused; timestamps stay strings).
 *
 * Keys that are booleans or numbers become their JSON text, as there (`yes: x` has the key "true"), with a warning where
 * that is not what was written. Anchors, aliases and merge keys (<<) work; a map's own keys win over merged
 * ones wherever << stands. Refused, with line and column: invalid UTF-8,
 * tabs in indentation, duplicate keys, keys that are not scalars, recursive aliases, more
 * than the bounds below. A UTF-8 byte order mark and CRLF are fine. A refused document does
 * not hide the next ones where libyaml can go on.
 */
#pragma once

#include "lib/object/diag.h"
#include "lib/object/value.h"

struct yaml_limits {
	size_t bytes;   /* of the text */
	unsigned depth; /* of nesting */
	size_t nodes;   /* of all documents, each alias counted with all that it stands for */
	size_t documents;
};
/* 16 MiB, 128, 1,000,000, 100,000. */
extern const struct yaml_limits yaml_limits_default;

struct yaml_documents {
	struct value **items; /* in the arena; empty documents are left out */
	size_t count;
};

/*
 * Reads all documents of TEXT (LEN bytes) into arena A; PATH names the file in DIAGS. Returns 0, or -EBADMSG
 * where DIAGS got at least one error (RET then holds the documents that were good).
 */
int yaml_parse(struct arena *a, const char *path, const char *text, size_t len,
	const struct yaml_limits *limits, struct yaml_documents *ret, struct diags *diags);

/* V in YAML block style, 2 spaces, keys in order, strings quoted where go-yaml would quote them: as `kubectl -o yaml`. */
void yaml_write(struct buf *out, const struct value *v);
