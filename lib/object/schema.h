/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * One table per struct drives decoding, defaulting, validation, encoding, diffing,
 * `pintle explain` and the field reference. Adding a field is adding a row.
 *
 * A schema describes a C struct; a row describes one of its members: the field's name in
 * manifests, the kind of value, where it stands, whether it must be there, its default,
 * its range or its allowed words, and how far Pintle acts on it. Decoding makes a typed
 * struct in an arena; all its strings and arrays live there. After decoding, defaults
 * are in place, so the typed struct is what the API server would have stored.
 *
 * Absence: pointers and strings are NULL, lists and maps have items == NULL, opt_* have
 * set == false.
 */
#pragma once

#include "lib/object/diag.h"
#include "lib/object/json.h"
#include "lib/object/quantity.h"
#include "lib/object/value.h"

/* --- member types ------------------------------------------------------------------------- */

struct opt_bool {
	bool set, value;
};
struct opt_int {
	bool set;
	int64_t value;
};
/* An int or a string such as "25%" or a port's name. string == NULL: the integer counts. */
struct int_or_string {
	bool set;
	int64_t integer;
	const char *string;
};
struct strings {
	const char **items;
	size_t count;
};
struct ints {
	int64_t *items;
	size_t count;
};
struct string_pair {
	const char *key, *value;
};
/* Sorted by key (strcmp): labels, annotations, data. */
struct string_map {
	struct string_pair *items;
	size_t count;
};
struct bytes {
	const uint8_t *data;
	size_t len;
};
struct bytes_pair {
	const char *key;
	struct bytes value;
};
struct bytes_map {
	struct bytes_pair *items;
	size_t count;
};
struct quantity_pair {
	const char *key;
	struct quantity value;
};
struct quantity_map {
	struct quantity_pair *items;
	size_t count;
};
/* The layout of every FIELD_STRUCTS member: `struct { struct container *items; size_t count; } containers;`. */
struct struct_list {
	void *items;
	size_t count;
};

const char *string_map_get(const struct string_map *m, const char *key);
bool string_map_equal(const struct string_map *a, const struct string_map *b);
const struct quantity *quantity_map_get(const struct quantity_map *m, const char *key);

/* --- the tables --------------------------------------------------------------------------- */

enum field_kind {
	FIELD_STRING,        /* const char * */
	FIELD_BOOL,          /* bool; default false unless the row has one */
	FIELD_OPT_BOOL,      /* struct opt_bool */
	FIELD_INT,           /* int64_t; default 0 unless the row has one */
	FIELD_OPT_INT,       /* struct opt_int */
	FIELD_QUANTITY,      /* struct quantity */
	FIELD_INT_OR_STRING, /* struct int_or_string */
	FIELD_TIME,          /* struct opt_int, ns since the epoch; RFC 3339 in text */
	FIELD_DURATION,      /* struct opt_int, ns; metav1.Duration in text */
	FIELD_BYTES,         /* struct bytes; base64 in text */
	FIELD_STRUCT,        /* T *, NULL when absent */
	FIELD_EMBED,        /* T; when absent it is decoded from an empty map, so that its defaults are set */
	FIELD_INLINE,       /* T, whose fields stand in the enclosing map itself */
	FIELD_STRUCTS,      /* struct { T *items; size_t count; } */
	FIELD_STRINGS,      /* struct strings */
	FIELD_INTS,         /* struct ints */
	FIELD_STRING_MAP,   /* struct string_map */
	FIELD_BYTES_MAP,    /* struct bytes_map */
	FIELD_QUANTITY_MAP, /* struct quantity_map */
	FIELD_ANY,          /* const struct value *: kept as it is */
	FIELD_NONE,         /* no member: known by name only (support says what happens) */
};

enum field_support {
	SUPPORTED, /* acted on */
	ACCEPTED,  /* known, no effect here: one warning */
	PENDING, /* can't be acted on yet: loads, warns, holds the workload that uses it (NotYetSupported) */
	REFUSED, /* an error; `hint` says what to use instead */
};

