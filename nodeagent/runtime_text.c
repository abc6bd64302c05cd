/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/runtime_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/json.h"

enum { NUMBER_MAX = 32 };

int runtime_text_stat(const char *text, struct runtime_stat *ret)
{
	const char *p = strrchr(text, ')');
	long long start;
	char state;
	int parent;

	if (!p || sscanf(p + 1,
			  " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld",
			  &state, &parent, &start) != 3)
		return -EBADMSG;
	*ret = (struct runtime_stat){ parent, start, state == 'Z' || state == 'X' };
	return 0;
}

pid_t runtime_text_answer(struct arena *arena, const char *text, size_t len, const char **ret_message)
{
	struct value *v = NULL;
	int64_t pid;

	*ret_message = "conmon ended before it had created the container";
	if (len == 0 || json_parse(arena, text, len, &v, NULL) < 0)
		return -EBADMSG;
	pid = value_get_int(v, "data", -1);
	if (pid > 0 && pid <= INT32_MAX)
		return (pid_t)pid;
	*ret_message = str_or_empty(value_get_string(v, "message"));
	return -EIO;
}

int runtime_text_number(const char *text, int64_t *ret)
{
	char digits[NUMBER_MAX];
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(digits) || text[len + (text[len] == '\n')] != '\0')
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return str_to_i64(digits, ret) < 0 ? -EINVAL : 0;
}
