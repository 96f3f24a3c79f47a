// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_ctl - opticalctl's host lists, tables, guesses and times
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/hostlist.h"
#include "cli/slurmconf.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/why.h"
#include "tests/unit/tap.h"
#include "tests/unit/nomem.h"

static const struct {
	const char *text;
	enum ocs_code code;
	const char *names;	/* joined by blanks */
} lists[] = {
	{ "", OCS_OK, "" },
	{ "gw1", OCS_OK, "gw1" },
	{ "a,b,c", OCS_OK, "a b c" },
	{ "par[001-003]", OCS_OK, "par001 par002 par003" },
	{ "par[001-002,070]", OCS_OK, "par001 par002 par070" },
	{ "par[8-11]", OCS_OK, "par8 par9 par10 par11" },
	{ "par[08-11]", OCS_OK, "par08 par09 par10 par11" },
	{ "n[1-2],m[3]", OCS_OK, "n1 n2 m3" },
	{ "r[1-2]n[1-2]", OCS_OK, "r1n1 r1n2 r2n1 r2n2" },
	{ "r[1-2]n[1-2]-ib", OCS_OK, "r1n1-ib r1n2-ib r2n1-ib r2n2-ib" },
	{ "n[0-0]", OCS_OK, "n0" },
	{ "n[999999999]", OCS_OK, "n999999999" },
	{ "n[1", OCS_SYNTAX, NULL },
	{ "n1]", OCS_SYNTAX, NULL },
	{ "n[]", OCS_SYNTAX, NULL },
	{ "n[1-]", OCS_SYNTAX, NULL },
	{ "n[-1]", OCS_SYNTAX, NULL },
	{ "n[1,]", OCS_SYNTAX, NULL },
	{ "n[,1]", OCS_SYNTAX, NULL },
	{ "n[1-2-3]", OCS_SYNTAX, NULL },
	{ "n[2-1]", OCS_SYNTAX, NULL },
	{ "n[a]", OCS_SYNTAX, NULL },
	{ "n[1[2]]", OCS_SYNTAX, NULL },
	{ "n[1234567890]", OCS_SYNTAX, NULL },
	{ "a,,b", OCS_SYNTAX, NULL },
	{ "a,", OCS_SYNTAX, NULL },
	{ ",a", OCS_SYNTAX, NULL },
	{ "a b", OCS_SYNTAX, NULL },
	{ "a\nb", OCS_SYNTAX, NULL },
	{ "n[1-262145]", OCS_RANGE, NULL },
	{ "n[1-999999999]", OCS_RANGE, NULL },
	{ "n[1-1000]m[1-1000]", OCS_RANGE, NULL },
};

static char *join(const struct ocs_hostlist *list, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < list->n && used < size; i++)
		used += (size_t) snprintf(buf + used, size - used, "%s%s",
					  i ? " " : "", list->name[i]);
	return buf;
}

static void test_lists(void)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct ocs_hostlist list = { 0 };
		struct ocs_error err = { 0 };
		char buf[256];
		int rc = ocs_hostlist_add(&list, lists[i].text, &err);

		is_num(rc ? err.code : OCS_OK, lists[i].code, "'%.20s': %s",
		       lists[i].text, ocs_code_name(lists[i].code));
		if (!rc)
			is_str(join(&list, buf, sizeof(buf)), lists[i].names,
			       "'%s' in full", lists[i].text);
		else
			ok(!list.n && *err.text, "nothing added, and it says why");
		ocs_hostlist_fini(&list);
	}
}

static void test_append(void)
{
	struct ocs_hostlist list = { 0 };
	struct ocs_error err;
	char buf[256];

	is_num(ocs_hostlist_add(&list, "a[1-3]", &err), 0, "three names");
	is_num(ocs_hostlist_add(&list, "b[1-2],c[", &err), -1,
	       "a bad expression behind them");
	is_str(join(&list, buf, sizeof(buf)), "a1 a2 a3", "changes nothing");
	is_num(ocs_hostlist_add(&list, "b1", NULL), 0, "one more");
	is_str(join(&list, buf, sizeof(buf)), "a1 a2 a3 b1", "is appended");
	ocs_hostlist_fini(&list);
	is_num(ocs_hostlist_add(&list, "n[1-262144]", &err), 0,
	       "as many as allowed");
	is_num(list.n, OCS_HOSTLIST_MAX, "are there");
	is_num(ocs_hostlist_add(&list, "x", &err), -1, "but not one more");
	ocs_hostlist_fini(&list);
	ocs_hostlist_fini(NULL);
}

