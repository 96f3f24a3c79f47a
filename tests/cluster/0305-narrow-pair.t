#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0305-narrow-pair - figure 1 of the UONACO draft: alba and bern have many idle
# GPUs and 100G between them, both have 400G to a busy cork. A 400G job of two
# sites is never put on alba and bern while it can't have 400G there.
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=alba:4,bern:4,cork:2 \
	--links=ab:alba:bern:460:1:100G:client,ac:alba:cork:460:1:400G:client,bc:bern:cork:460:1:400G:client \
	--setup-time=1s --release-time=1s

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
go() { touch "$D/work/go.$1"; }
route() { agent GET "/v1/leases?job_id=$1" | json ".leases.0.circuits.0.route$2"; }
hops() { echo "$(route "$1" "") $(route "$1" .0)"; }	# how many, and the first
sites_of() { job_show "$1" NodeList | grep -oE 'alb|ber|cor' | sort -u | tr '\n' ' '; }

# ---- cork is busy, with one node of alba and 300G of the way there
busy=$(submit alice --exclusive -N3 -w 'cor[001-002],alb004' --optical-bw=300G "$until_go")
ok "cork is busy" wait_job "$busy" RUNNING
is "$(sites_of "$busy")" "alb cor " "with a node of alba"

# ---- 400G between alba and bern can't be: 100G, or over cork, where 100G are left
wide=$(submit bob -N6 --optical-bw=400G "$until_go")
ok "a 400G job of two sites names the link that is short" \
	wait_for 30 "job_reason $wide | grep -xF 'OpticalLink(ac,need=400G,free=100G)'"
is "$(job_state "$wide")" PENDING "it pends, with seven idle nodes at alba and bern"
is "$(sinfo -h -t idle -o %D | awk '{ n += $1 } END { print n + 0 }')" 7 "seven nodes are idle"
is "$(leases | wc -l)" 1 "it took nothing"

# ---- what needs no more than 100G is put there
narrow=$(submit alice -N6 -t 1 --optical-bw=100G "$until_go")
ok "a 100G job runs at alba and bern" wait_job "$narrow" RUNNING 60
is "$(sites_of "$narrow")" "alb ber " "at alba and bern"
is "$(hops "$narrow")" "1 ab" "over the link between them"
is "$(job_state "$wide")" PENDING "the 400G job still pends"
go "$narrow"
ok "the 100G job completes" wait_job "$narrow" COMPLETED
ok "the 400G job still waits for the link" \
	wait_for 30 "job_reason $wide | grep -xF 'OpticalLink(ac,need=400G,free=100G)'"
is "$(job_state "$wide")" PENDING "with all nodes of alba and bern but one idle again"

# ---- cork has room
go "$busy"
ok "cork is no longer busy" wait_job "$busy" COMPLETED
ok "the 400G job starts by itself" wait_job "$wide" RUNNING 60
like "$(sites_of "$wide")" '^(alb|ber) cor $' "with cork, the nearest that has 400G"
like "$(hops "$wide")" '^1 (ac|bc)$' "over one link of 400G"
go "$wide"
ok "and completes" wait_job "$wide" COMPLETED

cluster_stop_ok
done_testing
