// SPDX-License-Identifier: GPL-2.0-or-later
/* The small documents: ping, problem, events, leases, flat members. The first
 * byte says which decoder gets the rest. */
#include "common/wire/wire.h"
#include "common/wire/wire_compute.h"
#include "common/wire/wire_maint.h"
#include "common/wire/wire_measure.h"
#include "tests/fuzz/fuzz.h"

static void ping(const char *text, size_t len)
{
	struct ocs_ping p, again;
	struct ocs_error err;
	char *out;

	if (ocs_wire_decode_ping(text, len, &p, &err) < 0)
		return;
	must(p.nclusters <= OCS_PING_CLUSTERS_MAX);
	must(out = ocs_wire_encode_ping(&p));
	must(ocs_wire_decode_ping(out, strlen(out), &again, &err) == 0);
	must(again.generation == p.generation && !strcmp(again.user, p.user));
	free(out);
}

static void problem(const char *text, size_t len)
{
	struct ocs_error p = { 0 }, again = { 0 };
	char *out;

	ocs_wire_decode_problem(409, text, len, &p);
	must(p.code != OCS_OK);
	must(memchr(p.text, 0, sizeof(p.text)));
	must(memchr(p.reason, 0, sizeof(p.reason)));
	must(!strpbrk(p.text, "\n\r\t") && !strpbrk(p.reason, " \n\r\t"));
	must(out = ocs_wire_encode_problem(409, &p));
	ocs_wire_decode_problem(409, out, strlen(out), &again);
	must(p.code == again.code && !strcmp(p.reason, again.reason));
	free(out);
}

static void events(const char *text, size_t len)
{
	struct ocs_event *e = NULL, *again = NULL;
	unsigned int n = 0, m = 0;
	struct ocs_error err;
	char *out;

	if (ocs_wire_decode_events(text, len, &e, &n, &err) < 0)
		return;
	must(n <= OCS_WIRE_EVENTS_MAX);
	must(out = ocs_wire_encode_events(e, n));
	must(ocs_wire_decode_events(out, strlen(out), &again, &m, &err) == 0);
	must(n == m);
	for (unsigned int i = 0; i < n; i++)
		must(e[i].time_ms == again[i].time_ms &&
		     !strcmp(e[i].axis, again[i].axis) &&
		     !strcmp(e[i].cause, again[i].cause));
	free(out);
	free(again);
	free(e);
}

static void leases(const char *text, size_t len)
{
	struct ocs_lease **l = NULL;
	struct ocs_error err;
	unsigned int n = 0;
	char *out;

	if (ocs_wire_decode_leases(text, len, &l, &n, &err) < 0)
		return;
	must(out = ocs_wire_encode_leases((const struct ocs_lease *const *) l,
					  n));
	for (unsigned int i = 0; i < n; i++)
		ocs_lease_destroy(l[i]);
	free(out);
	free(l);
}

static void compute(const char *text, size_t len)
{
	struct ocs_compute **list = NULL, *c, *again;
	struct ocs_error err;
	unsigned int n = 0;
	char *out;

	if (ocs_wire_decode_computes(text, len, &list, &n, &err) == 0) {
		must(out = ocs_wire_encode_computes(
			     (const struct ocs_compute *const *) list, n));
		free(out);
		for (unsigned int i = 0; i < n; i++)
			ocs_compute_destroy(list[i]);
		free(list);
	}
	if (!(c = ocs_wire_decode_compute(text, len, &err)))
		return;
	must(out = ocs_wire_encode_compute(c, c->cluster[0]));
	must(again = ocs_wire_decode_compute(out, strlen(out), &err));
	must(again->nsites == c->nsites && again->nstarts == c->nstarts &&
	     again->pending_bps == c->pending_bps &&
	     again->valid_s == c->valid_s);
	free(out);
	ocs_compute_destroy(again);
	ocs_compute_destroy(c);
}

