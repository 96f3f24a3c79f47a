// SPDX-License-Identifier: GPL-2.0-or-later
/* target - taken apart before any route looks at it */
#include "agent/target.h"

#include <inttypes.h>
#include <string.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode %XX in place; control characters are refused. */
static int decode(char *s, struct ocs_error *err)
{
	char *to = s;

	for (; *s; s++) {
		int c = (unsigned char) *s;

		if (c == '%') {
			int hi = hex(s[1]), lo = hi < 0 ? -1 : hex(s[2]);

			if (lo < 0)
				return ocs_fail(err, OCS_SYNTAX,
						"the address has a '%%' without two hexadecimal digits");
			c = hi << 4 | lo;
			s += 2;
		}
		if (c < ' ' || c == 0x7f)
			return ocs_fail(err, OCS_SYNTAX,
					"the address has a control character");
		*to++ = (char) c;
	}
	*to = '\0';
	return 0;
}

static int parse_query(struct ocs_target *t, char *q, struct ocs_error *err)
{
	char *save = NULL;

	for (char *pair = strtok_r(q, "&", &save); pair;
	     pair = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(pair, '=');

		if (t->nqueries == OCS_TARGET_QUERIES)
			return ocs_fail(err, OCS_RANGE,
					"the address has more than %d parameters",
					OCS_TARGET_QUERIES);
		if (eq)
			*eq++ = '\0';
		if (decode(pair, err) < 0 || (eq && decode(eq, err) < 0))
			return -1;
		if (ocs_target_query(t, pair))
			return ocs_fail(err, OCS_SYNTAX,
					"parameter '%.40s' is there twice",
					pair);
		t->query[t->nqueries].name = pair;
		t->query[t->nqueries++].value = eq ? eq : "";
	}
	return 0;
}

int ocs_target_parse(const char *raw, struct ocs_target *t,
		     struct ocs_error *err)
{
	char *query, *save = NULL;

	t->nsegments = t->nqueries = 0;
	if (strlen(raw) >= sizeof(t->buf))
		return ocs_fail(err, OCS_RANGE,
				"the address has more than %d bytes",
				OCS_TARGET_MAX - 1);
	strcpy(t->buf, raw);
	if (t->buf[0] != '/')
		return ocs_fail(err, OCS_SYNTAX,
				"the address does not begin with '/'");
	if ((query = strchr(t->buf, '?')))
		*query++ = '\0';
	for (char *s = strtok_r(t->buf, "/", &save); s;
	     s = strtok_r(NULL, "/", &save)) {
		if (t->nsegments == OCS_TARGET_SEGMENTS)
			return ocs_fail(err, OCS_NOT_FOUND,
					"there is no such address");
		if (decode(s, err) < 0)
			return -1;
		t->segment[t->nsegments++] = s;
	}
	return query ? parse_query(t, query, err) : 0;
}

const char *ocs_target_query(const struct ocs_target *t, const char *name)
{
	for (unsigned int i = 0; i < t->nqueries; i++)
		if (!strcmp(t->query[i].name, name))
			return t->query[i].value;
	return NULL;
}

int ocs_target_query_u64(const struct ocs_target *t, const char *name,
			 uint64_t max, uint64_t *value, bool *found,
			 struct ocs_error *err)
{
	const char *text = ocs_target_query(t, name), *p;
	uint64_t v = 0;

	*value = 0;
	*found = text != NULL;
	if (!text)
		return 0;
	for (p = text; *p >= '0' && *p <= '9'; p++) {
		unsigned int d = (unsigned int) (*p - '0');

		if (v > (UINT64_MAX - d) / 10)
			break;
		v = v * 10 + d;
	}
	if (*p || p == text || v > max)
		return ocs_fail(err, *text && !text[strspn(text, "0123456789")]
				? OCS_RANGE : OCS_SYNTAX,
				"parameter %s='%.40s': a number up to %" PRIu64 " is expected",
				name, text, max);
	*value = v;
	return 0;
}
