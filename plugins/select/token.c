// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * token - the one word `optical{...}` in a job's AdminComment
 *
 * sacct shows it at the job's end. It also remembers, over requeues and
 * restarts of slurmctld, how often set-up was refused. Pure.
 */
#define _GNU_SOURCE
#include "plugins/select/optical_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN "optical{"

/* A token starts a word, so that text ending in "...optical{" is not ours; no
 * brace is in it, so that one never closed is not ours either. */
static const char *find(const char *text, size_t *len)
{
	const char *p = text;

	while (p && (p = strstr(p, OPEN))) {
		const char *end = strpbrk(p + sizeof(OPEN) - 1, "{}");

		if (end && *end == '}' && (p == text || p[-1] == ' ')) {
			*len = end + 1 - p;
			return p;
		}
		p++;
	}
	return NULL;
}

static void copy(char *dst, size_t size, const char *src, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
}

static void parse_pair(struct token *t, const char *p, size_t len)
{
	const char *eq = memchr(p, '=', len);
	size_t klen, vlen;
	char number[16];

	if (!eq)
		return;
	klen = eq - p;
	eq++;
	vlen = len - klen - 1;
#define KEY(s) (klen == sizeof(s) - 1 && !memcmp(p, s, klen))
	if (KEY("state"))
		copy(t->state, sizeof(t->state), eq, vlen);
	else if (KEY("lease"))
		copy(t->lease, sizeof(t->lease), eq, vlen);
	else if (KEY("circuits"))
		copy(t->circuits, sizeof(t->circuits), eq, vlen);
	else if (KEY("cause"))
		copy(t->cause, sizeof(t->cause), eq, vlen);
	else if (KEY("advice"))
		copy(t->advice, sizeof(t->advice), eq, vlen);
	else if (KEY("bounds"))
		copy(t->bounds, sizeof(t->bounds), eq, vlen);
	else if (KEY("simulated"))
		t->simulated = vlen == 1 && *eq == '1';
	else if (KEY("held"))
		t->held = vlen == 1 && *eq == '1';
	else if (KEY("failures") && vlen < 10) {
		copy(number, sizeof(number), eq, vlen);
		if (!number[strspn(number, "0123456789")])
			t->failures = (unsigned int) strtoul(number, NULL, 10);
	}
#undef KEY
}

bool token_parse(const char *text, struct token *token)
{
	size_t len;
	const char *p, *end;

	memset(token, 0, sizeof(*token));
	if (!(p = find(text, &len)))
		return false;
	end = p + len - 1;
	p += sizeof(OPEN) - 1;
	while (p < end) {
		const char *next = memchr(p, ';', end - p);

		if (!next)
			next = end;
		parse_pair(token, p, next - p);
		p = next + 1;
	}
	return true;
}

/* Values must not end the token or a pair of it. */
static void put(char *buf, size_t size, const char *key, const char *value)
{
	size_t n = strlen(buf);

	if (!*value || n + strlen(key) + 3 >= size)
		return;
	n += snprintf(buf + n, size - n, "%s%s=", n ? ";" : "", key);
	for (; *value && n + 1 < size; value++)
		buf[n++] = strchr("{};\n\r", *value) ? '_' : *value;
	buf[n] = '\0';
}

char *token_replace(const char *text, const struct token *token)
{
	char body[960] = "", number[16] = "";
	const char *old;
	char *out = NULL;
	size_t len = 0, before;

	put(body, sizeof(body), "state", token->state);
	put(body, sizeof(body), "lease", token->lease);
	put(body, sizeof(body), "circuits", token->circuits);
	put(body, sizeof(body), "bounds", token->bounds);
	if (token->simulated)
		put(body, sizeof(body), "simulated", "1");
	if (token->failures) {
		snprintf(number, sizeof(number), "%u", token->failures);
		put(body, sizeof(body), "failures", number);
	}
	if (token->held)
		put(body, sizeof(body), "held", "1");
	put(body, sizeof(body), "cause", token->cause);
	put(body, sizeof(body), "advice", token->advice);

	if (!text)
		text = "";
	old = find(text, &len);
	before = old ? (size_t) (old - text) : strlen(text);
	if (asprintf(&out, "%.*s%s" OPEN "%s}%s", (int) before, text,
		     !old && before && text[before - 1] != ' ' ? " " : "",
		     body, old ? old + len : "") < 0)
		return NULL;
	return out;
}
