#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1000-access - who may do what at the agent, over its Unix socket and over
# TCP; and that in clients and slurmd the select plugin opens nothing
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=paris:2,lyon:2 --agent=tcp --setup-time=0s --release-time=0s
SOCK=$D/opticald/opticald.sock
PORT=$(grep -oE 'Listen=127.0.0.1:[0-9]+' "$D/etc/opticald.conf" | cut -d: -f2)
TCP=http://127.0.0.1:$PORT

# Requests. Each sets STATUS and BODY (and HEADERS).
request() # CURL-ARGUMENT...
{
	local out

	out=$("${AS[@]}" curl -sS --max-time 10 -D "$D/work/headers" -w '\n%{http_code}' "$@" 2>&1)
	STATUS=${out##*$'\n'} BODY=${out%$'\n'*}
	HEADERS=$(tr -d '\r' <"$D/work/headers")
}

AS=()
as() # alice|bob|slurm|root
{
	local user=$1

	[ "$user" != alice ] && [ "$user" != bob ] || user=ocs$user
	AS=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	: >"$D/work/headers"
	chmod 0666 "$D/work/headers"
}

over_unix() # METHOD PATH [BODY]
{
	request --unix-socket "$SOCK" -X "$1" ${3:+-d "$3"} -H 'Content-Type: application/json' \
		"http://localhost$2"
}

over_tcp() # AUTHORIZATION METHOD PATH [BODY]
{
	request -X "$2" ${1:+-H "Authorization: $1"} ${4:+-d "$4"} \
		-H 'Content-Type: application/json' "$TCP$3"
}

# credential METHOD PATH [MUNGE-OPTION]...: as the user of as.
credential()
{
	local payload="$1 $2"

	shift 2
	printf 'Munge %s' "$(printf %s "$payload" |
		"${AS[@]}" munge -S "$MUNGE_SOCKET" "$@")"
}

# answered STATUS NAME
answered()
{
	is "$STATUS" "$1" "$2" || { diag "$BODY"; return 1; }
}

# What changes when anything happens to a lease or link.
state() { agent GET /v1/state | json .generation; }

