/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/revision.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/mem.h"
#include "reconciler/ctl/load.h"
#include "reconciler/ctl/problems.h"
#include "reconciler/ctl/revision_base.h"
#include "reconciler/ctl/revision_units.h"
#include "reconciler/prune_confirm.h"
#include "reconciler/source.h"
#include "reconciler/units.h"

int revision_open_git(const struct home *h, struct repo **ret, struct err *err)
{
	_cleanup_(freep) char *repository = home_repository(h);
	_cleanup_(freep) char *mirror = home_path(h, "desired.git");
	return repo_open(source_is_remote(repository) ? mirror : repository, ret, err);
}

static int parse_commit(struct revision *r, const char *home, const char *word, struct err *err)
{
	int code = home_open(home, &r->home, err);
	if (code < 0)
		return code;
	code = revision_open_git(r->home, &r->git, err);
	if (code < 0)
		return code;
	code = word ? repo_resolve(r->git, word, &r->commit, err)
		    : repo_resolve_branch(r->git, r->home->config.branch, &r->commit, err);
	if (code == -ENOENT && word)
		return err_set(err, code, "\"%s\" is neither a path nor a revision of the repository", word);
	if (code == -ENOENT)
		return err_set(err, code, "branch %s has no commit yet", r->home->config.branch);
	return code;
}

int revision_parse(const struct ctl *c, const char *word, struct revision *ret, struct err *err)
{
	struct stat st;
	*ret = (struct revision){ 0 };
	if (word && stat(word, &st) == 0) {
		ret->path = word;
		ret->directory = S_ISDIR(st.st_mode);
		return 0;
	}
	int r = parse_commit(ret, c->home, word, err);
	/* Without a home a word can only be meant as a path. */
	if (r < 0 && word && !ret->home)
		r = err_set(err, -ENOENT, "%s: no such file or directory, and %s is no home", word, c->home);
	if (r < 0)
		revision_done(ret);
	return r;
}

void revision_done(struct revision *r)
{
	repo_free(r->git);
	home_free(r->home);
	free(r->guard);
	snapshot_unref(r->part);
	*r = (struct revision){ 0 };
}

static int load(struct revision *r, struct snapshot *base, struct snapshot **ret, struct diags *diags,
	struct err *err)
{
	*ret = NULL;
	if (r->path)
		return load_path(r->path, base, ret, diags, err);
	return load_commit(r->home, r->git, &r->commit, r->home->config.path, base, ret, diags, err);
}

/* What would wait, were R the newest commit. Nothing where it is older than what is in force: that is no question for today. */
static void judge(struct revision *r, const struct snapshot *base, const struct snapshot *s)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	struct prune_question q = {
		.before = base->objects,
		.before_count = base->object_count,
		.after = s,
		.max_percent = prune_max_percent(snapshot_cluster(base)),
		.repo = r->path ? NULL : r->git,
		.in_force = base->commit,
		.commit = r->commit,
		.subpath = r->home->config.path,
	};

	if (q.repo && repo_is_ancestor(q.repo, &q.commit, &q.in_force, NULL) == 1)
		return;
	if (!prune_must_wait(&q, &why))
		return;
	buf_adds(&why, ". It would wait. ");
	prune_add_remedy(&why);
	free(r->guard);
	r->guard = buf_take(&why);
}

/* The same for each directory by itself. CODE says how S was loaded. */
static int judge_units(
	struct revision *r, struct snapshot *base, const struct snapshot *s, int code, struct err *err)
{
	if (code != 0 && code != -EBADMSG)
		return code;
	int found = revision_units(r, base, s, err);
	return found < 0 ? found : code;
}

int revision_load(struct revision *r, struct snapshot **ret, struct diags *diags, struct err *err)
{
	_cleanup_(snapshot_unrefp) struct snapshot *base = revision_base(r);
	int code = load(r, base, ret, diags, err);
	/* What has just been committed is no change against HEAD. */
	_cleanup_(snapshot_unrefp) struct snapshot *parent = revision_base_parent(r, base, *ret);
	if (parent) {
		*ret = snapshot_unref(*ret);
		diags_done(diags);
		diags_init(diags);
		code = load(r, parent, ret, diags, err);
	}
	/* As pintled does: by the Cluster that it has, or where it has errors, by the one in force. */
	if (r->home && base && !r->path && units_wanted(snapshot_cluster(*ret ? *ret : base)))
		code = judge_units(r, base, *ret, code, err);
	else if (r->home && base && *ret)
		judge(r, base, *ret);
	if (r->directory)
		problems_relative(diags, r->path);
	diags_sort(diags);
	return code;
}

void revision_describe(const struct revision *r, struct buf *out)
{
	char hex[OID_HEX];
	if (r->path)
		buf_adds(out, r->path);
	else
		buf_addf(out, "commit %.10s", oid_format(&r->commit, hex));
}
