// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * opticalctl - look at and act on the optical network of a Slurm cluster
 *
 * The command line: options, commands, help. Options may stand before or
 * after the command, as people type them.
 */
#include "ocs_config.h"

#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ctl.h"

#define TIME_HELP \
	"TIME is 2026-05-01T08:00 (local), now, or +2h from now.\n"
#define ID_HELP \
	"ID is a lease id or the beginning of one, at least 4 digits.\n"

static const struct command commands[] = {
	{ "ping", "", "is the agent there, and who am I to it",
	  "Prints the agent's version and ledger instance, and the caller's role:\n"
	  "operator, cluster (of which clusters) or user.\n",
	  "", 0, 0, cmd_ping },
	{ "sites", "", "sites with their capacity and leases",
	  "CAPACITY, BOOKED and FREE are sums over the links that end at the site.\n"
	  "NODES are from optical.conf, where that can be read here.\n",
	  "c", 0, 0, cmd_sites },
	{ "links", "", "links with what is booked on them",
	  "STATE is up, down (no light), drained (takes nothing new) or frozen (nothing\n"
	  "is changed). FREE is what a new circuit can have. Users who are not operators\n"
	  "see pairs of sites.\n",
	  "", 0, 0, cmd_links },
	{ "leases", "", "leases: the circuits of each job",
	  "STATE is HELD, WAITING (to start), PROVISIONING, ACTIVE, IMPAIRED, OVERDUE,\n"
	  "RELEASING, FAILED or GONE.\n"
	  "Without --all, leases that are gone are left out. TIME is since the hold.\n",
	  "aMj", 0, 0, cmd_leases },
	{ "lease", "ID", "one lease: details and what happened when",
	  "ID is a lease id or the beginning of one, at least 4 digits.\n",
	  "", 1, 1, cmd_lease },
	{ "job", "JOBID", "the leases of a job: circuits, states and times",
	  "JOBID is the number that squeue shows; for an array task the one that\n"
	  "`scontrol show job` calls JobId. A requeued job has one lease per run.\n",
	  "M", 1, 1, cmd_job },
	{ "why", "JOBID", "why a job does not start, and what would help",
	  "The reason in a sentence, the circuits that the job would take, when Slurm\n"
	  "expects it to start, and the smallest change that would let it start now. Asks\n"
	  "scontrol, which must be in $PATH, and the agent.\n",
	  "", 1, 1, cmd_why },
	{ "compute", "", "nodes and GPUs of each site, as clusters told",
	  "What each cluster's slurmctld last told the agent: nodes and GPUs of each\n"
	  "site, how many are idle, and what waits for circuits. AGE is since it was\n"
	  "counted; stale is what is older than it says it is good. Operators see all\n"
	  "clusters, a cluster itself.\n",
	  "M", 0, 0, cmd_compute },
	{ "report", "", "what circuits jobs had, their energy and cost",
	  "One line for each run of a job whose circuits were up. SECONDS are from its\n"
	  "start to its end, GBPS is its license/optical, both as in sacct. ENERGY_WH and\n"
	  "COST are what its granted rates take on the links of its routes, by Energy= and\n"
	  "Cost= of opticald.conf as they are now; - where a link has no Energy=.\n",
	  "Mj", 0, 0, cmd_report },
	{ "what-if", "CIRCUIT... [start=TIME] [for=TIME]", "could these circuits start",
	  "CIRCUIT is SITE-SITE:RATE[:LATENCY], as paris-lyon:400G:3ms. Says whether all\n"
	  "could start at the given time (now), the earliest that they could, what is\n"
	  "short and what would help. Nothing is booked. Exit status 0: it could.\n"
	  TIME_HELP,
	  "", 1, 64, cmd_whatif },
	{ "check", "", "say what is wrong before anything runs",
	  "Looks at optical.conf, the agent, slurm.conf and plugstack.conf, and whether\n"
	  "they agree. Run it where slurmctld runs, as root or slurmctld's user.\n"
	  "Exit status 1 if there is an error; warnings alone give 0.\n",
	  "cs", 0, 0, cmd_check },
	{ "node", "", "the NICs and GPUs that this host has",
	  "As hwloc sees them, to compare with Nics= and Gpus= of optical.conf. Counted\n"
	  "are NICs with RDMA, and Ethernet of 25G or more.\n",
	  "c", 0, 0, cmd_node },
	{ "release", "ID", "end a lease (operators)",
	  "The circuits go at once: a job that runs on them keeps running without.\n"
	  "ID is a lease id or the beginning of one, at least 4 digits.\n",
	  "", 1, 1, cmd_release },
	{ "extend", "ID TIME", "give a lease another end",
	  "TIME is a new end, or +SPAN: that much more than now planned.\n" TIME_HELP
	  ID_HELP,
	  "", 2, 2, cmd_extend },
	{ "modify", "ID CHANGE...", "change when a lease starts, ends, or its rate",
	  "CHANGE is start=TIME, end=TIME, end=open or rate=RATE (of each circuit). All\n"
	  "of them are made, or none. What is lit is resized without interruption.\n"
	  TIME_HELP ID_HELP,
	  "", 2, 4, cmd_modify },
	{ "drain", "LINK [NOTE]", "let a link take nothing new (operators)",
	  "What is on it stays; the leases that are touched are listed. It lasts until\n"
	  "`opticalctl undrain`, over restarts of the agent, too.\n",
	  "", 1, 64, cmd_drain },
	{ "undrain", "LINK [NOTE]", "let a link take leases again (operators)",
	  "Also what Drain=yes of opticald.conf says is overruled.\n",
	  "", 1, 64, cmd_undrain },
	{ "window", "list | add LINK START END [NOTE] | del ID", "maintenance of links, planned",
	  "  list                        what is planned, and what is drained now\n"
	  "  add LINK START END [NOTE]   plan maintenance; lists the leases it touches\n"
	  "  del ID                      take it back\n"
	  "During a window its link takes nothing new, and before it nothing that would\n"
	  "last into it. END may be +SPAN from START. Operators add and delete.\n"
	  TIME_HELP,
	  "", 1, 64, cmd_window },
	{ "freeze", "[LINK|--all]", "let nothing be changed in the network (operators)",
	  "From now on no circuit over LINK (or any) is set up, taken down or resized;\n"
	  "what is under way finishes, running jobs are not touched, commits wait, new\n"
	  "jobs wait as OpticalFrozen. It lasts until `opticalctl unfreeze`, over restarts\n"
	  "of the agent, too. Without LINK and --all: what is frozen.\n",
	  "aw", 0, 1, cmd_freeze },
	{ "unfreeze", "LINK|--all", "let the network be changed again (operators)",
	  "What has waited goes on. --all takes back `freeze --all`; links that were frozen\n"
	  "by name stay so.\n",
	  "aw", 0, 1, cmd_unfreeze },
	{ "approve", "LEASE|--all", "let a set-up begin (operators, Mode=approve)",
	  "--all: all that wait as OpticalApproval. Without an answer within ApproveTimeout\n"
	  "a lease fails, which does not count against its job.\n" ID_HELP,
	  "aw", 0, 1, cmd_approve },
	{ "deny", "LEASE|--all", "refuse a set-up (operators, Mode=approve)",
	  "The job goes back to the queue; that counts as a refused set-up.\n" ID_HELP,
	  "aw", 0, 1, cmd_deny },
	{ "measure", "ID[.N] [NAME=VALUE]...", "what was measured on a circuit",
	  "Shows what was measured last on circuit N (0) of lease ID while it is valid;\n"
	  "with latency=TIME, and perhaps variation=TIME, loss=RATIO, source=NAME and\n"
	  "valid=TIME, tells the agent (operators).\n" ID_HELP,
	  "", 1, 6, cmd_measure },
	{ "confirm", "CLUSTER", "let held-back removals go on (operators)",
	  "When a cluster's reconciliation wants to remove more leases in 10 minutes\n"
	  "than is plausible, or leases whose jobs it knows nothing of (slurmctld -c, a\n"
	  "lost state), the agent holds them back until this is given. Then all that was\n"
	  "held back may go. `opticalctl links` and `check` tell of it.\n",
	  "", 1, 1, cmd_confirm },
	{ "sim", "fault FAULT LINK [COUNT]", "make the simulated network fail",
	  "Only with Driver=sim, operators only. FAULT is one of\n"
	  "  refuse     the next COUNT (1) set-ups over LINK are refused\n"
	  "  fail-late  the next COUNT (1) set-ups are accepted and then fail\n"
	  "  never-answer, answer-twice   so are the next COUNT ends of operations\n"
	  "  lie        the next COUNT set-ups are said to be done and are not\n"
	  "  reroute    the next COUNT set-ups take another route\n"
	  "  slow-delete  the next COUNT releases take a minute longer\n"
	  "  stale      the next COUNT looks show what was before the last change\n"
	  "  cut        LINK loses its light\n"
	  "  flap       LINK goes down and up COUNT times\n"
	  "  foreign    another customer takes COUNT wavelengths of LINK\n"
	  "  recover    LINK is up, others leave, all its faults are forgotten\n"
	  "LINK may be '*' for all. `opticalctl sim faults` shows what is pending.\n",
	  "", 1, 4, cmd_sim },
	{ NULL, NULL, NULL, NULL, NULL, 0, 0, NULL },
};

