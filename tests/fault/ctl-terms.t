#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticalctl: leases in time, drains, maintenance windows, what-if, compute and
# measurements, against a real agent. Needs no Slurm.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

CTL=${OCS_BUILDDIR:?}/cli/opticalctl
export OPTICALD_URL=unix:$D/sock SLURM_CONF=$D/slurm.conf TZ=UTC
unset NO_COLOR
# run ARGUMENT...: sets OUT, ERR, RC
run()
{
	OUT=$("$CTL" "$@" 2>"$D/err")
	RC=$?
	ERR=$(<"$D/err")
}
# usage REGEX NAME ARGUMENT...: a usage error that says what would be right
usage()
{
	local re=$1 name=$2

	shift 2
	run "$@"
	is $RC 2 "$name: usage"
	like "$ERR" "$re" "$name: what is right"
}

# without an agent: what is mistyped is found first
usage 'TIME' "extend without a time" extend "$(lid 1)"
usage "now or \+2h are right" "a bad time" extend "$(lid 1)" tomorrow
usage "whole seconds" "half a second" extend "$(lid 1)" +1.5s
usage "start=TIME, end=TIME" "a bad change" modify "$(lid 1)" colour=red
usage "ends in" "a bad rate" modify "$(lid 1)" rate=400
usage "SITE-SITE:RATE" "a bad circuit" what-if paris:400G
usage "SITE-SITE:RATE" "a circuit without a rate" what-if paris-lyon
usage "a circuit is needed" "no circuit" what-if start=now
usage "no link's name" "a bad link" drain 'par/lyo'
usage "LINK, START and END" "half a window" window add par-lyo now
usage "not after the START" "a window backwards" window add par-lyo +2h now
usage "did you mean 'window list'" "a mistyped action" window lst
usage "no window's id" "a bad window" window del xyz
usage "latency=TIME is needed" "nothing measured" measure "$(lid 1)" loss=0.1
usage "0 to 1 is right" "a bad loss" measure "$(lid 1)" latency=3ms loss=2
usage "is no circuit" "a bad circuit's number" measure "$(lid 1).x"
usage "is no lease id" "a bad lease" modify x rate=1G
run drain par-lyo
is $RC 3 "no agent"
for c in extend modify drain undrain window what-if why measure compute; do
	run "$c" --help
	is $RC 0 "$c --help"
	like "$OUT" "^Usage: opticalctl $c" "$c has help"
	like "$("$CTL" --help)" "  $c " "and stands in the list"
done

agent_conf "$FAST" "LinkName=wide A=paris Z=lyon Km=1000 Wavelengths=1 Rate=400G Granularity=client"
starts "opticald starts"

# what-if
run what-if paris-lyon:400G
is $RC 0 "what-if: it could start"
like "$OUT" "Possible=yes Latency=2274us Start=now" "what-if: at once, how far"
run what-if paris-lyon:9T
is $RC 1 "what-if: it could not"
like "$OUT" "Possible=no Start=never.* Reason=OpticalLink\(" "what-if: what is short"
run what-if paris/lyon:400G:1ms
like "$RC $OUT" "^1 Possible=no.*Reason=OpticalLatency" "what-if: too far"
run --json what-if paris-lyon:400G start=+1h for=2h
like "$RC $OUT" '^0 \{"possible":true,' "what-if: as JSON, later"
run what-if paris-oslo:1G
is $RC 1 "what-if: a site that is not there"
like "$ERR" "oslo" "what-if: is named"

