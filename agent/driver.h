/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver - the seam to what really sets circuits up, asynchronous
 *
 * A service is one circuit of one lease in the controller's world, or one member
 * of a circuit that has several, under a name that the engine derives from the
 * lease, so that it is found again after any crash. A driver keeps no truth about leases; the controller's truth is
 * what look() reports.
 *
 * create(), remove() and look() return at once and end by exactly one call of
 * DONE with the same OP, from a thread of the driver and never from within the
 * call itself, with no lock of the driver held. Until stop() has returned,
 * calls of DONE and of the watcher may come; after it none.
 */
#ifndef OCS_AGENT_DRIVER_H
#define OCS_AGENT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

#define OCS_SERVICE_ID_MAX (OCS_LEASE_ID_MAX + 8)

struct ocs_service {
	/* LEASEID.INDEX; of the second and further members of the circuit,
	 * LEASEID.INDEXm2 and on */
	char id[OCS_SERVICE_ID_MAX];
	char a[OCS_NAME_MAX];
	char z[OCS_NAME_MAX];
	/* Names of the ports at which it ends, borrowed for the call; NULL: not
	 * told. */
	const char *port_a, *port_z;
	uint64_t rate_bps;
	unsigned int nhops;
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];	/* names of links, a to z */
};

enum ocs_outcome {
	OCS_DRV_DONE,		/* as asked for */
	OCS_DRV_REFUSED,	/* the controller said no */
	OCS_DRV_FAULT,		/* it was taken on and then failed */
	OCS_DRV_ABORTED,	/* a remove() came in between */
	OCS_DRV_LOST,		/* no answer: the effect is not known */
};
/* What the controller's world shows of a service. */
enum ocs_light {
	OCS_LIGHT_ABSENT, OCS_LIGHT_BUILDING, OCS_LIGHT_LIT, OCS_LIGHT_DARK,
	OCS_LIGHT_TEARING
};

/*
 * What the controller really built, as far as a driver knows it; it may differ
 * from what was asked for: another route, another latency, less.
 */
struct ocs_real {
	uint64_t rate_bps;	/* carried; 0: not known */
	uint64_t latency_us;	/* one way, client port to client port; 0: not
				 * known */
	unsigned int nhops;	/* 0: the route is not known */
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];	/* links, a to z */
};

struct ocs_driver;

/* ID is the service's. LIGHT is valid for look() with OCS_DRV_DONE. CAUSE is
 * never NULL. */
typedef void (*ocs_driver_done_f)(void *arg, const char *id, uint64_t op,
				  enum ocs_outcome outcome,
				  enum ocs_light light, const char *cause);

/* What a driver reports unasked. */
struct ocs_driver_watch {
	/* A service went dark, came back, or vanished. */
	void (*service)(void *arg, const char *id, enum ocs_light light,
			const char *cause);
	void (*link)(void *arg, const char *name, bool down);
	/* Others than we use BPS of link NAME, as of now (in all, not more). */
	void (*foreign)(void *arg, const char *name, uint64_t bps);
	/* The latency of link NAME, one way, and its delay variation; 0, and
	 * UINT64_MAX: not known (any more). May be NULL. */
	void (*latency)(void *arg, const char *name, uint64_t us,
			uint64_t variation_us);
	void *arg;
};

struct ocs_driver_ops {
	const char *name;
	bool simulated;
	/* Begin to report: first each link that is down and each service that
	 * exists (service()), then what changes. 0 or -1 with ERR set. */
	int (*start)(struct ocs_driver *drv,
		     const struct ocs_driver_watch *watch,
		     struct ocs_error *err);
	/* No call comes after this; operations under way stay unanswered. */
	void (*stop)(struct ocs_driver *drv);
	void (*destroy)(struct ocs_driver *drv);	/* NULL is allowed */

	/* Idempotent: one that exists is joined (building) or done (lit). */
	void (*create)(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg);
	/* Idempotent; ends a create() under way with OCS_DRV_ABORTED. */
	void (*remove)(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg);
	void (*look)(struct ocs_driver *drv, const struct ocs_service *svc,
		     uint64_t op, ocs_driver_done_f done, void *arg);

	/* What is known of SVC since a look() found it lit, at once: true and
	 * *REAL; false: nothing. NULL: this driver never knows. */
	bool (*real)(struct ocs_driver *drv, const struct ocs_service *svc,
		     struct ocs_real *real);

	/* Carry SVC's rate from now on, without an interruption; idempotent.
	 * Refused: it carries what it did. NULL: can't be done. */
	void (*resize)(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg);

	/* Simulators only, else NULL: make COUNT failures of KIND on LINK
	 * ("*": any). faults: JSON, the caller frees; NULL: out of memory. */
	int (*fault)(struct ocs_driver *drv, const char *link,
		     const char *kind, unsigned int count,
		     struct ocs_error *err);
	char *(*faults)(struct ocs_driver *drv);
};

struct ocs_driver {
	const struct ocs_driver_ops *ops;
};

struct ocs_link;
struct ocs_net;

/*
 * The simulated controller. STATE_PATH is the file that stands for the network:
 * what was lit stays lit when the agent dies. NET: the links that exist.
 */
struct ocs_sim_options {
	/* As networks are: see sim_optics.c. Otherwise set-up and release take
	 * just these times, over the routes that are asked for. */
	bool full;
	uint64_t setup_ms, release_ms;
	uint64_t seed;		/* of what is drawn; 0: another each time */
	unsigned int speed;	/* its clock runs so many times faster; 0: 1 */
	unsigned int transponders;	/* per site; 0: one for each wavelength
					 * of the site's links */
};
struct ocs_driver *ocs_driver_sim_open(const char *state_path,
				       const struct ocs_net *net,
				       const struct ocs_sim_options *opt,
				       struct ocs_error *err);
/* The same, not full, over links whose sites have no names. */
struct ocs_driver *ocs_driver_sim_create(const char *state_path,
					 const struct ocs_link *link,
					 unsigned int nlinks,
					 uint64_t setup_ms,
					 uint64_t release_ms,
					 struct ocs_error *err);

/*
 * Circuits that exist already: what is asked for is there at once, nothing is
 * ever touched. DOWN_PATH ("": none) is a file that the operator or a program
 * of the operator's writes: the names of links that are down, one a line, '#'
 * begins a comment; it is read again when it changes.
 */
struct ocs_driver *ocs_driver_static_create(const char *down_path,
					    const struct ocs_net *net,
					    struct ocs_error *err);

/*
 * A program of the operator's does it: opticald-exec(7). PROGRAM: absolute path
 * and words, with blanks between. DOMAIN is the links' ("": of all); it goes
 * into logs only.
 */
struct ocs_driver *ocs_driver_exec_create(const char *domain,
					  const char *program,
					  const struct ocs_net *net,
					  struct ocs_error *err);

/*
 * Several drivers as one: OF_LINK[i] is the part that link i of NET is of. A
 * service over links of several parts is set up by all of them or by none
 * (I6). The parts' drivers are taken over on success.
 */
struct ocs_driver *ocs_driver_mux_create(struct ocs_driver *const *part,
					 unsigned int nparts,
					 const struct ocs_net *net,
					 const unsigned int *of_link,
					 struct ocs_error *err);

#endif
