/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net - the network between sites as a graph, and routes over it
 *
 * The agent decides and the plugin predicts with this same code.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_NET_H
#define OCS_CORE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"
#include "common/core/request.h"

/* Where a number about the network comes from (design section 1). */
enum ocs_source {
	OCS_SOURCE_CONFIGURED, OCS_SOURCE_COMPUTED, OCS_SOURCE_REPORTED,
	OCS_SOURCE_MEASURED
};

/*
 * What a circuit ends at: a site, or an external endpoint (a user's access
 * point, an upstream service), which has no nodes and is never on the way of
 * another circuit, but for an inter-domain one, where domains meet.
 */
struct ocs_site {
	char name[OCS_NAME_MAX];
	bool external;
	bool interdomain;	/* external, and circuits may go through */
	/* No regenerators: light that goes on here by wavelength links keeps
	 * its wavelength and its reach. */
	bool no_regen;
};

enum ocs_transport { OCS_ETHERNET, OCS_INFINIBAND };

/* A plane (rail) is kept as 1 + its number: 0 is a link or port of none, that
 * goes with any. */
#define OCS_PLANE_ANY 0

/* A client port of a DC gateway, both directions alike. A site without ports
 * is not limited by any. */
struct ocs_port {
	char name[OCS_NAME_MAX];
	unsigned int site;	/* index */
	char gateway[OCS_NAME_MAX];	/* "": the site's only one */
	uint64_t rate_bps;
	uint64_t booked_bps;	/* now; never above rate (I1) */
	unsigned int plane;	/* 1 + its number, or OCS_PLANE_ANY */
	uint32_t mtu;		/* bytes; 0: not known */
	enum ocs_transport transport;
	bool exclusive;		/* one lease's, all of it (Attach=port) */
	bool drained;		/* takes nothing new */
	bool down;
};

/*
 * How circuits fill a link:
 *  client	steps of granule_bps, wherever they are: the controller grooms
 *  wavelength	whole wavelengths
 *  odu		slots of granule_bps (OCS_SLOT_BPS, OCS_SLOT_C_BPS), a circuit
 *		in one wavelength; switched electrically at both ends
 */
enum ocs_grain { OCS_GRAIN_CLIENT, OCS_GRAIN_WAVELENGTH, OCS_GRAIN_ODU };

/* Whose capacity it is: ours alone, or the controller has other customers and
 * no hold (design section 6). */
enum ocs_sharing { OCS_DELEGATED, OCS_SHARED };

/* One wavelength of a link whose wavelengths are told apart. */
struct ocs_wave {
	uint64_t booked_bps;	/* now */
	bool lit;		/* carries light, booked or not */
};

/* A TE link (RFC 8795), both directions alike. */
struct ocs_link {
	char name[OCS_NAME_MAX];
	unsigned int a, z;	/* indexes of sites */
	uint64_t capacity_bps;
	uint64_t booked_bps;	/* consumed now; never above capacity (I1) */
	uint64_t granule_bps;	/* bookings are multiples of this; 0: any */
	uint64_t latency_us;	/* one way, client port to client port */
	uint64_t fibre_us;	/* of its length alone, rounded down; 0: not
				 * known, and never on the wire */
	uint64_t foreign_bps;	/* of booked_bps: other customers' */
	bool drained;		/* takes nothing new */
	bool down;		/* data plane */
	bool frozen;		/* nothing of it is changed: operators said so */
	bool hidden;		/* a pair of endpoints, route not known */
	enum ocs_grain grain;
	enum ocs_sharing sharing;
	enum ocs_source latency_source;
	int64_t latency_ms;	/* when that was so, Unix ms; 0: not told */
	/* Of each wavelength; 0: there are none, only capacity. */
	uint64_t wave_bps;
	/* Wavelengths told apart: net.wave[first_wave] and on; 0: none are,
	 * see ocs_net_waves(). */
	unsigned int first_wave, nwaves;
	unsigned int lit;	/* wavelengths that carry light */
	uint32_t metres;	/* of fibre; 0: not known */
	uint32_t reach_m;	/* most that light of it goes through sites
				 * without regeneration; 0: no bound */
	uint32_t delay_variation_us;	/* RFC 9439 */
	uint32_t unavailable_ppb;	/* share of time it fails, in 1e-9 */
	uint32_t cost;		/* per Gb/s and hour, in 1/1000 of any unit */
	uint32_t energy_pj;	/* per bit, both ends and all between;
				 * 1000 pJ/bit are 1 W per Gb/s */
	unsigned int plane;	/* 1 + its number, or OCS_PLANE_ANY */
	unsigned int domain;	/* index into net.domain; 0: the first */
	unsigned int nrisks;
	uint16_t risk[OCS_LINK_RISKS_MAX];	/* indexes into net.risk */
};

