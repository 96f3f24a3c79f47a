/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nomem - let the Nth allocation from now fail; link with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
 *
 * NOMEM_EACH(made, call, check) runs CALL with the first, second, ...
 * allocation failing, and CHECK (a bool) after each that failed, until one run
 * needed no more; MADE is then how many there are.
 */
#ifndef OCS_TESTS_NOMEM_H
#define OCS_TESTS_NOMEM_H

#include <stdbool.h>
#include <stddef.h>

static long nomem_left = -1;	/* -1: none fails */
static bool nomem_hit;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static bool nomem_now(void)
{
	if (nomem_left < 0 || nomem_left-- > 0)
		return false;
	nomem_hit = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return nomem_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return nomem_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return nomem_now() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	return nomem_now() ? NULL : __real_strdup(s);
}

#define NOMEM_EACH(made, call, check) do { \
	for ((made) = 0;; (made)++) { \
		nomem_left = (made); \
		nomem_hit = false; \
		call; \
		nomem_left = -1; \
		if (!nomem_hit) \
			break; \
		ok(check, "allocation %ld fails: " #call, \
		   (long) (made) + 1); \
	} \
} while (0)

#endif
