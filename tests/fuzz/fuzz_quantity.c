/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as a quantity: its canonical form is the same amount, and (of one format) its own canonical form. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/quantity.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);
	char once[QUANTITY_TEXT_MAX], twice[QUANTITY_TEXT_MAX];
	struct quantity q, again, sum = { 0 };

	if (quantity_parse(text, &q) < 0)
		return 0;
	if (quantity_parse(quantity_format(&q, once), &again) < 0 || quantity_cmp(&q, &again) != 0)
		abort();
	/* A binary amount that 1024 does not divide has no suffix, and reads back as a decimal one. */
	if (again.format == q.format && strcmp(once, quantity_format(&again, twice)) != 0)
		abort();
	quantity_add(&sum, &q);
	quantity_add(&sum, &q);
	quantity_sub(&sum, &q);
	if (quantity_units(&q) != 0 && (quantity_units(&q) > 0) != (q.nano > 0))
		abort();
	if (quantity_milli(&q) != 0 && (quantity_milli(&q) > 0) != (q.nano > 0))
		abort();
	return 0;
}