enum {
	OPT_HELP = 256, OPT_COLOR, OPT_SLURM_CONF, OPT_CA, OPT_CERT, OPT_KEY,
	OPT_WHY
};

static const struct option options[] = {
	{ "url", required_argument, NULL, 'u' },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "json", no_argument, NULL, 'J' },
	{ "parsable", no_argument, NULL, 'P' },
	{ "noheader", no_argument, NULL, 'h' },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, 'V' },
	{ "all", no_argument, NULL, 'a' },
	{ "cluster", required_argument, NULL, 'M' },
	{ "job", required_argument, NULL, 'j' },
	{ "conf", required_argument, NULL, 'c' },
	{ "slurm-conf", required_argument, NULL, OPT_SLURM_CONF },
	{ "why", required_argument, NULL, OPT_WHY },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	char letter;		/* in struct command.options */
	const char *text;
} option_help[] = {
	{ 'a', "  -a, --all              all; of lists, those that are gone, too\n" },
	{ 'M', "  -M, --cluster=NAME     of this cluster only\n" },
	{ 'j', "  -j, --job=JOBID        of this job only\n" },
	{ 'c', "  -c, --conf=FILE        optical.conf (default: beside slurm.conf)\n" },
	{ 's', "      --slurm-conf=FILE  default: $SLURM_CONF, then /etc/slurm/slurm.conf\n" },
	{ 'w', "      --why=TEXT         a note for those who ask later\n" },
};

