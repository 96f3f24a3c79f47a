// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests kvfile, agent_url and conf_optical: what is refused, and where. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys/agent_url.h"
#include "common/sys/conf_optical.h"
#include "common/sys/kvfile.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/ocs-t_conf.XXXXXX";

static void write_file(const char *name, const char *text, size_t len)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		perror(path);
}

/* optical.conf holding TEXT, read */
static struct ocs_conf *read_text(const char *text, struct ocs_error *err)
{
	char path[512];

	write_file("optical.conf", text, strlen(text));
	snprintf(path, sizeof(path), "%s/optical.conf", dir);
	memset(err, 0, sizeof(*err));
	return ocs_conf_read(path, err);
}

#define SITE "SiteName=paris Nodes=par[1-2]\n"

/* WANT is a part of the text after the directory, "" for success */
static const struct {
	const char *text;
	enum ocs_code code;
	const char *want;
} cases[] = {
	{ SITE, OCS_OK, "" },
	{ "# only this\n\n" SITE "\n\n#", OCS_OK, "" },
	{ "SITENAME=paris NODES=par1 gpus=0 nIcS=1024", OCS_OK, "" },
	{ SITE "HoldTimeout=5ms HoldBudget=10ms", OCS_OK, "" },
	{ SITE "JobsWithoutRequest=SINGLE_SITE AgentDown=Run", OCS_OK, "" },
	{ SITE "OpticalJobs=hold", OCS_OK, "" },
	{ SITE "AgentURL=http://127.0.0.1:8470", OCS_OK, "" },
	{ SITE "PartitionName=a MaxRate=1.6T\nPartitionName=b", OCS_OK, "" },
	/* nothing, and nothing that is meant */
	{ "", OCS_SYNTAX, "optical.conf: no site is given" },
	{ "HoldTimeout=50ms\n", OCS_SYNTAX, "no site is given" },
	{ SITE "gibberish\n", OCS_SYNTAX,
	  "optical.conf:2: KEY=VALUE expected at 'gibberish'" },
	{ SITE "=x\n", OCS_SYNTAX, ":2: KEY=VALUE expected" },
	{ SITE "HoldTimeout\n", OCS_SYNTAX, ":2: KEY=VALUE expected" },
	{ SITE "HoldTimeout=5ms extra\n", OCS_SYNTAX, ":2: KEY=VALUE" },
	{ SITE "\xef\xbb\xbfHoldTimeout=5ms\n", OCS_SYNTAX, ":2: KEY=VALUE" },
	/* unknown keys, with the line and the nearest known one */
	{ SITE "\nHoldTimout=5ms\n", OCS_SYNTAX,
	  "optical.conf:3: unknown key 'HoldTimout' (did you mean HoldTimeout?)" },
	{ "SiteName=x \\\n\\\n Nodes=y\n\nNods=y\n", OCS_SYNTAX,
	  ":5: unknown key" },
	{ "SiteName=x Nods=y\n", OCS_SYNTAX,
	  ":1: unknown key 'Nods' (did you mean Nodes?)" },
	{ "Sitename1=x\n" SITE, OCS_SYNTAX, "did you mean SiteName?" },
	{ SITE "PartitionName=p MaxSpam=2\n", OCS_SYNTAX,
	  "did you mean MaxSpan?" },
	{ SITE "Completely=else\n", OCS_SYNTAX, "unknown key 'Completely'" },
	{ "SiteName=x Nodes=y HoldTimeout=5ms\n", OCS_SYNTAX, "unknown key" },
	{ SITE "PartitionName=p Nodes=y\n", OCS_SYNTAX, "unknown key" },
	{ SITE "Nodes=y\n", OCS_SYNTAX, "unknown key" },
	/* given twice */
	{ SITE "MaxSpan=2\n# x\nmaxspan=2\n", OCS_SYNTAX,
	  ":4: MaxSpan is given twice, first in line 2" },
	{ SITE "MaxSpan=2 maxspan=2\n", OCS_SYNTAX, "maxspan is given twice" },
	{ SITE SITE, OCS_SYNTAX, ":2: site paris is given twice" },
	{ "SiteName=x Nodes=a Nodes=b", OCS_SYNTAX, "Nodes is given twice" },
	{ SITE "PartitionName=p\nPartitionName=p\n", OCS_SYNTAX,
	  ":3: partition p is given twice" },
	/* sites */
	{ "SiteName=paris\n", OCS_SYNTAX, "site paris needs Nodes=" },
	{ "SiteName=paris Nodes=\n", OCS_SYNTAX, "must not be empty" },
	{ "SiteName=paris Nodes=\"\"\n", OCS_SYNTAX, "must not be empty" },
	{ "SiteName= Nodes=x\n", OCS_SYNTAX, "bad SiteName=''" },
	{ "SiteName=\"pa ris\" Nodes=x\n", OCS_SYNTAX, "bad SiteName" },
	{ "SiteName=pa,ris Nodes=x\n", OCS_SYNTAX, "bad SiteName" },
	{ "SiteName=p\xc3\xa9ris Nodes=x\n", OCS_SYNTAX, "bad SiteName" },
	{ "SiteName=a123456789b123456789c123456789d123456789e123456789"
	  "f123456789abcd Nodes=x\n", OCS_RANGE, "at most 63 bytes" },
	{ "SiteName=x Nodes=y Gpus=1025\n", OCS_RANGE,
	  "bad Gpus='1025': a number from 0 to 1024" },
	{ "SiteName=x Nodes=y Gpus=-1\n", OCS_SYNTAX, "bad Gpus" },
	{ "SiteName=x Nodes=y Gpus=8x\n", OCS_SYNTAX, "bad Gpus" },
	{ "SiteName=x Nodes=y Gpus=\n", OCS_SYNTAX, "bad Gpus" },
	{ "SiteName=x Nodes=y Nics=99999999999999999999\n", OCS_RANGE,
	  "bad Nics" },
	/* values of the cluster */
	{ SITE "HoldTimeout=4ms\n", OCS_RANGE,
	  "bad HoldTimeout='4ms': a time from 5ms to 500ms" },
	{ SITE "HoldTimeout=501ms\n", OCS_RANGE, "bad HoldTimeout" },
	{ SITE "HoldTimeout=50\n", OCS_RANGE, "bad HoldTimeout" },
	{ SITE "HoldTimeout=5500us\n", OCS_RANGE, "bad HoldTimeout" },
	{ SITE "HoldTimeout=soon\n", OCS_SYNTAX, "bad HoldTimeout" },
	{ SITE "HoldBudget=40ms\n", OCS_RANGE, "is more than HoldBudget" },
	{ SITE "BreakerTime=99ms\n", OCS_RANGE, "bad BreakerTime" },
	{ SITE "CommitTimeout=0\n", OCS_RANGE, "bad CommitTimeout" },
	{ SITE "CommitTimeout=25h\n", OCS_RANGE, "bad CommitTimeout" },
	{ SITE "CommitTimeout=1500ms\n", OCS_RANGE, "whole seconds" },
	{ SITE "SetupRetryDelay=2h\n", OCS_RANGE, "bad SetupRetryDelay" },
	{ SITE "MaxSetupFailures=0\n", OCS_RANGE, "bad MaxSetupFailures" },
	{ SITE "ReconcileInterval=61s\n", OCS_RANGE, "ReconcileInterval" },
	{ SITE "ComputeInterval=2h\n", OCS_RANGE, "bad ComputeInterval" },
	{ SITE "ComputeInterval=500ms\n", OCS_RANGE, "whole seconds" },
	{ SITE "NcclBuffsizeMax=65M\n", OCS_RANGE, "bad NcclBuffsizeMax" },
	{ SITE "NcclBuffsizeMax=1000K\n", OCS_RANGE, "bad NcclBuffsizeMax" },
	{ SITE "NcclBuffsizeMax=16MB\n", OCS_SYNTAX, "bad NcclBuffsizeMax" },
	{ SITE "NcclBuffsizeMax=99999999999999G\n", OCS_RANGE, "Nccl" },
	{ SITE "JobsWithoutRequest=maybe\n", OCS_SYNTAX,
	  "any|prefer_site|single_site is expected" },
	{ SITE "AgentDown=up\n", OCS_SYNTAX, "pend|run is expected" },
	{ SITE "OpticalJobs=off\n", OCS_SYNTAX, "run|hold is expected" },
	{ SITE "AdminComment=maybe\n", OCS_SYNTAX, "yes or no" },
	{ SITE "MaxRate=400\n", OCS_SYNTAX, "bad MaxRate='400'" },
	{ SITE "MaxSpan=9\n", OCS_RANGE, "bad MaxSpan" },
	{ SITE "PartitionName=p RequireOption=2\n", OCS_SYNTAX, "yes or no" },
	/* reservations */
	{ SITE "ReservationName=r\n", OCS_SYNTAX,
	  ":2: reservation r needs JobsWithoutRequest=" },
	{ SITE "ReservationName=r JobsWithoutRequest=maybe\n", OCS_SYNTAX,
	  "any|prefer_site|single_site is expected" },
	{ SITE "ReservationName=r MaxSpan=2\n", OCS_SYNTAX, "unknown key" },
	{ SITE "ReservationName=r JobsWithoutRequest=any\n"
	  "ReservationName=r JobsWithoutRequest=any\n", OCS_SYNTAX,
	  ":3: reservation r is given twice" },
	/* classes */
	{ SITE "ClassName=c Rate=400G MinRate=1T\n", OCS_RANGE,
	  ":2: bad --optical-bw '400G,min=1T'" },
	{ SITE "ClassName=c MinRate=1G\n", OCS_SYNTAX, "needs Rate=" },
	{ SITE "ClassName=c Shape=line\n", OCS_SYNTAX,
	  ":2: bad --optical-shape 'line'" },
	{ SITE "ClassName=c Anchor=a,b\n", OCS_SYNTAX,
	  ":2: bad --optical-anchor 'a,b'" },
	{ SITE "ClassName=c DelayVariation=2s\n", OCS_RANGE,
	  "bad --optical-delay-variation" },
	{ SITE "ClassName=c Availability=99.99%\n", OCS_SYNTAX,
	  ":2: bad Availability='99.99%': per cent of the time, 0.0000001 to 99.9999999, up to 7 decimals and no sign, are expected (example: 99.99)" },
	{ SITE "ClassName=c Availability=99.99999999\n", OCS_SYNTAX,
	  "up to 7 decimals" },
	{ SITE "ClassName=c Availability=high\n", OCS_SYNTAX, "per cent" },
	{ SITE "ClassName=c Availability=\n", OCS_SYNTAX, "per cent" },
	{ SITE "ClassName=c Availability=100\n", OCS_RANGE,
	  "to 99.9999999" },
	{ SITE "ClassName=c Availability=0\n", OCS_RANGE, "0.0000001 to" },
	{ SITE "ClassName=c Availability=100.1\n", OCS_RANGE, "per cent" },
	{ SITE "ClassName=c Availabilty=99\n", OCS_SYNTAX,
	  "did you mean Availability?" },
	{ SITE "SiteName=x Nodes=y Availability=99\n", OCS_SYNTAX,
	  "unknown key 'Availability'" },
	{ SITE "ClassName=c Bw=1G\n", OCS_SYNTAX, "unknown key 'Bw'" },
	{ SITE "ClassName=c\nClassName=c\n", OCS_SYNTAX,
	  ":3: class c is given twice" },
	{ SITE "MungeSocket=\n", OCS_SYNTAX, "must not be empty" },
	{ SITE "AgentURL=http://agent:8470\n", OCS_UNSUPPORTED,
	  ":2: bad agent URL 'http://agent:8470': without TLS only loopback" },
	{ SITE "AgentCert=/c\n", OCS_SYNTAX, "AgentKey= need each other" },
	{ SITE "AgentKey=/c\n", OCS_SYNTAX, "AgentKey= need each other" },
	{ SITE "AgentKey=c\n", OCS_SYNTAX, ":2: bad AgentKey='c': an absolute" },
	{ SITE "AgentCA=\n", OCS_SYNTAX, "an absolute path is expected" },
	/* how it is written */
	{ "SiteName=\"paris Nodes=x\n", OCS_SYNTAX,
	  ":1: SiteName: the closing quote is missing" },
	{ "SiteName=\"paris\"Nodes=x\n", OCS_SYNTAX,
	  "a blank must follow the closing quote" },
	{ "SiteName=pa\"ris\" Nodes=x\n", OCS_SYNTAX, "a quote inside" },
	{ SITE "Include\n", OCS_SYNTAX, ":2: KEY=VALUE expected" },
	{ SITE "Include \n", OCS_SYNTAX, ":2: Include needs a file name" },
	{ SITE "Include missing.conf\n", OCS_NOT_FOUND,
	  "optical.conf:2: can't include " },
	{ "Include optical.conf\n" SITE, OCS_RANGE,
	  "does optical.conf include itself?" },
	{ SITE "Include .\n", OCS_IO, "not a regular file" },
	{ SITE "include bad.conf\n", OCS_SYNTAX, "bad.conf:2: unknown key" },
};

