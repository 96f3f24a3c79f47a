/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz - what the fuzz targets share
 *
 * A target is one file f_NAME.c with LLVMFuzzerTestOneInput(): it gives bytes
 * from outside to one parser and checks what the parser's header promises of
 * whatever comes out. Memory faults and undefined behaviour are the
 * sanitizers' to find. It returns 0 and keeps nothing from one input to the
 * next.
 */
#ifndef OCS_TESTS_FUZZ_H
#define OCS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_ENTRY __attribute__((visibility("default")))
FUZZ_ENTRY int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise: the input is kept, as after any crash. */
#define must(what) do { \
	if (!(what)) \
		fuzz_broken(__FILE__, __LINE__, #what); \
} while (0)
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* DATA as a string of its very size, cut at the first NUL; the caller frees. */
char *fuzz_text(const uint8_t *data, size_t size);
/*
 * The next part of *TEXT, cut off in place at the character SEP, or NULL when
 * there is none: a strsep() for one character.
 */
char *fuzz_cut(char **text, char sep);

/* A directory of this process alone, gone when it ends; with room in memory
 * when there is. */
const char *fuzz_dir(void);
/* "DIR/NAME"; of one call, valid for ever. */
char *fuzz_path(const char *name);
/* Make PATH a file of these bytes. */
void fuzz_file(const char *path, const void *data, size_t size);

#endif
