// SPDX-License-Identifier: GPL-2.0-or-later
/* The token in a job's AdminComment. */
#include "plugins/select/optical_token.h"
#include "tests/fuzz/fuzz.h"

/* All other text stays: before and behind the token. */
static void others_stay(const char *text, const char *out)
{
	size_t n = strlen(text), m = strlen(out), head = 0, tail = 0;

	while (head < n && head < m && text[head] == out[head])
		head++;
	while (tail < n - head && tail < m - head &&
	       text[n - 1 - tail] == out[m - 1 - tail])
		tail++;
	/* what is gone was a token */
	must(head == n || head + tail == n ||
	     strstr(text, "optical{"));
	must(m <= n + 1025);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *out, *out2;
	struct token t, again;
	bool found;

	found = token_parse(text, &t);
	must(found || (!t.state[0] && !t.failures && !t.cause[0]));
	must(out = token_replace(text, &t));
	others_stay(text, out);
	must(token_parse(out, &again));
	must(again.failures == t.failures && again.held == t.held &&
	     again.simulated == t.simulated);
	/* once written, it is written the same */
	must(out2 = token_replace(out, &again));
	must(!strcmp(out, out2));
	free(out2);
	free(out);
	free(text);
	must(!token_parse(NULL, &t));
	return 0;
}
