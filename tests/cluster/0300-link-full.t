#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0300-link-full - a job for whose circuit there is no room pends and says so,
# others overtake it, and it starts by itself when there is room (I1)
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=1s --release-time=1s

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
go() { touch "$D/work/go.$1"; }
booked() { agent GET /v1/state | json .links.0.booked_bps; }
nothing_booked() { booked; [ "$(booked)" = 0 ]; }

first=$(submit alice -N6 --optical-bw=300G "$until_go")
ok "the first job runs" wait_job "$first" RUNNING
is "$(booked)" 300000000000 "300 of 400 Gb/s are booked"

second=$(submit bob -N6 --optical-bw=400G "$until_go")
ok "within 10 s the second one names the link" \
	wait_for 10 "job_reason $second | grep -xF 'OpticalLink(par-lyo,need=400G,free=100G)'"
is "$(job_state "$second")" PENDING "it pends"
is "$(job_show "$second" Reason)" 'OpticalLink(par-lyo,need=400G,free=100G)' "scontrol has the same reason"
is "$(leases | wc -l)" 1 "it took nothing"

# ---- those that need no circuit overtake it
plain=$(submit alice -N1 -t 1 --wrap true)
wide=$(submit alice -N6 -t 1 --wrap true)
one_site=$(submit alice -N3 -t 1 --optical-bw=400G --wrap true)
ok "a job without the option overtakes it" wait_job "$plain" COMPLETED
ok "one over both sites, too" wait_job "$wide" COMPLETED
ok "one that asks for circuits but fits into a site, too" wait_job "$one_site" COMPLETED
is "$(job_state "$second")" PENDING "the second one still pends"
# Slurm writes its own word at each look at the job, we ours within a second
ok "for the same reason" \
	wait_for 10 "job_reason $second | grep -xF 'OpticalLink(par-lyo,need=400G,free=100G)'"
ok "sbatch --test-only tells a start time" \
	as_user bob sbatch --test-only -N6 --optical-bw=400G "$until_go"

# ---- it starts by itself
go "$first"
ok "the first one completes" wait_job "$first" COMPLETED
ok "the second one starts by itself" wait_job "$second" RUNNING 40
ok "its circuit comes up" wait_for 20 "[ \"\$(lease_of $second state)\" = ACTIVE ]"
gone=$(lease_of "$first" gone_ms) held=$(lease_of "$second" held_ms)
ok "held only after the first one's circuit was gone (${gone:-?} <= ${held:-?})" \
	test "${gone:-9}" -le "${held:-0}"
is "$(booked)" 400000000000 "400 Gb/s are booked"

# ---- with less rather than waiting
go "$second"
ok "the second one completes" wait_job "$second" COMPLETED
ok "nothing is booked" wait_for 10 nothing_booked
first=$(submit alice -N6 --optical-bw=300G "$until_go")
ok "300G are taken again" wait_job "$first" RUNNING
less=$(submit bob -N6 --optical-bw=400G,min=100G "$until_go")
ok "--optical-bw=400G,min=100G starts beside it" wait_job "$less" RUNNING
is "$(agent GET "/v1/leases?job_id=$less" | json .leases.0.circuits.0.granted_bps)" \
	100000000000 "with 100 Gb/s"
is "$(booked)" 400000000000 "the link is full and not more"
more=$(submit bob -N6 --optical-bw=200G,min=50G "$until_go")
ok "the next one waits for its minimum" \
	wait_for 10 "job_reason $more | grep -xF 'OpticalLink(par-lyo,need=50G,free=0G)'"

# ---- and back to nothing
ok "the waiting one is cancelled" as_user bob scancel "$more"
go "$first"; go "$less"
ok "all end" eval "wait_job $first COMPLETED && wait_job $less COMPLETED"
ok "nothing is booked" wait_for 10 nothing_booked
ok "sacct has the granted rate" wait_sacct "$less" State COMPLETED
like ",$(sacct_field "$less" AllocTRES)," ',license/optical=100,' "sacct: license/optical=100"

cluster_stop_ok
done_testing
