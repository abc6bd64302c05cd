/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * completion: scripts for bash and zsh, written from the same tables that parse the words. Names of objects are asked of
 * `pintle get -o name` while completing, which needs no daemon.
 */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "reconciler/ctl/verbs.h"

static void add_quoted(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_adds(out, "'\\'");
		buf_addc(out, *text);
	}
}

/* "--namespace -n --output …" */
static void add_options(struct buf *out, const struct ctl_verb *v)
{
	for (size_t i = 0; i < v->option_count; i++) {
		buf_addf(out, "--%s ", v->options[i].name);
		if (v->options[i].letter)
			buf_addf(out, "-%c ", v->options[i].letter);
	}
	buf_adds(out, "--help -h");
}

static void add_kinds(struct buf *out)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		buf_addf(out, "%s%s", i ? " " : "", kinds[i].plural);
	buf_adds(out, " all");
}

/* The first words of all verbs, each once, with what the shell needs around them. */
static void add_verbs(struct buf *out, const char *separator)
{
	const char *last = "";
	size_t last_len = 0;
	buf_adds(out, "help");
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++) {
		size_t len = strcspn((*v)->name, " ");
		if (len == last_len && strncmp((*v)->name, last, len) == 0)
			continue;
		last = (*v)->name;
		last_len = len;
		buf_addf(out, "%s%.*s", separator, (int)len, last);
	}
}

/* Second words: of "image" "import list remove". */
static void add_second_words(struct buf *out, const char *first, size_t len)
{
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++)
		if (strncmp((*v)->name, first, len) == 0 && (*v)->name[len] == ' ')
			buf_addf(out, "%s ", (*v)->name + len + 1);
}

/* --- bash ------------------------------------------------------------------------------------------------ */

static const char bash_head[] =
	"# bash completion for pintle; made by: pintle completion bash\n"
	"_pintle_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
	"_pintle_names() { # KIND [PREFIX]: names of its objects\n"
	"\tlocal n\n"
	"\tn=$(pintle ${home:+--home \"$home\"} get \"$1\" ${ns:+-n \"$ns\"} -o name 2>/dev/null)\n"
	"\t_pintle_words \"$(sed \"s|^.*/|${2-}|\" <<<\"$n\")\"\n"
	"}\n"
	"_pintle() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= verb= home= ns= words=() i w\n"
	"\t((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tw=${COMP_WORDS[i]}\n"
	"\t\tcase $w in\n"
	"\t\t--home) home=${COMP_WORDS[++i]-} ;;\n"
	"\t\t-n | --namespace) ns=${COMP_WORDS[++i]-} ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) words+=(\"$w\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tverb=${words[0]-}\n"
	"\tif [[ $prev == --home ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase ${words[*]:0:2} in\n";

static const char bash_tail[] = "\tesac\n}\ncomplete -o default -F _pintle pintle\n";

static void bash_option_values(struct buf *out, const struct ctl_verb *v)
{
	for (size_t i = 0; i < v->option_count; i++) {
		const struct ctl_option *o = &v->options[i];
		if (!o->choices)
			continue;
		buf_addf(out, "\t\tif [[ $prev == --%s", o->name);
		if (o->letter)
			buf_addf(out, " || $prev == -%c", o->letter);
		buf_adds(out, " ]]; then _pintle_words '");
		for (const char *const *c = o->choices; *c; c++)
			buf_addf(out, "%s%s", c == o->choices ? "" : " ", *c);
		buf_adds(out, "'; return; fi\n");
	}
}

