#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# two-sites - in a fresh Debian, from packages: a job on two sites, and what the
# packages say when they are to go
#
# Run inside of it by tests/lib/package.sh, with a network of its own; prints
# KEY VALUE lines that the test looks at, everything else on standard error.
set -u
export LC_ALL=C
say() { echo "$*"; }
# until_ok LIMIT COMMAND-LINE
until_ok()
{
	local end=$((SECONDS + $1))

	until eval "$2" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "waited $1 s for: $2" >&2; eval "$2" >&2; return 1; }
		sleep 0.2
	done
}
daemon() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}" >>/tmp/daemons.log 2>&1 </dev/null & }

NODES="par001 par002 lyo001 lyo002"
mkdir -p /etc/slurm /var/spool/slurmd /var/lib/slurm/state
cat >/etc/slurm/slurm.conf <<X
ClusterName=alpha
SlurmctldHost=localhost
SlurmUser=slurm
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=/var/lib/slurm/state
SlurmdSpoolDir=/var/spool/slurmd/%n
SlurmctldPidFile=/run/slurmctld.%h.pid
SlurmdPidFile=/run/slurmd.%n.pid
SlurmctldLogFile=/tmp/slurmctld.log
SlurmdLogFile=/tmp/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=5
KillWait=5
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=par[001-002] NodeHostName=localhost NodeAddr=127.0.0.1 Port=[17001-17002] CPUs=4 State=UNKNOWN
NodeName=lyo[001-002] NodeHostName=localhost NodeAddr=127.0.0.1 Port=[17003-17004] CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
X
echo CgroupPlugin=cgroup/v1 >/etc/slurm/cgroup.conf
chown slurm: /var/lib/slurm/state
touch /run/slurmctld.localhost.pid && chown slurm: /run/slurmctld.localhost.pid
install -o slurm /dev/null /tmp/slurmctld.log
id alice >/dev/null 2>&1 || useradd -M -d /nonexistent alice

ctld() { daemon slurm slurmctld -D; CTLD=$!; until_ok 60 'timeout 5 scontrol ping | grep -q "is UP" && timeout 5 sinfo -h'; }
slurmds()
{
	local n

	SLURMDS=()
	for n in $NODES; do
		mkdir -p "/var/spool/slurmd/$n"
		slurmd -D -N "$n" >>/tmp/daemons.log 2>&1 </dev/null &
		SLURMDS+=($!)
	done
	until_ok 60 '[ $(sinfo -h -N -t idle,mix,alloc -o %N | sort -u | wc -l) = 4 ]'
}
stop() { kill "$CTLD" "${SLURMDS[@]}"; wait "$CTLD" "${SLURMDS[@]}"; } 2>/dev/null
again() { stop; ctld && slurmds; }

install -d -o munge -g munge -m 0755 /run/munge
chown munge: /etc/munge/munge.key
daemon munge munged --foreground
until_ok 20 'munge -n | unmunge'
ctld && slurmds && say plain-cluster up
say plain-job "$(setpriv --reuid alice --regid alice --clear-groups srun -D /tmp -N4 hostname 2>&1 | sort -u | xargs)"

# ---- as INSTALL says
cat >/etc/opticald.conf <<X
Listen=unix:/run/opticald/opticald.sock
Ledger=/var/lib/opticald/ledger.db
Cluster=alpha User=slurm
Driver=sim SimRealism=off SimSetupTime=1s SimReleaseTime=1s
SiteName=paris
SiteName=lyon
LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=2 Rate=400G
X
cat >/etc/slurm/optical.conf <<X
SiteName=paris Nodes=par[001-002]
SiteName=lyon Nodes=lyo[001-002]
X
say agent-check "$(opticald -f /etc/opticald.conf --check 2>&1 | tail -n 1)"
# what systemd does from the unit
install -d -o opticald -g opticald -m 0755 /run/opticald
daemon opticald opticald -f /etc/opticald.conf
until_ok 20 'opticalctl ping' || exit
echo 'required spank_optical.so' >/etc/slurm/plugstack.conf
sed -i 's,^SelectType=.*,SelectType=select/cons_tres_optical,' /etc/slurm/slurm.conf
printf '%s\n' JobSubmitPlugins=optical Licenses=optical:1000000 >>/etc/slurm/slurm.conf
again && say optical-cluster up
say optical-job "$(setpriv --reuid alice --regid alice --clear-groups timeout 120 srun -D /tmp -N2 -n2 --optical-bw=400G \
	--optical-span=2 bash -c 'echo $OPTICAL_CIRCUITS on $SLURM_JOB_NODELIST' 2>&1 | sort -u | xargs)"
opticalctl check >/tmp/check.log 2>&1
say check $?
say wait-job "$(setpriv --reuid alice --regid alice --clear-groups sbatch --parsable -D /tmp -o /dev/null -N2 -n2 \
	--optical-bw=400G --optical-span=2 --begin=now+1hour --wrap true)"

# ---- the packages must not go now
gone() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q ' ok installed$' && echo stays || echo went; }
dpkg --remove slurm-optical-controller >/tmp/remove.log 2>&1
rc=$?
# the other one is needed by the first; without that its own word counts
dpkg --force-depends --remove slurm-optical-node >>/tmp/remove.log 2>&1
say remove-rc $rc $?
say remove-says "$(grep -c 'plugins are still in use' /tmp/remove.log) $(grep -c 'OpticalJobs=hold' /tmp/remove.log)"
say controller "$(gone slurm-optical-controller)"
say node "$(gone slurm-optical-node)"
dpkg -i /packages/*.deb >/tmp/upgrade.log 2>&1
say upgrade-rc $?
[ -e /usr/lib/*/slurm-wlm/select_cons_tres_optical.so ] && say after-upgrade files

# ---- the way back
echo OpticalJobs=hold >>/etc/slurm/optical.conf
scontrol reconfigure
until_ok 60 'squeue -h -o %r | grep -x OpticalSwitchedOff' && say held yes
: >/etc/slurm/plugstack.conf
sed -i 's,^SelectType=.*,SelectType=select/cons_tres,; /^JobSubmitPlugins=/d' /etc/slurm/slurm.conf
dpkg --remove slurm-optical-node slurm-optical-controller >/tmp/remove.log 2>&1
say early-rc $?
again && say switched-off up
scancel "$(sbatch --parsable -H -D /tmp --wrap true)"
until_ok 30 /usr/libexec/slurm-optical/removal-guard && say guard passes
dpkg --remove slurm-optical-controller slurm-optical-node >/tmp/remove.log 2>&1
say removed-rc $?
again && say without-plugins up
say held-still "$(squeue -h -o '%t %r')"
say plain-again "$(setpriv --reuid alice --regid alice --clear-groups srun -D /tmp -N4 hostname 2>&1 | sort -u | xargs)"
stop
