// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lease - names and questions of the lease's states; the arrows between them
 * are the agent engine's, which is the only one to change a lease
 */
#include "common/core/lease.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/net.h"
#include "common/core/units.h"

static const char *const resv_names[] = {
	[OCS_HELD] = "HELD",
	[OCS_COMMITTED] = "COMMITTED",
	[OCS_FAILED] = "FAILED",
	[OCS_TERMINATED] = "TERMINATED",
};
static const char *const prov_names[] = {
	[OCS_RELEASED] = "RELEASED",
	[OCS_PROVISIONING] = "PROVISIONING",
	[OCS_PROVISIONED] = "PROVISIONED",
	[OCS_RELEASING] = "RELEASING",
	[OCS_UNKNOWN] = "UNKNOWN",
};
static const char *const data_names[] = {
	[OCS_DOWN] = "DOWN",
	[OCS_UP] = "UP",
	[OCS_RESTORING] = "RESTORING",
	[OCS_IMPAIRED] = "IMPAIRED",
};
static const char *const sched_names[] = {
	[OCS_IN_TERM] = "IN_TERM",
	[OCS_WAITING] = "WAITING",
	[OCS_PAST_END] = "PAST_END",
};
static const char *const admin_names[] = {
	[OCS_IN_SERVICE] = "IN_SERVICE",
	[OCS_MAINTENANCE] = "MAINTENANCE",
};
static const char *const blame_names[] = {
	[OCS_BLAME_NONE] = "none",
	[OCS_BLAME_REFUSED] = "refused",
	[OCS_BLAME_FAULT] = "fault",
};
#define COUNT(table) ((unsigned int) (sizeof(table) / sizeof((table)[0])))

static const char *name_of(const char *const *table, unsigned int n,
			   unsigned int v)
{
	return v < n ? table[v] : "?";
}

static int value_of(const char *const *table, unsigned int n,
		    const char *name)
{
	for (unsigned int i = 0; name && i < n; i++)
		if (!strcmp(table[i], name))
			return (int) i;
	return -1;
}

const char *ocs_resv_name(enum ocs_resv v)
{
	return name_of(resv_names, COUNT(resv_names), v);
}

const char *ocs_prov_name(enum ocs_prov v)
{
	return name_of(prov_names, COUNT(prov_names), v);
}

const char *ocs_data_name(enum ocs_data v)
{
	return name_of(data_names, COUNT(data_names), v);
}

const char *ocs_sched_name(enum ocs_sched v)
{
	return name_of(sched_names, COUNT(sched_names), v);
}

const char *ocs_admin_name(enum ocs_admin v)
{
	return name_of(admin_names, COUNT(admin_names), v);
}

const char *ocs_blame_name(enum ocs_blame v)
{
	return name_of(blame_names, COUNT(blame_names), v);
}

