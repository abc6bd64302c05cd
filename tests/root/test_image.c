/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Images as the agent meets them: imported or pulled from a registry on the loopback address, unpacked by
 * children, mounted. This program is those children too, when it is run as "unpack".
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/image_import.h"
#include "nodeagent/image_pull.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/mounts.h"
#include "nodeagent/rootfs.h"
#include "nodeagent/unpack.h"

static const char *const unpack_command[] = { "/proc/self/exe", "unpack", NULL };

struct fixture {
	char *dir, *store_dir, *run_dir;
	struct loop *loop;
	struct image_store *store;
	struct image_pulls *pulls;
	struct err err;
	pid_t registry;
	unsigned port;
	/* What callbacks said. */
	unsigned calls;
	int code;
	char message[2048];
};

static void shell(struct fixture *f, const char *script)
{
	_cleanup_(freep) char *top = get_current_dir_name();
	_cleanup_(freep) char *env = xasprintf("TOP=%s", top);
	_cleanup_(freep) char *registry = xasprintf("REGISTRY=127.0.0.1:%u", f->port);
	const char *const argv[] = { "bash", "-euc", script, NULL }, *const envs[] = { env, registry, NULL };
	struct proc_spec spec = { .argv = argv, .cwd = f->dir, .env = envs };

	if (proc_check(&spec, NULL, &f->err) < 0)
		fail_msg("%s\n%s", script, err_text(&f->err));
}

