/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Credentials for registries, and what skopeo's complaints mean. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "nodeagent/image_pull.h"

/* Adds the registries of map FROM that AUTHS doesn't have yet. */
static void merge_auths(struct arena *a, struct value *auths, const struct value *from)
{
	for (size_t i = 0; i < from->map.count; i++)
		if (!value_get(auths, from->map.entries[i].key))
			value_set(a, auths, from->map.entries[i].key,
				value_copy(a, from->map.entries[i].value));
}

int image_auth_merge(const struct image_auth *auths, size_t count, char **ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *top = value_map_new(a), *merged = value_map_new(a);
	struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);

	for (size_t i = 0; i < count; i++) {
		struct value *v;
		int r = json_parse(a, auths[i].json, auths[i].len, &v, NULL);
		const struct value *from = r < 0 || auths[i].legacy ? v : value_get(v, "auths");

		if (r < 0 || !from || from->type != VALUE_MAP)
			return err_set(err, -EBADMSG, "pull secret %zu is no %s", i + 1,
				auths[i].legacy ? ".dockercfg" : ".dockerconfigjson");
		merge_auths(a, merged, from);
	}
	value_set(a, top, "auths", merged);
	json_value(&w, top);
	*ret = buf_take(&text);
	return 0;
}

int image_pull_reason(const char *text, const char **ret)
{
	static const struct {
		const char *says; /* a part of skopeo's message */
		int code;
		const char *reason;
	} table[] = {
		{ "no space left on device", -ENOSPC, "the disk is full" },
		{ "manifest unknown", -ENOENT, "there is no such tag or digest" },
		{ "name unknown", -ENOENT, "there is no such repository" },
		{ "no image found in", -ENOENT, "there is no such image for this architecture" },
		{ "unauthorized", -EACCES,
			"the registry refuses access: imagePullSecrets, or no such repository" },
		{ "authentication required", -EACCES,
			"the registry refuses access: imagePullSecrets, or no such repository" },
		{ "invalid username/password", -EACCES, "the registry refuses the credentials" },
		{ "denied", -EACCES, "the registry refuses access: imagePullSecrets, or no such repository" },
		{ "toomanyrequests", -EBUSY, "the registry limits the rate of pulls" },
		{ "no such host", -EHOSTUNREACH, "the registry's name is not known" },
		{ "server misbehaving", -EHOSTUNREACH, "the registry's name could not be looked up" },
		{ "connection refused", -EHOSTUNREACH, "the registry does not answer" },
		{ "no route to host", -EHOSTUNREACH, "the registry does not answer" },
		{ "network is unreachable", -EHOSTUNREACH, "the registry cannot be reached" },
		{ "i/o timeout", -EHOSTUNREACH, "the registry does not answer in time" },
		{ "x509:", -EACCES, "the registry's certificate is not trusted" },
		{ "server gave HTTP response", -EPROTO, "the registry speaks no TLS" },
		{ "Digest did not match", -EBADMSG, "the registry sent damaged data" },
		{ "does not match", -EBADMSG, "the registry sent damaged data" },
		{ "unexpected EOF", -EIO, "the connection ended early" },
	};

	*ret = NULL;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strstr(text, table[i].says)) {
			*ret = table[i].reason;
			return table[i].code;
		}
	return -EIO;
}
