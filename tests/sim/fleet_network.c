/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What an agent knows of other nodes, and where its host is reached. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sim/fleet.h"

void agent_network_begin(struct agent *a)
{
	snprintf(a->address, sizeof(a->address), "192.%u.%u.%u", 100 + a->boots % 100, a->index / 250 % 250,
		1 + a->index % 250);
}

void agent_network_done(struct agent *a)
{
	peers_done(&a->network);
	free(a->network_before);
}

static char *file_of(const struct peers *p)
{
	struct buf line = BUF_INIT;

	if (!p->cluster_cidr)
		return NULL;
	peers_write(p, &line);
	return buf_take(&line);
}

void agent_network_take(struct sim *s, struct agent *a, const struct letter *l)
{
	struct wire_message m = { 0 };
	char *before = file_of(&a->network);

	if (a->version < 2)
		sim_fail(s, "version", "%s, which speaks version 1, is told the network", a->name);
	if (wire_parse(l->line, strlen(l->line), &m, NULL) < 0)
		abort();
	if (peers_take(&a->network, m.network)) {
		free(a->network_before);
		a->network_before = before;
	} else {
		free(before);
	}
	wire_message_done(&m);
}

void agent_network_reboot(struct sim *s, struct agent *a)
{
	struct rng r = rng_of(s->o->seed, 10, (uint64_t)a->index * 1000 + a->boots++);

	if (rng_chance(&r, 50))
		agent_network_begin(a);
	if (rng_chance(&r, 50))
		return;
	peers_done(&a->network);
	if (a->network_before)
		peers_read(&a->network, a->network_before, strlen(a->network_before), NULL);
}
