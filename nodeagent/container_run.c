/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One container from image to end. A slot (of PODS_STARTS_MAX) is held from preparing until it runs; while an image is
 * pulled or unpacked the slot is given back, and the pod is simply driven again afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/container_prepare.h"
#include "nodeagent/logs.h"
#include "nodeagent/mounts.h"
#include "nodeagent/pod_run.h"
#include "nodeagent/signals.h"

static struct container_record *record_of(const struct container_run *c)
{
	return &c->pod->record.containers[c->index];
}

static const struct container *spec_of(const struct container_run *c)
{
	return record_spec(pod_spec_of(c->pod), c->index);
}

static const char *id_of(const struct container_run *c, char ret[CONTAINER_ID_SIZE])
{
	const struct container_record *r = record_of(c);

	return container_id(c->pod->pods->node->env->short_id, c->pod->record.uid, r->name, r->attempt, ret);
}

static void slot_give(struct container_run *c)
{
	if (c->has_slot)
		pods_slot_give(c->pod->pods);
	c->has_slot = false;
}

char *container_lease(const struct pod_run *pod, const char *name, int64_t attempt)
{
	return xasprintf("%s.%s.%lld", pod->record.uid, name, (long long)attempt);
}

void container_run_done(struct container_run *c)
{
	container_hook_cancel(c);
	c->probes = container_probes_free(c->probes);
	c->pull = c->pull ? image_pull_cancel(c->pull) : NULL;
	c->unpack = c->unpack ? image_unpack_cancel(c->unpack) : NULL;
	c->image = image_release(c->image);
	str_set(&c->damage, NULL);
}

/* --- what an attempt leaves behind ------------------------------------------------------------------------------- */

void container_traces_remove(struct pod_run *pod, const char *id, const char *name, int64_t attempt)
{
	const struct node_services *node = pod->pods->node;
	_cleanup_(freep) char *bundle = runtime_bundle(node->runtime, id);
	_cleanup_(freep) char *target = xasprintf("%s/rootfs", bundle);
	_cleanup_(freep) char *dir = xasprintf(
		"%s/pods/%s/rootfs/%s", node->env->state_dir, pod->record.uid, id);
	_cleanup_(freep) char *lease = container_lease(pod, name, attempt);
	struct err err = { 0 };

	if (mounts_unmount(target, &err) < 0 || trash_throw(node->trash, dir, &err) < 0 ||
		fs_remove_tree(AT_FDCWD, bundle, &err) < 0 || image_lease_drop(node->images, lease, &err) < 0)
		log_warning("pod %s/%s: clearing away container %s: %s", pod->record.namespace,
			pod->record.name, name, err_text(&err));
}

static void on_cleaned(const struct runtime_event *ev, void *arg)
{
	struct cleanup *u = arg;

	if (ev->type != RUNTIME_DELETED)
		return;
	container_traces_remove(u->pod, u->id, u->name, u->attempt);
	u->pod->cleanups--;
	pod_mark(u->pod);
	free(u->id);
	free(u->name);
	free(u);
}

void container_clean(struct pod_run *pod, struct runtime_container *rc, const char *name, int64_t attempt)
{
	struct cgroups *cgroups = pod->pods->node->cgroups;
	_cleanup_(freep) char *group = cgroup_container_path(
		cgroups, pod->record.uid, name, (unsigned)attempt);
	struct cleanup *u = xcalloc(1, sizeof(*u));

	*u = (struct cleanup){
		.pod = pod,
		.id = xstrdup(runtime_id(rc)),
		.name = xstrdup(name),
		.attempt = attempt,
	};
	pod->cleanups++;
	runtime_hand_over(rc, on_cleaned, u);
	runtime_delete(rc, cgroup_remove(cgroups, group, NULL) == 0);
}

/* The attempt is over, and so written down: its runtime container goes its own way, and takes the exit file along. */
static void attempt_clean(struct container_run *c)
{
	const struct container_record *r = record_of(c);

	if (c->rc)
		container_clean(c->pod, TAKE_PTR(c->rc), r->name, r->attempt);
}

/* --- not now -------------------------------------------------------------------------------------------------------- */

