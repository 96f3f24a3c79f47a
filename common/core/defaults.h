/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * defaults - every tunable and bound, with unit, range and reason
 */
#ifndef OCS_CORE_DEFAULTS_H
#define OCS_CORE_DEFAULTS_H

/* Bytes of a site, link, port or cluster name with its NUL. */
#define OCS_NAME_MAX 64
/* A lease id is 128 random bits in hexadecimal, with its NUL. */
#define OCS_LEASE_ID_MAX 33
/* Sites that one job may span; a mesh then has 28 circuits, and 8 more to an
 * anchor. */
#define OCS_SPAN_MAX 8
#define OCS_CIRCUITS_MAX (OCS_SPAN_MAX * (OCS_SPAN_MAX - 1) / 2 + OCS_SPAN_MAX)
/* Links in one route: beyond this no metro or regional network goes. */
#define OCS_HOPS_MAX 16
/* A job without an end has its circuits for a day, again and again (what its
 * cluster's death leaves then ends in time), in s. */
#define OCS_OPEN_LEASE_S 86400
/* --optical-span without value (design section 4). */
#define OCS_SPAN_DEFAULT_MIN 1
#define OCS_SPAN_DEFAULT_MAX 4
/* Sites that --optical-sites may name. */
#define OCS_REQUEST_SITES_MAX 16
/* No link exists that carries more than this between two sites, in bps. */
#define OCS_RATE_MAX_BPS UINT64_C(100000000000000)
/* One way round the earth in fibre is 0.2 s; more than 10 s is a typing
 * error. In microseconds. */
#define OCS_LATENCY_MAX_US UINT64_C(10000000)

/* Shared-risk groups of one link, and of all; domains. */
#define OCS_LINK_RISKS_MAX 8
#define OCS_RISKS_MAX 4096
#define OCS_DOMAINS_MAX 64
/* Ports of all gateways. */
#define OCS_PORTS_MAX 8192
/* Planes (rails) are 0 to this. */
#define OCS_PLANE_MAX 63
/* Wavelengths of one link, and those of one that ends at a site without
 * regeneration, where they are told apart: C and L band at 50 GHz are 192. */
#define OCS_WAVELENGTHS_MAX 1000
#define OCS_WAVES_MAX 256
/* All that are told apart in one network. */
#define OCS_NET_WAVES_MAX 1048576
/* Slots of ODUk up to ODU4 and of ODUCn, in b/s, nominal (G.709): ODU4 has 80,
 * ODUCn 20 per 100G. */
#define OCS_SLOT_BPS UINT64_C(1250000000)
#define OCS_SLOT_C_BPS UINT64_C(5000000000)
#define OCS_ODU4_BPS UINT64_C(100000000000)
/* Signals that one circuit may be made of, protection among them, and all
 * circuits of one job. */
#define OCS_MEMBERS_MAX 16
#define OCS_PLAN_MEMBERS_MAX 128
/* Partial routes that one search looks at; pairs of disjoint routes. */
#define OCS_LABELS_MAX 4096
#define OCS_PAIRS_MAX 64
/* Once dark, a wavelength stays lit this long for the next circuit, in s. */
#define OCS_WAVELENGTH_HOLD_S 300	/* 0..86400 */
/* A port's MTU, in bytes. */
#define OCS_MTU_MIN 576
#define OCS_MTU_MAX 65536
/* Delay variation of a link, in microseconds. */
#define OCS_VARIATION_MAX_US 1000000
/* Shares of time are counted in 1e-9: 30 ms of a year. */
#define OCS_PPB 1000000000

/* Fibre, one way, ns per km at 1550 nm (group index 1.468). */
#define OCS_FIBRE_NS_PER_KM 4900
/* Transponder with FEC, per end, in ns (400ZR class). */
#define OCS_TRANSPONDER_NS 10000

/* optical.conf, design sections 3 and 5 */
#define OCS_AGENT_URL "unix:/run/opticald/opticald.sock"
#define OCS_SITE_GPUS 8			/* per node, 0..1024 */
#define OCS_SITE_NICS 8			/* per node, 0..1024 */
#define OCS_CONF_SITES_MAX 1024
#define OCS_CONF_PARTITIONS_MAX 4096
#define OCS_CONF_CLASSES_MAX 256
/* A circuit must be down so long, in s, before its job is requeued or
 * signalled: less is what protection and restoration take. */
