// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * public_page - /ui: the network at one look
 *
 * Plain HTML that renews itself; no script, nothing from elsewhere. Sites lie
 * on a circle, a link is as red as it is full.
 */
#include "agent/public.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/engine.h"
#include "agent/text.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

/* More sites than that are no picture. */
#define MAP_SITES 24
#define MAP_LINKS 200
#define MAP_RADIUS 150
#define RENEW_S "10"

static const char begin[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta http-equiv=\"refresh\" content=\"" RENEW_S "\">"
	"<meta name=\"viewport\" content=\"width=device-width\">"
	"<title>opticald</title><style>\n"
	":root{color-scheme:light dark}"
	"body{font:15px/1.4 system-ui,sans-serif;margin:1.5em;max-width:70em}"
	"table{border-collapse:collapse;margin:.5em 0 1.5em}"
	"th,td{padding:.2em .8em;text-align:left;border-bottom:1px solid #8884}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
	".warn{background:#c33;color:#fff;padding:.4em .8em;display:inline-block}"
	".note{background:#fd6;color:#000;padding:.4em .8em;display:inline-block}"
	"meter{width:12em}svg text{fill:currentColor;font-size:13px}"
	"\n</style></head><body><h1>opticald</h1>\n";

static void add_html(struct ocs_text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			ocs_text_add(t, "&lt;");
		else if (*s == '&')
			ocs_text_add(t, "&amp;");
		else if (*s == '"')
			ocs_text_add(t, "&quot;");
		else
			ocs_text_add_bytes(t, s, 1);
	}
}

static unsigned int percent(const struct ocs_link *l)
{
	return !l->capacity_bps ? 0 :
	       (unsigned int) ((double) l->booked_bps * 100 /
			       (double) l->capacity_bps + 0.5);
}

/* Rows of a table: what a person can look at, and a browser load again and
 * again. */
#define ROWS_MAX 500

static const char *condition(const struct ocs_stats *s, unsigned int i)
{
	return s->net.link[i].down ? "down" :
	       s->net.link[i].frozen ? "frozen" :
	       s->net.link[i].drained ? "drained" :
	       s->maintenance[i] ? "maintenance" : "";
}

