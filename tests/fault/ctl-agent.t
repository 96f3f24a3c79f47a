#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticalctl and the real agent over its simulated network: a job's circuits
# from HELD to GONE, faults, the operator's release, who may and who may not.
# Needs no Slurm.
# shellcheck disable=SC2016,SC2034
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"

CTL=${OCS_BUILDDIR:?}/cli/opticalctl
AGENT=$OCS_BUILDDIR/agent/opticald
[ -x "$AGENT" ] || bail "$AGENT is not built"
D=$(mktemp -d) || bail "no temporary directory"
at_exit 'rm -rf "$D"'
chmod 755 "$D"
export SLURM_CONF=$D/slurm.conf OPTICALD_URL=unix:$D/sock
unset NO_COLOR

cat >"$D/opticald.conf" <<-END
	Listen=unix:$D/sock
	Ledger=$D/ledger.db
	Cluster=alpha User=$(id -un)
	Operator=$(id -un)
	Driver=sim SimRealism=off SimSetupTime=300ms SimReleaseTime=100ms
	SiteName=paris
	SiteName=lyon
	SiteName=nice
	LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=2 Rate=400G
	LinkName=lyo-nic A=lyon Z=nice Km=470 Wavelengths=2 Rate=400G Cost=2 Energy=250
END
ok "the configuration is good" "$AGENT" -f "$D/opticald.conf" --check
agent_starts()
{
	"$AGENT" -f "$D/opticald.conf" -D 2>>"$D/agent.log" &
	PID=$!
	wait_for 20 '"$CTL" ping' || {
		diag "$(<"$D/agent.log")"
		bail "opticald does not answer"
	}
}
at_exit 'kill $PID; wait $PID'
agent_starts

# run ARGUMENT...: sets OUT, ERR, RC
run()
{
	OUT=$("$CTL" "$@" 2>"$D/err")
	RC=$?
	ERR=$(<"$D/err")
}

# api METHOD PATH [BODY]: the agent's answer; fails unless it is 2xx
api()
{
	curl -sS --fail-with-body --max-time 20 --unix-socket "$D/sock" -X "$1" \
		${3+-H 'Content-Type: application/json' -d "$3"} \
		"http://localhost$2"
}

EPOCH=$(api POST /v1/clusters/alpha/epoch '{}' | grep -o '[0-9]*')

# lease ID JOB A Z
lease()
{
	echo '{"id":"'"$1"'","cluster":"alpha","job_id":'"$2"',"user_id":1000,
	"user":"anna","submit_s":1714557700,"restart_cnt":0,"end_s":0,
	"controller_epoch":'"$EPOCH"',"sites":[{"name":"'"$3"'","nodes":"a1"},
	{"name":"'"$4"'","nodes":"z1"}],"circuits":[{"a":"'"$3"'","z":"'"$4"'",
	"requested_bps":400000000000,"granted_bps":400000000000}]}'
}

is_state()
{
	[ "$("$CTL" -P -h leases --all | grep "^$1" | cut -d'|' -f5)" = "$2" ]
}

run links
is $RC 0 "links"
like "$OUT" "par-lyo paris lyon +800G +0G +800G 400G  2274us computed up" "an empty link"
run -P -h sites
like "$OUT" "lyon\|2\|1600G\|0G\|1600G\|0\|" "sites"
run leases -h
is "$RC$OUT" 0 "no leases"

ONE=1111000000000000000000000000000a
ok "hold" api POST /v1/leases "$(lease $ONE 42 paris nice)"
run -P -h leases
like "$OUT" "^$ONE\|alpha\|42\|anna\|HELD\|[0-9:]*\|400\|paris-nice:400G$" \
	"a lease is HELD"
run -P -h links
like "$OUT" "par-lyo\|paris\|lyon\|800G\|400G\|400G\|400G\|2274us\|computed\|up" \
	"and booked on both links (I1)"
