/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text - a string that grows; out of memory shows at the end, once
 */
#ifndef OCS_AGENT_TEXT_H
#define OCS_AGENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct ocs_text {
	char *buf;
	size_t len, cap;
	bool nomem;
};

void ocs_text_add(struct ocs_text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void ocs_text_add_bytes(struct ocs_text *t, const char *bytes, size_t len);
/* S as a JSON string, quotes and all. */
void ocs_text_add_json(struct ocs_text *t, const char *s);
/* What was added, the caller's to free; NULL: out of memory. T is empty
 * again. */
char *ocs_text_take(struct ocs_text *t);

#endif
