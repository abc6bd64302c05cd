/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Imports into a store, and what the store then knows: index, leases, removal. Images are made by tests/make-image. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/image_import.h"
#include "nodeagent/node_status.h"

struct fixture {
	char *dir; /* scratch: layout/ is an image of two layers called demo:1 */
	char *store_dir;
	struct image_store *store;
	struct image_imports imports;
	struct err err;
};

/* Runs SCRIPT in the scratch directory, with $TOP the source tree. */
static void shell(struct fixture *f, const char *script)
{
	_cleanup_(freep) char *top = get_current_dir_name();
	_cleanup_(freep) char *env = xasprintf("TOP=%s", top);
	const char *const argv[] = { "bash", "-euc", script, NULL }, *const envs[] = { env, NULL };
	struct proc_spec spec = { .argv = argv, .cwd = f->dir, .env = envs };

	if (proc_check(&spec, NULL, &f->err) < 0)
		fail_msg("%s\n%s", script, err_text(&f->err));
}

/* Before all tests: the image, in a directory of its own. */
static int make_image(void **state)
{
	char template[] = "/tmp/pintle-import-XXXXXX";
	struct fixture f = { .dir = mkdtemp(template) };

	if (!f.dir)
		return -1;
	shell(&f, "echo one >one; \"$TOP/tests/make-image\" layout demo:1 one");
	*state = xstrdup(f.dir);
	return 0;
}

static int remove_image(void **state)
{
	int r = fs_remove_tree(AT_FDCWD, *state, NULL);

	free(*state);
	return r;
}

static int setup(void **state)
{
	const char *image = *state;
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-import-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	f->store_dir = xasprintf("%s/images", template);
	*state = f;
	_cleanup_(freep) char *copy = xasprintf("cp -r %s/layout %s/one .", image, image);
	shell(f, copy);
	struct image_store_options options = { .dir = f->store_dir };
	return image_store_open(&options, &f->store, &f->err);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	image_imports_done(&f->imports);
	image_store_close(f->store);
	int r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);
	free(f->dir);
	free(f->store_dir);
	free(f);
	return r;
}

static int import(struct fixture *f, const char *file, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->dir, file);

	err_clear(&f->err);
	image_imports_done(&f->imports);
	return image_import(f->store, path, name, &f->imports, &f->err);
}

static void import_good(struct fixture *f, const char *file, const char *name)
{
	if (import(f, file, name) < 0)
		fail_msg("importing %s: %s", file, err_text(&f->err));
}

static struct image *find(struct fixture *f, const char *reference)
{
	struct image *image = NULL;

	if (image_store_find(f->store, reference, &image, &f->err) < 0)
		fail_msg("%s: %s", reference, err_text(&f->err));
	return image;
}

