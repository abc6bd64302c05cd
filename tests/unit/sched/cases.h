/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Tables about one pod among others. The nodes are always the same, in this order:
 *
 *     a1, a2   zone a          b1   zone b, taint dedicated (NoSchedule)          c1   no zone, disk: ssd
 *
 * all with kubernetes.io/hostname but c1, which is called by host, too. What is there is said as "a1:web a1:web~ b1:db": node, kind of
 * pod, ~ for one that is leaving. Verdicts are one letter a node: + fits, s spread, l no label for spread, f affinity, a anti-affinity, e
 * others' anti-affinity, t taint, n node affinity. Terms are a number a node.
 *
 * place_init; then place_pods and looks (place_verdicts, place_terms) in any order; place_done. rows_verdicts and rows_terms do it all for
 * a table of rows, each on a cluster of its own.
 */
#pragma once

#include "sched/part.h"
#include "tests/unit/sched/books.h"

#define ZONE "topologyKey: topology.kubernetes.io/zone"
#define HOST "topologyKey: host"
#define WEB "labelSelector: {matchLabels: {app: web}}"

/* A kind of pod. */
struct sort {
	const char *name, *namespace, *labels, *spec;
};

/* The pods that are there, the kind of the one that comes, and what is said of each node. */
struct row {
	const char *pods, *kind, *said;
};

static const char *const case_nodes[] = { "a1", "a2", "b1", "c1" };

struct place {
	struct sched_cluster *c;
	const struct sort *sorts; /* [sort_count] */
	size_t sort_count;
	struct books_pod pods[16];
	size_t pod_count;
};

/* The nodes, and no pod; those that come are of SORTS, which is borrowed. */
static inline void place_init(struct place *p, const struct sort *sorts, size_t sort_count)
{
	*p = (struct place){ .c = sched_cluster_new(), .sorts = sorts, .sort_count = sort_count };
	books_node(p->c, "a1", "topology.kubernetes.io/zone: a, kubernetes.io/hostname: a1, host: a1", "");
	books_node(p->c, "a2", "topology.kubernetes.io/zone: a, kubernetes.io/hostname: a2, host: a2", "");
	books_node(p->c, "b1", "topology.kubernetes.io/zone: b, kubernetes.io/hostname: b1, host: b1",
		"spec: {taints: [{key: dedicated, value: db, effect: NoSchedule}]}\n");
	books_node(p->c, "c1", "host: c1, disk: ssd", "");
	books_namespace(p->c, "default", "team: one");
	books_namespace(p->c, "two", "team: two");
}

static inline void place_done(struct place *p)
{
	sched_cluster_free(p->c);
	for (size_t i = 0; i < p->pod_count; i++)
		books_pod_done(&p->pods[i]);
}

/* A pod of the kind called NAME (LEN bytes), the same request for all that are equal. */
static inline struct sched_request *place_kind(struct place *p, const char *name, size_t len)
{
	for (size_t i = 0; i < p->pod_count; i++) {
		const char *known = object_pod(p->pods[i].object)->spec.scheduler_name;

		if (strncmp(known, name, len) == 0 && known[len] == '\0')
			return p->pods[i].request;
	}
	for (size_t i = 0; i < p->sort_count; i++) {
		const struct sort *sort = &p->sorts[i];
		_cleanup_(freep) char *spec = NULL;

		if (strncmp(sort->name, name, len) != 0 || sort->name[len] != '\0')
			continue;
		assert_true(p->pod_count < ARRAY_LEN(p->pods));
		spec = xasprintf("  schedulerName: %s\n%s", sort->name, sort->spec);
		p->pods[p->pod_count] = books_pod(sort->namespace, sort->labels, spec);
		return p->pods[p->pod_count++].request;
	}
	fail_msg("no kind of pod is called %.*s", (int)len, name);
	return NULL;
}

/* What the kind KIND asks for. */
static inline struct sched_request *place_request(struct place *p, const char *kind)
{
	return place_kind(p, kind, strlen(kind));
}