static void measurement(const char *text, size_t len)
{
	struct ocs_measurement m, again;
	struct ocs_error err;
	char *out;

	if (ocs_wire_decode_measurement(text, len, &m, &err) < 0)
		return;
	must(out = ocs_wire_encode_measurement(NULL, &m));
	must(ocs_wire_decode_measurement(out, strlen(out), &again, &err) == 0);
	must(m.latency_us == again.latency_us && m.loss_ppb == again.loss_ppb &&
	     m.has_loss == again.has_loss && m.valid_s == again.valid_s &&
	     !strcmp(m.source, again.source));
	free(out);
}

static void maint(const char *text, size_t len)
{
	struct ocs_window *window = NULL, w, w2;
	struct ocs_drain *drain = NULL, d, d2;
	unsigned int nw = 0, nd = 0;
	struct ocs_error err;
	char *out;

	if (ocs_wire_decode_maint(text, len, &window, &nw, &drain, &nd,
				  &err) == 0) {
		must(out = ocs_wire_encode_maint(window, nw, drain, nd));
		free(out);
		free(window);
		free(drain);
	}
	if (ocs_wire_decode_window(text, len, &w, &err) == 0) {
		must(w.start_s < w.end_s && ocs_lease_id_ok(w.id));
		must(out = ocs_wire_encode_window(&w));
		must(ocs_wire_decode_window(out, strlen(out), &w2, &err) == 0);
		must(w.end_s == w2.end_s && !strcmp(w.note, w2.note));
		free(out);
	}
	if (ocs_wire_decode_drain(text, len, &d, &err) == 0 && d.link[0]) {
		must(out = ocs_wire_encode_drain(&d));
		must(ocs_wire_decode_drain(out, strlen(out), &d2, &err) == 0);
		must(d.drained == d2.drained && !strcmp(d.link, d2.link));
		free(out);
	}
}

static void change(const char *text, size_t len)
{
	struct ocs_modify m, m2;
	struct ocs_whatif w, w2;
	struct ocs_whatif_answer a, a2;
	struct ocs_error err;
	char *out;

	if (ocs_wire_decode_modify(text, len, &m, &err) == 0) {
		must(out = ocs_wire_encode_modify(&m));
		must(ocs_wire_decode_modify(out, strlen(out), &m2, &err) == 0);
		must(m.has_rate == m2.has_rate && m.rate_bps == m2.rate_bps &&
		     m.end_s == m2.end_s && m.start_s == m2.start_s);
		free(out);
	}
	if (ocs_wire_decode_whatif(text, len, &w, &err) == 0) {
		must(w.ncircuits && w.ncircuits <= OCS_CIRCUITS_MAX);
		must(out = ocs_wire_encode_whatif(&w));
		must(ocs_wire_decode_whatif(out, strlen(out), &w2, &err) == 0);
		must(w.ncircuits == w2.ncircuits && w.start_s == w2.start_s);
		free(out);
	}
	if (ocs_wire_decode_whatif_answer(text, len, &a, &err) == 0) {
		must(out = ocs_wire_encode_whatif_answer(&a));
		must(ocs_wire_decode_whatif_answer(out, strlen(out), &a2,
						   &err) == 0);
		must(a.possible == a2.possible && a.rate_bps == a2.rate_bps);
		free(out);
	}
}

static void flat(const char *text, size_t len)
{
	struct ocs_error err;
	uint64_t value;
	char buf[16];

	(void) ocs_wire_decode_u64(text, len, "count", &value, &err);
	if (ocs_wire_decode_string(text, len, "link", buf, sizeof(buf),
				   &err) == 0)
		must(strlen(buf) < sizeof(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data + 1;

	if (!size)
		return 0;
	switch (data[0]) {
	case 'p':
		ping(text, size - 1);
		break;
	case 'r':
		problem(text, size - 1);
		break;
	case 'e':
		events(text, size - 1);
		break;
	case 'c':
		compute(text, size - 1);
		break;
	case 'm':
		measurement(text, size - 1);
		break;
	case 'w':
		maint(text, size - 1);
		break;
	case 'x':
		change(text, size - 1);
		break;
	case 'l':
		leases(text, size - 1);
		break;
	default:
		flat(text, size - 1);
	}
	return 0;
}
