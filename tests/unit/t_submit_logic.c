// SPDX-License-Identifier: GPL-2.0-or-later
/* t_submit_logic - what job_submit accepts, refuses and says */
#include <stdlib.h>

#include "plugins/job_submit/logic.h"
#include "tests/unit/tap.h"

#define BW "_SLURM_SPANK_OPTION_optical_optical_bw="
#define LATENCY "_SLURM_SPANK_OPTION_optical_optical_latency="
#define SITES "_SLURM_SPANK_OPTION_optical_optical_sites="
#define SPAN "_SLURM_SPANK_OPTION_optical_optical_span="
#define HINTS "_SLURM_SPANK_OPTION_optical_optical_hints="
#define OTHER "_SLURM_SPANK_OPTION_optical_optical_"
#define V1 "v1;bw=400000000000;min=400000000000;span=1-4;hints=on"

/* paris 4 nodes, lyon 4, nice 2; paris-lyon 460 km, lyon-nice 100G, and nothing
 * joins lille. campus is joined to lyon, brest to nothing. */
static struct ocs_conf_site conf_site[] = {
	{ "paris", (char *) "4", 8, 8 }, { "lyon", (char *) "4", 8, 8 },
	{ "nice", (char *) "2", 8, 8 }, { "lille", (char *) "1", 8, 8 },
};
static struct ocs_conf_partition conf_part[] = {
	{ "capped", OCS_AGENT_PEND, OCS_ANY, 100000000000, 2, false },
	{ "must", OCS_AGENT_PEND, OCS_ANY, 0, 0, true },
	{ "single", OCS_AGENT_PEND, OCS_SINGLE_SITE, 0, 0, false },
	{ "prefer", OCS_AGENT_PEND, OCS_PREFER_SITE, 0, 0, false },
	{ "outside", OCS_AGENT_PEND, OCS_SINGLE_SITE, 0, 0, false },
};
static struct ocs_conf_reservation conf_resv[] = {
	{ "whole", OCS_SINGLE_SITE }, { "free", OCS_ANY },
};
static const struct ocs_conf conf = {
	.nreservations = 2, .reservation = conf_resv,
	.nsites = 4, .site = conf_site, .npartitions = 5,
	.partition = conf_part,
};
static struct ocs_site net_site[] = {
	{ .name = "paris" }, { .name = "lyon" }, { .name = "nice" },
	{ .name = "lille" }, { .name = "campus", .external = true },
	{ .name = "brest", .external = true },
};
/* lyon-nice has a second way, over campus: it is an endpoint, and none goes
 * through it; paris-lyon has one, over another link. */
/* all booked, one drained, one down: that passes */
static struct ocs_link net_link[] = {
	{ .name = "par-lyo", .a = 0, .z = 1, .capacity_bps = 3200000000000,
	  .booked_bps = 3200000000000, .granule_bps = 400000000000,
	  .latency_us = 2274, .down = true, .delay_variation_us = 9 },
	{ .name = "lyo-nic", .a = 1, .z = 2, .capacity_bps = 100000000000,
	  .latency_us = 900, .drained = true, .delay_variation_us = 20 },
	{ .name = "cam-lyo", .a = 4, .z = 1, .capacity_bps = 400000000000,
	  .latency_us = 50, .delay_variation_us = 2 },
	{ .name = "par-lyo-2", .a = 0, .z = 1, .capacity_bps = 400000000000,
	  .latency_us = 5000, .delay_variation_us = 50 },
};
static const struct ocs_state state = {
	.net = { .nsites = 6, .site = net_site, .nlinks = 4,
		 .link = net_link },
};

#define MAXENV 4
struct row {
	const char *what;
	const char *env[MAXENV];
	const char *comment, *licenses, *partitions;
	uint32_t min_nodes, max_nodes;
	int with;		/* NOCONF, NOSTATE */
	enum ocs_code code;
	const char *want;	/* the request; or what the refusal has */
	uint32_t gbps;
	const char *resv;
	bool again, expands;
};
#define NOCONF 1
#define NOSTATE 2

