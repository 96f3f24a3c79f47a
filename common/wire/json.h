/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json - bounded getters over json-c, and a writer of JSON text
 *
 * Internal to common/wire: json-c's types appear here and nowhere above.
 */
#ifndef OCS_WIRE_JSON_H
#define OCS_WIRE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/error.h"

/* Containers in containers: a state has 6. */
#define OCS_JSON_DEPTH_MAX 12
/* Values in one document of LEN bytes: json-c takes some 100 bytes for each,
 * so that what is small on the wire must not become large here. Leases have
 * a value in every 15 to 25 bytes. */
#define OCS_JSON_VALUES_MAX(len) (1024 + (len) / 10)
/* No number of ours is above this. json-c turns numbers that are too large
 * into its largest, UINT64_MAX, without a word: no bound may be that. */
#define OCS_JSON_NUMBER_MAX ((uint64_t) INT64_MAX)
/* Unix times up to the year 9999. */
#define OCS_JSON_TIME_S_MAX INT64_C(253402300799)
#define OCS_JSON_TIME_MS_MAX (OCS_JSON_TIME_S_MAX * 1000 + 999)

/* Where in a document we are; a chain on the stack, turned into text such as
 * `leases[3].circuits[0]` only when something is wrong. */
struct ocs_json_at {
	const struct ocs_json_at *up;	/* NULL: the document */
	const char *name;		/* of the member of UP */
	int index;			/* in the array NAME; -1: no array */
	struct json_object *obj;	/* borrowed */
	struct ocs_error *err;
	/* of the document: arrays that OBJ lacks; the last one has no NAME */
	const struct ocs_json_cut *cut;
};

/* A member of a document that is an array and was left as text. */
struct ocs_json_cut {
	const char *name;
	const char *text;	/* from after its '[' to its ']'; or NULL */
	size_t len;
};

/* The object that TEXT is, the caller's to json_object_put(); or NULL with ERR
 * set: not strict JSON, bad UTF-8, not an object, or above a bound. */
struct json_object *ocs_json_parse(const char *text, size_t len,
				   size_t len_max, struct ocs_error *err);

/*
 * The same, but the members that CUT names (the last has no NAME) are not part
 * of the tree where they are arrays: there they are empty, and CUT says where
 * in TEXT they stand, for ocs_json_rows_open(). A tree takes twenty times the
 * text. One of them given twice is OCS_SYNTAX.
 */
struct json_object *ocs_json_parse_cut(const char *text, size_t len,
				       size_t len_max,
				       struct ocs_json_cut *cut,
				       struct ocs_error *err);

/* The objects of an array, one after the other. */
struct ocs_json_rows {
	struct ocs_json_at elem;	/* the one that is read */
	unsigned int count, next;
	/* of an array in the tree, or ... */
	struct json_object *array;
	/* ... of one that was cut */
	const char *at, *end;
	struct json_object *obj;
};

/* ROWS = those of the array NAME, member of AT, of at most MAX elements (more
 * are OCS_RANGE); none when it is missing and not NEEDED. There are *COUNT of
 * them, or fewer before an error. Returns 0, or -1 with the error set; then
 * there is nothing to close. */
int ocs_json_rows_open(const struct ocs_json_at *at, const char *name,
		       bool needed, unsigned int max,
		       struct ocs_json_rows *rows, unsigned int *count);
/* The next one, borrowed until the next call: 1; at the end 0; -1. */
int ocs_json_rows_next(struct ocs_json_rows *rows, struct ocs_json_at **elem);
void ocs_json_rows_close(struct ocs_json_rows *rows);

/* ERR = `PATH.NAME: text`. Always returns -1. */
int ocs_json_fail(const struct ocs_json_at *at, const char *name,
		  enum ocs_code code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Getters of member NAME of AT. They return 0, or -1 with the error set. A
 * missing (or null) member is OCS_SYNTAX if NEEDED; else 0 and the result is
 * left as it was.
 */
int ocs_json_u64(const struct ocs_json_at *at, const char *name, bool needed,
		 uint64_t min, uint64_t max, uint64_t *value);
int ocs_json_u32(const struct ocs_json_at *at, const char *name, bool needed,
		 uint32_t *value);
/* 0 to MAX */
int ocs_json_i64(const struct ocs_json_at *at, const char *name, bool needed,
		 int64_t max, int64_t *value);
int ocs_json_bool(const struct ocs_json_at *at, const char *name, bool needed,
		  bool *value);
/* A part of 1 as parts of a billion; any number from 0 to 1. */
int ocs_json_ratio(const struct ocs_json_at *at, const char *name, bool needed,
		   uint32_t *ppb);
/* Borrowed, NUL-free and shorter than SIZE; NULL when missing. */
int ocs_json_string(const struct ocs_json_at *at, const char *name,
		    bool needed, size_t size, const char **text);
/* A-Z a-z 0-9 . _ - only, not empty. */
int ocs_json_name(const struct ocs_json_at *at, const char *name, bool needed,
		  char *buf, size_t size);
/* Text for people: control characters become blanks, what is too long ends
 * in "...". */
int ocs_json_text(const struct ocs_json_at *at, const char *name, bool needed,
		  char *buf, size_t size);
/* Borrowed array of at most MAX elements; NULL and 0 when missing. */
int ocs_json_array(const struct ocs_json_at *at, const char *name, bool needed,
		   unsigned int max, struct json_object **array,
		   unsigned int *n);
/* *ELEM = element INDEX of ARRAY, the member NAME of AT; an object. */
int ocs_json_elem(const struct ocs_json_at *at, const char *name,
		  struct json_object *array, unsigned int index,
		  struct ocs_json_at *elem);
/* Element INDEX of ARRAY is a name: into BUF. */
int ocs_json_elem_name(const struct ocs_json_at *at, const char *name,
		       struct json_object *array, unsigned int index,
		       char *buf, size_t size);

static inline bool ocs_json_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}
/* True if TEXT is a name as ocs_json_name() takes it. */
bool ocs_json_name_ok(const char *text);

/* Bytes of the UTF-8 character (RFC 3629) at P, of which LEFT are there; 0 if
 * it is none. */
size_t ocs_json_utf8_len(const char *p, size_t left);

/* Text that grows. Failures are remembered and come out at the end. */
struct ocs_json_out {
	char *text;
	size_t len;
	size_t size;
	bool failed;	/* out of memory */
	bool comma;	/* the next member or element needs one before it */
};

/* Members of the object, or with NAME NULL elements of the array, that is
 * open. Strings may hold anything: what is no UTF-8 becomes '?'. */
void ocs_json_put_open(struct ocs_json_out *out, const char *name, char c);
void ocs_json_put_close(struct ocs_json_out *out, char c);
void ocs_json_put_u64(struct ocs_json_out *out, const char *name, uint64_t v);
void ocs_json_put_i64(struct ocs_json_out *out, const char *name, int64_t v);
void ocs_json_put_bool(struct ocs_json_out *out, const char *name, bool v);
void ocs_json_put_ratio(struct ocs_json_out *out, const char *name,
			uint32_t ppb);
void ocs_json_put_str(struct ocs_json_out *out, const char *name,
		      const char *text);
/* The text, the caller's; or NULL if anything failed (all is freed then). */
/* One element of an array, JSON already. */
void ocs_json_put_raw(struct ocs_json_out *out, const char *json);
char *ocs_json_put_end(struct ocs_json_out *out);

#endif