static inline void place_pods(struct place *p, const char *pods)
{
	uintptr_t id = 1;

	while (*pods) {
		size_t len = strcspn(pods, " ");
		bool leaving = pods[len - 1] == '~';
		struct sched_request *r = place_kind(p, pods + 3, len - 3 - leaving);
		const char node[] = { pods[0], pods[1], '\0' };

		sched_cluster_add_pod(p->c, node,
			&(struct sched_pod){ .id = (void *)id++, .request = r, .leaving = leaving });
		pods += len;
		pods += *pods == ' ';
	}
}

static inline char place_letter(const struct sched_verdict *v)
{
	static const struct {
		const char *text;
		char letter;
	} letters[] = {
		{ "node(s) didn't match pod topology spread constraints (missing required label)", 'l' },
		{ "node(s) didn't match pod topology spread constraints", 's' },
		{ "node(s) didn't match pod affinity rules", 'f' },
		{ "node(s) didn't match pod anti-affinity rules", 'a' },
		{ "node(s) didn't satisfy existing pods anti-affinity rules", 'e' },
		{ "node(s) had untolerated taint {dedicated: db}", 't' },
		{ "node(s) didn't match Pod's node affinity/selector", 'n' },
	};

	if (v->node)
		return '+';
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (v->reason_count == 1 && str_eq(v->reasons[0].text, letters[i].text))
			return letters[i].letter;
	return '?';
}

enum { SAID_SIZE = 32 };

/* A letter for each node, into RET. */
static inline void place_verdicts(struct place *p, struct sched_request *r, char ret[SAID_SIZE])
{
	struct sched_verdict v;

	for (size_t i = 0; i < ARRAY_LEN(case_nodes); i++) {
		sched_pick_on(p->c, case_nodes[i], r, &v);
		ret[i] = place_letter(&v);
	}
	ret[ARRAY_LEN(case_nodes)] = '\0';
}

/* TERM for each node, as "100 50 0 0". */
static inline void place_terms(
	struct place *p, struct sched_request *r, enum sched_term term, char ret[SAID_SIZE])
{
	const struct sched_scorer *s = &sched_scorers[term];
	size_t n = 0;

	sched_request_prepare(p->c, r);
	for (size_t i = 0; i < ARRAY_LEN(case_nodes); i++) {
		const struct sched_node *node = sched_node_find(p->c, case_nodes[i]);
		const struct sched_look l = { .c = p->c, .r = r, .node = node->index, .n = node };
		long long value = !s->asked || s->asked(p->c, r) ? s->term(&l) : 100;

		n += (size_t)snprintf(ret + n, SAID_SIZE - n, "%s%lld", i > 0 ? " " : "", value);
	}
}

/* The cluster of ROW; what the pod that comes asks for. */
static inline struct sched_request *row_begin(
	struct place *p, const struct sort *sorts, size_t sort_count, const struct row *row)
{
	place_init(p, sorts, sort_count);
	place_pods(p, row->pods);
	return place_request(p, row->kind);
}

static inline void row_end(struct place *p, const struct row *row, const char *said)
{
	if (!str_eq(said, row->said))
		fail_msg("%s among \"%s\": %s, expected %s", row->kind, row->pods, said, row->said);
	place_done(p);
}

/* Fails where the verdicts about a row's pod are others than it says. */
static inline void rows_verdicts(
	const struct sort *sorts, size_t sort_count, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct place p;
		struct sched_request *r = row_begin(&p, sorts, sort_count, &rows[i]);
		char said[SAID_SIZE];

		place_verdicts(&p, r, said);
		row_end(&p, &rows[i], said);
	}
}

/* Likewise TERM. */
static inline void rows_terms(const struct sort *sorts, size_t sort_count, const struct row *rows,
	size_t count, enum sched_term term)
{
	for (size_t i = 0; i < count; i++) {
		struct place p;
		struct sched_request *r = row_begin(&p, sorts, sort_count, &rows[i]);
		char said[SAID_SIZE];

		place_terms(&p, r, term, said);
		row_end(&p, &rows[i], said);
	}
}
