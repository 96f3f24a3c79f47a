#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1430-protect - --optical-protect: two disjoint routes are held, promised,
# metered and lit; a cut leaves the job alone; what has no second route is refused
# or waits
# limit: 600
. "$(dirname "$0")/../lib/books.sh"
. "$(dirname "$0")/../lib/options.sh"

# Two ways from paris to lyon: a short one, and one over nice. metz hangs on lyon.
cluster_start --sites=paris:3,lyon:3,nice:1,metz:1 \
	--links=par-lyo:paris:lyon:460:1:400G:client,par-nic:paris:nice:500:1:400G:client,nic-lyo:nice:lyon:300:1:400G:client,lyo-met:lyon:metz:300:1:400G:client \
	--opticald-extra='Restore=none' \
	--optical-extra='ClassName=safe Rate=50G Protect=1+1' \
	--setup-time=0.5s --release-time=0.5s
watch_books

until_go=$(job_script <<'X'
env | grep -E '^OPTICAL_' | sort
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N2 --optical-span=2 --optical-sites=paris,lyon)
fault() { agent POST /v1/sim/faults '{"link":"'"$1"'","fault":"'"$2"'","count":1}'; }
circuit() { agent GET "/v1/leases?job_id=$1" | json ".leases.0.circuits.0.$2"; }
runs()
{
	ok "$1 runs" wait_job "$2" RUNNING 60 || diag_job "$2"
	ok "$1: its circuit is up" wait_for 30 "lease_is $2 ACTIVE" || diag_job "$2"
}

# ---- what can't be
refused 'bad --optical-protect .2\+1.: it is none, restorable, diverse or 1\+1 \(example: diverse' "${two[@]}" --optical-bw=100G --optical-protect=2+1
ok "slurmctld knows the network" wait_for 10 \
	"submit alice -N2 --optical-span=2 --optical-sites=lyon,metz --optical-bw=100G --optical-protect=diverse --wrap true 2>&1 | grep 'optical-protect: between lyon and metz there are never two disjoint routes'"
refused 'there are never two disjoint routes' -N2 "--comment=optical(bw=100G;protect=1+1;sites=lyon,metz;span=2)"

# ---- 1+1: both legs are lit, and metered
a=$(submit alice "${two[@]}" -t 1 --optical-bw=300G --optical-protect=1+1 --optical-on-failure=requeue "$until_go")
runs "1+1" "$a"
is "$(circuit "$a" protect) $(circuit "$a" members)" "1+1 2" "it has two members"
is "$(booked par-lyo) $(booked par-nic) $(booked nic-lyo)" "300000000000 300000000000 300000000000" "on two routes"
is "$(job_show "$a" Licenses)" optical:600 "both are metered"
ok "its script has started" wait_for 20 "grep OPTICAL_RTT_US $D/work/$a.out"
# 500 and 300 km: 2470 and 1490 us
is "$(sed -n 's/^OPTICAL_RTT_US=//p' "$D/work/$a.out")" $((2 * (2470 + 1490))) "hints count with the longer one"
agree "1+1"
T=$(date -d "$(job_show "$a" EndTime)" +%s)

b=$(submit bob "${two[@]}" -t 2 --optical-bw=350G --optical-protect=1+1 "$until_go")
c=$(submit bob "${two[@]}" -t 2 --optical-bw=100G "$until_go")
starts_at_T()
{
	local t

	t=$(job_show "$b" StartTime)
	echo "starts at $t, wanted $(date -d "@$T")"
	[[ $t == ????-* ]] && t=$(date -d "$t" +%s) && [ "$t" -ge $((T - 1)) ] && [ "$t" -le $((T + 6)) ]
}
ok "another one is promised its end" wait_for 30 starts_at_T || diag_job "$b"
ok "opticalctl why knows that it is to be protected" \
	wait_for 15 "as_user bob $OCS_INST/bin/opticalctl why $b | grep -E 'It takes (paris-lyon|lyon-paris):350G with protect=1\+1'"
is "$(job_state "$c")" PENDING "one that would take what was promised waits"
scancel "$c"

# ---- a cut
ok "the short way is cut" fault par-lyo cut
ok "the circuit is impaired" wait_for 30 "lease_is $a IMPAIRED" || diag "$(leases)"
ok "it carries still" eval '[ "$(circuit "$a" data_plane)" = IMPAIRED ]'
is "$(job_state "$a")" RUNNING "the job runs on, though it asked to be requeued when its circuit breaks"
ok "the way is mended" fault par-lyo recover
ok "the circuit is whole" wait_for 60 "lease_is $a ACTIVE" || diag "$(leases)"
is "$(job_show "$a" Restarts) $(event_count "$a" broken)" "0 0" "nobody has touched the job"
go "$a"
ok "1+1 ends" wait_job "$a" COMPLETED
ok "sacct has it" wait_sacct "$a" State COMPLETED
like ",$(sacct_field "$a" AllocTRES)," ',license/optical=600,' "with both legs"
runs "the one that waited" "$b"
go "$b"
ok "it ends" wait_job "$b" COMPLETED
ok "nothing is booked" wait_for 20 nothing_booked

# ---- diverse: half of it on each
d=$(submit alice "${two[@]}" -t 5 --optical-bw=200G --optical-protect=diverse "$until_go")
runs "diverse" "$d"
is "$(booked par-lyo) $(booked par-nic)" "100000000000 100000000000" "half is on each route"
is "$(job_show "$d" Licenses)" optical:200 "and metered once"
agree "diverse"
ends "diverse" "$d"

# ---- restorable: there must be room on a second route
e=$(submit alice -N2 --optical-span=2 --optical-sites=paris,nice -t 5 --optical-bw=350G "$until_go")
runs "a job that fills the way over nice" "$e"
f=$(submit bob "${two[@]}" -t 5 --optical-bw=100G --optical-protect=restorable "$until_go")
ok "restorable: it waits" wait_for 30 "job_reason $f | grep -E '^Optical(Diverse\(|Link\()'" || diag_job "$f"
go "$e"
ok "the way is free" wait_job "$e" COMPLETED
runs "restorable" "$f"
is "$(booked par-lyo) $(booked par-nic)" "100000000000 0" "one route is booked"
ends "restorable" "$f"

# ---- a class
g=$(submit alice "${two[@]}" -t 5 --optical-class=safe "$until_go")
runs "a class that protects" "$g"
is "$(job_show "$g" Licenses)" optical:100 "has two legs of 50G"
ends "the class" "$g"

books_ok
cluster_stop_ok
done_testing
