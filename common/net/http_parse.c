// SPDX-License-Identifier: GPL-2.0-or-later
/* http_parse - RFC 9112, as far as an answer needs it */
#include "common/net/http_parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	STATUS,		/* lines */
	HEADERS,
	CHUNK,
	TRAILERS,
	CHUNK_END,
	BODY,		/* bytes: .left of them */
	CHUNK_BODY,
	UNTIL_END,
	WHOLE,
};

void ocs_http_parse_init(struct ocs_http_parse *p, size_t max)
{
	memset(p, 0, offsetof(struct ocs_http_parse, line));
	p->max = max;
}

void ocs_http_parse_fini(struct ocs_http_parse *p)
{
	free(p->body);
	p->body = NULL;
}

static int not_http(struct ocs_error *err)
{
	return ocs_fail(err, OCS_IO,
			"can't talk with the agent: its answer is not HTTP");
}

static int too_large(const struct ocs_http_parse *p, struct ocs_error *err)
{
	return ocs_fail(err, OCS_RANGE,
			"the agent's answer is larger than %zu bytes", p->max);
}

static int keep(struct ocs_http_parse *p, const char *data, size_t n,
		struct ocs_error *err)
{
	if (n > p->max - p->len)
		return too_large(p, err);
	if (p->len + n >= p->size) {
		size_t more = (p->len + n + 512) * 2;
		char *body = realloc(p->body, more);

		if (!body)
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		p->body = body;
		p->size = more;
	}
	memcpy(p->body + p->len, data, n);
	p->len += n;
	p->body[p->len] = '\0';
	return 0;
}

/* Digits of BASE, and nothing but blanks or, in a chunk's line, ';' after
 * them. What is beyond all bounds is as large as can be. */
static int number(const char *text, int base, uint64_t *value,
		  struct ocs_error *err)
{
	static const char digits[] = "0123456789abcdef";
	const char *at, *from = text;
	uint64_t v = 0;

	for (; *text; text++) {
		int c = *text >= 'A' && *text <= 'F' ? *text + 32 : *text;

		if (!(at = memchr(digits, c, (size_t) base)))
			break;
		v = v > UINT64_MAX >> 8 ? UINT64_MAX :
		    v * (uint64_t) base + (uint64_t) (at - digits);
	}
	if (text == from)
		return not_http(err);
	text += strspn(text, " \t");
	if (*text && !(base == 16 && *text == ';'))
		return not_http(err);
	*value = v;
	return 0;
}

static int status_line(struct ocs_http_parse *p, struct ocs_error *err)
{
	const char *s = p->line;

	if (strncmp(s, "HTTP/1.", 7) || (s[7] != '0' && s[7] != '1') ||
	    s[8] != ' ' || strspn(s + 9, "0123456789") != 3 ||
	    (s[12] && s[12] != ' '))
		return not_http(err);
	p->old = s[7] == '0';
	p->status = atoi(s + 9);
	p->step = HEADERS;
	return p->status < 100 ? not_http(err) : 0;
}

/* WORD is one of the list TEXT. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text) {
		text += strspn(text, ", \t");
		if (!strncasecmp(text, word, len) &&
		    strchr(", \t;", text[len]))
			return true;	/* or text[len] is the end */
		text += strcspn(text, ",");
	}
	return false;
}

static int header(struct ocs_http_parse *p, struct ocs_error *err)
{
	char *colon = strchr(p->line, ':'), *value;
	uint64_t size;

	if (!colon || colon == p->line)
		return not_http(err);
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (!strcasecmp(p->line, "Content-Length")) {
		if (number(value, 10, &size, err) < 0)
			return -1;
		if (p->sized && size != p->left)
			return not_http(err);
		p->sized = true;
		p->left = size;
	} else if (!strcasecmp(p->line, "Transfer-Encoding")) {
		if (!has_word(value, "chunked"))
			return not_http(err);
		p->chunked = true;
	} else if (!strcasecmp(p->line, "Connection")) {
		p->close = p->close || has_word(value, "close");
	}
	return 0;
}