enum field_flags {
	FIELD_REQUIRED = 1 << 0,
	FIELD_NOT_EMPTY = 1 << 1, /* string: not ""; list, map: at least one */
	FIELD_SECRET = 1 << 2,    /* never printed: diffs and trees show a keyed hash */
	FIELD_SERVER_SET =
		1
		<< 3, /* written by the system (status, uid, creationTimestamp …): ignored in a manifest, read when stored */
	FIELD_DEPRECATED = 1 << 4,
	FIELD_LONE = 1 << 5,   /* FIELD_STRINGS: one string stands for a list of one */
	FIELD_UNIQUE = 1 << 6, /* text that few objects have in common: an identity */
};

struct schema;
struct decode;

/*
 * Checks one string beyond its type, e.g. a DNS label. Returns NULL when it is fine, else what is wrong
 * (a constant, or text in ARENA), phrased to follow "field: ".
 */
typedef const char *(*string_rule)(struct arena *arena, const char *s);

struct field {
	const char *name; /* as in manifests */
	enum field_kind kind;
	unsigned flags;
	enum field_support support;
	size_t offset;             /* of the member; unused by FIELD_NONE */
	const struct schema *of;   /* FIELD_STRUCT, EMBED, INLINE, STRUCTS */
	const char *const *values; /* FIELD_STRING(S): the allowed words, NULL-terminated, or NULL */
	/* Those of `values` that hold the workload like a PENDING field: NULL-terminated, or NULL. */
	const char *const *values_pending;
	const char *value_default; /* in YAML's words: "TCP", "1", "true"; or NULL */
	int64_t min, max;          /* FIELD_INT, OPT_INT: range; both 0: any */
	string_rule rule;          /* FIELD_STRING(S) and the keys of *_MAP, when not NULL */
	/* FIELD_STRUCTS: member that must be unique ("name"; "a,b": both together), or NULL */
	const char *list_key;
	const char *hint; /* for ACCEPTED, PENDING, REFUSED: what the message adds */
	/* What the member's text names or selects: a kind ("Secret"), or one of the words below; or NULL. */
	const char *refers;
	const char *doc; /* one line for explain */
};

struct schema {
	const char *name; /* Kubernetes' type name: "PodSpec" */
	const struct field *fields;
	size_t field_count;
	size_t size; /* of the C struct */
	/* Before the members of map V are decoded: what some of them must know of others. NULL = nothing. */
	void (*before)(struct decode *d, const struct value *v);
	/* After decoding and the rows' defaults: defaults that depend on other fields. NULL = none. */
	void (*defaults)(struct arena *arena, void *object);
	/* After that: rules between fields, reported with decode_error; V is the map it was decoded from. NULL = none. */
	void (*check)(struct decode *d, const void *object, const struct value *v);
	/* In the place of defaults and check when members are broken, hence unset: rules that can be told from the
	   members that are there, so that one run names every mistake. NULL = none. */
	void (*check_partial)(struct decode *d, const void *object, const struct value *v);
	const char *doc;
};

#define FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof((array)[0])

/* --- decoding ------------------------------------------------------------------------------- */

enum decode_mode {
	DECODE_MANIFEST, /* people's: strict, warns, holds */
	DECODE_STORED, /* tree and wire, our own output: server-set fields are read, PENDING and ACCEPTED say
	                    nothing, unknown fields are ignored (a newer peer wrote them) */
};

/*
 * What `refers` may say besides a kind. On a row of a struct or a list of structs, the `name` below it is
 * meant. Where the map that holds the name says `optional: true`, nothing is noted.
 */
#define REFERS_KIND "@kind" /* the `kind` beside the name says which; `namespace` beside it, where */
#define REFERS_PODS "@pods" /* a selector: the pods of the same namespace that have these labels */
#define REFERS_SERVICE_PORT "@servicePort"     /* a port (name or number) of the Service named beside it */
#define REFERS_CONTAINER_PORT "@containerPort" /* a port's name, of the pods that the Service selects */

#define REFERS_CONFIG_MAP_KEY "@configMapKey" /* a key of the ConfigMap named beside it */
#define REFERS_SECRET_KEY "@secretKey"        /* likewise */

/* Something that a manifest names, and where it does so: checked when all objects are known. */
struct reference {
	const char *to;    /* a kind or one of the words above */
	const char *name;  /* NULL for REFERS_PODS; a port's name or number */
	const char *in;    /* REFERS_KIND: its namespace, or NULL; REFERS_SERVICE_PORT and keys: the object */
	const char *field; /* "spec.volumes[0].secret.secretName" */
	uint32_t line, col;
};

