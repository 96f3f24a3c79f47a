// SPDX-License-Identifier: GPL-2.0-or-later
/* api_measure - what was measured on a circuit: LEASEID.INDEX */
#include "agent/api_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"

/* The lease of the address, if the caller may see it, and the index of the
 * circuit; or NULL with ERR set. */
static struct ocs_lease_ref *circuit_of(struct ocs_api *api,
					struct ocs_api_call *call,
					unsigned int *index,
					struct ocs_error *err)
{
	const char *text = call->target->segment[2];
	const char *dot = strchr(text, '.');
	char id[OCS_LEASE_ID_MAX] = "";
	struct ocs_lease_ref *ref;
	size_t digits;

	if (dot && dot - text == OCS_LEASE_ID_MAX - 1)
		memcpy(id, text, OCS_LEASE_ID_MAX - 1);
	digits = dot ? strspn(dot + 1, "0123456789") : 0;
	if (!ocs_lease_id_ok(id) || !digits || digits > 2 ||
	    dot[1 + digits]) {
		ocs_fail(err, OCS_NOT_FOUND,
			 "there is no such circuit: the id of a lease, a dot and the number of its circuit, from 0, are expected");
		return NULL;
	}
	ref = call->caller.measurer ? ocs_engine_lease(api->engine, id, err) :
	      api_lease(api, call, id, err);
	if (!ref)
		return NULL;
	*index = (unsigned int) strtoul(dot + 1, NULL, 10);
	if (*index < ref->lease->ncircuits)
		return ref;
	ocs_lease_ref_put(ref);
	ocs_fail(err, OCS_NOT_FOUND, "lease %.32s has no circuit %u", id,
		 *index);
	return NULL;
}

int api_put_measurement(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref;
	struct ocs_measurement m;
	struct ocs_error err;
	unsigned int index;
	int rc;

	if (call->caller.role != OCS_ROLE_OPERATOR && !call->caller.measurer)
		return api_denied(reply, "only operators and users of Measurer= tell measurements");
	if (ocs_wire_decode_measurement(call->body, call->len, &m, &err) < 0 ||
	    !(ref = circuit_of(api, call, &index, &err)))
		return api_problem(reply, &err);
	rc = ocs_measures_put(api->measures, ref->lease, index,
			      ocs_engine_fibre_us(api->engine,
						  &ref->lease->circuit[index]),
			      &m, &err);
	ocs_lease_ref_put(ref);
	if (rc < 0)
		return api_problem(reply, &err);
	ocs_log_debug("measured", "circuit=%s latency_us=%" PRIu64 " source=%s",
		      call->target->segment[2], m.latency_us, m.source);
	return api_answer(reply, 200, ocs_wire_encode_measurement(
				  call->target->segment[2], &m));
}

int api_get_measurement(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref;
	struct ocs_measurement m;
	struct ocs_error err;
	unsigned int index;
	bool found;

	if (!(ref = circuit_of(api, call, &index, &err)))
		return api_problem(reply, &err);
	found = ocs_measures_get(api->measures, ref->lease, index, &m);
	ocs_lease_ref_put(ref);
	if (found)
		return api_answer(reply, 200, ocs_wire_encode_measurement(
					  call->target->segment[2], &m));
	ocs_fail(&err, OCS_NOT_FOUND,
		 "nothing that is valid was measured on this circuit");
	return api_problem(reply, &err);
}