int ocs_resv_from_name(const char *name, enum ocs_resv *v)
{
	int i = value_of(resv_names, COUNT(resv_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_resv) i;
	return 0;
}

int ocs_prov_from_name(const char *name, enum ocs_prov *v)
{
	int i = value_of(prov_names, COUNT(prov_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_prov) i;
	return 0;
}

int ocs_data_from_name(const char *name, enum ocs_data *v)
{
	int i = value_of(data_names, COUNT(data_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_data) i;
	return 0;
}

int ocs_sched_from_name(const char *name, enum ocs_sched *v)
{
	int i = value_of(sched_names, COUNT(sched_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_sched) i;
	return 0;
}

int ocs_admin_from_name(const char *name, enum ocs_admin *v)
{
	int i = value_of(admin_names, COUNT(admin_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_admin) i;
	return 0;
}

int ocs_blame_from_name(const char *name, enum ocs_blame *v)
{
	int i = value_of(blame_names, COUNT(blame_names), name);

	if (i < 0)
		return -1;
	*v = (enum ocs_blame) i;
	return 0;
}

struct ocs_lease *ocs_lease_create(void)
{
	return calloc(1, sizeof(struct ocs_lease));
}

void ocs_lease_destroy(struct ocs_lease *lease)
{
	if (!lease)
		return;
	for (unsigned int i = 0; i < lease->nsites; i++)
		free(lease->site[i].nodes);
	for (unsigned int i = 0; lease->circuit && i < lease->ncircuits; i++)
		free(lease->circuit[i].at);
	free(lease->circuit);
	ocs_lease_members_drop(lease);
	free(lease);
}

/* What is in use: there may be fewer sites, */
static size_t lease_size(const struct ocs_lease *lease)
{
	return offsetof(struct ocs_lease, site) +
	       lease->nsites * sizeof(lease->site[0]);
}

/* and the last circuit's hops may end early. */
static size_t circuits_size(const struct ocs_lease *lease)
{
	unsigned int last = lease->ncircuits - 1;

	return last * sizeof(*lease->circuit) +
	       offsetof(struct ocs_circuit, hop) +
	       lease->circuit[last].nhops * sizeof(lease->circuit->hop[0]);
}

static int copy_members(struct ocs_lease *copy, const struct ocs_lease *lease)
{
	size_t size = lease->nmembers * sizeof(*lease->member);
	size_t hops = lease->nmember_hops * sizeof(*lease->member_hop);

	if (size) {
		if (!(copy->member = malloc(size)))
			return -1;
		memcpy(copy->member, lease->member, size);
	}
	if (hops) {
		if (!(copy->member_hop = malloc(hops)))
			return -1;
		memcpy(copy->member_hop, lease->member_hop, hops);
	}
	return 0;
}

/* LEASE's attachments are another's: give it its own. On failure it has those
 * that it got. */
static int copy_attachments(struct ocs_lease *lease)
{
	int rc = 0;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		struct ocs_attachment *from = lease->circuit[i].at, *at = NULL;

		if (from && rc == 0 && (at = malloc(sizeof(*at))))
			*at = *from;
		else if (from)
			rc = -1;
		lease->circuit[i].at = at;
	}
	return rc;
}

struct ocs_lease *ocs_lease_copy(const struct ocs_lease *lease)
{
	struct ocs_lease *copy;

	if (!(copy = ocs_lease_create()))
		return NULL;
	memcpy(copy, lease, lease_size(lease));
	copy->circuit = NULL;
	copy->member = NULL;
	copy->member_hop = NULL;
	for (unsigned int i = 0; i < lease->nsites; i++)
		copy->site[i].nodes = NULL;

	for (unsigned int i = 0; i < lease->nsites; i++)
		if (lease->site[i].nodes &&
		    !(copy->site[i].nodes = strdup(lease->site[i].nodes)))
			goto fail;
	if (lease->ncircuits) {
		copy->circuit = calloc(lease->ncircuits,
				       sizeof(*copy->circuit));
		if (!copy->circuit)
			goto fail;
		memcpy(copy->circuit, lease->circuit, circuits_size(lease));
		if (copy_attachments(copy) < 0)
			goto fail;
	}
	if (copy_members(copy, lease) < 0)
		goto fail;
	return copy;
fail:
	ocs_lease_destroy(copy);
	return NULL;
}

struct ocs_lease *ocs_lease_pack(struct ocs_lease *lease)
{
	void *packed;

	if (lease->ncircuits) {
		packed = realloc(lease->circuit, circuits_size(lease));
		if (!packed)
			return NULL;
		lease->circuit = packed;
	}
	return realloc(lease, lease_size(lease));
}

void ocs_lease_members_drop(struct ocs_lease *lease)
{
	free(lease->member);
	free(lease->member_hop);
	lease->member = NULL;
	lease->member_hop = NULL;
	lease->nmembers = lease->nmember_hops = 0;
}

static unsigned int count_members(const struct ocs_lease *lease,
				  unsigned int i, bool standby)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < lease->nmembers; k++)
		n += lease->member[k].circuit == i &&
		     (standby || !lease->member[k].standby);
	return n;
}

unsigned int ocs_lease_members(const struct ocs_lease *lease, unsigned int i)
{
	return count_members(lease, i, true);
}

uint64_t ocs_lease_member_bps(const struct ocs_lease *lease, unsigned int i,
			      uint64_t rate_bps)
{
	return ocs_member_share(rate_bps, count_members(lease, i, false));
}

unsigned int ocs_member_nhops(const struct ocs_lease *lease,
			      const struct ocs_member *m)
{
	return m->own_route ? m->nhops : lease->circuit[m->circuit].nhops;
}

const char *ocs_member_hop(const struct ocs_lease *lease,
			   const struct ocs_member *m, unsigned int i)
{
	return m->own_route ? lease->member_hop[m->first_hop + i] :
			      lease->circuit[m->circuit].hop[i];
}

/* Was carrying traffic, or is being repaired: not just "not yet up". */
static bool impaired(const struct ocs_lease *lease)
{
	if (lease->active_ms)
		return true;
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (lease->circuit[i].data == OCS_RESTORING ||
		    lease->circuit[i].data == OCS_IMPAIRED)
			return true;
	return false;
}

const char *ocs_lease_word(const struct ocs_lease *lease)
{
	if (!ocs_lease_booked(lease))
		return "GONE";
	switch (lease->resv) {
	case OCS_HELD:
		return "HELD";
	case OCS_COMMITTED:
		if (lease->sched == OCS_PAST_END)
			return "OVERDUE";
		if (lease->sched == OCS_WAITING)
			return "WAITING";
		if (ocs_lease_up(lease))
			return "ACTIVE";
		return impaired(lease) ? "IMPAIRED" : "PROVISIONING";
	case OCS_FAILED:
		return "FAILED";
	case OCS_TERMINATED:
		break;
	}
	return "RELEASING";
}

bool ocs_circuit_booked(const struct ocs_lease *lease,
			const struct ocs_circuit *c)
{
	return lease->resv == OCS_HELD || lease->resv == OCS_COMMITTED ||
	       c->prov != OCS_RELEASED ||
	       (c->at && c->at->state != OCS_DETACHED);
}

void ocs_lease_trouble(const struct ocs_lease *lease, char cause[static 256])
{
	static const char *const words[] = { "Impaired", "Restoring", "Down" };
	const struct ocs_circuit *worst = NULL;
	unsigned int how = 0;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];
		unsigned int rank = c->data == OCS_DOWN ? 2 :
				    c->data == OCS_RESTORING ? 1 : 0;

		if (c->data == OCS_UP || (worst && rank <= how))
			continue;
		worst = c;
		how = rank;
	}
	memset(cause, 0, 256);
	if (worst)
		snprintf(cause, 256, "Optical%s(%s-%s)", words[how], worst->a,
			 worst->z);
}

