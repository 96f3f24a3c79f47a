#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticalctl against an agent that lies, breaks off, or is not there: exit
# statuses, messages, and what check finds. Needs no Slurm and no opticald.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"

CTL=${OCS_BUILDDIR:?}/cli/opticalctl
D=$(mktemp -d) || bail "no temporary directory"
at_exit 'rm -rf "$D"'
export SLURM_CONF=$D/slurm.conf OPTICALD_URL=unix:$D/sock TZ=UTC
unset NO_COLOR

# run ARGUMENT...: sets OUT, ERR, RC
run()
{
	OUT=$("$CTL" "$@" 2>"$D/err")
	RC=$?
	ERR=$(<"$D/err")
}

can()
{
	printf '%s\n%s' "$2" "$3" >"$D/can/$1"
}

ID=7f3a0c11000000000000000000000000
lease()
{
	echo '{"id":"'$ID'","cluster":"alpha","job_id":42,"user_id":1000,
	"user":"anna","submit_s":1714557700,"restart_cnt":0,"end_s":0,
	"controller_epoch":1,"sites":[{"name":"paris","nodes":"par1"},
	{"name":"lyon","nodes":"lyo1"}],"circuits":[{"a":"paris","z":"lyon",
	"requested_bps":400000000000,"granted_bps":400000000000,
	"max_latency_us":0,"latency_us":2274,"route":["par-lyo"],
	"provisioning":"PROVISIONED","data_plane":"UP",
	"up_ms":1714557723045}],"reservation":"COMMITTED","blame":"none",
	"cause":"'"${1-}"'","held_ms":1714557720000,
	"committed_ms":1714557720040,"active_ms":1714557723045,"ended_ms":0,
	"gone_ms":0}'
}

# state BOOKED CAPACITY, in G
state()
{
	can GET_v1_state 200 '{"instance":"'$ID'","generation":7,
	"time_ms":1714557730000,"simulated":false,"brake":false,
	"sites":[{"name":"paris"},{"name":"lyon"}],"links":[{"name":"par-lyo",
	"a":"paris","z":"lyon","capacity_bps":'"$2"'000000000,
	"booked_bps":'"$1"'000000000,"granule_bps":400000000000,
	"latency_us":2274,"drained":false,"down":false}],
	"leases":['"$(lease)"']}'
}

# what is there without any agent
run
is $RC 2 "no command: usage"
run --help
is $RC 0 "--help"
like "$OUT" "sim fault" "and it has the commands"
run --version
like "$OUT" '^opticalctl [0-9]' "--version"
run lnks
is $RC 2 "an unknown command: usage"
like "$ERR" "did you mean 'links'" "and the nearest is offered"
run leases --conf=x
is $RC 2 "an option of another command: usage"
run job 42_1
is $RC 2 "job takes a number"
run sim fault explode par-lyo
is $RC 2 "an unknown fault"
run sim fault cut par-lyo 0
is $RC 2 "no faults at all"
run lease 7f3
is $RC 2 "three digits are no lease"
run lease "../../v1/state"
is $RC 2 "a lease id is nothing else"
run confirm 'a/b'
is $RC 2 "nor is a cluster"
run --url=ftp://x ping
is $RC 2 "a URL that can't be"
run ping
is $RC 3 "no socket: not reachable"
like "$ERR" "is opticald running" "and it says so"

mkdir "$D/can"
"${OCS_SRCDIR:?}/tests/fake/canned-agent" "$D/sock" "$D/can" &
# shellcheck disable=SC2034
AGENT=$!
at_exit 'kill $AGENT; wait $AGENT 2>/dev/null'
wait_for 20 '[ -S "$D/sock" ]' || bail "the canned agent does not start"

can GET_v1_ping 200 '{"instance":"'$ID'","generation":7,"version":"1.2",
	"role":"operator","user":"root","clusters":["alpha"],"simulated":true}'
run ping
is $RC 0 "ping"
like "$OUT" "SIMULATED" "a simulated network is called so"
state 400 3200
run -h links
is "$OUT" "par-lyo paris lyon 3200G 400G 2800G 400G 2274us configured up" "links"
run -P sites
is "$OUT" "SITE|LINKS|CAPACITY|BOOKED|FREE|LEASES|NODES
paris|1|3200G|400G|2800G|1|-
lyon|1|3200G|400G|2800G|1|-" "sites, parsable"
can GET_v1_leases 200 '{"leases":['"$(lease '\u001b[2Jbad|cause')"']}'
run -P -h --color=always leases --all --cluster=alpha --job=42
like "$OUT" "^$ID\|alpha\|42\|anna\|ACTIVE\|[-0-9:]*\|400\|paris-lyon:400G\([^|]*bad/cause\)$" \
	"leases, parsable, whatever the cause"
