#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1322-node-added - a site gets a node: slurm.conf and optical.conf know it from
# the next start of slurmctld on, jobs with circuits use it, those that were there
# keep theirs; and it goes again
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s
watch_books

until_go=$(job_script <<'S'
until [ -e "go.$SLURM_JOB_ID" ] || [ -e go.all ]; do read -rt 0.2 <> <(:) || :; done
S
)
ends() { touch "$D/work/go.$1"; ok "$2 ends" wait_job "$1" COMPLETED || diag_job "$1"; }

first=$(submit alice -w par001,lyo001 -t 5 --optical-bw=200G "$until_go")
ok "a job runs" wait_job "$first" RUNNING || diag_job "$first"
ok "its circuit is up" wait_for 10 "lease_is $first ACTIVE"
id=$(lease_of "$first" id)

# ---- a third node at lyon
port=$("${CLUSTER_SH%/*}/lib/free-ports" 1)
cp -a "$D/etc" "$D/work/etc"
line=$(grep -m1 '^NodeName=lyo' "$D/etc/slurm.conf" | sed -E "s/(NodeName|NodeHostName)=lyo\S*/\1=lyo003/g; s/Port=\S*/Port=$port/")
sed -i "\|^NodeName=lyo|a $line" "$D/etc/slurm.conf"
sed -i 's/lyo\[001-002\]/lyo[001-003]/' "$D/etc/optical.conf" "$D/etc/gres.conf"
sed 's/lyo001/lyo003/g' "$D/run/slurmd.lyo001.cmd" >"$D/run/slurmd.lyo003.cmd"
ok "slurmctld starts with it" restart_one slurmctld
ok "its slurmd, too" restart_one slurmd lyo003
for n in par001 par002 lyo001 lyo002; do
	restart_one slurmd "$n" >/dev/null 2>&1 || diag "slurmd of $n"
done
ok "it is there" wait_for 60 "sinfo -hn lyo003 -o %t | grep -x idle"
is "$(lease_of "$first" id) $(lease_of "$first" state)" "$id ACTIVE" "the job that runs has its circuit"
job=$(submit alice -w par002,lyo003 -t 5 --optical-bw=200G "$until_go")
ok "a job with a circuit runs on it" wait_job "$job" RUNNING 40 || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE" || diag_job "$job"
agree "a node more"
ends "$job" "it"
agree "it ended"

# ---- and away
ok "it is drained" scontrol update NodeName=lyo003 State=DRAIN Reason=leaves
ok "its slurmd ends" kill_one slurmd lyo003
rm -f "$D/run/slurmd.lyo003.cmd"
cp "$D/work/etc/"{slurm,optical,gres}.conf "$D/etc/"
ok "slurmctld starts without it" restart_one slurmctld
ok "nobody knows it" wait_for 30 '! sinfo -hn lyo003 -o %N 2>/dev/null | grep lyo003'
is "$(lease_of "$first" id) $(lease_of "$first" state)" "$id ACTIVE" "the job that runs has its circuit"
agree "a node less"
ends "$first" "the first job"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
