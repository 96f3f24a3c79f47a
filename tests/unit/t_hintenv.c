// SPDX-License-Identifier: GPL-2.0-or-later
/* t_hintenv - what is set, left and taken away in a task's environment */
#include <stdlib.h>

#include "plugins/spank/hintenv.h"
#include "tests/unit/tap.h"

#define FACTS(job) "OPTICAL_JOB_ID=" job " OPTICAL_NSITES=2 " \
	"OPTICAL_RATE_BPS=400000000000 OPTICAL_RTT_US=4548 OPTICAL_NICS=8 " \
	"OPTICAL_GPUS=8 OPTICAL_BUFFSIZE_MAX=16777216 "
#define BUFF "NCCL_BUFFSIZE=16777216"
#define CHUNK "NCCL_P2P_NET_CHUNKSIZE=1048576"
#define SET(job) "OPTICAL_HINTS_SET=" job \
	":NCCL_BUFFSIZE,NCCL_P2P_NET_CHUNKSIZE " \
	"OPTICAL_HINTS_VALUES=16777216,1048576 "
#define DROP_FACTS "-OPTICAL_NSITES -OPTICAL_RATE_BPS -OPTICAL_RTT_US " \
	"-OPTICAL_NICS -OPTICAL_GPUS -OPTICAL_BUFFSIZE_MAX -OPTICAL_JOB_ID "
#define DROP_SET "-OPTICAL_HINTS_SET -OPTICAL_HINTS_VALUES "
#define ALL "+" BUFF " +" CHUNK " +OPTICAL_HINTS_SET=42:NCCL_BUFFSIZE," \
	"NCCL_P2P_NET_CHUNKSIZE +OPTICAL_HINTS_VALUES=16777216,1048576 "