static const char general_help[] =
	"  -u, --url=URL          the agent: unix:/path, http://127.0.0.1:port or\n"
	"                         https://host:port (default: $OPTICALD_URL,\n"
	"                         AgentURL of optical.conf,\n"
	"                         " OCS_AGENT_URL ")\n"
	"      --ca=FILE          for https: who signs the agent's certificate\n"
	"                         ($OPTICALD_CA, AgentCA)\n"
	"      --cert=FILE        our certificate ($OPTICALD_CERT, AgentCert)\n"
	"      --key=FILE         and its key ($OPTICALD_KEY, AgentKey)\n"
	"      --json             print JSON\n"
	"  -P, --parsable         fields separated by '|', nothing aligned\n"
	"  -h, --noheader         no header line\n"
	"      --color[=WHEN]     always, never or auto (default)\n"
	"      --help             this text; after a command, about that command\n"
	"  -V, --version          print the version\n";

static int help_all(void)
{
	printf("Usage: opticalctl [OPTION]... COMMAND [ARGUMENT]...\n"
	       "Look at and act on the optical network of a Slurm cluster.\n\n"
	       "Commands:\n");
	for (const struct command *c = commands; c->name; c++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", c->name, c->args);
		printf("  %-31s %s\n", left, c->summary);
	}
	printf("\nOptions:\n%s"
	       "\nExit status: 0 done; 1 refused or problems found; 2 usage; "
	       "3 agent not\nreachable; 4 not authorised.\n", general_help);
	return CTL_OK;
}

static int help_command(const struct command *c)
{
	printf("Usage: opticalctl %s%s%s [OPTION]...\n%c%s.\n\n%s\nOptions:\n",
	       c->name, *c->args ? " " : "", c->args,
	       toupper((unsigned char) c->summary[0]), c->summary + 1,
	       c->help);
	for (size_t i = 0; i < sizeof(option_help) / sizeof(option_help[0]);
	     i++)
		if (strchr(c->options, option_help[i].letter))
			fputs(option_help[i].text, stdout);
	fputs(general_help, stdout);
	return CTL_OK;
}

