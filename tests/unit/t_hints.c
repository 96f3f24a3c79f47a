// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hints.c against values computed by hand:
 *   BUFFSIZE  pow2ceil(1.5 * C/8 * RTT / (2 * nics)), 4 MiB..cap
 *   CHUNKSIZE pow2ceil(1.5 * C/8/gpus * RTT / 32), 128 KiB..min(BUFFSIZE/8,
 *             1 MiB)
 */
#include "common/core/hints.h"

#include <stdlib.h>

#include "common/core/facts.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)
#define M16 16777216
#define M64 67108864

static const struct {
	const char *what;
	struct ocs_hint_facts facts;
	const char *buffsize;	/* NULL: not set */
	const char *chunk;
} table[] = {
	/* 1.5 * 50e9 * 4548e-6 / 16 = 21318750 -> 32 MiB, cap 16;
	 * 1.5 * 50e9/8 * 4548e-6 / 32 = 1332422 -> 2 MiB, limit 1 */
	{ "400G over 460 km", { 2, 400 * G, 4548, 8, 8, M16 },
	  "16777216", "1048576" },
	{ "the same with a cap of 64M", { 2, 400 * G, 4548, 8, 8, M64 },
	  "33554432", "1048576" },
	{ "a cap of 1G counts as 64M", { 2, 400 * G, 100000, 8, 8,
	  UINT64_C(1) << 30 }, "67108864", "1048576" },
	{ "a cap of 12M counts as 8M", { 2, 400 * G, 4548, 8, 8, 12582912 },
	  "8388608", "1048576" },
	/* 1.5 * 50e9 * 1e-3 / 16 = 4687500 -> 8 MiB;
	 * 1.5 * 6.25e9 * 1e-3 / 32 = 292969 -> 512 KiB */
	{ "400G, 1 ms", { 2, 400 * G, 1000, 8, 8, M16 },
	  "8388608", "524288" },
	/* 1.5 * 12.5e9 * 10e-3 / 16 = 11718750 -> 16 MiB;
	 * 1.5 * 1.5625e9 * 10e-3 / 32 = 732422 -> 1 MiB */
	{ "100G, 10 ms", { 4, 100 * G, 10000, 8, 8, M64 },
	  "16777216", "1048576" },
	/* 1.5 * 50e9 * 894e-6 / 16 = 4190625 <= 4 MiB = 4194304;
	 * 1.5 * 6.25e9 * 894e-6 / 32 = 261914 -> 256 KiB */
	{ "NCCL's 4 MiB just do", { 2, 400 * G, 894, 8, 8, M16 },
	  NULL, "262144" },
	/* 4195312.5 > 4194304 */
	{ "NCCL's 4 MiB just don't", { 2, 400 * G, 895, 8, 8, M16 },
	  "8388608", "524288" },
	/* 4194304.5 and 262144.03: rounded up */
	{ "a bit more than a power of two", { 2, UINT64_C(357913984000),
	  1000, 8, 8, M16 }, "8388608", "524288" },
	/* 1.5 * 1.25e9 * 6e-3 / 16 = 703125, but 4 MiB it is;
	 * 1.5 * 1.25e9 * 6e-3 / 32 = 351563 -> 512 KiB */
	{ "chunks by what the buffer really is", { 2, 10 * G, 6000, 8, 1,
	  M16 }, NULL, "524288" },
	/* 1.5 * 12.5e9 * 1e-3 / 2 = 9375000 -> 16 MiB; one GPU:
	 * 1.5 * 12.5e9 * 1e-3 / 32 = 585938 -> 1 MiB */
	{ "one NIC, one GPU", { 2, 100 * G, 1000, 1, 1, M16 },
	  "16777216", "1048576" },
	/* chunk: 1.5 * 6.25e9 * 1e-3/32 = 292969 -> 512 KiB, all from 4 MiB */
	{ "a small cap leaves the default", { 2, 400 * G, 1000, 8, 8,
	  1048576 }, NULL, "524288" },
	{ "chunks of at most a step", { 2, 400 * G, 10000, 8, 8, 0 },
	  NULL, "524288" },
	/* 1.5 * 1.25e9 * 1e-4 / 16 = 11719; / 8 / 32 = 733 */
	{ "10G, 100 us need nothing", { 2, 10 * G, 100, 8, 8, M16 },
	  NULL, NULL },
	{ "one site", { 1, 400 * G, 4548, 8, 8, M16 }, NULL, NULL },
	{ "no site", { 0, 400 * G, 4548, 8, 8, M16 }, NULL, NULL },
	{ "no NICs known", { 2, 400 * G, 4548, 0, 8, M16 }, NULL, NULL },
	{ "no GPUs known", { 2, 400 * G, 4548, 8, 0, M16 }, NULL, NULL },
	{ "no RTT known", { 2, 400 * G, 0, 8, 8, M16 }, NULL, NULL },
	{ "RTT too short", { 2, 12800 * G, 49, 1, 1, M16 }, NULL, NULL },
	{ "shortest RTT", { 2, 12800 * G, 50, 1, 1, M64 },
	  "67108864", "1048576" },
	/* 1.5 * 250e6 * 0.1 / 16 = 2343750; 1.5 * 31.25e6 * 0.1 / 32 =
	 * 146485 -> 256 KiB */
	{ "longest RTT", { 2, 2 * G, 100000, 8, 8, M16 }, NULL, "262144" },
	{ "lowest rate", { 2, 1 * G, 4548, 1, 1, M16 }, NULL, NULL },
	{ "RTT too long", { 2, 400 * G, 100001, 8, 8, M16 }, NULL, NULL },
	{ "rate too low", { 2, 1 * G - 1, 4548, 1, 1, M16 }, NULL, NULL },
	{ "highest rate", { 2, 12800 * G, 100000, 8, 8, M64 },
	  "67108864", "1048576" },
	{ "rate too high", { 2, 12800 * G + 1, 4548, 8, 8, M16 }, NULL,
	  NULL },
	{ "no overflow", { 2, 12800 * G, 100000, UINT32_MAX, UINT32_MAX,
	  UINT64_MAX }, NULL, NULL },
};

