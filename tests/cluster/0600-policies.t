#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0600-policies - what the admin decides: AgentDown=run, JobsWithoutRequest, a
# changed and a damaged optical.conf; and many jobs started in one pass
. "$(dirname "$0")/../lib/books.sh"

cluster_start --setup-time=1s --release-time=1s --links=par-lyo:paris:lyon:460:2 \
	--optical-extra='PartitionName=all AgentDown=run JobsWithoutRequest=prefer_site'
watch_books
LIMIT=30

# sites_of JOB: the first letters of its nodes, "lyo par" for both
sites_of() { scontrol show hostnames "$(job_show "$1" NodeList)" | cut -c1-3 | sort -u | xargs; }

# ---- one pass starts several jobs: none is promised what another has taken ----
script=$(job_script <<-'X'
	until [ -e "$SLURM_SUBMIT_DIR/end" ]; do read -rt 0.2 <> <(:) || :; done
X
)
chmod 755 "$script"
jobs=$(submit alice --array=1-4 -N5 --optical-bw=200G "$script")
ok "two of four run: the link has two wavelengths" \
	wait_for $LIMIT '[ "$(squeue -h -t R -o %i | wc -l)" = 2 ]' || diag "$(squeue)"
# a wavelength is lit for a circuit of any rate
ok "the others name the link" \
	wait_for 15 "squeue -h -t PD -o %r | grep '^OpticalLink(par-lyo,need=400G,free=0G)'" || diag "$(squeue)"
not_ok "no hold was refused" grep -q event=hold_refused "$D/log/slurmctld.log"
touch "$D/work/end"
ok "all end" wait_for 60 '[ -z "$(squeue -h -o %i)" ]' || diag "$(squeue)"
ok "nothing is booked" wait_for 15 nothing_booked

# ---- jobs without the option ----
job=$(submit alice -N4 --wrap true)
ok "prefer_site: a job of four nodes ends" wait_job "$job" COMPLETED $LIMIT || diag_job "$job"
like "$(sites_of "$job")" '^(lyo|par)$' "it ran at one site"
job=$(submit alice -N6 --wrap true)
ok "prefer_site: a job of six runs all the same" wait_job "$job" COMPLETED $LIMIT || diag_job "$job"
is "$(sites_of "$job")" "lyo par" "at both"

# ---- a span that must be used ----
job=$(submit alice -N4 --optical-bw=400G --optical-span=2 --wrap true)
ok "a job that would fit into one site but asked for two ends" \
	wait_job "$job" COMPLETED $LIMIT || diag_job "$job"
is "$(sites_of "$job")" "lyo par" "it ran at two"

# ---- a damaged optical.conf, then a changed one ----
cp "$D/etc/optical.conf" "$D/work/optical.conf.good"
echo 'SiteName=nice Nodes=par[001-002]' >>"$D/etc/optical.conf"
ok "scontrol reconfigure" scontrol reconfigure
ok "a node in two sites is told with its name" \
	wait_for 10 "grep 'event=configure error=.*par001 is in two sites' $D/log/slurmctld.log"
job=$(submit alice -N6 --optical-bw=400G --wrap true)
if slurm_since 23.11; then
	# a reconfigured slurmctld is a new process: there is no former one
	ok "a job with circuits waits, and says why" \
		wait_for $LIMIT "job_reason $job | grep -x OpticalNotConfigured" || diag_job "$job"
	plain=$(submit alice -N6 --wrap true)
	ok "one without starts" wait_job "$plain" COMPLETED $LIMIT || diag_job "$plain"
else
	ok "the former configuration stays in use" wait_job "$job" COMPLETED $LIMIT || diag_job "$job"
fi
sed 's/JobsWithoutRequest=prefer_site/JobsWithoutRequest=single_site/' \
	"$D/work/optical.conf.good" >"$D/etc/optical.conf"
ok "scontrol reconfigure" scontrol reconfigure
ok "the changed one takes effect without a restart" \
	wait_for 10 'out=$(submit alice -N6 --wrap true 2>&1); [[ $out == *"--optical-bw"* ]]' || diag "$out"
ok "the job that waited ends" wait_job "$job" COMPLETED $LIMIT || diag_job "$job"

# ---- the agent is away ----
# a reconfigured slurmctld finds leases of jobs that had just ended
ok "nothing is booked" wait_for 90 nothing_booked
ok "opticald is stopped" kill_one opticald
job=$(submit alice -N6 --optical-bw=400G --wrap 'env | grep OPTICAL_')
ok "AgentDown=run: the job runs without circuits" wait_job "$job" COMPLETED 60 || diag_job "$job"
like "$(cat "$D/work/$job.out")" 'OPTICAL_DEGRADED=agent-down' "and is told"
unlike "$(cat "$D/work/$job.out")" 'OPTICAL_CIRCUITS=' "it is told of no circuit"
like "$(token_of "$job")" 'state=NONE.*without circuits' "AdminComment says so"
ok "sacct has its end" wait_sacct "$job" State COMPLETED
unlike "$(sacct_field "$job" AllocTRES)" 'license/optical' "it pays for none"
ok "opticald is back" restart_one opticald
# slurmctld connects again by itself, soon; who starts before runs without, too
with_circuit()
{
	job=$(submit alice -N6 --optical-bw=400G --wrap true)
	echo "$job" >"$D/work/with"
	wait_job "$job" COMPLETED 60 && [[ $(token_of "$job") == *state=ACTIVE* ]]
}
ok "the next ones have their circuit" wait_for 90 with_circuit || diag_job "$(cat "$D/work/with")"
job=$(cat "$D/work/with")
ok "sacct has its end" wait_sacct "$job" State COMPLETED
like "$(sacct_field "$job" AllocTRES)" 'license/optical=400' "and pays for it"

ok "at last nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