static void refuse(struct container_run *c, const char *reason, const char *message)
{
	struct container_event ev = {
		.type = CONTAINER_REFUSED, .now = time_now(), .reason = reason, .message = message
	};

	log_warning("pod %s/%s: container %s: %s: %s", c->pod->record.namespace, c->pod->record.name,
		record_of(c)->name, reason, message);
	pod_event(c->pod, "Failed", "container %s: %s: %s", record_of(c)->name, reason, message);
	slot_give(c);
	container_step(record_of(c), &ev);
	pod_save(c->pod);
	pod_mark(c->pod);
}

/* --- the image -------------------------------------------------------------------------------------------------------- */

static void refuse_pull(struct container_run *c, const struct err *err)
{
	bool again = record_of(c)->retry.delay > 0;
	_cleanup_(freep) char *why = c->damage
					     ? xasprintf("%s; fetching it anew: %s", c->damage, err_text(err))
					     : xstrdup(err_text(err));
	_cleanup_(freep) char *text = again ? xasprintf("Back-off pulling image \"%s\": %s",
						      spec_of(c)->image, why)
					    : xstrdup(why);

	str_set(&c->damage, NULL);

	refuse(c, again ? "ImagePullBackOff" : "ErrImagePull", text);
}

/* What was waited for is there: the pod is driven again, and begins with the image in hand. */
static void resume(struct container_run *c)
{
	record_of(c)->starting = false;
	pod_mark(c->pod);
}

static void on_pulled(int code, struct image *image, const struct err *err, void *arg)
{
	struct container_run *c = arg;

	c->pull = NULL;
	if (code < 0) {
		refuse_pull(c, err);
		return;
	}
	image_release(c->image);
	c->image = image_retain(image);
	resume(c);
}

/* A layer that is damaged or missing is fetched anew, at once, but once a try: who serves it may have it no better. */
static void unpack_failed(struct container_run *c, int code, const struct err *err)
{
	if (code != -EBADMSG || c->damage || str_eq(spec_of(c)->image_pull_policy, "Never")) {
		str_set(&c->damage, NULL);
		refuse_pull(c, err);
		return;
	}
	log_warning("pod %s/%s: container %s: %s: fetching it anew", c->pod->record.namespace,
		c->pod->record.name, record_of(c)->name, err_text(err));
	str_set(&c->damage, err_text(err));
	resume(c);
}

static void on_unpacked(int code, const struct err *err, void *arg)
{
	struct container_run *c = arg;

	c->unpack = NULL;
	if (code < 0) {
		c->image = image_release(c->image);
		unpack_failed(c, code, err);
		return;
	}
	resume(c);
}

/* The imagePullSecrets as one authfile; *RET NULL: none. A Secret that is missing is passed over, as kubelet does. */
static int auth_build(struct container_run *c, char **ret, struct err *err)
{
	const struct pod_spec *spec = &pod_spec_of(c->pod)->spec;
	_cleanup_(freep) struct image_auth *auths = xcalloc(spec->image_pull_secrets.count, sizeof(*auths));
	struct volume_sources sources;
	size_t n = 0;

	pod_sources(c->pod, &sources);
	for (size_t i = 0; i < spec->image_pull_secrets.count; i++) {
		const struct secret *s = sources.secret(sources.arg, spec->image_pull_secrets.items[i].name);

		for (size_t k = 0; s && k < s->data.count; k++) {
			bool legacy = str_eq(s->data.items[k].key, ".dockercfg");

			if (legacy || str_eq(s->data.items[k].key, ".dockerconfigjson"))
				auths[n++] = (struct image_auth){ s->data.items[k].value.data,
					s->data.items[k].value.len, legacy };
			if (n == spec->image_pull_secrets.count)
				break;
		}
	}
	*ret = NULL;
	return n > 0 ? image_auth_merge(auths, n, ret, err) : 0;
}

static void pull(struct container_run *c)
{
	_cleanup_(freep) char *auth = NULL;
	struct image_pull_spec spec = { .reference = spec_of(c)->image };
	struct err err = { 0 };
	int r;

	r = auth_build(c, &auth, &err);
	spec.auth = auth;
	if (r >= 0)
		r = image_pull_start(c->pod->pods->node->pulls, &spec, on_pulled, c, &c->pull, &err);
	if (r == -EINVAL)
		refuse(c, "InvalidImageName", err_text(&err));
	else if (r < 0)
		refuse_pull(c, &err);
	else
		slot_give(c);
}