struct ocs_word {
	char name[OCS_NAME_MAX];
};

struct ocs_net {
	unsigned int nsites;
	struct ocs_site *site;	/* owned; external endpoints, too */
	unsigned int nlinks;
	struct ocs_link *link;	/* owned */
	unsigned int nports;
	struct ocs_port *port;	/* owned */
	unsigned int nwaves;
	struct ocs_wave *wave;	/* owned */
	unsigned int nrisks;
	struct ocs_word *risk;	/* owned; shared-risk groups */
	unsigned int ndomains;
	struct ocs_word *domain;	/* owned; 0: one without name */
	/* Owned; links and sites by name, NULL: not indexed. */
	unsigned int *sorted, *sorted_sites;
};

/*
 * What can be booked has a number: links first, then ports, then wavelengths
 * that are told apart, in their order in NET. A hop of a circuit books its link
 * and, where it has one, its wavelength.
 */
static inline unsigned int ocs_net_resources(const struct ocs_net *net)
{
	return net->nlinks + net->nports + net->nwaves;
}
static inline unsigned int ocs_port_resource(const struct ocs_net *net,
					     unsigned int port)
{
	return net->nlinks + port;
}
static inline unsigned int ocs_wave_resource(const struct ocs_net *net,
					     unsigned int wave)
{
	return net->nlinks + net->nports + wave;
}

const char *ocs_grain_name(enum ocs_grain v);	/* "wavelength" */
const char *ocs_sharing_name(enum ocs_sharing v);
const char *ocs_source_name(enum ocs_source v);
const char *ocs_transport_name(enum ocs_transport v);
/* 0 and *V, or -1 */
int ocs_grain_from_name(const char *name, enum ocs_grain *v);
int ocs_sharing_from_name(const char *name, enum ocs_sharing *v);
int ocs_source_from_name(const char *name, enum ocs_source *v);
int ocs_transport_from_name(const char *name, enum ocs_transport *v);

/*
 * Once links and sites of NET are known: number the wavelengths that must be
 * told apart (those of odu links, and of wavelength links that end at a site
 * without regeneration) and sort the names of links and sites, which stay as
 * they are from then on. NET's wavelengths of before are forgotten. 0 or -1 (out of memory), NET then as it was.
 */
int ocs_net_index(struct ocs_net *net);

/* Frees what NET holds and zeroes it; NULL is allowed. */
void ocs_net_fini(struct ocs_net *net);
/* A deep copy. 0 or -1 (out of memory), *DST then zeroed. */
int ocs_net_copy(struct ocs_net *dst, const struct ocs_net *src);
/* Make NET as if nothing were booked, drained, cut or lit. */
void ocs_net_idle(struct ocs_net *net);
/* Index of site NAME (exact), or -1. */
int ocs_net_site(const struct ocs_net *net, const char *name);
int ocs_net_link(const struct ocs_net *net, const char *name);
int ocs_net_port(const struct ocs_net *net, const char *name);
/* Index of risk group or domain NAME, made if it must be; -1: no memory. */
int ocs_net_risk(struct ocs_net *net, const char *name);
int ocs_net_domain(struct ocs_net *net, const char *name);

/*
 * How far light of RATE_BPS goes without regeneration, in metres: chromatic
 * dispersion that a receiver takes / 16.7 ps/nm/km (OpenROADM v5 equipment as
 * in gnpy; 800ZR: OIF IA 2024).
 */
uint32_t ocs_reach_m(uint64_t rate_bps);
/* The slot of ODU in a wavelength of RATE_BPS (G.709). */
uint64_t ocs_slot_bps(uint64_t rate_bps);

/* What a signal of RATE books on LINK: RATE rounded up to the granule; above
 * the rate of a wavelength, so many equal parts. */
uint64_t ocs_link_consumed(const struct ocs_link *link, uint64_t rate_bps);
/* What each of N equal members of RATE_BPS carries, rounded down to b/s, so that
 * together they are never above it. N 0 counts as 1. */
uint64_t ocs_member_share(uint64_t rate_bps, unsigned int n);
/* What a new booking can still have: 0 when drained or down. */
uint64_t ocs_link_free(const struct ocs_link *link);
/* The same; of an exclusive port all or nothing. */
uint64_t ocs_port_free(const struct ocs_port *port);