static void expect_error(struct fixture *f, int r, int expected, const char *text)
{
	if (r != expected)
		fail_msg("expected %s, got %d: %s", strerror(-expected), r, err_text(&f->err));
	if (!strstr(err_text(&f->err), text))
		fail_msg("expected \"%s\" in: %s", text, err_text(&f->err));
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

static void test_layout(void **state)
{
	struct fixture *f = *state;

	import_good(f, "layout", NULL);
	assert_int_equal(f->imports.count, 1);
	assert_string_equal(f->imports.items[0].name, "docker.io/library/demo:1");
	struct image *image = find(f, "demo:1");
	assert_string_equal(image->digest, f->imports.items[0].digest);
	assert_int_equal(image->manifest.layers.count, 2);
	assert_int_equal(image->config.diff_ids.count, 2);
	assert_string_equal(image->config.cmd.items[0], "sh");
	assert_int_equal(image->names.count, 1);
	assert_true(image->size > 1000);
	assert_false(image_layers_ready(f->store, image));
	/* By every other way to say it. */
	static const char *const ways[] = { "docker.io/library/demo:1", "docker.io/demo:1" };
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		image_release(find(f, ways[i]));
	image_release(find(f, image->digest));
	image_release(find(f, image->id));
	_cleanup_(freep) char *pinned = xasprintf("demo@%s", image->digest);
	image_release(find(f, pinned));
	image_release(image);
	assert_int_equal(count_files(f, "blobs/sha256"), 4);
	assert_int_equal(count_files(f, "tmp"), 0);
}

static void test_renamed(void **state)
{
	struct fixture *f = *state;

	import_good(f, "layout", "quay.io/a/b");
	image_release(find(f, "quay.io/a/b:latest"));
	struct image *image = NULL;
	expect_error(
		f, image_store_find(f->store, "demo:1", &image, &f->err), -ENOENT, "pintle image import");
	expect_error(f, import(f, "layout", "Not Valid"), -EINVAL, "no image reference");
}

static void test_archives(void **state)
{
	struct fixture *f = *state;

	shell(f, "tar -C layout -cf oci.tar .; gzip -k oci.tar;"
		 "skopeo copy -q oci:layout:demo:1 docker-archive:docker.tar:other:2");
	import_good(f, "oci.tar", NULL);
	import_good(f, "oci.tar.gz", "gz:1");
	import_good(f, "docker.tar", NULL);
	struct image *a = find(f, "demo:1"), *b = find(f, "other:2"), *c = find(f, "gz:1");
	assert_string_equal(a->digest, c->digest);
	/* The same layers, differently compressed. */
	assert_string_not_equal(a->digest, b->digest);
	assert_string_equal(a->config.diff_ids.items[1], b->config.diff_ids.items[1]);
	assert_int_equal(count_files(f, "tmp"), 0);
	image_release(a);
	image_release(b);
	image_release(c);
}

static void test_nested_index(void **state)
{
	struct fixture *f = *state;

	shell(f, "cd layout; arch=$(jq -r .architecture blobs/sha256/$(jq -r .config.digest "
		 "blobs/sha256/$(jq -r '.manifests[0].digest' "
		 "index.json | cut -d: -f2) | cut -d: -f2));"
		 "jq -c --arg a \"$arch\" "
		 "'{schemaVersion:2,manifests:[(.manifests[0]|del(.annotations)+{platform:{os:\"linux\","
		 "architecture:$a}}),"
		 "{digest:\"sha256:0000000000000000000000000000000000000000000000000000000000000000\",size:1,"
		 "platform:{os:\"linux\",architecture:\"vax\"}}]}' index.json >n;"
		 "h=$(sha256sum n | cut -d' ' -f1); s=$(stat -c %s n); mv n blobs/sha256/$h;"
		 "echo "
		 "'{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:'$h'\",\"size\":'$s',"
		 "\"annotations\":{\"org.opencontainers.image.ref.name\":\"m:1\"}}]}' >index.json");
	import_good(f, "layout", NULL);
	image_release(find(f, "m:1"));
}

static void test_names_in_layouts(void **state)
{
	struct fixture *f = *state;

	shell(f, "cp -r layout tag; sed -i 's/\"demo:1\"/\"latest\"/' tag/index.json;"
		 "cp -r layout none; sed -i 's/,\"annotations\":{[^}]*}//' none/index.json");
	expect_error(f, import(f, "tag", NULL), -EINVAL, "say --name NAME:latest");
	expect_error(f, import(f, "none", NULL), -EINVAL, "say --name");
	import_good(f, "tag", "x:1");
	import_good(f, "none", "y:1");
}

/* $1: a digest of the layer; the biggest blob is the first layer. */
#define FIRST_LAYER "l=$(ls -S layout/blobs/sha256 | head -1); "

static void test_damaged_blobs(void **state)
{
	static const struct {
		const char *script, *text;
	} cases[] = {
		{ FIRST_LAYER "truncate -s 1000 layout/blobs/sha256/$l", "is truncated: 1000 bytes" },
		{ FIRST_LAYER "truncate -s 0 layout/blobs/sha256/$l", "is truncated: 0 bytes" },
		{ FIRST_LAYER
			"printf XXXX | dd of=layout/blobs/sha256/$l bs=1 seek=500 conv=notrunc status=none",
			"is damaged" },
		{ FIRST_LAYER "echo more >>layout/blobs/sha256/$l", "is damaged" },
		{ FIRST_LAYER "rm layout/blobs/sha256/$l", "is missing" },
	};
	struct fixture *f = *state;

	shell(f, "cp -r layout good");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image *image = NULL;

		shell(f, "rm -rf layout; cp -r good layout");
		shell(f, cases[i].script);
		int r = import(f, "layout", NULL);
		expect_error(f, r, -EBADMSG, cases[i].text);
		expect_error(f, r, -EBADMSG, "image docker.io/library/demo:1: layer sha256:");
		expect_error(f, r, -EBADMSG, "make or fetch the image again");
		/* Nothing of it stays. */
		assert_int_equal(image_store_find(f->store, "demo:1", &image, NULL), -ENOENT);
		assert_int_equal(count_files(f, "blobs/sha256"), 0);
		assert_int_equal(count_files(f, "tmp"), 0);
	}
}

