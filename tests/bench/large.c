// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * large - a network of many sites and a ledger of many leases
 *
 * The ledger is written by the store's own code, the simulated network beside
 * it as the driver would: every circuit is lit.
 */
#include "tests/bench/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/conf.h"
#include "agent/store.h"
#include "common/wire/wire.h"

#define BATCH 5000
#define HOPS 4
#define RATE_BPS UINT64_C(1000000000)

struct line {
	unsigned int a, z;
	uint64_t latency_us;	/* as the agent computes it */
};

struct made {
	const struct bench_large *large;
	struct line *link;
	unsigned int *first, *next;	/* of each site; of each link's end */
};

/* A ring, so that all is connected, and links between any two sites. */
static void make_links(struct made *m)
{
	unsigned int n = m->large->nsites;

	m->link = calloc(m->large->nlinks, sizeof(*m->link));
	m->first = calloc(n, sizeof(*m->first));
	m->next = calloc(2 * (size_t) m->large->nlinks + 2, sizeof(*m->next));
	if (!m->link || !m->first || !m->next)
		bench_die("out of memory");
	for (unsigned int i = 0; i < m->large->nlinks; i++) {
		struct line *l = &m->link[i];

		l->a = i < n ? i : (unsigned int) bench_dice(n);
		l->z = i < n ? (i + 1) % n : (unsigned int) bench_dice(n);
		if (l->z == l->a)
			l->z = (l->a + n / 2) % n;
		for (unsigned int end = 0; end < 2; end++) {
			unsigned int site = end ? l->z : l->a;

			m->next[2 * i + end + 1] = m->first[site];
			m->first[site] = 2 * i + end + 1;
		}
	}
}

static char *conf_of(const struct made *m)
{
	size_t cap = 200 + 40 * (size_t) m->large->nsites +
		     120 * (size_t) m->large->nlinks, at;
	char *text = malloc(cap);

	if (!text)
		bench_die("out of memory");
	at = (size_t) sprintf(text, "Cluster=bench User=0\n");
	for (unsigned int i = 0; i < m->large->nsites; i++)
		at += (size_t) sprintf(text + at, "SiteName=s%04u\n", i);
	for (unsigned int i = 0; i < m->large->nlinks; i++)
		at += (size_t) sprintf(text + at,
			"LinkName=l%05u A=s%04u Z=s%04u Km=%u Wavelengths=64 Rate=400G Granularity=client\n",
			i, m->link[i].a, m->link[i].z,
			50 + (unsigned int) bench_dice(400));
	return text;
}

/* The agent's own reading of what was configured: a ledger that tells other
 * latencies than the network has would be put right after each start. */
static void read_latencies(struct made *m, const char *dir)
{
	char path[BENCH_PATH_MAX + 32];
	struct ocs_agent_conf *conf;
	struct ocs_error err = { 0 };

	snprintf(path, sizeof(path), "%s/opticald.conf", dir);
	if (!(conf = ocs_agent_conf_read(path, &err)))
		bench_die("%s", err.text);
	for (unsigned int i = 0; i < m->large->nlinks; i++)
		m->link[i].latency_us = conf->net.link[i].latency_us;
	ocs_agent_conf_destroy(conf);
}

/* A walk of 1 to HOPS links that comes nowhere twice. */
static void walk(const struct made *m, struct ocs_circuit *c)
{
	unsigned int at = (unsigned int) bench_dice(m->large->nsites);
	unsigned int want = 1 + (unsigned int) bench_dice(HOPS);
	unsigned int seen[HOPS + 1] = { at }, end, k, i;

	snprintf(c->a, sizeof(c->a), "s%04u", at);
	for (c->nhops = 0; c->nhops < want;) {
		for (k = bench_dice(4), end = m->first[at]; k && m->next[end];
		     k--)
			end = m->next[end];
		i = (end - 1) / 2;
		at = m->link[i].a == at ? m->link[i].z : m->link[i].a;
		for (k = 0; k <= c->nhops && seen[k] != at; k++)
			;
		if (k <= c->nhops) {
			if (c->nhops)
				break;
			at = seen[0];
			continue;
		}
		c->latency_us += m->link[i].latency_us;
		snprintf(c->hop[c->nhops++], OCS_NAME_MAX, "l%05u", i);
		seen[c->nhops] = at;
	}
	snprintf(c->z, sizeof(c->z), "s%04u", seen[c->nhops]);
}