unlike "$OUT" $'\033' "no control character comes through"
like "$(tail -1 "$D/can/log")" 'all=1.*cluster=alpha.*job_id=42' "asked for"
can GET_v1_leases_$ID 200 "$(lease)"
can GET_v1_leases_${ID}_events 200 '{"events":[{"time_ms":1714557720000,
	"axis":"reservation","circuit":"","from":"","to":"HELD","cause":""},
	{"time_ms":1714557720050,"axis":"provisioning","circuit":"paris-lyon",
	"from":"RELEASED","to":"PROVISIONING","cause":""},
	{"time_ms":1714557723040,"axis":"provisioning","circuit":"paris-lyon",
	"from":"PROVISIONING","to":"PROVISIONED","cause":""}]}'
run lease 7f3a
like "$OUT" "SetupTime=3.005s" "lease by the beginning of its id"
run -P -h job 42
is "$OUT" "$ID|2024-05-01T10:02:00.000|+0.000|-|HELD|
$ID|2024-05-01T10:02:00.050|+0.050|paris-lyon|PROVISIONING|
$ID|2024-05-01T10:02:03.040|+3.040|paris-lyon|PROVISIONED|
$ID|2024-05-01T10:02:03.045|+3.045|-|ACTIVE|" "a job's circuits and times"
run --json job 42
like "$OUT" '^\{"leases":\[\{"lease":\{.*\},"events":' "and as JSON"

# pages
NEXT=7f3a0c11ffffffffffffffffffffffff
can GET_v1_leases 200 '{"leases":['"$(lease)"'],"next":"'$ID'"}'
can GET_v1_leases_after_$ID 200 '{"leases":['"$(lease | sed "s/$ID/$NEXT/")"']}'
run -P -h leases
is "$RC $(cut -c1-8,33 <<<"$OUT" | wc -l)" "0 2" "leases follows pages"
run --json leases
is "$RC $(grep -o '"id"' <<<"$OUT" | wc -l)" "0 2" "as JSON, too"
ok "which is one document" perl -MJSON::PP -e 'decode_json($ARGV[0])' "$OUT"
can GET_v1_leases_after_$ID 200 '{"leases":[],"next":"'$ID'"}'
run leases
is $RC 1 "an agent whose pages don't go on"
like "$ERR" "don't go on" "is told apart"
can GET_v1_leases_after_$ID half '{"leases":[]}'
run leases
is $RC 3 "one that breaks off at the second, too"
can GET_v1_leases 200 '{"leases":[]}'
run job 42
is $RC 1 "a job without lease"
can POST_v1_clusters_alpha_confirm 403 '{"type":"x","title":"Not allowed",
	"status":403,"detail":"operators may","code":"denied","reason":""}'
run confirm alpha
is "$RC $ERR" "4 opticalctl: operators may" "not allowed: 4, as the agent says"
can POST_v1_sim_faults 200 '{}'
run sim fault fail-late '*' 3
is $RC 0 "sim fault"
like "$(tail -1 "$D/can/log")" '"link":"\*","fault":"fail_late","count":3' \
	"and that is what the agent got"

# an agent that breaks off or talks nonsense
can GET_v1_ping half '{"instance":"'$ID'","generation":7,"version":"1.2"}'
run ping
is $RC 3 "half an answer"
can GET_v1_ping 200 '{"instance":"'$ID'","generation":"seven"}'
run ping
is $RC 1 "a wrong type"
can GET_v1_ping 200 'what?'
run ping
is $RC 1 "no JSON"
can GET_v1_leases_${ID}_events 200 '{"events":[{"time_ms":-5,"axis":"x"}]}'
run lease $ID
is $RC 1 "a wrong event"

# check
cat >"$D/optical.conf" <<-END
	AgentURL=unix:$D/sock
	SiteName=paris Nodes=par[1-2]
	SiteName=lyon Nodes=lyo[1-2]
END
cat >"$SLURM_CONF" <<-END
	ClusterName=alpha
	SelectType=select/cons_tres_optical
	JobSubmitPlugins=lua,optical
	Licenses=optical:6400
	AccountingStorageTRES=license/optical
	AccountingStorageType=accounting_storage/slurmdbd
	ResumeTimeout=300
	PluginDir=$D
	NodeName=par[1-2],lyo[1-2]
	PartitionName=train Nodes=ALL
END
echo "required spank_optical.so" >"$D/plugstack.conf"
touch "$D/select_cons_tres_optical.so" "$D/job_submit_optical.so"
can GET_v1_ping 200 '{"instance":"'$ID'","generation":7,"version":"1.2",
	"role":"operator","user":"root","clusters":[],"simulated":true}'
