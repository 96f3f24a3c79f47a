#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900
#
# 1610-quiet - what sinfo, squeue, sbatch, srun, scontrol and sacct print for an
# ordinary user who asks for nothing optical is the same, byte by byte, on plain
# Slurm, with the plugins installed, switched on, with the agent gone, and in
# configless mode, where no host but the controller's has an optical.conf.
#
# (Full tier. How fast they are is `make bench-clients`.)
. "$(dirname "$0")/../lib/cluster.sh"
unshare --mount true 2>/dev/null || skip_all "unshare is not allowed"

# An installation whose plugins are put in place later, by this test.
PLUGINS=$OCS_INST/lib/slurm-optical/slurm
LATER=$(mktemp -d /tmp/ocs-inst.XXXXXX) || bail "no room in /tmp"
at_exit 'rm -rf "$LATER"'
chmod 0755 "$LATER"
cp -r "$OCS_INST"/. "$LATER/"
rm -f "$LATER"/lib/slurm-optical/slurm/*
OCS_INST=$LATER
cluster_start --sites=paris:2,lyon:2 --select=cons_tres --no-spank --gpus=2 \
	--setup-time=1s --release-time=1s --slurm-conf-extra=SlurmctldParameters=enable_configless
# plugstack.conf lies beside slurm.conf, wherever that is
sed -i '/^PlugStackConfig=/d' "$D/etc/slurm.conf"
rm "$D/etc/plugstack.conf"

restart_all()
{
	local n

	restart_one slurmctld || return 1
	for n in par001 par002 lyo001 lyo002; do
		restart_one slurmd $n || return 1
	done
	wait_for 60 quiescent
}
# states that Slurm itself goes through are over
quiescent()
{
	local now

	now=$(sinfo -h -N -o "%N %T" | sort | xargs)
	echo "$now"
	[ "$now" = "$STATES" ]
}

# ---- jobs that stay as they are; what they wait for, backfill does not plan
until_go=$(job_script <<'S'
srun --overlap -n1 -l echo a step
until [ -e go ]; do sleep 0.2; done
S
)
STATES="lyo001 idle lyo002 idle par001 idle par002 idle"
ok "plain Slurm is restarted" restart_all
ended=$(submit alice -J ended -N1 --wrap "exit 3")
ok "a job fails" wait_job "$ended" FAILED
runs=$(submit bob -J runs -w par001 -n2 -t 60 "$until_go")
ok "one runs" wait_job "$runs" RUNNING
held=$(submit alice -J held -N3 -G4 -t 5 -H --comment=mine --wrap true)
array=$(submit alice -J array --array=1-3%1 -H --wrap true)
later=$(submit alice -J later --begin=now+9hours --wrap true)
ok "sacct knows them" wait_sacct "$held" State PENDING
STATES="lyo001 idle lyo002 idle par001 mixed par002 idle"
ok "and that one has failed" wait_sacct "$ended" State FAILED
ok "and has the running one's step" wait_for 20 "sacct -nP -j $runs -o JobID,State | grep -x '$runs.0|COMPLETED'"

COMMANDS=(
	"sinfo" "sinfo -N -o '%N %T %C %G %m %d %f %E'" "sinfo -s" "sinfo -R" "sinfo -V" "sinfo --json >/dev/null"
	"sinfo -N -O NodeList,StateLong,GresUsed,AllocMem,CPUsState"
	"squeue -o '%i %j %u %t %D %C %N %r %b'" "squeue -t PD" "squeue -t PD -l | tail -n +2" "squeue -r -t PD"
	"squeue -j $runs -s -o '%i %j %u'" "squeue -j 9999"
	"scontrol ping" "scontrol show partition" "scontrol show hostnames par[001-002]" "scontrol show licenses"
	"scontrol show node" "scontrol -o show node par002" "scontrol show reservation" "scontrol show config"
	"scontrol show job $held" "scontrol show job $array" "scontrol show job $later" "scontrol show job $runs"
	"scontrol show job 9999" "scontrol show node nosuch" "scontrol update JobId=$runs TimeLimit=1" "scontrol hold $runs"
	"sacct -X -j $ended,$runs,$held -o JobID,JobName,State,NNodes,ReqTRES,AllocTRES,ExitCode"
	"sacct -P -j $ended,$runs -o JobID,JobName,State,NodeList,ExitCode,Comment,AdminComment" "sacct -j 9999"
	"sbatch -H -J new --wrap true" "sbatch --parsable -H -J new --wrap true" "sbatch -N99 -J new --wrap true"
	"sbatch --test-only -N2 --wrap true" "sbatch --gres=gpu:99 -J new --wrap true" "sbatch nosuch.sh" "sbatch --nosuch"
	"srun -n2 -l --mem=100 echo out" "srun -N2 sh -c 'echo err >&2; exit 3'" "srun -w nosuch true" "srun -G1 printenv SLURM_JOB_NAME"
	"srun -n1 --mem=1000000 true" "srun --test-only -n1 true"
	'salloc -n1 sh -c "srun -n1 echo in an allocation"'
)
# What all of them print, and their exit status, as alice; jobs of hers that
# are new go again, and the times and ids that differ from call to call.
clients()
{
	local c

	wait_for 30 quiescent >&2
	for c in "${COMMANDS[@]}"; do
		echo "== $c"
		as_user alice env -u SLURM_TIME_FORMAT SLURM_CONF="${CLIENT_CONF:-$SLURM_CONF}" \
			timeout 60 bash -c "$c" >"$D/work/out" 2>"$D/work/err" </dev/null
		echo "rc $?"
		sort "$D/work/out"
		sort "$D/work/err" | sed 's/^/2> /'
		[ "$c" = "${c#sbatch}" ] || as_user alice scancel -n new
	done | sed -E -e 's/([Jj]ob|allocation) [0-9]+/\1 N/' -e 's/^[0-9]+$/N/' -e 's/(StepId=)[0-9]+/\1N/' \
		-e 's/ at [0-9-]+T[0-9:]+ / at T /' -e 's/data as of .*/data as of/' \
		-e 's/^(srun: launch\/slurm: .*: )/\1/' -e 's/^(NEXT_JOB_ID|BOOT_TIME|HASH_VAL) .*/\1/' \
		-e 's/(RunTime|AccrueTime|CPULoad|FreeMem|LastBusyTime|LastSchedEval|SlurmdStartTime|BootTime)=[^ ]*/\1/g' \
		-e '/queued and waiting|has been allocated|has been revoked|Force Terminated|Nodes .* are ready|Pending job/d'
}
# same AS WITHOUT: that is what they print now, but for lines of WITHOUT, the
# settings by which the plugins are named
same() { diff <(grep -vE "$2" <<<"$1") <(clients | grep -vE "$2"); }
none='^$'
named='^(SelectType|JobSubmitPlugins|PlugStackConfig|SLURM_CONF) '