until_go=$(job_script <<'X'
srun true
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
mine=$(submit alice -N4 --optical-bw=400G "$until_go")
other=$(submit bob -N4 --optical-bw=400G "$until_go")
for job in $mine $other; do
	ok "a job with a circuit runs" wait_job "$job" RUNNING
	ok "its lease is ACTIVE" wait_for 20 "[ \"\$(lease_of $job state)\" = ACTIVE ]"
done
mine_id=$(lease_of "$mine" id) other_id=$(lease_of "$other" id)
new_id=00112233445566778899aabbccddeeff
# a lease that the cluster could hold
new=$(agent GET "/v1/leases/$mine_id" | perl -MJSON::PP -e '
	my $l = decode_json(join "", <STDIN>);
	$l->{id} = $ARGV[0];
	$l->{job_id} = 900000;
	delete @$l{qw(reservation blame cause held_ms committed_ms active_ms
		ended_ms gone_ms state)};
	$_ = { map { my $k = $_; ($k => $l->{circuits}[0]{$k}) }
		qw(a z requested_bps granted_bps max_latency_us) } for $l->{circuits}[0];
	print encode_json($l)' $new_id)
mine_body=$(agent GET "/v1/leases/$mine_id")

# ---- over the Unix socket: the kernel says who asks
as alice
over_unix GET /v1/ping
is "$(json .role <<<"$BODY") $(json .user <<<"$BODY")" "user ocsalice" "unix: alice is a user"
was=$(state)
for id in "$mine_id" "$other_id"; do
	for why in job operator reconcile; do
		over_unix DELETE "/v1/leases/$id?why=$why&controller_epoch=999999999"
		answered 403 "unix: a user can't release ($why)"
	done
done
over_unix POST /v1/leases "$new"
answered 403 "unix: a user can't hold"
is "$(json .code <<<"$BODY")" denied "unix: the problem's code"
like "$HEADERS" 'application/problem\+json' "unix: as a problem document"
over_unix POST "/v1/leases/$mine_id/commit" "$mine_body"
answered 403 "unix: a user can't commit the own job's lease"
over_unix POST "/v1/leases/$new_id/commit" "$new"
answered 403 "unix: nor one that is not held"
over_unix POST /v1/clusters/alpha/epoch '{}'
answered 403 "unix: a user can't take control of a cluster"
over_unix POST /v1/clusters/alpha/confirm '{}'
answered 403 "unix: a user can't confirm removals"
over_unix POST /v1/sim/faults '{"link":"*","fault":"cut","count":1}'
answered 403 "unix: a user can't cut links"
over_unix DELETE "/v1/leases/$new_id?why=operator"
like "$STATUS" '^40[34]$' "unix: a user can't forbid an id of the future"
is "$(state)" "$was" "unix: nothing has changed"

over_unix GET "/v1/leases/$other_id"
like "$STATUS" '^40[34]$' "unix: a user can't see another's lease"
over_unix GET "/v1/leases/$other_id/events"
like "$STATUS" '^40[34]$' "unix: nor what happened to it"
over_unix GET '/v1/leases?all=1'
is "$(grep -oE '"id": *"[0-9a-f]{32}"' <<<"$BODY" | grep -oE '[0-9a-f]{32}')" "$mine_id" \
	"unix: a user's list has the own lease only"
over_unix GET /v1/state
is "$(json .leases <<<"$BODY") $(json .leases.0.id <<<"$BODY")" "1 $mine_id" "unix: so has the state"
unlike "$BODY" par-lyo "unix: no link's name is told to users"

# ---- opticalctl, as a user types it
for id in "$mine_id" "$other_id"; do
	out=$(OPTICALD_URL=unix:$SOCK as_user alice opticalctl release "$id" 2>&1)
	is $? 4 "opticalctl release: exit status 4"
	like "$out" '^opticalctl: .' "opticalctl: says why"
done
out=$(OPTICALD_URL=unix:$SOCK as_user alice opticalctl confirm alpha 2>&1)
is $? 4 "opticalctl confirm: exit status 4"
out=$(OPTICALD_URL=unix:$SOCK as_user alice opticalctl sim fault cut par-lyo 2>&1)
is $? 4 "opticalctl sim fault: exit status 4"
out=$(OPTICALD_URL=$TCP as_user alice opticalctl release "$mine_id" 2>&1)
is $? 4 "opticalctl release over TCP: exit status 4" || diag "$out"
is "$(OPTICALD_URL=unix:$SOCK as_user alice opticalctl -Ph leases | wc -l)" 1 "opticalctl leases: the own one"
is "$(lease_of "$mine" state) $(lease_of "$other" state)" "ACTIVE ACTIVE" "both leases are as they were"

# ---- the same requests by the cluster's own user are taken
as slurm
epoch=$(json .controller_epoch <<<"$mine_body")
over_unix POST /v1/leases "${new/\"controller_epoch\":$epoch/\"controller_epoch\":$((epoch - 1))}"
is "$STATUS $(json .code <<<"$BODY")" "409 stale" "an older controller of the cluster can't hold"
over_unix POST /v1/leases "$new"
answered 201 "the cluster's user may hold"
over_unix POST "/v1/leases/$new_id/commit" "$new"
answered 202 "and commit"
over_unix DELETE "/v1/leases/$new_id?why=job&controller_epoch=$epoch"
like "$STATUS" '^20[02]$' "and release" || diag "$BODY"

# ---- TCP: who can't say who they are get nothing
as alice
was=$(state)
while read -r method path; do
	over_tcp '' "$method" "$path" "$([ "$method" != POST ] || echo "$new")"
	answered 401 "tcp: $method ${path%%\?*} without credential"
done <<X
GET /v1/ping
GET /v1/state
GET /v1/leases?all=1
GET /v1/leases/$mine_id
GET /v1/leases/$mine_id/events
POST /v1/leases
POST /v1/leases/$mine_id/commit
DELETE /v1/leases/$mine_id?why=operator
POST /v1/clusters/alpha/epoch
POST /v1/clusters/alpha/confirm
POST /v1/sim/faults
GET /v1/sim/faults
POST /v1/sessions
X
like "$HEADERS" 'WWW-Authenticate: Munge' "tcp: 401 says what it wants"
is "$(json .code <<<"$BODY")" unauth "tcp: the problem's code"

# bad AUTHORIZATION NAME
bad()
{
	over_tcp "$1" GET /v1/ping
	answered 401 "tcp: $2"
}
bad "Munge" "an empty credential"
bad "Munge MUNGE:AwQDAAA=:" "a made-up credential"
bad "Basic cm9vdDo=" "another scheme"
bad "Bearer 00112233445566778899aabbccddeeff" "a made-up token"
bad "Bearer" "an empty token"
cred=$(credential GET /v1/state)
bad "$cred" "a credential for another path"
cred=$(credential POST /v1/ping)
bad "$cred" "a credential for another method"
cred=$(credential GET '/v1/ping?x=1')
bad "$cred" "a credential for another query"
cred=$(credential GET /v1/ping)
middle=$((${#cred} / 2))
[ "${cred:middle:1}" = A ] && letter=B || letter=A
bad "${cred:0:middle}$letter${cred:middle+1}" "a tampered credential"

cred=$(credential GET /v1/ping)
over_tcp "$cred" GET /v1/ping
answered 200 "tcp: a right credential"
is "$(json .role <<<"$BODY") $(json .user <<<"$BODY")" "user ocsalice" "tcp: is the user's"
bad "$cred" "the same credential again"
cred=$(as root; credential GET /v1/ping)
over_tcp "$cred" GET /v1/ping
is "$(json .role <<<"$BODY")" operator "tcp: root's is an operator's"
bad "$cred" "the same credential again, of an operator"

# munge itself says when one as old as ours has expired (15)
cred=$(credential GET /v1/ping --ttl=1)
witness=$("${AS[@]}" munge -S "$MUNGE_SOCKET" --ttl=1 -n)
ok "a credential expires" wait_for 10 \
	"unmunge -n -S $MUNGE_SOCKET <<<$witness; [ \$? = 15 ]"
bad "$cred" "an expired credential"

# a munged with another key
mkdir "$D/foreign"
head -c 128 /dev/urandom >"$D/foreign/key"
chown -R munge: "$D/foreign"
chmod 0400 "$D/foreign/key"
setpriv --reuid munge --regid munge --clear-groups munged --foreground \
	--key-file="$D/foreign/key" --socket="$D/foreign/sock" --num-threads=1 \
	--pid-file="$D/foreign/pid" --seed-file="$D/foreign/seed" --log-file="$D/foreign/log" \
	</dev/null >/dev/null 2>&1 &
foreign=$!
at_exit "kill $foreign 2>/dev/null; wait $foreign 2>/dev/null"
ok "another munged answers" wait_for 10 "munge -n -S $D/foreign/sock"
bad "Munge $(printf 'GET /v1/ping' | munge -S "$D/foreign/sock")" "a credential of another key"
kill $foreign

# ---- sessions
cred=$(credential POST /v1/sessions)
over_tcp "$cred" POST /v1/sessions '{}'
like "$STATUS" '^20[01]$' "tcp: a credential buys a session" || diag "$BODY"
token=$(json .token <<<"$BODY")
over_tcp "Bearer $token" GET /v1/ping
answered 200 "tcp: its token is taken"
is "$(json .role <<<"$BODY")" user "tcp: as the user's"
over_tcp "Bearer $token" DELETE "/v1/leases/$mine_id?why=operator"
answered 403 "tcp: a user's session can't release"
over_tcp "Bearer $token" POST /v1/leases "$new"
answered 403 "tcp: nor hold"
over_tcp "Bearer $token" POST "/v1/leases/$mine_id/commit" "$mine_body"
answered 403 "tcp: nor commit"
over_tcp "Bearer ${token}0" GET /v1/ping
answered 401 "tcp: a token that is too long"
over_tcp "Bearer ${token%?}" GET /v1/ping
answered 401 "tcp: one that is too short"
cred=$(credential DELETE "/v1/leases/$mine_id?why=operator")
over_tcp "$cred" DELETE "/v1/leases/$mine_id?why=operator"
answered 403 "tcp: a user's credential can't release"
over_tcp "Munge $token" GET /v1/ping
answered 401 "tcp: a token is no credential"
is "$(state)" "$was" "tcp: nothing has changed"

# ---- the select plugin in clients and slurmd
PLUGIN=$(find "$OCS_INST" -name select_cons_tres_optical.so)
is "$(readelf -d "$PLUGIN" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | xargs)" libc.so.6 \
	"the select plugin needs libc only"

# What must not be touched, in a trace of files and network.
touched() { grep -E 'optical\.conf|libocs|opticald\.sock|htons\('"$PORT"'\)' "$1"; }
TRACE=(strace -f -qq -e 'trace=%file,%network' -s 256 -o)
ok "the trace would show the agent's port" eval \
	"OPTICALD_URL=$TCP ${TRACE[*]} $D/work/ctl.trace opticalctl ping && touched $D/work/ctl.trace"

# Which programs of this Slurm load every select plugin.
if slurm_since 25.05; then
	LOADERS=
elif slurm_since 24.11; then
	LOADERS="sinfo scontrol slurmd"
else
	LOADERS="sinfo squeue scontrol sbatch srun salloc slurmd"
fi
loaded() { [[ " $LOADERS " == *" $1 "* ]] && echo some || echo 0; }
loads() # PROGRAM TRACE
{
	local load='open.*select_cons_tres_optical.so.* = [0-9]'

	if [ "$(loaded "$1")" = some ]; then
		ok "$1 has loaded the select plugin" grep -E "$load" "$2"
	else
		is "$(grep -E "$load" "$2")" "" "$1 of Slurm $(slurm_version) has not loaded the select plugin"
	fi
}

traced() # NAME COMMAND...
{
	local t=$D/work/trace.$1

	as_user alice "${TRACE[@]}" "$t" "$@" >"$t.out" 2>&1
	is $? 0 "$1 succeeds under strace" || diag "$(tail -n 5 "$t.out")"
	loads "$1" "$t"
	is "$(touched "$t")" "" "$1 opens nothing for it"
}
traced sinfo
traced squeue
traced scontrol show nodes
traced sbatch -N1 -o /dev/null --wrap true
traced srun -N1 true
traced sbatch -N4 --optical-bw=400G -o /dev/null --wrap true
traced salloc -N4 --optical-bw=400G srun true

# slurmd from its start, and slurmstepd with a job that has a circuit
for job in $mine $other; do
	touch "$D/work/go.$job"
	ok "the job before completes" wait_job "$job" COMPLETED
done
ok "all others, too" wait_for 30 "squeue -h | wc -l | grep -x 0"
t=$D/log/slurmd.trace
printf '%q ' strace -D -f -qq -s 256 -e 'trace=%file,%network' -o "$t" \
	slurmd -D -N par002 >"$D/run/slurmd.par002.cmd"
ok "slurmd starts under strace" restart_one slurmd par002
job=$(submit alice -N4 --optical-bw=400G --wrap 'srun -l bash -c "echo $OPTICAL_CIRCUITS"')
ok "a job with a circuit runs there" wait_job "$job" COMPLETED
is "$(grep -cE "(paris-lyon|lyon-paris):400G" <"$D/work/$job.out")" 4 "with its four tasks" || diag "$(cat "$D/work/$job.out")"
loads slurmd "$t"
ok "the trace has slurmstepd, too" grep -E 'execve\(.*slurmstepd' "$t"
is "$(touched "$t")" "" "slurmd and slurmstepd open nothing for it"
pid=$(pid_of slurmd par002)
is "$(readlink "/proc/$pid/exe")" "$(readlink -f "$(command -v slurmd)")" "slurmd is what runs"
is "$(grep -oE 'lib(ocs|curl|microhttpd|sqlite)[^ ]*' "/proc/$pid/maps" | sort -u)" "" \
	"slurmd has neither libocs nor libcurl"
is "$(grep -c select_cons_tres_optical.so "/proc/$pid/maps" | sed 's/[1-9].*/some/')" "$(loaded slurmd)" \
	"and the select plugin where this Slurm loads it"
ok "slurmctld has libocs" grep -F libocs.so "/proc/$(pid_of slurmctld)/maps"
is "$(grep -oE 'lib(curl|gnutls|ssl|ocs-https)[^ ]*' "/proc/$(pid_of slurmctld)/maps" | sort -u)" "" \
	"without libcurl, of which a Unix socket has no need"

# ---- operators may
job=$(submit alice -N4 --optical-bw=400G "$until_go")
ok "a last job runs" wait_job "$job" RUNNING
id=$(lease_of "$job" id)
ok "an operator may release its lease" opticalctl release "$id"
ok "it goes" wait_for 10 "[ \"\$(lease_of $job state)\" = GONE ]"
touch "$D/work/go.$job"
ok "the job completes all the same" wait_job "$job" COMPLETED

cluster_stop_ok
done_testing
