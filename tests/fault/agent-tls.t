#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald over TLS: a certificate is its cluster and only its cluster; what is
# foreign, expired, early, revoked or made for something else is nobody, and is
# logged once a cause.
# shellcheck disable=SC2016,SC2034
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
# shellcheck source=tests/lib/certs.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/certs.sh"

command -v munged >/dev/null || skip_all "no munged"
[ "$(id -u)" = 0 ] || skip_all "only root can be several users"

# check LINE...: opticald --check of TLS and LINEs; sets OUT, ERR, RC
check()
{
	agent_conf "$FAST" "$@"
	OUT=$("$AGENT" -f "$D/opticald.conf" --check 2>"$D/err")
	RC=$?
	ERR=$(<"$D/err")
}

# tls CERT METHOD PATH [HEADER [BODY [CURL-OPTION...]]]: CERT is a file's name
# below $D without .pem, "" for none; sets STATUS and BODY
tls()
{
	local cert=$1 method=$2 path=$3 header=${4-} body=${5-}

	shift $(($# < 5 ? $# : 5))
	: >"$D/body"
	STATUS=$(curl -s -o "$D/body" -w '%{http_code}' \
		--cacert "$D/ca/ca.pem" \
		${cert:+--cert "$D/$cert.pem" --key "$D/$cert.key"} \
		-X "$method" ${header:+-H "$header"} \
		${body:+--data-binary "$body"} -m 30 "$@" \
		"https://127.0.0.1:$PORT$path" 2>"$D/err")
	BODY=$(<"$D/body")
}
cred()
{
	local payload=$1

	shift
	printf %s "$payload" | munge -S "$D/munge/sock" "$@"
}
# refused NAME CERT TEXT: it is nobody, told why, and logged once
refused()
{
	tls "$2" GET /v1/ping
	is "$STATUS $(field .code)" "401 unauth" "$1: refused"
	like "$(field .detail)" "$3" "$1: we are told why"
	tls "$2" GET /v1/state
	tls "$2" POST /v1/leases '' "$(lease 90 400 paris-lyon)"
	is "$STATUS" 401 "$1: for every request"
	tls "$2" GET /v1/ping "Authorization: Munge $(cred 'GET /v1/ping')"
	is "$STATUS" 401 "$1: and munge does not make up for it"
	is "$(grep -c "event=unauthenticated cause=\"[^\"]*$3" "$D/log")" 1 \
		"$1: logged once"
}

certs_ca "$D/ca" || bail "openssl: $(cat "$D/ca/err")"
certs_ca "$D/foreign"
certs_make "$D/ca" server opticald 'DNS:localhost,IP:127.0.0.1' serverAuth ||
	bail "openssl: $(cat "$D/ca/err")"
certs_make "$D/ca" alpha 'Slurm of alpha' 'DNS:alpha.example' clientAuth
certs_make "$D/ca" beta beta.example '' clientAuth
certs_make "$D/ca" noc noc.example '' clientAuth
certs_make "$D/ca" unbound unbound.example '' clientAuth
certs_make "$D/ca" past alpha.example '' clientAuth '3 days ago' '1 day ago'
certs_make "$D/ca" early alpha.example '' clientAuth '2 days' '9 days'
certs_make "$D/ca" purpose alpha.example '' serverAuth
certs_make "$D/ca" lost beta.example 'DNS:beta.example' clientAuth
certs_make "$D/ca" soon localhost 'IP:127.0.0.1' serverAuth '3 days ago' '100 hours'
certs_make "$D/foreign" alpha alpha.example 'DNS:alpha.example' clientAuth
chmod 711 "$D"

# what --check says before anything runs
PAIR="TlsCert=$D/ca/server.pem TlsKey=$D/ca/server.key"
check "Listen=0.0.0.0:0"
is $RC 2 "beyond loopback without TLS: refused"
like "$ERR" 'opticald.conf:[0-9]+: TCP beyond loopback .* TlsCert=' \
	"with file, line and what is needed"
check "Listen=0.0.0.0:0" "$PAIR"
is "$RC $ERR" "0 " "with it: taken"
check "$PAIR" "Cluster=gamma Certificate=x"
like "$RC $ERR" '^2 .*conf:[0-9]+: Certificate= needs TlsClientCA=' \
	"a binding that nothing verifies"
check "TlsCert=$D/ca/none.pem TlsKey=$D/ca/server.key"
like "$RC $ERR" '^2 .*conf:[0-9]+: TlsCert=.*No such file' "no certificate"
check "TlsCert=$D/ca/server.pem" "TlsKey=$D/ca/alpha.key"
like "$RC $ERR" '^2 .*conf:15: TlsKey=.*not the key of the certificate' \
	"another's key"
check "TlsCert=$D/ca/server.key TlsKey=$D/ca/server.key"
like "$RC $ERR" '^2 .*TlsCert=.*no certificate in PEM' "a key as certificate"
chmod 640 "$D/ca/server.key"
check "$PAIR"
like "$RC $ERR" '^2 .*TlsKey=.*others may read it .mode 0640.' \
	"a key that a group may read"
timeout 20 "$AGENT" -f "$D/opticald.conf" 2>>"$D/log" </dev/null
is $? 1 "with that it does not start either"
chmod 600 "$D/ca/server.key"
check "TlsCert=$D/ca/past.pem TlsKey=$D/ca/past.key"
like "$RC $ERR" '^2 .*TlsCert=.*it expired on 20' "an expired certificate"
check "TlsCert=$D/ca/early.pem TlsKey=$D/ca/early.key"
like "$RC $ERR" '^2 .*TlsCert=.*not valid before 20' "one that is early"
check "TlsCert=$D/ca/soon.pem TlsKey=$D/ca/soon.key"
like "$RC $ERR" '^0 .*warning: .*conf:[0-9]+: TlsCert=.*expires on .*, in 4 days' \
	"one that ends soon: days left"
check "$PAIR" "TlsClientCA=$D/ca/server.key"
like "$RC $ERR" '^2 .*TlsClientCA=.*no certificate in PEM' "no authority in it"
check "$PAIR" "TlsClientCA=$D/ca/ca.pem TlsCRL=$D/ca/ca.pem"
like "$RC $ERR" '^2 .*TlsCRL=.*no list' "no list of the revoked in it"

munged_start "$D/munge" || bail "munged: $(cat "$D/munge/err")"
munged_start "$D/other" || bail "munged: $(cat "$D/other/err")"
certs_crl "$D/ca" || bail "openssl: $(cat "$D/ca/err")"
check "Listen=0.0.0.0:0" "$PAIR" "TlsClientCA=$D/ca/ca.pem" \
	"TlsCRL=$D/ca/crl.pem" "MungeSocket=$D/munge/sock" \
	"Operator=games Certificate=noc.example" "Cluster=delta Certificate=delta"
is "$RC $ERR" "0 " "all of it is taken"
sed -i '/^Cluster=alpha/s/$/ Certificate=alpha.example/; /^Cluster=beta/s/$/ Certificate=beta.example/' \
	"$D/opticald.conf"
starts "the agent starts"
wait_for 5 'grep -q "at=0.0.0.0:.* tls=yes" "$D/log"'
PORT=$(sed -n 's/.*event=listening at=0.0.0.0:\([0-9]*\) .*/\1/p' "$D/log")

# a certificate is its cluster
tls ca/alpha GET /v1/ping
is "$STATUS $(field .role) $(field .user) $(field .clusters[0]) $(field .clusters.#)" \
	"200 cluster daemon alpha 1" "alpha, by the certificate's DNS name"
tls ca/beta GET /v1/ping
is "$STATUS $(field .role) $(field .clusters[0])" "200 cluster beta" \
	"beta, by its common name"
tls ca/noc GET /v1/ping
is "$STATUS $(field .role) $(field .user)" "200 operator games" "an operator"
tls ca/alpha POST /v1/leases '' "$(lease 1 400 paris-lyon)"
is "$STATUS $(field .state)" "201 HELD" "it holds"
tls ca/beta POST "/v1/leases/$(lid 1)/commit" '' "$(lease 1 400 paris-lyon)"
is "$STATUS" 403 "another cluster can't commit that"
tls ca/beta DELETE "/v1/leases/$(lid 1)?why=job&controller_epoch=0"
is "$STATUS" 403 "nor release it"
tls ca/beta POST /v1/leases '' "$(lease 2 400 paris-lyon)"
is "$STATUS" 403 "nor hold in its name"
tls ca/beta POST /v1/clusters/alpha/epoch '' '{"controller_epoch":7}'
is "$STATUS" 403 "nor write an epoch"
tls ca/beta GET /v1/state
is "$(field .leases.#)" 0 "nor see it"
tls ca/alpha POST /v1/sim/faults '' '{"link":"*","fault":"recover"}'
is "$STATUS" 403 "a cluster is no operator"
tls ca/alpha POST /v1/sessions
is "$STATUS" 403 "a certificate buys no session that outlives it"
tls ca/alpha GET "/v1/state?since=$(tls ca/alpha GET /v1/state; field .generation)&wait=1"
is "$STATUS" 200 "a request that waits"
STATUS=$(curl -s -o /dev/null -o /dev/null -w '%{http_code}:%{num_connects} ' \
	--cacert "$D/ca/ca.pem" --cert "$D/ca/alpha.pem" \
	--key "$D/ca/alpha.key" -m 30 "https://127.0.0.1:$PORT/v1/ping" \
	"https://127.0.0.1:$PORT/v1/state")
is "$STATUS" "200:1 200:0 " "connections are kept"

# certificates that are no good
refused foreign foreign/alpha 'not from an authority'
refused expired ca/past 'is expired'
refused early ca/early 'not valid yet'
refused "another purpose" ca/purpose 'not for TLS clients'

# none, or one that is bound to nothing: munge
tls '' GET /v1/ping
is "$STATUS $(field .code)" "401 unauth" "no certificate: nobody"
tls '' GET /v1/ping "Authorization: Munge $(cred 'GET /v1/ping')"
is "$STATUS $(field .role)" "200 operator" "munge"
tls ca/unbound GET /v1/ping
is "$STATUS" 401 "a certificate that is bound to nothing is nobody"
like "$(field .detail)" 'no Certificate= has one of its names' "and told so"
tls ca/unbound GET /v1/ping "Authorization: Munge $(cred 'GET /v1/ping')"
is "$STATUS $(field .role)" "200 operator" "munge with it"
C=$(printf 'GET /v1/ping' | setpriv --reuid "$(id -u nobody)" \
	--regid "$(id -g nobody)" --clear-groups munge -S "$D/munge/sock")
tls ca/alpha GET /v1/ping "Authorization: Munge $C"
is "$STATUS $(field .role)" "200 user" "a credential counts before a certificate"
tls '' GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 401 "replayed, it does not"
tls ca/alpha GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 401 "and no certificate makes up for it"
tls '' GET /v1/ping "Authorization: Munge $(printf 'GET /v1/ping' | munge -S "$D/other/sock")"
is "$STATUS" 401 "a foreign key's credential"
tls '' GET /v1/ping 'Authorization: Bearer 0123456789abcdef0123456789abcdef'
is "$STATUS" 401 "a session that is none"
tls '' POST /v1/sessions "Authorization: Munge $(cred 'POST /v1/sessions')"
TOKEN=$(field .token)
tls '' GET /v1/ping "Authorization: Bearer $TOKEN"
is "$STATUS $(field .role)" "200 operator" "a session"
for cause in 'no credential' 'Certificate= has one' 'used before' \
	'not valid here' 'session is not known'; do
	is "$(grep -c "event=unauthenticated cause=\"[^\"]*$cause.*from=\"127.0.0.1\"" "$D/log")" 1 \
		"logged once: $cause"