static void test_damaged_manifest(void **state)
{
	struct fixture *f = *state;

	shell(f, "m=$(jq -r '.manifests[0].digest' layout/index.json | cut -d: -f2); echo ' ' "
		 ">>layout/blobs/sha256/$m");
	expect_error(f, import(f, "layout", NULL), -EBADMSG, "manifest sha256:");
	shell(f, "echo '{' >layout/index.json");
	expect_error(f, import(f, "layout", NULL), -EBADMSG, "index.json");
	shell(f, "mkdir empty; echo text >text");
	expect_error(f, import(f, "empty", NULL), -EINVAL, "neither");
	assert_true(import(f, "text", NULL) < 0);
	expect_error(f, import(f, "nowhere", NULL), -ENOENT, "nowhere");
}

/* A docker-archive whose layer is not what its config says, and archives that want to read or write outside. */
static void test_evil_archives(void **state)
{
	struct fixture *f = *state;

	shell(f, "skopeo copy -q oci:layout:demo:1 docker-archive:docker.tar:other:2; mkdir x; tar -C x -xf "
		 "docker.tar;"
		 "l=$(jq -r '.[0].Layers[0]' x/manifest.json); chmod -R u+w x; cp x/$l keep; printf X "
		 ">>x/$l; tar -C x -cf damaged.tar .;"
		 "cp keep x/$l; jq -c '.[0].Layers[0]=\"../../../../../../../../etc/passwd\"' "
		 "x/manifest.json >m; mv m x/manifest.json;"
		 "tar -C x -cf outside.tar .;"
		 "jq -c '.[0].Layers[0]=\"link\"' x/manifest.json >m; mv m x/manifest.json; ln -s "
		 "/etc/passwd x/link; tar -C x -cf link.tar .;"
		 "tar -P --transform 's,^one,../../escaped,' -cf up.tar one");
	expect_error(f, import(f, "damaged.tar", NULL), -EBADMSG, "is damaged");
	expect_error(f, import(f, "outside.tar", NULL), -EXDEV, "passwd");
	expect_error(f, import(f, "link.tar", NULL), -EXDEV, "link");
	expect_error(f, import(f, "up.tar", NULL), -EBADMSG, "leads out of the archive");
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	struct image_list list;
	size_t damaged;

	import_good(f, "layout", "b:1");
	import_good(f, "layout", "a:1");
	shell(f, "echo two >two; \"$TOP/tests/make-image\" layout2 c:1 two");
	import_good(f, "layout2", NULL);
	assert_int_equal(image_store_list(f->store, &list, &damaged, &f->err), 0);
	assert_int_equal(damaged, 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0]->names.count, 2);
	assert_string_equal(list.items[0]->names.items[0], "docker.io/library/a:1");
	assert_string_equal(list.items[1]->names.items[0], "docker.io/library/c:1");
	image_list_done(&list);
}