static void open_store(struct fixture *f)
{
	struct image_store_options options = { .dir = f->store_dir, .unpack_command = unpack_command };

	if (image_store_open(&options, &f->store, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	f->pulls = image_pulls_new(f->loop, f->store, f->run_dir);
}

static void close_store(struct fixture *f)
{
	f->pulls = image_pulls_free(f->pulls);
	f->store = image_store_close(f->store);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-image-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	f->store_dir = xasprintf("%s/images", template);
	f->run_dir = xasprintf("%s/run", template);
	*state = f;
	if (loop_new(&f->loop, &f->err) < 0)
		return -1;
	open_store(f);
	shell(f, "echo one >one; \"$TOP/tests/make-image\" layout demo:1 one");
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_store(f);
	loop_free(f->loop);
	if (f->registry > 0) {
		kill(f->registry, SIGKILL);
		waitpid(f->registry, NULL, 0);
	}
	int r = mounts_unmount_beneath(f->dir, &f->err);
	if (r == 0)
		r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);
	free(f->dir);
	free(f->store_dir);
	free(f->run_dir);
	free(f);
	return r;
}

static void import(struct fixture *f, const char *file, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->dir, file);
	struct image_imports imports;

	if (image_import(f->store, path, name, &imports, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	image_imports_done(&imports);
}

static struct image *find(struct fixture *f, const char *reference)
{
	struct image *image = NULL;

	if (image_store_find(f->store, reference, &image, &f->err) < 0)
		fail_msg("%s: %s", reference, err_text(&f->err));
	return image;
}

/* --- unpacking -------------------------------------------------------------------------------- */

static void unpacked(int code, const struct err *err, void *arg)
{
	struct fixture *f = arg;

	f->calls++;
	f->code = code;
	snprintf(f->message, sizeof(f->message), "%s", err ? err_text(err) : "");
}

static void wait_calls(struct fixture *f, unsigned calls)
{
	nsec_t end = time_monotonic() + 60 * NSEC_PER_SEC;

	while (f->calls < calls && time_monotonic() < end)
		if (loop_turn(f->loop, NSEC_PER_SEC, &f->err) < 0)
			fail_msg("%s", err_text(&f->err));
	assert_int_equal(f->calls, calls);
}

static void start_unpack(struct fixture *f, struct image *image, struct image_unpack **ret)
{
	if (image_unpack_start(f->store, f->loop, image, unpacked, f, ret, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
}

static void unpack_good(struct fixture *f, struct image *image)
{
	f->calls = 0;
	start_unpack(f, image, NULL);
	assert_int_equal(f->calls, 0); /* never from within */
	wait_calls(f, 1);
	if (f->code < 0)
		fail_msg("%s", f->message);
	assert_true(image_layers_ready(f->store, image));
}

static size_t count_files(struct fixture *f, const char *below)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->store_dir, below);
	char **names = NULL;
	size_t count = 0;

	assert_int_equal(fs_list(AT_FDCWD, path, &names, &count, &f->err), 0);
	fs_names_free(names, count);
	return count;
}

static void test_import_unpack_mount(void **state)
{
	struct fixture *f = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(freep) char *dir = xasprintf("%s/container", f->dir);
	_cleanup_(freep) char *target = xasprintf("%s/rootfs", dir);
	struct err *err = &f->err;

	import(f, "layout", NULL);
	struct image *image = find(f, "demo:1");
	unpack_good(f, image);
	unpack_good(f, image); /* nothing to do any more */
	struct rootfs_spec spec = { .layers = image_layer_paths(f->store, image, arena),
		.layer_count = image->config.diff_ids.count,
		.dir = dir,
		.target = target };
	if (rootfs_mount(&spec, err) < 0)
		fail_msg("%s", err_text(err));
	shell(f, "test \"$(chroot container/rootfs /bin/sh -c 'cat /one; echo there >/written; cat "
		 "/written')\" = $'one\\nthere';"
		 "test \"$(stat -c %a container/rootfs/tmp)\" = 1777; test ! -e images/layers/*/written");
	assert_int_equal(rootfs_unmount(dir, target, err), 0);
	image_release(image);
	assert_int_equal(count_files(f, "tmp"), 0);
	/* Layers go with the last image that has them. */
	assert_int_equal(count_files(f, "layers"), 2);
	assert_int_equal(image_store_remove(f->store, "demo:1", err), 0);
	assert_int_equal(count_files(f, "layers"), 0);
}

static void test_requests_join(void **state)
{
	struct fixture *f = *state;
	struct image_unpack *cancelled = NULL;

	import(f, "layout", NULL);
	import(f, "layout", "other:1");
	shell(f, "echo two >two; \"$TOP/tests/make-image\" layout2 two:1 two");
	import(f, "layout2", NULL);
	struct image *a = find(f, "demo:1"), *b = find(f, "two:1");
	start_unpack(f, a, NULL);
	start_unpack(f, b, NULL);
	start_unpack(f, a, &cancelled);
	image_unpack_cancel(cancelled);
	start_unpack(f, a, NULL);
	wait_calls(f, 3);
	assert_int_equal(f->code, 0);
	assert_int_equal(count_files(f, "layers"), 3);
	image_release(a);
	image_release(b);
}

/* The blob was good when it came in; now it isn't. */
static void test_damaged_layer(void **state)
{
	struct fixture *f = *state;

	import(f, "layout", NULL);
	struct image *image = find(f, "demo:1");
	shell(f, "l=images/blobs/sha256/$(ls -S images/blobs/sha256 | head -1); truncate -s 50000 $l");
	start_unpack(f, image, NULL);
	wait_calls(f, 1);
	assert_int_equal(f->code, -EBADMSG);
	assert_non_null(strstr(f->message, "image docker.io/library/demo:1: layer sha256:"));
	assert_non_null(strstr(f->message, "is damaged"));
	assert_non_null(strstr(f->message, "import or pull the image again"));
	assert_false(image_layers_ready(f->store, image));
	assert_int_equal(count_files(f, "tmp"), 0);
	/* It is gone now, and is said to be; importing again heals. */
	start_unpack(f, image, NULL);
	wait_calls(f, 2);
	assert_int_equal(f->code, -EBADMSG);
	assert_non_null(strstr(f->message, "is missing"));
	import(f, "layout", NULL);
	unpack_good(f, image);
	image_release(image);
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = xasprintf("%s/layout", f->dir);
	struct image_imports imports;

	close_store(f);
	assert_int_equal(mount("tmpfs", f->store_dir, "tmpfs", 0, "size=200k"), 0);
	open_store(f);
	assert_int_equal(image_import(f->store, path, NULL, &imports, &f->err), -ENOSPC);
	if (!strstr(err_text(&f->err), f->store_dir))
		fail_msg("expected the path in: %s", err_text(&f->err));
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
	assert_int_equal(count_files(f, "tmp"), 0);
	/* Room for the blobs, not for what is in them. */
	assert_int_equal(mount("tmpfs", f->store_dir, "tmpfs", MS_REMOUNT, "size=1600k"), 0);
	import(f, "layout", NULL);
	struct image *image = find(f, "demo:1");
	start_unpack(f, image, NULL);
	wait_calls(f, 1);
	assert_int_equal(f->code, -ENOSPC);
	assert_non_null(strstr(f->message, "/tmp/unpack-"));
	assert_int_equal(count_files(f, "tmp"), 0);
	assert_false(image_layers_ready(f->store, image));
	assert_int_equal(mount("tmpfs", f->store_dir, "tmpfs", MS_REMOUNT, "size=100m"), 0);
	unpack_good(f, image);
	image_release(image);
}

static void test_leftovers_of_a_kill(void **state)
{
	struct fixture *f = *state;

	import(f, "layout", NULL);
	close_store(f);
	shell(f, "h=$(printf %064d 0); mkdir -p images/tmp/unpack-$h/usr images/tmp/gone-1-l-x "
		 "images/tmp/pull-1-1; touch images/tmp/unpack-$h/usr/x");
	open_store(f);
	assert_int_equal(count_files(f, "tmp"), 0);
	/* One owner: a second agent is told. */
	struct image_store_options options = { .dir = f->store_dir, .unpack_command = unpack_command };
	struct image_store *second = NULL;
	assert_int_equal(image_store_open(&options, &second, &f->err), -EBUSY);
	/* What another process is importing stays. */
	options.unpack_command = NULL;
	assert_int_equal(image_store_open(&options, &second, &f->err), 0);
	image_store_close(second);
}

/* --- pulling ---------------------------------------------------------------------------------- */

/* A port that is free now. */
static unsigned free_port(void)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

/* Starts Debian's docker-registry, with user u, password p where AUTH; the layout is pushed as demo:1. */
static void start_registry(struct fixture *f, bool auth)
{
	f->port = free_port();
	shell(f, "cat >registry.yml <<END\nversion: 0.1\nstorage: {filesystem: {rootdirectory: "
		 "$PWD/registry}}\n"
		 "http: {addr: $REGISTRY}\nEND");
	if (auth)
		/* bcrypt of "p" */
		shell(f,
			"printf 'auth: {htpasswd: {realm: r, path: %s/htpasswd}}\\n' \"$PWD\" >>registry.yml;"
			"python3 -c \"import crypt; print('u:' + crypt.crypt('p', "
			"crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))\" >htpasswd");
	_cleanup_(freep) char *config = xasprintf("%s/registry.yml", f->dir);
	const char *const argv[] = { "docker-registry", "serve", config, NULL };
	struct proc_spec spec = { .argv = argv, .die_with_parent = true };
	int pidfd = proc_spawn(&spec, &f->registry, &f->err);
	if (pidfd < 0)
		fail_msg("%s", err_text(&f->err));
	fd_close(pidfd);
	shell(f, "for i in $(seq 500); do (exec 3<>/dev/tcp/127.0.0.1/${REGISTRY#*:}) 2>/dev/null && exit 0; "
		 "read -rt 0.02 <> <(:) || :; done; exit 1");
	shell(f, auth ? "skopeo copy -q --dest-creds u:p --dest-tls-verify=false oci:layout:demo:1 "
			"docker://$REGISTRY/demo:1"
		      : "skopeo copy -q --dest-tls-verify=false oci:layout:demo:1 docker://$REGISTRY/demo:1");
}

static void pulled(int code, struct image *image, const struct err *err, void *arg)
{
	struct fixture *f = arg;

	f->calls++;
	f->code = code;
	snprintf(f->message, sizeof(f->message), "%s", err ? err_text(err) : image->digest);
}

static void pull(struct fixture *f, const char *reference, const char *auth)
{
	struct image_pull_spec spec = { .reference = reference, .auth = auth, .timeout = 60 * NSEC_PER_SEC };

	f->calls = 0;
	if (image_pull_start(f->pulls, &spec, pulled, f, NULL, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	wait_calls(f, 1);
}

static void expect_failure(struct fixture *f, int code, const char *text)
{
	if (f->code != code || !strstr(f->message, text))
		fail_msg("expected %s with \"%s\", got %d: %s", strerror(-code), text, f->code, f->message);
}

static void test_pull(void **state)
{
	struct fixture *f = *state;

	start_registry(f, false);
	_cleanup_(freep) char *name = xasprintf("127.0.0.1:%u/demo:1", f->port);
	pull(f, name, NULL);
	if (f->code < 0)
		fail_msg("%s", f->message);
	struct image *image = find(f, name);
	assert_string_equal(image->digest, f->message);
	unpack_good(f, image);
	assert_int_equal(count_files(f, "tmp"), 0);

	/* By digest: the same image, another name for it. */
	_cleanup_(freep) char *pinned = xasprintf("127.0.0.1:%u/demo@%s", f->port, image->digest);
	pull(f, pinned, NULL);
	assert_int_equal(f->code, 0);
	assert_string_equal(image->digest, f->message);
	assert_int_equal(count_files(f, "layers"), 2);
	image_release(image);

	/* A damaged layer is fetched again. */
	shell(f,
		"l=$(ls -S images/blobs/sha256 | head -1); rm images/blobs/sha256/$l; rm -r images/layers/*");
	pull(f, name, NULL);
	image = find(f, name);
	unpack_good(f, image);
	image_release(image);
}

static void test_pulls_join(void **state)
{
	struct fixture *f = *state;
	struct image_pull *cancelled;

	start_registry(f, false);
	_cleanup_(freep) char *name = xasprintf("127.0.0.1:%u/demo:1", f->port);
	struct image_pull_spec spec = { .reference = name };
	assert_int_equal(image_pull_start(f->pulls, &spec, pulled, f, NULL, &f->err), 0);
	assert_int_equal(image_pull_start(f->pulls, &spec, pulled, f, &cancelled, &f->err), 0);
	assert_int_equal(image_pull_start(f->pulls, &spec, pulled, f, NULL, &f->err), 0);
	image_pull_cancel(cancelled);
	wait_calls(f, 2);
	assert_int_equal(f->code, 0);
}

static void test_pull_failures(void **state)
{
	struct fixture *f = *state;

	start_registry(f, false);
	_cleanup_(freep) char *tag = xasprintf("127.0.0.1:%u/demo:nope", f->port);
	_cleanup_(freep) char *repository = xasprintf("127.0.0.1:%u/nope:1", f->port);
	_cleanup_(freep) char *nobody = xasprintf("127.0.0.1:%u/demo:1", free_port());
	pull(f, tag, NULL);
	expect_failure(f, -ENOENT, "no such");
	assert_non_null(strstr(f->message, tag));
	pull(f, repository, NULL);
	expect_failure(f, -ENOENT, "no such");
	pull(f, nobody, NULL);
	expect_failure(f, -EHOSTUNREACH, "does not answer");
	assert_int_equal(count_files(f, "tmp"), 0);
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
	struct image_pull_spec spec = { .reference = "Not Valid" };
	assert_int_equal(image_pull_start(f->pulls, &spec, pulled, f, NULL, &f->err), -EINVAL);

	/* The registry's own copy of a layer is cut. */
	shell(f, "l=$(find registry -path '*blobs*' -name data -size +100k | head -1); truncate -s 1000 $l");
	_cleanup_(freep) char *name = xasprintf("127.0.0.1:%u/demo:1", f->port);
	pull(f, name, NULL);
	assert_true(f->code < 0);
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
}

static void test_pull_with_credentials(void **state)
{
	struct fixture *f = *state;
	char *auth = NULL;

	start_registry(f, true);
	_cleanup_(freep) char *name = xasprintf("127.0.0.1:%u/demo:1", f->port);
	/* base64 of u:p and u:wrong */
	_cleanup_(freep) char *good = xasprintf(
		"{\"auths\":{\"127.0.0.1:%u\":{\"auth\":\"dTpw\"}}}", f->port);
	_cleanup_(freep) char *bad = xasprintf(
		"{\"auths\":{\"127.0.0.1:%u\":{\"auth\":\"dTp3cm9uZw==\"}}}", f->port);
	pull(f, name, NULL);
	expect_failure(f, -EACCES, "refuses");
	pull(f, name, bad);
	expect_failure(f, -EACCES, "refuses");
	struct image_auth auths[] = { { good, strlen(good), false } };
	assert_int_equal(image_auth_merge(auths, 1, &auth, &f->err), 0);
	pull(f, name, auth);
	free(auth);
	if (f->code < 0)
		fail_msg("%s", f->message);
	/* No credentials stay behind. */
	char **names;
	size_t count;
	assert_int_equal(fs_list(AT_FDCWD, f->run_dir, &names, &count, &f->err), 0);
	assert_int_equal(count, 0);
	fs_names_free(names, count);
}

static void test_pull_onto_a_full_disk(void **state)
{
	struct fixture *f = *state;

	start_registry(f, false);
	close_store(f);
	assert_int_equal(mount("tmpfs", f->store_dir, "tmpfs", 0, "size=200k"), 0);
	open_store(f);
	_cleanup_(freep) char *name = xasprintf("127.0.0.1:%u/demo:1", f->port);
	pull(f, name, NULL);
	expect_failure(f, -ENOSPC, f->store_dir);
	assert_int_equal(count_files(f, "tmp"), 0);
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_import_unpack_mount, setup, teardown),
		cmocka_unit_test_setup_teardown(test_requests_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_layer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers_of_a_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pull, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pulls_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pull_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pull_with_credentials, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pull_onto_a_full_disk, setup, teardown),
	};

	if (argc > 1 && str_eq(argv[1], "unpack"))
		return unpack_main(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
