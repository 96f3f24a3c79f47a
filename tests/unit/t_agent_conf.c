// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests opticald.conf and request targets: what is refused, and where. */
#include <stdlib.h>
#include <time.h>
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
#define PLAIN "Listen=unix:/tmp/s\nLedger=/tmp/l.db\nCluster=alpha User=0\n" \
	SITES						/* 5 lines, no driver */
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
	{ GOOD "SimSetupTime=0s SimReleaseTime=1h HoldTTL=100ms SimRealism=off\n", OCS_OK,
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
	/* the operator's say */
	{ GOOD "Mode=observe ApproveTimeout=5min MaxSetupsPerHour=4 MinLit=1h MinJobForSetup=30min OneOpPerDegree=yes\n",
	  OCS_OK, "" },
	{ GOOD "Restore=agent HoldOff=500ms Revert=yes WaitToRestore=5min RestoreTimeout=0s\n",
	  OCS_OK, "" },
	{ GOOD LINK "Km=1 Mode=Approve Restore=NONE ChangeWindow=Mon-Fri/22:00-06:00,Sun/00:00-24:00\n",
	  OCS_OK, "" },
	{ GOOD "Mode=manual\n", OCS_SYNTAX, ":7: bad Mode='manual'" },
	{ GOOD "Mode=auto\nMode=auto\n", OCS_CONFLICT,
	  ":8: Mode is there twice" },
	{ GOOD LINK "Km=1 ApproveTimeout=1h\n", OCS_SYNTAX,
	  ":7: ApproveTimeout= is for all links" },
	{ GOOD LINK "Km=1 MaxSetupsPerHour=x\n", OCS_SYNTAX,
	  ":7: bad MaxSetupsPerHour='x'" },
	{ GOOD "MaxSetupsPerHour=100001\n", OCS_RANGE, ":7: " },
	{ GOOD "MinLit=721h\n", OCS_RANGE, ":7: bad MinLit" },
	{ GOOD "HoldOff=2h\n", OCS_RANGE, ":7: bad HoldOff" },
	{ GOOD "Restore=me\n", OCS_SYNTAX, ":7: bad Restore='me'" },
	{ GOOD "Revert=maybe\n", OCS_SYNTAX, ":7: bad Revert" },
	{ GOOD "MaxSetupPerHour=1\n", OCS_SYNTAX,
	  "did you mean MaxSetupsPerHour?" },
	{ GOOD "ChangeWindow=\n", OCS_SYNTAX, ":7: bad ChangeWindow" },
	{ GOOD "ChangeWindow=22-06\n", OCS_SYNTAX, "Mon-Fri/22:00-06:00" },
	{ GOOD "ChangeWindow=Fri-Mon/22:00-06:00\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=Mon/24:00-06:00\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=Mon/06:00-06:00\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=Mon/06:60-07:00\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=Mon/06:00-07:00,\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=Mon/06:00-07:00x\n", OCS_SYNTAX, ":7: bad" },
	{ GOOD "ChangeWindow=01:00-02:00,Mon/03:00-04:00,Tue/03:00-04:00\n",
	  OCS_SYNTAX, "at most 8 days" },
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
	{ GOOD "MaxAutoRemove=3\n", OCS_UNSUPPORTED,
	  ":7: MaxAutoRemove is not supported by this version" },
	/* ports */
	{ GOOD "PortName=p Site=paris\n", OCS_SYNTAX,
	  ":7: PortName=p lacks Rate=RATE (example: PortName=par-1" },
	{ GOOD "PortName=p Rate=400G\n", OCS_SYNTAX, "lacks Site=SITE" },
	{ GOOD "PortName=p Site=rome Rate=400G\n", OCS_NOT_FOUND,
	  ":7: PortName=p names site 'rome'" },
	{ GOOD "PortName=p Site=paris Rate=400G\nPortName=p Site=lyon Rate=1G\n",
	  OCS_CONFLICT, ":8: PortName=p is there twice" },
	{ GOOD "PortName=p Site=paris Rate=400G Plane=64\n", OCS_RANGE,
	  "Plane" },
	{ GOOD "PortName=p Site=paris Rate=400G Plane=-1\n", OCS_SYNTAX,
	  "Plane" },
	{ GOOD "PortName=p Site=paris Rate=400G Mtu=575\n", OCS_RANGE,
	  "from 576 to 65536" },
	{ GOOD "PortName=p Site=paris Rate=400G Mtu=65537\n", OCS_RANGE,
	  "Mtu" },
	{ GOOD "PortName=p Site=paris Rate=400G Transport=fddi\n", OCS_SYNTAX,
	  "ethernet|infiniband is expected" },
	{ GOOD "PortName=p Site=paris Rate=400G Km=1\n", OCS_SYNTAX,
	  "unknown key 'Km'" },
	{ GOOD "PortName=p Site=campus Rate=1G\nEndpointName=campus\n", OCS_OK,
	  "" },
	/* how traffic gets onto circuits */
	{ GOOD "SiteName=nice Attach=port\n", OCS_OK,
	  "" },
	{ GOOD "SiteName=nice Attach=port Interface=bond0 Prefix=10.0.0.0/8 Mtu=9000\n", OCS_OK,
	  "" },
	{ GOOD "SiteName=nice Attach=VLAN Vlans=1-4094 Interface=bond0.{vlan} Prefix=fd00:{vlan}::/64\n", OCS_OK,
	  "" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=/bin/true\n", OCS_OK,
	  "" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=\"/bin/true a b\" Vlans=7 AttachTimeout=10min\n", OCS_OK,
	  "" },
	{ GOOD "SiteName=nice Attach=wire\n", OCS_SYNTAX,
	  "port|vlan|hook is expected" },
	{ GOOD "SiteName=nice Attach=vlan\n", OCS_SYNTAX,
	  "needs Vlans= (example: Attach=vlan Vlans=100-199)" },
	{ GOOD "SiteName=nice Vlans=1-9\n", OCS_SYNTAX,
	  "needs Attach=vlan or Attach=hook" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=0-9\n", OCS_SYNTAX,
	  "(example: 100-199,300)" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=4000-4095\n", OCS_SYNTAX,
	  "bad VLANs '4000-4095'" },
	{ GOOD "SiteName=nice Attach=hook\n", OCS_SYNTAX,
	  "needs AttachProgram=/PATH" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=true\n", OCS_SYNTAX,
	  "an absolute path" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=/no/such\n", OCS_NOT_FOUND,
	  "/no/such is no program" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=\"/bin/true 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\"\n", OCS_RANGE,
	  "more than 16 words" },
	{ GOOD "SiteName=nice AttachProgram=/bin/true\n", OCS_SYNTAX,
	  "AttachProgram= needs Attach=hook" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7 AttachTimeout=5s\n", OCS_SYNTAX,
	  "AttachTimeout= needs Attach=hook" },
	{ GOOD "SiteName=nice Attach=hook AttachProgram=/bin/true AttachTimeout=11min\n", OCS_RANGE,
	  "AttachTimeout" },
	{ GOOD "SiteName=nice Mtu=575\n", OCS_RANGE,
	  "Mtu" },
	{ GOOD "SiteName=nice Interface=bond0.{vlan}\n", OCS_RANGE,
	  "Interface=: {vlan} needs a pool" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7 Interface=bond0.{site}\n", OCS_SYNTAX,
	  "{vlan/N}" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7-1000 Interface=interface-x.{vlan}\n", OCS_RANGE,
	  "longer than 15" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7 Interface=a/b\n", OCS_SYNTAX,
	  "'a/b' is no name of an interface" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7-300 Prefix=10.0.{vlan}.0/24\n", OCS_SYNTAX,
	  "'10.0.256.0/24' is no prefix" },
	{ GOOD "SiteName=nice Attach=vlan Vlans=7 Atach=vlan\n", OCS_SYNTAX,
	  "did you mean Attach?" },
	{ GOOD "EndpointName=far Attach=vlan Vlans=7\n", OCS_OK, "" },
	{ GOOD "AttachUser=root AttachParallel=64\n", OCS_OK, "" },
	{ GOOD "AttachUser=root RunAs=root\n", OCS_OK, "" },
	{ GOOD "AttachUser=no-such-user\n", OCS_NOT_FOUND, "no-such-user" },
	{ GOOD "AttachUser=root\nRunAs=daemon\n", OCS_CONFLICT,
	  ":7: AttachUser= needs an opticald that stays root" },
	{ GOOD "AttachParallel=0\n", OCS_RANGE, "AttachParallel" },
	{ GOOD "AttachParallel=65\n", OCS_RANGE, "AttachParallel" },
	/* endpoints */
	{ GOOD "EndpointName=paris\n", OCS_CONFLICT,
	  "sites and endpoints share their names" },
	{ GOOD "EndpointName=x\nEndpointName=x\n", OCS_CONFLICT,
	  ":8: EndpointName=x is there twice" },
	{ GOOD "EndpointName=x Regen=yes\n", OCS_SYNTAX,
	  "unknown key 'Regen'" },
	{ GOOD "EndpointName=x InterDomain=maybe\n", OCS_SYNTAX,
	  "yes or no" },
	{ GOOD "EndpointName=x\nLinkName=y A=x Z=paris Wavelengths=1 Rate=1G Km=1\n",
	  OCS_OK, "" },
	/* what links have besides */
	{ GOOD LINK "Km=1 Granularity=odu\n", OCS_OK, "" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=8 Rate=403G Km=1 Granularity=odu\n",
	  OCS_RANGE, "whole slots of 5G (example: 400G)" },
	{ GOOD "LinkName=x A=paris Z=lyon Wavelengths=8 Rate=2G Km=1 Granularity=odu\n",
	  OCS_RANGE, "whole slots of 1.25G (example: 100G)" },
	{ GOOD LINK "Km=1 Risk=\n", OCS_SYNTAX, "names of risk groups" },
	{ GOOD LINK "Km=1 Risk=a,,b\n", OCS_SYNTAX, "names of risk groups" },
	{ GOOD LINK "Km=1 Risk=a/b\n", OCS_SYNTAX, "names of risk groups" },
	{ GOOD LINK "Km=1 Risk=1,2,3,4,5,6,7,8\n", OCS_OK, "" },
	{ GOOD LINK "Km=1 Risk=1,2,3,4,5,6,7,8,9\n", OCS_RANGE,
	  "at most 8 are possible" },
	{ GOOD LINK "Km=1 Capacity=lent\n", OCS_SYNTAX,
	  "delegated|shared is expected" },
	{ GOOD LINK "Km=1 Hidden=perhaps\n", OCS_SYNTAX, "yes or no" },
	{ GOOD LINK "Km=1 Domain=a/b\n", OCS_SYNTAX, "a name of letters" },
	{ GOOD LINK "Km=10 Reach=9.999\n", OCS_RANGE,
	  "LinkName=x is longer than its Reach" },
	{ GOOD LINK "Km=10 Reach=10\n", OCS_OK, "" },
	{ GOOD LINK "Km=1 Reach=far\n", OCS_SYNTAX, "kilometres" },
	{ GOOD LINK "Km=1 DelayVariation=2s\n", OCS_RANGE, "at most 1s" },
	{ GOOD LINK "Km=1 DelayVariation=little\n", OCS_SYNTAX,
	  "a time such as" },
	{ GOOD LINK "Km=1 Availability=100.1\n", OCS_RANGE, "0 to 100" },
	{ GOOD LINK "Km=1 Availability=99.99999999\n", OCS_SYNTAX,
	  "per cent of the time, 0 to 100, up to 7 decimals" },
	{ GOOD LINK "Km=1 Availability=99.99%\n", OCS_SYNTAX, "no sign" },
	{ GOOD LINK "Km=1 Cost=-1\n", OCS_SYNTAX, "a cost per Gb/s and hour" },
	{ GOOD LINK "Km=1 Cost=1000001\n", OCS_RANGE, "0 to 1000000" },
	{ GOOD LINK "Km=1 Energy=0.5\n", OCS_SYNTAX, "pJ per bit" },
	{ GOOD LINK "Km=1 Plane=63\n", OCS_OK, "" },
	{ GOOD "SiteName=nice Regen=no\nLinkName=x A=paris Z=nice Wavelengths=257 Rate=1G Km=1\n",
	  OCS_RANGE, ":8: LinkName=x ends at a site with Regen=no" },
	{ GOOD "SiteName=nice Regen=no\nLinkName=x A=paris Z=nice Wavelengths=257 Rate=1G Km=1 Granularity=client\n",
	  OCS_OK, "" },
	{ GOOD "WavelengthHold=25h\n", OCS_RANGE, "WavelengthHold" },
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
	/* drivers */
	{ GOOD "SimRealism=full SimSeed=7 SimSpeed=60 SimTransponders=4 DriverTimeout=1s\n",
	  OCS_OK, "" },
	{ GOOD "SimSetupTime=1s\n", OCS_SYNTAX,
	  ":3: SimSetupTime= and SimReleaseTime= need SimRealism=off" },
	{ GOOD "SimRealism=some\n", OCS_SYNTAX, "full|off|none" },
	{ GOOD "SimSpeed=0\n", OCS_RANGE, "from 1 to 100000" },
	{ GOOD "DownFile=/x\n", OCS_SYNTAX, "DownFile= is for Driver=static" },
	{ GOOD "Program=/x\n", OCS_SYNTAX, "Program= is for Driver=exec" },
	{ GOOD "DriverTimeout=1ms\n", OCS_RANGE, "DriverTimeout" },
	{ PLAIN "Driver=static DownFile=/run/down\n", OCS_OK, "" },
	{ PLAIN "Driver=static DownFile=down\n", OCS_SYNTAX, "absolute path" },
	{ PLAIN "Driver=exec Program=\"/bin/x -c /etc/x\"\n", OCS_OK, "" },
	{ PLAIN "Driver=exec\n", OCS_SYNTAX, "needs Program=" },
	{ PLAIN "Driver=exec Program=x\n", OCS_SYNTAX, "absolute path" },
	{ GOOD "DomainName=metro Driver=static\n" LINK "Km=1 Domain=metro\n",
	  OCS_OK, "" },
	{ GOOD "DomainName=metro Driver=sim SimSetupTime=1s\n", OCS_SYNTAX,
	  ":7: SimSetupTime=" },
	{ GOOD "DomainName=metro\n", OCS_SYNTAX, "lacks Driver=" },
	{ GOOD "DomainName=metro Driver=sim\nDomainName=metro Driver=sim\n",
	  OCS_CONFLICT, ":8: DomainName=metro is there twice" },
	{ GOOD "DomainName=metro Driver=sim Colour=red\n", OCS_SYNTAX,
	  "unknown key 'Colour'" },
	{ PLAIN "DomainName=metro Driver=static\n" LINK "Km=1 Domain=metro\n",
	  OCS_OK, "" },
	{ PLAIN "DomainName=metro Driver=static\n" LINK "Km=1\n", OCS_SYNTAX,
	  "LinkName=x has no driver: Driver=" },
	{ PLAIN "DomainName=metro Driver=static\n" LINK "Km=1 Domain=core\n",
	  OCS_SYNTAX, "DomainName=core is needed" },
	{ "Driver=magic\n", OCS_SYNTAX, "sim|static|exec is expected" },
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
	{ GOOD LINK "Km=1 Granularity=otn\n", OCS_SYNTAX,
	  "wavelength|client|odu is expected" },
	{ GOOD LINK "Km=1 Drain=maybe\n", OCS_SYNTAX, "yes or no" },
	{ GOOD "HoldTTL=99ms\n", OCS_RANGE, "100ms" },
	{ GOOD "MeasureMaxAge=999ms\n", OCS_RANGE, "1s" },
	{ GOOD "MeasureMaxAge=25h\n", OCS_RANGE, "24h" },
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
	is_num(c->measure_max_age_s, 3600, "MeasureMaxAge is 1 h");
	ok(c->drivers.driver[0].sim_full, "a simulator does not flatter");
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

static void test_network(void)
{
	struct ocs_error err;
	struct ocs_agent_conf *c;
	const struct ocs_net *net;
	const struct ocs_link *l;
	const struct ocs_port *p;

	c = read_text(GOOD "SiteName=nice Regen=no\n"
		      "EndpointName=campus\nEndpointName=meet InterDomain=yes\n"
		      "PortName=p1 Site=paris Gateway=gw2 Rate=400G Plane=0 Mtu=9216 Transport=infiniband Drain=yes\n"
		      "PortName=p2 Site=nice Rate=100G\n"
		      "LinkName=x A=paris Z=nice Wavelengths=8 Rate=400G Km=460 Risk=rhone,a7 Plane=3\n"
		      "LinkName=y A=paris Z=lyon Wavelengths=2 Rate=100G Granularity=odu Latency=1ms Availability=99.99 Cost=0.25 Energy=300 DelayVariation=20us Domain=nren Capacity=shared Risk=a7\n"
		      "LinkName=z A=meet Z=lyon Wavelengths=3 Rate=400G Km=9000 Hidden=yes\n"
		      "WavelengthHold=10s\n", &err);
	if (!ok(c, "a network: %s", c ? "" : err.text))
		return;
	net = &c->net;
	is_num(net->nsites, 5, "sites and endpoints");
	ok(net->site[2].no_regen && !net->site[0].no_regen, "Regen");
	ok(net->site[3].external && !net->site[3].interdomain &&
	   net->site[4].interdomain && !net->site[0].external, "endpoints");
	is_num(net->nports, 2, "ports");
	p = &net->port[0];
	ok(p->site == 0 && p->rate_bps == 400000000000 && p->plane == 1 &&
	   p->mtu == 9216 && p->transport == OCS_INFINIBAND && p->drained &&
	   !strcmp(p->gateway, "gw2"), "a port with all");
	ok(net->port[1].plane == OCS_PLANE_ANY && !net->port[1].mtu &&
	   net->port[1].transport == OCS_ETHERNET, "and one with little");
	l = &net->link[0];
	ok(l->grain == OCS_GRAIN_WAVELENGTH && l->plane == 4 &&
	   l->metres == 460000 && l->reach_m == 718000 &&
	   l->latency_source == OCS_SOURCE_COMPUTED, "400G reaches 718 km");
	is_num(l->nwaves, 8, "wavelengths are told apart next to nice");
	ok(l->nrisks == 2 && !strcmp(net->risk[l->risk[1]].name, "a7"),
	   "risk groups");
	l = &net->link[1];
	ok(l->grain == OCS_GRAIN_ODU && l->granule_bps == 1250000000 &&
	   l->nwaves == 2 && l->first_wave == 8, "slots of 1.25G");
	ok(l->unavailable_ppb == 100000 && l->cost == 250 &&
	   l->energy_pj == 300 && l->delay_variation_us == 20 &&
	   l->sharing == OCS_SHARED &&
	   l->latency_source == OCS_SOURCE_CONFIGURED, "other attributes");
	is_str(net->domain[l->domain].name, "nren", "domain");
	ok(l->nrisks == 1 && l->risk[0] == net->link[0].risk[1],
	   "risk groups have one number each");
	l = &net->link[2];
	ok(l->hidden && !l->nwaves && !l->domain && l->reach_m == 9000000,
	   "hidden; a link by itself reaches");
	is_num(c->wavelength_hold_s, 10, "WavelengthHold");
	is_num(net->nwaves, 10, "all wavelengths");
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

/* Change windows, and what a link's line says over the rest. */
static void test_rules(void)
{
	static const struct {
		const char *window;
		int64_t now_s, wait_s;
	} weeks[] = {
		/* 2024-05-06 was a Monday; UTC */
		{ "Mon/08:00-09:00", 1714982400, 0 },	/* 08:00 */
		{ "Mon/08:00-09:00", 1714982399, 1 },
		{ "Mon/08:00-09:00", 1714986000, 604800 - 3600 },
		{ "08:00-09:00", 1714986000, 86400 - 3600 },
		{ "Sun/22:00-06:00", 1714975199, 0 },	/* Mon 05:59:59 */
		{ "Sun/22:00-06:00", 1714975200, 6 * 86400 + 16 * 3600 },
		{ "Mon-Fri/00:00-24:00", 1715385599, 0 },	/* Fri */
		{ "Mon-Fri/00:00-24:00", 1715385600, 172800 },
		{ "Tue/10:00-11:00,Mon/09:00-10:00", 1714982400, 3600 },
	};
	struct ocs_rules all, r = { 0 };
	struct ocs_agent_conf *conf;
	struct ocs_error err;
	struct ocs_week week;

	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < sizeof(weeks) / sizeof(weeks[0]); i++) {
		ok(ocs_week_parse(weeks[i].window, &week) == 0, "%s",
		   weeks[i].window);
		is_num(ocs_week_wait_s(&week, weeks[i].now_s),
		       weeks[i].wait_s, "%s at %lld", weeks[i].window,
		       (long long) weeks[i].now_s);
	}
	ocs_rules_default(&all);
	is_num(all.mode, OCS_MODE_AUTO, "auto by default");
	is_num(all.restore, OCS_RESTORE_NONE, "nobody restores");
	ocs_rules_inherit(&r, &all);
	is_num(r.hold_off_ms, all.hold_off_ms, "what is not said is inherited");
	conf = read_text(GOOD LINK "Km=1 Mode=approve MaxSetupsPerHour=3\n"
			 "LinkName=y A=paris Z=lyon Wavelengths=1 Rate=1G Km=1\n"
			 "Mode=observe MinLit=90s MaxSetupsPerHour=9\n", &err);
	if (!ok(conf != NULL, "links before what is for all"))
		return;
	is_num(ocs_agent_conf_rules(conf, 0)->mode, OCS_MODE_APPROVE, "x");
	is_num(ocs_agent_conf_rules(conf, 0)->setups_per_h, 3, "its own");
	is_num(ocs_agent_conf_rules(conf, 0)->min_lit_s, 90, "as all");
	is_num(ocs_agent_conf_rules(conf, 1)->mode, OCS_MODE_OBSERVE, "y");
	is_num(ocs_agent_conf_rules(conf, 1)->setups_per_h, 0,
	       "the limit of all together is not each link's");
	is_num(conf->rules.setups_per_h, 9, "all together");
	ocs_agent_conf_destroy(conf);
}

int main(void)
{
	close(mkstemp(path));
	test_conf();
	test_values();
	test_network();
	test_rules();
	test_target();
	test_refusals();
	unlink(path);
	return tap_done();
}
