#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0000-forward - jobs without --optical-bw run under select/cons_tres_optical
# as they do under cons_tres: over one node and over two sites, with GPUs,
# accounting, a restart of slurmctld
. "$(dirname "$0")/../lib/cluster.sh"

# Data of slurmctld that the plugin shares must be slurmctld's own: weak and
# undefined here, defined and exported there.
so=$OCS_INST/lib/slurm-optical/slurm/select_cons_tres_optical.so
ctld=$(nm -D --defined-only "$(readlink -f "${OCS_SLURM_DIR:-/usr}/sbin/slurmctld")" | cut -d" " -f3)
is "$(nm -D --defined-only "$so" | awk '$2 !~ /[TR]/')" "" \
	"the select plugin defines no writable symbol that others see"
data=$(nm -D "$so" | awk '$1 == "w" && $2 !~ /^_/ { print $2 }')
like "$data" job_list "job_list is weak and undefined in the select plugin"
is "$(grep -vxF "$ctld" <<<"$data")" "" "slurmctld exports all of these: ${data//$'\n'/ }"
is "$(readelf -d "$so" | grep -c NEEDED)" 1 "the select plugin needs no library"
like "$(readelf -d "$so" | grep NEEDED)" 'libc\.so' "beyond libc"

cluster_start --sites=paris:2,lyon:2 --no-agent --no-spank
like "$(scontrol show config | grep SelectType)" 'select/cons_tres_optical' \
	"slurmctld runs select/cons_tres_optical"

job=$(submit alice -N2 --gpus-per-node=8 --wrap 'srun -l hostname')
ok "a job over two nodes completes" wait_job "$job" COMPLETED
ok "sacct has it completed" wait_sacct "$job" State COMPLETED
is "$(sacct_field "$job" NNodes)" 2 "sacct: two nodes"
like "$(sacct_field "$job" AllocTRES)" 'gres/gpu=16' "sacct: 16 GPUs"
is "$(sacct_field "$job" User)" ocsalice "sacct: the user"
is "$(wc -l <"$D/work/$job.out")" 2 "both tasks wrote a line"

job=$(submit bob -N4 --exclusive --wrap 'srun sleep 600')
ok "a job over all sites runs" wait_job "$job" RUNNING
second=$(submit alice -N1 --wrap true)
ok "the next one waits for resources" \
	wait_for 20 "job_reason $second | grep -E 'Resources|Priority'"

ok "slurmctld saves its state" wait_saved "$job"
kill_one slurmctld -9
ok "slurmctld comes back" restart_one slurmctld LD_DEBUG=bindings
# what the dynamic linker says: nothing is bound to a copy of the plugin's
bound=$(grep -hE 'binding file [^ ]*cons_tres_optical.so .* symbol `(job_list|last_job_update)' "$D/log/slurmctld.out")
like "$bound" 'to [^ ]*slurmctld.*`job_list' "in slurmctld, the plugin's job_list is bound"
unlike "$bound" 'to [^ ]*\.so' "to slurmctld's own"
is "$(job_state "$job")" RUNNING "the job survives kill -9 of slurmctld"
is "$(squeue -h -j "$job" -o %D)" 4 "with its nodes"
ok "its owner may cancel it" as_user bob scancel "$job"
ok "it ends" wait_job "$job" CANCELLED
ok "and the waiting one runs" wait_job "$second" COMPLETED 60

out=$(as_user alice srun -N2 --gpus-per-node=1 \
	bash -c 'echo $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES' | wc -l)
is "$out" 2 "srun by an ordinary user"
not_ok "what can never run is refused" as_user alice sbatch -N1 --gpus-per-node=9 --wrap true

cluster_stop_ok
done_testing