done

# no other protocol
STATUS=$(curl -s -o "$D/body" -w '%{http_code}' -m 30 "http://127.0.0.1:$PORT/v1/ping")
is "$STATUS" 000 "plain HTTP gets no answer"
wait_for 5 'grep -q "ended before its first request" "$D/log"'
ok "which is logged" grep -q 'event=unauthenticated cause="a connection to a TLS port.*from="127.0.0.1"' "$D/log"
tls ca/alpha GET /v1/ping '' '' --tls-max 1.2
is "$STATUS" 200 "TLS 1.2"
handshake()
{
	openssl s_client -connect "127.0.0.1:$PORT" "$1" -quiet -no_ign_eof \
		-cipher DEFAULT@SECLEVEL=0 </dev/null
}
ok "with the weakest of ciphers" handshake -tls1_2
not_ok "TLS 1.1 is refused" handshake -tls1_1
tls ca/alpha GET /v1/ping '' '' --cacert "$D/foreign/ca.pem"
is "$STATUS" 000 "who trusts another authority does not talk with us"

# a connection that is open when its certificate is revoked
coproc CLIENT { exec openssl s_client -quiet -CAfile "$D/ca/ca.pem" \
	-cert "$D/ca/lost.pem" -key "$D/ca/lost.key" \
	-connect "127.0.0.1:$PORT" 2>"$D/client.err"; }