static const char *green(const char *text)
{
	return strcmp(text, "up") ? NULL : "32";
}

static const struct table_column columns[] = {
	{ "NAME", TABLE_LEFT, NULL }, { "RATE", TABLE_RIGHT, NULL },
	{ "STATE", TABLE_LEFT, green }, { NULL, TABLE_LEFT, NULL },
};

static void test_table(unsigned int flags, const char *want, const char *what)
{
	struct table *t = table_create(columns);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	table_cell(t, "par-lyo");
	table_cell(t, "%dG", 400);
	table_cell(t, "up");
	table_cell(t, "x");
	table_cell(t, "%dG", 1600);
	table_cell(t, "a|b\033[2J");
	is_num(table_rows(t), 2, "two rows");
	is_num(table_print(t, out, flags), 0, "printed");
	fclose(out);
	is_str(text, want, "%s", what);
	free(text);
	table_destroy(t);
}

static int make_table(void)
{
	struct table *t = table_create(columns);
	FILE *out = fopen("/dev/null", "w");
	int rc = -1;

	for (int i = 0; t && i < 70; i++)
		table_cell(t, "%d", i);
	if (t && out)
		rc = table_print(t, out, TABLE_HEADER);
	if (out)
		fclose(out);
	table_destroy(t);
	return rc;
}

static void test_nomem(void)
{
	struct ocs_hostlist list = { 0 };
	struct ocs_error err = { 0 };
	long made;
	int rc;

	NOMEM_EACH(made,
		   rc = ocs_hostlist_add(&list, "a[1-3],b[1-70]", &err),
		   rc == -1 && err.code == OCS_NOMEM && !list.n);
	is_num(rc, 0, "%ld allocations are enough for 73 names", made);
	is_num(list.n, 73, "which are there");
	ocs_hostlist_fini(&list);
	NOMEM_EACH(made, rc = make_table(), rc == -1);
	is_num(rc, 0, "%ld allocations are enough for a table", made);
}

static void test_tables(void)
{
	test_table(TABLE_HEADER,
		   "NAME     RATE STATE\n"
		   "par-lyo  400G up\n"
		   "x       1600G a|b?[2J\n", "aligned, no control characters");
	test_table(0,
		   "par-lyo  400G up\n"
		   "x       1600G a|b?[2J\n", "without header");
	test_table(TABLE_HEADER | TABLE_PARSABLE | TABLE_COLOR,
		   "NAME|RATE|STATE\n"
		   "par-lyo|400G|up\n"
		   "x|1600G|a/b?[2J\n", "parsable: plain, fields stay fields");
	test_table(TABLE_COLOR,
		   "par-lyo  400G \033[32mup\033[0m\n"
		   "x       1600G a|b?[2J\n", "coloured");
}

