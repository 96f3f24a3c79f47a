// SPDX-License-Identifier: GPL-2.0-or-later
/* figure - which of several numbers counts; see figure.h */
#include "common/core/figure.h"

/* Who beats whom. */
static int rank(enum ocs_source source)
{
	switch (source) {
	case OCS_SOURCE_MEASURED:
		return 2;
	case OCS_SOURCE_REPORTED:
		return 1;
	case OCS_SOURCE_CONFIGURED:
	case OCS_SOURCE_COMPUTED:
		break;
	}
	return 0;
}

int64_t ocs_figure_until_ms(const struct ocs_figure *f, uint32_t max_age_s)
{
	uint32_t valid_s = f->valid_s;

	if (f->source == OCS_SOURCE_MEASURED && max_age_s &&
	    (!valid_s || valid_s > max_age_s))
		valid_s = max_age_s;
	if (!valid_s || f->time_ms > INT64_MAX - (int64_t) valid_s * 1000)
		return INT64_MAX;
	return f->time_ms + (int64_t) valid_s * 1000;
}

bool ocs_figure_counts(const struct ocs_figure *f, int64_t now_ms,
		       uint32_t max_age_s)
{
	return f->known && now_ms < ocs_figure_until_ms(f, max_age_s);
}

int ocs_figure_best(const struct ocs_figure *f, unsigned int n,
		    int64_t now_ms, uint32_t max_age_s)
{
	int best = -1;

	for (unsigned int i = 0; i < n; i++) {
		if (!ocs_figure_counts(&f[i], now_ms, max_age_s))
			continue;
		if (best < 0 || rank(f[i].source) > rank(f[best].source) ||
		    (rank(f[i].source) == rank(f[best].source) &&
		     f[i].time_ms > f[best].time_ms))
			best = (int) i;
	}
	return best;
}

bool ocs_figure_physical(uint64_t us, uint64_t fibre_us)
{
	return us && us >= fibre_us && us <= OCS_LATENCY_MAX_US;
}

bool ocs_figures_alike(const struct ocs_figure *const *f, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!f[i]->known || f[i]->us != f[0]->us)
			return false;
	return n > 1;
}

void ocs_figure_add(struct ocs_figure *sum, const struct ocs_figure *hop)
{
	sum->us += hop->us;
	if (!sum->known || rank(hop->source) < rank(sum->source))
		sum->source = hop->source;
	if (hop->time_ms && (!sum->time_ms || hop->time_ms < sum->time_ms))
		sum->time_ms = hop->time_ms;
	sum->known = true;
}
