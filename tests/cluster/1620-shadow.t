#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
#
# 1620-shadow - our select plugin under the name of select/cons_tres, in a
# directory before Slurm's in PluginDir, on the controller alone: node daemons and
# clients have none of our files and an empty directory in its place, and see
# plain Slurm. INSTALL, "Nothing on clients and nodes". (Full tier.)
. "$(dirname "$0")/../lib/books.sh"
unshare --mount true 2>/dev/null || skip_all "unshare is not allowed"
GUARD=$SRCDIR/contrib/packaging/removal-guard
SHADOW=$OCS_INST/lib/slurm-optical/shadow
[ -e "$SHADOW/select_cons_tres.so" ] || bail "$SHADOW has no select_cons_tres.so"

cluster_start --sites=paris:2,lyon:2 --select=cons_tres --no-spank --gpus=2 \
	--links=par-lyo:paris:lyon:460:1 --setup-time=1s --release-time=1s
# the controller's package has job_submit_optical.so among Slurm's plugins
SUBMIT=$D/submit
mkdir "$SUBMIT" "$D/empty"
cp "$OCS_INST/lib/slurm-optical/slurm/job_submit_optical.so" "$SUBMIT/"
SLURM_PLUGINS=$(sed -n 's/^PluginDir=\([^:]*\).*/\1/p' "$D/etc/slurm.conf")
plugin_dir() { sed -i "s,^PluginDir=.*,PluginDir=$1," "$D/etc/slurm.conf"; }
grep -q ^JobSubmitPlugins "$D/etc/slurm.conf" || echo JobSubmitPlugins=optical >>"$D/etc/slurm.conf"

# bare COMMAND...: as on a host that has none of our files; a slurmd like that, too
BARE=$(job_script <<S
mount --bind $D/empty $SHADOW && mount --bind $D/empty $SUBMIT || exit 125
exec "\$@"
S
)
bare() { unshare --mount --propagation private "$BARE" "$@"; }
bare_alice() { bare setpriv --reuid ocsalice --regid ocsalice --init-groups env HOME="$D/work" "$@"; }
like "$(bare ls "$SHADOW" "$SUBMIT" | grep -c so)" '^0$' "a host without our files"
NODES="par001 par002 lyo001 lyo002"
for n in $NODES; do
	echo "unshare --mount --propagation private $BARE slurmd -D -N $n" >"$D/run/slurmd.$n.cmd"
done
restart_all()
{
	local n

	restart_one slurmctld || return 1
	for n in $NODES; do
		restart_one slurmd "$n" || return 1
	done
	wait_for 30 'sinfo -h -o %T; ! sinfo -h -t down,unk -o %N | grep .'
}
ASK=(--comment='optical(bw=400G)' -N2 --ntasks-per-node=1 --time=60)
script=$(job_script <<'S'
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
S
)

plugin_dir "$SUBMIT:$SLURM_PLUGINS:$SHADOW"
ok "behind Slurm's own it is not looked at" restart_all
like "$(as_user alice sbatch "${ASK[@]}" "$script" 2>&1)" 'lacks SelectType=select/cons_tres_optical' \
	"so that a job that asks is refused"

plugin_dir "$SHADOW:$SUBMIT:$SLURM_PLUGINS"
ok "before it: all daemons are restarted" restart_all
like "$(scontrol show config)" 'SelectType *= select/cons_tres'$'\n' "slurm.conf says select/cons_tres"
unlike "$(cat "$D"/log/slurmd.*.log)" 'ocs|optical' "no slurmd has it"
like "$(opticalctl check 2>&1)" 'plugins, licence and accounting are as needed' "opticalctl check finds nothing missing"
like "$("$GUARD" 2>&1)" "PluginDir=$SHADOW" "the packages stay, because of PluginDir"

