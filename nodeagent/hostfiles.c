/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Small texts, written line by line; the host's resolv.conf is read word by word (resolv.conf(5)). */
#include "nodeagent/hostfiles.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"

enum { NAMESERVERS_MAX = 3, SEARCHES_MAX = 32, OPTIONS_MAX = 32, WORD_MAX = 256 };

/* --- /etc/hosts ----------------------------------------------------------------------------------------- */

static const char hosts_head[] = "# Kubernetes-managed hosts file.\n"
				 "127.0.0.1\tlocalhost\n"
				 "::1\tlocalhost ip6-localhost ip6-loopback\n"
				 "fe00::0\tip6-localnet\n"
				 "fe00::0\tip6-mcastprefix\n"
				 "fe00::1\tip6-allnodes\n"
				 "fe00::2\tip6-allrouters\n";

void hostfiles_hosts(const struct hosts_input *in, struct buf *out)
{
	const struct pod_spec *spec = &in->pod->spec;

	if (!in->pod_ip) {
		buf_adds(out, "# Kubernetes-managed hosts file (host network).\n");
		buf_adds(out, str_or_empty(in->host_text));
	} else {
		buf_adds(out, hosts_head);
		if (!str_empty(in->domain))
			buf_addf(out, "%s\t%s.%s\t%s\n", in->pod_ip, in->hostname, in->domain, in->hostname);
		else
			buf_addf(out, "%s\t%s\n", in->pod_ip, in->hostname);
	}
	if (spec->host_aliases.count > 0)
		buf_adds(out, "\n# Entries added by HostAliases.\n");
	for (size_t i = 0; i < spec->host_aliases.count; i++) {
		buf_adds(out, spec->host_aliases.items[i].ip);
		for (size_t k = 0; k < spec->host_aliases.items[i].hostnames.count; k++)
			buf_addf(out, "\t%s", spec->host_aliases.items[i].hostnames.items[k]);
		buf_addc(out, '\n');
	}
}

const char *hostfiles_hostname(const struct pod *pod, char *ret)
{
	const char *name = pod->spec.hostname ? pod->spec.hostname : str_or_empty(pod->meta.name);
	size_t len = strnlen(name, HOSTNAME_SIZE - 1);

	memcpy(ret, name, len);
	while (len > 0 && (ret[len - 1] == '-' || ret[len - 1] == '.'))
		len--;
	ret[len] = 0;
	return ret;
}

/* --- /etc/resolv.conf ------------------------------------------------------------------------------------ */

struct words {
	char word[SEARCHES_MAX][WORD_MAX];
	size_t count;
};
struct resolv {
	struct words nameservers, searches, options;
};

static void words_add(struct words *w, size_t max, const char *s, size_t len)
{
	if (w->count >= max || len == 0 || len >= WORD_MAX)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (strlen(w->word[i]) == len && memcmp(w->word[i], s, len) == 0)
			return;
	memcpy(w->word[w->count], s, len);
	w->word[w->count++][len] = 0;
}

/* An option replaces one of the same name ("ndots:1" by "ndots:5"). */
static void option_add(struct words *w, const char *s, size_t len)
{
	size_t name = 0;

	while (name < len && s[name] != ':')
		name++;
	for (size_t i = 0; i < w->count; i++)
		if (strcspn(w->word[i], ":") == name && strncmp(w->word[i], s, name) == 0 && len < WORD_MAX) {
			memcpy(w->word[i], s, len);
			w->word[i][len] = 0;
			return;
		}
	words_add(w, OPTIONS_MAX, s, len);
}

