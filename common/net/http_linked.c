// SPDX-License-Identifier: GPL-2.0-or-later
/* http_linked - the way with TLS, for programs that libcurl is linked to */
#include "common/net/http_way.h"

const struct ocs_http_way *ocs_http_tls(struct ocs_error *err)
{
	(void) err;
	return &ocs_http_curl;
}
