#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1420-around - what is around jobs: maintenance windows that promises know,
# JobsWithoutRequest of a reservation, nodes that come to a site and go without a
# restart, topology/tree
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:2:400G:client \
	--setup-time=0.5s --release-time=0.5s \
	--slurm-conf-extra='KillWait=5' \
	--optical-extra='ReservationName=one JobsWithoutRequest=single_site'
watch_books
ctl=$OCS_INST/bin/opticalctl

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N2 --optical-span=2)
sites_of() { scontrol show hostnames "$(job_show "$1" NodeList)" | cut -c1-3 | sort -u | xargs; }
# starts_from JOB FROM TO: its expected start, Unix seconds
starts_from()
{
	local t

	t=$(job_show "$1" StartTime)
	echo "job $1 starts at $t, wanted $(date -d "@$2") ..."
	[[ $t == ????-* ]] && t=$(date -d "$t" +%s) && [ "$t" -ge "$2" ] && [ "$t" -le "$3" ]
}

# ---- a maintenance window: from 4 to 7 minutes from now
now=$(date +%s)
ok "a window" "$ctl" window add par-lyo "$(date -d "@$((now + 240))" +%FT%T)" "$(date -d "@$((now + 420))" +%FT%T)" splicing
ok "the state has it" wait_for 10 '[ "$(agent GET /v1/state | json .windows.0.link)" = par-lyo ]'
long=$(submit alice "${two[@]}" -t 10 --optical-bw=100G "$until_go")
ok "a job that would run into it is promised its end" \
	wait_for 30 "starts_from $long $((now + 419)) $((now + 430))" || diag_job "$long"
ok "it says what is in the way" \
	wait_for 20 "job_reason $long | grep -xF 'OpticalLinkDrained(par-lyo)'" || diag_job "$long"
not_ok "it was not held at the agent and refused" grep -q event=hold_refused "$D/log/slurmctld.log"
short=$(submit bob "${two[@]}" -t 1 --optical-bw=100G "$until_go")
ok "one that ends before runs" wait_job "$short" RUNNING 40 || diag_job "$short"
ok "opticalctl why: what would help" \
	wait_for 15 "as_user alice $ctl why $long | grep -E 'Smallest change: a time limit of [12] min, so that it ends before the maintenance'"
# (Slurm adds what the jobs before it take of all nodes.)
t=$(as_user alice sbatch --test-only "${two[@]}" -t 10 --optical-bw=100G "$until_go" 2>&1 |
	sed -n 's/.*to start at \([0-9T:-]*\).*/\1/p')
ok "sbatch --test-only: not before its end (${t:-never})" test "$(date -d "${t:-1970-01-01}" +%s)" -ge $((now + 419))
id=$(agent GET /v1/windows | json .windows.0.id)
ok "the window is taken back" "$ctl" window del "$id"
ok "the job starts" wait_job "$long" RUNNING 40 || diag_job "$long"
agree "windows"
go "$long"; go "$short"
ok "they end" eval "wait_job $long COMPLETED && wait_job $short COMPLETED"
ok "nothing is booked" wait_for 20 nothing_booked

# ---- jobs without the option, in a reservation
ok "a reservation with nodes of both sites" \
	scontrol create reservation ReservationName=one Users=ocsalice,ocsbob StartTime=now Duration=30 'Nodes=par[001-002],lyo001'
a=$(submit alice --reservation=one -N2 -t 1 --wrap true)
ok "a job of two nodes ends" wait_job "$a" COMPLETED 40 || diag_job "$a"
is "$(sites_of "$a")" par "it ran at the only site that has two"
b=$(submit alice --reservation=one -N3 -t 1 "$until_go")
out=$(submit alice --reservation=one -N5 -t 1 --wrap true 2>&1)
like "$out" 'job needs 5 nodes but the largest site has 4: add --optical-bw=RATE' "one that no site can take is refused"
c=$(submit alice --reservation=one -N3 -t 1 --optical-bw=none --wrap true)
ok "--optical-bw=none may span sites there" wait_job "$c" COMPLETED 40 || diag_job "$c"
is "$(sites_of "$c")" "lyo par" "and does"
is "$(job_state "$b")" PENDING "one of three nodes without it waits"
d=$(submit bob -N5 -t 1 --wrap true)
ok "outside the reservation jobs span sites as before" wait_job "$d" COMPLETED 40 || diag_job "$d"
ok "all go" eval 'scancel '"$b"' && wait_for 20 "[ -z \"\$(squeue -h)\" ]" && scontrol delete ReservationName=one'

# ---- nodes come and go
sed -i 's/Nodes=lyo\[001-004\]/Nodes=lyo[001-002]/' "$D/etc/optical.conf"
ok "two nodes leave lyon" eval 'grep "Nodes=lyo\[001-002\]" "$D/etc/optical.conf" && scontrol reconfigure'
ok "a job that needs them is refused" wait_for 20 "submit alice -N7 --optical-bw=100G --wrap true 2>&1 | grep 'needs more nodes than the 6 of'"
sed -i 's/Nodes=lyo\[001-002\]/Nodes=lyo[001-004]/' "$D/etc/optical.conf"
ok "they come back" scontrol reconfigure
ok "it is taken" wait_for 20 'submit alice -N8 -t 2 --optical-bw=100G "$until_go" >eight'
a=$(cat eight)
ok "and runs on all nodes" wait_job "$a" RUNNING 60 || diag_job "$a"
ok "its circuit is up" wait_for 30 "lease_is $a ACTIVE"
agree "nodes"
go "$a"
ok "it ends" wait_job "$a" COMPLETED

# ---- topology/tree: sites are switches
tree() # LINE...: with these lines besides
{
	{
		echo 'SwitchName=p Nodes=par[001-004]'
		echo 'SwitchName=l Nodes=lyo[001-004]'
		printf '%s\n' "$@"
	} >"$D/etc/topology.conf"
	chown --reference="$D/etc/slurm.conf" "$D/etc/topology.conf"
	restart_one slurmctld
}
sed -i '/^TopologyPlugin/d' "$D/etc/slurm.conf"
echo TopologyPlugin=topology/tree >>"$D/etc/slurm.conf"
ok "slurmctld with a switch that joins both sites" tree 'SwitchName=top Switches=p,l'
a=$(submit alice -N6 -t 2 --optical-bw=100G "$until_go")
ok "a job over both runs" wait_job "$a" RUNNING 60 || diag_job "$a"
ok "its circuit is up" wait_for 30 "lease_is $a ACTIVE" || diag_job "$a"
agree "topology/tree"
go "$a"
ok "it ends" wait_job "$a" COMPLETED
ok "nothing is booked" wait_for 20 nothing_booked
out=$("$ctl" check 2>&1)
unlike "$out" 'topology' "check has nothing to say"
ok "slurmctld without it" tree
out=$("$ctl" check 2>&1)
like "$out" 'topology' "check says what it forbids" || diag "$out"
b=$(submit alice -N2 -t 2 --optical-bw=100G --wrap true)
ok "jobs at one site run" wait_job "$b" COMPLETED 60 || diag_job "$b"

books_ok
cluster_stop_ok
done_testing
