#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Leases page by page: each once, in order, though others come and go.
. "${OCS_SRCDIR:?}/tests/lib/tap.sh"
. "$OCS_SRCDIR/tests/lib/agent.sh"

agent_conf "$FAST" "LinkName=wide A=paris Z=lyon Km=1 Wavelengths=64 Rate=400G"
starts "opticald starts"

# ids of $BODY, as numbers
ids() { grep -oE '"id":"[0-9a-f]{32}"' <<<"$BODY" | sed 's/.*"0*\(.*\)"/\1/' | xargs; }
# pages LIMIT [QUERY]: sets ALL, the ids of all pages, and PAGES
pages()
{
	local next=

	ALL=() PAGES=0
	while :; do
		req GET "/v1/leases?limit=$1${2-}${next:+&after=$next}"
		[ "$STATUS" = 200 ] || return
		# shellcheck disable=SC2207
		ALL+=($(ids))
		PAGES=$((PAGES + 1))
		next=$(field .next)
		[ "$next" != null ] || return 0
		[ $PAGES -lt 100 ] || return
		${BETWEEN:-:}
	done
}

for ((n = 16; n < 32; n++)); do hold $n 1 paris-lyon; done
want=$(printf '%x ' {16..31})
for limit in 1 5 15; do
	pages $limit
	is "${ALL[*]} " "$want" "in pages of $limit: each once, in order"
	is $PAGES $(((16 + limit - 1) / limit)) "in as many pages as it takes"
done
pages 16
is "$PAGES ${#ALL[@]}" "1 16" "one page that is just full is the last"
req GET /v1/leases
is "$(ids) " "$want" "without a limit all"
req GET "/v1/leases?after=$(lid 20)"
is "$(ids)" "$(printf '%x ' {21..31} | sed 's/ $//')" "after one of them"
req GET "/v1/leases?after=$(lid 31)&limit=1"
is "$BODY" '{"leases":[]}' "nothing after the last"

# others come and go meanwhile: 16 to 19 go, 21, 23 ... are new before and
# after where the reader is
churn()
{
	release $((16 + CHURN))
	hold $((100 + CHURN)) 1 paris-lyon
	CHURN=$((CHURN + 1))
}
CHURN=0 BETWEEN=churn
pages 2
BETWEEN=
dup=$(printf '%s\n' "${ALL[@]}" | sort | uniq -d)
is "$dup" "" "none twice while others come and go"
missing=
for ((n = 24; n < 32; n++)); do
	[[ " ${ALL[*]} " == *" $(printf %x $n) "* ]] || missing+=" $n"
done
is "$missing" "" "and none that stays is left out"
is "$(printf '%s\n' "${ALL[@]}" | sort -c 2>&1)" "" "in order still"

# with those that are gone
for ((n = 16; n < 32; n++)); do release $n; done
pages 3 "&all=1"
missing=
for ((n = 16; n < 32; n++)); do
	[[ " ${ALL[*]} " == *" $(printf %x $n) "* ]] || missing+=" $n"
done
is "$missing" "" "all=1: those that are gone, too"
agent_stop
agent_start
pages 3 "&all=1"
is "$(printf '%s\n' "${ALL[@]}" | sort | uniq -d)" "" "after a restart none twice"
pages 3 "&all=1&job_id=17"
is "${ALL[*]}" 11 "of one job"
pages 3 "&cluster=beta"
is "${ALL[*]}" "" "of another cluster"

# a long past: 25,000 copies of one that is gone, of two users
agent_stop
sqlite3 "$D/ledger/ledger.db" "WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL
	SELECT i + 1 FROM n WHERE i < 25999) INSERT INTO leases SELECT
	printf('%032x', i), cluster, job_id, user_id + (i = 25999), user, gbps,
	reservation, held_ms, committed_ms, active_ms, ended_ms, gone_ms - 86400000, fence,
	replace(replace(body, id, printf('%032x', i)), '\"user_id\":1000',
	'\"user_id\":' || (user_id + (i = 25999))) FROM leases, n
	WHERE id = '$(lid 17)'"
starts "with a long past"
CTL=("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" -P -h)
count=$("${CTL[@]}" leases --all | cut -d'|' -f1 | sort -u | wc -l)
ok "all of it is listed, each once: $count" [ "$count" -ge 25016 ]
req GET "/v1/leases?all=1"
like "$(field '.leases.#')" '^100[0-9][0-9]$' \
	"without pages the newest 10,000, and what is there"
if [ "$(id -u)" = 0 ]; then
	sqlite3 "$D/ledger/ledger.db" "UPDATE leases SET user_id = $(id -u nobody),
		body = replace(body, '1001', '$(id -u nobody)')
		WHERE id = '$(lid 25999)'"
	chmod 711 "$D"
	req_as nobody GET "/v1/leases?all=1&limit=10"
	like "$(field '.leases.#') $(field .next)" '^0 0{28}5...$' \
		"a page of what others own is short, not the last"
	req_as nobody GET "/v1/leases?all=1&limit=10&after=$(field .next)"
	is "$(ids) $(field .next)" "658f null" "the own is on the next"
else
	skip "only root can be several users" 2
fi

# refused
for bad in limit=0 limit=10001 limit=x limit=-1 limit= after=x after= \
	"after=$(lid 1)0" "after=0000000000000000000000000000000G"; do
	req GET "/v1/leases?$bad"
	like "$STATUS" '^4(00|22)$' "$bad is refused"
done
agent_stop
is $RC 0 "it ends well"
done_testing