static const struct {
	const char *what;
	const char *env;	/* of a task of job 42 */
	const char *conf;	/* nccl.conf */
	const char *want;	/* +NAME=VALUE set, -NAME unset, !NAME print */
} table[] = {
	{ "own facts give both hints", FACTS("42"), "", ALL },
	{ "hints=on is said", FACTS("42") "OPTICAL_HINTS=on", "", ALL },
	{ "a het component's task sees its leader's facts",
	  FACTS("41") "SLURM_JOB_ID=41", "", ALL },
	{ "other variables don't matter", FACTS("42") "NCCL_DEBUG=INFO",
	  "NCCL_IB_TC=3\n", ALL },

	/* nothing to do */
	{ "no facts at all", "HOME=/x", "", "" },
	{ "facts of nobody", "OPTICAL_NSITES=2 OPTICAL_RATE_BPS=1", "", "" },
	{ "one site", "OPTICAL_JOB_ID=42 OPTICAL_NSITES=1", "", "" },
	{ "hints=off", FACTS("42") "OPTICAL_HINTS=off", "", "" },
	{ "an unknown mode counts as off", FACTS("42") "OPTICAL_HINTS=yes",
	  "", "" },
	{ "no round trip time", "OPTICAL_JOB_ID=42 OPTICAL_NSITES=2 "
	  "OPTICAL_RATE_BPS=400000000000 OPTICAL_NICS=8 OPTICAL_GPUS=8",
	  "", "" },
	{ "a rate that is no number", "OPTICAL_JOB_ID=42 OPTICAL_NSITES=2 "
	  "OPTICAL_RATE_BPS=400G OPTICAL_RTT_US=4548 OPTICAL_NICS=8 "
	  "OPTICAL_GPUS=8", "", "" },
	{ "no NICs", "OPTICAL_JOB_ID=42 OPTICAL_NSITES=2 "
	  "OPTICAL_RATE_BPS=400000000000 OPTICAL_RTT_US=4548 OPTICAL_NICS=0 "
	  "OPTICAL_GPUS=8", "", "" },
	{ "a negative number of sites", "OPTICAL_JOB_ID=42 OPTICAL_NSITES=-2 "
	  "OPTICAL_RATE_BPS=400000000000 OPTICAL_RTT_US=4548 OPTICAL_NICS=8 "
	  "OPTICAL_GPUS=8", "", "" },

	/* never override */
	{ "the user set one", FACTS("42") "NCCL_BUFFSIZE=1", "", "" },
	{ "the user set it to nothing", FACTS("42") "NCCL_BUFFSIZE=", "", "" },
	{ "the user set the other one", FACTS("42") "NCCL_P2P_NET_CHUNKSIZE=1",
	  "", "" },
	{ "the user set a coupled one that we don't set",
	  FACTS("42") "NCCL_NVLS_CHUNKSIZE=1", "", "" },
	{ "the user set the same value", FACTS("42") BUFF, "", "" },
	{ "nccl.conf has one", FACTS("42"), "NCCL_BUFFSIZE=1\n", "" },
	{ "nccl.conf has the other one without newline", FACTS("42"),
	  "# x\n\n NCCL_P2P_NET_CHUNKSIZE = 1", "" },
	{ "nccl.conf has it commented out", FACTS("42"), "#NCCL_BUFFSIZE=1\n",
	  ALL },
	{ "nccl.conf has a longer name", FACTS("42"), "NCCL_BUFFSIZE_X=1\n",
	  ALL },

	/* a step of the same job inherits what the batch task got */
	{ "a step keeps what is there", FACTS("42") SET("42") BUFF " " CHUNK,
	  "", "+OPTICAL_HINTS_SET=42:NCCL_BUFFSIZE,NCCL_P2P_NET_CHUNKSIZE "
	  "+OPTICAL_HINTS_VALUES=16777216,1048576 " },
	{ "the script set one anew: its partner goes",
	  FACTS("42") SET("42") "NCCL_BUFFSIZE=1 " CHUNK, "",
	  "-NCCL_P2P_NET_CHUNKSIZE " DROP_SET },
	{ "the script took one away: it stays away",
	  FACTS("42") SET("42") CHUNK, "", "-NCCL_P2P_NET_CHUNKSIZE "
	  "+OPTICAL_HINTS_SET=42:NCCL_BUFFSIZE +OPTICAL_HINTS_VALUES=16777216 "
	},
	{ "the step's image has a nccl.conf of its own",
	  FACTS("42") SET("42") BUFF " " CHUNK, "NCCL_BUFFSIZE=1\n",
	  "-NCCL_BUFFSIZE -NCCL_P2P_NET_CHUNKSIZE " DROP_SET },
	{ "a step with hints=off loses them",
	  FACTS("42") SET("42") BUFF " " CHUNK " OPTICAL_HINTS=off", "",
	  "-NCCL_BUFFSIZE -NCCL_P2P_NET_CHUNKSIZE " DROP_SET },

	/* a job within a job */
	{ "another job's facts go", FACTS("7"), "", DROP_FACTS },
	{ "another job's hints go", FACTS("7") SET("7") BUFF " " CHUNK, "",
	  DROP_FACTS "-NCCL_BUFFSIZE -NCCL_P2P_NET_CHUNKSIZE " DROP_SET },
	{ "another job's hints go, without facts", SET("7") BUFF " " CHUNK, "",
	  "-NCCL_BUFFSIZE -NCCL_P2P_NET_CHUNKSIZE " DROP_SET },
	{ "another job's hints are replaced",
	  FACTS("42") "OPTICAL_HINTS_SET=7:NCCL_BUFFSIZE "
	  "OPTICAL_HINTS_VALUES=8388608 NCCL_BUFFSIZE=8388608", "", ALL },
	{ "also where the values were not noted",
	  FACTS("42") "OPTICAL_HINTS_SET=7:NCCL_BUFFSIZE NCCL_BUFFSIZE=8388608",
	  "", ALL },
	{ "what the outer job's script changed is the user's",
	  FACTS("42") SET("7") "NCCL_BUFFSIZE=1 " CHUNK, "",
	  "-NCCL_P2P_NET_CHUNKSIZE " DROP_SET },
	{ "what the outer job took away is ours to set",
	  FACTS("42") SET("7"), "", ALL },

	/* forged notes */
	{ "only NCCL variables can be noted",
	  "OPTICAL_HINTS_SET=7:PATH,LD_PRELOAD,NCCL_ PATH=/bin LD_PRELOAD=x",
	  "", DROP_SET },
	{ "a note without job", "OPTICAL_HINTS_SET=NCCL_BUFFSIZE " BUFF, "",
	  DROP_SET },
	{ "a note with an endless job",
	  "OPTICAL_HINTS_SET=99999999999999999999999999999:NCCL_BUFFSIZE "
	  BUFF, "", DROP_SET },

	/* print */
	{ "print sets nothing", FACTS("42") "OPTICAL_HINTS=print", "",
	  "!NCCL_BUFFSIZE !NCCL_P2P_NET_CHUNKSIZE +OPTICAL_HINTS_SET=42: "
	  "+OPTICAL_HINTS_VALUES= " },
	{ "print leaves out what the user set",
	  FACTS("42") "OPTICAL_HINTS=print NCCL_BUFFSIZE=1", "",
	  "+OPTICAL_HINTS_SET=42: +OPTICAL_HINTS_VALUES= " },
	{ "a job says it once", FACTS("42") "OPTICAL_HINTS=print "
	  "OPTICAL_HINTS_SET=42: OPTICAL_HINTS_VALUES=", "", "" },
	{ "a nested job says it for itself", FACTS("42") "OPTICAL_HINTS=print "
	  "OPTICAL_HINTS_SET=7: OPTICAL_HINTS_VALUES=", "",
	  "!NCCL_BUFFSIZE !NCCL_P2P_NET_CHUNKSIZE +OPTICAL_HINTS_SET=42: "
	  "+OPTICAL_HINTS_VALUES= " },
};
#define N (sizeof(table) / sizeof(table[0]))

