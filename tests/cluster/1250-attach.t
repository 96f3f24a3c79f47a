#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1250-attach - two jobs on the same pair of sites, each on circuits of its own:
# each has the rate that it was granted, neither reaches the other, and nothing
# is left of them. Sites are network namespaces, contrib/examples/attach-netns
# joins them; 1/10000 of each rate, so that 400G are 40 Mb/s and 800G 80 Mb/s.
. "$(dirname "$0")/../lib/cluster.sh"

[ "$(id -u)" = 0 ] || bail "must run as root"
for p in ip tc iperf3; do
	command -v $p >/dev/null || bail "there is no $p: run contrib/setup"
done
P=oat$$
ip netns add $P-probe 2>/dev/null &&
	ip -n $P-probe link add v0 type veth peer name v1 2>/dev/null &&
	ip -n $P-probe link add b0 type bridge 2>/dev/null &&
	ip netns exec $P-probe tc qdisc add dev v0 root tbf rate 1mbit burst 3000 latency 50ms 2>/dev/null
allowed=$?
# kernels without 802.1Q: VLANs travel as VXLAN ids
tunnel=vlan
[ $allowed != 0 ] || ip -n $P-probe link add link v0 name v0.5 type vlan id 5 2>/dev/null || tunnel=vxlan
ip netns del $P-probe 2>/dev/null
[ $allowed = 0 ] || skip_all "network namespaces, bridges or tbf are not allowed here"

# ---- gateways, joined by a cable, and nodes
NS=("$P-gw-paris" "$P-gw-lyon")
for n in par001 par002 par003 par004 lyo001 lyo002 lyo003 lyo004; do
	NS+=("$P-nd-$n")
done
at_exit 'for n in "${NS[@]}"; do ip netns del $n; done; rm -f /run/attach-netns.$P-gw-*.lock'
for n in "${NS[@]}"; do
	ip netns add "$n" && ip -n "$n" link set lo up || bail "no namespace $n"
done
ip -n $P-gw-paris link add wan0 type veth peer name wan0 netns $P-gw-lyon
ip -n $P-gw-paris addr add 192.0.2.1/24 dev wan0
ip -n $P-gw-lyon addr add 192.0.2.2/24 dev wan0
ip -n $P-gw-paris link set wan0 up
ip -n $P-gw-lyon link set wan0 up

hook="$SRCDIR/contrib/examples/attach-netns --gateway=$P-gw- --node=$P-nd- --scale=10000 --tunnel=$tunnel"
keys='Attach=hook Vlans=100-101 Interface=opt{vlan} Mtu=1400'
cluster_start --sites=paris:4,lyon:4 --setup-time=1s --release-time=1s \
	--agent-user=root \
	--site-keys="paris:$keys Prefix=10.{vlan/100}.{vlan%100}.0/25 AttachProgram=\"$hook --peer=192.0.2.2\"" \
	--site-keys="lyon:$keys Prefix=10.{vlan/100}.{vlan%100}.128/25 AttachProgram=\"$hook --peer=192.0.2.1\""
diag "VLANs travel as $tunnel"
chmod 0777 "$D/work"