static void test_cases(void)
{
	static const char bad[] = "# first\nHoldTimout=1\n";
	struct ocs_error err;

	write_file("bad.conf", bad, strlen(bad));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ocs_conf *conf = read_text(cases[i].text, &err);
		bool good = cases[i].code == OCS_OK ?
				    conf != NULL :
				    !conf && err.code == cases[i].code &&
					    strstr(err.text, cases[i].want);

		if (!ok(good, "%zu: %.60s", i, cases[i].want))
			printf("# %s: %s\n", ocs_code_name(err.code),
			       conf ? "(taken)" : err.text);
		ocs_conf_destroy(conf);
	}
}

static void test_values(void)
{
	static const char extra[] = "SetupRetryDelay=45\n"
				    "SiteName=turin Nodes=tur[1-9]\n";
	struct ocs_conf_partition p;
	struct ocs_error err;
	struct ocs_conf *c;

	write_file("extra.conf", extra, strlen(extra));
	c = read_text("PartitionName=train AgentDown=run MaxRate=800G \\\n"
		      "  MaxSpan=3 RequireOption=yes # x \\\n"
		      "  this is comment still\n"
		      "PartitionName=plain\n"
		      "AgentURL=unix:/run/a\\#b.sock#c\n"
		      "SiteName=paris Nodes=\"par[001-064],x#1\"  Gpus=4\r\n"
		      "SiteName = lyon\tNodes=\\\n"
		      "lyo[1-4] Nics=2\n"
		      "  INCLUDE \"extra.conf\"  \n"
		      "AgentCA=/ca AgentCert=/cert\nAgentKey=/key\n"
		      "MaxRate=1.6T JobsWithoutRequest=prefer_site\n"
		      "HoldTimeout=20ms CommitTimeout=20min AdminComment=off\n"
		      "ReservationName=whole JobsWithoutRequest=any\n"
		      "ClassName=near Rate=50G Shape=star Anchor=campus DelayVariation=9us Availability=99.95\n"
		      "NcclBuffsizeMax=8M ReconcileInterval=2s MaxSpan=4 ComputeInterval=0\n",
		      &err);
	if (!ok(c, "a whole file is read")) {
		printf("# %s\n", err.text);
		return;
	}
	is_str(c->agent.url, "unix:/run/a#b.sock", "AgentURL, \\# and comment");
	is_str(c->agent.ca, "/ca", "AgentCA");
	is_str(c->agent.cert, "/cert", "AgentCert");
	is_str(c->agent.key, "/key", "AgentKey");
	is_str(c->agent.munge_socket, "", "MungeSocket defaults to none");
	is_num(c->nsites, 3, "sites, one by Include");
	is_str(c->site[0].nodes, "par[001-064],x#1", "quoted Nodes");
	is_num(c->site[0].gpus, 4, "Gpus");
	is_num(c->site[0].nics, 8, "Nics defaults to 8");
	is_str(c->site[1].name, "lyon", "blanks around '='");
	is_str(c->site[1].nodes, "lyo[1-4]", "a continued line");
	is_num(c->site[1].nics, 2, "after the continuation");
	is_str(c->site[2].name, "turin", "included site");
	is_num(c->setup_retry_delay_s, 45, "included setting, bare seconds");
	is_num(c->hold_timeout_ms, 20, "HoldTimeout");
	is_num(c->hold_budget_ms, 100, "HoldBudget by default");
	is_num(c->breaker_time_ms, 5000, "BreakerTime by default");
	is_num(c->commit_timeout_s, 1200, "CommitTimeout");
	is_num(c->max_setup_failures, 3, "MaxSetupFailures by default");
	is_num(c->reconcile_interval_s, 2, "ReconcileInterval");
	is_num(c->compute_interval_s, 0, "ComputeInterval");
	is_num(c->nccl_buffsize_max, 8 << 20, "NcclBuffsizeMax");
	ok(!c->admin_comment, "AdminComment=off");
	is_num(c->without, OCS_PREFER_SITE, "JobsWithoutRequest");
	is_num(c->agent_down, OCS_AGENT_PEND, "AgentDown by default");
	is_num(c->optical_jobs, OCS_JOBS_RUN, "OpticalJobs by default");

	ocs_conf_partition_get(c, "train", &p);
	is_num(p.agent_down, OCS_AGENT_RUN, "train: its own AgentDown");
	is_num(p.max_rate_bps, 800000000000, "train: its own MaxRate");
	is_num(p.max_span, 3, "train: its own MaxSpan");
	ok(p.require_option, "train: RequireOption");
	is_num(p.without, OCS_PREFER_SITE, "train: the cluster's, said later");
	ocs_conf_partition_get(c, "plain", &p);
	is_num(p.max_rate_bps, 1600000000000, "plain: the cluster's MaxRate");
	is_num(p.max_span, 4, "plain: the cluster's MaxSpan");
	ocs_conf_partition_get(c, "other", &p);
	is_num(p.max_span, 4, "an unknown partition is as the cluster");
	ok(!p.require_option, "and needs no option");
	ok(ocs_conf_partition_get(c, NULL, &p) == &p && p.max_span == 4,
	   "no partition is as the cluster");
	is_num(ocs_conf_without(c, "train", NULL), OCS_PREFER_SITE,
	       "no reservation is as the partition");
	is_num(ocs_conf_without(c, NULL, "other"), OCS_PREFER_SITE,
	       "an unknown one is, too");
	is_num(ocs_conf_without(c, "train", "whole"), OCS_ANY,
	       "a known one counts first");
	is_num(c->nclasses, 1, "a class");
	is_str(c->class[0].req.anchor, "campus", "its anchor");
	is_num(c->class[0].req.shape, OCS_STAR, "its shape");
	is_num(c->class[0].req.delay_variation_us, 9, "its delay variation");
	is_num(c->class[0].req.unavailable_ppb, 500000, "its availability");
	ocs_conf_destroy(c);
}

