/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * After a restart of the agent: each pod on disk is taken up where its record says it stood.
 *
 * Containers that were being created or run are looked for in the runtime: those that run go on with the same PIDs, those
 * that ended meanwhile are told from their exit files, those that never came to be are withdrawn. After a
 * reboot nothing of a pod is left but its record: it is set up again, its containers count as ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/pod_run.h"
#include "nodeagent/sandbox.h"

/* --- containers ---------------------------------------------------------------------------------------------------- */

static void container_gone(struct pod_run *pod, struct container_record *r, const char *id)
{
	bool ran = r->phase == CONTAINER_RUNNING;
	struct container_event ended = {
		.type = CONTAINER_ENDED,
		.now = time_now(),
		.exit_code = 137,
		.reason = "ContainerStatusUnknown",
		.message = "the container was gone when the agent started again",
		.id = id,
	};
	struct container_event withdrawn = { .type = CONTAINER_WITHDRAWN };

	container_step(r, ran ? &ended : &withdrawn);
	container_traces_remove(pod, id, r->name, r->attempt);
}

static void container_adopt(struct pod_run *pod, size_t i)
{
	struct container_run *c = &pod->containers[i];
	struct container_record *r = &pod->record.containers[i];
	struct runtime_known known = { .pid = (pid_t)r->pid, .pid_start = r->pid_start };
	struct container_event started = { .type = CONTAINER_STARTED,
		.now = time_now(),
		.post_start = hook_post_start(record_spec(pod_spec_of(pod), i)) != NULL };
	char id[CONTAINER_ID_SIZE];
	pid_t conmon = 0;

	c->adopted = true;
	container_id(pod->pods->node->env->short_id, pod->record.uid, r->name, r->attempt, id);
	switch (runtime_adopt(pod->pods->node->runtime, id, &known, on_container_event, c, &c->rc, &conmon)) {
	case RUNTIME_FOUND_NOTHING:
		container_gone(pod, r, id);
		return;
	case RUNTIME_FOUND_CREATED:
		r->starting = true;
		break;
	case RUNTIME_FOUND_RUNNING:
		/* Killed between the start and writing it down. */
		if (r->phase == CONTAINER_CREATING)
			container_step(r, &started);
		break;
	case RUNTIME_FOUND_ENDED:
		break;
	}
	r->pid = known.pid;
	r->pid_start = known.pid_start;
	r->conmon = conmon;
	r->conmon_start = conmon > 0 ? runtime_process_start(conmon) : 0;
}

/* What an attempt that ended long ago may have left, when the agent was killed while clearing away. False: it has no bundle. */
static bool attempt_sweep(struct pod_run *pod, const char *name, int64_t attempt)
{
	struct runtime_known known = { 0 };
	struct runtime_container *rc = NULL;
	char id[CONTAINER_ID_SIZE];
	_cleanup_(freep) char *bundle = runtime_bundle(pod->pods->node->runtime,
		container_id(pod->pods->node->env->short_id, pod->record.uid, name, attempt, id));
	pid_t conmon;

	if (!fs_exists(AT_FDCWD, bundle))
		return false;
	/* What is found is no container of ours any more: deleted as if it had just ended. */
	runtime_adopt(pod->pods->node->runtime, id, &known, on_container_event, NULL, &rc, &conmon);
	if (!rc)
		container_traces_remove(pod, id, name, attempt);
	else
		container_clean(pod, rc, name, attempt);
	return true;
}

static void container_sweep(struct pod_run *pod, const struct container_record *r)
{
	attempt_sweep(pod, r->name, r->attempt);
}

/* --- pods ------------------------------------------------------------------------------------------------------------ */

static bool sandbox_alive(const struct sandbox_list *list, const char *uid)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].id, uid))
			return list->items[i].complete;
	return false;
}

/* A reboot took everything: set up anew; init containers run again. */
static void pod_rebooted(struct pod_run *pod)
{
	struct pod_record *r = &pod->record;
	char id[CONTAINER_ID_SIZE];

	for (size_t i = 0; i < r->count; i++) {
		struct container_record *c = &r->containers[i];
		struct container_event again = { .type = CONTAINER_AGAIN, .now = time_now() };

		c->passed = false;
		container_id(pod->pods->node->env->short_id, r->uid, c->name, c->attempt, id);
		if (c->phase == CONTAINER_CREATING || c->phase == CONTAINER_RUNNING)
			container_gone(pod, c, id);
		if (i < r->init_count && !pod_final_phase(pod_spec_of(pod), r))
			container_step(c, &again);
	}
	r->phase = POD_NEW;
	r->retry_at = 0;
	str_set(&r->ip, NULL);
}

