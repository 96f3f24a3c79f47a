// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests opticald.conf and request targets: what is refused, and where. */
#include <stdlib.h>
#include <unistd.h>

#include "agent/conf.h"
#include "agent/refusals.h"
#include "agent/target.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

static char path[] = "/tmp/ocs-t_agent_conf.XXXXXX";

static struct ocs_agent_conf *read_text(const char *text,
					struct ocs_error *err)
{
	FILE *f = fopen(path, "w");

	memset(err, 0, sizeof(*err));
	if (!f || fputs(text, f) < 0 || fclose(f))
		perror(path);
	return ocs_agent_conf_read(path, err);
}

#define HEAD "Listen=unix:/tmp/s\nLedger=/tmp/l.db\nDriver=sim\n" \
	"Cluster=alpha User=0\n"			/* 4 lines */
#define SITES "SiteName=paris\nSiteName=lyon\n"		/* 2 lines */
#define GOOD HEAD SITES
#define TLS "TlsCert=/c TlsKey=/k\n"			/* 1 line */
#define LINK "LinkName=x A=paris Z=lyon Wavelengths=8 Rate=400G "

/* WANT is a part of the text, "" for success */
static const struct {
	const char *text;
	enum ocs_code code;
	const char *want;
} cases[] = {
	{ GOOD, OCS_OK, "" },
	{ GOOD LINK "Km=460\n", OCS_OK, "" },
	{ GOOD LINK "latency=2274us drain=YES granularity=Client\n", OCS_OK,
	  "" },
	{ LINK "Km=1\n" GOOD, OCS_OK, "" },	/* before its sites */
	{ GOOD "Listen=127.0.0.1:8470\nListen=[::1]:8470\n", OCS_OK, "" },
	{ GOOD "Listen=127.0.0.1:0\nListen=127.0.0.1:0\n", OCS_OK, "" },
	{ GOOD "Operator=root,0\n", OCS_OK, "" },
	{ GOOD "Measurer=root,0\n", OCS_OK, "" },
	{ GOOD "Measurer=root,,0\n", OCS_SYNTAX, "bad Measurer=" },
	{ GOOD "Measurer=no-such-user\n", OCS_NOT_FOUND, "no-such-user" },
	{ GOOD "SimSetupTime=0s SimReleaseTime=1h HoldTTL=100ms\n", OCS_OK,
	  "" },
	{ GOOD "RunAs=root MungeSocket=/run/m\n", OCS_OK, "" },
	/* TLS: the files are looked at later */
	{ GOOD TLS, OCS_OK, "" },
	{ GOOD TLS "Listen=0.0.0.0:1\nListen=[::]:1\n", OCS_OK, "" },
	{ "Listen=10.0.0.1:1\n" GOOD TLS, OCS_OK, "" },
	{ GOOD TLS "TlsClientCA=/ca TlsCRL=/crl\n", OCS_OK, "" },
	{ GOOD TLS "TlsClientCA=/ca\nCluster=beta User=0 Certificate=b.example\n",
	  OCS_OK, "" },
	{ GOOD TLS "TlsClientCA=/ca\nCluster=beta Certificate=\"Slurm of b\"\n",
	  OCS_OK, "" },
	{ GOOD TLS "TlsClientCA=/ca\nOperator=0 Certificate=noc\nOperator=0 Certificate=noc2\n",
	  OCS_OK, "" },
	{ GOOD "TlsCert=/c\n", OCS_SYNTAX, ":7: TlsCert= needs TlsKey=" },
	{ GOOD "TlsKey=/k\n", OCS_SYNTAX, ":7: TlsKey= needs TlsCert=" },
	{ GOOD "TlsClientCA=/k\n", OCS_SYNTAX, ":7: TlsClientCA= needs" },
	{ GOOD TLS "TlsCRL=/k\n", OCS_SYNTAX, ":8: TlsCRL= needs TlsClientCA" },
	{ GOOD "TlsCert=c\n", OCS_SYNTAX, "an absolute path" },
	{ GOOD TLS "TlsKey=/x\n", OCS_CONFLICT, "TlsKey is there twice" },
	{ GOOD "Cluster=beta User=0 Certificate=b\n", OCS_SYNTAX,
	  ":7: Certificate= needs TlsClientCA=" },
	{ GOOD TLS "TlsClientCA=/ca\nCluster=b Certificate=x\nCluster=c Certificate=x\n",
	  OCS_CONFLICT, ":10: Certificate=x is there twice" },
	{ GOOD TLS "TlsClientCA=/ca\nCluster=b Certificate=x\nOperator=0 Certificate=x\n",
	  OCS_CONFLICT, ":10: Certificate=x is there twice" },
	{ GOOD TLS "TlsClientCA=/ca\nOperator=0,1 Certificate=x\n",
	  OCS_SYNTAX, ":9: a Certificate= is for one operator" },
	{ GOOD TLS "TlsClientCA=/ca\nCluster=b Certificate=\n", OCS_SYNTAX,
	  ":9: " },
	{ GOOD "Certificate=x\n", OCS_SYNTAX, "unknown key 'Certificate'" },
	/* what is missing */
	{ "", OCS_SYNTAX, "there is no Listen=" },
	{ "Listen=unix:/tmp/s\n", OCS_SYNTAX, "there is no Ledger=" },
	{ "Listen=unix:/tmp/s\nLedger=/l\n", OCS_SYNTAX, "no Driver=" },
	{ "Listen=unix:/tmp/s\nLedger=/l\nDriver=sim\n", OCS_SYNTAX,
	  "no Cluster=" },
	{ HEAD, OCS_SYNTAX, "no SiteName=" },
	{ GOOD "Cluster=beta\n", OCS_SYNTAX, ":7: Cluster=beta lacks User=" },
	{ GOOD "User=0\n", OCS_SYNTAX, ":7: unknown key 'User'" },
	{ GOOD "LinkName=x\n", OCS_SYNTAX, ":7: LinkName=x lacks A=SITE" },
	{ GOOD "LinkName=x A=paris\n", OCS_SYNTAX, "lacks Z=SITE" },
	{ GOOD "LinkName=x A=paris Z=lyon\n", OCS_SYNTAX,
	  "lacks Wavelengths=" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=1\n", OCS_SYNTAX,
	  "lacks Rate=" },
	{ GOOD LINK "\n", OCS_SYNTAX, "lacks Km=N or Latency=TIME" },
	/* what is unknown, or not yet */
	{ GOOD "Lisen=unix:/x\n", OCS_SYNTAX, "did you mean Listen?" },
	{ GOOD "SiteName=nice Nodes=x\n", OCS_SYNTAX, "unknown key 'Nodes'" },
	{ GOOD LINK "Km=1 Length=2\n", OCS_SYNTAX, "unknown key 'Length'" },
	{ GOOD "Cluster=beta User=0 Role=x\n", OCS_SYNTAX,
	  "unknown key 'Role'" },
	{ GOOD "PortName=p Site=paris\n", OCS_UNSUPPORTED,
	  ":7: PortName is not supported by this version" },
	{ GOOD LINK "Km=1 Risk=rhone\n", OCS_UNSUPPORTED,
	  "Risk is not supported" },
	{ GOOD "HttpListen=127.0.0.1:1\nHttpListen=[::]:0\nHttpListen=[::]:0\n",
	  OCS_OK, "" },
	{ GOOD "HttpListen=0.0.0.0:80\n", OCS_OK, "" },
	{ GOOD "HttpListen=80\n", OCS_SYNTAX, ":7: bad HttpListen='80'" },
	{ GOOD "HttpListen=:80\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=localhost:80\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=127.0.0.1:65536\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=127.0.0.1:000080\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=127.0.0.1:-1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=[127.0.0.1]:1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=::1:1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=unix:/run/x\n", OCS_SYNTAX, "is expected" },
	{ GOOD "HttpListen=127.0.0.1:1\nHttpListen=127.0.0.1:1\n",
	  OCS_CONFLICT, ":8: HttpListen='127.0.0.1:1' is there twice" },
	{ "Driver=tapi\n", OCS_UNSUPPORTED, ":1: Driver=tapi is not" },
	{ "Driver=magic\n", OCS_SYNTAX, "sim is expected" },
	/* twice */
	{ GOOD "Ledger=/tmp/m.db\n", OCS_CONFLICT, ":7: Ledger is there twice" },
	{ GOOD "Driver=sim\n", OCS_CONFLICT, "Driver is there twice" },
	{ GOOD "SiteName=lyon\n", OCS_CONFLICT, "SiteName=lyon is there twice" },
	{ GOOD LINK "Km=1\n" LINK "Km=2\n", OCS_CONFLICT,
	  ":8: LinkName=x is there twice" },
	{ GOOD "Cluster=alpha User=0\n", OCS_CONFLICT, "Cluster=alpha is" },
	{ GOOD "Listen=unix:/tmp/s\n", OCS_CONFLICT, "is there twice" },
	{ GOOD LINK "Km=1 Latency=5us\n", OCS_CONFLICT, "has Km and Latency" },
	/* who and where */
	{ GOOD "Operator=no-such-user\n", OCS_NOT_FOUND,
	  ":7: there is no user 'no-such-user'" },
	{ GOOD "Operator=root,\n", OCS_SYNTAX, "USER[,USER] is expected" },
	{ GOOD "Operator=99999999999\n", OCS_RANGE, "is no user id" },
	{ GOOD "RunAs=no-such-user\n", OCS_NOT_FOUND, "there is no user" },
	{ GOOD LINK "Km=1\nLinkName=y A=paris Z=rome Wavelengths=1 Rate=1G Km=1\n",
	  OCS_NOT_FOUND, ":8: LinkName=y names site 'rome'" },
	{ GOOD "LinkName=x A=paris Z=paris Wavelengths=1 Rate=1G Km=1\n",
	  OCS_RANGE, "joins site paris with itself" },
	/* sockets */
	{ GOOD "Listen=8470\n", OCS_SYNTAX, "such as 127.0.0.1:8470" },
	{ GOOD "Listen=127.0.0.1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "Listen=127.0.0.1:65536\n", OCS_SYNTAX, "is expected" },
	{ GOOD "Listen=127.0.0.1:-1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "Listen=localhost:1\n", OCS_SYNTAX, "is expected" },
	{ GOOD "Listen=0.0.0.0:1\n", OCS_SYNTAX,
	  ":7: TCP beyond loopback is possible with TLS only" },
	{ GOOD "\nListen=[::]:1\n", OCS_SYNTAX, ":8: TCP beyond loopback" },
	{ GOOD "Listen=128.0.0.1:1\n", OCS_SYNTAX, "TCP beyond loopback" },
	{ GOOD "Listen=unix:s\n", OCS_SYNTAX, "absolute path" },
	{ GOOD "Listen=unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678\n",
	  OCS_SYNTAX, "at most 107 bytes" },
	{ "Ledger=l.db\n", OCS_SYNTAX, ":1: bad Ledger='l.db': an absolute" },
	{ GOOD "MungeSocket=m\n", OCS_SYNTAX, "absolute path" },
	/* numbers */
	{ GOOD LINK "Km=\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=-1\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=1.2345\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=1.\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=1e3\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=40001\n", OCS_RANGE, "0 to 40000" },
	{ GOOD LINK "Km=99999999999999999999\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Latency=0us\n", OCS_RANGE, "1us to 10s" },
	{ GOOD LINK "Latency=11s\n", OCS_RANGE, "1us to 10s" },
	{ GOOD LINK "Latency=fast\n", OCS_SYNTAX, "a time such as" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=0 Rate=1G Km=1\n",
	  OCS_RANGE, "from 1 to 1000" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=1000 Rate=1T Km=1\n",
	  OCS_RANGE, "more than 100T" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=1 Rate=400 Km=1\n",
	  OCS_SYNTAX, "a rate such as" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=1 Rate=2.5G Km=1 Granularity=client\n",
	  OCS_RANGE, "whole Gb/s" },
	{ GOOD LINK "Km=1 Granularity=odu\n", OCS_SYNTAX,
	  "wavelength|client is expected" },
	{ GOOD LINK "Km=1 Drain=maybe\n", OCS_SYNTAX, "yes or no" },
	{ GOOD "HoldTTL=99ms\n", OCS_RANGE, "100ms" },
	{ GOOD "SimSetupTime=2h\n", OCS_RANGE, "SimSetupTime" },
	{ GOOD "SiteName=a/b\n", OCS_SYNTAX, "a name of letters" },
	{ GOOD "SiteName=\n", OCS_SYNTAX, "a name of letters" },
};

static void test_conf(void)
{
	struct ocs_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ocs_agent_conf *c = read_text(cases[i].text, &err);
		const char *shown = strrchr(cases[i].text, '\n') ?
			cases[i].want : "";

		if (cases[i].code == OCS_OK)
			ok(c, "taken: case %zu %s", i, err.text);
		else if (!ok(!c && err.code == cases[i].code &&
			     strstr(err.text, cases[i].want),
			     "refused: %s", shown))
			printf("# case %zu: %s '%s'\n", i,
			       ocs_code_name(err.code), err.text);
		ocs_agent_conf_destroy(c);
	}
}

static void test_values(void)
{
	struct ocs_error err;
	struct ocs_agent_conf *c;
	struct ocs_link *l;
	long made;

	c = read_text(GOOD LINK "Km=460\n"
		      "LinkName=y A=lyon Z=paris Wavelengths=2 Rate=100G Km=0.5 Granularity=client Drain=yes\n",
		      &err);
	if (!ok(c && c->net.nlinks == 2, "two links"))
		return;
	l = c->net.link;
	is_num(l[0].latency_us, 2274, "460 km: 2274 us");
	is_num(l[0].capacity_bps, 3200000000000, "8 x 400G");
	is_num(l[0].granule_bps, 400000000000, "whole wavelengths");
	is_num(l[1].latency_us, 23, "500 m: 22.45 us, rounded up");
	is_num(l[1].granule_bps, 1000000000, "client: whole Gb/s");
	is_num(l[1].a, 1, "a is lyon");
	ok(!l[0].drained && l[1].drained, "Drain");
	is_num(c->hold_ttl_ms, 60000, "HoldTTL is 60 s");
	is_num(c->sim_setup_ms, 3000, "set-up takes 3 s");
	is_num(c->users.cluster[0].uid, 0, "the cluster's user");
	ok(ocs_agent_users_has(&c->users, "alpha") &&
	   !ocs_agent_users_has(&c->users, "beta"), "clusters");
	ocs_agent_conf_destroy(c);
	ok(!ocs_agent_conf_read("/nonexistent/x", &err) &&
	   err.code == OCS_NOT_FOUND, "no file: %s", err.text);
	ocs_agent_conf_destroy(read_text(GOOD LINK "Km=1\n", &err));
	NOMEM_EACH(made, c = ocs_agent_conf_read(path, &err),
		   !c && err.code == OCS_NOMEM);
	ok(c && made > 3, "each of %ld allocations may fail", made);
	ocs_agent_conf_destroy(c);
}

static const struct {
	const char *raw;
	enum ocs_code code;
	unsigned int segments, queries;
} targets[] = {
	{ "/", OCS_OK, 0, 0 },
	{ "/v1/leases", OCS_OK, 2, 0 },
	{ "//v1///leases/", OCS_OK, 2, 0 },
	{ "/v1/leases?all=1&job_id=7", OCS_OK, 2, 2 },
	{ "/v1?x", OCS_OK, 1, 1 },
	{ "/v1?", OCS_OK, 1, 0 },
	{ "/%76%31", OCS_OK, 1, 0 },
	{ "", OCS_SYNTAX, 0, 0 },
	{ "*", OCS_SYNTAX, 0, 0 },
	{ "http://x/v1", OCS_SYNTAX, 0, 0 },
	{ "/%", OCS_SYNTAX, 0, 0 },
	{ "/%4", OCS_SYNTAX, 0, 0 },
	{ "/%zz", OCS_SYNTAX, 0, 0 },
	{ "/%00", OCS_SYNTAX, 0, 0 },
	{ "/a%0ab", OCS_SYNTAX, 0, 0 },
	{ "/v1?x=%0a", OCS_SYNTAX, 0, 0 },
	{ "/v1?x=1&x=2", OCS_SYNTAX, 0, 0 },
	{ "/1/2/3/4/5/6/7/8/9", OCS_NOT_FOUND, 0, 0 },
	{ "/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", OCS_RANGE, 0, 0 },
};

static void test_target(void)
{
	static char big[OCS_TARGET_MAX + 1];
	struct ocs_target t;
	struct ocs_error err;
	uint64_t v;
	bool found;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		int rc = ocs_target_parse(targets[i].raw, &t, &err);

		if (targets[i].code == OCS_OK)
			ok(rc == 0 && t.nsegments == targets[i].segments &&
			   t.nqueries == targets[i].queries, "target %s",
			   targets[i].raw);
		else
			ok(rc < 0 && err.code == targets[i].code,
			   "refused: target '%s'", targets[i].raw);
	}
	memset(big, '/', OCS_TARGET_MAX);
	ok(ocs_target_parse(big, &t, &err) < 0 && err.code == OCS_RANGE,
	   "refused: a long target");
	ocs_target_parse("/v1?a=7&b=x&c=&d=18446744073709551616&e=-1", &t,
			 &err);
	ok(ocs_target_query_u64(&t, "a", 9, &v, &found, &err) == 0 && found &&
	   v == 7, "a=7");
	ok(ocs_target_query_u64(&t, "z", 9, &v, &found, &err) == 0 && !found,
	   "z is not there");
	ok(ocs_target_query_u64(&t, "a", 6, &v, &found, &err) < 0 &&
	   err.code == OCS_RANGE, "a is above 6");
	ok(ocs_target_query_u64(&t, "b", 9, &v, &found, &err) < 0 &&
	   err.code == OCS_SYNTAX, "b is no number");
	ok(ocs_target_query_u64(&t, "c", 9, &v, &found, &err) < 0, "c is none");
	ok(ocs_target_query_u64(&t, "d", UINT64_MAX, &v, &found, &err) < 0 &&
	   err.code == OCS_RANGE, "d overflows");
	ok(ocs_target_query_u64(&t, "e", 9, &v, &found, &err) < 0, "e is less");
}

