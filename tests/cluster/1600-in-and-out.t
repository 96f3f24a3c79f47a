#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900
#
# 1600-in-and-out - the plugins come and go under a queue of 20 running and 20
# waiting jobs, half of them optical, and no job is lost: installed without being
# configured, switched on, switched off, removed. What INSTALL says, as it says it;
# and what packages ask before they go (contrib/packaging/removal-guard).
. "$(dirname "$0")/../lib/cluster.sh"
GUARD=$SRCDIR/contrib/packaging/removal-guard

# An installation whose plugins are put in place later, by this test.
PLUGINS=$OCS_INST/lib/slurm-optical/slurm
LATER=$(mktemp -d /tmp/ocs-inst.XXXXXX) || bail "no room in /tmp"
at_exit 'rm -rf "$LATER"'
chmod 0755 "$LATER"
cp -r "$OCS_INST"/. "$LATER/"
rm -f "$LATER"/lib/slurm-optical/slurm/*
OCS_INST=$LATER
cluster_start --sites=paris:3,lyon:3 --select=cons_tres --no-spank --gpus=0 \
	--links=par-lyo:paris:lyon:460:1:400G:client --setup-time=1s --release-time=1s
sed -i '/^Licenses=/d; s/,license\/optical//' "$D/etc/slurm.conf"

until_go=$(job_script <<'X'
until [ -e "go.$1" ]; do sleep 0.5; done
X
)
nodes() { sinfo -h -N -o %N | sort -u; }
# every daemon anew, as INSTALL says: slurmctld, then the slurmds
restart_all()
{
	local n

	restart_one slurmctld || return 1
	for n in $NODES; do
		restart_one slurmd "$n" || return 1
	done
	wait_for 30 "sinfo -h -o %T | sort -u; ! sinfo -h -t down,unk -o %N | grep ."
}
ids() { printf '%s\n' "$@" | paste -sd,; }
# in_state STATE JOB...: how many of them are
in_state() { squeue -h -t "$1" -j "$(ids "${@:2}")" -o %i | wc -l; }
all_in() { in_state "$1" "${@:2}"; [ "$(in_state "$1" "${@:2}")" = $(($# - 1)) ]; }
guard() { "$GUARD" 2>&1; }
# from 25.05 on no plugin's id is saved
saved_name_it()
{
	if slurm_since 25.05; then
		unlike "$(guard)" job_state "(not on this Slurm:) $1"
	else
		like "$(guard)" 'job_state: saved jobs name' "$1"
	fi
}
NODES=$(nodes)
ok "a cluster without any of the plugins" restart_all

# ---- 10 jobs run and 10 wait
for i in {1..10}; do
	plain_run+=("$(submit alice -J "run$i" -n1 -t 90 "$until_go" plain)")
done
ok "10 jobs run" wait_for 40 "all_in R ${plain_run[*]}"
for i in {1..10}; do
	plain_wait+=("$(submit bob -J "wait$i" -N6 --exclusive -t 2 --wrap true)")
done
ok "10 wait" wait_for 20 "all_in PD ${plain_wait[*]}"

# ---- installed, not configured: clients as ordinary users print the same bytes
clients()
{
	local c

	for c in "sinfo" "sinfo -N -l" "squeue -o '%i %j %u %t %D %C %N'" "squeue -t PD -l" \
			"scontrol show node" "scontrol show partition" "scontrol show config" \
			"scontrol show job ${plain_wait[0]}" "scontrol show job ${plain_run[0]}" \
			"sacct -X -j ${plain_wait[0]},${plain_run[0]} -o JobID,JobName,State,NNodes,ReqTRES" \
			"sacctmgr -n show tres" "sbatch --help" "srun --usage" \
			'scancel $(sbatch --parsable -H --wrap true)'; do
		echo "== $c"
		as_user alice bash -c "$c" 2>&1
	done | sed -E -e 's/^(Configuration data as of) .*/\1/' -e '/^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) /d' \
		-e 's/(RunTime|CPULoad|FreeMem|LastBusyTime|LastSchedEval|AccrueTime|StartTime|EndTime|ResumeAfterTime|SlurmdStartTime|BootTime|SubmitTime|EligibleTime|Deadline)=[^ ]*/\1/g' \
		-e 's/^(NEXT_JOB_ID|BOOT_TIME) .*/\1/'
}
# (whether backfill has just planned nodes or not shows in sinfo, so look again)
same() { diff <(echo "$before") <(clients); }
# what a restart itself changes in what scontrol shows is not ours
ok "slurmctld is restarted" restart_one slurmctld
ok "the schedulers have seen all jobs" wait_for 60 \
	'sinfo -h -N -o %T | grep planned && [ $(squeue -h -t PD -o %r | grep -cx Priority) = 9 ]'
before=$(clients)
ok "what clients print stands still" wait_for 60 same
mkdir -p "$LATER/lib/slurm-optical/slurm"
cp "$PLUGINS"/*.so "$LATER/lib/slurm-optical/slurm/"
ok "installed without being configured: clients print the same bytes" wait_for 60 same
like "$before" 'PENDING.*' "of jobs that wait, too"
ok "all daemons are restarted with the files there" restart_all
ok "and print the same bytes then" wait_for 60 same
is "$(guard)" "" "the packages could go again"

# ---- switched on
cat >>"$D/etc/slurm.conf" <<-X
	JobSubmitPlugins=optical
	Licenses=optical:1000000
X
sed -i 's/^SelectType=.*/SelectType=select\/cons_tres_optical/
	s/^AccountingStorageTRES=.*/&,license\/optical/' "$D/etc/slurm.conf"
