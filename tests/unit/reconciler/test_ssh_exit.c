/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The words are those of OpenSSH 9.2. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/ssh_exit.h"

#define KEX_CLOSED                                                          \
	"kex_exchange_identification: Connection closed by remote host\r\n" \
	"Connection closed by UNKNOWN port 65535\r\n"
#define CHANGED(alias)                                                                                 \
	"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"                              \
	"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"                              \
	"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"                              \
	"IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n"                                    \
	"The fingerprint for the ED25519 key sent by the remote host is\nSHA256:Er1E8y867hGqUvJO.\r\n" \
	"Please contact your system administrator.\r\nOffending ECDSA key in run/ssh/n1:1\r\n"         \
	"Host key for " alias " has changed and you have requested strict checking.\r\n"               \
	"Host key verification failed.\r\n"
#define KEX_BROKEN "banner exchange: Connection to UNKNOWN port 65535: Broken pipe\r\n"
#define NOT_ITS                                                                                  \
	" of its manifest (SHA256:pinned): if the host was installed anew put its new key into " \
	"pintle.dev/ssh-host-key; else somebody else answers in its place"
#define THE_WAY "the way to root@n1:2222 that ssh_config(5) tells (ProxyJump, ProxyCommand) leads nowhere: "
#define REFUSED                                                                                     \
	"root@n1:2222 refuses the key /k: its public half belongs into the user's authorized_keys " \
	"there, behind restrict,command=\"…\" (pintle node add does it)"

