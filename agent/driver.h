/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver - the seam to what really sets circuits up, asynchronous
 *
 * A service is one circuit of one lease in the controller's world, under a
 * name that the engine derives from the lease, so that it is found again after
 * any crash. A driver keeps no truth about leases; the controller's truth is
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
	char id[OCS_SERVICE_ID_MAX];	/* LEASEID.INDEX */
	char a[OCS_NAME_MAX];
	char z[OCS_NAME_MAX];
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

/*
 * The simulated controller. STATE_PATH is the file that stands for the network:
 * what was lit stays lit when the agent dies. LINK: the links that exist.
 */
struct ocs_link;
struct ocs_driver *ocs_driver_sim_create(const char *state_path,
					 const struct ocs_link *link,
					 unsigned int nlinks,
					 uint64_t setup_ms,
					 uint64_t release_ms,
					 struct ocs_error *err);

#endif