/* All headers are there. */
static int headers_end(struct ocs_http_parse *p, struct ocs_error *err)
{
	if (p->status < 200) {
		p->step = STATUS;
		p->chunked = p->sized = false;
	} else if (p->status == 204 || p->status == 304) {
		p->step = WHOLE;
	} else if (p->chunked) {
		p->step = CHUNK;
	} else if (!p->sized) {
		p->step = UNTIL_END;
	} else {
		if (p->left > p->max)
			return too_large(p, err);
		p->step = p->left ? BODY : WHOLE;
	}
	return 0;
}

static int line(struct ocs_http_parse *p, struct ocs_error *err)
{
	bool empty = !*p->line;

	switch (p->step) {
	case STATUS:
		return status_line(p, err);
	case HEADERS:
		return empty ? headers_end(p, err) : header(p, err);
	case CHUNK:
		if (number(p->line, 16, &p->left, err) < 0)
			return -1;
		p->step = p->left ? CHUNK_BODY : TRAILERS;
		return p->left > p->max ? too_large(p, err) : 0;
	case CHUNK_END:
		p->step = CHUNK;
		return empty ? 0 : not_http(err);
	default:		/* TRAILERS */
		if (empty)
			p->step = WHOLE;
		return 0;
	}
}

/* As many of the N bytes as belong to the line; when it is whole it is
 * judged. How many, or -1. */
static ssize_t line_more(struct ocs_http_parse *p, const char *data, size_t n,
			 struct ocs_error *err)
{
	const char *end = memchr(data, '\n', n);
	size_t used = end ? (size_t) (end - data) + 1 : n;

	/* chunks' own lines are bounded by what they bring */
	if (p->step == STATUS || p->step == HEADERS || p->step == TRAILERS)
		p->nhead += used;
	if (p->nhead > OCS_HTTP_HEAD_MAX || used > sizeof(p->line) - p->nline)
		return too_large(p, err);
	memcpy(p->line + p->nline, data, used);
	p->nline += used;
	if (!end)
		return (ssize_t) used;
	p->nline--;
	if (p->nline && p->line[p->nline - 1] == '\r')
		p->nline--;
	if (memchr(p->line, '\0', p->nline))
		return not_http(err);
	p->line[p->nline] = '\0';
	p->nline = 0;
	return line(p, err) < 0 ? -1 : (ssize_t) used;
}

static ssize_t body_more(struct ocs_http_parse *p, const char *data, size_t n,
			 struct ocs_error *err)
{
	if (p->step != UNTIL_END && n > p->left)
		n = (size_t) p->left;
	if (keep(p, data, n, err) < 0)
		return -1;
	if (p->step != UNTIL_END && !(p->left -= n))
		p->step = p->step == BODY ? WHOLE : CHUNK_END;
	return (ssize_t) n;
}

int ocs_http_parse_more(struct ocs_http_parse *p, const char *data, size_t n,
			struct ocs_error *err)
{
	while (n && p->step != WHOLE) {
		ssize_t used = p->step < BODY ? line_more(p, data, n, err) :
						body_more(p, data, n, err);

		if (used < 0)
			return -1;
		data += used;
		n -= (size_t) used;
	}
	if (p->step != WHOLE)
		return 0;
	/* more than was asked for: nobody knows whose it is */
	p->keep = !n && !p->close && !p->old;
	return 1;
}

int ocs_http_parse_end(struct ocs_http_parse *p, struct ocs_error *err)
{
	if (p->step == UNTIL_END)
		return 1;
	return ocs_fail(err, OCS_IO,
			"can't talk with the agent: it has hung up");
}

char *ocs_http_parse_take(struct ocs_http_parse *p, size_t *len)
{
	char *body = p->body ? p->body : strdup("");

	*len = p->len;
	p->body = NULL;
	return body;
}
