// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_cli - what only opticalctl writes as JSON; see the header
 */
#include "common/wire/wire_cli.h"

#include <string.h>

#include "common/wire/json.h"

char *ocs_wire_encode_fault(const char *link, const char *fault,
			    unsigned int count)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_str(&out, "link", link);
	ocs_json_put_str(&out, "fault", fault);
	ocs_json_put_u64(&out, "count", count);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_findings(const struct ocs_finding *finding,
			       unsigned int n)
{
	struct ocs_json_out out = { 0 };
	bool good = true;

	for (unsigned int i = 0; i < n; i++)
		good = good && strcmp(finding[i].level, "error");
	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_bool(&out, "ok", good);
	ocs_json_put_open(&out, "findings", '[');
	for (unsigned int i = 0; i < n; i++) {
		ocs_json_put_open(&out, NULL, '{');
		ocs_json_put_str(&out, "level", finding[i].level);
		ocs_json_put_str(&out, "where", finding[i].where);
		ocs_json_put_str(&out, "text", finding[i].text);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_node(const char *name, unsigned int gpus,
			   const struct ocs_nic_port *port, unsigned int n)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_str(&out, "node", name);
	ocs_json_put_u64(&out, "gpus", gpus);
	ocs_json_put_open(&out, "nics", '[');
	for (unsigned int i = 0; i < n; i++) {
		ocs_json_put_open(&out, NULL, '{');
		ocs_json_put_str(&out, "name", port[i].name);
		ocs_json_put_bool(&out, "rdma", port[i].rdma);
		ocs_json_put_u64(&out, "rate_bps", port[i].rate_bps);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}