static void fill(const struct made *m, struct ocs_lease *l,
		 struct ocs_circuit *c, unsigned int i)
{
	static char nodes[2][24] = { "n[0001-0008]", "m[0001-0008]" };
	int64_t now = (int64_t) time(NULL);

	memset(l, 0, sizeof(*l));
	memset(c, 0, sizeof(*c));
	walk(m, c);
	snprintf(l->id, sizeof(l->id), "%016" PRIx64 "%016x",
		 bench_dice(UINT64_MAX), i);
	strcpy(l->cluster, "bench");
	strcpy(l->user, "somebody");
	l->job_id = i + 1;
	l->user_id = 1000 + i % 500;
	l->submit_s = now - 7200;
	l->end_s = now + 3600 + (int64_t) bench_dice(864000);
	l->controller_epoch = 1;
	l->nsites = 2;
	strcpy(l->site[0].name, c->a);
	strcpy(l->site[1].name, c->z);
	l->site[0].nodes = nodes[0];
	l->site[1].nodes = nodes[1];
	l->ncircuits = 1;
	l->circuit = c;
	c->requested_bps = c->granted_bps = c->lit_bps = RATE_BPS;
	c->prov = OCS_PROVISIONED;
	c->data = OCS_UP;
	l->resv = OCS_COMMITTED;
	l->version = 1;
	l->held_ms = l->committed_ms = (now - 3600) * 1000;
	c->up_ms = l->active_ms = l->held_ms + 3000;
}

static void light(FILE *f, const struct ocs_lease *l)
{
	const struct ocs_circuit *c = l->circuit;

	fprintf(f, "S %s.0 lit 0 %" PRIu64 " %s %s ", l->id, c->granted_bps,
		c->a, c->z);
	for (unsigned int i = 0; i < c->nhops; i++)
		fprintf(f, "%s%s", i ? "," : "", c->hop[i]);
	fputs("\n", f);
}

static void make_leases(const struct made *m, const char *ledger)
{
	char path[BENCH_PATH_MAX + 64];
	struct ocs_error err = { 0 };
	struct ocs_store *store = ocs_store_open(ledger, &err);
	struct ocs_circuit c;
	struct ocs_lease l;
	FILE *f;
	int rc = 0;

	snprintf(path, sizeof(path), "%s.sim", ledger);
	if (!store || !(f = fopen(path, "w")))
		bench_die("%s: %s", ledger, err.text);
	for (unsigned int i = 0; rc == 0 && i < m->large->nleases; i++) {
		char *json;

		if (i % BATCH == 0)
			rc = ocs_store_begin(store, &err);
		fill(m, &l, &c, i);
		json = ocs_wire_encode_lease(&l);
		if (rc == 0)
			rc = json ? ocs_store_lease_put(store, &l, json, &err)
				  : -1;
		free(json);
		light(f, &l);
		if (rc == 0 && (i % BATCH == BATCH - 1 ||
				i == m->large->nleases - 1)) {
			rc = ocs_store_end(store, &err);
			ocs_store_checkpoint(store);
		}
	}
	if (rc < 0 || ocs_store_sync(store, &err) < 0 || fclose(f))
		bench_die("%s: %s", ledger, err.text);
	ocs_store_checkpoint(store);
	ocs_store_close(store);
}

void bench_large_make(struct bench_agent *agent, const char *dir,
		      const struct bench_large *large)
{
	struct made m = { .large = large };
	char ledger[BENCH_PATH_MAX + 32], *conf;

	make_links(&m);
	conf = conf_of(&m);
	bench_agent_conf(agent, dir, conf);
	read_latencies(&m, dir);
	snprintf(ledger, sizeof(ledger), "%s/ledger/ledger.db", dir);
	make_leases(&m, ledger);
	free(conf);
	free(m.link);
	free(m.first);
	free(m.next);
}
