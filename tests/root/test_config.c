/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* ConfigMaps and Secrets that change under a running pod, by the real agent. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/root/agent.h"

/* A ConfigMap of two keys, both VALUE, with MORE members of its own; held under HASH. */
static void give_config(
	struct agent *a, const char *name, const char *value, const char *more, const char *hash)
{
	_cleanup_(freep) char *text = xasprintf(
		"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'%s','namespace':'ns'},"
		"'data':{'one':'%s','two':'%s'}%s}",
		name, value, value, more);

	agent_give(a, agent_object(a, text), hash);
}

static void give_secret(struct agent *a, const char *name, const char *value, const char *hash)
{
	_cleanup_(freep) char *text = xasprintf(
		"{'apiVersion':'v1','kind':'Secret','metadata':{'name':'%s','namespace':'ns'},"
		"'data':{'key':'%s'}}",
		name, value);

	agent_give(a, agent_object(a, text), hash);
}

/* The pod of TEXT under DIGEST, whose ConfigMap "config" is the one under CONFIG, its Secret "secret" that under SECRET (NULL: none). */
static void assign(
	struct agent *a, const char *text, const char *digest, const char *config, const char *secret)
{
	struct string_pair pairs[] = { { "ConfigMap/config", config }, { "Secret/secret", secret } };
	struct string_map refs = { pairs, secret ? 2 : 1 };

	agent_assign(a, agent_object(a, text), digest, &refs);
}

