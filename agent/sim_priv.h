/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_priv - what the files of the simulated network share
 *
 *  driver_sim.c	a controller: what it is asked for, its clock
 *  sim_fault.c		faults on command
 *  sim_file.c		the file that stands for the network
 *  sim_optics.c	how long, which way, over which wavelengths
 *  sim_service.c	services, links, light
 *
 * "Locked" means: called with the simulator's lock held.
 */
#ifndef OCS_AGENT_SIM_PRIV_H
#define OCS_AGENT_SIM_PRIV_H

#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

#include "agent/driver.h"
#include "agent/driver_calls.h"
#include "common/core/net.h"

#define SIM_FAULTS_MAX 1000000
/* Wavelengths of a link that are told apart, and of one service. */
#define SIM_CHANNELS_MAX 1024
#define SIM_CHANNELS_EACH 32

enum sim_state { SIM_BUILDING, SIM_LIT, SIM_BROKEN, SIM_TEARING };

/* Faults that wait for so many occasions. */
enum sim_fault {
	SIM_REFUSE,		/* a set-up, at once */
	SIM_FAIL_LATE,		/* a set-up, at its end */
	SIM_NEVER_ANSWER,	/* a set-up or release that is done, silently */
	SIM_ANSWER_TWICE,	/* the end of a set-up or release */
	SIM_LIE,		/* a set-up is said to be done and is not */
	SIM_REROUTE,		/* a set-up takes another route */
	SIM_SLOW_DELETE,	/* a release takes a minute longer */
	SIM_STALE,		/* a look, an inventory: what was before */
	SIM_NFAULTS
};

struct sim_place {
	unsigned int nhops;	/* 0: a link that was asked for is not there */
	unsigned int hop[OCS_HOPS_MAX];		/* indexes of links */
	unsigned int nchannels;	/* 0: links without wavelengths */
	uint16_t channel[SIM_CHANNELS_EACH];
};

struct sim_service {
	LIST_ENTRY(sim_service) hash;
	TAILQ_ENTRY(sim_service) queue;
	struct sim_queue *in;	/* of those that are due some time, or NULL */
	enum sim_state state;
	uint32_t hash_of_id;
	int64_t due_ms;		/* Unix ms: building, tearing, restoring or a
				 * foreign one ends */
	bool will_fail;		/* fail_late was taken for it */
	bool will_lie;
	bool foreign;		/* another customer's */
	int16_t port_a, port_z;	/* of net, where it ends; -1: none is told */
	const char *fail_link;	/* the name in sim_link or svc */
	struct ocs_owed create, remove;
	struct sim_place at;	/* where it really is */
	struct ocs_service svc;	/* last: only nhops of its hops are there */
};
LIST_HEAD(sim_chain, sim_service);
TAILQ_HEAD(sim_queue, sim_service);

struct sim_link {
	char name[OCS_NAME_MAX];	/* [0] is "*" */
	unsigned int index;	/* in net; of "*": none */
	bool down;
	unsigned int left[SIM_NFAULTS];
	unsigned int flaps;	/* times that it is still to change */
	int64_t flap_ms;	/* Unix: next time */
	uint64_t used_bps;	/* by services, others' too */
	uint64_t foreign_bps, told_bps;
	unsigned int nchannels;	/* 0: not told apart */
	uint64_t used[SIM_CHANNELS_MAX / 64];
	int64_t adjust_ms[2];	/* Unix: power at end a, z is adjusted until */
};

struct sim {
	struct ocs_driver drv;
	char path[300];
	struct ocs_sim_options opt;
	struct ocs_calls *calls;
	pthread_mutex_t lock;	/* guards all below */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stopping;
	FILE *file;
	unsigned int lines;	/* in the file */
	struct ocs_net net;	/* for finding routes */
	unsigned int nlinks;
	struct sim_link *link;
	struct sim_link **by_name;
	unsigned int *transponders;	/* in use, per site of net */
	uint64_t *port_bps;	/* in use, per port of net */
	unsigned int nservices, nchains;	/* a power of 2 */
	struct sim_chain *chain;	/* services by their ids */
	/* soonest first: set up, released, restored; others' that leave */
	struct sim_queue building, tearing, restoring, leaving;
	unsigned int nflapping, nforeign;
	int64_t inventory_ms, others_ms;	/* Unix: next */
	uint64_t random;
	unsigned int ngone;	/* ever; the last ids that were dropped */
	char gone[64][OCS_SERVICE_ID_MAX];
};