static void test_files(void)
{
	struct ocs_error err;
	char path[512], *big;
	struct ocs_conf *c;

	snprintf(path, sizeof(path), "%s/none.conf", dir);
	ok(!ocs_conf_read(path, &err) && err.code == OCS_NOT_FOUND &&
	   strstr(err.text, "none.conf"), "a missing file is named");
	ok(!ocs_conf_read(dir, &err) && err.code == OCS_IO,
	   "a directory is refused");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ok(mkfifo(path, 0600) == 0 && !ocs_conf_read(path, &err) &&
	   err.code == OCS_IO, "a FIFO is refused at once");
	write_file("nul.conf", "SiteName=a\0 Nodes=b\n", 20);
	snprintf(path, sizeof(path), "%s/nul.conf", dir);
	ok(!ocs_conf_read(path, &err) && err.code == OCS_SYNTAX &&
	   strstr(err.text, "NUL"), "a NUL byte is refused");
	write_file("cont.conf", SITE "MaxSpan=2 \\", sizeof(SITE) + 10);
	snprintf(path, sizeof(path), "%s/cont.conf", dir);
	c = ocs_conf_read(path, &err);
	ok(c && c->max_span == 2, "a continuation at the end of the file");
	ocs_conf_destroy(c);

	big = malloc(2 << 20);
	memset(big, 'x', 2 << 20);
	memcpy(big, "SiteName=a Nodes=", 17);
	write_file("big.conf", big, 2 << 20);
	snprintf(path, sizeof(path), "%s/big.conf", dir);
	ok(!ocs_conf_read(path, &err) && err.code == OCS_RANGE,
	   "a line of 2 MiB is refused");
	free(big);
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ok(!ocs_conf_read(path, &err) && err.code == OCS_RANGE,
	   "a path that is too long is refused");
	ok(!ocs_conf_read(path, NULL), "err may be NULL");
}