struct ocs_route {
	unsigned int nhops;
	unsigned int link[OCS_HOPS_MAX];	/* indexes, from a to z */
	uint64_t latency_us;			/* sum over the hops */
};

/*
 * The route of lowest latency from site A to site Z on which RATE_BPS is free
 * now on every link; ties: fewer hops, then lower link indexes. Of links alone:
 * ports, planes, wavelengths and slots are not looked at (ocs_route_circuits()
 * does), so that what has no route here never has one there.
 * MAX_LATENCY_US 0 means no bound. Links with a latency over
 * OCS_LATENCY_MAX_US are never used, external endpoints only as ends.
 * Returns 0; or -1 with ERR set and *ROUTE untouched:
 *  OCS_BUSY   a route exists but is taken: reason names the link that is short
 *             on the route that would be best were nothing booked:
 *             OpticalLink(par-lyo,need=400G,free=200G), or OpticalLinkDrained;
 *             where the link is hidden the pair instead
 *  OCS_RANGE  never possible: capacity (OpticalLink(par-lyo,need=800G,
 *             max=400G)) or latency (OpticalLatency(paris-lyon,need=1ms,
 *             best=2274us)); text says what would be
 *  OCS_NOT_FOUND  no links lead there: OpticalLink(paris-lyon,none)
 *  OCS_NOMEM, OCS_INTERNAL (not two sites of NET)
 */
int ocs_route_find(const struct ocs_net *net, unsigned int a, unsigned int z,
		   uint64_t rate_bps, uint64_t max_latency_us,
		   struct ocs_route *route, struct ocs_error *err);

/*
 * How much of the time what is made of links fails, in 1e-9, if they fail one
 * without the other (IEC 61078, series and parallel structures). In a row:
 * 1 - (1-u)(1-v)..., of which the sum is an upper bound, and close while the
 * shares are small. Side by side, as two disjoint routes are: the product.
 */
static inline uint64_t ocs_unavailable_cap(uint64_t ppb)
{
	return ppb < OCS_PPB ? ppb : OCS_PPB;
}
/* Routes of U and V, both at once; rounded up. */
static inline uint64_t ocs_unavailable_both(uint64_t u, uint64_t v)
{
	return (ocs_unavailable_cap(u) * ocs_unavailable_cap(v) + OCS_PPB - 1) /
	       OCS_PPB;
}
/* The most that one route may have for both at once to stay within BOUND (0:
 * none) when the other one has U. UINT64_MAX: any. */
static inline uint64_t ocs_unavailable_other(uint32_t bound, uint64_t u)
{
	uint64_t most;

	if (!bound || !u)
		return UINT64_MAX;
	most = (uint64_t) bound * OCS_PPB / ocs_unavailable_cap(u);
	return most < OCS_PPB ? most : UINT64_MAX;
}

/* No port in particular: the site has none. */
#define OCS_NO_PORT UINT32_MAX

/* One signal of a circuit. */
struct ocs_plan_member {
	struct ocs_route route;
	uint64_t bps;			/* of the ports, in each direction */
	unsigned int port_a, port_z;	/* indexes, or OCS_NO_PORT */
	bool standby;			/* second leg of 1+1 */
	uint16_t wave[OCS_HOPS_MAX];	/* per hop, from 1; 0: none */
};

struct ocs_plan_circuit {
	unsigned int a, z;	/* indexes of sites, a < z in PLAN's order */
	uint64_t granted_bps;
	struct ocs_route route;		/* of its first member */
	uint64_t worst_latency_us;	/* over its members */
	uint64_t delay_variation_us;	/* the same */
	/* The same; diverse or 1+1: that of both routes at once. */
	uint64_t unavailable_ppb;
	/* In the plan's members; 0: one signal over ROUTE, and neither ports
	 * nor wavelengths of it are told apart. */
	unsigned int first_member, nmembers;
};

/* The circuits of one job over given sites. */
struct ocs_plan {
	unsigned int nsites;
	unsigned int site[OCS_SPAN_MAX];
	unsigned int ncircuits;		/* 0 for one site without an anchor */
	struct ocs_plan_circuit circuit[OCS_CIRCUITS_MAX];
	uint64_t granted_bps;		/* of each circuit; 0 when none */
	uint64_t metered_bps;		/* of all, protection counted */
	uint64_t worst_latency_us;	/* over the circuits */
	unsigned int nmembers;
	struct ocs_plan_member member[OCS_PLAN_MEMBERS_MAX]; /* last: those in
							      * use are copied */
};
void ocs_plan_copy(struct ocs_plan *dst, const struct ocs_plan *src);

