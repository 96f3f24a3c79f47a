// SPDX-License-Identifier: GPL-2.0-or-later
/* error.c: codes, sentences and reasons */
#include "common/core/error.h"

#include "tests/unit/tap.h"

static void test_fail(void)
{
	struct ocs_error err;
	char longer[600];

	memset(&err, 'x', sizeof(err));
	is_num(ocs_fail(&err, OCS_RANGE, "no %d", 7), -1, "always -1");
	is_num(err.code, OCS_RANGE, "the code");
	is_str(err.text, "no 7", "the text");
	is_str(err.reason, "", "the reason is empty");
	is_num(ocs_fail(NULL, OCS_RANGE, "no"), -1, "without an error");

	ocs_fail(&err, OCS_SYNTAX, "a\nb\tc\x1b[1m");
	is_str(err.text, "a?b?c?[1m", "the text is one line");
	ocs_fail(&err, OCS_SYNTAX, "zürich");
	is_str(err.text, "zürich", "UTF-8 stays");

	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ocs_fail(&err, OCS_SYNTAX, "%s", longer);
	is_num(strlen(err.text), sizeof(err.text) - 1, "as much as fits");
	is_str(err.text + sizeof(err.text) - 4, "...", "a cut shows");
	ocs_fail(&err, OCS_SYNTAX, "%.511s", longer);
	is_str(err.text + sizeof(err.text) - 4, "yyy", "no cut, no dots");
}

static void test_reason(void)
{
	struct ocs_error err;
	char longer[200];

	ocs_fail(&err, OCS_BUSY, "text");
	is_num(ocs_fail_reason(&err, "OpticalLink(%s,need= 4G)", "a b"), -1,
	       "always -1");
	is_str(err.reason, "OpticalLink(a_b,need=_4G)", "no blanks");
	is_str(err.text, "text", "the text stays");
	is_num(err.code, OCS_BUSY, "the code stays");
	is_num(ocs_fail_reason(NULL, "x"), -1, "without an error");
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ocs_fail_reason(&err, "%s", longer);
	is_num(strlen(err.reason), sizeof(err.reason) - 1, "bounded");
	is_str(err.reason + sizeof(err.reason) - 4, "...", "a cut shows");
}

static void test_names(void)
{
	for (int c = OCS_OK; c <= OCS_INTERNAL; c++) {
		const char *name = ocs_code_name((enum ocs_code) c);

		is_num(ocs_code_from_name(name), c, "%s and back", name);
	}
	is_str(ocs_code_name(OCS_BUSY), "busy", "busy");
	is_str(ocs_code_name(OCS_NOT_FOUND), "not_found", "not_found");
	is_str(ocs_code_name((enum ocs_code) 99), "internal", "unknown code");
	is_str(ocs_code_name((enum ocs_code) -1), "internal", "negative code");
	is_num(ocs_code_from_name("Busy"), OCS_INTERNAL, "case counts");
	is_num(ocs_code_from_name(""), OCS_INTERNAL, "empty name");
	is_num(ocs_code_from_name(NULL), OCS_INTERNAL, "no name");
}

int main(void)
{
	test_fail();
	test_reason();
	test_names();
	return tap_done();
}