static int count_kv(const struct ocs_kvline *line, void *arg,
		    struct ocs_error *err)
{
	*(unsigned int *) arg += line->nkv;
	return 0;
}

static void test_pairs(void)
{
	char text[2048] = "", path[512];
	struct ocs_error err;
	unsigned int n = 0;

	for (int i = 0; i < OCS_KV_PAIRS_MAX; i++)
		sprintf(text + strlen(text), "K%d=%d ", i, i);
	write_file("pairs", text, strlen(text));
	snprintf(path, sizeof(path), "%s/pairs", dir);
	ok(ocs_kvfile_read(path, count_kv, &n, &err) == 0 &&
	   n == OCS_KV_PAIRS_MAX, "%d pairs on a line", OCS_KV_PAIRS_MAX);
	strcat(text, "Last=1");
	write_file("pairs", text, strlen(text));
	ok(ocs_kvfile_read(path, count_kv, &n, &err) < 0 &&
	   err.code == OCS_RANGE, "and no more");
}

static const struct {
	const char *text;
	enum ocs_code code;
	const char *where;	/* path or host */
	unsigned int port;
} urls[] = {
	{ "unix:/run/opticald/opticald.sock", OCS_OK,
	  "/run/opticald/opticald.sock", 0 },
	{ "UNIX:/a", OCS_OK, "/a", 0 },
	{ "http://127.0.0.1:8470", OCS_OK, "127.0.0.1", 8470 },
	{ "http://127.1.2.3:1/", OCS_OK, "127.1.2.3", 1 },
	{ "http://[::1]:65535", OCS_OK, "::1", 65535 },
	{ "", OCS_SYNTAX, NULL, 0 },
	{ "/run/x.sock", OCS_SYNTAX, NULL, 0 },
	{ "unix:", OCS_SYNTAX, NULL, 0 },
	{ "unix:relative", OCS_SYNTAX, NULL, 0 },
	{ "unix:/a b", OCS_SYNTAX, NULL, 0 },
	{ "unix:/a\nb", OCS_SYNTAX, NULL, 0 },
	{ "unix:/123456789012345678901234567890123456789012345678901234567890"
	  "12345678901234567890123456789012345678901234567", OCS_RANGE,
	  NULL, 0 },
	{ "https://127.0.0.1:8470", OCS_OK, "127.0.0.1", 8470 },
	{ "HTTPS://agent.example:8470/", OCS_OK, "agent.example", 8470 },
	{ "https://10.0.0.1:1", OCS_OK, "10.0.0.1", 1 },
	{ "https://[2001:db8::1]:443", OCS_OK, "2001:db8::1", 443 },
	{ "https://agent", OCS_SYNTAX, NULL, 0 },
	{ "https://:8470", OCS_SYNTAX, NULL, 0 },
	{ "https://user@agent:8470", OCS_SYNTAX, NULL, 0 },
	{ "https://agent:8470/v1", OCS_SYNTAX, NULL, 0 },
	{ "https://agent/x:8470", OCS_SYNTAX, NULL, 0 },
	{ "https://agent?x:8470", OCS_SYNTAX, NULL, 0 },
	{ "https://[agent]:8470", OCS_SYNTAX, NULL, 0 },
	{ "https://-agent:8470", OCS_SYNTAX, NULL, 0 },
	{ "https:agent:8470", OCS_SYNTAX, NULL, 0 },
	{ "http://10.0.0.1:8470", OCS_UNSUPPORTED, NULL, 0 },
	{ "http://localhost:8470", OCS_UNSUPPORTED, NULL, 0 },
	{ "http://127.0.0.1.evil.example:80", OCS_UNSUPPORTED, NULL, 0 },
	{ "http://user@127.0.0.1:80", OCS_UNSUPPORTED, NULL, 0 },
	{ "http://[::2]:80", OCS_UNSUPPORTED, NULL, 0 },
	{ "http://127.0.0.1", OCS_SYNTAX, NULL, 0 },
	{ "http://127.0.0.1:", OCS_SYNTAX, NULL, 0 },
	{ "http://127.0.0.1:0", OCS_RANGE, NULL, 0 },
	{ "http://127.0.0.1:65536", OCS_RANGE, NULL, 0 },
	{ "http://127.0.0.1:99999999999999999999", OCS_RANGE, NULL, 0 },
	{ "http://127.0.0.1:-1", OCS_SYNTAX, NULL, 0 },
	{ "http://127.0.0.1:80/v1", OCS_SYNTAX, NULL, 0 },
	{ "http://127.0.0.1:80:90", OCS_SYNTAX, NULL, 0 },
	{ "http://[::1:80", OCS_SYNTAX, NULL, 0 },
	{ "http://[::1]", OCS_SYNTAX, NULL, 0 },
	{ "ftp://127.0.0.1:80", OCS_SYNTAX, NULL, 0 },
};

