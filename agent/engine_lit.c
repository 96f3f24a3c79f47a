// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_lit - which wavelengths carry light
 *
 * Those of circuits that are, or may be, lit; and for WavelengthHold after the
 * last of them, so that the next circuit finds them lit. On links whose
 * wavelengths are not told apart so many are lit as what is lit there fills.
 */
#include "agent/engine_priv.h"

#include <stdlib.h>

#include "common/sys/clock.h"

int engine_lit_init(struct ocs_engine *e)
{
	size_t n = ocs_net_resources(&e->net) + 1;

	e->lit_next_s = INT64_MAX;
	e->lit_bps = calloc(n, sizeof(*e->lit_bps));
	e->lit_until_s = calloc(n, sizeof(*e->lit_until_s));
	return e->lit_bps && e->lit_until_s ? 0 : -1;
}

void engine_lit_fini(struct ocs_engine *e)
{
	free(e->lit_bps);
	free(e->lit_until_s);
}

/* The link of NET with wavelength WAVE among its own. */
static struct ocs_link *link_of(struct ocs_net *net, unsigned int wave,
				unsigned int near)
{
	struct ocs_link *l = &net->link[near];

	return wave >= l->first_wave && wave < l->first_wave + l->nwaves ?
		       l : NULL;
}

/* How many wavelengths of L, which are not told apart, BPS fill. */
static unsigned int fill(const struct ocs_link *l, uint64_t bps)
{
	uint64_t n = bps && l->wave_bps ? (bps - 1) / l->wave_bps + 1 : 0;

	return n < OCS_WAVELENGTHS_MAX ? (unsigned int) n :
					 OCS_WAVELENGTHS_MAX;
}

static void hold(struct ocs_engine *e, unsigned int resource, int64_t now_s)
{
	int64_t until = now_s + e->conf->wavelength_hold_s;

	e->lit_until_s[resource] = until;
	if (until < e->lit_next_s)
		e->lit_next_s = until;
	engine_timer(e, ocs_clock_mono_ms() +
		     (uint64_t) e->conf->wavelength_hold_s * 1000);
}

/* Wavelength WAVE of L is, or is no longer, used by what is lit. */
static void count_wave(struct ocs_engine *e, struct ocs_link *l,
		       unsigned int wave, int64_t now_s)
{
	unsigned int r = ocs_wave_resource(&e->net, wave);
	struct ocs_wave *w = &e->net.wave[wave];
	bool used = e->lit_bps[r] > 0;

	if (used && !w->lit) {
		w->lit = true;
		l->lit++;
	}
	if (used)
		e->lit_until_s[r] = 0;
	else if (w->lit)
		hold(e, r, now_s);
}

static void count_link(struct ocs_engine *e, unsigned int link, int64_t now_s)
{
	struct ocs_link *l = &e->net.link[link];
	unsigned int n = fill(l, e->lit_bps[link]);

	if (l->nwaves)
		return;
	if (n >= l->lit) {
		l->lit = n;
		e->lit_until_s[link] = 0;
	} else {
		hold(e, link, now_s);
	}
}

void engine_lit_count(struct ocs_engine *e, const struct engine_books *books,
		      bool more)
{
	int64_t now_s = ocs_clock_unix_ms() / 1000;
	unsigned int near = 0;

	for (unsigned int i = 0; books->now && books->lit && i < books->n;
	     i++) {
		unsigned int r = books->b[i].link;
		struct ocs_link *l;

		e->lit_bps[r] += more ? books->b[i].bps : -books->b[i].bps;
		if (r < e->net.nlinks) {
			near = r;	/* its wavelength follows */
			count_link(e, r, now_s);
		} else if (r >= e->net.nlinks + e->net.nports) {
			r -= e->net.nlinks + e->net.nports;
			if ((l = link_of(&e->net, r, near)))
				count_wave(e, l, r, now_s);
		}
	}
}

bool engine_lit_alone(const struct ocs_engine *e,
		      const struct engine_books *books, unsigned int link,
		      unsigned int wave)
{
	const struct ocs_link *l = &e->net.link[link];
	bool apart = wave && wave <= l->nwaves;
	unsigned int r = apart ? ocs_wave_resource(&e->net, l->first_wave +
						   wave - 1) : link;
	uint64_t own = 0;

	for (unsigned int i = 0; books->now && books->lit && i < books->n; i++)
		if (books->b[i].link == r)
			own += books->b[i].bps;
	if (apart)
		return e->lit_bps[r] <= own;
	return fill(l, e->lit_bps[r]) > fill(l, e->lit_bps[r] - own);
}

/* True if L's resource R goes dark by NOW_S; else when is noted. */
static bool over(struct ocs_engine *e, unsigned int r, int64_t now_s)
{
	int64_t until = e->lit_until_s[r];

	if (!until)
		return false;
	if (until <= now_s) {
		e->lit_until_s[r] = 0;
		return true;
	}
	if (until < e->lit_next_s)
		e->lit_next_s = until;
	return false;
}

void engine_lit_step(struct ocs_engine *e, int64_t now_s)
{
	bool any = false;

	if (e->lit_next_s > now_s) {
		if (e->lit_next_s < INT64_MAX)
			engine_timer(e, ocs_clock_mono_ms() +
				     (uint64_t) (e->lit_next_s - now_s) * 1000);
		return;
	}
	e->lit_next_s = INT64_MAX;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		struct ocs_link *l = &e->net.link[i];

		if (over(e, i, now_s)) {
			l->lit = fill(l, e->lit_bps[i]);
			any = true;
		}
		for (unsigned int k = 0; k < l->nwaves; k++) {
			unsigned int w = l->first_wave + k;

			if (!over(e, ocs_wave_resource(&e->net, w), now_s))
				continue;
			e->net.wave[w].lit = false;
			l->lit--;
			any = true;
		}
	}
	if (e->lit_next_s < INT64_MAX)
		engine_timer(e, ocs_clock_mono_ms() +
			     (uint64_t) (e->lit_next_s - now_s) * 1000);
	if (any)
		engine_bump(e);
}
