/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/home_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/schema.h"
#include "lib/object/yaml.h"

/* As the file has it. */
struct config_file {
	const char *repository, *branch, *path, *listen, *ssh_key, *ssh_agent, *ssh_config;
	struct opt_int interval; /* ns */
};

static const char *rule_branch(struct arena *arena, const char *s)
{
	static const char *const bad[] = { "..", "//", "@{", " ", "~", "^", ":", "?", "*", "[", "\\" };

	(void)arena;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (strstr(s, bad[i]))
			return "is no name of a branch (git-check-ref-format(1))";
	if (s[0] == '/' || s[0] == '-' || s[0] == '.' || str_ends(s, "/") || str_ends(s, ".lock") ||
		str_ends(s, "."))
		return "is no name of a branch (git-check-ref-format(1))";
	return NULL;
}

static const char *rule_subpath(struct arena *arena, const char *s)
{
	_cleanup_(freep) char *framed = xasprintf("/%s/", s);

	(void)arena;
	if (strstr(framed, "/../") || strstr(framed, "/./"))
		return "may not contain . or ..";
	return NULL;
}

static const char *rule_listen(struct arena *arena, const char *s)
{
	const char *colon = strrchr(s, ':');
	int64_t port;

	(void)arena;
	if (!colon || colon == s || str_to_i64(colon + 1, &port) < 0 || port < 0 || port > 65535)
		return "must be address:port";
	return NULL;
}

static const struct field config_fields[] = {
	{ .name = "repository",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_file, repository),
		.doc = "The git repository to follow: a path or a URL. Default: desired.git in the home." },
	{ .name = "branch",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_file, branch),
		.value_default = "main",
		.rule = rule_branch,
		.doc = "The branch to follow." },
	{ .name = "path",
		.kind = FIELD_STRING,
		.offset = offsetof(struct config_file, path),
		.value_default = "",
		.rule = rule_subpath,
		.doc = "The directory of the repository that holds the manifests. Default: its top." },
	{ .name = "interval",
		.kind = FIELD_DURATION,
		.offset = offsetof(struct config_file, interval),
		.value_default = "1m",
		.doc = "Between fetches of a remote repository. Local ones are watched." },
	{ .name = "listen",
		.kind = FIELD_STRING,
		.offset = offsetof(struct config_file, listen),
		.value_default = "127.0.0.1:8480",
		.rule = rule_listen,
		.doc = "Where pintle-status listens." },
	{ .name = "sshKey",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_file, ssh_key),
		.value_default = "ssh/id_ed25519",
		.doc = "The private key with which nodes are reached over SSH." },
	{ .name = "sshAgent",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_file, ssh_agent),
		.doc = "The socket of an SSH agent that has the key instead. Default: none." },
	{ .name = "sshConfig",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_file, ssh_config),
		.doc = "The settings of ssh for nodes with pintle.dev/transport: openssh. Default: the "
		       "user's and the "
		       "host's." },
};

static void check_config(struct decode *d, const void *object, const struct value *v)
{
	const struct config_file *c = object;

	if (c->interval.set && c->interval.value < NSEC_PER_SEC)
		decode_error(d, value_get(v, "interval"), "interval", "must be at least 1s");
}

static const struct schema config_schema = {
	.name = "pintle.conf",
	FIELDS(config_fields),
	.size = sizeof(struct config_file),
	.check = check_config,
};

/* S without the slashes at its ends. */
static char *trim_slashes(const char *s)
{
	size_t len;

	while (*s == '/')
		s++;
	len = strlen(s);
	while (len > 0 && s[len - 1] == '/')
		len--;
	return xstrndup(s, len);
}

bool home_config_is_url(const char *s)
{
	const char *colon = strchr(s, ':'), *slash = strchr(s, '/');

	return colon && (!slash || colon < slash);
}

static char *below(const char *dir, const char *path)
{
	return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", dir, path);
}

static void take_over(const struct config_file *file, const char *dir, struct home_config *ret)
{
	const char *repository = file->repository;

	*ret = (struct home_config){
		.branch = xstrdup(file->branch),
		.path = trim_slashes(str_or_empty(file->path)),
		.interval = file->interval.value,
		.listen = xstrdup(file->listen),
		.ssh_key = below(dir, file->ssh_key),
		.ssh_agent = file->ssh_agent ? below(dir, file->ssh_agent) : NULL,
		.ssh_config = file->ssh_config ? below(dir, file->ssh_config) : NULL,
	};
	if (repository)
		ret->repository = home_config_is_url(repository) ? xstrdup(repository)
								 : below(dir, repository);
}

static int report(struct diags *diags, struct err *err)
{
	struct buf text = BUF_INIT;

	diags_sort(diags);
	diags_format(diags, &text);
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		buf_truncate(&text, text.len - 1);
	err_set(err, -EBADMSG, "%s", text.data);
	buf_done(&text);
	return -EBADMSG;
}

int home_config_parse(const char *text, size_t len, const char *dir, struct home_config *ret, struct err *err)
{
	struct arena *arena = arena_new(0);
	struct yaml_documents documents = { 0 };
	struct config_file file = { 0 };
	struct diags diags;
	struct decode d = { .arena = arena, .diags = &diags, .path = "pintle.conf", .mode = DECODE_MANIFEST };
	int r;

	diags_init(&diags);
	r = yaml_parse(arena, "pintle.conf", text, len, &yaml_limits_default, &documents, &diags);
	if (r == 0) {
		const struct value *v = documents.count > 0 ? documents.items[0] : value_map_new(arena);

		r = schema_decode(&d, &config_schema, v, &file);
	}
	if (r < 0)
		r = report(&diags, err);
	else
		take_over(&file, dir, ret);
	diags_done(&diags);
	arena_free(arena);
	return r;
}

void home_config_done(struct home_config *c)
{
	free(c->repository);
	free(c->branch);
	free(c->path);
	free(c->listen);
	free(c->ssh_key);
	free(c->ssh_agent);
	free(c->ssh_config);
	*c = (struct home_config){ 0 };
}

/* One setting: as a JSON string, which is YAML too; or a comment with the default. */
static void add_setting(struct buf *out, const char *name, const char *value, const char *fallback)
{
	if (!value) {
		buf_addf(out, "#%s: %s\n", name, fallback);
		return;
	}
	struct json_writer w = JSON_WRITER(out, 0);
	buf_addf(out, "%s: ", name);
	json_cstring(&w, value);
	buf_addc(out, '\n');
}

void home_config_write(const struct home_options *o, struct buf *out)
{
	static const struct home_options none;

	if (!o)
		o = &none;
	buf_adds(out, "# What only this machine can know: pintle.conf(5). What the cluster is stands in its "
		      "repository.\n");
	add_setting(out, "repository", o->repository, "desired.git");
	add_setting(out, "branch", o->branch, "main");
	add_setting(out, "path", o->path, "\"\"");
	buf_adds(out, "#interval: 1m\n");
	add_setting(out, "listen", o->listen, "127.0.0.1:8480");
	buf_adds(out,
		"#sshKey: ssh/id_ed25519\n#sshAgent: /run/user/1000/ssh-agent\n#sshConfig: ssh/config\n");
}
