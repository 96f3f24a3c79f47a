// SPDX-License-Identifier: GPL-2.0-or-later
/* What an attachment program answers, and the small texts of its keys. */
#include "common/core/attach.h"
#include "common/wire/wire_attach.h"
#include "tests/fuzz/fuzz.h"

static void answer(const char *text, size_t len)
{
	struct ocs_hook_answer a;
	struct ocs_error err;

	memset(&a, 'x', sizeof(a));
	if (ocs_wire_decode_hook_answer(text, len, &a, &err) < 0) {
		must(err.code != OCS_OK && err.text[0]);
		must(!a.interface[0] && !a.prefix[0] && !a.cause[0]);
		return;
	}
	must(memchr(a.interface, 0, sizeof(a.interface)));
	must(memchr(a.prefix, 0, sizeof(a.prefix)));
	must(memchr(a.cause, 0, sizeof(a.cause)));
	must(!a.interface[0] || ocs_iface_ok(a.interface));
	must(!a.prefix[0] || ocs_prefix_ok(a.prefix));
	must(!strpbrk(a.cause, "\n\r\t"));
}

static void texts(const char *text)
{
	struct ocs_vlans v;
	struct ocs_error err;
	char buf[20];

	if (ocs_vlans_parse(text, &v, &err) == 0)
		must(ocs_vlans_count(&v) && !ocs_vlans_has(&v, 0) &&
		     !ocs_vlans_has(&v, OCS_VLAN_MAX + 1));
	if (ocs_attach_expand(text, 137, buf, sizeof(buf), &err) == 0)
		must(memchr(buf, 0, sizeof(buf)));
	(void) ocs_iface_ok(text);
	(void) ocs_prefix_ok(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	answer((const char *) data, size);
	texts(text);
	free(text);
	return 0;
}