static const struct row table[] = {
	/* accepted */
	{ "a job without option", { "FOO=1" }, .want = "" },
	{ "and without configuration", { NULL }, .with = NOCONF, .want = "" },
	{ "bandwidth", { BW "400G" }, .want = V1, .gbps = 400 },
	{ "all options", { BW "400G,min=200G", LATENCY "3ms",
			   SITES "paris,lyon", SPAN "1-2" },
	  .want = "v1;bw=400000000000;min=200000000000;span=1-2;hints=on;latency=3000;sites=paris,lyon",
	  .gbps = 400 },
	{ "a shape", { BW "400G", OTHER "shape=ring" },
	  .want = V1 ";shape=ring", .gbps = 400 },
	{ "delay variation", { BW "400G", OTHER "delay_variation=9us" },
	  .want = V1 ";variation=9", .gbps = 400 },
	{ "protected", { BW "400G", OTHER "protect=1+1" },
	  .want = V1 ";protect=1+1", .gbps = 800 },
	{ "half of it protected", { BW "800G", OTHER "protect=diverse" },
	  .want = "v1;bw=800000000000;min=800000000000;span=1-4;hints=on;protect=diverse",
	  .gbps = 800 },
	{ "without snapshot protected",
	  { BW "20T", OTHER "protect=1+1" }, .with = NOSTATE,
	  .want = "v1;bw=20000000000000;min=20000000000000;span=1-4;hints=on;protect=1+1",
	  .gbps = 40000 },
	{ "an endpoint", { BW "400G", OTHER "anchor=campus" },
	  .want = V1 ";anchor=campus", .gbps = 400 },
	{ "a site as anchor", { BW "400G", OTHER "anchor=paris" },
	  .want = V1 ";anchor=paris", .gbps = 400 },
	/* it may run there, without a circuit */
	{ "the only site as anchor",
	  { BW "400G", OTHER "anchor=paris", SITES "paris" },
	  .want = V1 ";sites=paris;anchor=paris", .gbps = 400 },
	{ "an anchor for one site", { BW "400G", OTHER "anchor=campus",
				      SPAN "1", SITES "lyon" },
	  .want = "v1;bw=400000000000;min=400000000000;span=1-1;hints=on;sites=lyon;anchor=campus",
	  .gbps = 400 },
	{ "without snapshot any endpoint",
	  { BW "400G", OTHER "anchor=rome" }, .with = NOSTATE,
	  .want = V1 ";anchor=rome", .gbps = 400 },
	{ "without snapshot any variation",
	  { BW "400G", OTHER "delay_variation=1us" }, .with = NOSTATE,
	  .want = V1 ";variation=1", .gbps = 400 },
	{ "all in the comment", { NULL },
	  "optical(bw=400G;shape=star;anchor=campus;delay-variation=9us)",
	  .want = V1 ";variation=9;shape=star;anchor=campus", .gbps = 400 },
	{ "hints", { BW "400G", HINTS "off" },
	  .want = "v1;bw=400000000000;min=400000000000;span=1-4;hints=off",
	  .gbps = 400 },
	{ "a part of a Gb/s counts whole", { BW "500M" },
	  .want = "v1;bw=500000000;min=500000000;span=1-4;hints=on",
	  .gbps = 1 },
	{ "none", { BW "none" }, .want = "v1;bw=none" },
	{ "none spans as it likes", { BW "none" }, .min_nodes = 11,
	  .partitions = "single", .want = "v1;bw=none" },
	{ "the comment", { NULL }, "run 7 optical(bw=400G) x", .want = V1,
	  .gbps = 400 },
	{ "a comment without", { BW "400G" }, "optical fibre", .want = V1,
	  .gbps = 400 },
	{ "a job of a federation that was put back", { BW "400G" },
	  .licenses = "optical:100", .again = true, .want = V1, .gbps = 400 },
	{ "other licences stay", { BW "400G" }, .licenses = "matlab:2",
	  .want = V1, .gbps = 400 },
	{ "a licence with a longer name", { BW "400G" },
	  .licenses = "optical2:2,xoptical", .want = V1, .gbps = 400 },
	{ "exactly as many nodes as there are", { BW "400G" },
	  .min_nodes = 11, .want = V1, .gbps = 400 },
	{ "the default span gives way to MaxSpan", { BW "100G" },
	  .partitions = "capped",
	  .want = "v1;bw=100000000000;min=100000000000;span=1-2;hints=on",
	  .gbps = 100 },
	{ "less than the largest link is enough", { BW "6.4T,min=400G" },
	  .want = "v1;bw=6400000000000;min=400000000000;span=1-4;hints=on",
	  .gbps = 6400 },
	{ "without snapshot any latency", { BW "400G", LATENCY "1us" },
	  .with = NOSTATE,
	  .want = "v1;bw=400000000000;min=400000000000;span=1-4;hints=on;latency=1",
	  .gbps = 400 },
	{ "without snapshot any rate", { BW "20T" }, .with = NOSTATE,
	  .want = "v1;bw=20000000000000;min=20000000000000;span=1-4;hints=on",
	  .gbps = 20000 },
	{ "one allowed site needs no circuit", { BW "20T", SITES "paris" },
	  .want = "v1;bw=20000000000000;min=20000000000000;span=1-4;hints=on;sites=paris",
	  .gbps = 20000 },
	{ "a plain job may span by default", { NULL }, .min_nodes = 11,
	  .want = "" },
	{ "and where a single site is preferred", { NULL }, .min_nodes = 11,
	  .partitions = "prefer", .want = "" },
	{ "a plain job that fits", { NULL }, .min_nodes = 4,
	  .partitions = "single", .want = "" },
	{ "a plain job on nodes of no site", { NULL }, .min_nodes = 6,
	  .partitions = "outside", .want = "" },
	{ "a plain job that no site can take", { NULL }, .min_nodes = 6,
	  .partitions = "outside,single", .code = OCS_BUSY,
	  .want = "job needs 6 nodes but the largest site has 4: add --optical-bw=RATE (example: --optical-bw=400G) or --optical-bw=none" },

	{ "a reservation of one site", { NULL }, .min_nodes = 6,
	  .resv = "whole", .code = OCS_BUSY,
	  .want = "job needs 6 nodes but the largest site has 4" },
	{ "one that fits", { NULL }, .min_nodes = 4, .resv = "whole",
	  .want = "" },
	{ "in spite of the partition", { NULL }, .min_nodes = 6,
	  .partitions = "single", .resv = "free", .want = "" },
	{ "one of them will do", { NULL }, .min_nodes = 6,
	  .resv = "whole,free", .want = "" },
	{ "an unknown reservation is as the partition", { NULL },
	  .min_nodes = 6, .partitions = "single", .resv = "other",
	  .code = OCS_BUSY, .want = "the largest site has 4" },
	{ "each of them is of one site", { NULL }, .min_nodes = 6,
	  .partitions = "single", .resv = "whole,other", .code = OCS_BUSY,
	  .want = "the largest site has 4" },

	/* the request itself */
	{ "a bare number", { BW "400" }, .code = OCS_SYNTAX,
	  .want = "bad --optical-bw '400'" },
	{ "no value", { BW "(null)" }, .code = OCS_SYNTAX,
	  .want = "bad --optical-bw ''" },
	{ "an empty value", { BW }, .code = OCS_SYNTAX,
	  .want = "--optical-bw" },
	{ "a shape that there is not", { BW "400G", OTHER "shape=line" },
	  .code = OCS_SYNTAX, .want = "bad --optical-shape 'line'" },
	{ "a dash in its name, alone", { OTHER "delay_variation=1us" },
	  .code = OCS_SYNTAX, .want = "need --optical-bw" },
	{ "an unknown option", { BW "400G", OTHER "colour=red" },
	  .code = OCS_UNSUPPORTED, .want = "--optical-colour is not known" },
	{ "a prefix of an option", { OTHER "b=400G" },
	  .code = OCS_UNSUPPORTED, .want = "--optical-b is not known" },
	{ "an entry without value", { OTHER "bw" }, .code = OCS_SYNTAX,
	  .want = "--optical-bw" },
	{ "the same option twice", { BW "400G", BW "100G" },
	  .code = OCS_SYNTAX, .want = "--optical-bw is given twice" },
	{ "options and comment", { BW "400G" }, "optical(bw=400G)",
	  .code = OCS_SYNTAX, .want = "ambiguous" },
	{ "a comment that is not closed", { NULL }, "optical(bw=400G",
	  .code = OCS_SYNTAX, .want = "closed" },
	{ "latency alone", { LATENCY "2ms" }, .code = OCS_SYNTAX,
	  .want = "--optical-bw" },
	{ "hints alone, at their default", { HINTS "on" }, .code = OCS_SYNTAX,
	  .want = "need --optical-bw" },
	{ "none with others", { BW "none", SPAN "2" }, .code = OCS_SYNTAX,
	  .want = "none" },

	/* configuration */
	{ "no configuration", { BW "400G" }, .with = NOCONF, .code = OCS_IO,
	  .want = "circuits can't be asked for here: gone" },
	{ "no configuration, none", { BW "none" }, .with = NOCONF,
	  .code = OCS_IO, .want = "gone" },
	{ "an unknown site", { BW "400G", SITES "paris,rome" },
	  .code = OCS_RANGE,
	  .want = "no site 'rome' (known: paris,lyon,nice,lille)" },
	{ "a site in other case", { BW "400G", SITES "Paris" },
	  .code = OCS_RANGE, .want = "no site 'Paris'" },
	{ "more sites than named", { BW "400G", SITES "paris", SPAN "2" },
	  .code = OCS_RANGE, .want = "--optical-s" },
	{ "more sites than there are", { BW "400G", SPAN "5" },
	  .code = OCS_RANGE, .want = "5 sites are more than the 4 that there are" },
	{ "more sites than nodes", { BW "400G", SPAN "3" }, .min_nodes = 2,
	  .max_nodes = 2, .code = OCS_RANGE, .want = "need at least 3 nodes" },
	{ "a partition's MaxRate", { BW "400G,min=100G" },
	  .partitions = "capped", .code = OCS_RANGE,
	  .want = "--optical-bw=400G is more than partition capped allows: 100G" },
	{ "in one of several partitions", { BW "400G" },
	  .partitions = "must,capped", .code = OCS_RANGE,
	  .want = "partition capped" },
	{ "a partition's MaxSpan", { BW "100G", SPAN "1-3" },
	  .partitions = "capped", .code = OCS_RANGE,
	  .want = "3 sites are more than partition capped allows: 2" },
	{ "and its minimum", { BW "100G", SPAN "3-4" },
	  .partitions = "capped", .code = OCS_RANGE, .want = "4 sites" },
	{ "RequireOption", { NULL }, .partitions = "must", .code = OCS_RANGE,
	  .want = "partition must wants every job" },

	/* nodes */
	{ "more nodes than there are", { BW "400G" }, .min_nodes = 12,
	  .code = OCS_BUSY,
	  .want = "-N 12 needs more nodes than the 11 of paris,lyon,nice,lille" },
	{ "more nodes than the span", { BW "400G", SPAN "1-2" },
	  .min_nodes = 9, .code = OCS_BUSY,
	  .want = "-N 9 needs more nodes than the 8 of paris,lyon: allow more sites with --optical-span" },
	{ "more nodes than MaxSpan's sites", { BW "100G" }, .min_nodes = 9,
	  .partitions = "capped", .code = OCS_BUSY,
	  .want = "of paris,lyon, and no more sites are allowed here" },
	{ "more nodes than the sites", { BW "400G", SITES "lille,nice" },
	  .min_nodes = 4, .code = OCS_BUSY,
	  .want = "-N 4 needs more nodes than the 3 of nice,lille: name more sites with --optical-sites" },

	/* the network */
	{ "more than the largest link", { BW "6.4T" }, .code = OCS_RANGE,
	  .want = "--optical-bw=6400G: the largest circuit between any two sites is 3200G" },
	{ "more than the largest link of the sites",
	  { BW "400G", SITES "lyon,nice" }, .code = OCS_RANGE,
	  .want = "the largest circuit between any two sites is 100G" },
	{ "sooner than light", { BW "400G", LATENCY "1us" },
	  .code = OCS_RANGE,
	  .want = "--optical-latency=1us: the lowest latency between any two sites is 2274us (paris-lyon); ask for at least 3ms" },
	{ "a short link is too thin", { BW "100G", LATENCY "100us" },
	  .code = OCS_RANGE, .want = "900us (lyon-nice); ask for at least 900us" },
	{ "sites that nothing joins", { BW "1G", SITES "paris,lille" },
	  .code = OCS_RANGE, .want = "no link joins" },

	{ "less variation than any two sites",
	  { BW "100G", OTHER "delay_variation=5us" }, .code = OCS_RANGE,
	  .want = "--optical-delay-variation: from lyon to nice delay varies by at least 20us, but at most 5us is asked for, nor can any other pair have it" },
	{ "than the only pair", { BW "100G", OTHER "delay_variation=5us",
				  SITES "paris,lyon" }, .code = OCS_RANGE,
	  .want = "from paris to lyon delay varies by at least 9us, but at most 5us is asked for" },
	{ "no second route", { BW "50G", OTHER "protect=1+1",
				    SITES "lyon,nice" }, .code = OCS_RANGE,
	  .want = "--optical-protect: between lyon and nice there are never two disjoint routes" },
	{ "a second route that is too thin",
	  { BW "800G", OTHER "protect=1+1", SITES "paris,lyon" },
	  .code = OCS_RANGE,
	  .want = "--optical-protect: between paris and lyon there are never two disjoint routes" },
	{ "and one that is too slow",
	  { BW "400G", OTHER "protect=restorable", LATENCY "3ms",
	    SITES "paris,lyon" }, .code = OCS_RANGE,
	  .want = "--optical-protect: between paris and lyon there are never two disjoint routes within the bounds" },
	{ "two that are too slow",
	  { BW "400G", OTHER "protect=1+1", LATENCY "3ms",
	    SITES "paris,lyon" }, .code = OCS_RANGE,
	  .want = "--optical-latency: from paris to lyon it is at least 5ms one way, but at most 3ms is asked for" },
	{ "no protection for an anchor",
	  { BW "50G", OTHER "protect=1+1", OTHER "anchor=campus" },
	  .code = OCS_RANGE,
	  .want = "--optical-protect: between campus and lyon there are never two disjoint routes" },
	{ "a word that there is not", { BW "50G", OTHER "protect=2+1" },
	  .code = OCS_SYNTAX, .want = "bad --optical-protect '2+1'" },
	{ "no endpoint", { BW "400G", OTHER "anchor=rome" },
	  .code = OCS_RANGE,
	  .want = "--optical-anchor: no endpoint 'rome' (known: campus,brest,paris,lyon,nice,lille)" },
	{ "an endpoint that nothing joins",
	  { BW "400G", OTHER "anchor=brest" }, .code = OCS_RANGE,
	  .want = "--optical-anchor: no link leads from brest to any of the sites that the job may use" },
	{ "more than the endpoint has", { BW "800G", OTHER "anchor=campus" },
	  .code = OCS_RANGE,
	  .want = "--optical-bw=800G: the largest circuit from campus to any site is 400G" },
	{ "an endpoint too far from the only site",
	  { BW "100G", LATENCY "300us", OTHER "anchor=campus",
	    SITES "nice" }, .code = OCS_RANGE,
	  .want = "--optical-latency=300us: the lowest latency from campus to any site is 950us (campus-nice); ask for at least 950us" },
	{ "an endpoint whose delay varies too much",
	  { BW "100G", OTHER "delay_variation=1us", OTHER "anchor=campus",
	    SITES "lyon" }, .code = OCS_RANGE,
	  .want = "--optical-delay-variation: from campus to lyon delay varies by at least 2us" },
	{ "a site as anchor, and another one must be",
	  { BW "100G", OTHER "anchor=lille", SPAN "2" }, .code = OCS_RANGE,
	  .want = "no link leads from lille" },

	/* licences */
	{ "our licence, typed", { NULL }, .licenses = "optical:400",
	  .code = OCS_DENIED, .want = "--optical-bw=RATE" },
	{ "among others", { NULL }, .licenses = "matlab;optical",
	  .code = OCS_DENIED, .want = "-L optical" },
	{ "as later versions write it", { NULL }, .licenses = "x|optical:2",
	  .code = OCS_DENIED, .want = "-L optical" },
	{ "on a server", { NULL }, .licenses = "optical@db:2",
	  .code = OCS_DENIED, .want = "-L optical" },
	{ "with the option", { BW "400G" }, .licenses = "optical:1",
	  .code = OCS_DENIED, .want = "leave it out" },
	{ "again without the option", { NULL }, .licenses = "optical:400",
	  .again = true, .code = OCS_DENIED, .want = "--optical-bw=RATE" },
	{ "again with none", { BW "none" }, .licenses = "optical:400",
	  .again = true, .code = OCS_DENIED, .want = "leave it out" },
	{ "again, for another job", { BW "400G" }, .licenses = "optical:400",
	  .again = true, .expands = true, .code = OCS_DENIED,
	  .want = "leave it out" },
	{ "without configuration", { NULL }, .licenses = "optical:1",
	  .with = NOCONF, .code = OCS_DENIED, .want = "-L optical" },
};
#define N (sizeof(table) / sizeof(table[0]))