# extend and modify
END=$(($(date +%s) + 3600))
later=$(lease 1 400 paris-lyon)
later=${later/\"end_s\":0/\"start_s\":$((END - 1800)),\"end_s\":$END}
req POST /v1/leases "$later"
req POST "/v1/leases/$(lid 1)/commit" "$later"
run extend "$(lid 1)" +30min
is $RC 0 "extend"
like "$OUT" "WAITING .*End=$(date -d "@$((END + 1800))" +%FT%T).*Version=2" \
	"extend: from the end that it had"
run extend "$(lid 1)" "$(date -d "@$((END + 7200))" +%FT%T)"
get 1
is "$RC $(field .end_s)" "0 $((END + 7200))" "extend: to a time"
run modify "$(lid 1)" start=+45min rate=200G end=+3h
get 1
is "$RC $(field .circuits[0].granted_bps)" "0 200000000000" "modify: rate"
ok "modify: start" [ "$(field .start_s)" -gt $((END - 1000)) ]
run modify "$(lid 1)" rate=200G
like "$RC $OUT" "^0 .*\(as before\)" "modify: it is so already"
run modify "$(lid 1)" end=open
get 1
is "$RC $(field .end_s)" "0 0" "modify: without an end"
run extend "$(lid 1)" +1h
is $RC 1 "extend: there is no end"
like "$ERR" "has no end" "extend: is told"
run modify "$(lid 1)" rate=9T
is $RC 1 "modify: no room"
like "$ERR" 'OpticalLink\(' "modify: what is short"
run modify "$(lid 77)" rate=1G
is $RC 1 "modify: no such lease"

# drains
hold 2 400 paris-lyon
commit 2 400 paris-lyon
until_word 2 ACTIVE
run drain par-lyo new amplifier
is $RC 0 "drain"
like "$OUT" "0000000.*ACTIVE" "drain: who is on it"
run -P -h links
like "$OUT" "par-lyo\|.*\|drained" "drain: the link is drained"
run -P -h drain par-lyo new amplifier
like "$OUT" "^$(lid 2)\|alpha\|2\|anna\|ACTIVE\|" "drain: parsable"
run window list
like "$OUT" "drained +par-lyo .*new amplifier" "window list: drains"
agent_kill
starts "opticald comes back"
run -P -h links
like "$OUT" "par-lyo\|.*\|drained" "drain: over a restart"
run undrain par-lyo
is $RC 0 "undrain"
run -P -h links
like "$OUT" "par-lyo\|.*\|up" "undrain: it is up"
run drain nowhere
is $RC 1 "drain: no such link"

# windows
run window add par-lyo +1h +2h splice at km 12
is $RC 0 "window add"
like "$OUT" "touches" "window add: who is touched"
run -P -h window list
like "$OUT" "^[0-9a-f]{32}\|par-lyo\|.*\|splice at km 12$" "window list"
ID=${OUT%%|*}
FROM=$(cut -d'|' -f3 <<<"$OUT") TO=$(cut -d'|' -f4 <<<"$OUT")
is $(($(date -d "$TO" +%s) - $(date -d "$FROM" +%s))) 7200 \
	"window add: END counts from START"
run --json window list
like "$OUT" '^\{"windows":\[\{"id"' "window list as JSON"
run window del "${ID:0:6}"
is $RC 0 "window del"
run -P -h window list
is "$RC$OUT" 0 "window del: it is gone"
run window del "${ID:0:6}"
is $RC 1 "window del: again"

# measurements
run measure "$(lid 2)"
is $RC 1 "measure: nothing yet"
run measure "$(lid 2)" latency=2.3ms variation=4us loss=1e-9 source=STAMP valid=1min
is $RC 0 "measure"
run measure "$(lid 2).0"
like "$OUT" "Latency=2300us Variation=4us Loss=1e-09 Source=STAMP .*Valid=60s" \
	"measure: what was told"
run measure "$(lid 2)" latency=1us
is $RC 1 "measure: what can't be"
like "$ERR" "light needs" "measure: and why"

# compute
req PUT /v1/clusters/alpha/compute '{"sites":[{"name":"paris","nodes_total":4,
	"nodes_idle":3,"gpus":[{"type":"h100","total":32,"idle":24}]},
	{"name":"lyon","nodes_total":2,"nodes_idle":2}],
	"pending":{"jobs":2,"circuits_bps":800000000000},
	"predicted_starts":[{"start_s":1714557700,"sites":["paris","lyon"],
	"rate_bps":400000000000}]}'
run -P -h compute
like "$OUT" "^alpha\|paris\|4\|3\|h100\|32\|24\|[0-9]+s
alpha\|lyon\|2\|2\|-\|0\|0\|[0-9]+s$" "compute"
run compute
like "$OUT" "alpha +2 +800G +2024-05-01T10:01:40 +paris,lyon" "compute: what waits"
run -P -h -M beta compute
is "$RC$OUT" 0 "compute: of another cluster"

if [ "$(id -u)" = 0 ]; then
	chmod 711 "$D"
	as() { setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --clear-groups "$CTL" "${@:2}" >"$D/out" 2>&1; }
	for c in "drain par-lyo" "undrain par-lyo" "window add par-lyo +1h +2h" \
		"measure $(lid 2) latency=3ms" "window list" compute; do
		# shellcheck disable=SC2086
		as nobody $c
		is $? 4 "users may not: $c"
	done
	as nobody what-if paris-lyon:1G
	is $? 0 "users may ask what-if"
	unlike "$(<"$D/out")" 'par-lyo|wide' "and see no links"
else
	skip "only root can be several users" 8
fi
agent_stop
is $RC 0 "it ends well"
done_testing
