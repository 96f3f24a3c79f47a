#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What clusters tell of their compute: taken from those that may, bounded,
# shown with its age.
. "${OCS_SRCDIR:?}/tests/lib/tap.sh"
. "$OCS_SRCDIR/tests/lib/agent.sh"

agent_conf "$FAST"
starts "opticald starts"

now_ms() { date +%s%3N; }
# compute SITE TOTAL IDLE [VALID_S [TIME_MS]]: one site's JSON
compute()
{
	printf '%s' '{"sites":[{"name":"'"$1"'","nodes_total":'"$2"',' \
		'"nodes_idle":'"$3"',"gpus":[{"type":"h100","total":' \
		"$((8 * $2)),\"idle\":$((8 * $3))}]}]," \
		'"pending":{"jobs":1,"circuits_bps":400000000000},' \
		'"predicted_starts":[{"start_s":1714557700,"sites":["'"$1"'"],' \
		'"rate_bps":400000000000}],"valid_s":'"${4-60}"',"time_ms":' \
		"${5-$(now_ms)}}"
}
put() { req PUT /v1/clusters/alpha/compute "$1"; }

req GET /v1/compute
is "$STATUS $BODY" '200 {"clusters":[]}' "nothing is known at first"
put "$(compute paris 4 3)"
is "$STATUS" 200 "it is taken"
req GET /v1/compute
is "$(field .clusters[0].cluster) $(field .clusters[0].stale)" "alpha 0" \
	"it is shown"
is "$(field .clusters[0].sites[0].gpus[0].idle)" 24 "with idle GPUs"
is "$(field .clusters[0].pending.circuits_bps)" 400000000000 \
	"with what pending jobs want"
is "$(field .clusters[0].predicted_starts[0].sites[0])" paris \
	"and where they will start"
put "$(compute lyon 1 0)"
req GET /v1/compute
is "$(field '.clusters.#') $(field .clusters[0].sites[0].name)" "1 lyon" \
	"the newest takes its place"
put '{"sites":[{"name":"paris","nodes_total":1,"nodes_idle":1}]}'
is "$STATUS" 200 "time and validity may be left out"
req GET /v1/compute
is "$(field .clusters[0].valid_s)" 60 "it is 60 s then"

# refused
put "$(compute rome 1 1)"
is "$STATUS $(field .code)" "422 range" "a site that the network has not"
like "$(field .detail)" "'rome'" "is named"
put "$(compute paris 1 2)"
is "$STATUS" 422 "more idle than there are"
put "$(compute paris 1 1 60 $(($(now_ms) + 120000)))"
is "$STATUS" 422 "from the future"
put "$(compute paris 1 1 60 $(($(now_ms) - 61000)))"
is "$STATUS" 422 "stale already"
put '{"sites":[]'
is "$STATUS $(field .code)" "400 syntax" "half a document"
put '{"cluster":"beta","sites":[]}'
is "$STATUS" 400 "of another cluster than the address"
req PUT /v1/clusters/gamma/compute "$(compute paris 1 1)"
is "$STATUS $(field .code)" "404 not_found" "a cluster that is not there"
req PUT "/v1/clusters/$(printf 'x%.0s' {1..200})/compute" '{"sites":[]}'
is "$STATUS" 404 "nor one with a name too long"
req POST /v1/clusters/alpha/compute '{"sites":[]}' -D "$D/head"
is "$STATUS" 405 "POST is no way to tell"
ok "Allow says PUT" grep -qi '^allow: PUT.$' "$D/head"
req GET /v1/compute
is "$(field .clusters[0].sites[0].nodes_idle)" 1 \
	"what is refused changes nothing"

# age
put "$(compute paris 1 1 1)"
req GET /v1/compute
is "$(field .clusters[0].stale)" 0 "for a second it is good"
ok "then it is stale" wait_for 10 'req GET /v1/compute; [ "$(field .clusters[0].stale)" = 1 ]'
put "$(compute paris 1 1 60 $(($(now_ms) - 40000)))"
req GET /v1/compute
like "$(field .clusters[0].age_s)" '^4[0-9]$' \
	"the age that it had when it came counts"

agent_kill
starts "opticald is killed"
req GET /v1/compute
is "$(field .clusters[0].sites[0].name) $(field .clusters[0].stale)" \
	"paris 0" "what was told is there"
like "$(field .clusters[0].age_s)" '^[45][0-9]$' "and has its age"
agent_stop
sqlite3 "$D/ledger/ledger.db" "UPDATE doc SET json = '{' WHERE kind = 'compute'"
starts "what can't be read is no reason not to start"
req GET /v1/compute
is "$BODY" '{"clusters":[]}' "it is forgotten"
put "$(compute paris 1 1)"
is "$STATUS" 200 "until it is told again"

if [ "$(id -u)" != 0 ]; then
	skip "only root can be several users" 7
	done_testing
	exit
fi
chmod 711 "$D"
req_as bin PUT /v1/clusters/beta/compute "$(compute nice 2 2)"
is "$STATUS" 200 "a cluster tells of itself"
req_as bin PUT /v1/clusters/alpha/compute "$(compute nice 2 2)"
is "$STATUS" 403 "not of others"
req_as bin GET /v1/compute
is "$(field '.clusters.#') $(field .clusters[0].cluster)" "1 beta" \
	"and sees itself alone"
req_as games GET /v1/compute
is "$(field '.clusters.#') $(field .clusters[0].cluster)" "2 alpha" \
	"operators see all, in order of names"
req_as nobody GET /v1/compute
is "$STATUS" 403 "users see none"
req_as nobody PUT /v1/clusters/alpha/compute '{"sites":[]}'
is "$STATUS" 403 "and tell none"
agent_stop
is $RC 0 "it ends well"
done_testing