static void test_nearest(void)
{
	static const char *const words[] = { "ping", "sites", "links",
		"leases", "lease", "job", "check", "release", NULL };

	is_str(nearest_word("lnks", words), "links", "a letter is missing");
	is_str(nearest_word("lease", words), "lease", "the word itself");
	is_str(nearest_word("lesae", words), "lease", "a swap");
	is_str(nearest_word("relase", words), "release", "relase");
	is_str(nearest_word("si", words), "sites", "a beginning");
	ok(!nearest_word("squeue", words), "nothing is near squeue");
	ok(!nearest_word("", words), "nothing is near nothing");
	ok(!nearest_word("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			 words), "a very long word");
}

static void test_times(void)
{
	char buf[STAMP_TEXT_MAX];

	is_str(span_format(0, buf), "0:00", "no time");
	is_str(span_format(65, buf), "1:05", "a minute");
	is_str(span_format(3600, buf), "1:00:00", "an hour");
	is_str(span_format(90061, buf), "1-01:01:01", "a day");
	is_str(span_format(-1, buf), "-", "none");
	setenv("TZ", "UTC", 1);
	tzset();
	is_str(stamp_format(0, true, buf), "-", "never");
	is_str(stamp_format(1714557723045LL, true, buf),
	       "2024-05-01T10:02:03.045", "a moment");
	is_str(stamp_format(1714557723045LL, false, buf),
	       "2024-05-01T10:02:03", "its second");
}

static const struct {
	const char *list, *item, *prefix;
	unsigned int place;
	int last;
} places[] = {
	{ "optical", "optical", "job_submit/", 1, 1 },
	{ "lua,optical", "optical", "job_submit/", 2, 1 },
	{ "lua, job_submit/Optical ", "optical", "job_submit/", 2, 1 },
	{ "optical,lua", "optical", "job_submit/", 1, 0 },
	{ "opticals,lua", "optical", "job_submit/", 0, 0 },
	{ "gres/gpu,license/optical,x", "license/optical", "", 2, 0 },
	{ "", "optical", "", 0, 0 },
	{ NULL, "optical", "", 0, 0 },
};

static const struct {
	const char *licenses;
	unsigned int count;
} licences[] = {
	{ "optical:800", 800 }, { "matlab:2,optical:6400", 6400 },
	{ "optical", 1 }, { "optical,matlab:5", 1 }, { "optical:0", 0 },
	{ "opticalx:5", 0 }, { "xoptical:5", 0 }, { "", 0 },
};

static void test_lists_of_slurm(void)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int last;

		is_num(slurm_list_place(places[i].list, places[i].item,
					places[i].prefix, &last),
		       places[i].place, "%s in '%s'", places[i].item,
		       places[i].list ? places[i].list : "(null)");
		is_num(last, places[i].last, "last or not");
	}
	for (size_t i = 0; i < sizeof(licences) / sizeof(licences[0]); i++)
		is_num(slurm_licence_count(licences[i].licenses, "optical"),
		       licences[i].count, "optical in Licenses=%s",
		       licences[i].licenses);
}

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	if (!ok(out && fputs(text, out) >= 0 && !fclose(out), "write %s", path))
		exit(1);
}

static void test_slurm_conf(void)
{
	struct slurm_conf *conf;
	struct ocs_error err;

	write_file("slurm.conf",
		   "# a cluster\nClusterName=alpha\n"
		   "SelectType=select/cons_res\nselecttype=select/cons_tres\n"
		   "NodeName=DEFAULT CPUs=4\n"
		   "NodeName=par[1-2],lyo1 State=UNKNOWN\n"
		   "PartitionName=DEFAULT Nodes=ALL\n"
		   "PartitionName=train Default=YES\nInclude more.conf\n");
	write_file("more.conf", "Licenses=optical:9\n");
	conf = slurm_conf_read("slurm.conf", &err);
	if (!ok(conf, "slurm.conf is read"))
		return;
	is_str(conf->select_type.value, "select/cons_tres", "the last counts");
	is_str(conf->select_type.where, "slurm.conf:4", "and is known");
	is_str(conf->licenses.value, "optical:9", "from an included file");
	ok(!conf->scheduler_type.value, "what is not there is NULL");
	is_num(conf->nodes.n, 3, "nodes");
	is_num(conf->npartitions, 1, "partitions");
	slurm_conf_destroy(conf);
	slurm_conf_destroy(NULL);
	write_file("slurm.conf", "NodeName=par[1-\n");
	ok(!slurm_conf_read("slurm.conf", &err), "a bad node list is refused");
	ok(strstr(err.text, "slurm.conf:1"), "with file and line");
	ok(!slurm_conf_read("none.conf", &err), "no file");
}

static void test_slurm_conf_nomem(void)
{
	struct slurm_conf *conf = NULL;
	struct ocs_error err = { 0 };
	long made;

	write_file("slurm.conf", "ClusterName=alpha\nNodeName=n[1-2],m1\n"
		   "PartitionName=train\nLicenses=optical:9\n");
	NOMEM_EACH(made, conf = slurm_conf_read("slurm.conf", &err),
		   !conf && err.code == OCS_NOMEM);
	ok(conf, "%ld allocations are enough for slurm.conf", made);
	slurm_conf_destroy(conf);
}

