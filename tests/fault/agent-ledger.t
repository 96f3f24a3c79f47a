#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# agent-ledger - schema 1 is migrated, damage and foreign files are refused,
# backups while the agent works, what is long gone leaves
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "$(dirname "$0")/../lib/agent.sh"
L=$D/ledger/ledger.db
opticald() { "$AGENT" -f "$D/opticald.conf" "$@"; }

# body ID: a hold of 100G between paris and lyon
body()
{
	printf '{"id":"%032x","cluster":"alpha","job_id":%d,"user_id":1000,"user":"anna","sites":[{"name":"paris"},{"name":"lyon"}],"circuits":[{"a":"paris","z":"lyon","requested_bps":1000000000}]}' "$1" "$1"
}
put() { curl -s -o "$D/out" -w '%{http_code}' --unix-socket "$D/sock" -X "$1" "http://agent$2" ${3:+-d "$3"}; }
id() { printf %032x "$1"; }
sql() { perl -e 'use DBI' 2>/dev/null; python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for row in db.execute(sys.argv[2]): print(*row)
db.commit()' "$@"; }

agent_conf "$FAST" KeepFinished=2s \
	"LinkName=big A=paris Z=lyon Km=100 Wavelengths=10 Rate=400G Granularity=client"
starts "an empty ledger"
is "$(put POST /v1/leases "$(body 1)")" 201 "held"
is "$(put POST "/v1/leases/$(id 1)/commit" "$(body 1)")" 202 "committed"
is "$(put POST /v1/leases "$(body 2)")" 201 "another held"

# ---- backup while it runs ----
for i in $(seq 100 160); do put POST /v1/leases "$(body "$i")" >/dev/null; done &
load=$!
ok "a backup under load" eval "opticald --backup=$D/copy.db >$D/said"
wait $load
like "$(cat "$D/said")" '^OK .*copy.db: schema [0-9]+, [0-9]+ leases booked' "it says what is in it"
is "$(stat -c %a "$D/copy.db")" 600 "it is private"
is "$(ls "$D" | grep -c 'copy.db.')" 0 "and one file"
ok "again, over the old one" eval "opticald --backup=$D/copy.db >$D/said"
cp "$D/copy.db" "$D/kept.db"
not_ok "not into a directory that there is not" opticald --backup="$D/none/x.db"
ok "the ledger is whole while the agent runs" eval "opticald --check-ledger >$D/said"
like "$(cat "$D/said")" "^OK $L: schema" "which it says"

# ---- what is long gone ----
is "$(put DELETE "/v1/leases/$(id 2)?why=job")" 200 "the second is released"
gone=$(($(date +%s%3N) + 2200))
ok "KeepFinished passes" wait_for 10 "[ \$(date +%s%3N) -gt $gone ]"
agent_stop
starts "again"
ok "after KeepFinished it is out of the ledger" wait_for 10 \
	"[ \"\$(sql $L \"SELECT count(*) FROM leases WHERE id = '$(id 2)'\")\" = 0 ]"
is "$(sql "$L" "SELECT count(*) FROM events WHERE lease = '$(id 2)'")" 0 "with its events"
agent_stop
starts "and again"
is "$(put GET "/v1/leases/$(id 2)")" 404 "nobody knows of it"
is "$(put GET "/v1/leases/$(id 1)")" 200 "of the first they do"
agent_stop

# ---- restore ----
rm -f "$L"*
cp "$D/kept.db" "$L"
starts "from the backup"
is "$(put GET "/v1/leases/$(id 1)")" 200 "what was committed is there"
is "$(put GET "/v1/leases/$(id 160)")" 200 "and what the load had held"
agent_stop

# ---- schema 1 ----
# events: those of the first lease. Each start may add some: the simulated
# network forgets its services with its agent, and they are made again.
events()
{
	put GET "/v1/leases/$(id 1)/events" >/dev/null
	cat "$D/out"
}
starts "once more"
EVENTS=$(events)
like "$EVENTS" '"to":"COMMITTED"' "the committed one has events"
agent_stop
sql "$L" "DROP TABLE doc"
sql "$L" "CREATE INDEX leases_job ON leases (cluster, job_id)"
sql "$L" "CREATE TABLE old (lease TEXT NOT NULL, time_ms INTEGER NOT NULL,
	axis TEXT NOT NULL, circuit TEXT NOT NULL, was TEXT NOT NULL,
	now TEXT NOT NULL, cause TEXT NOT NULL, fence INTEGER NOT NULL)"