ok "commit" api POST /v1/leases/$ONE/commit "$(lease $ONE 42 paris nice)"
ok "it becomes ACTIVE" wait_for 20 'is_state $ONE ACTIVE'
run -P -h job 42
is "$(cut -d'|' -f5 <<<"$OUT" | tr '\n' ' ')" \
	"HELD COMMITTED PROVISIONING PROVISIONED UP ACTIVE " \
	"job tells what happened, in order"
run lease 1111
like "$OUT" "paris-nice +400G +400G .*PROVISIONED +UP +par-lyo,lyo-nic" \
	"lease shows the route"
run --json lease 1111
like "$OUT" '"reservation":"COMMITTED"' "and as JSON"

run sim fault cut par-lyo
is $RC 0 "cut a link"
ok "the lease is IMPAIRED" wait_for 20 'is_state $ONE IMPAIRED'
run -P -h links
like "$OUT" "par-lyo\|.*\|down" "and the link down"
run sim fault recover '*'
ok "recovered" wait_for 20 'is_state $ONE ACTIVE'

run sim fault refuse par-lyo
TWO=2222000000000000000000000000000b
api POST /v1/leases "$(lease $TWO 43 paris lyon)" >/dev/null
ok "commit a second" api POST /v1/leases/$TWO/commit "$(lease $TWO 43 paris lyon)"
ok "its circuits are refused" \
	wait_for 20 '"$CTL" lease 2222 | grep -q "Blame=refused"'
run -P -h links
like "$OUT" "par-lyo\|.*\|800G\|400G\|" "and nothing of it stays booked (I6)"

run sim faults
is $RC 0 "sim faults"
run check
like "$OUT" "ok +agent: links: 2, none oversold, bookings and leases agree" \
	"check: bookings and leases agree (I1)"
run release 1111
is $RC 0 "an operator releases"
ok "it is GONE" wait_for 20 'is_state $ONE GONE'
run -P -h leases
unlike "$OUT" "$ONE" "leases has it no more"
unlike "$(api GET /v1/leases)" "$ONE" "nor has the agent's list"
run -P -h leases --all
like "$OUT" "$ONE\|.*\|GONE\|" "leases --all has"
run -P -h links
like "$OUT" "par-lyo\|.*\|800G\|0G\|800G" "nothing is booked"
run release 1111
is $RC 0 "releasing again does no harm"
run release 3333000000000000000000000000000c
is $RC 1 "an unknown lease"
run confirm alpha
is $RC 0 "confirm"
run confirm beta
is $RC 1 "confirm an unknown cluster"

# ---- report: 400G over lyo-nic are 400e9 * 250e-12 = 100 W and 2 * 400 an hour
FOUR=4444000000000000000000000000000d
api POST /v1/leases/$FOUR/commit "$(lease $FOUR 44 lyon nice)" >/dev/null
ok "one more is lit" wait_for 20 'is_state $FOUR ACTIVE'
run release 4444
ok "and gone" wait_for 20 'is_state $FOUR GONE'
run -P -h report
is $RC 0 "report"
like "$OUT" "alpha\|42\|anna\|[-0-9T:]+\|[0-9]+\|400\|paris-nice\|-\|[0-9.]+" \
	"report: no energy where a link's is not known"
unlike "$OUT" "alpha\|43\|" "nor what never had light"
run --json report --job=44
is "$(perl -MJSON::PP -e '
	my ($report, $lease) = map { decode_json($_) } @ARGV;
	my $j = $report->{jobs}[0];
	my $s = ($lease->{gone_ms} - $lease->{active_ms}) / 1000;
	my $job_s = ($lease->{ended_ms} - $lease->{held_ms}) / 1000;
	print scalar @{$report->{jobs}}, " ",
		abs($j->{energy_wh} - 100 * $s / 3600) < 1e-5 ? "ok" : $j->{energy_wh}, " ",
		abs($j->{cost} - 800 * $s / 3600) < 1e-5 ? "ok" : $j->{cost}, " ",
		abs($j->{seconds} - $job_s) < 0.01 ? "ok" : $j->{seconds}, " ", $j->{gbps}' \
	"$OUT" "$(api GET /v1/leases/$FOUR)")" "1 ok ok ok 400" "report: energy, cost, seconds, rate"
