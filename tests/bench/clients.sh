#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# clients.sh [ROUNDS] - what the plugins cost those who ask for nothing optical:
# sinfo, squeue, sbatch, srun, scontrol and sacct as an ordinary user, in turns on
#   plain       a cluster of plain Slurm
#   again       the same once more: how far two equal things differ here
#   installed   the same cluster, the plugins' files in the client's PluginDir
#   on          a cluster with all of it switched on
#   configless  that one, with the configuration that a slurmd of it was sent
# Each round calls every command once in each of these, in an order that turns.
# clients.py says what is printed. Its time is what a user waits, its CPU time what
# the client itself does, which other load of the machine hardly changes.
# As root; nothing here passes or fails (make bench-clients).
set -u
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
SRCDIR=$(cd "$HERE/../.." && pwd)
PATH=${OCS_SLURM_DIR:+$OCS_SLURM_DIR/bin:}$PATH
INST=${OCS_INST:-$SRCDIR/inst}
ROUNDS=${1:-100}
CLUSTER=$SRCDIR/contrib/cluster
T=$(mktemp -d /tmp/ocs-bench.XXXXXX) || exit 2
chmod 0755 "$T"
trap 'for d in "$T"/plain "$T"/on; do [ ! -e "$d/etc/cluster.sh" ] || "$CLUSTER" stop "$d" >&2; done; rm -rf --one-file-system "$T"' EXIT
trap 'exit 2' INT TERM

"$CLUSTER" start "$T/plain" --sites=paris:4,lyon:4 --gpus=4 >&2 || exit 2
"$CLUSTER" start "$T/on" --inst="$INST" --sites=paris:4,lyon:4 --gpus=4 \
	--slurm-conf-extra=SlurmctldParameters=enable_configless >&2 || exit 2
# what a slurmd would be sent: no optical.conf, plugstack.conf beside slurm.conf
mkdir "$T/on/cache" "$T/plain/installed"
sed '/^PlugStackConfig=/d' "$T/on/etc/slurm.conf" >"$T/on/cache/slurm.conf"
cp "$T"/on/etc/{plugstack,gres,cgroup}.conf "$T/on/cache/"
cp "$T"/plain/etc/*.conf "$T/plain/installed/"
sed -i "s,^PluginDir=.*,&:$INST/lib/slurm-optical/slurm," "$T/plain/installed/slurm.conf"

PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/clients.py" "$T" "$ROUNDS"
