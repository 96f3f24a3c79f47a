// SPDX-License-Identifier: GPL-2.0-or-later
/* wire_exec - the lines of opticald-exec(7) */
#include "common/wire/wire_exec.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/json.h"

static const char *const ops[] = {
	"hello", "inventory", "create", "remove", "look", "resize"
};
static const char *const outcomes[] = {
	"done", "refused", "fault", "lost", NULL
};
static const char *const lights[] = {
	"absent", "building", "lit", "dark", "tearing", NULL
};

const char *ocs_exec_op_name(enum ocs_exec_op op)
{
	return ops[op];
}

/* ---- to the program ---- */

/* OUT's text as a line. */
static char *line_of(struct ocs_json_out *out)
{
	char *text = ocs_json_put_end(out), *line;
	size_t n;

	if (!text)
		return NULL;
	n = strlen(text);
	if (!(line = realloc(text, n + 2))) {
		free(text);
		return NULL;
	}
	memcpy(line + n, "\n", 2);
	return line;
}

char *ocs_wire_exec_request(enum ocs_exec_op op, uint64_t id,
			    const struct ocs_exec_want *want)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_u64(&out, "id", id);
	ocs_json_put_str(&out, "op", ops[op]);
	if (want) {
		ocs_json_put_open(&out, "service", '{');
		ocs_json_put_str(&out, "id", want->id);
		ocs_json_put_str(&out, "a", want->a);
		ocs_json_put_str(&out, "z", want->z);
		if (want->port_a)
			ocs_json_put_str(&out, "port_a", want->port_a);
		if (want->port_z)
			ocs_json_put_str(&out, "port_z", want->port_z);
		ocs_json_put_u64(&out, "rate_bps", want->rate_bps);
		ocs_json_put_open(&out, "route", '[');
		for (unsigned int i = 0; i < want->nhops; i++)
			ocs_json_put_str(&out, NULL, want->hop[i]);
		ocs_json_put_close(&out, ']');
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, '}');
	return line_of(&out);
}

char *ocs_wire_exec_hello(uint64_t id, const char *version,
			  const struct ocs_net *net)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_u64(&out, "id", id);
	ocs_json_put_str(&out, "op", ops[OCS_EXEC_HELLO]);
	ocs_json_put_u64(&out, "protocol", OCS_EXEC_PROTOCOL);
	ocs_json_put_str(&out, "agent", version);
	ocs_json_put_open(&out, "links", '[');
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		ocs_json_put_open(&out, NULL, '{');
		ocs_json_put_str(&out, "name", l->name);
		ocs_json_put_str(&out, "a", net->site[l->a].name);
		ocs_json_put_str(&out, "z", net->site[l->z].name);
		ocs_json_put_u64(&out, "capacity_bps", l->capacity_bps);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return line_of(&out);
}

/* ---- from the program ---- */

/* One of WORDS as *V; *HAS whether there is one. */
static int get_word(const struct ocs_json_at *at, const char *name,
		    bool needed, const char *const *words, unsigned int *v,
		    bool *has)
{
	const char *text = NULL;

	*has = false;
	if (ocs_json_string(at, name, needed, OCS_NAME_MAX, &text) < 0)
		return -1;
	for (unsigned int i = 0; text && words[i]; i++) {
		if (strcmp(text, words[i]))
			continue;
		*v = i;
		*has = true;
		return 0;
	}
	return text ? ocs_json_fail(at, name, OCS_SYNTAX,
				    "'%.40s' is none of %s, %s ...", text,
				    words[0], words[1]) : 0;
}

static int get_light(const struct ocs_json_at *at, bool needed,
		     enum ocs_exec_light *light, bool *has)
{
	unsigned int v = 0;

	if (get_word(at, "light", needed, lights, &v, has) < 0)
		return -1;
	*light = (enum ocs_exec_light) v;
	return 0;
}