static uint32_t count_nodes(const char *nodes)
{
	return atoi(nodes);
}

static uint32_t count_outside(const char *partition)
{
	return partition && !strcmp(partition, "outside") ? 8 : 0;
}

static void fill(struct ocs_submit_in *in, const struct row *r)
{
	*in = (struct ocs_submit_in) {
		.spank_env = (char *const *) r->env, .nspank_env = MAXENV,
		.comment = r->comment, .licenses = r->licenses,
		.partitions = r->partitions, .reservations = r->resv,
		.min_nodes = r->min_nodes,
		.max_nodes = r->max_nodes,
		.again = r->again, .expands = r->expands,
		.slurm_licenses = "matlab:4,optical:100000",
		.slurm_tres = "cpu,mem,License/Optical",
		.slurm_select = "select/cons_tres_optical",
		.accounting = true,
		.conf = r->with == NOCONF ? NULL : &conf, .conf_why = "gone",
		.state = r->with ? NULL : &state,
		.count_nodes = count_nodes, .count_outside = count_outside,
	};
}

static void test_row(const struct row *r)
{
	struct ocs_error err = { 0 };
	struct ocs_submit_in in;
	struct ocs_submit_out out;
	int rc;

	fill(&in, r);
	rc = ocs_submit_decide(&in, &out, &err);
	if (r->code) {
		if (!ok(rc == -1 && err.code == r->code &&
			strstr(err.text, r->want), "refused: %s", r->what))
			printf("# got %d %s '%s'\n", rc,
			       ocs_code_name(err.code), err.text);
		return;
	}
	is_str(rc ? err.text : out.request, r->want, "%s", r->what);
	is_num(out.gbps, r->gbps, "%s: licence", r->what);
}

