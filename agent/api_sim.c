// SPDX-License-Identifier: GPL-2.0-or-later
/* api_sim - the simulator's faults */
#include "agent/api_priv.h"

#include <inttypes.h>
#include <string.h>

#include "agent/log.h"

int api_faults(struct ocs_api *api, struct ocs_api_call *call,
	       struct ocs_reply *reply)
{
	struct ocs_driver *drv = ocs_engine_driver(api->engine);
	char link[OCS_NAME_MAX], kind[OCS_NAME_MAX];
	struct ocs_error err;
	uint64_t count = 1;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators make faults");
	if (!drv->ops->fault) {
		ocs_fail(&err, OCS_UNSUPPORTED,
			 "driver %s makes no faults", drv->ops->name);
		return api_problem(reply, &err);
	}
	if (!strcmp(call->method, "GET"))
		return api_answer(reply, 200, drv->ops->faults(drv));
	if (ocs_wire_decode_string(call->body, call->len, "link", link,
				   sizeof(link), &err) < 0 ||
	    ocs_wire_decode_string(call->body, call->len, "fault", kind,
				   sizeof(kind), &err) < 0 ||
	    (ocs_wire_decode_u64(call->body, call->len, "count", &count,
				 &err) < 0 && err.code != OCS_NOT_FOUND))
		return api_problem(reply, &err);
	if (count > UINT32_MAX)
		count = UINT32_MAX;	/* refused below */
	if (drv->ops->fault(drv, link, kind, (unsigned int) count, &err) < 0)
		return api_problem(reply, &err);
	ocs_log("fault", "link=%s fault=%s count=%" PRIu64, link, kind, count);
	return api_answer(reply, 200, drv->ops->faults(drv));
}