sql "$L" "INSERT INTO old SELECT lease, time_ms, axis, circuit, was, now,
	cause, fence FROM events ORDER BY n"
sql "$L" "DROP TABLE events"
sql "$L" "ALTER TABLE old RENAME TO events"
sql "$L" "CREATE INDEX events_lease ON events (lease)"
sql "$L" "PRAGMA application_id=0"
sql "$L" "PRAGMA user_version=1"
starts "a ledger of schema 1"
is "$(put GET "/v1/leases/$(id 1)")" 200 "has its leases"
NOW=$(events)
is "${NOW:0:${#EVENTS}-2}" "${EVENTS%\]\}}" "and their events, in order"
is "$(put POST /v1/links/par-lyo/drain '{"drained":true}')" 200 "takes a drain"
agent_stop
is "$(sql "$L" 'PRAGMA user_version')" 5 "it is schema 5 now"
is "$(sql "$L" 'SELECT count(*), count(energy_wh) FROM circuits')" "$(sql "$L" 'SELECT count(*), 0 FROM circuits')" \
	"what was not written then is not known"

# refused FILE REGEX WHAT: the agent does not start and says why
refused()
{
	"$AGENT" -f "$D/opticald.conf" >/dev/null 2>"$D/err"
	is $? 1 "$3: refused"
	like "$(cat "$D/err")" "$2" "$3: it says so"
	"$AGENT" -f "$D/opticald.conf" --check-ledger >/dev/null 2>"$D/err"
	is $? 1 "$3: --check-ledger finds it"
}
cp "$L" "$D/good.db"
sql "$L" "PRAGMA user_version=99"
refused "$L" 'schema 99, this opticald knows 5' "a newer schema"

rm -f "$L"*; sql "$L" "CREATE TABLE recipes (cake)"
refused "$L" 'no ledger of opticald' "another program's database"
for v in 1 2 3 4; do
	rm -f "$L"*; sql "$L" "CREATE TABLE recipes (cake)"; sql "$L" "PRAGMA user_version=$v"
	sum=$(sha256sum <"$L")
	refused "$L" 'no ledger of opticald' "another program's, of version $v"
	is "$(sha256sum <"$L")" "$sum" "which is left as it is"
done
rm -f "$L"*; head -c 20000 /dev/urandom >"$L"
refused "$L" 'not a database' "no database"
is "$(stat -c %s "$L")" 20000 "which is left as it is"
rm -f "$L"*; cp "$D/good.db" "$L"
size=$(stat -c %s "$L")
# all pages but the first three
head -c $((size - 12288)) /dev/zero | tr '\0' x | dd of="$L" bs=4096 seek=3 conv=notrunc 2>/dev/null
refused "$L" '(damaged|malformed)' "damaged pages"
rm -f "$L"*; cp "$D/good.db" "$L"
sql "$L" "UPDATE leases SET body = substr(body, 1, 40) WHERE id = '$(id 1)'"
refused "$L" "(leases|$(id 1)|JSON|json)" "a damaged lease"
rm -f "$L"*; cp "$D/good.db" "$L"
starts "the good one again"
is "$(put GET "/v1/leases/$(id 1)")" 200 "with its leases"

# ---- another agent took it over ----
sql "$L" "UPDATE meta SET value = value + 1 WHERE key = 'fence'"
is "$(put POST /v1/leases "$(body 900)")" 503 "what another has opened since is not written to"
like "$(cat "$D/out")" 'another opticald' "it says why"
agent_kill
done_testing