static void test_slurm_conf(void)
{
	static const struct {
		const char *licenses, *tres, *select, *want;
	} t[] = {
		{ NULL, "license/optical", "select/cons_tres_optical",
		  "Licenses=optical" },
		{ "optical2:5", "license/optical", "select/cons_tres_optical",
		  "Licenses=optical" },
		{ "a:9,optical:399", "license/optical",
		  "select/cons_tres_optical", "is less than the 400" },
		{ "optical", "license/optical", "select/cons_tres_optical",
		  "optical:1 in slurm.conf is less" },
		{ "optical:9999", NULL, "select/cons_tres_optical",
		  "AccountingStorageTRES=license/optical" },
		{ "optical:9999", "cpu,license/optical2",
		  "select/cons_tres_optical",
		  "AccountingStorageTRES=license/optical" },
		{ "optical:9999", "license/optical", "select/cons_tres",
		  "SelectType=select/cons_tres_optical" },
		{ "optical:9999", "license/optical", NULL,
		  "SelectType=select/cons_tres_optical" },
	};
	static const struct row bw = {
		.what = "bw", .env = { BW "400G" },
	};
	static const struct row none = {
		.what = "none", .env = { BW "none" },
	};
	struct ocs_submit_in in;
	struct ocs_submit_out out;
	struct ocs_error err = { 0 };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fill(&in, &bw);
		in.slurm_licenses = t[i].licenses;
		in.slurm_tres = t[i].tres;
		in.slurm_select = t[i].select;
		if (!ok(ocs_submit_decide(&in, &out, &err) == -1 &&
			err.code == OCS_CONFLICT &&
			strstr(err.text, t[i].want), "slurm.conf: %s",
			t[i].want))
			printf("# got '%s'\n", err.text);
		if (strstr(t[i].want, "SelectType=")) {
			in.shadowed = true;
			ok(ocs_submit_decide(&in, &out, &err) == 0,
			   "which ours in cons_tres's place does not need");
		}
		if (strstr(t[i].want, "TRES=")) {
			in.accounting = false;
			ok(ocs_submit_decide(&in, &out, &err) == 0,
			   "which no accounting does not need");
		}
		in.spank_env = (char *const *) none.env;
		ok(ocs_submit_decide(&in, &out, &err) == 0,
		   "which none does not need");
	}
}