int ctl_usage(const struct ctl *ctl, const char *fmt, ...)
{
	va_list ap;

	fputs("opticalctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (ctl->command)
		fprintf(stderr, "\nTry: opticalctl %s --help\n",
			ctl->command->name);
	else
		fputs("\nTry: opticalctl --help\n", stderr);
	return CTL_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int unknown_command(const struct ctl *ctl, const char *name)
{
	const char *names[sizeof(commands) / sizeof(commands[0])];
	const char *near;
	size_t n;

	for (n = 0; commands[n].name; n++)
		names[n] = commands[n].name;
	names[n] = NULL;
	near = nearest_word(name, names);
	if (near)
		return ctl_usage(ctl, "unknown command '%s': did you mean '%s'?",
				 name, near);
	return ctl_usage(ctl, "unknown command '%s'", name);
}

static int parse_color(struct ctl *ctl, const char *when)
{
	if (!when || !strcmp(when, "always"))
		ctl->color = true;
	else if (!strcmp(when, "never"))
		ctl->color = false;
	else if (strcmp(when, "auto"))
		return ctl_usage(ctl, "bad --color '%s': always, never or auto",
				 when);
	return CTL_OK;
}

/* Options that only some commands take; NULL: not such a one. */
static const char *limited_name(char letter)
{
	return letter == 'a' ? "--all" : letter == 'M' ? "--cluster" :
	       letter == 'j' ? "--job" : letter == 'c' ? "--conf" :
	       letter == 's' ? "--slurm-conf" :
	       letter == 'w' ? "--why" : NULL;
}

/* 0, or the exit status. LIMITED gets the letters of options that not all
 * commands take, each once; *HELP is set. */
static int parse_options(struct ctl *ctl, int argc, char **argv,
			 char limited[static 16], bool *help)
{
	size_t n = 0;
	int c;

	/* getopt names argv[0], which may be a long path */
	argv[0] = (char *) "opticalctl";
	while ((c = getopt_long(argc, argv, "u:PhVaM:j:c:", options, NULL)) !=
	       -1) {
		char letter = c == OPT_SLURM_CONF ? 's' : c == OPT_WHY ? 'w' :
			      c < OPT_HELP ? (char) c : '\0';

		if (limited_name(letter) && !memchr(limited, letter, n))
			limited[n++] = letter;
		switch (c) {
		case 'u': ctl->url = optarg; break;
		case OPT_CA: ctl->ca = optarg; break;
		case OPT_CERT: ctl->cert = optarg; break;
		case OPT_KEY: ctl->key = optarg; break;
		case 'J': ctl->json = true; break;
		case 'P': ctl->parsable = true; break;
		case 'h': ctl->noheader = true; break;
		case 'a': ctl->all = true; break;
		case 'M': ctl->cluster = optarg; break;
		case 'j': ctl->job = optarg; break;
		case 'c': ctl->conf = optarg; break;
		case OPT_SLURM_CONF: ctl->slurm_conf = optarg; break;
		case OPT_WHY: ctl->why = optarg; break;
		case OPT_HELP: *help = true; break;
		case OPT_COLOR:
			if (parse_color(ctl, optarg))
				return CTL_USAGE;
			break;
		case 'V':
			printf("opticalctl %s\n", PACKAGE_VERSION);
			exit(CTL_OK);
		default:
			fputs("Try: opticalctl --help\n", stderr);
			return CTL_USAGE;
		}
	}
	limited[n] = '\0';
	return CTL_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	char limited[16] = "";
	bool help = false;
	int rc;

	rc = parse_options(ctl, argc, argv, limited, &help);
	if (rc)
		return rc;
	argc -= optind;
	argv += optind;
	if (argc && !strcmp(argv[0], "help")) {
		help = true;
		argc--;
		argv++;
	}
	if (!argc)
		return help ? help_all() : ctl_usage(ctl, "a command is missing");
	ctl->command = find_command(argv[0]);
	if (!ctl->command)
		return unknown_command(ctl, argv[0]);
	if (help)
		return help_command(ctl->command);
	for (const char *l = limited; *l; l++)
		if (!strchr(ctl->command->options, *l))
			return ctl_usage(ctl, "%s is not for '%s'",
					 limited_name(*l), argv[0]);
	argc--;
	argv++;
	if (argc < ctl->command->min_args)
		return ctl_usage(ctl, "%s: %s is missing", ctl->command->name,
				 ctl->command->args);
	if (argc > ctl->command->max_args)
		return ctl_usage(ctl, "%s: '%s' is too much",
				 ctl->command->name,
				 argv[ctl->command->max_args]);
	return ctl->command->run(ctl, argc, argv);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .color = isatty(STDOUT_FILENO) &&
				    !getenv("NO_COLOR") };
	int rc = run(&ctl, argc, argv);

	ctl_close(&ctl);
	if (fflush(stdout) || ferror(stdout)) {
		perror("opticalctl: stdout");
		return rc ? rc : CTL_REFUSED;
	}
	return rc;
}