/* 1: the image is in hand; 0: it is being fetched, or it was refused. */
static int image_take(struct container_run *c)
{
	const struct container *spec = spec_of(c);
	struct err err = { 0 };
	int r;

	if (c->image)
		return 1;
	if (str_eq(spec->image_pull_policy, "Always") || c->damage) {
		pull(c);
		return 0;
	}
	r = image_store_find(c->pod->pods->node->images, str_or_empty(spec->image), &c->image, &err);
	if (r >= 0)
		return 1;
	if (r == -EINVAL)
		refuse(c, "InvalidImageName", err_text(&err));
	else if (str_eq(spec->image_pull_policy, "Never")) {
		_cleanup_(freep) char *text = xasprintf(
			"Container image \"%s\" is not present with pull policy of Never: %s", spec->image,
			err_text(&err));

		refuse(c, "ErrImageNeverPull", text);
	} else
		pull(c);
	return 0;
}

/* 1: unpacked; 0: under way, or refused. */
static int layers_take(struct container_run *c)
{
	const struct node_services *node = c->pod->pods->node;
	struct err err = { 0 };

	if (image_layers_ready(node->images, c->image)) {
		str_set(&c->damage, NULL);
		return 1;
	}
	if (image_unpack_start(node->images, node->loop, c->image, on_unpacked, c, &c->unpack, &err) < 0) {
		c->image = image_release(c->image);
		refuse_pull(c, &err);
	} else
		slot_give(c);
	return 0;
}

/* --- begin --------------------------------------------------------------------------------------------------------------- */

/* Intent on disk, then conmon. */
static void launch(struct container_run *c)
{
	const struct node_services *node = c->pod->pods->node;
	struct container_record *r = record_of(c);
	struct container_event intend = { .type = CONTAINER_INTEND };
	char id[CONTAINER_ID_SIZE];
	_cleanup_(freep) char *dir = logs_container_dir(
		node->log_root, c->pod->record.namespace, c->pod->record.name, c->pod->record.uid, r->name);
	_cleanup_(freep) char *log = logs_file(dir, (unsigned)r->attempt);
	struct runtime_spec spec = { .id = id_of(c, id),
		.log = log,
		.terminal = spec_of(c)->tty,
		.stdin_open = spec_of(c)->stdin_open };
	const char *reason = NULL;
	struct err err = { 0 };

	if (container_prepare(c, id, &reason, &err) < 0) {
		container_traces_remove(c->pod, id, r->name, r->attempt);
		refuse(c, reason, err_text(&err));
		return;
	}
	str_set(&r->image_id, c->image->id);
	container_step(r, &intend);
	c->adopted = false;
	if (pod_save(c->pod) < 0 ||
		runtime_start(node->runtime, &spec, on_container_event, c, &c->rc, &err) < 0) {
		struct container_event back = { .type = CONTAINER_WITHDRAWN };

		container_step(r, &back);
		container_traces_remove(c->pod, id, r->name, r->attempt);
		refuse(c, "CreateContainerError",
			err.code < 0 ? err_text(&err) : "its state can't be written");
	}
}

void container_begin(struct container_run *c)
{
	struct container_record *r = record_of(c);
	struct container_event again = { .type = CONTAINER_AGAIN, .now = time_now() };

	if (!pods_slot_take(c->pod->pods)) {
		c->pod->queued = true;
		return;
	}
	c->has_slot = true;
	if (r->phase == CONTAINER_EXITED) {
		container_step(r, &again);
		c->image = image_release(c->image);
	}
	r->starting = true;
	if (image_take(c) > 0 && layers_take(c) > 0)
		launch(c);
}

/* --- events of the runtime ------------------------------------------------------------------------------------------------- */

/* Written down with the start that comes next; until then the runtime's pidfile says it. */
static void on_created(struct container_run *c, const struct runtime_event *ev)
{
	struct container_record *r = record_of(c);

	r->pid = ev->pid;
	r->pid_start = runtime_process_start(ev->pid);
	r->conmon = ev->conmon;
	r->conmon_start = runtime_process_start(ev->conmon);
}

static void on_started(struct container_run *c, const struct runtime_event *ev)
{
	struct container_event started = {
		.type = CONTAINER_STARTED, .now = ev->at, .post_start = hook_post_start(spec_of(c)) != NULL
	};

	slot_give(c);
	container_step(record_of(c), &started);
	pod_save(c->pod);
}

