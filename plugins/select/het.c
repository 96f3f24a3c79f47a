// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * het - heterogeneous jobs: one lease for all components
 *
 * Backfill asks for each component when it could start; where it would run is
 * remembered, and the next component is judged together with those before it.
 * When all can start the components keep to that plan. The leader comes first,
 * holds the circuits between the sites of all, and its lease is everybody's;
 * each component has a gate of its own.
 */
#include "plugins/select/optical.h"

/* Heterogeneous jobs that are planned at a time; older plans are made anew. */
#define PLANS 64
/* A plan is renewed by each backfill pass; one this old is none, in ms. */
#define FRESH_MS 600000

struct plan {
	uint32_t het_id;			/* 0: free */
	uint64_t at_ms;
	unsigned int n;
	struct {
		uint32_t job_id;
		bitstr_t *nodes;
	} comp[HET_COMPONENTS_MAX];
};

/* PLANS of them, from the first one on; under the job write lock. */
static struct plan *plans;

job_record_t *het_leader(const job_record_t *job)
{
	job_record_t *leader;

	if (!job->het_job_id)
		return NULL;
	leader = find_job_record(job->het_job_id);
	if (!leader || !leader->het_job_list || !leader->details ||
	    !jobinfo_requested(leader))
		return NULL;
	return leader;
}

static void plan_clear(struct plan *p)
{
	for (unsigned int i = 0; i < p->n; i++)
		FREE_NULL_BITMAP(p->comp[i].nodes);
	memset(p, 0, sizeof(*p));
}

static struct plan *plan_find(uint32_t het_id)
{
	struct plan *p = plans ? &plans[het_id % PLANS] : NULL;

	if (!p || p->het_id != het_id)
		return NULL;
	if (now_ms() - p->at_ms > FRESH_MS ||
	    (p->n && (unsigned int) bit_size(p->comp[0].nodes) !=
	     compat_node_count())) {
		plan_clear(p);
		return NULL;
	}
	return p;
}

void het_plan(const job_record_t *job, const bitstr_t *nodes)
{
	struct plan *p = plan_find(job->het_job_id);
	unsigned int i = 0;

	if (!plans && !(plans = calloc(PLANS, sizeof(*plans))))
		return;
	if (!p) {
		p = &plans[job->het_job_id % PLANS];
		plan_clear(p);
		p->het_id = job->het_job_id;
	}
	while (i < p->n && p->comp[i].job_id != job->job_id)
		i++;
	if (i == HET_COMPONENTS_MAX)
		return;
	if (i == p->n)
		p->n++;
	FREE_NULL_BITMAP(p->comp[i].nodes);
	p->comp[i].nodes = bit_copy((bitstr_t *) nodes);
	p->comp[i].job_id = job->job_id;
	p->at_ms = now_ms();
}

const bitstr_t *het_nodes(const job_record_t *job)
{
	struct plan *p = plan_find(job->het_job_id);

	for (unsigned int i = 0; p && i < p->n; i++)
		if (p->comp[i].job_id == job->job_id)
			return p->comp[i].nodes;
	return NULL;
}

void het_others(const job_record_t *job, bool before, bitstr_t *nodes)
{
	struct plan *p = plan_find(job->het_job_id);

	for (unsigned int i = 0; p && i < p->n; i++)
		if (p->comp[i].job_id != job->job_id &&
		    (!before || p->comp[i].job_id < job->job_id))
			bit_or(nodes, p->comp[i].nodes);
}

unsigned int het_count(const job_record_t *leader)
{
	return list_count(leader->het_job_list);
}

bool het_is_last(const job_record_t *job, const job_record_t *leader)
{
	return job->het_job_offset + 1 >= het_count(leader);
}

bool het_planned(const job_record_t *leader)
{
	struct plan *p = plan_find(leader->het_job_id);

	return p && p->n == het_count(leader);
}

struct others {
	const job_record_t *leader;
	unsigned int n;
	job_record_t *job[HET_COMPONENTS_MAX];
};

static int collect(void *x, void *arg)
{
	job_record_t *job = x;
	struct others *o = arg;

	if (job != o->leader && job->het_job_id == o->leader->het_job_id &&
	    job->details && o->n < HET_COMPONENTS_MAX)
		o->job[o->n++] = job;
	return 0;
}

/* Not from within the list: what FN does may walk it, too, as a launch does. */
void het_each(const job_record_t *leader,
	      void (*fn)(job_record_t *job, void *arg), void *arg)
{
	struct others o = { .leader = leader };

	if (leader->het_job_id && leader->het_job_list)
		(void) list_for_each(leader->het_job_list, collect, &o);
	for (unsigned int i = 0; i < o.n; i++)
		fn(o.job[i], arg);
}

static void open_gate(job_record_t *job, void *arg)
{
	if (!jobinfo_env(job, HET_GATE))
		return;
	jobinfo_env_unset(job, HET_GATE);
	if (job->details->prolog_running)
		compat_gate_open(job);
}

void het_gates_open(const job_record_t *leader)
{
	het_each(leader, open_gate, NULL);
}

static void is_completing(job_record_t *job, void *arg)
{
	if (IS_JOB_COMPLETING(job))
		*(bool *) arg = true;
}

bool het_completing(const job_record_t *leader)
{
	bool any = false;

	het_each(leader, is_completing, &any);
	return any;
}