/* Availability is asked for by a class alone. */
static void test_class(void)
{
#define CLASS OTHER "class=steady"
	static const struct row rows[] = {
		{ "a class", { BW "400G", CLASS, SITES "paris,lyon" },
		  .code = OCS_RANGE,
		  .want = "--optical-class: from paris to lyon the best route is available 99.98% of the time, but at least 99.99% is asked for" },
		{ "of several pairs", { BW "100G", CLASS },
		  .code = OCS_RANGE,
		  .want = "--optical-class: from lyon to nice the best route is available 99.95% of the time, but at least 99.99% is asked for, nor can any other pair have it" },
		{ "restorable", { BW "400G", CLASS,
				  OTHER "protect=restorable",
				  SITES "paris,lyon" }, .code = OCS_RANGE,
		  .want = "the best route and its replacement are each available 99.9% of" },
		{ "another class", { BW "400G", OTHER "class=stead" },
		  .code = OCS_RANGE, .want = "known: steady" },
		{ "two routes", { BW "400G", CLASS, OTHER "protect=1+1",
				  SITES "paris,lyon" },
		  .want = V1 ";sites=paris,lyon;unavailable=100000;protect=1+1;class=steady" },
		{ "an anchor next door",
		  { CLASS, OTHER "anchor=campus", SPAN "1", SITES "lyon" },
		  .want = "v1;bw=400000000000;min=400000000000;span=1-1;hints=on;sites=lyon;unavailable=100000;anchor=campus;class=steady" },
	};
	static struct ocs_conf_class class = { .name = "steady" };
	struct ocs_link link[4];
	struct ocs_state fails = state;
	struct ocs_conf with = conf;

	ocs_request_init(&class.req);
	class.req.unavailable_ppb = 100000;
	class.req.want_bps = class.req.min_bps = 400000000000;
	with.class = &class;
	with.nclasses = 1;
	memcpy(link, net_link, sizeof(link));
	link[0].unavailable_ppb = 1000000;
	link[1].unavailable_ppb = 500000;
	link[3].unavailable_ppb = 200000;
	fails.net.link = link;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[OCS_REQUEST_TEXT_MAX] = "";
		struct ocs_error err = { 0 };
		struct ocs_submit_in in;
		struct ocs_submit_out out;

		fill(&in, &rows[i]);
		in.conf = &with;
		in.state = &fails;
		if (ocs_submit_decide(&in, &out, &err) == 0)
			ocs_request_format(&out.req, text, sizeof(text));
		is_num(err.code, rows[i].code, "class: %s", rows[i].what);
		if (!ok(strstr(rows[i].code ? err.text : text, rows[i].want),
			"what it says"))
			printf("# got '%s%s'\n", err.text, text);
	}
}