/* One decoding in progress. The field path is a stack, rendered only when something is reported. */
struct decode {
	struct arena *arena; /* of the result */
	struct diags *diags;
	const char *path;   /* file */
	const char *object; /* "Kind/ns/name" or NULL */
	enum decode_mode mode;
	struct decode_step {
		const char *field; /* member name, or NULL: index counts */
		size_t index;
	} steps[64];
	size_t depth;
	/* What holds the workload: texts like "spec.containers[0].livenessProbe"; array and texts in arena. */
	const char **held;
	size_t held_count, held_cap;
	struct reference *references; /* of a manifest; array and texts in arena */
	size_t reference_count, reference_cap;
	/* volumes that a pod's mounts may name beside its own: a StatefulSet's claims */
	struct strings claims;
	size_t broken; /* errors that left a member unset: defaults and check of its structs are skipped */
	/* inside a field that is held or without effect: its own rows need not say so again */
	unsigned quiet;
};

/* Decodes V by SCHEMA into TARGET (zeroed, schema->size bytes). Returns 0, or -EBADMSG when errors were reported. */
int schema_decode(struct decode *d, const struct schema *schema, const struct value *v, void *target);

/*
 * For check functions: reports at FIELD (a member path below the struct under check, such as "a[2].b", or NULL
 * for the struct itself); AT gives line and column and may be NULL (then 0:0).
 */
void decode_error(struct decode *d, const struct value *at, const char *field, const char *fmt, ...)
	_printf_(4, 5);
void decode_warning(struct decode *d, const struct value *at, const char *field, const char *fmt, ...)
	_printf_(4, 5);
/* Holds the workload because of FIELD, and warns: for combinations that no single row can express. */
void decode_hold(struct decode *d, const struct value *at, const char *field, const char *why);

/* --- the other uses of a table --------------------------------------------------------------- */

enum encode_flags {
	ENCODE_HIDE_SECRETS = 1 << 0,  /* FIELD_SECRET values appear as "hmac-sha256:<hex>" */
	ENCODE_MASK_SECRETS = 1 << 1,  /* … as "(secret)" */
	ENCODE_NO_SERVER_SET = 1 << 2, /* FIELD_SERVER_SET rows are left out: what a manifest would say */
};
/*
 * The struct as a JSON map, fields in table order, defaults included, absent members left out (so are false
 * and 0 where the row has no default and is not required, and FIELD_EMBEDs with nothing inside). SECRET_KEY (32
 * bytes) is needed for ENCODE_HIDE_SECRETS, else NULL.
 */
void schema_encode(struct json_writer *w, const struct schema *schema, const void *object, unsigned flags,
	const uint8_t *secret_key);
/* The same into a map that the caller has begun and ends. */
void schema_encode_members(struct json_writer *w, const struct schema *schema, const void *object,
	unsigned flags, const uint8_t *secret_key);
/* Equal in meaning: quantities by value, maps in any order, server-set fields left out. */
bool schema_equal(const struct schema *schema, const void *a, const void *b);

/* One difference between two structs of a schema. */
struct schema_change {
	const char *field; /* "spec.replicas" */
	/* JSON text of the leaf or subtree; NULL = absent; secrets as "(secret)" */
	const char *before, *after;
};
struct schema_changes {
	struct schema_change *items;
	size_t count, cap;
};
/*
 * Leaf differences between A and B in table order, without server-set fields; texts and items in ARENA. Lists with a
 * list_key are matched by it ("spec.containers[web].image"), others by index; another order of the same keys is
 * one difference of the list, whose texts are the keys.
 */
void schema_diff(struct arena *arena, const struct schema *schema, const void *a, const void *b,
	struct schema_changes *ret);
/*
 * SHA-256 of a canonical encoding without server-set fields: equal structs hash equal. Members that are absent or have
 * their row's default do not count, so that a new row leaves the hashes of old manifests as they were. The
 * order of rows counts.
 */
void schema_hash(const struct schema *schema, const void *object, uint8_t ret[32]);
/* The row that a dotted PATH ("spec.template.spec.containers.image", indexes allowed) names below SCHEMA, or NULL. */
const struct field *schema_find(const struct schema *schema, const char *path);