/* One circuit that is wanted. */
struct ocs_want {
	unsigned int a, z;		/* indexes of sites */
	uint64_t rate_bps;
	uint64_t latency_us;		/* most, one way; 0: no bound */
	uint64_t delay_variation_us;	/* the same */
	/* Most of the time that each route may fail, in 1e-9; diverse or 1+1:
	 * that both may at once. 0: no bound. */
	uint32_t unavailable_ppb;
	enum ocs_protect protect;
};

/*
 * Route WANT[0..N), each on what those before it left of NET, into PLAN's
 * circuits and members. N is at most OCS_CIRCUITS_MAX.
 *
 * A circuit above the rate of the ports at its ends is made of as few equal
 * members as these take; one above the rate of wavelengths
 * that are told apart, of so many side by side on one route. Each member takes
 * the route of lowest latency that has, all along, room on its links, slots in
 * one wavelength of an odu link, and one free wavelength common to the links of
 * a transparent section within their reach; its ports are of one plane, which
 * its links belong to or have none. Ties: least unavailable, cheapest, least
 * energy, fewest hops, lowest link indexes; between planes the one with fewest
 * members of the circuit. Ports: the fullest that has room. Wavelengths: lit
 * ones first, then the lowest. Protection as enum ocs_protect says: of two
 * disjoint routes the pair whose longer one is shortest.
 *
 * Bounded: what is not found after OCS_LABELS_MAX steps of a search counts as
 * not there.
 * Returns 0; or -1 with ERR set and PLAN undefined, as ocs_route_find(), and
 *  OCS_BUSY   OpticalPort(par-1,need=400G,free=100G); OpticalLink(par-lyo,
 *             need=400G,wavelength=none): free there, but no wavelength all
 *             along; OpticalDiverse(paris-lyon): no second route now
 *  OCS_RANGE  OpticalPort(par-1,need=800G,max=400G), OpticalReach(paris-lyon),
 *             OpticalDiverse(paris-lyon,none), OpticalDelayVariation(
 *             paris-lyon,need=5us,best=9us), OpticalAvailability(paris-lyon,
 *             need=99.99,best=99.9)
 */
int ocs_route_circuits(const struct ocs_net *net, const struct ocs_want *want,
		       unsigned int n, struct ocs_plan *plan,
		       struct ocs_error *err);

/*
 * Route a circuit between each pair of SITE[0..NSITES) that the request's shape
 * says, and from its anchor to each (a pair that the shape has already gets no
 * second one), all of them together
 * (a link that two circuits share is counted twice). Every circuit gets the
 * same rate: want_bps, or, when that is not free, the largest that is, down to
 * min_bps, in whole Gb/s. Without a wanted rate (bw=none) there are no
 * circuits. Ring: each site and the next, and the last and the first; star:
 * that site in the middle which makes the worst latency least.
 * Returns 0 with *PLAN filled; or -1, *PLAN untouched, with ERR as
 * ocs_route_circuits(): OCS_RANGE also when the circuits don't fit together
 * even with nothing booked; "need" is then what the job's own circuits add up
 * to; and OpticalAnchor(NAME) when there is no such endpoint.
 */
int ocs_plan_make(const struct ocs_net *net, const unsigned int *site,
		  unsigned int nsites, const struct ocs_request *req,
		  struct ocs_plan *plan, struct ocs_error *err);

/* A booking that ends: LINK (any resource: ocs_port_resource(), ...) gets BPS
 * back at END_S (Unix time; 0: never;
 * a time that has passed: at any moment, that is, a second from now). */
struct ocs_booking_end {
	int64_t end_s;
	unsigned int link;
	uint64_t bps;
};

/*
 * The earliest time >= NOW_S at which ocs_plan_make() succeeds, if the
 * bookings END[0..NENDS) (any order) end as they say and nothing new comes.
 * Returns 0 with *WHEN_S and *PLAN; -1 with ERR if never, both untouched.
 */
int ocs_plan_earliest(const struct ocs_net *net,
		      const struct ocs_booking_end *end, unsigned int nends,
		      const unsigned int *site, unsigned int nsites,
		      const struct ocs_request *req, int64_t now_s,
		      int64_t *when_s, struct ocs_plan *plan,
		      struct ocs_error *err);

#endif