echo "required $LATER/lib/slurm-optical/slurm/spank_optical.so" >"$D/etc/plugstack.conf"
like "$(guard)" 'slurm.conf: SelectType=select/cons_tres_optical' "now the packages stay: slurm.conf names them"
ok "switched on" restart_all
ok "the 10 still run" all_in R "${plain_run[@]}"
ok "the 10 still wait" all_in PD "${plain_wait[@]}"
for i in {1..10}; do
	opt_run+=("$(submit alice -J "orun$i" -t 60 -N2 -n2 --optical-bw=10G --optical-span=2 "$until_go" optical)")
done
ok "10 optical jobs run" wait_for 60 "all_in R ${opt_run[*]}"
for i in {1..10}; do
	opt_wait+=("$(submit bob -J "owait$i" -t 1 -N2 -n2 --optical-bw=390G --optical-span=2 --wrap true)")
done
ok "10 optical jobs wait for the link" \
	wait_for 40 '[ $(squeue -h -t PD -o %r | grep -c "^OpticalLink(") = 10 ]'
ok "20 run" all_in R "${plain_run[@]}" "${opt_run[@]}"
ok "20 wait" all_in PD "${plain_wait[@]}" "${opt_wait[@]}"
is "$(leases | grep -c ^ACTIVE)" 10 "10 leases are lit"

# ---- switched off: first those that wait are held
echo "OpticalJobs=hold" >>"$D/etc/optical.conf"
ok "OpticalJobs=hold" scontrol reconfigure
off() { squeue -h -t PD -j "$(ids "${opt_wait[@]}")" -o %r | grep -cx OpticalSwitchedOff; }
ok "the 10 that wait are held and say why" wait_for 30 '[ "$(off)" = 10 ]'
held() { for j; do [ "$(job_show "$j" Priority)" = 0 ] || { echo "$j is not held"; return 1; }; done; }
ok "held indeed" held "${opt_wait[@]}"
like "$(job_show "${opt_wait[0]}" AdminComment)" 'state=SWITCHED_OFF.*' "AdminComment tells it, too"
like "$(as_user bob sbatch -N2 --optical-bw=10G --wrap true 2>&1)" 'circuits are switched off on this cluster' \
	"new ones are refused"
ok "the owner releases one" as_user bob scontrol release "${opt_wait[3]}"
ok "it is held again" wait_for 30 'held "${opt_wait[3]}" && [ "$(off)" = 10 ]'
ok "the 20 still run" all_in R "${plain_run[@]}" "${opt_run[@]}"
is "$(squeue -h -t PD -j "$(ids "${plain_wait[@]}")" -o %r | grep -c Optical)" 0 "the others are not touched"

# ---- then the plugins are taken out
: >"$D/etc/plugstack.conf"
sed -i '/^JobSubmitPlugins=/d
	s/^SelectType=.*/SelectType=select\/cons_tres/' "$D/etc/slurm.conf"
like "$(guard)" 'running slurmctld.*SelectType=select/cons_tres_optical' "the packages stay: slurmctld still runs with it"
saved_name_it "and its saved jobs name it"
ok "slurmctld ends" kill_one slurmctld
saved_name_it "still, when it does not run"
ok "switched off" restart_all
saved_name_it "the packages stay: the jobs are not saved anew yet"
one=$(submit alice -H --wrap true)
ok "a job changes" as_user alice scancel "$one"
ok "the packages may go" wait_for 30 guard
is "$(off)" 10 "the 10 are still held and say why"
ok "the 20 still run" all_in R "${plain_run[@]}" "${opt_run[@]}"
ok "the 20 still wait" all_in PD "${plain_wait[@]}" "${opt_wait[@]}"

# ---- and removed
rm -f "$LATER"/lib/slurm-optical/slurm/*
ok "all daemons are restarted without the files" restart_all
ok "the 20 still run" all_in R "${plain_run[@]}" "${opt_run[@]}"
ok "the 20 still wait" all_in PD "${plain_wait[@]}" "${opt_wait[@]}"
is "$(off)" 10 "10 of them held, and say why"
unlike "$(as_user alice bash -c 'sinfo; squeue; scontrol show node' 2>&1)" 'rror|ptical_cons|fatal' "clients have nothing to complain of"

# ---- nobody lost anything
touch "$D/work/go.plain" "$D/work/go.optical"
ok "the owner releases one, to run without circuits" as_user bob scontrol release "${opt_wait[0]}"
ok "an administrator another" scontrol release "${opt_wait[1]}"
done_now() { ! squeue -h -t R,PD,CG -j "$1" -o '%i %t %r' | grep .; }
ok "all that run end, all that wait run" \
	wait_for 120 "done_now $(ids "${plain_run[@]}" "${opt_run[@]}" "${plain_wait[@]}" "${opt_wait[@]:0:2}")"
is "$(off)" 8 "8 are still held"
ok "their owner cancels them" as_user bob scancel "${opt_wait[@]:2}"
states() { sacct -nXP -j "$(ids "${plain_run[@]}" "${opt_run[@]}" "${plain_wait[@]}" "${opt_wait[@]}")" -o State | sed 's/ by .*//' | sort | uniq -c | xargs; }
ok "40 jobs: 32 completed, 8 cancelled, none lost" wait_for 20 'states; [ "$(states)" = "8 CANCELLED 32 COMPLETED" ]'
# the agent has not been told: an operator does
is "$(leases | grep -c ^ACTIVE)" 10 "their circuits are lit until the operator or their end says otherwise"

cluster_stop_ok
done_testing