/* I1: what this calls booked may not be given to anybody else. */
bool ocs_lease_booked(const struct ocs_lease *lease)
{
	if (lease->resv == OCS_HELD || lease->resv == OCS_COMMITTED)
		return true;
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (ocs_circuit_booked(lease, &lease->circuit[i]))
			return true;
	return false;
}

/* I4: a lease without circuits never says yes. */
bool ocs_lease_up(const struct ocs_lease *lease)
{
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (lease->circuit[i].prov != OCS_PROVISIONED ||
		    lease->circuit[i].data != OCS_UP ||
		    (lease->circuit[i].at &&
		     lease->circuit[i].at->state != OCS_ATTACHED))
			return false;
	return lease->ncircuits > 0;
}

static bool same_text(const char *x, const char *y)
{
	return !strcmp(x ? x : "", y ? y : "");
}

static bool same_ends(const struct ocs_circuit *x, const struct ocs_circuit *y)
{
	return !strcmp(x->a, y->a) && !strcmp(x->z, y->z);
}

static bool same_circuit(const struct ocs_circuit *x,
			 const struct ocs_circuit *y)
{
	/* granted 0: left to the agent */
	return same_ends(x, y) &&
	       x->requested_bps == y->requested_bps &&
	       (x->granted_bps == y->granted_bps || !x->granted_bps ||
		!y->granted_bps) &&
	       x->max_latency_us == y->max_latency_us &&
	       x->max_delay_variation_us == y->max_delay_variation_us &&
	       x->max_unavailable_ppb == y->max_unavailable_ppb &&
	       x->protect == y->protect;
}

bool ocs_lease_same_request(const struct ocs_lease *x,
			    const struct ocs_lease *y)
{
	bool changed = x->version > 1 || y->version > 1;

	if (strcmp(x->id, y->id) || strcmp(x->cluster, y->cluster) ||
	    x->job_id != y->job_id || x->user_id != y->user_id ||
	    x->submit_s != y->submit_s || x->restart_cnt != y->restart_cnt ||
	    x->nsites != y->nsites || x->ncircuits != y->ncircuits ||
	    (!changed && x->start_s != y->start_s))
		return false;
	for (unsigned int i = 0; i < x->nsites && i < OCS_SPAN_MAX; i++)
		if (strcmp(x->site[i].name, y->site[i].name) ||
		    !same_text(x->site[i].nodes, y->site[i].nodes))
			return false;
	for (unsigned int i = 0; i < x->ncircuits; i++)
		if (changed ? !same_ends(&x->circuit[i], &y->circuit[i]) :
		    !same_circuit(&x->circuit[i], &y->circuit[i]))
			return false;
	return true;
}

uint32_t ocs_lease_gbps(const struct ocs_lease *lease)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];
		uint64_t legs = c->protect == OCS_ONE_PLUS_ONE ? 2 : 1;

		if (__builtin_mul_overflow(c->granted_bps, legs, &legs) ||
		    __builtin_add_overflow(sum, legs, &sum))
			return UINT32_MAX;
	}
	return ocs_rate_gbps(sum);
}

bool ocs_lease_id_ok(const char *id)
{
	return id && strlen(id) == OCS_LEASE_ID_MAX - 1 &&
	       strspn(id, "0123456789abcdef") == OCS_LEASE_ID_MAX - 1;
}