static void test_plugstack(void)
{
	write_file("plugstack.conf", "# optional spank_optical.so\n"
		   "optional other.so\ninclude inc*.conf\n");
	is_num(plugstack_has("plugstack.conf", "spank_optical.so"), 0,
	       "a comment is no line");
	write_file("inc1.conf", "required /usr/lib/spank_optical.so hints=on\n");
	is_num(plugstack_has("plugstack.conf", "spank_optical.so"), 1,
	       "found in an included file");
	write_file("inc1.conf", "include plugstack.conf\n");
	is_num(plugstack_has("plugstack.conf", "spank_optical.so"), 0,
	       "a circle ends");
	write_file("inc1.conf", "include plugstack.conf\ninclude inc*.conf\n"
		   "include p*.conf\ninclude inc1*\ninclude plug*.conf\n"
		   "include *nc1.conf\ninclude inc?.conf\ninclude i*.conf\n");
	is_num(plugstack_has("plugstack.conf", "spank_optical.so"), 0,
	       "many circles, too");
	is_num(plugstack_has("none.conf", "spank_optical.so"), -1, "no file");
}

static void test_files(void)
{
	static const char *const files[] = { "slurm.conf", "more.conf",
		"plugstack.conf", "inc1.conf" };
	char dir[] = "/tmp/t_ctl.XXXXXX";

	if (!ok(mkdtemp(dir) && !chdir(dir), "a directory of our own"))
		return;
	test_slurm_conf();
	test_slurm_conf_nomem();
	test_plugstack();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	ok(!chdir("/") && !rmdir(dir), "left as it was");
}

static const struct {
	const char *text;
	enum ocs_code code;
	int64_t s;		/* from 1000000000 on */
} whens[] = {
	{ "now", OCS_OK, 1000000000 },
	{ "+2h", OCS_OK, 1000007200 },
	{ "now+90s", OCS_OK, 1000000090 },
	{ "+1:30", OCS_OK, 1000000090 },
	{ "+1-00:00:00", OCS_OK, 1000086400 },
	{ "2001-09-09T01:46:40", OCS_OK, 1000000000 },
	{ "2001-09-09T01:46", OCS_OK, 999999960 },
	{ "2001-09-09", OCS_OK, 999993600 },
	{ "", OCS_SYNTAX, 0 },
	{ "+", OCS_SYNTAX, 0 },
	{ "+x", OCS_SYNTAX, 0 },
	{ "nowish", OCS_SYNTAX, 0 },
	{ "now2h", OCS_SYNTAX, 0 },
	{ "now-2h", OCS_SYNTAX, 0 },
	{ "2001-09-09T01:46:40x", OCS_SYNTAX, 0 },
	{ "2001-13-09", OCS_SYNTAX, 0 },
	{ "2001-09-09T25:00", OCS_SYNTAX, 0 },
	{ "1000000000", OCS_SYNTAX, 0 },
	{ "tomorrow", OCS_SYNTAX, 0 },
	{ "+0.5s", OCS_RANGE, 0 },
	{ "+1ms", OCS_RANGE, 0 },
	{ "+900000h", OCS_RANGE, 0 },
};

static void test_when(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		struct ocs_error err = { 0 };
		int64_t s = -1;
		int rc = when_parse(whens[i].text, 1000000000, &s, &err);

		ok(err.code == whens[i].code && (rc < 0 ? s == -1 :
						 s == whens[i].s),
		   "when '%s': %s", whens[i].text, ocs_code_name(err.code));
	}
}