exec {SAY}>&"${CLIENT[1]}" {HEAR}<&"${CLIENT[0]}"
PID=$CLIENT_PID
# ask: one request over it; sets LINE to the status line
ask()
{
	local line bytes=0

	LINE=
	printf 'GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n' >&"$SAY"
	while read -t 20 -r line <&"$HEAR" && [ "${line%$'\r'}" ]; do
		[[ $line != HTTP/1.1* ]] || LINE=${line%$'\r'}
		[[ $line != Content-Length:* ]] || bytes=${line//[^0-9]/}
	done
	read -t 20 -r -N "$bytes" line <&"$HEAR"	# the body
}
ask
is "$LINE" "HTTP/1.1 200 OK" "a connection is open"
{ certs_revoke "$D/ca" lost && certs_crl "$D/ca"; } || diag "$(cat "$D/ca/err")"
kill -HUP "$AGENT_PID"
ok "SIGHUP" wait_for 10 'grep -q "event=reload result=ok" "$D/log"'
ask
like "$LINE" "HTTP/1.1 401" "its certificate is revoked: refused at once"
exec {SAY}>&- {HEAR}<&-
wait "$PID" 2>/dev/null
tls ca/lost GET /v1/ping
is "$STATUS $(field .code)" "401 unauth" "and again"
like "$(field .detail)" 'is revoked' "we are told why"
tls ca/beta GET /v1/ping
is "$STATUS" 200 "the other one of that name is as good as before"

# other files at SIGHUP
reloads=1
hup()
{
	kill -HUP "$AGENT_PID"
	wait_for 10 '[ "$(grep -c "event=reload result='"$1"'" "$D/log")" = '"$2"' ]'
}
cp "$D/opticald.conf" "$D/good.conf"
chmod 644 "$D/ca/server.key"
ok "a key that others may read is not taken at SIGHUP" hup refused 1
chmod 600 "$D/ca/server.key"
sed -i '/^TlsC/d; /^Listen=0/d; s/ Certificate=.*//; /^Cluster=delta/d' "$D/opticald.conf"
ok "nor is no TLS" hup refused 2
tls ca/alpha GET /v1/ping
is "$STATUS" 200 "all is as it was"
sed "s,TlsClientCA=.*,TlsClientCA=$D/foreign/ca.pem,; /^TlsCRL/d; s,ca/server,ca/soon,g" \
	"$D/good.conf" >"$D/opticald.conf"
ok "other files are" hup ok $((++reloads))
like "$(grep 'event=certificate' "$D/log")" 'warning=.*expires on' \
	"with a warning when the certificate ends soon"
OUT=$(openssl s_client -connect "127.0.0.1:$PORT" </dev/null 2>/dev/null |
	openssl x509 -noout -subject)
like "$OUT" 'localhost' "our own certificate is the new one"
tls foreign/alpha GET /v1/ping
is "$STATUS $(field .clusters[0])" "200 alpha" "who was foreign is not"
tls ca/noc GET /v1/ping
is "$STATUS" 401 "and the other way round"

# an old list of the revoked stops all
certs_crl "$D/ca" -crlsec 1
T=$(date +%s)
wait_for 20 '[ "$(date +%s)" -gt $((T + 2)) ]'
cp "$D/good.conf" "$D/opticald.conf"
OUT=$("$AGENT" -f "$D/opticald.conf" --check 2>&1)
like "$? $OUT" 'TlsCRL=.*its update was due on' "--check names an old list"
ok "SIGHUP" hup ok $((++reloads))
tls ca/noc GET /v1/ping
is "$STATUS" 401 "while it is old no certificate is taken"
like "$(field .detail)" 'out of date' "and we are told why"
req GET /v1/ping
is "$STATUS" 200 "the Unix socket does not care"

# opticalctl
sed "s/^TlsCRL.*//; s, TlsCRL=.*,," "$D/good.conf" >"$D/opticald.conf"
ok "SIGHUP" hup ok $((++reloads))
export SLURM_CONF=$D/slurm.conf
{
	echo "AgentURL=https://127.0.0.1:$PORT AgentCA=$D/ca/ca.pem"
	echo "AgentCert=$D/ca/alpha.pem AgentKey=$D/ca/alpha.key"
	echo "MungeSocket=$D/munge/sock"
	echo "SiteName=paris Nodes=par1"
} >"$D/optical.conf"
CTL=${OCS_BUILDDIR}/cli/opticalctl
like "$("$CTL" ping 2>&1)" 'cluster.*alpha' "opticalctl: the cluster's certificate"
like "$(OPTICALD_CERT=$D/ca/noc.pem OPTICALD_KEY=$D/ca/noc.key "$CTL" ping 2>&1)" \
	'operator' "another by the environment"
like "$("$CTL" ping --cert="$D/ca/noc.pem" --key="$D/ca/noc.key" 2>&1)" 'operator' \
	"or by options"
like "$("$CTL" ping --cert="$D/ca/noc.pem" 2>&1; echo $?)" \
	'cert and --key need each other.*2$' "both or none"
like "$(OPTICALD_URL=https://localhost:$PORT "$CTL" ping 2>&1)" 'alpha' "a host's name"
like "$("$CTL" ping --cert="$D/ca/unbound.pem" --key="$D/ca/unbound.key" 2>&1)" \
	'operator' "one that is bound to nothing: munge"
like "$("$CTL" ping --ca="$D/foreign/ca.pem" 2>&1; echo $?)" 'certificate.*3$' \
	"an agent of another authority"
like "$(OPTICALD_URL=https://127.0.0.2:$PORT "$CTL" ping 2>&1; echo $?)" \
	'no answer.*3$' "an agent that is not the one of its certificate"
chmod 640 "$D/ca/alpha.key"
like "$("$CTL" ping 2>&1; echo $?)" 'AgentKey=.*others may read it.*4$' \
	"a key that others may read"
chmod 600 "$D/ca/alpha.key"
chmod 755 "$D" "$D/ca"
like "$(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups \
	"$CTL" ping 2>&1)" 'nobody.*user|user.*nobody' \
	"who may not read the key comes by munge"

# secrets
KEYS=$(cat "$D"/ca/*.key | grep -v -- ----- | cut -c 1-40 | sort -u)
not_ok "no key in the log" grep -qF "$KEYS" "$D/log"
unlike "$(<"$D/log")" 'MUNGE:' "no credential in the log"
unlike "$(<"$D/log")" "$TOKEN" "no token in the log"
not_ok "no key on a command line" grep -qF "$KEYS" "/proc/$AGENT_PID/cmdline"
unlike "$(tr '\0' ' ' <"/proc/$AGENT_PID/cmdline")" 'Tls|\.key' \
	"nor where it is"
agent_stop
is $RC 0 "it ends well"
done_testing