/* sim_service.c; locked */
struct sim_link *sim_link_find(struct sim *sim, const char *name);
struct sim_service *sim_service_find(struct sim *sim, const char *id);
/* Takes no room; see sim_occupy(). NULL: out of memory. */
struct sim_service *sim_service_add(struct sim *sim,
				    const struct ocs_service *svc);
/* Gives its room back, but stays in the file. */
void sim_service_free(struct sim *sim, struct sim_service *s);
/* The same, and away from the file. */
void sim_service_drop(struct sim *sim, struct sim_service *s);
/* Where S waits for its time, if its state is such; Q NULL: as that says. */
void sim_enqueue(struct sim *sim, struct sim_service *s, struct sim_queue *q);
enum ocs_light sim_light(struct sim *sim, const struct sim_service *s);
/* The first of its links that is down, or does not exist; or NULL. */
const char *sim_dark_link(struct sim *sim, const struct sim_service *s);
void sim_set_down(struct sim *sim, struct sim_link *l, bool down);
/* The fault KIND meets SVC: its link, or NULL. One is used up. */
struct sim_link *sim_meet(struct sim *sim, const struct ocs_service *svc,
			  enum sim_fault kind);

/* sim_fault.c */
extern const char *const sim_fault_names[];	/* by enum sim_fault */
int sim_fault(struct ocs_driver *drv, const char *link, const char *kind,
	      unsigned int count, struct ocs_error *err);
char *sim_faults(struct ocs_driver *drv);
/* Locked. Another customer takes UNITS of L, until UNTIL_MS (0: for ever):
 * how many it got. */
unsigned int sim_others_take(struct sim *sim, struct sim_link *l,
			     unsigned int units, int64_t until_ms);
/* Locked. What others have is told as it is now. */
void sim_inventory(struct sim *sim);

/* sim_file.c; locked */
int sim_load(struct sim *sim, struct ocs_error *err);
/* Write the file anew; on failure the old one stays in use. */
int sim_rewrite(struct sim *sim, struct ocs_error *err);
void sim_save_service(struct sim *sim, const struct sim_service *s);
void sim_save_gone(struct sim *sim, const char *id);
void sim_save_link(struct sim *sim, const struct sim_link *l);
void sim_save_faults(struct sim *sim, const struct sim_link *l);

/* sim_optics.c; locked */
/* The route that SVC asks for, into S; false: a link of it does not exist. */
bool sim_route_asked(struct sim *sim, struct sim_service *s);
/* S takes (or no longer takes) the place that it has. */
void sim_occupy(struct sim *sim, struct sim_service *s, bool more);
/* Find S a place: its own route, or (OTHER, or full and none is left on that)
 * another one. 0 and it is occupied; -1 with CAUSE. */
int sim_settle(struct sim *sim, struct sim_service *s, bool other,
	       char cause[static 200]);
/* Find S, which is dark, another place; false: there is none. */
bool sim_restore(struct sim *sim, struct sim_service *s);
/* There is room for S at RATE where it is; its place is not changed. */
bool sim_can_carry(struct sim *sim, struct sim_service *s, uint64_t rate_bps);
/* Unix ms at which a set-up or release of S that begins at NOW is over; the
 * degrees of its route are busy until then. */
int64_t sim_setup_due(struct sim *sim, const struct sim_service *s,
		      int64_t now);
int64_t sim_release_due(struct sim *sim, const struct sim_service *s,
			int64_t now);
/* How long the controller needs to restore, and is between inventories. */
int64_t sim_restore_time(struct sim *sim);
#define SIM_INVENTORY_MS 30000
/* One wavelength of another customer, per link: mean time between, mean stay,
 * in ms of the simulated clock. */
#define SIM_OTHERS_MS 600000
/* True in PER_MILLE of 1000 cases, when full. */
bool sim_chance(struct sim *sim, unsigned int per_mille);
uint64_t sim_random(struct sim *sim, uint64_t below);
/* MS of the simulated clock as ms of ours. */
int64_t sim_ms(const struct sim *sim, int64_t ms);
/* What one service of RATE takes of L. */
uint64_t sim_consumed(const struct sim *sim, const struct sim_link *l,
		      uint64_t rate_bps);
uint64_t sim_capacity(const struct sim *sim, const struct sim_link *l);
uint64_t sim_latency_us(const struct sim *sim, const struct sim_service *s);

#endif