static void bash_words(struct buf *out, const struct ctl_verb *v)
{
	switch (v->words) {
	case CTL_WORDS_NONE:
		break;
	case CTL_WORDS_FILES:
		buf_adds(out, "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n");
		break;
	case CTL_WORDS_KINDS:
		buf_adds(out, "\t\tif ((${#words[@]} > 1)); then _pintle_names \"${words[1]}\"\n\t\telse "
			      "_pintle_words '");
		add_kinds(out);
		buf_adds(out, "'; fi\n");
		break;
	case CTL_WORDS_PODS:
		buf_adds(out, "\t\t((${#words[@]} > 1)) || _pintle_names pods\n");
		break;
	case CTL_WORDS_NODES:
		buf_adds(out, "\t\t_pintle_names nodes\n");
		break;
	case CTL_WORDS_SHELLS:
		buf_adds(out, "\t\t_pintle_words 'bash zsh'\n");
		break;
	}
}

static void bash_verb(struct buf *out, const struct ctl_verb *v)
{
	bool two = strchr(v->name, ' ');
	buf_addf(out, "\t'%s'%s%s%s)\n", v->name, two ? "" : " | '", two ? "" : v->name, two ? "" : " '*");
	bash_option_values(out, v);
	buf_adds(out, "\t\tif [[ $cur == -* ]]; then _pintle_words '");
	add_options(out, v);
	buf_adds(out, "'; return; fi\n");
	bash_words(out, v);
	buf_adds(out, "\t\t;;\n");
}

static void write_bash(struct buf *out)
{
	buf_adds(out, bash_head);
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++)
		bash_verb(out, *v);
	buf_adds(out, "\timage) _pintle_words '");
	add_second_words(out, "image", strlen("image"));
	buf_adds(out, "' ;;\n\t'' | help)\n\t\t_pintle_words '");
	add_verbs(out, " ");
	buf_adds(out, " --home --help --version' ;;\n");
	buf_adds(out, bash_tail);
}

/* --- zsh -------------------------------------------------------------------------------------------------- */

static const char zsh_head[] = "#compdef pintle\n"
			       "# zsh completion for pintle; made by: pintle completion zsh\n"
			       "_pintle_kinds_names() {\n"
			       "\tlocal -a names\n"
			       "\tif ((CURRENT > 2)); then\n"
			       "\t\tnames=(${${(f)\"$(pintle get ${words[2]} -o name 2>/dev/null)\"}##*/})\n"
			       "\t\tcompadd -a names\n"
			       "\telse\n"
			       "\t\tcompadd -- ";
static const char zsh_middle[] = "\n"
				 "\tfi\n"
				 "}\n"
				 "_pintle_pods() {\n"
				 "\tlocal -a names\n"
				 "\tnames=(${${(f)\"$(pintle get pods -o name 2>/dev/null)\"}##*/})\n"
				 "\tcompadd -a names\n"
				 "}\n"
				 "_pintle_nodes() {\n"
				 "\tlocal -a names\n"
				 "\tnames=(${${(f)\"$(pintle get nodes -o name 2>/dev/null)\"}##*/})\n"
				 "\tcompadd -a names\n"
				 "}\n"
				 "_pintle() {\n"
				 "\tlocal line state\n"
				 "\tlocal -a verbs\n"
				 "\tverbs=(\n";

/* In '…', where a colon and brackets mean something to _arguments. */
static void add_zsh_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr(":[]\\", *text))
			buf_addc(out, '\\');
		if (*text == '\'')
			buf_adds(out, "'\\'");
		buf_addc(out, *text);
	}
}

static void zsh_option(
	struct buf *out, const struct ctl_option *o, const char *dashes, const char *name, int len)
{
	buf_addf(out, " \\\n\t\t\t'%s%.*s[", dashes, len, name);
	add_zsh_text(out, o->help);
	buf_addc(out, ']');
	if (o->value) {
		buf_adds(out, ":");
		add_zsh_text(out, o->value);
		buf_addc(out, ':');
		if (o->choices) {
			buf_addc(out, '(');
			for (const char *const *c = o->choices; *c; c++)
				buf_addf(out, "%s%s", c == o->choices ? "" : " ", *c);
			buf_addc(out, ')');
		}
	}
	buf_addc(out, '\'');
}

