// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests common/net/http_parse: each answer whole, byte by byte, and cut in two
 * at each place. */
#include "common/net/http_parse.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define MAX 64
#define H "HTTP/1.1 200 OK\r\n"
#define CHUNKED H "Transfer-Encoding: chunked\r\n\r\n"

enum { GOES_ON, CLOSES, NOT_WHOLE };

static const struct {
	const char *text;
	int what;		/* what comes of the connection; or an error */
	enum ocs_code code;	/* OCS_OK: an answer */
	int status;
	const char *body;
} rows[] = {
	{ H "Content-Length: 2\r\n\r\n{}", GOES_ON, OCS_OK, 200, "{}" },
	{ "HTTP/1.1 201 \r\ncontent-length:2 \r\n\r\n{}", GOES_ON, OCS_OK, 201, "{}" },
	{ "HTTP/1.1 409\r\nContent-Length: 0\r\n\r\n", GOES_ON, OCS_OK, 409, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", GOES_ON, OCS_OK, 204, "" },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", GOES_ON, OCS_OK, 304, "" },
	{ "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", GOES_ON, OCS_OK, 200, "{}" },
	{ "HTTP/1.1 100 Continue\r\n\r\n" H "Content-Length: 2\r\n\r\n{}", GOES_ON, OCS_OK, 200, "{}" },
	{ H "Connection: close\r\nContent-Length: 2\r\n\r\n{}", CLOSES, OCS_OK, 200, "{}" },
	{ H "Connection: x, Close\r\nContent-Length: 2\r\n\r\n{}", CLOSES, OCS_OK, 200, "{}" },
	{ H "Connection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", GOES_ON, OCS_OK, 200, "{}" },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", CLOSES, OCS_OK, 200, "{}" },
	{ H "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", GOES_ON, OCS_OK, 200, "{}" },
	{ CHUNKED "2\r\n{}\r\n0\r\n\r\n", GOES_ON, OCS_OK, 200, "{}" },
	{ CHUNKED "1\r\n{\r\n01;x=y\r\n}\r\n0\r\nTrailer: x\r\n\r\n", GOES_ON, OCS_OK, 200, "{}" },
	{ CHUNKED "A\r\n0123456789\r\n0\r\n\r\n", GOES_ON, OCS_OK, 200, "0123456789" },
	{ CHUNKED "a\r\n0123456789\r\n0\r\n\r\n", GOES_ON, OCS_OK, 200, "0123456789" },
	{ CHUNKED "0\r\n\r\n", GOES_ON, OCS_OK, 200, "" },
	/* the length is the chunks' then */
	{ H "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", GOES_ON, OCS_OK, 200, "{}" },
	/* until the peer hangs up */
	{ H "\r\n{}", CLOSES, OCS_OK, 200, "{}" },
	{ H "\r\n", CLOSES, OCS_OK, 200, "" },
	/* hung up before the end */
	{ "", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1 200 OK", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length: 3\r\n\r\n{}", NOT_WHOLE, OCS_IO, 0, NULL },
	{ CHUNKED "2\r\n{}\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ CHUNKED "2\r\n{}\r\n0\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	/* no HTTP */
	{ "garbage\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/2.0 200 OK\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1 20 OK\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1 2000 OK\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1 099 OK\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ "HTTP/1.1\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "no colon\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H ": none\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length: x\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length: -1\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length: 2x\r\n\r\n{}", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length:\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", NOT_WHOLE, OCS_IO, 0, NULL },
	{ H "Transfer-Encoding: gzip\r\n\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ CHUNKED "\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ CHUNKED "g\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	{ CHUNKED "2\r\n{}2\r\n", NOT_WHOLE, OCS_IO, 0, NULL },
	/* too large */
	{ H "Content-Length: 65\r\n\r\n", NOT_WHOLE, OCS_RANGE, 0, NULL },
	{ H "Content-Length: 99999999999999999999999\r\n\r\n", NOT_WHOLE, OCS_RANGE, 0, NULL },
	{ CHUNKED "41\r\n", NOT_WHOLE, OCS_RANGE, 0, NULL },
	{ CHUNKED "fffffffffffffffffffff\r\n", NOT_WHOLE, OCS_RANGE, 0, NULL },
};

/* N bytes in pieces: FIRST of them, then of STEP. */
static int feed(struct ocs_http_parse *p, const char *text, size_t n,
		size_t first, size_t step, struct ocs_error *err)
{
	int rc = 0;

	ocs_http_parse_init(p, MAX);
	for (size_t at = 0, some = first; at < n && !rc; at += some,
	     some = step) {
		char *copy;

		if (some > n - at)
			some = n - at;
		if (!some)
			continue;
		/* of its own size: a byte more is found by the sanitizer */
		copy = malloc(some);
		memcpy(copy, text + at, some);
		rc = ocs_http_parse_more(p, copy, some, err);
		free(copy);
	}
	return rc ? rc : ocs_http_parse_end(p, err);
}

static bool as_row(size_t row, size_t first, size_t step)
{
	static struct ocs_http_parse p;
	const char *text = rows[row].text;
	struct ocs_error err = { 0 };
	int rc = feed(&p, text, strlen(text), first, step, &err);
	char *body = NULL;
	size_t len;
	bool good;

	if (rows[row].code != OCS_OK) {
		good = rc == -1 && err.code == rows[row].code;
	} else {
		body = ocs_http_parse_take(&p, &len);
		good = rc == 1 && p.status == rows[row].status &&
		       len == strlen(rows[row].body) &&
		       !strcmp(body, rows[row].body) &&
		       p.keep == (rows[row].what == GOES_ON);
	}
	free(body);
	ocs_http_parse_fini(&p);
	return good;
}

/* TEXT's beginning, on one line. */
static const char *shown(const char *text)
{
	static char line[64];
	size_t n = 0;

	for (; *text && n < sizeof(line) - 1; text++)
		if (*text != '\r')
			line[n++] = *text == '\n' ? '|' : *text;
	line[n] = '\0';
	return line;
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].text), bad = 0;

		for (size_t cut = 0; cut <= n; cut++)
			bad += !as_row(i, cut, n + 1);
		ok(as_row(i, n, n + 1) && as_row(i, 1, 1) && !bad,
		   "row %zu, in any pieces: %s", i, shown(rows[i].text));
	}
}

