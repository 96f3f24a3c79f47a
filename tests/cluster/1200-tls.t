#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1200-tls - slurmctld and opticald over TLS, each known by its certificate: a
# job gets its circuit, a certificate that is no longer bound gets nothing, and
# what runs under slurmctld's locks is as short as ever
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=paris:2,lyon:2 --agent=tls --setup-time=1s --release-time=0s
TLS=(-N4 --gpus-per-node=1 --optical-bw=400G)

# The newest value of counter $1 in slurmctld's log.
counter() { grep -o "event=stats .*" "$D/log/slurmctld.log" | tail -n 1 | grep -o " $1=[0-9]*" | cut -d= -f2; }
# reload N: opticald takes its configuration for the Nth time
reload()
{
	kill -HUP "$(pid_of opticald)"
	wait_for 10 "log_has opticald 'event=reload result=ok' | wc -l | grep -x $1"
}

ok "opticald speaks TLS" log_has opticald 'event=listening at=127.0.0.1:[0-9]+ tls=yes'
like "$(grep AgentURL "$D/etc/optical.conf")" 'https://127.0.0.1:' "slurmctld is to ask there"
not_ok "no user is the cluster" grep -q '^Cluster=.*User=' "$D/etc/opticald.conf"
like "$(opticalctl ping 2>&1)" 'cluster.*alpha' "the certificate is"
like "$(as_user alice opticalctl ping 2>&1)" 'ocsalice.*user|user.*ocsalice' \
	"who can't read its key comes by munge"

job=$(submit alice "${TLS[@]}" --wrap 'srun -l bash -c "echo \$OPTICAL_CIRCUITS"')
ok "a job over two sites completes" wait_job "$job" COMPLETED 60
is "$(sort "$D/work/$job.out" | cut -d: -f2- | sed s/lyon-paris/paris-lyon/ | sort -u)" " paris-lyon:400G:2274us" "it had its circuit"
ok "which is given back" wait_for 20 'leases | wc -l | grep -x 0'
is "$(lease_of "$job" cluster)" alpha "in its cluster's name"

# while it runs, both ends start again
job=$(submit alice "${TLS[@]}" --wrap 'sleep 600')
ok "another runs" wait_job "$job" RUNNING 60
ok "opticald starts again" restart_one opticald
ok "slurmctld starts again" restart_one slurmctld
ok "the lease is as it was" wait_for 30 "[ \"\$(leases | cut -d' ' -f1,2)\" = 'ACTIVE $job' ]"
scancel "$job"
ok "and is given back over a new connection" wait_for 60 'leases | wc -l | grep -x 0'

# a certificate that is bound to another cluster, then to nothing
sed -i.good 's/^Cluster=.*/&\nCluster=other Certificate=slurmctld.alpha/; s/^\(Cluster=alpha \).*/\1Certificate=nobody.example/' \
	"$D/etc/opticald.conf"
ok "SIGHUP: it is another's" reload 1
job=$(submit alice "${TLS[@]}" --wrap true)
ok "slurmctld is told that it may not" wait_for 60 \
	"log_has slurmctld \"job=$job .*event=hold_refused .*may not write for cluster 'alpha'\""
ok "a job waits, and says for whom" wait_for 20 "job_reason $job | grep -x OpticalAgentDown"
is "$(job_state "$job")" PENDING "pending"
is "$(leases | wc -l)" 0 "and holds nothing"
sed 's/ Certificate=.*/ Certificate=nobody.example/' "$D/etc/opticald.conf.good" >"$D/etc/opticald.conf"
ok "SIGHUP: it is nobody's" reload 2
ok "opticald says so, once" wait_for 60 \
	'log_has opticald "event=unauthenticated cause=.the certificate is good, but" | wc -l | grep -x 1'
is "$(job_state "$job")" PENDING "the job waits"
cp "$D/etc/opticald.conf.good" "$D/etc/opticald.conf"
ok "SIGHUP: it is ours again" reload 3
ok "the job starts and completes" wait_job "$job" COMPLETED 90

# new files, without a restart
cp -p "$D/etc/tls/cluster.pem" "$D/work/cluster.pem"
openssl x509 -in "$D/etc/tls/cluster.req" -req -CA "$D/etc/tls/ca.pem" -CAkey "$D/etc/tls/ca.key" \
	-CAcreateserial -days 2 -extfile "$D/etc/tls/cluster.ext" -out "$D/etc/tls/cluster.pem" 2>/dev/null
not_ok "the certificate is renewed" cmp -s "$D/work/cluster.pem" "$D/etc/tls/cluster.pem"
job=$(submit alice "${TLS[@]}" --wrap true)
ok "a job completes with it" wait_job "$job" COMPLETED 60

ok "the plugin tells its counters" wait_for 30 '[ "$(counter holds)" -ge 1 ]'
diag "$(log_has slurmctld 'event=stats' | tail -n 1)"
ok "no hold was longer than HoldTimeout + 20 ms" [ "$(counter hold_max_us)" -le 70000 ]
KEYS=$(cat "$D"/etc/tls/*.key | grep -v -- ----- | cut -c 1-40 | sort -u)
not_ok "no key in a log" grep -qF "$KEYS" -r "$D/log"
cluster_stop_ok
done_testing