struct world {
	char env[1024];
	const char *conf;
};

static const char *world_get(void *arg, const char *name)
{
	static char values[256][256];	/* a plan asks for fewer */
	static unsigned int next;
	char *value = values[next++ % 256];
	struct world *w = arg;
	size_t n = strlen(name), len;

	for (char *p = w->env; *p; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		if (strncmp(p, name, n) || p[n] != '=')
			continue;
		snprintf(value, sizeof(values[0]), "%.*s", (int) (len - n - 1),
			 p + n + 1);
		return value;
	}
	return NULL;
}

static bool world_inconf(void *arg, const char *name)
{
	struct world *w = arg;

	return ocs_hintenv_conf_has(w->conf, strlen(w->conf), name);
}

static void describe(const struct ocs_hintenv_plan *plan, char *buf,
		     size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < plan->n && n < size; i++) {
		const struct ocs_hintenv_action *a = &plan->action[i];

		n += snprintf(buf + n, size - n,
			      a->op == OCS_HINTENV_SET ? "+%s=%s " :
			      a->op == OCS_HINTENV_UNSET ? "-%s%s " : "!%s ",
			      a->name, a->value);
	}
}

static void decide(const char *env, const char *conf,
		   enum ocs_hints_mode fallback, struct ocs_hintenv_plan *plan)
{
	struct world w = { .conf = conf };
	struct ocs_hintenv_in in = {
		.job_id = 42, .fallback = fallback, .get = world_get,
		.inconf = world_inconf, .arg = &w,
	};

	snprintf(w.env, sizeof(w.env), "%s", env);
	ocs_hintenv_decide(&in, plan);
}

int main(void)
{
	static struct ocs_hintenv_plan plan;
	char got[4096];

	for (size_t i = 0; i < N; i++) {
		decide(table[i].env, table[i].conf, OCS_HINTS_ON, &plan);
		describe(&plan, got, sizeof(got));
		is_str(got, table[i].want, "%s", table[i].what);
	}

	decide(FACTS("42"), "", OCS_HINTS_OFF, &plan);
	is_num(plan.n, 0, "plugstack.conf's hints=off");
	decide(FACTS("42"), "", OCS_HINTS_PRINT, &plan);
	is_str(plan.action[0].value, "optical: would set " BUFF
	       " (2 sites, 400G, 4548 us there and back)",
	       "what print says");
	decide(FACTS("42") "OPTICAL_HINTS=on", "", OCS_HINTS_OFF, &plan);
	is_num(plan.n, 4, "the job's word comes before plugstack.conf's");
	return tap_done();
}