/* What the node's status tells of them: the largest first, five names of each. */
static void test_told(void **state)
{
	struct fixture *f = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct node_status s = { 0 };
	static const char *const names[] = { "a:1", "a:2", "a:3", "a:4", "a:5", "a:6" };

	node_status_images(&s, NULL, arena);
	assert_int_equal(s.images.count, 0);
	node_status_images(&s, f->store, arena);
	assert_int_equal(s.images.count, 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		import_good(f, "layout", names[i]);
	shell(f, "head -c 100000 /dev/urandom >two; \"$TOP/tests/make-image\" layout2 c:1 two");
	import_good(f, "layout2", NULL);
	node_status_images(&s, f->store, arena);
	assert_int_equal(s.images.count, 2);
	assert_true(s.images.items[0].size_bytes > s.images.items[1].size_bytes + 90000);
	assert_int_equal(s.images.items[0].names.count, 1);
	assert_string_equal(s.images.items[0].names.items[0], "docker.io/library/c:1");
	assert_int_equal(s.images.items[1].names.count, 5);
	assert_string_equal(s.images.items[1].names.items[0], "docker.io/library/a:1");
}

static void test_remove(void **state)
{
	struct fixture *f = *state;

	import_good(f, "layout", NULL);
	import_good(f, "layout", "again:1");
	shell(f, "echo two >two; \"$TOP/tests/make-image\" layout2 c:1 two");
	import_good(f, "layout2", NULL);
	/* One layer is common to both images. */
	assert_int_equal(count_files(f, "blobs/sha256"), 7);
	assert_int_equal(image_store_remove(f->store, "again:1", &f->err), 0);
	assert_int_equal(count_files(f, "blobs/sha256"), 7);
	assert_int_equal(image_store_remove(f->store, "demo:1", &f->err), 0);
	assert_int_equal(count_files(f, "blobs/sha256"), 4);
	expect_error(f, image_store_remove(f->store, "demo:1", &f->err), -ENOENT, "not on this node");
	struct image *image = find(f, "c:1");
	assert_int_equal(image_store_remove(f->store, image->digest, &f->err), 0);
	image_release(image);
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
}

static void test_leases(void **state)
{
	struct fixture *f = *state;
	char **names;
	size_t count;

	import_good(f, "layout", NULL);
	struct image *image = find(f, "demo:1");
	assert_int_equal(image_lease_add(f->store, "uid-web", image, &f->err), 0);
	assert_int_equal(image_lease_add(f->store, "uid-web", image, &f->err), 0);
	expect_error(f, image_store_remove(f->store, "demo:1", &f->err), -EBUSY, "in use by uid-web");
	/* Another image takes the name: the old one stays for as long as it is in use. */
	shell(f, "echo two >two; \"$TOP/tests/make-image\" layout2 demo:1 two");
	import_good(f, "layout2", NULL);
	assert_int_equal(count_files(f, "blobs/sha256"), 7);
	image_release(find(f, image->digest));
	assert_int_equal(image_lease_list(f->store, &names, &count, &f->err), 0);
	assert_int_equal(count, 1);
	fs_names_free(names, count);
	assert_int_equal(image_lease_drop(f->store, "uid-web", &f->err), 0);
	assert_int_equal(image_lease_drop(f->store, "uid-web", &f->err), 0);
	import_good(f, "layout2", NULL);
	assert_int_equal(count_files(f, "blobs/sha256"), 4);
	image_release(image);
}

/* Another process changes the index: the next lookup knows. */
static void test_seen_by_others(void **state)
{
	struct fixture *f = *state;
	struct image_store *other = NULL;
	struct image_store_options options = { .dir = f->store_dir };
	struct image *image = NULL;

	assert_int_equal(image_store_open(&options, &other, &f->err), 0);
	assert_int_equal(image_store_find(other, "demo:1", &image, NULL), -ENOENT);
	import_good(f, "layout", NULL);
	assert_int_equal(image_store_find(other, "demo:1", &image, NULL), 0);
	image_release(image);
	assert_int_equal(image_store_remove(f->store, "demo:1", &f->err), 0);
	assert_int_equal(image_store_find(other, "demo:1", &image, NULL), -ENOENT);
	image_store_close(other);
}

static void test_damaged_store(void **state)
{
	struct fixture *f = *state;
	struct image *image = NULL;
	struct image_list list;
	size_t damaged;

	import_good(f, "layout", NULL);
	shell(f, "m=$(jq -r '.manifests[0].digest' images/index.json | cut -d: -f2); echo x "
		 ">>images/blobs/sha256/$m");
	expect_error(f, image_store_find(f->store, "demo:1", &image, &f->err), -EBADMSG, "manifest sha256:");
	assert_int_equal(image_store_list(f->store, &list, &damaged, &f->err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(damaged, 1);
	image_list_done(&list);
	/* Importing it again heals it. */
	import_good(f, "layout", NULL);
	image_release(find(f, "demo:1"));
	shell(f, "echo '[' >images/index.json");
	expect_error(f, image_store_find(f->store, "demo:1", &image, &f->err), -EBADMSG, "index.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_archives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nested_index, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_in_layouts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_blobs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_manifest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_evil_archives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seen_by_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_store, setup, teardown),
	};

	return cmocka_run_group_tests(tests, make_image, remove_image);
}
