/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Unpacks layers that GNU tar makes, good and evil, in the child that does it for the agent: this program, run again as "unpack". */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/mounts.h"
#include "nodeagent/unpack.h"

struct fixture {
	char *dir;    /* scratch, with src/ for what goes into the layer */
	char *target; /* dir/out */
	struct err err;
	int code;           /* of the last unpack: 0 or negative errno */
	char message[1024]; /* what it said */
};

static void shell(struct fixture *f, const char *script)
{
	const char *const argv[] = { "bash", "-euc", script, NULL };
	struct proc_spec spec = { .argv = argv, .cwd = f->dir };

	if (proc_check(&spec, NULL, &f->err) < 0)
		fail_msg("%s\n%s", script, err_text(&f->err));
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-unpack-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	f->target = xasprintf("%s/out", template);
	*state = f;
	shell(f, "mkdir src out");
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = mounts_unmount_beneath(f->dir, &f->err);

	if (r == 0)
		r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);
	free(f->dir);
	free(f->target);
	free(f);
	return r;
}

/* The digest of file NAME in the scratch directory, as "sha256:…". */
static char *digest_of(struct fixture *f, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->dir, name);
	struct buf b = BUF_INIT;
	char hex[SHA256_HEX];

	assert_int_equal(fs_read(AT_FDCWD, path, 64 << 20, &b, &f->err), 0);
	sha256_hex(b.data, b.len, hex);
	buf_done(&b);
	return xasprintf("sha256:%s", hex);
}

static void unpack(struct fixture *f, const char *name, const char *diff_id)
{
	_cleanup_(freep) char *blob = xasprintf("%s/%s", f->dir, name);
	const char *const argv[] = { "/proc/self/exe", "unpack", blob, diff_id, f->target, NULL };
	struct proc_spec spec = { .argv = argv };
	struct proc_result result = { 0 };

	assert_int_equal(proc_run(&spec, &result, &f->err), 0);
	f->code = result.status == 0 ? 0 : -atoi(result.out.data);
	snprintf(f->message, sizeof(f->message), "%s%s", result.out.data, result.errs.data);
	proc_result_done(&result);
}

/* Unpacks layer.tar, as it is, and expects it to work. */
static void unpack_layer(struct fixture *f)
{
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");

	unpack(f, "layer.tar", digest);
	if (f->code != 0)
		fail_msg("unpacking failed: %s", f->message);
}

static struct stat stat_of(struct fixture *f, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->target, name);
	struct stat st;

	if (lstat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return st;
}

static bool is_there(struct fixture *f, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->target, name);

	return fs_exists(AT_FDCWD, path);
}

static bool is_opaque(struct fixture *f, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->target, name);
	char value[8];

	return getxattr(path, "trusted.overlay.opaque", value, sizeof(value)) == 1 && *value == 'y';
}