static void pod_resume(struct pod_run *pod, const struct sandbox_list *sandboxes)
{
	struct pod_record *r = &pod->record;
	struct ipam *ipam = pod->pods->node->ipam;

	if (r->phase == POD_UP && !sandbox_alive(sandboxes, r->uid))
		pod_rebooted(pod);
	if (r->phase == POD_UP) {
		if (r->ip && ipam)
			ipam_take(ipam, r->ip, NULL);
		pod_refresh_try(pod);
		for (size_t i = 0; i < r->count; i++) {
			if (r->containers[i].phase == CONTAINER_CREATING ||
				r->containers[i].phase == CONTAINER_RUNNING)
				container_adopt(pod, i);
			else
				container_sweep(pod, &r->containers[i]);
		}
	}
	/* Killed while it prepared the first container, of a pod whose setup was not written down yet. */
	for (size_t i = 0; r->phase == POD_NEW && i < r->count; i++)
		container_sweep(pod, &r->containers[i]);
	pod_save(pod);
	pod_mark(pod);
}

static int pod_load(struct pods *p, const char *uid, const struct sandbox_list *sandboxes, struct err *err)
{
	const char *dir = p->node->env->state_dir;
	struct pod_run *pod;
	int r;

	/* What a killed agent was about to write. */
	if (!pod_uid_valid(uid))
		return assignment_remove(dir, uid, err);
	pod = xcalloc(1, sizeof(*pod));
	pod->pods = p;
	r = assignment_load(dir, uid, &pod->assignment, err);
	if (r < 0) {
		free(pod);
		/* Killed while it forgot the pod, or before it had taken it. */
		return r == -ENOENT ? assignment_remove(dir, uid, err) : r;
	}
	pod->saved = true;
	if (record_load(dir, uid, &pod->record, NULL) < 0)
		record_init(&pod->record, pod_spec_of(pod), time_now());
	if (pod->record.count !=
		pod_spec_of(pod)->spec.containers.count + pod_spec_of(pod)->spec.init_containers.count) {
		record_done(&pod->record);
		record_init(&pod->record, pod_spec_of(pod), time_now());
	}
	pod_run_ready(pod);
	pod_resume(pod, sandboxes);
	return 0;
}

/* Sandboxes and directories of pods that nobody knows. */
static void strays_remove(struct pods *p, const struct sandbox_list *sandboxes)
{
	for (size_t i = 0; i < sandboxes->count; i++)
		if (!map_has(&p->by_uid, sandboxes->items[i].id))
			sandbox_destroy(p->node->env, sandboxes->items[i].id, NULL);
}

/*
 * A lease of POD's container NAME: kept where that very attempt is there. An earlier one may still have a bundle: then all of it
 * goes. (The current attempt's has been dealt with.) After a reboot there is none, but what was written to its root is.
 */
static void lease_sweep(struct pod_run *pod, const char *name, int64_t attempt)
{
	char id[CONTAINER_ID_SIZE];
	const struct container_record *r = record_container(&pod->record, name);
	bool current = r && r->attempt == attempt;

	if (current && (r->phase == CONTAINER_CREATING || r->phase == CONTAINER_RUNNING || pod->cleanups > 0))
		return;
	if (!current && attempt_sweep(pod, name, attempt))
		return;
	container_id(pod->pods->node->env->short_id, pod->record.uid, name, attempt, id);
	container_traces_remove(pod, id, name, attempt);
}

/* "UID.NAME.ATTEMPT": neither UID nor NAME has a dot. */
static bool lease_parse(const char *lease, char **ret_uid, char **ret_name, int64_t *ret_attempt)
{
	const char *name = strchr(lease, '.'), *attempt = strrchr(lease, '.');

	if (!name || attempt == name || str_to_i64(attempt + 1, ret_attempt) < 0)
		return false;
	*ret_uid = xstrndup(lease, (size_t)(name - lease));
	*ret_name = xstrndup(name + 1, (size_t)(attempt - name - 1));
	return true;
}

/* Leases that nothing answers to any more keep images from being collected. */
static void leases_sweep(struct pods *p)
{
	char **names = NULL;
	size_t count = 0;

	if (image_lease_list(p->node->images, &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		_cleanup_(freep) char *uid = NULL, *name = NULL;
		int64_t attempt;
		bool ours = lease_parse(names[i], &uid, &name, &attempt);
		struct pod_run *pod = ours ? map_get(&p->by_uid, uid) : NULL;

		if (pod)
			lease_sweep(pod, name, attempt);
		else
			image_lease_drop(p->node->images, names[i], NULL);
	}
	fs_names_free(names, count);
}

int pods_recover(struct pods *p, struct err *err)
{
	_cleanup_(freep) char *dir = xasprintf("%s/pods", p->node->env->state_dir);
	struct sandbox_list sandboxes = { 0 };
	char **names = NULL;
	size_t count = 0;
	int r;

	r = fs_mkdir_p(AT_FDCWD, dir, 0700, err);
	fs_spread(AT_FDCWD, dir);
	if (r >= 0)
		r = sandbox_list(p->node->env, &sandboxes, err);
	if (r >= 0)
		r = fs_list(AT_FDCWD, dir, &names, &count, err);
	for (size_t i = 0; i < count && r >= 0; i++) {
		struct err why = { 0 };

		if (pod_load(p, names[i], &sandboxes, &why) < 0)
			log_error("pod %s can't be taken up: %s", names[i], err_text(&why));
	}
	if (r >= 0) {
		strays_remove(p, &sandboxes);
		leases_sweep(p);
	}
	fs_names_free(names, count);
	sandbox_list_done(&sandboxes);
	return r < 0 ? r : 0;
}
