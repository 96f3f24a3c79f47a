/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model - a naive view of what the agent's engine may answer, and a network to
 * drive; for t_model.c
 *
 * model_naive.c recomputes everything from the leases that are shown, by brute
 * force: every simple path, every moment at which a booking begins or ends. It
 * shares no code with common/core's routes, steps and calendar.
 */
#ifndef OCS_TESTS_MODEL_H
#define OCS_TESTS_MODEL_H

#include "agent/engine_priv.h"

#define G UINT64_C(1000000000)
#define LEASES_MAX 48
#define LINKS_MAX 6
#define SITES_MAX 4
/* Links, then ports: as ocs_net_resources() numbers them. */
#define RESOURCES_MAX (LINKS_MAX + SITES_MAX)
#define WINDOWS_MAX 4
#define HOPS_MAX 4
#define VLAN_FIRST 100

/* ---- dice and clock ---- */

struct dice {
	uint64_t state;
};
uint32_t roll(struct dice *d, uint32_t sides);	/* 0 .. sides - 1 */

extern int64_t model_now_ms;	/* the virtual clock, both of them */

/* ---- the naive reference ---- */

struct model_window {
	char id[OCS_LEASE_ID_MAX];
	unsigned int link;
	int64_t start_s, end_s;	/* end 0: none */
};

struct model {
	struct ocs_net net;	/* capacities and latencies only; at most one
				 * port at each site, all of one rate */
	int64_t grace_s;
	bool down[LINKS_MAX];
	bool drained[LINKS_MAX];
	struct model_window window[WINDOWS_MAX];
	bool frozen[LINKS_MAX], frozen_all;
	bool approve[LINKS_MAX];	/* Mode=approve */
	bool pool[SITES_MAX];		/* circuits there need a VLAN */
	unsigned int nvlans;		/* of each pool, from VLAN_FIRST on */
	unsigned int nshown;
	struct ocs_lease *shown[LEASES_MAX];	/* as the engine shows them */
};

/* What has no end that can be relied on may count as booked to now + this. */
enum tail { TAIL_SHORT = 1, TAIL_LONG = ENGINE_STEP_S };

/* LINK below is a link, or a port: see ocs_port_resource(). */
unsigned int naive_resources(const struct model *m);
uint64_t naive_capacity(const struct model *m, unsigned int link);
/* Booked on LINK by L at TIME_S, in b/s; TAIL as above. */
uint64_t naive_booked(const struct model *m, const struct ocs_lease *l,
		      unsigned int link, int64_t time_s, enum tail tail);
/* Booked on LINK at this moment over all that are shown. */
uint64_t naive_now(const struct model *m, unsigned int link);
/* The least that is free on LINK in [START_S, END_S) without lease OWN (NULL:
 * all count); *CLOSED: a drain or a window lies in it. */
uint64_t naive_free(const struct model *m, unsigned int link, int64_t start_s,
		    int64_t end_s, const struct ocs_lease *own,
		    enum tail tail, bool *closed);
/* Route L's circuits one after the other over what is free in its time without
 * OWN: OCS_OK with the hops in L, OCS_BUSY, OCS_RANGE or OCS_NOT_FOUND. */
enum ocs_code naive_route(const struct model *m, struct ocs_lease *l,
			  const struct ocs_lease *own, enum tail tail);
/* The same for a hold, which operators keep off frozen links if it begins at
 * once; LATER: in any case. */
enum ocs_code naive_hold(const struct model *m, struct ocs_lease *l,
			 enum tail tail, bool later);
bool naive_frozen(const struct model *m, unsigned int link);
/* Is there a VLAN for each circuit of L that needs one? *CAN: there is a way to
 * choose them; *MUST: there is none left however they are chosen one after the
 * other. */
void naive_vlans(const struct model *m, const struct ocs_lease *l, bool *can,
		 bool *must);
/* A VLAN that two circuits at one site have; 0: none. */
unsigned int naive_vlan_twice(const struct model *m);
/* May L's booking become NEXT's on the same route? OCS_OK or OCS_BUSY. OWN is
 * the tail of L, TAIL that of all others: each was booked on at a time of its
 * own. */
enum ocs_code naive_change(const struct model *m, const struct ocs_lease *l,
			   const struct ocs_lease *next, enum tail own,
			   enum tail tail);
int64_t naive_end_s(const struct model *m, const struct ocs_lease *l);
bool naive_runs(const struct ocs_lease *l);

/* ---- the network ---- */

enum light { L_BUILDING, L_LIT, L_BROKEN, L_TEARING };

struct service {
	bool used;
	struct ocs_service svc;
	enum light light;
	bool fail;		/* its set-up will */
	int64_t due_ms;		/* of building and tearing */
};

struct due {			/* an answer on its way */
	bool used;
	char id[OCS_SERVICE_ID_MAX];
	uint64_t op;
	ocs_driver_done_f done;
	void *arg;
	enum ocs_outcome outcome;
	enum ocs_light light;
	int64_t due_ms;
	unsigned int times;	/* 2: it comes twice */
};

struct network {
	struct ocs_driver drv;
	struct dice *dice;
	struct model *model;
	bool dead;		/* the agent was killed: it asks no more */
	void (*asked)(const struct ocs_service *svc, char kind);
	struct ocs_engine *engine;	/* to tell of links; NULL: nobody */
	unsigned int refuse, fail, lose, twice;	/* faults to come */
	struct service service[LEASES_MAX * 4];
	struct due due[256];
	unsigned long nlost, ntwice, nrefused, nfailed, nresized;
};

void network_init(struct network *w, struct model *m, struct dice *d,
		  void (*asked)(const struct ocs_service *svc, char kind));
/* Answers on their way are lost with the agent that asked. */
void network_forget(struct network *w);
/* Tell a new agent of what is there, as a driver does at its start. */
void network_greet(struct network *w);
/* The next time at which something happens, or INT64_MAX. */
int64_t network_next(const struct network *w);
/* What is due happens; true if anything did. */
bool network_step(struct network *w);
void network_cut(struct network *w, unsigned int link, bool down);
struct service *network_find(struct network *w, const char *id);

/* ---- attachment programs ---- */

struct hook {
	bool used;
	struct ocs_attach_call call;
	int64_t due_ms;
	enum ocs_attach_end_of end;
};

struct hooks {
	struct dice *dice;
	struct ocs_engine *engine;	/* NULL: nobody */
	unsigned int refuse, fail;	/* faults to come */
	struct hook hook[256];		/* that run */
	unsigned int nattached;
	struct {
		char id[OCS_SERVICE_ID_MAX];
		bool z;
	} attached[LEASES_MAX * 6];	/* as programs have left it */
	unsigned long ndone[2], nrefused, nfailed;
};

/* ocs_attacher_call() is linked to this: H is what calls go to. */
extern struct hooks *model_hooks;
/* Called for each; WHY or NULL. */
extern void (*model_hook_asked)(const struct ocs_attach_call *call,
				const char *why);
void hooks_init(struct hooks *h, struct dice *d);
/* The agent is gone: what runs ends, and tells nobody. */
void hooks_forget(struct hooks *h);
bool hooks_attached(const struct hooks *h, const char *id, bool z);
int64_t hooks_next(const struct hooks *h);
bool hooks_step(struct hooks *h);

#endif