static void test_urls(void)
{
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct ocs_agent_url url;
		struct ocs_error err = { 0 };
		int rc = ocs_agent_url_parse(urls[i].text, &url, &err);
		bool good = urls[i].code == OCS_OK ?
				    rc == 0 && url.port == urls[i].port &&
					    !strcmp(*url.path ? url.path :
								url.host,
						    urls[i].where) :
				    rc < 0 && err.code == urls[i].code;

		if (!ok(good, "url '%.40s'", urls[i].text))
			printf("# %s: %s\n", ocs_code_name(err.code),
			       err.text);
	}
}

static void test_no_memory(void)
{
	struct ocs_error err;
	struct ocs_conf *c;
	char path[512];
	long made;

	c = read_text(SITE "PartitionName=p MaxSpan=2\nPartitionName=q\n"
		      "Include extra.conf\n", &err);
	ocs_conf_destroy(c);
	snprintf(path, sizeof(path), "%s/optical.conf", dir);
	NOMEM_EACH(made, c = ocs_conf_read(path, &err),
		   !c && err.code == OCS_NOMEM);
	ok(c && made > 10, "a file takes %ld allocations", made);
	ocs_conf_destroy(c);
}

int main(void)
{
	if (!mkdtemp(dir)) {
		printf("Bail out! no temporary directory\n");
		return 1;
	}
	test_cases();
	test_values();
	test_files();
	test_pairs();
	test_no_memory();
	test_urls();
	for (const char *const *n = (const char *const[]) {
		     "optical.conf", "bad.conf", "extra.conf", "fifo",
		     "nul.conf", "cont.conf", "big.conf", "pairs", NULL };
	     *n; n++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", dir, *n);
		unlink(path);
	}
	rmdir(dir);
	return tap_done();
}