# What a job does: from its first node at the one site to that at the other, and
# back; then, when the other job has said where it is, to that. Its tasks enter
# the namespaces that stand for their nodes, so it is root's.
cat >"$D/work/measure" <<X
NS=$P-nd-
X
cat >>"$D/work/measure" <<'X'
cd "$(dirname "$0")" || exit
echo "$OPTICAL_CIRCUITS" >circuits.$SLURM_JOB_ID
key() { local v=";$OPTICAL_CIRCUITS;"; [[ $v == *";$1="* ]] || return; v=${v#*";$1="}; echo "${v%%;*}"; }
first() { local a; IFS=./ read -ra a <<<"$1"; echo "${a[0]}.${a[1]}.${a[2]}.$((a[3] + 1))"; }
pair=${OPTICAL_CIRCUITS%%:*} a= z=
for s in ${OPTICAL_SITE_NODES//;/ }; do
	n=$(scontrol show hostnames "${s#*=}" | head -n 1)
	if [ "${s%%=*}" = "${pair%%-*}" ]; then a=$n; else z=$n; fi
done
to=$(first "$(key a.prefix)")
echo "$SLURM_JOB_ID $to $(key a.prefix) $(key z.prefix)" >address.$SLURM_JOB_ID
# run in the job's step, on node $1, within its namespace
on() { local n=$1; shift; srun -u -N1 -n1 -w "$n" --overlap ip netns exec "$NS$n" "$@"; }
on $a iperf3 -s --forceflush >server.$SLURM_JOB_ID 2>&1 &
server=$!
until grep -q listening server.$SLURM_JOB_ID; do sleep 0.1; done
on $z iperf3 -c $to -t 4 -O 1 -J --connect-timeout 2000 >up.$SLURM_JOB_ID 2>&1
on $z iperf3 -c $to -t 4 -O 1 -J -R --connect-timeout 2000 >down.$SLURM_JOB_ID 2>&1
touch measured.$SLURM_JOB_ID
until [ -e other.$SLURM_JOB_ID ]; do sleep 0.1; done
read -r job other far near <other.$SLURM_JOB_ID
# whatever the addresses are: the other job's lie behind my interfaces, and mine
# behind its own, so that nothing but the VLANs keeps us apart
for prefix in $far $near; do
	on $a ip route replace $prefix dev "$(key a.if)"
	on $z ip route replace $prefix dev "$(key z.if)"
done
touch routed.$SLURM_JOB_ID
until [ -e routed.$job ]; do sleep 0.1; done
on $z iperf3 -c $other -t 1 --connect-timeout 2000 >crossed.$SLURM_JOB_ID 2>&1
echo $? >crossed.rc.$SLURM_JOB_ID
on $z iperf3 -c $to -t 1 --connect-timeout 2000 >again.$SLURM_JOB_ID 2>&1
echo $? >again.rc.$SLURM_JOB_ID
until [ -e go.$SLURM_JOB_ID ]; do sleep 0.1; done
kill $server
X
script() { sbatch --parsable -o "$D/work/%j.out" -N4 "$@" <<<"#!/bin/bash
exec bash $D/work/measure"; }
# mbit FILE: what the receiver got, in whole Mb/s
mbit()
{
	perl -MJSON::PP -e 'local $/; my $r = decode_json(<STDIN>);
		printf "%.0f", $r->{end}{sum_received}{bits_per_second} / 1e6' <"$1"
}
near() { local got; got=$(mbit "$1") && [ "$got" -ge $(($2 * 85 / 100)) ] && [ "$got" -le $(($2 * 105 / 100)) ]; }

one=$(script --optical-bw=400G --exclude=par003,par004,lyo003,lyo004)
two=$(script --optical-bw=800G --exclude=par001,par002,lyo001,lyo002)
ok "the first job runs" wait_job "$one" RUNNING
ok "the second job runs beside it" wait_job "$two" RUNNING
cd "$D/work" || bail "$D/work"
ok "they know their circuits" wait_for 60 '[ -s circuits.'"$one"' ] && [ -s circuits.'"$two"' ]'
like "$(<circuits.$one)" \
	'^(paris-lyon|lyon-paris):400G:2274us;vlan=(100|101);mtu=1400;a\.if=opt10[01];a\.prefix=10\.1\.[01]\.[0-9]+/25;z\.if=opt10[01];z\.prefix=10\.1\.[01]\.[0-9]+/25$' \
	"OPTICAL_CIRCUITS tells interface, VLAN, prefix, MTU"
vlan1=$(grep -oE 'vlan=[0-9]+' circuits.$one) vlan2=$(grep -oE 'vlan=[0-9]+' circuits.$two)
ok "they have VLANs of their own ($vlan1, $vlan2)" test "$vlan1" != "$vlan2"
is "$(agent GET "/v1/leases?job_id=$one" | json .leases.0.circuits.0.attachment.state)" ATTACHED "attached"
like "$(opticalctl job "$one")" 'Attachment=(paris-lyon|lyon-paris) State=ATTACHED Vlan=10[01] Mtu=1400' "opticalctl job shows it"

# ---- each has its own rate, at the same time
ok "both have measured" wait_for 120 '[ -e measured.'"$one"' ] && [ -e measured.'"$two"' ]'
for j in $one $two; do
	want=40
	[ "$j" = "$one" ] || want=80
	for way in up down; do
		ok "job $j: $(mbit $way.$j) of $want Mb/s $way" near $way.$j $want
	done
done

# ---- neither reaches the other
cp address.$one other.$two
cp address.$two other.$one
ok "both have tried" wait_for 60 '[ -e again.rc.'"$one"' ] && [ -e again.rc.'"$two"' ]'
for j in $one $two; do
	isnt=$(<crossed.rc.$j)
	ok "job $j does not reach the other ($(tail -n 1 crossed.$j))" test "$isnt" != 0
	is "$(<again.rc.$j)" 0 "but its own still"
done

# ---- nothing is left
touch go.$one go.$two
ok "the first job ends" wait_job "$one" COMPLETED
ok "the second job ends" wait_job "$two" COMPLETED
ok "no lease is left" wait_for 30 '[ -z "$(leases)" ]'
left=
for n in "${NS[@]}"; do
	left+=$(ip -n "$n" -o link show | grep -vE '^[0-9]+: (lo|wan0)[:@]')
	left+=$(ip netns exec "$n" tc qdisc show | grep -vE 'noqueue')
done
is "$left" "" "no interface, no VLAN, no queue is left in any namespace"
events=$(agent GET "/v1/leases/$(lease_of "$one" id)/events")
for e in ATTACHING ATTACHED DETACHING DETACHED; do
	like "$events" "\"axis\":\"attachment\"[^}]*\"to\":\"$e\"" "the ledger has $e"
done
like "$(grep -oE '"to":"(DETACHED|RELEASED)"' <<<"$events" | tr '\n' ' ')" 'DETACHED.*RELEASED' \
	"detached before the light went"
next=$(submit alice -N6 --optical-bw=400G --wrap true)
ok "the VLANs are free: the next job has a circuit" wait_job "$next" COMPLETED
ok "and gives it back" wait_for 30 '[ -z "$(leases)" ]'

# ---- without a VLAN a job waits and says for what
hold=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
one=$(submit alice -N3 --optical-span=2 --optical-bw=400G "$hold")
ok "a job runs" wait_job "$one" RUNNING
two=$(submit alice -N3 --optical-span=2 --optical-bw=400G "$hold")
ok "another runs" wait_job "$two" RUNNING
third=$(submit bob -N2 --optical-span=2 --optical-bw=400G "$hold")
ok "the third waits for a VLAN" wait_for 20 "job_reason $third | grep -E 'OpticalVlan\((paris-lyon|lyon-paris),free=0\)'"
touch go.$one
ok "it starts when there is one" wait_job "$third" RUNNING 60
touch go.$two go.$third
ok "all end" wait_job "$third" COMPLETED
ok "nothing is booked" wait_for 30 '[ -z "$(leases)" ]'
cluster_stop_ok
done_testing
