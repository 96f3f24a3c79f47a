// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_measure - a measurement as JSON
 */
#include "common/wire/wire_measure.h"

#include "common/wire/wire_int.h"

char *ocs_wire_encode_measurement(const char *circuit,
				  const struct ocs_measurement *m)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	if (circuit)
		ocs_json_put_str(&out, "circuit", circuit);
	ocs_json_put_u64(&out, "latency_us", m->latency_us);
	if (m->has_variation)
		ocs_json_put_u64(&out, "delay_variation_us",
				 m->delay_variation_us);
	if (m->has_loss)
		ocs_json_put_ratio(&out, "loss_ratio", m->loss_ppb);
	ocs_json_put_str(&out, "source", m->source);
	ocs_json_put_i64(&out, "time_ms", m->time_ms);
	ocs_json_put_u64(&out, "valid_s", m->valid_s);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static bool has(const struct ocs_json_at *at, const char *name)
{
	struct json_object *obj;

	return json_object_object_get_ex(at->obj, name, &obj) && obj;
}

static int get(const struct ocs_json_at *at, struct ocs_measurement *m)
{
	uint64_t valid = OCS_MEASURE_VALID_S;

	if (ocs_json_u64(at, "latency_us", true, 0, OCS_JSON_NUMBER_MAX,
			 &m->latency_us) < 0 ||
	    ocs_json_u64(at, "delay_variation_us", false, 0,
			 OCS_LATENCY_MAX_US, &m->delay_variation_us) < 0 ||
	    ocs_json_ratio(at, "loss_ratio", false, &m->loss_ppb) < 0 ||
	    ocs_json_name(at, "source", true, m->source,
			  sizeof(m->source)) < 0 ||
	    ocs_json_i64(at, "time_ms", false, OCS_JSON_TIME_MS_MAX,
			 &m->time_ms) < 0 ||
	    ocs_json_u64(at, "valid_s", false, 1, OCS_VALID_MAX_S,
			 &valid) < 0)
		return -1;
	m->has_variation = has(at, "delay_variation_us");
	m->has_loss = has(at, "loss_ratio");
	m->valid_s = (uint32_t) valid;
	return 0;
}

int ocs_wire_decode_measurement(const char *text, size_t len,
				struct ocs_measurement *m,
				struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_measurement got = { .valid_s = 0 };
	int rc;

	if (!(at.obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, err)))
		return -1;
	rc = get(&at, &got);
	json_object_put(at.obj);
	if (rc == 0)
		*m = got;
	return rc;
}