static const struct {
	const char *text;
	enum ocs_code code;
	const char *id, *state, *reason, *cause, *advice;
	int64_t limit_s;
	const char *circuits;	/* "a z G,..."; bounds of the first behind it */
} whys[] = {
	{ "JobId=3 JobState=PENDING Reason=x AdminComment=optical{"
	  "circuits=a-b:1G,c-d:2G;bounds=latency=2ms,variation=10us,"
	  "availability=99.9999,protect=1+1}", OCS_OK, "3", "PENDING", "x",
	  "", "", 0, "a b 1,c d 2, 2000 10 1000 1+1" },
	/* the longest there are */
	{ "JobId=3 JobState=PENDING AdminComment=optical{circuits=a-b:1G;"
	  "bounds=latency=9999999us,variation=999999us,"
	  "availability=99.9999999,protect=restorable}", OCS_OK,
	  "3", "PENDING", "", "", "", 0,
	  "a b 1, 9999999 999999 1 restorable" },
	{ "JobId=3 JobState=PENDING AdminComment=optical{circuits=a-b:1G;"
	  "bounds=latency=2ms,availability=0}", OCS_OK, "3", "PENDING", "",
	  "", "", 0, "a b 1, 2000 0 0 none" },
	{ "JobId=3 JobState=PENDING AdminComment=optical{circuits=a-b:1G;"
	  "bounds=latency=2ms,availability=99%}", OCS_OK, "3", "PENDING", "",
	  "", "", 0, "a b 1, 2000 0 0 none" },
	{ "JobId=3 JobState=PENDING AdminComment=optical{circuits=a-b:1G;"
	  "bounds=protect=none,latency=x,,colour=red,variation=}", OCS_OK,
	  "3", "PENDING", "", "", "", 0, "a b 1," },
	{ "JobId=3 JobState=PENDING AdminComment=optical{bounds=latency=2ms}",
	  OCS_OK, "3", "PENDING", "", "", "", 0, "" },
	{ "JobId=3 JobState=PENDING Reason=OpticalLink(l,need=4G,free=0G) "
	  "TimeLimit=1-02:03:04 AdminComment=x optical{state=PENDING;"
	  "circuits=a-b:400G,c-d/e:1.6T:3ms;cause=no room;advice=wait} y\n"
	  "JobId=4 JobState=RUNNING\n", OCS_OK, "3", "PENDING",
	  "OpticalLink(l,need=4G,free=0G)", "no room", "wait", 93784,
	  "a b 400,c-d e 1600," },
	{ "JobId=3 JobState=RUNNING Reason=None TimeLimit=UNLIMITED", OCS_OK,
	  "3", "RUNNING", "None", "", "", 0, "" },
	{ "JobId=3 JobState=RUNNING AdminComment=optical{circuits=a-b:1G", OCS_OK,
	  "3", "RUNNING", "", "", "", 0, "" },
	{ "JobId=3 JobState=RUNNING AdminComment=optical{circuits=a-b,a:1G,"
	  "a-b:x,a-b:2G}", OCS_OK, "3", "RUNNING", "", "", "", 0, "a b 2," },
	{ "JobId=3", OCS_NOT_FOUND, "3", "", "", "", "", 0, "" },
	{ "XJobId=3 JobState=RUNNING", OCS_NOT_FOUND, "", "RUNNING", "", "",
	  "", 0, "" },
	{ "slurm_load_jobs error: Invalid job id specified", OCS_NOT_FOUND,
	  "", "", "", "", "", 0, "" },
	{ "", OCS_NOT_FOUND, "", "", "", "", "", 0, "" },
};

static void test_why(void)
{
	static struct why_job job;

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		struct ocs_error err = { 0 };
		char circuits[256] = "";
		size_t n = 0;

		why_parse(whys[i].text, &job, &err);
		is_num(err.code, whys[i].code, "why %zu: code", i);
		is_str(job.id, whys[i].id, "id");
		is_str(job.state, whys[i].state, "state");
		if (err.code)
			continue;
		is_str(job.reason, whys[i].reason, "reason");
		is_str(job.cause, whys[i].cause, "cause");
		is_str(job.advice, whys[i].advice, "advice");
		is_num(job.limit_s, whys[i].limit_s, "limit");
		for (unsigned int k = 0; k < job.ncircuits; k++)
			n += (size_t) snprintf(
				circuits + n, sizeof(circuits) - n,
				"%s %s %llu,", job.circuit[k].a,
				job.circuit[k].z, (unsigned long long)
				job.circuit[k].requested_bps / 1000000000);
		if (job.ncircuits && (job.circuit[0].max_latency_us ||
				      job.circuit[0].protect))
			snprintf(circuits + n, sizeof(circuits) - n,
				 " %llu %llu %u %s", (unsigned long long)
				 job.circuit[0].max_latency_us,
				 (unsigned long long)
				 job.circuit[0].max_delay_variation_us,
				 job.circuit[0].max_unavailable_ppb,
				 ocs_protect_name(job.circuit[0].protect));
		is_str(circuits, whys[i].circuits, "circuits");
	}
}

int main(void)
{
	test_why();
	test_lists_of_slurm();
	test_files();
	test_lists();
	test_append();
	test_nomem();
	test_tables();
	test_nearest();
	test_times();
	test_when();
	return tap_done();
}