/* OpticalJobs=hold: no new requests; everything else goes on. */
static void test_switched_off(void)
{
	static const struct row bw = {
		.what = "bw", .env = { BW "400G" },
	};
	static const struct row none = {
		.what = "none", .env = { BW "none" },
	};
	static const struct row plain = { .what = "plain" };
	struct ocs_conf off = conf;
	struct ocs_submit_in in;
	struct ocs_submit_out out;
	struct ocs_error err = { 0 };

	off.optical_jobs = OCS_JOBS_HOLD;
	fill(&in, &bw);
	in.conf = &off;
	ok(ocs_submit_decide(&in, &out, &err) == -1 &&
	   err.code == OCS_UNSUPPORTED &&
	   strstr(err.text, "switched off on this cluster"),
	   "switched off: a request is refused");
	fill(&in, &none);
	in.conf = &off;
	ok(ocs_submit_decide(&in, &out, &err) == 0,
	   "switched off: --optical-bw=none is not");
	fill(&in, &plain);
	in.conf = &off;
	ok(ocs_submit_decide(&in, &out, &err) == 0,
	   "switched off: nor is a job without the option");
	in.expands = true;
	ok(ocs_submit_decide(&in, &out, &err) == 0 && !out.dropped,
	   "expands another: of a job without the option nothing is dropped");
	fill(&in, &bw);
	in.expands = true;
	ok(ocs_submit_decide(&in, &out, &err) == 0 && !out.asked &&
	   out.dropped && !out.gbps && !out.request[0],
	   "expands another: a request is dropped");
	fill(&in, &none);
	in.expands = true;
	ok(ocs_submit_decide(&in, &out, &err) == 0 && !out.dropped,
	   "expands another: --optical-bw=none says nothing else");
	fill(&in, &plain);
	in.partitions = "must";
	ok(ocs_submit_decide(&in, &out, &err) == -1,
	   "RequireOption=yes: a job without the option is refused");
	in.expands = true;
	ok(ocs_submit_decide(&in, &out, &err) == 0,
	   "expands another: it need not have the option");
}

