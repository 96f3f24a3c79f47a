#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1410-shapes - --optical-shape: which pairs of sites get a circuit, in the order
# of ranks; --optical-anchor: a circuit to an endpoint, for a job at one site,
# too, that backfill promises and a restart finds again;
# --optical-delay-variation: a longer way that varies less; a class's
# Availability: one that fails less
# limit: 600
. "$(dirname "$0")/../lib/books.sh"
. "$(dirname "$0")/../lib/options.sh"

# paris is first in optical.conf; lyon's nodes are first in Slurm's order.
cluster_start --sites=paris:2,metz:2,lyon:2,nice:2 \
	--links=lyo-met:lyon:metz:400:2:400G:client,met-nic:metz:nice:400:2:400G:client,nic-par:nice:paris:400:2:400G:client,lyo-par:lyon:paris:460:2:400G:client \
	--opticald-extra='EndpointName=campus' \
	--opticald-extra='LinkName=cam-lyo A=campus Z=lyon Km=20 Wavelengths=1 Rate=400G Granularity=client Availability=99.95' \
	--opticald-extra='LinkName=lyo-nic A=lyon Z=nice Km=300 Wavelengths=2 Rate=400G Granularity=client DelayVariation=50us Availability=99.9' \
	--optical-extra='ClassName=near-users Rate=50G Anchor=campus' \
	--optical-extra='ClassName=steady Rate=100G Availability=99.99' \
	--setup-time=0.5s --release-time=0.5s
watch_books