static void test_rest(void)
{
	static const char two[] = H "Content-Length: 2\r\n\r\n{}HTTP";
	struct ocs_http_parse p;
	struct ocs_error err = { 0 };

	is_num(feed(&p, two, strlen(two), sizeof(two), 1, &err), 1,
	   "an answer and more is an answer");
	ok(!p.keep, "whose connection is of no more use");
	ocs_http_parse_fini(&p);
}

static void test_bounds(void)
{
	static struct ocs_http_parse p;
	static char line[OCS_HTTP_LINE_MAX];
	struct ocs_error err = { 0 };
	int rc = 0, lines = 0;

	memset(line, 'a', sizeof(line));
	ocs_http_parse_init(&p, MAX);
	is_num(ocs_http_parse_more(&p, line, sizeof(line), &err), 0,
	   "a line of all that is possible is not whole");
	is_num(ocs_http_parse_more(&p, "a", 1, &err), -1, "one byte more is too many");
	is_num(err.code, OCS_RANGE, "it is too large");
	ocs_http_parse_fini(&p);

	ocs_http_parse_init(&p, MAX);
	ocs_http_parse_more(&p, H, strlen(H), &err);
	while (!(rc = ocs_http_parse_more(&p, "X: 0123456789abcdef\r\n", 21,
					  &err)))
		lines++;
	ok(rc < 0 && err.code == OCS_RANGE, "headers without end end");
	ok(lines > 1000 && lines * 21 <= OCS_HTTP_HEAD_MAX,
	   "after %d lines", lines);
	ocs_http_parse_fini(&p);

	ocs_http_parse_init(&p, MAX);
	ocs_http_parse_more(&p, H "\r\n", strlen(H "\r\n"), &err);
	memset(line, 'b', MAX);
	is_num(ocs_http_parse_more(&p, line, MAX, &err), 0, "a body of 64 bytes");
	is_num(ocs_http_parse_more(&p, line, 1, &err), -1, "but not of 65");
	is_num(err.code, OCS_RANGE, "which is too large");
	ocs_http_parse_fini(&p);
}

int main(void)
{
	test_rows();
	test_rest();
	test_bounds();
	return tap_done();
}
