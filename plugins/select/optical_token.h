/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * optical_token - the one word `optical{...}` in a job's AdminComment
 *
 * Pure: libc only.
 */
#ifndef OCS_SELECT_OPTICAL_TOKEN_H
#define OCS_SELECT_OPTICAL_TOKEN_H

#include <stdbool.h>

struct token {
	char state[16];			/* ACTIVE, FAILED, ... */
	char lease[12];			/* first digits of the lease id */
	char circuits[128];		/* paris-lyon:400G,... */
	bool simulated;			/* the light is a simulator's */
	unsigned int failures;		/* refused set-ups in a row */
	bool held;			/* held after too many of them */
	char cause[160];
	char advice[96];		/* what would let it start; "" */
	char bounds[96];		/* latency=2ms,variation=10us,
					 * availability=99.99,protect=1+1:
					 * what waits for circuits */
};

/* The token of TEXT (may be NULL) into *TOKEN, zeroed if there is none: then
 * false. Unknown pairs are ignored, over-long values cut. */
bool token_parse(const char *text, struct token *token);

/*
 * TEXT (may be NULL) with its token replaced, or with one appended after a
 * blank; other text stays as it was. The token has at most 1 KiB.
 * malloc'ed; NULL when out of memory.
 */
char *token_replace(const char *text, const struct token *token);

#endif