before=$(clients)
ok "what they print on plain Slurm stands still" wait_for 60 'same "$before" "$none"'
like "$before" 'rc 0' "most succeed"
like "$before" "JobId=$held ArrayTaskId|JobId=$held JobName=held" "the held job is shown"
like "$before" '2> srun: error: .* task' "and errors are"
ok "they still do after a restart" eval 'restart_all && wait_for 90 "same \"\$before\" \"\$none\""'

mkdir -p "$LATER/lib/slurm-optical/slurm"
cp "$PLUGINS"/*.so "$LATER/lib/slurm-optical/slurm/"
ok "installed: the same bytes" wait_for 60 'same "$before" "$none"'
ok "and after a restart of all daemons" eval 'restart_all && wait_for 60 "same \"\$before\" \"\$none\""'

# ---- switched on
echo JobSubmitPlugins=optical >>"$D/etc/slurm.conf"
sed -i 's/^SelectType=.*/SelectType=select\/cons_tres_optical/' "$D/etc/slurm.conf"
echo "required $LATER/lib/slurm-optical/slurm/spank_optical.so" >"$D/etc/plugstack.conf"
ok "switched on: all daemons are restarted" restart_all
like "$(scontrol show config)" 'SelectType *= select/cons_tres_optical' "indeed"
ok "switched on: the same bytes" wait_for 60 'same "$before" "$named"'
help() { as_user alice env SLURM_CONF="$SLURM_CONF" "$1" --help 2>&1; }
for c in sbatch srun; do
	like "$(help $c)" '--optical-bw=' "$c --help has the options"
done
job=$(submit alice -N2 --optical-bw=10G --optical-span=2 --wrap 'srun -n1 true')
ok "an optical job ends" wait_job "$job" COMPLETED 60
ok "the same bytes for those who have not asked" wait_for 60 'same "$before" "$named"'
ok "the agent goes" kill_one opticald
ok "the same bytes without it" wait_for 60 'same "$before" "$named"'
ok "the agent comes" restart_one opticald

# ---- configless: slurmd of lyo002 has it from slurmctld; its cache is what
# clients of such a host read. Its /run has munge's socket where a host without a
# slurm.conf looks for it, and takes the link to the cache, which else would be
# the machine's.
port=$(sed -n 's/^SlurmctldPort=//p' "$D/etc/slurm.conf")
host=$(sed -n 's/^SlurmctldHost=.*(\(.*\))/\1/p' "$D/etc/slurm.conf")
configless=$(job_script <<S
unset SLURM_CONF
mkdir -p $D/run-lyo002
mount -t tmpfs tmpfs $D/run-lyo002
mkdir -p $D/run-lyo002/slurm $D/run-lyo002/munge
ln -s $D/munge/munge.sock $D/run-lyo002/munge/munge.socket.2
if [[ $D == /run/* ]]; then
	mkdir $D/run-lyo002/${D#/run/}
	mount --bind $D $D/run-lyo002/${D#/run/}
fi
mount --rbind $D/run-lyo002 /run
exec slurmd -D -N lyo002 --conf-server $host:$port
S
)
echo "unshare --mount --propagation private $configless" >"$D/run/slurmd.lyo002.cmd"
ok "a slurmd without any file of configuration" restart_one slurmd lyo002
CACHE=$D/spool/lyo002/conf-cache
ok "has got them" test -e "$CACHE/slurm.conf" -a -e "$CACHE/plugstack.conf"
not_ok "but no optical.conf" test -e "$CACHE/optical.conf"
CLIENT_CONF=$CACHE/slurm.conf
ok "configless: the same bytes" wait_for 60 'same "$before" "$named"'
like "$(SLURM_CONF=$CLIENT_CONF help srun)" '--optical-bw=' "with the options"
job=$(SLURM_CONF=$CLIENT_CONF submit alice -N2 -w lyo002,par002 --optical-bw=10G --optical-span=2 --wrap 'srun -N2 printenv OPTICAL_CIRCUITS')
ok "an optical job ends, there, too" wait_job "$job" COMPLETED 60
like "$(cat "$D/work/$job.out")" '(paris-lyon|lyon-paris):10G' "with its circuit"
unlike "$(cat "$D/log/slurmd.lyo002.log")" 'optical\.conf|error: .*optical' "slurmd has nothing to say of it"

touch "$D/work/go"
ok "the job that ran all the time ends" wait_job "$runs" COMPLETED
cluster_stop_ok
done_testing