# ---- a job with circuits, one that waits for them
runs=$(submit alice "${ASK[@]}" --exclude=par002,lyo002 "$script")
ok "a job that asks in its comment runs" wait_job "$runs" RUNNING 60 || diag_job "$runs"
ok "with its circuit" wait_for 20 "[ \"\$(lease_of $runs state)\" = ACTIVE ]"
waits=$(submit alice "${ASK[@]}" --exclude=par001,lyo001 "$script")
ok "another waits for the link" wait_for 40 "job_reason $waits | grep -E '^OpticalLink\(par-lyo'"
plain=$(submit bob -N1 --wrap true)
ok "a plain one runs" wait_job "$plain" COMPLETED 40

# ---- as seen from a host without
seen()
{
	local c

	for c in "sinfo -N -h -o '%N %T'" "squeue -h -o '%i %T'" "scontrol show job $runs" "scontrol show node par001" \
			"sacct -nX -j $runs -o State" "srun -Q -w par002 -n1 echo hello" "sbatch --parsable -H -J gone --wrap true"; do
		"$@" bash -c "$c" 2>&1 >/dev/null || echo "$c: failed"
	done
	scancel -n gone
}
is "$(seen bare_alice)" "" "clients of a host without our files have nothing to complain of"
is "$(seen as_user alice)" "" "nor have the controller's"
is "$(bare_alice sinfo -h -N -o '%N %t' -n lyo001)" "$(as_user alice sinfo -h -N -o '%N %t' -n lyo001)" \
	"sinfo shows what the controller's does"
like "$(bare_alice scontrol show job "$waits")" 'Reason=OpticalLink' "they see why the job waits"

# ---- the saved state is plain Slurm's
ok "slurmctld saves its state" wait_saved "$runs"
lease=$(lease_of "$runs" id)
ok "it is killed" kill_one slurmctld -9
unlike "$("$GUARD" 2>&1)" 'job_state' "the saved jobs do not name the plugin"
ok "and started again" restart_one slurmctld
ok "the job runs, its lease is the same" wait_for 30 \
	"[ \"\$(lease_of $runs id) \$(lease_of $runs state) \$(job_state $runs)\" = '$lease ACTIVE RUNNING' ]"
# select_cons_tres_optical.so lies among Slurm's plugins of a controller, too
plugin_dir "$SHADOW:$OCS_INST/lib/slurm-optical/slurm:$SLURM_PLUGINS"
ok "with the other one beside it, too" restart_one slurmctld
is "$(lease_of "$runs" id) $(job_state "$runs")" "$lease RUNNING" "the job has its lease"
is "$(log_has slurmctld 'error: .*(select|ocs:)')" "" "slurmctld has nothing to complain of"
touch "go.$runs"
ok "the job ends" wait_job "$runs" COMPLETED 30
ok "sacct has its rate" wait_for 20 "sacct_field $runs AllocTRES | grep -F license/optical=400"
ok "the other one runs" wait_job "$waits" RUNNING 60 || diag_job "$waits"
plugin_dir "$SHADOW:$SUBMIT:$SLURM_PLUGINS"

# ---- the way back
held=$(submit alice "${ASK[@]}" "$script")
echo OpticalJobs=hold >>"$D/etc/optical.conf"
ok "OpticalJobs=hold" scontrol reconfigure
ok "a job that waits is held" wait_for 30 "job_reason $held | grep -x OpticalSwitchedOff"
plugin_dir "$SLURM_PLUGINS"
sed -i '/^JobSubmitPlugins=/d' "$D/etc/slurm.conf"
ok "PluginDir is what it was: restarted" restart_all
is "$("$GUARD" 2>&1)" "" "the packages may go"
is "$(job_state "$waits") $(job_reason "$held")" "RUNNING OpticalSwitchedOff" "no job is lost"
touch "go.$waits"
ok "the one that ran ends" wait_job "$waits" COMPLETED 30
as_user alice scancel "$held"
cluster_stop_ok
done_testing