static const char *value_of(const struct ocs_hint *hint, unsigned int n,
			    const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(hint[i].name, name))
			return hint[i].value;
	return "unset";
}

/* ---- facts.c: what the hints of a job are made from ---- */

/* Sites are the letters of SITES in this order; circuits A-B:RATE@LATENCY. */
static const struct {
	const char *what, *sites, *circuits;
	unsigned int gbps, us;
} facts[] = {
	{ "no circuits", "A", "", 0, 0 },
	{ "one", "AB", "AB:400@2274", 400, 2274 },
	{ "the least rate, the longest latency of a mesh", "ABC",
	  "AB:400@100 AC:200@300 BC:300@200", 200, 300 },
	/* the way from A to B over C counts as little as B-A, which there is */
	{ "circuits that there are, not ways round", "ABC",
	  "AB:400@100 AC:400@300 BC:400@100", 400, 300 },
	{ "a ring: each has one to the next", "ABCD",
	  "AB:100@10 BC:100@20 CD:100@30 AD:100@40", 100, 40 },
	/* A and C are no neighbours */
	{ "and to no other", "ABCD",
	  "AB:100@10 BC:100@100 CD:100@100 AD:100@10", 100, 100 },
	/* B to C goes over A */
	{ "a star", "ABC", "AB:100@10 AC:100@20", 100, 30 },
	{ "a star with the last in the middle", "ABCD",
	  "AD:100@10 BD:100@20 CD:100@30", 100, 50 },
	{ "an anchor far away", "AB", "AB:400@100 XA:100@9000 XB:100@9000",
	  400, 100 },
	{ "an anchor of one site", "A", "XA:100@9000", 100, 9000 },
	{ "an anchor joins no sites", "ABC", "AB:400@100 XA:100@10 XC:100@10",
	  400, 100 },
};

static void test_facts(size_t row)
{
	struct ocs_lease *l = ocs_lease_create();
	uint64_t rate = 1, us = 1;

	l->circuit = calloc(OCS_CIRCUITS_MAX, sizeof(*l->circuit));
	for (const char *p = facts[row].sites; *p; p++)
		l->site[l->nsites++].name[0] = *p;
	for (const char *p = facts[row].circuits; *p;) {
		struct ocs_circuit *c = &l->circuit[l->ncircuits++];
		char *end;

		c->a[0] = p[0];
		c->z[0] = p[1];
		c->granted_bps = strtoull(p + 3, &end, 10) * G;
		c->latency_us = strtoull(end + 1, &end, 10);
		p = end + (*end == ' ');
	}
	ocs_lease_facts(l, &rate, &us);
	is_num(rate, facts[row].gbps * G, "facts: %s: rate", facts[row].what);
	is_num(us, facts[row].us, "facts: %s: latency", facts[row].what);
	ocs_lease_destroy(l);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		test_facts(i);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const char *buff = table[i].buffsize, *chunk = table[i].chunk;
		struct ocs_hint hint[OCS_HINTS_MAX];
		unsigned int n = ocs_hints_compute(&table[i].facts, hint);

		is_num(n, !!buff + !!chunk, "%s: how many", table[i].what);
		is_str(value_of(hint, n, "NCCL_BUFFSIZE"),
		       buff ? buff : "unset", "%s: buffer", table[i].what);
		is_str(value_of(hint, n, "NCCL_P2P_NET_CHUNKSIZE"),
		       chunk ? chunk : "unset", "%s: chunk", table[i].what);
		if (n == 2)
			is_num(hint[0].group, hint[1].group, "%s: coupled",
			       table[i].what);
	}
	return tap_done();
}
