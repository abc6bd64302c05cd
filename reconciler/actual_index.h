/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where in the journal each path's newest text stands, and which files are behind it: what actual.c, its
 * compaction and its check share. Texts themselves stay on the disk: an entry is about a hundred bytes.
 */
#pragma once

#include "lib/base/map.h"
#include "reconciler/journal_text.h"

struct actual_entry {
	uint64_t version;
	uint64_t offset; /* of the text in the journal */
	uint64_t moved;  /* where compaction has copied it to in the new journal */
	uint32_t len;    /* of the text */
	bool dead;       /* deleted, and the file perhaps still there */
	bool behind;     /* the file is older than this: listed in actual_index.behind */
	char path[];
};

struct actual_index {
	struct map entries;           /* path → struct actual_entry, owned */
	size_t live;                  /* of them not dead */
	uint64_t live_bytes;          /* of the live texts */
	struct actual_entry **behind; /* [behind_count]; borrowed; in the order in which they fell behind */
	size_t behind_count, behind_cap, behind_done;
};

void actual_index_done(struct actual_index *i);
/* PATH has a new text, or none (DEAD). Its file is behind it where FILE_BEHIND. */
void actual_index_set(struct actual_index *i, const char *path, size_t path_len,
	const struct actual_entry *now, bool file_behind);
/* The entry, or NULL; dead ones too. */
struct actual_entry *actual_index_get(const struct actual_index *i, const char *path);
void actual_index_mark_behind(struct actual_index *i, struct actual_entry *e);
/* The next entry whose file is behind, or NULL: then the list is empty. It stays behind until actual_index_written. */
struct actual_entry *actual_index_next_behind(struct actual_index *i);
/* That entry's file is up to date; a dead entry is forgotten (freed). */
void actual_index_written(struct actual_index *i);