until_go=$(job_script <<'X'
env | grep -E '^(OPTICAL|NCCL)_' | sort
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
# env_of JOB NAME: what its batch script found
env_of() { sed -n "s/^$2=//p" "$D/work/$1.out"; }
# pairs JOB: ends of its circuits, sorted, "a-b c-d"
pairs()
{
	agent GET "/v1/leases?job_id=$1" | perl -MJSON::PP -e '
		print join(" ", sort map { join "-", sort $_->{a}, $_->{z} }
			@{decode_json(join "", <STDIN>)->{leases}[0]{circuits}}), "\n"'
}
# runs NAME JOB: with its circuits up, and its script started
runs()
{
	ok "$1 runs" wait_job "$2" RUNNING 60 || diag_job "$2"
	ok "$1: its circuits are up" wait_for 30 "lease_is $2 ACTIVE" || diag_job "$2"
	ok "$1: it is launched" wait_for 30 "grep OPTICAL_JOB_ID $D/work/$2.out"
}
four=(-N4 --optical-span=4 -t 5)

# ---- shapes
a=$(submit alice "${four[@]}" --optical-bw=100G "$until_go")
runs "a mesh" "$a"
is "$(pairs "$a")" "lyon-metz lyon-nice lyon-paris metz-nice metz-paris nice-paris" "has a circuit for each pair"
is "$(env_of "$a" OPTICAL_SITES)" "lyon,metz,nice,paris" "its sites are in the order of ranks"
ends "the mesh" "$a"
b=$(submit alice "${four[@]}" --optical-bw=100G --optical-shape=ring "$until_go")
runs "a ring" "$b"
is "$(pairs "$b")" "lyon-metz lyon-paris metz-nice nice-paris" "has a circuit from each site to the next"
is "$(job_show "$b" Licenses)" optical:400 "and four times 100 Gb/s"
agree "ring"
ends "the ring" "$b"
ok "sacct has them" wait_sacct "$b" State COMPLETED
like ",$(sacct_field "$b" AllocTRES)," ',license/optical=400,' "the ring is accounted"
c=$(submit alice -N3 -t 5 --comment='optical(bw=100G;shape=star;span=3;sites=lyon,metz,paris)' "$until_go")
runs "a star, by comment" "$c"
is "$(pairs "$c")" "lyon-metz lyon-paris" "has the site in the middle that is nearest to all"
# lyon-metz is 1980 us, lyon-paris 2274 us; metz to paris goes over both
is "$(env_of "$c" OPTICAL_RTT_US)" $((2 * (1980 + 2274))) "the longest round trip goes over the middle"
ends "the star" "$c"
refused 'bad --optical-shape .line.: shapes are mesh, ring and star' -N4 --optical-bw=100G --optical-shape=line

# ---- anchors
d=$(submit alice -N1 -t 1 --optical-bw=300G --optical-anchor=campus "$until_go")
runs "a job at one site with an anchor" "$d"
is "$(pairs "$d")" "campus-lyon" "has a circuit to it, at the site next to it"
is "$(env_of "$d" OPTICAL_NSITES) $(env_of "$d" OPTICAL_CIRCUITS)" "1 campus-lyon:300G:118us" "and is told of it"
is "$(grep -c ^NCCL_ "$D/work/$d.out")" 0 "no hints: its ranks are at one site"
is "$(job_show "$d" Licenses)" optical:300 "it is metered"
agree "anchor"

T=$(date -d "$(job_show "$d" EndTime)" +%s)
e=$(submit bob -N1 -t 2 --optical-bw=200G --optical-anchor=campus "$until_go")
ok "a second one waits for the endpoint's link" \
	wait_for 30 "job_reason $e | grep -xF 'OpticalLink(cam-lyo,need=200G,free=100G)'" || diag_job "$e"
starts_at_T()
{
	local t

	t=$(job_show "$e" StartTime)
	echo "starts at $t, wanted $(date -d @"$T")"
	[[ $t == ????-* ]] && t=$(date -d "$t" +%s) && [ "$t" -ge $((T - 1)) ] && [ "$t" -le $((T + 6)) ]
}
ok "and is promised the end of the first" wait_for 30 starts_at_T || diag_job "$e"
ok "opticalctl why: the circuit that it takes" \
	wait_for 15 "as_user bob $OCS_INST/bin/opticalctl why $e | grep -E 'It takes campus-(lyon|metz|nice|paris):200G for 2min'"
why=$(as_user bob "$OCS_INST/bin/opticalctl" why "$e")
like "$why" 'Smallest change: ask for --optical-bw=100G' "and what would let it start now"
out=$(as_user bob sbatch --test-only -N1 -t 2 --optical-bw=100G --optical-anchor=campus "$until_go" 2>&1)
like "$out" 'to start at' "sbatch --test-only answers ($out)"

ok "slurmctld is killed" eval "wait_saved $d && kill_one slurmctld -KILL"
ok "and back" restart_one slurmctld
ok "it has found the circuit again" wait_for 30 "[ \$(event_count $d adopt) = 1 ]"
is "$(job_state "$d")" RUNNING "the job runs"
agree "anchor after a restart"
go "$d"
ok "the first one ends" wait_job "$d" COMPLETED || diag_job "$d"
runs "the second one" "$e"
go "$e"
ok "it ends" wait_job "$e" COMPLETED
ok "nothing is booked" wait_for 20 nothing_booked

f=$(submit alice -N2 -t 5 --optical-span=2 --optical-class=near-users --optical-sites=lyon,nice "$until_go")
runs "a class with an anchor, two sites" "$f"
is "$(pairs "$f")" "campus-lyon campus-nice lyon-nice" "has three circuits"
is "$(job_show "$f" Licenses)" optical:150 "that are metered"
ends "the class" "$f"
g=$(submit alice -N1 -t 5 --optical-bw=50G --optical-sites=nice --optical-anchor=metz "$until_go")
runs "a job whose anchor is a site where it has no nodes" "$g"
is "$(pairs "$g")" "metz-nice" "has a circuit there"
ends "it" "$g"
refused '--optical-anchor: no endpoint .rome. \(known: campus,' -N1 --optical-bw=100G --optical-anchor=rome
refused '--optical-bw=500G: the largest circuit from campus to any site is 400G' -N1 --optical-bw=500G --optical-anchor=campus

# ---- delay variation: lyo-nic is nearest, and varies by 50 us
h=$(submit alice -N2 -t 5 --optical-span=2 --optical-sites=lyon,nice --optical-bw=100G "$until_go")
runs "a job that minds no variation" "$h"
is "$(agent GET "/v1/leases?job_id=$h" | json .leases.0.circuits.0.route.0)" lyo-nic "takes the short way"
k=$(submit alice -N2 -t 5 --optical-span=2 --optical-sites=lyon,nice --optical-bw=100G --optical-delay-variation=20us "$until_go")
runs "one that minds" "$k"
is "$(agent GET "/v1/leases?job_id=$k" | json .leases.0.circuits.0.route)" 2 "takes the way over metz"
agree "delay variation"
go "$h"; go "$k"
ok "they end" eval "wait_job $h COMPLETED && wait_job $k COMPLETED"
ok "nothing is booked" wait_for 20 nothing_booked

# ---- availability: lyo-nic fails for 0.1 % of the time, cam-lyo for 0.05 %
refused '--optical-class: from campus to lyon the best route is available 99.95% of the time, but at least 99.99% is asked for' \
	-N1 --optical-class=steady --optical-anchor=campus --optical-sites=lyon
m=$(submit alice -N2 -t 5 --optical-span=2 --optical-sites=lyon,nice --optical-class=steady "$until_go")
runs "a class that asks for 99.99 per cent" "$m"
is "$(agent GET "/v1/leases?job_id=$m" | json .leases.0.circuits.0.route)" 2 "takes the way over metz"
is "$(agent GET "/v1/leases?job_id=$m" | json .leases.0.circuits.0.max_unavailable_ppb)" 100000 "and its lease has the bound"
ok "slurmctld is killed" eval "wait_saved $m && kill_one slurmctld -KILL"
ok "and back" restart_one slurmctld
ok "it has found the circuit again" wait_for 30 "[ \$(event_count $m adopt) = 1 ]"
agree "availability"
ends "it" "$m"

books_ok
cluster_stop_ok
done_testing