static void add_time(struct ocs_text *t, int64_t unix_s)
{
	time_t at = (time_t) unix_s;
	struct tm tm;
	char text[40] = "?";

	if (gmtime_r(&at, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	ocs_text_add(t, "%s", text);
}

static void add_notes(struct ocs_text *t, struct ocs_engine *engine,
		      const struct ocs_stats *s)
{
	if (ocs_engine_driver(engine)->ops->simulated)
		ocs_text_add(t, "<p class=\"note\">SIMULATED: no light is real here</p>\n");
	if (s->disk_failed)
		ocs_text_add(t, "<p class=\"warn\">The ledger's disk failed: restart opticald</p>\n");
	if (s->strays)
		ocs_text_add(t, "<p class=\"warn\">The network has %u circuits that the ledger does not know</p>\n",
			     s->strays);
	for (unsigned int i = 1; i < OCS_STATS_GATES; i++)
		if (s->waits[i])
			ocs_text_add(t, "<p class=\"note\">%" PRIu64 " changes of the network wait: %s</p>\n",
				     s->waits[i], ocs_stats_gates[i]);
	for (unsigned int i = 0; i < s->nclusters; i++) {
		if (!s->cluster[i].brake)
			continue;
		ocs_text_add(t, "<p class=\"warn\">Brake: reconcile of cluster ");
		add_html(t, s->cluster[i].name);
		ocs_text_add(t, " waits for opticalctl confirm</p>\n");
	}
}

/* Points of a circle without libm: a turn by 2 pi / n at a time. */
static void turn(unsigned int n, double *c, double *s)
{
	double x = 6.283185307179586 / n, term = 1;

	*c = *s = 0;
	for (int k = 0; k < 30; k++) {
		double add = (k / 2) % 2 ? -term : term;

		if (k % 2)
			*s += add;
		else
			*c += add;
		term = term * x / (k + 1);
	}
}

static void add_map(struct ocs_text *t, const struct ocs_stats *s)
{
	double x[MAP_SITES], y[MAP_SITES], c, d;
	unsigned int n = s->net.nsites;

	if (n < 2 || n > MAP_SITES || s->net.nlinks > MAP_LINKS)
		return;
	turn(n, &c, &d);
	x[0] = 0;
	y[0] = -MAP_RADIUS;
	for (unsigned int i = 1; i < n; i++) {
		x[i] = x[i - 1] * c - y[i - 1] * d;
		y[i] = x[i - 1] * d + y[i - 1] * c;
	}
	ocs_text_add(t, "<svg viewBox=\"-260 -190 520 380\" width=\"520\" role=\"img\" aria-label=\"sites and links\">\n");
	for (unsigned int i = 0; i < s->net.nlinks; i++) {
		const struct ocs_link *l = &s->net.link[i];
		unsigned int p = percent(l) < 100 ? percent(l) : 100;

		ocs_text_add(t, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"hsl(%u 70%% 45%%)\" stroke-width=\"4\"%s><title>",
			     x[l->a], y[l->a], x[l->z], y[l->z],
			     120 - p * 120 / 100,
			     *condition(s, i) ? " stroke-dasharray=\"6 5\"" :
			     "");
		add_html(t, l->name);
		ocs_text_add(t, " %u%% %s</title></line>\n", percent(l),
			     condition(s, i));
	}
	for (unsigned int i = 0; i < n; i++) {
		ocs_text_add(t, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"currentColor\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
			     x[i], y[i], x[i] * 1.15, y[i] * 1.15 + 4);
		add_html(t, s->net.site[i].name);
		ocs_text_add(t, "</text>\n");
	}
	ocs_text_add(t, "</svg>\n");
}

/* Links in the order of the page: those that need a look come first. */
static bool in_pass(const struct ocs_stats *s, unsigned int i, unsigned int pass)
{
	return (condition(s, i)[0] != '\0') == (pass == 0);
}

static void add_link(struct ocs_text *t, const struct ocs_stats *s,
		     unsigned int i)
{
	char booked[OCS_RATE_TEXT_MAX], capacity[OCS_RATE_TEXT_MAX];
	const struct ocs_link *l = &s->net.link[i];

	ocs_text_add(t, "<tr><td>");
	add_html(t, l->name);
	ocs_text_add(t, "<td>");
	add_html(t, s->net.site[l->a].name);
	ocs_text_add(t, "<td>");
	add_html(t, s->net.site[l->z].name);
	ocs_text_add(t, "<td class=\"n\">%s<td class=\"n\">%s<td><meter min=\"0\" max=\"100\" high=\"80\" value=\"%u\">%u%%</meter><td class=\"n\">%" PRIu64 " us<td>%s\n",
		     ocs_rate_format(l->booked_bps, booked),
		     ocs_rate_format(l->capacity_bps, capacity),
		     percent(l), percent(l), l->latency_us, condition(s, i));
}

static void add_links(struct ocs_text *t, const struct ocs_stats *s)
{
	unsigned int rows = 0;

	ocs_text_add(t, "<h2>Links</h2><table><tr><th>link<th>from<th>to<th class=\"n\">booked<th class=\"n\">of<th><th class=\"n\">one way<th>\n");
	for (unsigned int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < s->net.nlinks; i++)
			if (in_pass(s, i, pass) && rows++ < ROWS_MAX)
				add_link(t, s, i);
	ocs_text_add(t, "</table>\n");
	if (rows > ROWS_MAX)
		ocs_text_add(t, "<p>%u more links are not shown: opticalctl links has them.</p>\n",
			     rows - ROWS_MAX);
}

static void add_leases(struct ocs_text *t, const struct ocs_stats *s)
{
	ocs_text_add(t, "<h2>Leases</h2><table><tr><th>cluster");
	for (unsigned int w = 0; w < OCS_STATS_WORDS; w++)
		ocs_text_add(t, "<th class=\"n\">%s", ocs_stats_words[w]);
	ocs_text_add(t, "\n");
	for (unsigned int i = 0; i < s->nclusters; i++) {
		ocs_text_add(t, "<tr><td>");
		add_html(t, s->cluster[i].name);
		for (unsigned int w = 0; w < OCS_STATS_WORDS; w++)
			ocs_text_add(t, "<td class=\"n\">%" PRIu64,
				     s->cluster[i].leases[w]);
		ocs_text_add(t, "\n");
	}
	ocs_text_add(t, "</table>\n");
}

/* Operators' notes stay with those who may read them. */
static int add_windows(struct ocs_text *t, struct ocs_engine *engine,
		       struct ocs_error *err)
{
	struct ocs_maint maint;

	if (ocs_engine_maint(engine, &maint, err) < 0)
		return -1;
	if (maint.nwindows)
		ocs_text_add(t, "<h2>Maintenance</h2><table><tr><th>link<th>from<th>to\n");
	for (unsigned int i = 0; i < maint.nwindows && i < ROWS_MAX; i++) {
		ocs_text_add(t, "<tr><td>");
		add_html(t, maint.window[i].link);
		ocs_text_add(t, "<td>");
		add_time(t, maint.window[i].start_s);
		ocs_text_add(t, "<td>");
		add_time(t, maint.window[i].end_s);
		ocs_text_add(t, "\n");
	}
	if (maint.nwindows)
		ocs_text_add(t, "</table>\n");
	ocs_maint_fini(&maint);
	return 0;
}

char *ocs_public_page(struct ocs_engine *engine, struct ocs_error *err)
{
	struct ocs_text t = { 0 };
	struct ocs_stats s;
	char *text;

	if (ocs_engine_stats(engine, &s, err) < 0)
		return NULL;
	ocs_text_add(&t, "%s", begin);
	add_notes(&t, engine, &s);
	add_map(&t, &s);
	add_links(&t, &s);
	add_leases(&t, &s);
	ocs_stats_fini(&s);
	if (add_windows(&t, engine, err) < 0) {
		free(t.buf);
		return NULL;
	}
	ocs_text_add(&t, "<p>State %" PRIu64 " at ",
		     ocs_engine_generation(engine));
	add_time(&t, ocs_clock_unix_ms() / 1000);
	ocs_text_add(&t, "; it renews itself every " RENEW_S " s.</p>\n</body></html>\n");
	if (!(text = ocs_text_take(&t)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
	return text;
}