static int get_route(const struct ocs_json_at *at, struct ocs_exec_service *s)
{
	struct json_object *array;
	unsigned int n;

	if (ocs_json_array(at, "route", false, OCS_HOPS_MAX, &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem_name(at, "route", array, i, s->hop[i],
				       OCS_NAME_MAX) < 0)
			return -1;
	s->nhops = n;
	return 0;
}

static int get_service(const struct ocs_json_at *at,
		       struct ocs_exec_service *s)
{
	if (get_light(at, false, &s->light, &s->has_light) < 0 ||
	    ocs_json_u64(at, "rate_bps", false, 1, OCS_RATE_MAX_BPS,
			 &s->rate_bps) < 0 ||
	    ocs_json_u64(at, "latency_us", false, 1, OCS_LATENCY_MAX_US,
			 &s->latency_us) < 0)
		return -1;
	return get_route(at, s);
}

static int get_link(const struct ocs_json_at *at, const char *name,
		    struct ocs_exec_link *l)
{
	uint64_t none = UINT64_MAX;

	if (ocs_json_name(at, name, true, l->name, sizeof(l->name)) < 0)
		return -1;
	l->foreign_bps = none;
	if (json_object_object_get_ex(at->obj, "down", NULL)) {
		if (ocs_json_bool(at, "down", true, &l->down) < 0)
			return -1;
		l->has_down = true;
	}
	if (ocs_json_u64(at, "foreign_bps", false, 0, OCS_RATE_MAX_BPS,
			 &l->foreign_bps) < 0)
		return -1;
	l->has_foreign = l->foreign_bps != none;
	l->latency_us = l->variation_us = none;
	if (ocs_json_u64(at, "latency_us", false, 0, OCS_JSON_NUMBER_MAX,
			 &l->latency_us) < 0 ||
	    ocs_json_u64(at, "delay_variation_us", false, 0,
			 OCS_JSON_NUMBER_MAX, &l->variation_us) < 0)
		return -1;
	l->has_latency = l->latency_us != none;
	return 0;
}

static int get_services(const struct ocs_json_at *at,
			struct ocs_exec_line *line)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "services", false, OCS_EXEC_SERVICES_MAX,
			   &array, &n) < 0)
		return -1;
	line->has_inventory = array;
	if (n && !(line->services = calloc(n, sizeof(*line->services))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_exec_listed *s = &line->services[i];
		bool has;

		if (ocs_json_elem(at, "services", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "id", true, s->id,
				  sizeof(s->id)) < 0 ||
		    get_light(&elem, true, &s->light, &has) < 0)
			return -1;
		line->nservices = i + 1;
	}
	return 0;
}

static int get_links(const struct ocs_json_at *at, struct ocs_exec_line *line)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "links", false, 8192, &array, &n) < 0)
		return -1;
	if (n && !(line->link = calloc(n, sizeof(*line->link))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "links", array, i, &elem) < 0 ||
		    get_link(&elem, "name", &line->link[i]) < 0)
			return -1;
		line->nlinks = i + 1;
	}
	return 0;
}

static int get_answer(const struct ocs_json_at *at, struct ocs_exec_line *line)
{
	unsigned int v = 0;
	bool has;

	line->what = OCS_EXEC_ANSWER;
	if (ocs_json_u64(at, "id", true, 1, OCS_JSON_NUMBER_MAX,
			 &line->id) < 0 ||
	    get_word(at, "outcome", true, outcomes, &v, &has) < 0 ||
	    ocs_json_u32(at, "protocol", false, &line->protocol) < 0 ||
	    ocs_json_bool(at, "resize", false, &line->resize) < 0 ||
	    get_service(at, &line->service) < 0 ||
	    get_services(at, line) < 0)
		return -1;
	line->outcome = (enum ocs_exec_outcome) v;
	return get_links(at, line);
}

static int get_event(const struct ocs_json_at *at, const char *event,
		     struct ocs_exec_line *line)
{
	if (!strcmp(event, "service")) {
		line->what = OCS_EXEC_EVENT_SERVICE;
		if (ocs_json_name(at, "service", true, line->service.id,
				  sizeof(line->service.id)) < 0)
			return -1;
		return get_light(at, true, &line->service.light,
				 &line->service.has_light);
	}
	if (strcmp(event, "link"))
		return ocs_json_fail(at, "event", OCS_SYNTAX,
				     "'%.40s' is neither service nor link",
				     event);
	line->what = OCS_EXEC_EVENT_LINK;
	if (!(line->link = calloc(1, sizeof(*line->link))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	line->nlinks = 1;
	return get_link(at, "link", line->link);
}

int ocs_wire_exec_decode(const char *text, size_t len,
			 struct ocs_exec_line *line, struct ocs_error *err)
{
	struct json_object *obj = ocs_json_parse(text, len, OCS_EXEC_LINE_MAX,
						 err);
	struct ocs_json_at at = { .index = -1, .obj = obj, .err = err };
	const char *event = NULL;
	int rc = -1;

	memset(line, 0, sizeof(*line));
	if (!obj)
		return -1;
	if (ocs_json_string(&at, "event", false, OCS_NAME_MAX, &event) < 0 ||
	    ocs_json_text(&at, "cause", false, line->cause,
			  sizeof(line->cause)) < 0)
		goto out;
	rc = event ? get_event(&at, event, line) : get_answer(&at, line);
out:
	if (rc < 0)
		ocs_exec_line_fini(line);
	json_object_put(obj);
	return rc;
}

void ocs_exec_line_fini(struct ocs_exec_line *line)
{
	free(line->services);
	free(line->link);
	memset(line, 0, sizeof(*line));
}