run check
is "$RC ${OUT##*$'\n'}" "0 errors: 0, warnings: 0" "check: nothing is wrong"
run --json check
like "$OUT" '^\{"ok":true,"findings":\[\{"level":"ok"' "and as JSON"

# change FILE SED-SCRIPT WANT NAME: check then says WANT, and that is an error
change()
{
	cp "$D/$1" "$D/saved"
	sed -i "$2" "$D/$1"
	run check
	is $RC "${5-1}" "check: $4"
	like "$OUT" "$3" "and it says so"
	cp "$D/saved" "$D/$1"
}
change optical.conf 's/lyo\[1-2\]/lyo1,par2/' "node par2 is in two sites, (paris|lyon) and" \
	"a node in two sites"
change optical.conf 's/=lyon/=lion/' "site lion is not one of the agent" \
	"names of sites differ"
change optical.conf 's/Nodes=/Nods=/' "optical.conf:2: .*Nods" "a typing error"
change optical.conf 's/par\[1-2\]/par[1-3]/' "1 nodes .*not in slurm.conf .par3" \
	"a node that Slurm does not have"
change optical.conf 's/^AgentURL=.*/&2/' "but slurmctld uses AgentURL=unix:.*2" \
	"another agent" 0
change slurm.conf 's/_optical//' "slurm.conf:2: SelectType" "SelectType"
change slurm.conf 's/lua,optical/optical,lua/' "optical must be the last" \
	"JobSubmitPlugins"
change slurm.conf 's/optical:6400/optical:3200/' "write optical:6400" \
	"too few licences"
change slurm.conf '/^Licenses/d' "Licenses lacks optical" "no licences"
change slurm.conf 's/license.optical/gres\/gpu/' "TRES lacks license/optical" \
	"AccountingStorageTRES"
change slurm.conf 's/^ResumeTimeout=300/SchedulerType=sched\/builtin/' \
	"give up after 450 s.*CommitTimeout=1200" "salloc's patience" 0
change slurm.conf 's/^ResumeTimeout=300/&\nSchedulerType=sched\/builtin/' \
	"sched/builtin: " "sched/builtin" 0
change slurm.conf 's/^ResumeTimeout=300/&\nSchedulerParameters=bf_licenses/' \
	"bf_licenses: " "bf_licenses" 0
change slurm.conf 's/^NodeName=.*/NodeName=par1,lyo[1-2],par2/' \
	"par2: nodes of site paris are not together" "ranks that alternate" 0
printf 'SwitchName=p Nodes=par[1-2]\nSwitchName=l Nodes=lyo[1-2]\n' >"$D/topology.conf"
change slurm.conf 's/^ResumeTimeout=300/&\nTopologyPlugin=topology\/tree/' \
	"no switch joins sites paris and lyon" "trees apart" 0
echo 'SwitchName=top Switches=p,l' >>"$D/topology.conf"
cp "$SLURM_CONF" "$D/saved"
echo TopologyPlugin=topology/tree >>"$SLURM_CONF"
run check
is "$RC ${OUT##*$'\n'}" "0 errors: 0, warnings: 0" "check: one tree over all sites is right"
cp "$D/saved" "$SLURM_CONF"
printf 'BlockName=p Nodes=par[1-2]\nBlockName=l Nodes=lyo[1-2]\n' >"$D/topology.conf"
change slurm.conf 's/^ResumeTimeout=300/&\nTopologyPlugin=topology\/block/' \
	"no block has nodes of two sites" "blocks apart" 0
rm "$D/topology.conf"
change slurm.conf 's/^ResumeTimeout=300/&\nTopologyPlugin=topology\/tree/' \
	"whether jobs can span sites is not known" "no topology.conf" 0
change plugstack.conf 's/^/#/' "no line with spank_optical.so" "plugstack" 0
can GET_v1_ping 200 '{"instance":"'$ID'","generation":7,"version":"1.2",
	"role":"cluster","user":"slurm","clusters":["alpha"],"simulated":false}'
run check
is $RC 0 "check: as the cluster's user"
change slurm.conf s/alpha/beta/ "needs Cluster=beta User=slurm" \
	"the user of another cluster"
state 400 200
run check
is $RC 1 "check: an oversold link (I1)"
like "$OUT" "par-lyo is oversold: leases of 400G on 200G" "and it says so"
can GET_v1_ping 200 '{"instance":"'$ID'","generation":7,"version":"1.2",
	"role":"operator","user":"root","clusters":[],"simulated":true}'
state 800 3200
run check
like "$OUT" "800G booked, but its leases come to 400G" \
	"check: bookings that no lease has (I1)"
can GET_v1_state 200 '{}'
run check
is $RC 1 "check: a state that can't be read"
rm "$D/sock"
run check
is $RC 1 "check: no agent"
like "$OUT" "error    agent: unix:$D/sock" "and it says where"
done_testing
