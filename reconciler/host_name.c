/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/host_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

void host_node_name(char *ret, size_t size)
{
	if (gethostname(ret, size) < 0)
		snprintf(ret, size, "localhost");
	ret[size - 1] = '\0';
	for (char *s = ret; *s; s++) {
		bool upper = *s >= 'A' && *s <= 'Z',
		     fine = (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9');

		if (upper)
			*s = (char)(*s - 'A' + 'a');
		else if (!fine && *s != '.' && *s != '-')
			*s = '-';
	}
	if (ret[0] == '\0' || ret[0] == '-' || ret[0] == '.')
		snprintf(ret, size, "localhost");
}
