// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hints - facts about circuits into NCCL variables; the last step before a
 * task starts, in slurmstepd and srun
 *
 * NCCL has at most NCCL_BUFFSIZE bytes in flight per channel and connection,
 * so that n_x channels over a border carry n_x * BUFFSIZE per round trip: for
 * the whole rate that must be the bandwidth-delay product and half as much
 * again. Point to point it is 4 channels of 8 chunks per GPU.
 */
#include "common/core/hints.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/core/defaults.h"
#include "common/core/units.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

/* NCCL's own defaults, below which nothing is set, and its useful limits. */
#define BUFFSIZE_DEFAULT (4 * MIB)
#define BUFFSIZE_LIMIT (64 * MIB)
#define P2P_DEFAULT (128 * KIB)
#define P2P_LIMIT (1 * MIB)
/* Ring channels that cross a border per NIC; steps per NCCL buffer; chunks
 * that a GPU has in flight to its peer: 4 channels of 8. */
#define CHANNELS_PER_NIC 2
#define STEPS 8
#define P2P_IN_FLIGHT 32

#define RATE_MIN_BPS UINT64_C(1000000000)
#define RATE_MAX_BPS UINT64_C(12800000000000)
#define RTT_MIN_US 50
#define RTT_MAX_US 100000

/* The two bound the same memory: set both or none. */
#define GROUP_WINDOW 1

static uint64_t at_most(uint64_t v, uint64_t limit)
{
	return v < limit ? v : limit;
}

/* 1.5 * rate / 8 * rtt / SHARES, in bytes, as a power of two. The bounds of
 * the facts keep 3 * rate * rtt below 2^62. */
static uint64_t window(const struct ocs_hint_facts *facts, uint64_t shares)
{
	uint64_t num = 3 * facts->rate_bps * facts->rtt_us;
	uint64_t den = 16 * UINT64_C(1000000) * shares;

	return ocs_pow2_ceil(num / den + (num % den != 0));
}

static uint64_t buffsize(const struct ocs_hint_facts *facts)
{
	uint64_t cap = at_most(facts->buffsize_max, BUFFSIZE_LIMIT);
	uint64_t size;

	if (cap < BUFFSIZE_DEFAULT)
		return BUFFSIZE_DEFAULT;
	while (cap & (cap - 1))
		cap &= cap - 1;		/* down to a power of two */
	size = window(facts, (uint64_t) CHANNELS_PER_NIC * facts->nics);
	return at_most(size, cap);
}

static void put(struct ocs_hint *hint, const char *name, uint64_t value)
{
	snprintf(hint->name, sizeof(hint->name), "%s", name);
	snprintf(hint->value, sizeof(hint->value), "%" PRIu64, value);
	hint->group = GROUP_WINDOW;
}

unsigned int ocs_hints_compute(const struct ocs_hint_facts *facts,
			       struct ocs_hint out[static OCS_HINTS_MAX])
{
	uint64_t buff, chunk;
	unsigned int n = 0;

	if (facts->nsites < 2 || !facts->nics || !facts->gpus ||
	    facts->rtt_us < RTT_MIN_US || facts->rtt_us > RTT_MAX_US ||
	    facts->rate_bps < RATE_MIN_BPS || facts->rate_bps > RATE_MAX_BPS)
		return 0;

	buff = buffsize(facts);
	if (buff > BUFFSIZE_DEFAULT)
		put(&out[n++], "NCCL_BUFFSIZE", buff);
	else
		buff = BUFFSIZE_DEFAULT;
	chunk = window(facts, (uint64_t) P2P_IN_FLIGHT * facts->gpus);
	chunk = at_most(chunk, at_most(buff / STEPS, P2P_LIMIT));
	if (chunk > P2P_DEFAULT)
		put(&out[n++], "NCCL_P2P_NET_CHUNKSIZE", chunk);
	return n;
}