static void test_text(void)
{
	static const struct {
		const char *have;
		uint32_t gbps;
		const char *want;
	} lic[] = {
		{ NULL, 400, "optical:400" }, { NULL, 0, "" },
		{ "", 1, "optical:1" }, { "a:2;b", 3, "a:2,b,optical:3" },
		{ "a,optical:7,b", 0, "a,b" }, { "optical:7", 9, "optical:9" },
		{ "optical", 0, "" }, { ",,a", 0, "a" },
		{ "optical:1,optical:2", 3, "optical:3" },
	};
	static const struct {
		const char *entry;
		bool ours, stale;
	} env[] = {
		{ "OPTICAL_REQUEST=v1", true, true },
		{ "OPTICAL_REQUEST=", true, true },
		{ "OPTICAL_REQUEST", false, false },
		{ "OPTICAL_REQUESTS=1", false, false },
		{ "OPTICAL_NSITES=2", false, true },
		{ "OPTICAL_JOB_ID=2", false, true },
		{ "OPTICAL_HINTS_SET=2:", false, false },
		{ "OPTICAL_MINE=2", false, false },
		{ "XOPTICAL_NSITES=2", false, false },
		{ "SLURM_SPANK_OPTICAL_REQUEST=v1", false, true },
		{ "SLURM_SPANK_" BW "1G", false, true },
		{ "SLURM_SPANK__SLURM_SPANK_OPTION_pyxis_image=x", false,
		  false },
		{ "PATH=/bin", false, false },
		{ NULL, false, false },
	};

	for (size_t i = 0; i < sizeof(lic) / sizeof(lic[0]); i++) {
		char *got = ocs_submit_licenses(lic[i].have, lic[i].gbps);

		is_str(got, lic[i].want, "licences %s and %u",
		       lic[i].have ? lic[i].have : "(none)", lic[i].gbps);
		free(got);
	}
	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		ok(ocs_submit_env_ours(env[i].entry) == env[i].ours &&
		   ocs_submit_env_stale(env[i].entry) == env[i].stale,
		   "entry %s", env[i].entry ? env[i].entry : "(null)");
}