static const char watching[] =
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'w','namespace':'ns','uid':'w'},'spec':{"
	"'terminationGracePeriodSeconds':1,'restartPolicy':'OnFailure','volumes':["
	"{'name':'shared','hostPath':{'path':'@DIR@'}},"
	"{'name':'config','configMap':{'name':'config'}},"
	"{'name':'secret','secret':{'secretName':'secret'}}],"
	"'containers':[{'name':'c','image':'" AGENT_IMAGE "','imagePullPolicy':'Never',"
	"'env':[{'name':'ONE','valueFrom':{'configMapKeyRef':{'name':'config','key':'one'}}}],"
	"'volumeMounts':[{'name':'shared','mountPath':'/shared'},{'name':'config','mountPath':'/config'},"
	"{'name':'config','mountPath':'/sub','subPath':'one'},{'name':'secret','mountPath':'/secret'}],"
	"'command':['sh','-c','say() { echo $1 $(cat /config/one) $(cat /config/two) $(cat /sub) $(cat "
	"/secret/key) "
	"$ONE >>/shared/w; }; "
	/* Both keys at once: who is in ..data never sees one old and one new. */
	"if [ ! -e /shared/w.again ]; then say first; touch /shared/w.first; "
	"until [ $(cat /config/one) = new ]; do cd /config/..data; case $(cat one two) in oldnew|newold) "
	"echo torn "
	">>/shared/w;; esac; done; until [ $(cat /secret/key) = fresh ]; do usleep 10000; done; say then; "
	"touch /shared/w.again; exit 1; fi; say again']}]}}";

/* Mounted files change, all at once; what is mounted by subPath and the environment only with the next start. */
static void mounted_files_change(void **state)
{
	struct agent *a = *state;

	give_config(a, "config", "old", "", "c1");
	give_secret(a, "secret", "c3RhbGU=", "s1");
	assign(a, watching, "1", "c1", "s1");
	agent_wait_file(a, "w.first");
	give_config(a, "config", "new", "", "c2");
	assign(a, watching, "2", "c2", "s1");
	give_secret(a, "secret", "ZnJlc2g=", "s2");
	assign(a, watching, "3", "c2", "s2");
	assert_string_equal(agent_wait(a, "w", agent_is_over, "its end")->phase, "Succeeded");
	agent_expect_file(a, "w",
		"first old old old stale old\nthen new new old fresh old\nagain new new new fresh new\n");
	agent_gone(a, "w", -1);
}

/* --- immutable ---------------------------------------------------------------------------------------------------------- */

static const char holding[] =
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'i','namespace':'ns','uid':'i','labels':{'l':'%s'"
	"}},"
	"'spec':{'terminationGracePeriodSeconds':1,'restartPolicy':'OnFailure','volumes':["
	"{'name':'shared','hostPath':{'path':'@DIR@'}},{'name':'config','configMap':{'name':'config'}},"
	"{'name':'labels','downwardAPI':{'items':[{'path':'l','fieldRef':{'fieldPath':'metadata.labels'}}]}}]"
	","
	"'containers':[{'name':'c','image':'" AGENT_IMAGE "','imagePullPolicy':'Never',"
	"'env':[{'name':'ONE','valueFrom':{'configMapKeyRef':{'name':'config','key':'one'}}}],"
	"'volumeMounts':[{'name':'shared','mountPath':'/shared'},{'name':'config','mountPath':'/config'},"
	"{'name':'labels','mountPath':'/labels'}],"
	"'command':['sh','-c','touch /shared/i.first; until grep -q after /labels/l; do usleep 10000; done; "
	"echo $(cat /config/one) $ONE >>/shared/i; [ -e /shared/i.go ]']}]}}";

static bool backs_off(const struct wire_report_pod *p)
{
	return p->status && agent_container(p->status, "c")->restart_count >= 1 &&
	       str_eq(agent_waits_for(p->status, "c"), "CrashLoopBackOff");
}

/* Another takes the name of an immutable one: the pod that has the first keeps it, also for later starts and later agents. */
static void what_is_immutable_stays(void **state)
{
	struct agent *a = *state;
	_cleanup_(freep) char *before = xasprintf(holding, "before"), *after = xasprintf(holding, "after");
	struct wire_apply forget = { .forget_objects = { (const char *[]){ "m1" }, 1 } };

	give_config(a, "config", "old", ",'immutable':true", "m1");
	assign(a, before, "1", "m1", NULL);
	agent_wait_file(a, "i.first");
	give_config(a, "config", "new", ",'immutable':true", "m2");
	assign(a, after, "2", "m2", NULL);
	agent_apply(a, &forget);
	agent_wait(a, "i", backs_off, "its second end");
	agent_expect_file(a, "i", "old old\nold old\n");
	agent_stop(a, SIGKILL);
	agent_start(a);
	agent_make_file(a, "i.go");
	agent_wait(a, "i", agent_is_over, "its end");
	agent_expect_file(a, "i", "old old\nold old\nold old\n");
	agent_gone(a, "i", -1);
}

/* --- keys that are not there ----------------------------------------------------------------------------------------------- */

static const char choosing[] =
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'k','namespace':'ns','uid':'k'},'spec':{"
	"'terminationGracePeriodSeconds':1,'restartPolicy':'Never','volumes':["
	"{'name':'shared','hostPath':{'path':'@DIR@'}},"
	"{'name':'config','configMap':{'name':'config','items':[{'key':'three','path':'3'}]}},"
	"{'name':'may','configMap':{'name':'config','optional':true,'items':[{'key':'four','path':'4'}]}},"
	"{'name':'none','configMap':{'name':'none','optional':true}}],"
	"'containers':[{'name':'c','image':'" AGENT_IMAGE "','imagePullPolicy':'Never','volumeMounts':["
	"{'name':'shared','mountPath':'/shared'},{'name':'config','mountPath':'/config'},"
	"{'name':'may','mountPath':'/may'},{'name':'none','mountPath':'/none'}],"
	"'command':['sh','-c','echo $(cat /config/3) $(ls /may /none) >/shared/k; touch /shared/k.first; "
	"until [ -e /may/4 ]; do usleep 10000; done; cat /config/3 /may/4 >/shared/k']}]}}";

static bool says_why(const struct wire_report_pod *p)
{
	const struct container_status *c = p->status ? agent_container(p->status, "c") : NULL;

	return c && c->state.waiting && c->state.waiting->message;
}

/* The pod waits for what is not optional; once it runs, what goes stays, and what comes is seen. */
static void keys_that_are_not_there(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	give_config(a, "config", "x", "", "k1");
	assign(a, choosing, "1", "k1", NULL);
	s = agent_wait(a, "k", says_why, "the reason");
	assert_string_equal(s->phase, "Pending");
	assert_string_equal(agent_waits_for(s, "c"), "ContainerCreating");
	assert_string_equal(agent_container(s, "c")->state.waiting->message,
		"volume \"config\": configmap \"config\" has no key \"three\"");
	give_config(a, "config", "x", ",'binaryData':{'three':'dGhpcmQ='}", "k2");
	assign(a, choosing, "2", "k2", NULL);
	agent_wait_file(a, "k.first");
	agent_expect_file(a, "k", "third /may: /none:\n");
	give_config(a, "config", "x", ",'binaryData':{'four':'Zm91cnRo'}", "k3");
	assign(a, choosing, "3", "k3", NULL);
	assert_string_equal(agent_wait(a, "k", agent_is_over, "its end")->phase, "Succeeded");
	agent_expect_file(a, "k", "thirdfourth");
	agent_gone(a, "k", -1);
}

/* --- what the node doesn't hold ------------------------------------------------------------------------------------------- */

static const char doing_without[] =
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'o','namespace':'ns','uid':'o'},'spec':{"
	"'terminationGracePeriodSeconds':1,'restartPolicy':'Never','volumes':["
	"{'name':'shared','hostPath':{'path':'@DIR@'}}],"
	"'containers':[{'name':'c','image':'" AGENT_IMAGE "','imagePullPolicy':'Never',"
	"'env':[{'name':'KEY','valueFrom':{'secretKeyRef':{'name':'secret','key':'key','optional':true}}}],"
	"'volumeMounts':[{'name':'shared','mountPath':'/shared'}],"
	"'command':['sh','-c','echo key $KEY >/shared/o']}]}}";

/* As after a reboot: a Secret that is there, optional or not, is waited for. */
static void a_secret_is_waited_for(void **state)
{
	struct agent *a = *state;
	const struct pod_status *s;

	give_config(a, "config", "x", "", "o1");
	assign(a, doing_without, "1", "o1", "gone");
	s = agent_wait(a, "o", says_why, "the reason");
	assert_string_equal(agent_container(s, "c")->state.waiting->message,
		"Secret/secret is not on this node: it waits for the reconciler to send it");
	assert_int_equal(agent_events(a, "o", "SecretsUnavailable"), 1);
	give_secret(a, "secret", "c3RhbGU=", "gone");
	assert_string_equal(agent_wait(a, "o", agent_is_over, "its end")->phase, "Succeeded");
	agent_expect_file(a, "o", "key stale\n");
	agent_gone(a, "o", -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounted_files_change),
		cmocka_unit_test(what_is_immutable_stays),
		cmocka_unit_test(keys_that_are_not_there),
		cmocka_unit_test(a_secret_is_waited_for),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
