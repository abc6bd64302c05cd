/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Names and paths of one home. */
#include "nodeagent/env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

int node_env_init(struct node_env *ret, const char *home, const char *cluster_id, struct err *err)
{
	if (home[0] != '/')
		return err_set(err, -EINVAL, "the home %s is not an absolute path", home);
	if (strspn(cluster_id, "0123456789abcdef") < NODE_SHORT_LEN)
		return err_set(err, -EINVAL, "cluster id \"%s\" does not begin with %d lower-case hex digits",
			cluster_id, NODE_SHORT_LEN);
	*ret = (struct node_env){ 0 };
	memcpy(ret->short_id, cluster_id, NODE_SHORT_LEN);
	ret->home = xstrdup(home);
	ret->state_dir = xasprintf("%s/agent", home);
	ret->run_dir = xasprintf("/run/pintle/%s", ret->short_id);
	return 0;
}

void node_env_done(struct node_env *env)
{
	free(env->home);
	free(env->state_dir);
	free(env->run_dir);
	*env = (struct node_env){ 0 };
}
