/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/tree_path.h"

#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"

enum { NAME_MAX_BYTES = 255, NAME_CUT = 200, HASH_DIGITS = 16, PATH_MAX_BYTES = 1024, COMPONENTS_MAX = 4 };

/* NAME as a file or directory name that leaves ROOM bytes for an ending. */
static void add_name(struct buf *out, const char *name, size_t room)
{
	size_t start = out->len;

	for (const char *p = name; *p; p++) {
		if (*p == '/' || *p == '%' || (*p == '.' && p == name))
			buf_addf(out, "%%%02X", (unsigned char)*p);
		else
			buf_addc(out, *p);
	}
	if (out->len - start + room <= NAME_MAX_BYTES)
		return;

	char hash[SHA256_HEX];
	sha256_hex(name, strlen(name), hash);
	buf_truncate(out, start + NAME_CUT);
	buf_addf(out, "~%.*s", HASH_DIGITS, hash);
}

void tree_path_add(struct buf *out, const char *kind, const char *ns, const char *name)
{
	if (str_empty(ns)) {
		buf_adds(out, "cluster/");
	} else {
		buf_adds(out, "namespaces/");
		add_name(out, ns, 0);
		buf_addc(out, '/');
	}
	buf_adds(out, kind);
	buf_addc(out, '/');
	add_name(out, name, strlen(".json"));
	buf_adds(out, ".json");
}

char *tree_path(const struct kind *kind, const char *ns, const char *name)
{
	struct buf out = BUF_INIT;

	tree_path_add(&out, kind->plural, kind->namespaced ? ns : NULL, name);
	return buf_take(&out);
}

bool tree_path_valid(const char *path)
{
	size_t components = 1, length = 0;

	if (strlen(path) > PATH_MAX_BYTES || !str_ends(path, ".json"))
		return false;
	for (const char *p = path; *p; p++) {
		bool start = p == path || p[-1] == '/';

		/* A space would end the path in the journal; a control character would not print. */
		if ((unsigned char)*p <= ' ' || *p == 0x7f || (start && (*p == '.' || *p == '/')))
			return false;
		length = *p == '/' ? 0 : length + 1;
		if (length > NAME_MAX_BYTES)
			return false;
		if (*p == '/')
			components++;
	}
	return components <= COMPONENTS_MAX;
}