static void test_refusals(void)
{
	static struct ocs_refusals r;
	uint64_t since = 9;
	char peer[32];
	unsigned int told = 0;

	ok(ocs_refusals_note(&r, 1, "10.0.0.1", 5, &since) && since == 0,
	   "the first refusal is told");
	ok(!ocs_refusals_note(&r, 1, "10.0.0.1", 6, &since) &&
	   !ocs_refusals_note(&r, 1, "10.0.0.1", 60004, &since),
	   "not again for a minute");
	ok(ocs_refusals_note(&r, 1, "10.0.0.2", 7, &since), "another peer is");
	ok(ocs_refusals_note(&r, 2, "10.0.0.1", 7, &since),
	   "another cause is");
	ok(ocs_refusals_note(&r, 1, "10.0.0.1", 60005, &since) && since == 2,
	   "after a minute, with how many there were");
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "fd00::%u", i);
		told += ocs_refusals_note(&r, 3, peer, 60006, &since);
	}
	ok(told > 10 && told <= OCS_REFUSALS_PEERS_MAX + 1,
	   "a thousand peers are told of %u times", told);
	ok(ocs_refusals_note(&r, 4, "10.0.0.1", 60007, &since),
	   "and hide no other cause");
	ok(ocs_refusals_note(&r, 3, "fd00::1", 120100, &since),
	   "places become free again");
}

int main(void)
{
	close(mkstemp(path));
	test_conf();
	test_values();
	test_target();
	test_refusals();
	unlink(path);
	return tap_done();
}