static void on_failed(struct container_run *c, const struct runtime_event *ev)
{
	struct container_record *r = record_of(c);
	char id[CONTAINER_ID_SIZE];
	struct container_event ended = { .type = CONTAINER_ENDED,
		.now = ev->at,
		.exit_code = 128,
		.reason = "StartError",
		.message = ev->message,
		.id = id_of(c, id) };
	struct container_event withdrawn = { .type = CONTAINER_WITHDRAWN };
	bool stopped = r->term_at > 0;

	log_warning("pod %s/%s: container %s: %s", c->pod->record.namespace, c->pod->record.name, r->name,
		str_or_empty(ev->message));
	if (!stopped)
		pod_event(
			c->pod, "Failed", "container %s: StartError: %s", r->name, str_or_empty(ev->message));
	slot_give(c);
	container_step(r, stopped ? &withdrawn : &ended);
	pod_save(c->pod);
	attempt_clean(c);
}

/* A container that has ended and is to wait before it starts again. */
static void back_off_tell(struct container_run *c)
{
	const struct pod_record *pod = &c->pod->record;
	const struct container_record *r = record_of(c);
	nsec_t again = container_start_time(r, container_policy(pod_spec_of(c->pod), c->index));

	if (again != NSEC_NEVER && again > time_now() && !pod_is_stopping(pod_spec_of(c->pod), pod))
		pod_event(c->pod, "BackOff", "Back-off restarting failed container %s in pod %s_%s(%s)",
			r->name, pod->name, pod->namespace, pod->uid);
}

static void on_ended(struct container_run *c, const struct runtime_event *ev)
{
	struct container_record *r = record_of(c);
	char id[CONTAINER_ID_SIZE];
	_cleanup_(freep) char *message = container_message(c->pod, spec_of(c), r, ev->exit_code != 0);
	struct container_event ended = { .type = CONTAINER_ENDED,
		.now = ev->at,
		.exit_code = ev->exit_code,
		.reason = ev->oom ? "OOMKilled" : NULL,
		.message = message,
		.id = id_of(c, id) };
	struct container_event started = { .type = CONTAINER_STARTED, .now = ev->at };

	if (ev->lost) {
		ended.reason = "ContainerStatusUnknown";
		ended.message =
			"its monitor (conmon) was killed, so the container was killed too: its exit code and "
			"the end of its log are lost";
	}
	container_hook_cancel(c);
	slot_give(c);
	container_step(r, &started);
	container_step(r, &ended);
	back_off_tell(c);
	pod_save(c->pod);
	attempt_clean(c);
}

void on_container_event(const struct runtime_event *ev, void *arg)
{
	struct container_run *c = arg;

	switch (ev->type) {
	case RUNTIME_CREATED:
		on_created(c, ev);
		return;
	case RUNTIME_STARTED:
		on_started(c, ev);
		break;
	case RUNTIME_FAILED:
		on_failed(c, ev);
		break;
	case RUNTIME_ENDED:
		on_ended(c, ev);
		break;
	case RUNTIME_DELETED:
		break;
	}
	pod_mark(c->pod);
}

/* --- stop --------------------------------------------------------------------------------------------------------------------- */

static int stop_signal(struct container_run *c)
{
	const struct lifecycle *l = spec_of(c)->lifecycle;
	struct container_record *r = record_of(c);

	if (l && l->stop_signal)
		return signal_number(l->stop_signal, SIGTERM);
	if (!c->image && r->image_id)
		image_store_find(c->pod->pods->node->images, r->image_id, &c->image, NULL);
	return signal_number(c->image ? c->image->config.stop_signal : NULL, SIGTERM);
}

void container_stop(struct container_run *c, bool kill)
{
	struct container_record *r = record_of(c);
	struct container_event pre_stopped = { .type = CONTAINER_PRE_STOPPED };

	if (r->phase == CONTAINER_WAITING) {
		container_run_done(c);
		slot_give(c);
		r->starting = false;
		pod_mark(c->pod);
		return;
	}
	/* A preStop hook that has had its time goes on beside the signal; any other is over. */
	if (!r->pre_stopping)
		container_hook_cancel(c);
	container_step(r, &pre_stopped);
	if (r->term_at == 0)
		r->term_at = time_now();
	if (c->rc)
		runtime_signal(c->rc, kill ? SIGKILL : stop_signal(c));
}