like "$OUT" '"estimated":false,"circuits":\[\{"a":"lyon","z":"nice","energy_wh":[0-9.]+,"cost":[0-9.]+\}\]' \
	"report: of each circuit, from the ledger"
sql() { sqlite3 "$D/ledger.db" ".timeout 5000" "$1"; }
like "$(sql "SELECT energy_wh > 0, cost > 0, billed_ms > 0 FROM circuits WHERE lease = '$FOUR'")" \
	'^1.1.1$' "the ledger's view circuits has it"

# The links' attributes change: what was taken stays what it was.
FIVE=5555000000000000000000000000000e SIX=6666000000000000000000000000000f
api POST /v1/leases/$FIVE/commit "$(lease $FIVE 45 lyon nice)" >/dev/null
api POST /v1/leases/$SIX/commit "$(lease $SIX 46 lyon nice)" >/dev/null
ok "two more are lit" wait_for 20 'is_state $FIVE ACTIVE && is_state $SIX ACTIVE'
run --json report --job=44
WAS=$OUT
# new_prices ENERGY COST [SQL]: the agent starts anew with them
new_prices()
{
	kill $PID
	wait $PID
	sed -i "s/Cost=[0-9]* Energy=[0-9]*/Cost=$2 Energy=$1/" "$D/opticald.conf"
	[ -z "${3-}" ] || sql "$3"
	agent_starts
}
# a ledger from before there were bills: of one that is gone, one that is lit
new_prices 2500 20 "UPDATE leases SET body = json_remove(body, '\$.billed_ms',
	'\$.circuits[0].energy_mj', '\$.circuits[0].power_mw',
	'\$.circuits[0].cost_micro', '\$.circuits[0].cost_micro_per_h')
	WHERE job_id IN (46, 42)"
run --json report --job=44
is "$OUT" "$WAS" "the report of what is gone says the same as before"
ok "what is lit is" wait_for 20 'is_state $FIVE ACTIVE && is_state $SIX ACTIVE'
run -P -h report --job=42
like "$OUT" 'paris-nice\|-\|~' "what the ledger has not is an estimate"
run -P -h report --job=46
like "$OUT" 'lyon-nice\|~[0-9.]+\|~' "also of what is lit"
run release 5555
run release 6666
ok "both are gone" wait_for 20 'is_state $FIVE GONE && is_state $SIX GONE'
# watt JOB: what it took, over the time that its light was there
watt()
{
	run --json report --job=$1
	perl -MJSON::PP -e '
		my ($report, $lease) = map { decode_json($_) } @ARGV;
		my $j = $report->{jobs}[0];
		printf "%.0f %s", $j->{energy_wh} * 3.6e6 /
			($lease->{gone_ms} - $lease->{active_ms}),
			$j->{estimated} ? "estimated" : "kept"' \
		"$OUT" "$(api GET /v1/leases/$2)"
}
like "$(watt 45 $FIVE)" '^(9[89]|10[0-5]) kept$' "it was lit at the old price"
like "$(watt 46 $SIX)" '^(9[89]|100)[0-9] kept$' "of the other only the new one is known"
new_prices 250 2
run --json report --job=44
is "$OUT" "$WAS" "and once more"
run report --job=x
is $RC 2 "report of no job"

if [ "$(id -u)" -eq 0 ]; then
	as() { setpriv --reuid 65534 --clear-groups "$CTL" "$@" 2>&1; }
	OUT=$(as ping)
	like "$OUT" "Role=user" "nobody is an ordinary user"
	OUT=$(as -P -h links)
	like "$OUT" "^[a-z]+-[a-z]+\|" "who sees pairs of sites"
	unlike "$OUT" "par-lyo" "and no links"
	OUT=$(as -h leases --all)
	is "$OUT" "" "and no leases of others"
	as release 1111 >/dev/null
	RC=$?
	like $RC '^[14]$' "and may not release"
	as confirm alpha >/dev/null
	is $? 4 "nor confirm"
	as sim fault cut par-lyo >/dev/null
	is $? 4 "nor cut"
else
	skip "not root: can't become another user" 7
fi
done_testing
