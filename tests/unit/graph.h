/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * graph - small networks for tests, written in one line per link
 */
#ifndef OCS_TESTS_GRAPH_H
#define OCS_TESTS_GRAPH_H

#include <stdlib.h>

#include "common/core/net.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)

/* {name, a, z, capacity, booked, granule (G), latency_us, drained, down} */
struct line {
	const char *name;
	unsigned int a, z, cap, booked, granule, us;
	bool drained, down;
};

/* Sites are named "s0", "s1", ... unless NAMES says otherwise. */
__attribute__((unused)) static void
graph_init(struct ocs_net *net, unsigned int nsites, const char *const *names,
	   const struct line *line, unsigned int nlinks)
{
	memset(net, 0, sizeof(*net));
	net->nsites = nsites;
	net->site = calloc(nsites, sizeof(*net->site));
	for (unsigned int i = 0; i < nsites; i++) {
		if (names)
			strcpy(net->site[i].name, names[i]);
		else
			sprintf(net->site[i].name, "s%u", i);
	}
	net->nlinks = nlinks;
	net->link = calloc(nlinks ? nlinks : 1, sizeof(*net->link));
	for (unsigned int i = 0; i < nlinks; i++) {
		struct ocs_link *l = &net->link[i];

		strcpy(l->name, line[i].name);
		l->a = line[i].a;
		l->z = line[i].z;
		l->capacity_bps = line[i].cap * G;
		l->booked_bps = line[i].booked * G;
		l->granule_bps = line[i].granule * G;
		l->latency_us = line[i].us;
		l->drained = line[i].drained;
		l->down = line[i].down;
	}
}

#define GRAPH(net, nsites, names, lines) \
	graph_init(net, nsites, names, lines, \
		   sizeof(lines) / sizeof((lines)[0]))

/* The same numbers on every machine. */
__attribute__((unused)) static unsigned int dice(unsigned int n)
{
	static uint32_t seed = 12345;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* A random net of up to 6 sites and 10 links, parallel ones, bad ones and
 * free of charge ones among them. */
__attribute__((unused)) static void graph_random(struct ocs_net *net)
{
	struct line line[10];
	char name[10][8];
	unsigned int nsites = 3 + dice(4), n = 2 + dice(9);

	for (unsigned int i = 0; i < n; i++) {
		sprintf(name[i], "l%u", i);
		line[i] = (struct line) {
			name[i], dice(nsites), dice(nsites), 400, 0,
			dice(2) ? 100 : 0, dice(4), dice(12) == 0,
			dice(12) == 0,
		};
		line[i].booked = dice(9) * 50;
	}
	graph_init(net, nsites, NULL, line, n);
}

#endif
