/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* manifests_page TEMPLATE >PAGE: pintle-manifests(5), the template with what the tables say put in. Run by make. */
#include <fcntl.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/object/reference.h"

enum { TEMPLATE_MAX = 1 << 20 };

int main(int argc, char **argv)
{
	_cleanup_(buf_done) struct buf template = BUF_INIT;
	_cleanup_(buf_done) struct buf page = BUF_INIT;
	struct err err = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: manifests_page TEMPLATE\n");
		return 2;
	}
	int r = fs_read(AT_FDCWD, argv[1], TEMPLATE_MAX, &template, &err);
	if (r >= 0)
		r = reference_page(template.data, &page, &err);
	if (r < 0) {
		fprintf(stderr, "manifests_page: %s\n", err_text(&err));
		return 1;
	}
	return fwrite(page.data, 1, page.len, stdout) == page.len && fflush(stdout) == 0 ? 0 : 1;
}