static void zsh_verb(struct buf *out, const struct ctl_verb *v)
{
	static const char *const actions[] = {
		[CTL_WORDS_NONE] = "",
		[CTL_WORDS_FILES] = " \\\n\t\t\t'*:file:_files'",
		[CTL_WORDS_KINDS] = " \\\n\t\t\t'*:kind:_pintle_kinds_names'",
		[CTL_WORDS_PODS] = " \\\n\t\t\t'1:pod:_pintle_pods'",
		[CTL_WORDS_NODES] = " \\\n\t\t\t'*:node:_pintle_nodes'",
		[CTL_WORDS_SHELLS] = " \\\n\t\t\t'*:shell:(bash zsh)'",
	};
	const char *name = strrchr(v->name, ' ');
	buf_addf(out, "\t\t(%s) _arguments", name ? name + 1 : v->name);
	for (size_t i = 0; i < v->option_count; i++) {
		const struct ctl_option *o = &v->options[i];
		zsh_option(out, o, "--", o->name, (int)strlen(o->name));
		if (o->letter)
			zsh_option(out, o, "-", &o->letter, 1);
	}
	buf_adds(out, actions[v->words]);
	buf_adds(out, " ;;\n");
}

static void zsh_verbs(struct buf *out, const char *first)
{
	size_t len = strlen(first);
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++) {
		bool second = strchr((*v)->name, ' ');
		if (len ? strncmp((*v)->name, first, len) == 0 && (*v)->name[len] == ' ' : !second)
			zsh_verb(out, *v);
	}
}

static void zsh_descriptions(struct buf *out)
{
	for (const struct ctl_verb *const *v = ctl_verbs; *v; v++) {
		if (strchr((*v)->name, ' '))
			continue;
		buf_addf(out, "\t\t'%s:", (*v)->name);
		add_quoted(out, (*v)->summary);
		buf_adds(out, "'\n");
	}
	buf_adds(out, "\t\t'image:Images of the local node.'\n");
}

static void write_zsh(struct buf *out)
{
	buf_adds(out, zsh_head);
	add_kinds(out);
	buf_adds(out, zsh_middle);
	zsh_descriptions(out);
	buf_adds(out, "\t)\n"
		      "\t_arguments -C '--home[the home]:directory:_directories' '1: :->verb' '*:: :->rest'\n"
		      "\tcase $state in\n"
		      "\t(verb) _describe verb verbs ;;\n"
		      "\t(rest)\n"
		      "\t\tif [[ $line[1] == image ]]; then\n"
		      "\t\t\tif ((CURRENT == 1)); then compadd ");
	add_second_words(out, "image", strlen("image"));
	buf_adds(out, "; return; fi\n\t\t\tshift words; ((CURRENT--))\n\t\t\tcase $words[1] in\n");
	zsh_verbs(out, "image");
	buf_adds(out, "\t\t\tesac\n\t\t\treturn\n\t\tfi\n\t\tcase $line[1] in\n");
	zsh_verbs(out, "");
	buf_adds(out, "\t\tesac ;;\n\tesac\n}\ncompdef _pintle pintle\n");
}

/* --- the verb ------------------------------------------------------------------------------------------------- */

static int run_completion(struct ctl *c, const struct ctl_args *args)
{
	struct buf out = BUF_INIT;
	if (args->word_count != 1)
		return ctl_usage(c, "one shell is wanted: bash or zsh");
	if (str_eq(args->words[0], "bash"))
		write_bash(&out);
	else if (str_eq(args->words[0], "zsh"))
		write_zsh(&out);
	else
		return ctl_usage(c, "there is a script for bash and zsh, not for \"%s\"", args->words[0]);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	return CTL_DONE;
}

const struct ctl_verb ctl_verb_completion = {
	"completion",
	"bash | zsh",
	"Prints a script that makes the shell complete pintle's words.",
	NULL,
	0,
	run_completion,
	CTL_WORDS_SHELLS,
};
