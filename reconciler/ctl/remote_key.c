/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/remote_key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/proc.h"
#include "lib/base/str.h"

enum { SCAN_TIMEOUT_S = 30, ANSWER_MAX = 16 };

/* Those that the reconciler's own transport knows come first. */
static const char *const preferred[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521", "ssh-rsa" };

static size_t rank_of(const char *type)
{
	size_t i = 0;

	while (i < ARRAY_LEN(preferred) && !str_eq(type, preferred[i]))
		i++;
	return i;
}

/* The best of what `ssh-keygen -F` or ssh-keyscan says: lines of "NAME TYPE BASE64", with comments. *RET_FOUND is left alone where there is none. */
static void take_keys(struct remote *r, char *text, struct ssh_host_key *ret, bool *ret_found)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *space = strchr(line, ' ');
		struct ssh_host_keys keys;

		/* "@revoked NAME …" and "@cert-authority NAME …" are not what is asked for. */
		if (!space || *line == '#' || *line == '@' || ssh_host_keys_parse(r->arena, space + 1, &keys))
			continue;
		if (!*ret_found || rank_of(keys.items[0].type) < rank_of(ret->type))
			*ret = keys.items[0];
		*ret_found = true;
	}
}

/* Only one that the reconciler can use itself ends the search: a host that is known by an old RSA key has a better one. */
static bool look_up(struct remote *r, struct ssh_host_key *ret)
{
	bool found = false;

	for (size_t i = 0; i < r->known_file_count; i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		const char *argv[] = { "ssh-keygen", "-F", r->known_as, "-f", r->known_files[i], NULL };

		if (proc_check(&(struct proc_spec){ .argv = argv }, &out, NULL) == 0)
			take_keys(r, out.data, ret, &found);
	}
	return found && (r->jumps || ssh_host_key_is_modern(ret));
}

static int scan(struct remote *r, struct ssh_host_key *ret, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const char *port = arena_printf(r->arena, "%d", r->address.port);
	const char *argv[] = { "ssh-keyscan", "-T", "15", "-t", "ed25519,ecdsa,rsa", "-p", port, "--",
		r->address.host, NULL };
	struct proc_spec spec = { .argv = argv, .timeout = SCAN_TIMEOUT_S * NSEC_PER_SEC };
	bool found = false;
	int code;

	if (r->jumps)
		return err_set(err, -ENOKEY,
			"the key of %s is not in known_hosts, and can't be asked for by way of a jump host: "
			"log in there once "
			"(ssh %s), or give --host-key",
			r->word, r->word);
	code = proc_check(&spec, &out, err);
	take_keys(r, out.data, ret, &found);
	if (!found)
		return code < 0 ? code
				: err_set(err, -EHOSTUNREACH, "no sshd answers at %s",
					  ssh_address_format(r->arena, &r->address));
	return 0;
}

int remote_ask(const char *question)
{
	char answer[ANSWER_MAX] = "";

	if (!isatty(STDIN_FILENO))
		return -ENOTTY;
	for (;;) {
		printf("%s (yes/no) ", question);
		fflush(stdout);
		if (!fgets(answer, sizeof(answer), stdin))
			return 0;
		answer[strcspn(answer, "\n")] = '\0';
		if (str_eq(answer, "yes"))
			return 1;
		if (str_eq(answer, "no"))
			return 0;
	}
}

static int agree(struct remote *r, const struct ssh_host_key *key, struct err *err)
{
	const char *fingerprint = ssh_fingerprint(r->arena, key->blob, key->len);
	const char *question = arena_printf(r->arena, "%s shows the %s key %s. Is that its own?",
		ssh_address_format(r->arena, &r->address), key->type, fingerprint);
	int answer = remote_ask(question);

	if (answer > 0)
		return 0;
	if (answer == 0)
		return err_set(err, -ECANCELED, "the host's key is not agreed to: nothing is done");
	return err_set(err, -ECANCELED,
		"%s shows the %s key %s, which is in no known_hosts, and nobody is there to ask: compare it, "
		"and say --yes, or give "
		"--host-key \"%s %s\"",
		ssh_address_format(r->arena, &r->address), key->type, fingerprint, key->type, key->base64);
}

int remote_key_find(struct remote *r, const struct remote_key_options *o, struct ssh_host_key *ret,
	const char **ret_why, struct err *err)
{
	struct ssh_host_keys keys;
	const char *wrong;
	int code;

	*ret_why = "as given";
	if (o->given) {
		wrong = ssh_host_keys_parse(r->arena, o->given, &keys);
		if (wrong)
			return err_set(err, -EINVAL, "--host-key: %s", wrong);
		*ret = keys.items[0];
		return 0;
	}
	*ret_why = "as in known_hosts";
	if (look_up(r, ret))
		return 0;
	*ret_why = o->yes || o->dry_run ? "as the host shows it" : "as agreed";
	code = scan(r, ret, err);
	if (code == 0 && !o->yes && !o->dry_run)
		code = agree(r, ret, err);
	return code;
}