static void test_modify(void)
{
	static const struct {
		const char *what;
		struct ocs_modify_in in;
		enum ocs_code code;
		bool changed;
	} t[] = {
		{ "nothing of ours", { V1, true, NULL, "hello" }, 0, false },
		{ "other licences of another job", { NULL, true, "a:1", NULL },
		  0, false },
		{ "a new request", { V1, true, NULL, "optical(bw=100G)" }, 0,
		  true },
		{ "a first request", { NULL, true, NULL, "optical(bw=1G)" }, 0,
		  true },
		{ "the same again", { V1, true, NULL, "optical(bw=400G)" }, 0,
		  false },
		{ "the same of a running job",
		  { V1, false, NULL, "optical(bw=400G)" }, 0, false },
		{ "another of a running job",
		  { V1, false, NULL, "optical(bw=100G)" }, OCS_DENIED, false },
		{ "a first one of a running job",
		  { NULL, false, NULL, "optical(bw=100G)" }, OCS_DENIED, false },
		{ "wrong text", { V1, true, NULL, "optical(bw=1)" },
		  OCS_SYNTAX, false },
		{ "more than there can be",
		  { V1, true, NULL, "optical(bw=6.4T)" }, OCS_RANGE, false },
		{ "our licence", { NULL, true, "optical:1", NULL },
		  OCS_DENIED, false },
		{ "our licence of a running job",
		  { V1, false, "a,optical:1", NULL }, OCS_DENIED, false },
		{ "any licence of ours", { V1, true, "a:1", NULL },
		  OCS_DENIED, false },
		{ "no licences of a running job", { V1, false, "", NULL },
		  OCS_DENIED, false },
	};
	static const struct row job = {
		.what = "job", .env = { BW "400G" },
	};
	struct ocs_submit_in submit;
	struct ocs_submit_out out;
	struct ocs_error err;
	bool changed;

	fill(&submit, &job);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int rc;

		err.code = OCS_OK;
		rc = ocs_modify_decide(&t[i].in, &submit, &changed, &out,
				       &err);
		ok(rc == (t[i].code ? -1 : 0) && err.code == t[i].code &&
		   (rc || changed == t[i].changed), "update: %s", t[i].what);
	}
}

int main(void)
{
	for (size_t i = 0; i < N; i++)
		test_row(&table[i]);
	test_slurm_conf();
	test_class();
	test_switched_off();
	test_text();
	test_modify();
	return tap_done();
}
