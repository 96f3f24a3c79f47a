/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvfile - reads files written like slurm.conf, one line at a time
 *
 * A line is KEY=VALUE pairs: keys in any case, blanks around '=' allowed, a
 * VALUE with blanks or '#' in double quotes.  '#' begins a comment ("\#" is
 * one), '\' at the end continues the line, `Include FILE` reads FILE, which is
 * relative to the file that names it.  What keys there are and what they mean
 * is the caller's business: optical.conf and opticald.conf share this.
 *
 * Only regular files are read; sizes and depth are bounded.
 */
#ifndef OCS_SYS_KVFILE_H
#define OCS_SYS_KVFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"

/* A host list of 100,000 odd names fits in a line; in bytes. */
#define OCS_KV_LINE_MAX (1U << 20)
/* Bytes of one file, files included in files, pairs on a line. */
#define OCS_KV_FILE_MAX (16U << 20)
#define OCS_KV_DEPTH_MAX 8
#define OCS_KV_PAIRS_MAX 64

struct ocs_kv {
	const char *key;	/* as written */
	const char *value;	/* without quotes; may be "" */
};

/* One line that is not empty, borrowed: valid during the call only. */
struct ocs_kvline {
	const char *file;	/* as named; for errors */
	unsigned int line;	/* its first line, from 1 */
	unsigned int nkv;	/* at least 1; no key twice */
	const struct ocs_kv *kv;
};

/* Returns 0 to go on, or -1 with ERR set, best by ocs_kv_fail(). */
typedef int (*ocs_kvline_f)(const struct ocs_kvline *line, void *arg,
			    struct ocs_error *err);

/*
 * Call FN(line, ARG, err) for each line of PATH and of what it includes, in
 * order.  Returns 0; or -1 with ERR set: OCS_NOT_FOUND or OCS_IO the file
 * can't be read, OCS_SYNTAX with `FILE:LINE: ...`, or as FN left it.
 */
int ocs_kvfile_read(const char *path, ocs_kvline_f fn, void *arg,
		    struct ocs_error *err);

/* ERR = `FILE:LINE: text` of LINE. Always returns -1. */
int ocs_kv_fail(const struct ocs_kvline *line, struct ocs_error *err,
		enum ocs_code code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The value of KEY (any case) on LINE, or NULL. */
const char *ocs_kv_get(const struct ocs_kvline *line, const char *key);

/*
 * Index of KEY (any case) in KNOWN, which ends with NULL; or -1 with ERR =
 * `FILE:LINE: unknown key 'Nods' (did you mean Nodes?)`.
 */
int ocs_kv_known(const struct ocs_kvline *line, const char *key,
		 const char *const *known, struct ocs_error *err);

/*
 * Values.  Each returns 0; or -1 with ERR = `FILE:LINE: bad KEY='VALUE': why,
 * with what would be right` (OCS_SYNTAX, OCS_RANGE) and the result untouched.
 */
/* A decimal number from MIN to MAX. */
int ocs_kv_uint(const struct ocs_kvline *line, const struct ocs_kv *kv,
		uint64_t min, uint64_t max, uint64_t *value,
		struct ocs_error *err);
/* yes or no, true or false, 1 or 0, on or off, in any case. */
int ocs_kv_bool(const struct ocs_kvline *line, const struct ocs_kv *kv,
		bool *value, struct ocs_error *err);
/* A time as ocs_time_parse() takes it, from MIN_MS to MAX_MS, whole ms. */
int ocs_kv_ms(const struct ocs_kvline *line, const struct ocs_kv *kv,
	      uint64_t min_ms, uint64_t max_ms, uint64_t *ms,
	      struct ocs_error *err);
/* Bytes: a number and K, M or G (1024 each) or nothing, MIN to MAX. */
int ocs_kv_bytes(const struct ocs_kvline *line, const struct ocs_kv *kv,
		 uint64_t min, uint64_t max, uint64_t *bytes,
		 struct ocs_error *err);
/* A rate as ocs_rate_parse() takes it. */
int ocs_kv_rate(const struct ocs_kvline *line, const struct ocs_kv *kv,
		uint64_t *bps, struct ocs_error *err);
/* Per cent of the time as ocs_availability_parse() takes it, as the share that
 * is missing, MIN to MAX. */
int ocs_kv_availability(const struct ocs_kvline *line,
			const struct ocs_kv *kv, uint32_t min, uint32_t max,
			uint32_t *ppb, struct ocs_error *err);
/* A name for people and programs: 1 to 63 of A-Z a-z 0-9 . _ - */
int ocs_kv_name(const struct ocs_kvline *line, const struct ocs_kv *kv,
		char *buf, unsigned int size, struct ocs_error *err);
/* Any text that fits into SIZE bytes with its NUL; not "". */
int ocs_kv_text(const struct ocs_kvline *line, const struct ocs_kv *kv,
		char *buf, unsigned int size, struct ocs_error *err);
/* One of WORDS (any case; ends with NULL); *INDEX is its place. */
int ocs_kv_word(const struct ocs_kvline *line, const struct ocs_kv *kv,
		const char *const *words, unsigned int *index,
		struct ocs_error *err);

#endif
