/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintle-status(8): serves the actual tree over HTTP, read-only. Only wiring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "reconciler/home.h"
#include "reconciler/status/server.h"

enum { ADDRESS_MODE = 0644 };
#define ADDRESS_FILE "run/status.address"

static int on_signal(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg, 0);
	return 0;
}

static int serve(const struct home *h, const char *listen, struct err *err)
{
	_cleanup_(loop_freep) struct loop *l = NULL;
	_cleanup_(loop_source_freep) struct loop_source *term = NULL, *interrupt = NULL;
	_cleanup_(status_server_freep) struct status_server *server = NULL;
	int r = loop_new(&l, err);
	if (r == 0)
		r = loop_signal(l, SIGTERM, on_signal, l, &term, err);
	if (r == 0)
		r = loop_signal(l, SIGINT, on_signal, l, &interrupt, err);
	if (r == 0)
		r = status_server_new(l, h, listen, &server, err);
	if (r < 0)
		return r;
	const char *address = status_server_address(server);
	r = fs_write(h->fd, ADDRESS_FILE, address, strlen(address), ADDRESS_MODE, 0, err);
	if (r < 0)
		return r;
	log_info("serving http://%s/", address);
	r = loop_run(l, err);
	unlinkat(h->fd, ADDRESS_FILE, 0);
	return r;
}

static int run(const char *dir, const char *listen, struct err *err)
{
	_cleanup_(home_freep) struct home *h = NULL;
	int r = home_open(dir, &h, err);
	if (r < 0)
		return r;
	_cleanup_(closep) int claim = home_claim(h, "pintle-status", err);
	if (claim < 0)
		return claim;
	r = home_drop_privileges(h, err);
	return r < 0 ? r : serve(h, listen ? listen : h->config.listen, err);
}

int main(int argc, char **argv)
{
	const char *home = getenv("PINTLE_HOME"), *listen = NULL;
	struct err err = { 0 };
	log_open("pintle-status", LOG_LEVEL_INFO);
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--home") && i + 1 < argc) {
			home = argv[++i];
		} else if (str_eq(argv[i], "--listen") && i + 1 < argc) {
			listen = argv[++i];
		} else {
			log_error("usage: pintle-status [--home DIR] [--listen ADDR:PORT]");
			return 2;
		}
	}
	if (run(str_empty(home) ? "/var/lib/pintle" : home, listen, &err) < 0) {
		log_error("%s", err_text(&err));
		return 1;
	}
	return 0;
}
