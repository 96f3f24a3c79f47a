// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drivers - opens what opticald.conf asks for
 *
 * Each driver gets the links of its domains alone. A simulated network is a
 * file beside the ledger: LEDGER.sim, that of a domain LEDGER.DOMAIN.sim.
 */
#include "agent/drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ocs_drivers_name(const struct ocs_agent_conf *conf, char buf[static 32])
{
	bool has[4] = { false };
	size_t n = 0;

	for (unsigned int i = 0; i < conf->drivers.n; i++)
		has[conf->drivers.driver[i].kind] = true;
	buf[0] = '\0';
	for (unsigned int k = OCS_SIM; k <= OCS_EXEC; k++)
		if (has[k])
			n += (size_t) snprintf(buf + n, 32 - n, "%s%s",
					       n ? "+" : "",
					       ocs_driver_kind_name(k));
}

/* The links of CONF that are driver I's, with all sites. */
static int part_of(const struct ocs_agent_conf *conf, unsigned int i,
		   struct ocs_net *part, struct ocs_error *err)
{
	const struct ocs_net *net = &conf->net;
	unsigned int n = 0;

	if (ocs_net_copy(part, net) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int l = 0; l < net->nlinks; l++)
		if (ocs_drivers_conf_of(&conf->drivers, net,
					&net->link[l]) == i)
			part->link[n++] = net->link[l];
	part->nlinks = n;
	if (ocs_net_index(part) < 0) {
		ocs_net_fini(part);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	return 0;
}

static struct ocs_driver *sim_open(const struct ocs_agent_conf *conf,
				   const struct ocs_driver_conf *d,
				   const struct ocs_net *net,
				   struct ocs_error *err)
{
	const struct ocs_sim_options opt = {
		.full = d->sim_full,
		.setup_ms = d->sim_setup_ms,
		.release_ms = d->sim_release_ms,
		.seed = d->sim_seed,
		.speed = d->sim_speed,
		.transponders = d->sim_transponders,
	};
	char path[sizeof(conf->ledger) + OCS_NAME_MAX + 8];

	snprintf(path, sizeof(path), "%s%s%s.sim", conf->ledger,
		 d->name[0] ? "." : "", d->name);
	return ocs_driver_sim_open(path, net, &opt, err);
}

static struct ocs_driver *open_one(const struct ocs_agent_conf *conf,
				   unsigned int i, struct ocs_error *err)
{
	const struct ocs_driver_conf *d = &conf->drivers.driver[i];
	struct ocs_driver *drv = NULL;
	struct ocs_net net;

	if (part_of(conf, i, &net, err) < 0)
		return NULL;
	switch (d->kind) {
	case OCS_SIM:
		drv = sim_open(conf, d, &net, err);
		break;
	case OCS_STATIC:
		drv = ocs_driver_static_create(d->down_file, &net, err);
		break;
	case OCS_EXEC:
		drv = ocs_driver_exec_create(d->name, d->program, &net, err);
		break;
	case OCS_NO_DRIVER:
		ocs_fail(err, OCS_INTERNAL, "no driver");
		break;
	}
	ocs_net_fini(&net);
	return drv;
}

/* Which of PART, of which driver I of CONF is the AT[I]th, has which link. */
static unsigned int *owners(const struct ocs_agent_conf *conf,
			    const unsigned int *at)
{
	const struct ocs_net *net = &conf->net;
	unsigned int *of = calloc(net->nlinks + 1, sizeof(*of));

	for (unsigned int l = 0; of && l < net->nlinks; l++)
		of[l] = at[ocs_drivers_conf_of(&conf->drivers, net,
					       &net->link[l])];
	return of;
}

struct ocs_driver *ocs_drivers_open(const struct ocs_agent_conf *conf,
				    struct ocs_error *err)
{
	struct ocs_driver *part[OCS_DOMAINS_MAX] = { NULL }, *drv = NULL;
	unsigned int at[OCS_DOMAINS_MAX] = { 0 }, n = 0, *of = NULL;

	for (unsigned int i = 0; i < conf->drivers.n; i++) {
		if (!conf->drivers.driver[i].kind)
			continue;
		if (!(part[n] = open_one(conf, i, err)))
			goto fail;
		at[i] = n++;
	}
	if (n == 1)
		return part[0];
	if ((of = owners(conf, at)))
		drv = ocs_driver_mux_create(part, n, &conf->net, of, err);
	else
		ocs_fail(err, OCS_NOMEM, "out of memory");
	free(of);
	if (drv)
		return drv;
fail:
	for (unsigned int i = 0; i < n; i++)
		part[i]->ops->destroy(part[i]);
	return NULL;
}
