#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0210-drivers - the two-site job with each driver: static, which needs no
# controller at all; exec, a program that drives an optical switch; sim, in
# full; and who is told that light is simulated
. "$(dirname "$0")/../lib/books.sh"

EXAMPLES=$SRCDIR/contrib/examples
M=$(mktemp -d /tmp/ocs-mems.XXXXXX) || bail "mktemp"
chmod 755 "$M"
SWITCH_PID=
switch_end()
{
	[ -z "$SWITCH_PID" ] || { kill "$SWITCH_PID"; wait "$SWITCH_PID" 2>/dev/null; }
	SWITCH_PID=
}
at_exit 'switch_end; rm -rf "$M"'

# two_sites NAME SIMULATED: the job, from its submission to what is left of it
two_sites()
{
	local name=$1 sim=$2 job id out lease

	job=$(submit alice -N6 --gpus-per-node=8 --optical-bw=400G \
		--wrap 'env | grep ^OPTICAL_ | sort; until [ -e go ]; do sleep 0.1; done')
	ok "$name: -N6 --optical-bw=400G runs" wait_job "$job" RUNNING 60 || diag_job "$job"
	ok "$name: its task starts" wait_for 30 "grep -q OPTICAL_NSITES $D/work/$job.out"
	id=$(lease_of "$job" id)
	lease=$(agent GET "/v1/leases/$id")
	is "$(json .state <<<"$lease") $(json .circuits.0.granted_bps <<<"$lease")" \
		"ACTIVE 400000000000" "$name: one circuit of 400 Gb/s is up"
	is "$(booked par-lyo)" 400000000000 "$name: and booked"
	out=$(<"$D/work/$job.out")
	like "$out" "OPTICAL_LEASE_ID=$id" "$name: the job knows its lease"
	like "$out" 'OPTICAL_RATE_BPS=400000000000' "$name: and its rate"
	is "$(grep -c '^OPTICAL_SIMULATED=1' <<<"$out")" "$sim" \
		"$name: OPTICAL_SIMULATED is there $sim times"
	is "$(token_of "$job" | grep -c 'simulated=1')" "$sim" \
		"$name: so is it in AdminComment"
	is "$(agent GET /v1/state | json .simulated)" \
		"$([ "$sim" = 1 ] && echo true || echo false)" "$name: and in the state"
	is "$(curl -sS "http://127.0.0.1:$PORT/ui" | grep -c 'SIMULATED')" "$sim" \
		"$name: and on the page"
	like "$(curl -sS "http://127.0.0.1:$PORT/metrics")" "opticald_simulated $sim" \
		"$name: and in the metrics"
	is "$(opticalctl links | grep -c '^SIMULATED')" "$sim" "$name: and opticalctl says so"
	ok "$name: opticalctl check finds all well" opticalctl check || diag "$(opticalctl check 2>&1)"
	touch "$D/work/go"
	ok "$name: it completes" wait_job "$job" COMPLETED 60
	ok "$name: nothing is left booked" wait_for 60 "nothing_booked"
	ok "$name: sacct has it" wait_sacct "$job" State COMPLETED
	like "$(sacct_field "$job" AllocTRES)" 'license/optical=400' "$name: and its bandwidth"
}

# begin LINE: a cluster with the driver that LINE says
begin()
{
	PORT=$("$SRCDIR/contrib/lib/free-ports" 1)
	cluster_start --sites=paris:4,lyon:4 --driver="$1" \
		--opticald-extra="HttpListen=127.0.0.1:$PORT"
}

# ---- static: no controller, no program, no network of its own
begin 'Driver=static'
two_sites static 0
is "$(pgrep -P "$(pid_of opticald)" | wc -l)" 0 "static: opticald has started nothing"
is "$(find "$D/opticald" -name '*.sim')" "" "static: and keeps no network"
cluster_stop_ok

# ---- exec: the example, and a switch
"$SRCDIR/tests/fake/mems-switch" "$M/switch" 16 </dev/null >/dev/null 2>&1 &
SWITCH_PID=$!
ok "the switch runs" wait_for 20 '[ -s "$M/switch.port" ]'
mkdir "$M/own" && chown slurm "$M/own"
cat >"$M/conf.json" <<X
{ "address": "127.0.0.1", "port": $(<"$M/switch.port"), "state": "$M/own/state.json",
  "links": { "par-lyo": { "rate_bps": 400000000000,
    "pairs": [[1, 17], [2, 18], [3, 19], [4, 20], [5, 21], [6, 22], [7, 23], [8, 24]] } } }
X
cp "$EXAMPLES/opticald-mems" "$M/opticald-mems"
chmod 755 "$M/opticald-mems"
begin "Driver=exec Program=\"$M/opticald-mems $M/conf.json\""
ok "the program runs" wait_for 20 "log_has opticald 'event=driver-exec .*ready=1'"
two_sites exec 0
ok "exec: no cross-connection is left" [ ! -s "$M/switch" ]
cluster_stop_ok
ok "exec: nor the program" wait_for 10 '! pgrep -f "$M/conf.json"'

# ---- sim, in full, 100 times as fast
begin 'Driver=sim SimSpeed=100 SimSeed=3'
two_sites sim 1
cluster_stop_ok
done_testing
