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
/* Sites that one job may span; a mesh then has 28 circuits. */
#define OCS_SPAN_MAX 8
#define OCS_CIRCUITS_MAX (OCS_SPAN_MAX * (OCS_SPAN_MAX - 1) / 2)
/* Links in one route: beyond this no metro or regional network goes. */
#define OCS_HOPS_MAX 16
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
/* Reconcile leaves younger leases alone: their job may not be saved yet. */
#define OCS_RECONCILE_YOUNG_S 30
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