#define OCS_BROKEN_S 5
#define OCS_HOLD_TIMEOUT_MS 50		/* 5..500 */
#define OCS_HOLD_BUDGET_MS 100		/* per second, 10..900 */
#define OCS_BREAKER_TIME_MS 5000	/* 100..600000 */
#define OCS_COMMIT_TIMEOUT_S 1200	/* 1..86400 */
#define OCS_SETUP_RETRY_DELAY_S 30	/* 1..3600 */
#define OCS_MAX_SETUP_FAILURES 3	/* 1..100 */
#define OCS_RECONCILE_INTERVAL_S 5	/* 1..60 */
/* NCCL_BUFFSIZE costs memory in every communicator: 16 MiB unless the
 * admin says otherwise, 1 to 64 MiB. */
#define OCS_NCCL_BUFFSIZE_MAX 16777216
/* How often slurmctld tells the agent of its compute; 0 (never) to 3600 */
#define OCS_COMPUTE_INTERVAL_S 30
/* The snapshot counts as old when the agent was silent for this long. */
#define OCS_AGENT_SILENT_MS 15000

/* opticald.conf, design section 6 */
#define OCS_HOLD_TTL_S 60		/* 1..3600 */
/* A lease is booked on this long past its end (Slurm kills jobs late: at least
 * OverTimeLimit + KillWait + 60 s, which clusters send). */
#define OCS_GRACE_S 120			/* 0..86400 */
#define OCS_GRACE_MAX_S 604800
/* Leases of the past stay in the ledger for 400 days: a year's report. */
#define OCS_KEEP_FINISHED_S 34560000	/* 0, or up to 10 years */
/* A committed lease that nobody ends is lit this much longer. */
#define OCS_OVERDUE_MAX_S 86400		/* 1..2592000 */
/* A committed lease waits so long for an operator (Mode=approve): less than
 * CommitTimeout, so that the job hears why. */
#define OCS_APPROVE_S 600		/* 1..86400 */
/* A dark circuit is left alone so long: who protects it is faster. */
#define OCS_HOLD_OFF_MS 2000		/* 0..3600000 */
/* Then it is RESTORING at most this long, after which nobody is hoped for. */
#define OCS_RESTORE_S 600		/* 0 (for ever)..30 days */
/* G.873.1: 5 to 12 min before traffic goes back to where it was. */
#define OCS_WAIT_TO_RESTORE_S 300	/* 0..86400 */
/* Reconcile leaves younger leases alone: their job may not be saved yet. */
#define OCS_RECONCILE_YOUNG_S 30
/* A driver that has not answered by then has lost the operation: longer than
 * the slowest wavelength set-up known (16 min). */
#define OCS_DRIVER_TIMEOUT_S 1200	/* 1..86400 */
/* The brake: the larger of 2 and 10 % in 10 minutes. */
#define OCS_MAX_AUTO_REMOVE 2
#define OCS_MAX_AUTO_REMOVE_PERCENT 10
#define OCS_AUTO_REMOVE_WINDOW_S 600
/* What is told of compute is stale after so many seconds, unless it says
 * otherwise: two intervals. Nothing observed is valid longer than a day. */
#define OCS_COMPUTE_VALID_S 60		/* 1..OCS_VALID_MAX_S */
#define OCS_VALID_MAX_S 86400
/* A measured latency is stale after so many seconds, unless it says otherwise:
 * routes of a circuit change rarely. */
#define OCS_MEASURE_VALID_S 300		/* 1..OCS_VALID_MAX_S */

/* Nothing that was measured counts for longer, whatever it says of itself: a
 * probe that has died is not believed for a day. Seconds. */
#define OCS_MEASURE_MAX_AGE_S 3600	/* 1..OCS_VALID_MAX_S */
/* A clock may be this far ahead of the agent's, in ms. */
#define OCS_CLOCK_AHEAD_MS 30000
/* Types of GPUs in one site, and expected starts that a cluster tells of. */
#define OCS_COMPUTE_GPUS_MAX 16
#define OCS_COMPUTE_STARTS_MAX 64
/* Leases in one page of a list, 1 to this. */
#define OCS_PAGE_MAX 10000
/* Largest HTTP body either side takes: 100,000 leases at about 1 KiB. */
#define OCS_BODY_MAX (UINT64_C(128) << 20)
/* Largest body of one request to the agent. */
#define OCS_REQUEST_BODY_MAX (UINT64_C(1) << 20)

#endif