static const struct {
	int status;
	bool began;
	const char *text, *reason, *message;
} cases[] = {
	{ 255, false, CHANGED("pintle-n1"), "HostKeyChanged",
		"root@n1:2222 shows the host key SHA256:Er1E8y867hGqUvJO, which is not that" NOT_ITS },
	{ 255, false,
		"No ED25519 host key is known for pintle-n1 and you have requested strict checking.\r\n"
		"Host key verification failed.\r\n",
		"HostKeyChanged",
		"root@n1:2222 shows the host key of another type, which is not that" NOT_ITS },
	{ 255, false, "root@n1: Permission denied (publickey).\r\n", "KeyRefused", REFUSED },
	{ 255, false, "Received disconnect from 10.0.0.1 port 2222:2: Too many authentication failures\r\n",
		"KeyRefused", REFUSED },
	{ 255, false,
		"@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\r\n"
		"Permissions 0644 for '/k' are too open.\r\nThis private key will be ignored.\r\n"
		"Load key \"/k\": bad permissions\r\nroot@n1: Permission denied (publickey).\r\n",
		"KeyUnusable", "the key /k may be read by others: chmod 600 /k" },
	{ 255, false, "Load key \"/k\": error in libcrypto\r\nroot@n1: Permission denied (publickey).\r\n",
		"KeyUnusable", "the key /k can't be used: error in libcrypto" },
	{ 255, false,
		"sign_and_send_pubkey: signing failed for ED25519 \"a\" from agent: agent refused "
		"operation\r\n"
		"root@n1: Permission denied (publickey).\r\n",
		"KeyUnusable",
		"sign_and_send_pubkey: signing failed for ED25519 \"a\" from agent: agent refused "
		"operation" },
	{ 255, false, "ssh: connect to host n1 port 2222: Connection refused\r\n", "ConnectFailed",
		"n1:2222 refuses the connection: is sshd running there?" },
	{ 255, false, "ssh: connect to host n1 port 2222: No route to host\r\n", "ConnectFailed",
		"connecting to n1:2222: No route to host" },
	{ 255, false, "ssh: connect to host n1 port 2222: Connection timed out\r\n", "NoAnswer",
		"root@n1:2222 does not answer within 20 seconds: is the host up, and its port open?" },
	{ 255, false,
		"Connection timed out during banner exchange\r\nConnection to 10.0.0.1 port 2222 timed "
		"out\r\n",
		"NoAnswer",
		"root@n1:2222 takes the connection, but says nothing within 20 seconds: is it sshd?" },
	{ 255, false, "ssh: Could not resolve hostname n1.invalid: Name or service not known\r\n",
		"HostUnknown", "the name n1.invalid has no address" },
	{ 255, false, "banner exchange: Connection to 10.0.0.1 port 2222: invalid format\r\n", "SSHFailed",
		"what answers at root@n1:2222 speaks no SSH" },
	{ 255, false,
		"kex_exchange_identification: read: Connection reset by peer\r\n"
		"Connection reset by 10.0.0.1 port 2222\r\n",
		"SSHFailed", "root@n1:2222 has closed the connection before the session began" },
	{ 255, false,
		"Unable to negotiate with 10.0.0.1 port 2222: no matching cipher found. Their offer: a,b\r\n",
		"SSHFailed",
		"root@n1:2222: Unable to negotiate with 10.0.0.1 port 2222: no matching cipher found. Their "
		"offer: a,b" },
	{ 255, false,
		"/c: line 1: Bad configuration option: foo\r\n/c: terminating, 1 bad configuration "
		"options\r\n",
		"SSHFailed", "ssh(1) can't use its settings: /c: terminating, 1 bad configuration options" },
	{ 255, false, "Can't open user config file /c: No such file or directory\r\n", "SSHFailed",
		"ssh(1) can't use its settings: Can't open user config file /c: No such file or directory" },
	{ 255, false, "", "SSHFailed", "root@n1:2222 has closed the connection before the session began" },
	/* On the way there. */
	{ 255, false, CHANGED("jump") KEX_CLOSED, "ConnectFailed", THE_WAY "Host key verification failed." },
	{ 255, false, "Host key verification failed.\r\n" KEX_CLOSED, "ConnectFailed",
		THE_WAY "Host key verification failed." },
	{ 255, false, "me@jump: Permission denied (publickey).\r\n" KEX_CLOSED, "ConnectFailed",
		THE_WAY "me@jump: Permission denied (publickey)." },
	{ 255, false, "ssh: connect to host jump port 22: Connection refused\r\n" KEX_CLOSED, "ConnectFailed",
		THE_WAY "ssh: connect to host jump port 22: Connection refused" },
	{ 255, false,
		"channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding "
		"failed\r\n" KEX_CLOSED,
		"ConnectFailed", THE_WAY "channel 0: open failed: connect failed: Connection refused" },
	/* Where the way ends before ssh has said anything itself. */
	{ 255, false, "the jump is lame\n" KEX_BROKEN, "ConnectFailed", THE_WAY "the jump is lame" },
	{ 255, false, KEX_BROKEN, "ConnectFailed",
		"root@n1:2222, or a host on the way there, closes the connection before it says anything" },
	{ 255, false, KEX_CLOSED, "ConnectFailed",
		"root@n1:2222, or a host on the way there, closes the connection before it says anything" },
	{ 255, false,
		"Connection timed out during banner exchange\r\nConnection to UNKNOWN port 65535 timed "
		"out\r\n",
		"NoAnswer",
		"no answer from root@n1:2222 within 20 seconds on the way that ssh_config(5) tells "
		"(ProxyJump, "
		"ProxyCommand)" },
	{ 255, false, "Welcome to jump!\r\n" CHANGED("pintle-n1"), "HostKeyChanged",
		"root@n1:2222 shows the host key SHA256:Er1E8y867hGqUvJO, which is not that" NOT_ITS },
	/* Once it was there. */
	{ 255, true, "Connection to n1 closed by remote host.\r\n", "SessionEnded",
		"the connection to root@n1:2222 is lost" },
	{ 255, true, "Timeout, server n1 not responding.\r\n", "SessionEnded",
		"the connection to root@n1:2222 is lost" },
	{ 128 + 9, false, "", "SSHFailed", "the ssh child for root@n1:2222 was ended by signal 9" },
	/* What the command says. */
	{ 0, true, "", "SessionEnded", "the agent has closed the session" },
	{ 127, false, "bash: line 1: pintle-agent: command not found\n", "AgentMissing",
		"root@n1:2222 can't run pintle-agent (pintle node add installs it): bash: line 1: "
		"pintle-agent: "
		"command not found" },
	{ 1, false, "a line before\npintle-agent: connecting to /x: Connection refused\n", "AgentMissing",
		"root@n1:2222: pintle-agent: connecting to /x: Connection refused" },
	{ 1, false, "", "AgentMissing", "root@n1:2222: pintle-agent session ended with status 1" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct ssh_exit e = { .where = "root@n1:2222",
			.alias = "pintle-n1",
			.pinned = "SHA256:pinned",
			.keys = "the key /k",
			.status = cases[i].status,
			.text = cases[i].text,
			.began = cases[i].began };
		struct trouble why = { 0 };

		assert_true(ssh_exit_trouble(&why, &e) < 0);
		assert_string_equal(why.message, cases[i].message);
		assert_string_equal(why.reason, cases[i].reason);
	}
}

/* Whatever is said, however long: a sentence comes of it. */
static void test_long_lines(void **state)
{
	static const char *const begins[] = { "", "Permissions '", "Load key \"",
		"Could not resolve hostname ",
		"Host key for pintle-n1 has changed and you have requested strict checking. SHA256:" };
	char text[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		struct trouble why = { 0 };

		memset(text, 'x', sizeof(text));
		memcpy(text, begins[i], strlen(begins[i]));
		text[sizeof(text) - 1] = '\0';
		assert_true(ssh_exit_trouble(&why, &(struct ssh_exit){ .where = "n1",
							   .alias = "pintle-n1",
							   .pinned = "",
							   .keys = "",
							   .status = 255,
							   .text = text }) < 0);
		assert_non_null(why.reason);
		assert_true(why.message[0] != '\0');
	}
}

static void test_line(void **state)
{
	size_t len;
	const char *line;

	(void)state;
	line = ssh_exit_line(
		"Warning: Permanently added 'n1' to it\r\nConfirm user presence for key X\r\n", &len);
	assert_int_equal(len, strlen("Confirm user presence for key X"));
	assert_memory_equal(line, "Confirm user presence for key X", len);
	ssh_exit_line("\r\n\n  \n", &len);
	assert_int_equal(len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
