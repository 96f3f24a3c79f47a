#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald over TCP: munge credentials, made for one request each, and
# sessions; what is replayed, expired, foreign or forged is refused.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

command -v munged >/dev/null || skip_all "no munged"
[ "$(id -u)" = 0 ] || skip_all "only root can be several users"

# tcp METHOD PATH HEADER [BODY]: sets STATUS, BODY and $D/headers
tcp()
{
	local header=$3 body=${4-}

	STATUS=$(curl -s -o "$D/body" -D "$D/headers" -w '%{http_code}' \
		-X "$1" ${header:+-H "$header"} ${body:+--data-binary "$body"} \
		-m 30 "http://127.0.0.1:$PORT$2")
	BODY=$(<"$D/body")
}
# cred PAYLOAD [MUNGE-OPTION...]
cred()
{
	local payload=$1

	shift
	printf %s "$payload" | munge -S "$D/munge/sock" "$@"
}
# with_munge METHOD PATH [BODY]
with_munge()
{
	tcp "$1" "$2" "Authorization: Munge $(cred "$1 $2")" "${3-}"
}

munged_start "$D/munge" || bail "munged: $(cat "$D/munge/err")"
agent_conf "$FAST" "Listen=127.0.0.1:0" "MungeSocket=$D/munge/sock"
starts "the agent starts"
wait_for 5 'grep -q "at=127.0.0.1" "$D/log"'
PORT=$(sed -n 's/.*event=listening at=127.0.0.1:\([0-9]*\)$/\1/p' "$D/log")

tcp GET /v1/ping ''
is "$STATUS $(field .code)" "401 unauth" "nobody unknown"
like "$(<"$D/headers")" 'WWW-Authenticate: Munge' "the answer says how"
tcp POST /v1/leases '' "$(lease 1 400 paris-lyon)"
is "$STATUS" 401 "no body makes up for it"
tcp GET /v1/ping 'Authorization: Basic cm9vdDpyb290'
is "$STATUS" 401 "no other scheme"
tcp GET /v1/ping 'Authorization: Munge'
is "$STATUS" 401 "an empty credential"
tcp GET /v1/ping 'Authorization: Munge MUNGE:nonsense:'
is "$STATUS" 401 "a broken one"

with_munge GET /v1/ping
is "$STATUS $(field .role) $(field .user)" "200 operator root" "munge"
C=$(cred 'GET /v1/ping')
tcp GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 200 "a credential works once"
tcp GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 401 "replayed, it does not"
like "$(field .detail)" 'used before' "and we are told why"
tcp GET /v1/ping "Authorization: Munge $(cred 'GET /v1/state')"
is "$STATUS" 401 "it is for one address"
tcp GET '/v1/leases?all=1' "Authorization: Munge $(cred 'GET /v1/leases')"
is "$STATUS" 401 "query and all"
with_munge GET '/v1/leases?all=1'
is "$STATUS" 200 "with its query"
tcp DELETE /v1/ping "Authorization: Munge $(cred 'GET /v1/ping')"
is "$STATUS" 401 "and one method"
tcp GET /v1/ping "Authorization: Munge $(cred 'GET /v1/pingx')"
is "$STATUS" 401 "not a longer address"
tcp GET /v1/ping "Authorization: Munge $(cred 'GET /v1/pin')"
is "$STATUS" 401 "nor a shorter one"

# expired: munged refuses what was made for 1 s when that is past
C=$(cred 'GET /v1/ping' --ttl 1)
T=$(date +%s)
wait_for 20 '[ "$(date +%s)" -gt $((T + 2)) ]'
tcp GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 401 "an expired one"
like "$(field .detail)" 'expired' "and we are told why"

# another realm's key
munged_start "$D/other" || bail "munged: $(cat "$D/other/err")"
C=$(printf 'GET /v1/ping' | munge -S "$D/other/sock")
tcp GET /v1/ping "Authorization: Munge $C"
is "$STATUS" 401 "a foreign one"
like "$(field .detail)" 'not valid here' "and we are told why"

# another user's credential gives that user's role
chmod 711 "$D"
C=$(printf 'GET /v1/ping' | setpriv --reuid "$(id -u daemon)" \
	--regid "$(id -g daemon)" --clear-groups munge -S "$D/munge/sock")
tcp GET /v1/ping "Authorization: Munge $C"
is "$STATUS $(field .role) $(field .clusters[0])" "200 cluster alpha" "a cluster"

# sessions
with_munge POST /v1/sessions
is "$STATUS" 201 "a session"
TOKEN=$(field .token)
like "$TOKEN" '^[0-9a-f]{32}$' "has a token"
is "$(field .expires_s)" 600 "for 10 min"
tcp GET /v1/ping "Authorization: Bearer $TOKEN"
is "$STATUS $(field .role)" "200 operator" "it works"
tcp GET /v1/ping "Authorization: bearer $TOKEN"
is "$STATUS" 200 "again, and in any case"
tcp POST /v1/leases "Authorization: Bearer $TOKEN" "$(lease 1 400 paris-lyon)"
is "$STATUS $(field .state)" "201 HELD" "for any request"
tcp POST /v1/sessions "Authorization: Bearer $TOKEN"
is "$STATUS" 403 "but not for another session"
tcp GET /v1/ping "Authorization: Bearer ${TOKEN%?}x"
is "$STATUS" 401 "a forged token"
tcp GET /v1/ping "Authorization: Bearer ${TOKEN}0"
is "$STATUS" 401 "a longer one"
tcp GET /v1/ping "Authorization: Bearer "
is "$STATUS" 401 "an empty one"
OTHER=$TOKEN
agent_kill
starts "killed"
PORT=$(sed -n 's/.*event=listening at=127.0.0.1:\([0-9]*\)$/\1/p' "$D/log" | tail -n 1)
tcp GET /v1/ping "Authorization: Bearer $OTHER"
is "$STATUS" 401 "sessions end with the agent"

# roles can be changed while it runs
sed -i 's/^Operator=games/Operator=games,nobody/' "$D/opticald.conf"
echo "Cluster=gamma User=nobody" >>"$D/opticald.conf"
kill -HUP "$AGENT_PID"
ok "SIGHUP" wait_for 10 'grep -q "event=reload result=ok" "$D/log"'
req_as nobody GET /v1/ping
is "$(field .role)" operator "reads operators again"
CLUSTER=gamma hold 2 400 paris-lyon
is "$STATUS" 201 "and clusters"
echo nonsense >>"$D/opticald.conf"
kill -HUP "$AGENT_PID"
ok "a bad file is refused" wait_for 10 'grep -q "event=reload result=refused" "$D/log"'
req_as nobody GET /v1/ping
is "$(field .role)" operator "and changes nothing"

# munged away
munged_stop
tcp GET /v1/ping "Authorization: Munge $OTHER"
is "$STATUS" 401 "without munged nobody comes in over TCP"
req GET /v1/ping
is "$STATUS" 200 "the Unix socket needs none"

for ((n = 0; n < 10; n++)); do tcp GET /v1/ping ''; done
is "$(grep -c 'event=unauthenticated cause="there is no credential' "$D/log")" 2 \
	"each agent logs refusals once per cause"
unlike "$(<"$D/log")" "$OTHER" "no token in the log"
unlike "$(<"$D/log")" 'MUNGE:' "no credential in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
