// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place - what one ocs_place() costs, beside what comes to mind first
 *
 * 64 sites, 2,000 links. The baseline routes each pair of sites by itself, as
 * who compares sets of sites without a plan would begin; it compares none yet.
 * Lines of NAME value: medians of RUNS calls in microseconds, the two taken in
 * turn so that both see the same machine, and the ratio of them.
 */
#include "common/core/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/graph.h"

#define RUNS 15

/* 64 sites, 2000 links: all pairs, latencies by distance on a plane. */
static void large_net(struct ocs_net *net)
{
	static struct line line[2000];
	static char name[2000][8];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 64; i++)
		for (unsigned int j = i + 1; j < 64 && n < 2000; j++, n++) {
			unsigned int dx = i % 8 > j % 8 ? i % 8 - j % 8 :
							  j % 8 - i % 8;
			unsigned int dy = j / 8 - i / 8;

			sprintf(name[n], "l%u", n);
			line[n] = (struct line) { name[n], i, j, 3200,
						  400 * dice(9), 400,
						  20 + 500 * dx + 500 * dy,
						  false, false };
		}
	graph_init(net, 64, NULL, line, n);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1e6 * (double) ts.tv_sec + 1e-3 * (double) ts.tv_nsec;
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double median(double *us)
{
	qsort(us, RUNS, sizeof(*us), by_value);
	return us[RUNS / 2];
}

static double time_pairs(const struct ocs_net *net, uint64_t bps)
{
	double start = now_us();
	struct ocs_route route;

	for (unsigned int a = 0; a < net->nsites; a++)
		for (unsigned int z = a + 1; z < net->nsites; z++)
			ocs_route_find(net, a, z, bps, 0, &route, NULL);
	return now_us() - start;
}

static double time_place(const struct ocs_net *net, uint32_t nodes,
			 const struct ocs_request *req)
{
	static struct ocs_candidate out[OCS_CANDIDATES_MAX];
	struct ocs_supply supply[64];
	double start;

	for (unsigned int i = 0; i < 64; i++)
		supply[i] = (struct ocs_supply) { i, 16, i * 7 % 17, false };
	start = now_us();
	ocs_place(net, supply, 64, nodes, req, false, out, NULL);
	return now_us() - start;
}

int main(void)
{
	static const struct {
		const char *name, *bw;
	} rows[] = {
		{ "400G", "400G" }, { "1200G_or_less", "1200G,min=100G" },
		{ "never", "4T" },
	};
	static const uint32_t nodes[] = { 20, 60, 120, 5000 };
	double pairs[RUNS], place[RUNS], base, cost, worst = 0;
	struct ocs_request req;
	struct ocs_net net;

	large_net(&net);
	for (unsigned int b = 0; b < 3; b++)
		for (unsigned int k = 0; k < 4; k++) {
			ocs_request_init(&req);
			ocs_request_set(&req, "bw", rows[b].bw, NULL);
			ocs_request_set(&req, "span", "1-8", NULL);
			for (int i = 0; i < RUNS; i++) {
				pairs[i] = time_pairs(&net, req.min_bps);
				place[i] = time_place(&net, nodes[k], &req);
			}
			base = median(pairs);
			cost = median(place);
			worst = cost > worst ? cost : worst;
			printf("place_%s_%u_nodes_us %.0f\n", rows[b].name,
			       nodes[k], cost);
			printf("all_pairs_%s_%u_nodes_us %.0f\n", rows[b].name,
			       nodes[k], base);
			printf("ratio_%s_%u_nodes %.4f\n", rows[b].name,
			       nodes[k], cost / base);
		}
	printf("place_worst_us %.0f\n", worst);
	ocs_net_fini(&net);
	return 0;
}