static void line_words(const char *p, const char *end, struct resolv *r, const char *key, size_t key_len)
{
	bool search = key_len == 6 && strncmp(key, "search", 6) == 0;

	/* The last search line counts. */
	if (search)
		r->searches.count = 0;
	while (p < end) {
		size_t skip = strspn(p, " \t"), len;

		p += skip;
		len = strcspn(p, " \t\n");
		if (len == 0)
			break;
		if (search)
			words_add(&r->searches, SEARCHES_MAX, p, len);
		else if (key_len == 10 && strncmp(key, "nameserver", 10) == 0) {
			words_add(&r->nameservers, NAMESERVERS_MAX, p, len);
			break; /* one a line; what follows is a remark */
		} else if (key_len == 7 && strncmp(key, "options", 7) == 0)
			option_add(&r->options, p, len);
		p += len;
	}
}

static void host_read(const char *text, struct resolv *r)
{
	while (text && *text) {
		const char *end = text + strcspn(text, "\n");
		size_t key_len = strcspn(text, " \t\n");

		if (*text != '#' && *text != ';')
			line_words(text + key_len, end, r, text, key_len);
		text = *end ? end + 1 : end;
	}
}

static void cluster_set(const struct resolv_input *in, struct resolv *r)
{
	static const char *const below[] = { "svc.", "" };
	char domain[WORD_MAX];
	struct words host = r->searches;
	int n;

	r->nameservers.count = r->searches.count = 0;
	words_add(&r->nameservers, NAMESERVERS_MAX, in->cluster_dns, strlen(in->cluster_dns));
	n = snprintf(domain, sizeof(domain), "%s.svc.%s", str_or_empty(in->pod->meta.namespace),
		str_or_empty(in->dns_domain));
	if (n > 0 && (size_t)n < sizeof(domain))
		words_add(&r->searches, SEARCHES_MAX, domain, (size_t)n);
	for (size_t i = 0; i < ARRAY_LEN(below); i++) {
		n = snprintf(domain, sizeof(domain), "%s%s", below[i], str_or_empty(in->dns_domain));
		if (n > 0 && (size_t)n < sizeof(domain))
			words_add(&r->searches, SEARCHES_MAX, domain, (size_t)n);
	}
	for (size_t i = 0; i < host.count; i++)
		words_add(&r->searches, SEARCHES_MAX, host.word[i], strlen(host.word[i]));
	option_add(&r->options, "ndots:5", 7);
}

static void config_merge(const struct dns_config *c, struct resolv *r)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nameservers.count; i++)
		words_add(&r->nameservers, NAMESERVERS_MAX, c->nameservers.items[i],
			strlen(c->nameservers.items[i]));
	for (size_t i = 0; i < c->searches.count; i++)
		words_add(&r->searches, SEARCHES_MAX, c->searches.items[i], strlen(c->searches.items[i]));
	for (size_t i = 0; i < c->options.count; i++) {
		char text[WORD_MAX];
		const char *value = c->options.items[i].value;
		int n = snprintf(text, sizeof(text), "%s%s%s", c->options.items[i].name, value ? ":" : "",
			str_or_empty(value));

		if (n > 0 && (size_t)n < sizeof(text))
			option_add(&r->options, text, (size_t)n);
	}
}

void hostfiles_resolv(const struct resolv_input *in, struct buf *out)
{
	const char *policy = in->pod->spec.dns_policy;
	bool cluster = str_eq(policy, "ClusterFirstWithHostNet") ||
		       (!in->pod->spec.host_network && (!policy || str_eq(policy, "ClusterFirst")));
	struct resolv r = { 0 };

	if (!str_eq(policy, "None"))
		host_read(in->host_text, &r);
	if (cluster && in->cluster_dns)
		cluster_set(in, &r);
	config_merge(in->pod->spec.dns_config, &r);
	if (r.searches.count > 0) {
		buf_adds(out, "search");
		for (size_t i = 0; i < r.searches.count; i++)
			buf_addf(out, " %s", r.searches.word[i]);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < r.nameservers.count; i++)
		buf_addf(out, "nameserver %s\n", r.nameservers.word[i]);
	if (r.options.count > 0) {
		buf_adds(out, "options");
		for (size_t i = 0; i < r.options.count; i++)
			buf_addf(out, " %s", r.options.word[i]);
		buf_addc(out, '\n');
	}
}