static bool is_whiteout(struct fixture *f, const char *name)
{
	struct stat st = stat_of(f, name);

	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

static void test_files_keep_what_they_are(void **state)
{
	struct fixture *f = *state;

	shell(f, "cd src; echo hi >a; chown 123:456 a; chmod 4751 a; ln a b; ln -s a c; mkfifo p; mknod n c "
		 "1 3;"
		 "mkdir -m 1777 t; touch -d @1000000 a t; mkdir 'ü ö'; touch 'ü ö/ß'; truncate -s 8M sparse;"
		 "tar --xattrs -S --format=posix -cf ../layer.tar .");
	unpack_layer(f);
	struct stat a = stat_of(f, "a"), t = stat_of(f, "t"), n = stat_of(f, "n");
	assert_int_equal(a.st_mode, S_IFREG | 04751);
	assert_int_equal(a.st_uid, 123);
	assert_int_equal(a.st_gid, 456);
	assert_int_equal(a.st_mtime, 1000000);
	assert_int_equal(a.st_nlink, 2);
	assert_int_equal(t.st_mode, S_IFDIR | 01777);
	assert_int_equal(t.st_mtime, 1000000);
	assert_true(S_ISCHR(n.st_mode) && n.st_rdev == makedev(1, 3));
	assert_true(S_ISFIFO(stat_of(f, "p").st_mode));
	assert_true(S_ISLNK(stat_of(f, "c").st_mode));
	assert_true(is_there(f, "ü ö/ß"));
	assert_int_equal(stat_of(f, "sparse").st_size, 8 << 20);
}

static void test_compressions(void **state)
{
	struct fixture *f = *state;

	shell(f, "head -c 300000 /dev/urandom >src/r; tar -C src -cf layer.tar .; gzip -k layer.tar; zstd "
		 "-qk layer.tar;"
		 "head -c 5000 layer.tar | gzip >two.gz; tail -c +5001 layer.tar | gzip >>two.gz");
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");
	static const char *const files[] = { "layer.tar", "layer.tar.gz", "layer.tar.zst", "two.gz" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		unpack(f, files[i], digest);
		if (f->code != 0)
			fail_msg("%s: %s", files[i], f->message);
		assert_int_equal(stat_of(f, "r").st_size, 300000);
		shell(f, "rm -rf out; mkdir out");
	}
}

static void test_whiteouts(void **state)
{
	struct fixture *f = *state;

	shell(f, "cd src; mkdir -p d/e new kept; touch d/.wh.gone d/e/.wh..wh..opq d/e/x .wh.new new/f "
		 ".wh.kept2 kept2;"
		 "touch deep .wh..wh.plnk;"
		 "tar -cf ../layer.tar .wh.new .wh.kept2 .wh..wh.plnk d kept2 new deep");
	unpack_layer(f);
	assert_true(is_whiteout(f, "d/gone"));
	assert_false(is_there(f, "d/.wh.gone"));
	assert_true(is_opaque(f, "d/e"));
	assert_true(is_there(f, "d/e/x"));
	assert_false(is_opaque(f, "d"));
	/* A directory in the place of a deleted one hides the old content; a file simply replaces. */
	assert_true(is_opaque(f, "new"));
	assert_true(is_there(f, "new/f"));
	assert_true(S_ISREG(stat_of(f, "kept2").st_mode));
	assert_false(is_there(f, ".wh..wh.plnk"));
	assert_false(is_there(f, ".wh.plnk"));
}

static void test_whiteout_without_parent(void **state)
{
	struct fixture *f = *state;

	shell(f, "cd src; mkdir -p usr/lib opt/o; touch usr/lib/.wh.x opt/o/.wh..wh..opq;"
		 "tar -cf ../layer.tar usr/lib/.wh.x opt/o/.wh..wh..opq");
	unpack_layer(f);
	assert_true(is_whiteout(f, "usr/lib/x"));
	assert_int_equal(stat_of(f, "usr/lib").st_mode, S_IFDIR | 0755);
	assert_true(is_opaque(f, "opt/o"));
}

static void expect_refused(struct fixture *f, const char *why)
{
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");

	unpack(f, "layer.tar", digest);
	if (f->code != -EBADMSG)
		fail_msg("expected -EBADMSG, got %d: %s", f->code, f->message);
	if (!strstr(f->message, why))
		fail_msg("expected \"%s\" in: %s", why, f->message);
}

static void test_names_that_lead_out(void **state)
{
	struct fixture *f = *state;

	shell(f, "touch src/x; tar -P --transform 's,^src/x,../escaped,' -cf layer.tar src/x");
	expect_refused(f, "leads out of the layer");
	shell(f, "tar -P --transform 's,^src/x,a/../../escaped,' -cf layer.tar src/x");
	expect_refused(f, "leads out of the layer");
	shell(f, "tar -P --transform 's,^src/x,.wh...,' -cf layer.tar src/x");
	expect_refused(f, "names no file");
	_cleanup_(freep) char *escaped = xasprintf("%s/escaped", f->dir);
	assert_false(fs_exists(AT_FDCWD, escaped));
}

static void test_absolute_names_stay_inside(void **state)
{
	struct fixture *f = *state;

	shell(f, "touch src/x; tar -P --transform 's,^src/x,/pintle-unpack-test-escaped,' -cf layer.tar "
		 "src/x");
	unpack_layer(f);
	assert_true(is_there(f, "pintle-unpack-test-escaped"));
	assert_false(fs_exists(AT_FDCWD, "/pintle-unpack-test-escaped"));
}

/* A link to outside, and then a file through it. */
static void test_links_that_lead_out(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *outside = xasprintf("%s/outside", f->dir);

	shell(f, "mkdir outside; ln -s \"$PWD/outside\" src/link; tar -C src -cf layer.tar link; rm "
		 "src/link; mkdir src/link;"
		 "touch src/link/evil; tar -C src -rf layer.tar link/evil;"
		 "rm -r src/link; ln -s ../../../../../../../../tmp src/up; tar -C src -rf layer.tar up; rm "
		 "src/up;"
		 "mkdir src/up; touch src/up/pintle-evil; tar -C src -rf layer.tar up/pintle-evil");
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");
	unpack(f, "layer.tar", digest);
	_cleanup_(freep) char *evil = xasprintf("%s/evil", outside);
	assert_false(fs_exists(AT_FDCWD, evil));
	assert_false(fs_exists(AT_FDCWD, "/tmp/pintle-evil"));
}

static void test_hard_link_out(void **state)
{
	struct fixture *f = *state;

	/* A hard link whose target is the host's file. */
	shell(f, "echo secret >victim; touch src/a; ln src/a src/b; tar -P --transform "
		 "\"s,^src/a,$PWD/victim,\" -cf layer.tar src/a src/b;"
		 "tar --delete -f layer.tar \"$PWD/victim\" -P");
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");
	unpack(f, "layer.tar", digest);
	assert_int_not_equal(f->code, 0);
	assert_false(is_there(f, "src/b"));
}

static void test_overlay_attributes_are_dropped(void **state)
{
	struct fixture *f = *state;

	_cleanup_(freep) char *source = xasprintf("%s/src/d", f->dir);
	assert_int_equal(mkdir(source, 0755), 0);
	assert_int_equal(setxattr(source, "trusted.overlay.redirect", "/etc", 4, 0), 0);
	assert_int_equal(setxattr(source, "trusted.keep", "1", 1, 0), 0);
	shell(f, "tar --xattrs --xattrs-include='*' --format=posix -C src -cf layer.tar .");
	unpack_layer(f);
	_cleanup_(freep) char *d = xasprintf("%s/d", f->target);
	char value[8];
	assert_int_equal(getxattr(d, "trusted.overlay.redirect", value, sizeof(value)), -1);
	assert_int_equal(getxattr(d, "trusted.keep", value, sizeof(value)), 1);
}

static void test_damaged(void **state)
{
	struct fixture *f = *state;

	shell(f, "head -c 300000 /dev/urandom >src/r; tar -C src -cf layer.tar .; gzip -k layer.tar;"
		 "head -c 100000 layer.tar.gz >cut.gz; head -c 100000 layer.tar >cut.tar; : >empty; head -c "
		 "5000 /dev/urandom >noise;"
		 "cp layer.tar.gz flipped.gz; printf X | dd of=flipped.gz bs=1 seek=150000 conv=notrunc "
		 "status=none");
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");
	static const char *const files[] = { "cut.gz", "cut.tar", "empty", "noise", "flipped.gz" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		unpack(f, files[i], digest);
		if (f->code != -EBADMSG)
			fail_msg("%s: expected -EBADMSG, got %d: %s", files[i], f->code, f->message);
		shell(f, "rm -rf out; mkdir out");
	}
	unpack(f, "layer.tar", "sha256:0000000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(f->code, -EBADMSG);
	assert_non_null(strstr(f->message, digest));
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mount("tmpfs", f->target, "tmpfs", 0, "size=256k"), 0);
	shell(f, "mkdir src/sub; head -c 1000000 /dev/urandom >src/sub/big; tar -C src -cf layer.tar .");
	_cleanup_(freep) char *digest = digest_of(f, "layer.tar");
	unpack(f, "layer.tar", digest);
	assert_int_equal(f->code, -ENOSPC);
	if (!strstr(f->message, "out/sub/big"))
		fail_msg("expected the path in: %s", f->message);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_keep_what_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(test_compressions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whiteouts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whiteout_without_parent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_that_lead_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absolute_names_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links_that_lead_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hard_link_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlay_attributes_are_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
	};

	if (argc > 1 && str_eq(argv[1], "unpack"))
		return unpack_main(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
