/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/quote.h"

void quote_add(struct buf *out, const char *word)
{
	buf_addc(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *word);
	buf_addc(out, '\'');
}

void quote_set(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s=", name);
	quote_add(out, value);
	buf_addc(out, '\n');
}
