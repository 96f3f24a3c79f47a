// SPDX-License-Identifier: GPL-2.0-or-later
/* token - AdminComment keeps what others wrote, one token replaced in place */
#include "plugins/select/optical_token.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static void replaces(const char *text, const char *state, unsigned int failures,
		     const char *cause, const char *want)
{
	struct token t = { .failures = failures };
	char *got;

	snprintf(t.state, sizeof(t.state), "%s", state);
	snprintf(t.cause, sizeof(t.cause), "%s", cause);
	got = token_replace(text, &t);
	is_str(got, want, "'%s' + %s", text ? text : "(null)", state);
	free(got);
}

static void parses(const char *text, bool found, const char *state,
		   unsigned int failures, bool held, const char *cause)
{
	struct token t;

	ok(token_parse(text, &t) == found, "found=%d in '%s'", found,
	   text ? text : "(null)");
	is_str(t.state, state, "state of '%s'", text ? text : "(null)");
	is_num(t.failures, failures, "failures");
	ok(t.held == held, "held");
	is_str(t.cause, cause, "cause");
}

int main(void)
{
	char longtext[3000];
	struct token t;
	char *got;

	replaces(NULL, "ACTIVE", 0, "", "optical{state=ACTIVE}");
	replaces("", "ACTIVE", 0, "", "optical{state=ACTIVE}");
	replaces("ticket 12", "ACTIVE", 0, "",
		 "ticket 12 optical{state=ACTIVE}");
	replaces("a optical{state=FAILED;failures=2} b", "ACTIVE", 0, "",
		 "a optical{state=ACTIVE} b");
	replaces("optical{state=FAILED}", "FAILED", 3, "no light",
		 "optical{state=FAILED;failures=3;cause=no light}");
	replaces("x", "FAILED", 1, "a;b}c{d\ne",
		 "x optical{state=FAILED;failures=1;cause=a_b_c_d_e}");
	replaces("nonoptical{state=X}", "ACTIVE", 0, "",
		 "nonoptical{state=X} optical{state=ACTIVE}");
	replaces("optical{open", "ACTIVE", 0, "",
		 "optical{open optical{state=ACTIVE}");
	replaces("optical{open optical{state=ACTIVE}", "FAILED", 1, "",
		 "optical{open optical{state=FAILED;failures=1}");

	memset(&t, 0, sizeof(t));
	t.simulated = true;
	got = token_replace("optical{simulated=1}", &t);
	is_str(got, "optical{simulated=1}", "simulated is said");
	ok(token_parse(got, &t) && t.simulated, "and read");
	free(got);

	parses(NULL, false, "", 0, false, "");
	parses("", false, "", 0, false, "");
	parses("optical", false, "", 0, false, "");
	parses("optical{", false, "", 0, false, "");
	parses("optical{ optical{state=FAILED;failures=2}", true, "FAILED", 2,
	       false, "");
	parses("optical{}", true, "", 0, false, "");
	parses("optical{state=FAILED;failures=2;held=1;cause=no light}", true,
	       "FAILED", 2, true, "no light");
	parses("x optical{state=ACTIVE;new=1} y", true, "ACTIVE", 0, false, "");
	parses("optical{state=WAYTOOLONGFORTHEFIELD}", true,
	       "WAYTOOLONGFORT" "H", 0, false, "");
	parses("optical{failures=-1}", true, "", 0, false, "");
	parses("optical{failures=99999999999999999999}", true, "", 0,
	       false, "");

	memset(longtext, 'x', sizeof(longtext));
	longtext[sizeof(longtext) - 1] = '\0';
	memset(&t, 0, sizeof(t));
	memset(t.cause, 'c', sizeof(t.cause) - 1);
	memset(t.circuits, 'p', sizeof(t.circuits) - 1);
	got = token_replace(longtext, &t);
	ok(got && strlen(got) <= sizeof(longtext) + 1024,
	   "the token has at most 1 KiB");
	ok(got && !strncmp(got, longtext, sizeof(longtext) - 1),
	   "long text is kept");
	free(got);
	return tap_done();
}
