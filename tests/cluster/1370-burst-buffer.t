#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1370-burst-buffer - a job with a burst buffer (burst_buffer/lua) and circuits:
# data is staged in before either is held, what runs before the job runs while the
# circuits are set up, and either's failure gives both back; after each turn
# leases, jobs and sacct agree (I7, I8)
# limit: 500
. "$(dirname "$0")/../lib/books.sh"

ls "${OCS_SLURM_DIR:-/usr}"/lib*{,/*}/slurm{,-wlm}/burst_buffer_lua.so 2>/dev/null | grep -q . ||
	skip_all "no burst_buffer_lua.so"
cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=4s --release-time=0.5s \
	--optical-extra='SetupRetryDelay=3s'
watch_books

# What each stage does is written down, and it fails or waits as files say.
cat >"$D/etc/burst_buffer.lua" <<X
local dir = "$D/work/bb."
local function there(name) local f = io.open(dir .. name); if f then f:close() end; return f ~= nil end
local function wait(name) while there(name) do os.execute("read -rt 0.1 <> <(:)") end end
local function stage(name, id)
	local f = io.open(dir .. "log", "a")
	f:write(name .. " " .. id .. "\n")
	f:close()
	wait(name .. ".wait")
	if there(name .. ".fail") then return slurm.ERROR, name .. " says no" end
	return slurm.SUCCESS, ""
end
function slurm_bb_job_process(script) return slurm.SUCCESS, "" end
function slurm_bb_pools() return slurm.SUCCESS, "" end
function slurm_bb_job_teardown(id, script, hurry) return stage("teardown", id) end
function slurm_bb_setup(id, uid, gid, pool, size, script) return stage("setup", id) end
function slurm_bb_data_in(id, script) return stage("data_in", id) end
function slurm_bb_test_data_in(id, script) return slurm.SUCCESS, "" end
function slurm_bb_real_size(id) return slurm.SUCCESS end
function slurm_bb_paths(id, script, file) return slurm.SUCCESS end
function slurm_bb_pre_run(id, script) return stage("pre_run", id) end
function slurm_bb_post_run(id, script) return stage("post_run", id) end
function slurm_bb_data_out(id, script) return stage("data_out", id) end
function slurm_bb_test_data_out(id, script) return slurm.SUCCESS, "" end
function slurm_bb_get_status(...) return slurm.SUCCESS, "" end
X
: >"$D/work/bb.log"
chmod 666 "$D/work/bb.log"
ok "slurmctld has burst buffers" eval 'echo BurstBufferType=burst_buffer/lua >>"$D/etc/slurm.conf" && restart_one slurmctld' ||
	bail "$(tail -n 5 "$D/log/slurmctld.log")"

script=$(job_script <<'X'
#BB_LUA
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
bb() { submit alice -N4 --optical-span=2 -t 5 "$@" "$script"; }
# did STAGE JOB: it has begun
did() { grep -x "$1 $2" "$D/work/bb.log"; }
hold() { touch "$D/work/bb.$1.wait"; }
let_go() { rm "$D/work/bb.$1.wait"; }

# ---- while data is staged in nothing is held; then both at the same time
hold data_in
hold pre_run
job=$(bb --optical-bw=400G)
ok "data is staged in" wait_for 30 "did data_in $job" || diag_job "$job"
not_ok "meanwhile there is no lease" lease_of "$job" id
is "$(job_state "$job")" PENDING "the job waits"
let_go data_in
ok "then its circuit is set up" wait_for 60 "lease_is $job 'PROVISIONING|ACTIVE'" || diag_job "$job"
ok "and what is to run before it runs at the same time" wait_for 20 "did pre_run $job" || diag "$(cat "$D/work/bb.log")"
like "$(lease_of "$job" state)" PROVISIONING "not after the set-up"
ok "its circuit is up" wait_for 20 "lease_is $job ACTIVE"
is "$(job_state "$job")" CONFIGURING "it does not start before the other is done"
agree "configuring"
let_go pre_run
ok "it starts" wait_job "$job" RUNNING || diag_job "$job"
agree "running"

# ---- data is staged out after the circuits are gone
hold data_out
go "$job"
ok "data is staged out" wait_for 30 "did data_out $job" || diag "$(cat "$D/work/bb.log")"
ok "meanwhile its circuit is given back" wait_for 20 "nothing_booked $job" || diag_job "$job"
agree "staging out"
let_go data_out
ok "it is over" wait_job "$job" COMPLETED
agree "over"

# ---- the burst buffer fails after the circuits were held
touch "$D/work/bb.pre_run.fail"
job=$(bb --optical-bw=400G)
ok "what is to run before the job fails" wait_for 40 "did pre_run $job" || diag_job "$job"
ok "it does not run" wait_job "$job" "PENDING|CANCELLED|FAILED|BOOT_FAIL|NODE_FAIL" 30 || diag_job "$job"
ok "its circuit is given back" wait_for 30 "nothing_booked" || diag_job "$job"
agree "burst buffer failed"
rm "$D/work/bb.pre_run.fail"
scancel "$job"
ok "it is over" wait_for 60 "job_over $job" || diag_job "$job"

# ---- the circuits fail while the burst buffer is still at work: the job goes back
# when that is done, not before (burst_buffer/lua would take it for running for
# ever), and both are had by the next run
hold pre_run
ok "the next set-up fails" opticalctl sim fault refuse par-lyo 1
job=$(bb --optical-bw=400G)
ok "its circuit fails" wait_for 60 "lease_is $job 'FAILED|GONE'" || diag_job "$job"
ok "what is to run before the job runs" wait_for 30 "did pre_run $job"
is "$(job_state "$job")" CONFIGURING "it is left alone"
let_go pre_run
ok "then it goes back into the queue" wait_for 30 "events_are $job setup_failed 1" || diag_job "$job"
agree "set-up failed"
ok "it runs when both can be had" wait_job "$job" RUNNING 120 || diag_job "$job"
ok "with its circuit" wait_for 10 "lease_is $job ACTIVE"
agree "circuits failed"
go "$job"
ok "it ends" wait_job "$job" COMPLETED || diag_job "$job"
ok "nothing is booked" wait_for 15 nothing_booked
agree "ended"
books_ok
cluster_stop_ok
done_testing
