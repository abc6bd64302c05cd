/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a host must have to be a node, and what it lacks: a script that looks, read only, and what its answer means.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/time.h"

/* As it says them; texts live in the facts' own arena. */
struct node_facts {
	struct arena *arena;
	/* Of the first script, which needs no rights. */
	const char *user, *group, *user_home, *machine, *kernel;
	const char *want_cluster_id; /* set before: whose session_home is wanted; or NULL */
	const char *session_home;    /* of the agent that pintled's key opens sessions with; NULL: of none */
	const char *sudo;            /* "root", "yes", "none", or what sudo -n says */
	/* Of the second, which is root's. */
	const char *cluster_id;   /* of the home there; NULL: it is none */
	const char *home_owner;   /* NULL: the home's directory is not there */
	const char *agent_sha256; /* of the agent that is there; NULL: there is none */
	const char *agent_keys;   /* sshd's AuthorizedKeysFile; NULL: not known */
	bool systemd, apt;
	bool answers;       /* the agent's socket is there */
	int64_t disk_kib;   /* free, where the home is or will be; -1: not known */
	nsec_t time;        /* 0: not known */
	const char **lacks; /* [lack_count]: "program crun", "library libmnl.so.0", "kernel overlay" … */
	size_t lack_count;
};
void node_facts_init(struct node_facts *f);
void node_facts_done(struct node_facts *f);
/* Takes what a script has said: lines of "NAME=VALUE"; what is unknown is passed over. */
void node_facts_take(struct node_facts *f, const char *text);

/* The script that any user can run. */
extern const char node_facts_user_script[];
/* That of root, into OUT. LIBRARIES: sonames the agent is linked to, separated by blanks. */
void node_facts_root_script(
	struct buf *out, const char *bin, const char *home, const char *user, const char *libraries);

/* What the host must have beside what was looked for there. */
struct node_needs {
	uint16_t elf_machine; /* of the agent that would be copied */
	nsec_t now;           /* when the second script ran, by this host's clock */
};
/* What is missing, line by line, for people, into OUT; Debian's packages that bring it, each with a blank before it, into PACKAGES. Returns how many
 * lines; *RET_HOPELESS of them no package brings. */
size_t node_facts_judge(const struct node_facts *f, const struct node_needs *needs, struct buf *out,
	struct buf *packages, size_t *ret_hopeless);

/* The machine of an ELF program (its first bytes are HEAD), 0: it is none. */
uint16_t node_elf_machine(const void *head, size_t len);
