#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# HttpListen=: /metrics, /healthz, /readyz and /ui, for anybody, read-only,
# nothing of leases, jobs or users.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

agent_conf "$FAST" "HttpListen=127.0.0.1:0" "HoldTTL=3s"
USER_ID=3141592653
starts "opticald starts"
PORT=$(sed -n 's/.*event=listening at=127.0.0.1:\([0-9]*\) public=yes.*/\1/p' \
	"$D/log")
like "$PORT" '^[0-9]+$' "it says where it listens"
URL=http://127.0.0.1:$PORT

# pub PATH [CURL-OPTION...]: sets STATUS, BODY and HEAD
pub()
{
	STATUS=$(curl -s -m 20 -D "$D/head" -o "$D/body" -w '%{http_code}' \
		"${@:2}" "$URL$1")
	BODY=$(tr -d '\0' <"$D/body") HEAD=$(tr -d '\r' <"$D/head")
}
# metric 'NAME{LABELS}': its value, nothing if it is not there
metric()
{
	curl -s -m 20 "$URL/metrics" |
		m=$1 awk 'index($0, ENVIRON["m"] " ") == 1 { print $NF }'
}
# until_metric NAME VALUE
until_metric() { wait_for 15 '[ "$(metric '"'$1'"')" = '"$2"' ]'; }

pub /healthz
is "$STATUS $BODY" "200 ok" "healthz"
pub /readyz
is "$STATUS $BODY" "200 ready" "readyz"
pub /metrics
is "$STATUS" 200 "metrics"
like "$HEAD" 'Content-Type: text/plain; version=0.0.4' "in Prometheus' format"
pub /ui
is "$STATUS" 200 "ui"
like "$HEAD" 'Content-Type: text/html' "is a page"
like "$HEAD" "Content-Security-Policy: default-src 'none'" "that fetches nothing"
like "$BODY" 'SIMULATED' "and says what it is"

# what is there before anything happens
for m in 'opticald_simulated 1' 'opticald_ready 1' \
	'opticald_lease_events_total{event="held"} 0' \
	'opticald_refusals_total{code="busy"} 0' \
	'opticald_cluster_brake{cluster="alpha"} 0' \
	'opticald_leases{cluster="beta",state="ACTIVE"} 0' \
	'opticald_link_capacity_bps{link="par-lyo",a="paris",z="lyon"} 800000000000' \
	'opticald_link_booked_bps{link="par-lyo",a="paris",z="lyon"} 0'; do
	is "$(metric "${m% *}")" "${m##* }" "$m"
done

# a life of a lease
hold 1 400 paris-lyon
is "$(metric 'opticald_leases{cluster="alpha",state="HELD"}')" 1 "HELD"
is "$(metric 'opticald_link_booked_bps{link="par-lyo",a="paris",z="lyon"}')" \
	400000000000 "booked"
ok "a hold that expires" until_metric \
	'opticald_lease_events_total{event="hold_expired"}' 1
is "$(metric 'opticald_leases{cluster="alpha",state="HELD"}')" 0 "HELD no more"
commit 2 400 paris-lyon
ok "ACTIVE" until_metric 'opticald_leases{cluster="alpha",state="ACTIVE"}' 1
is "$(metric 'opticald_circuits{provisioning="PROVISIONED",data_plane="UP"}')" \
	1 "its circuit is up"
is "$(metric opticald_setup_seconds_count)" 1 "one set-up took its time"
is "$(metric 'opticald_driver_operations_total{operation="create",outcome="done"}')" \
	1 "the driver made it"
hold 3 400 paris-lyon lyon-nice paris-nice
hold 4 400 paris-nice
is "$STATUS" 409 "one more is refused"
is "$(metric 'opticald_refusals_total{code="busy"}')" 1 "counted by its code"
is "$(metric 'opticald_requests_total{method="POST",route="/v1/leases",status="409"}')" \
	1 "and by its status"
CLUSTER=beta EPOCH=0 hold 5 9999 paris-lyon
is "$(metric 'opticald_refusals_total{code="range"}')" 1 "another"
fault par-lyo cut
ok "a cut link" until_metric \
	'opticald_link_down{link="par-lyo",a="paris",z="lyon"}' 1
ok "IMPAIRED" until_metric 'opticald_leases{cluster="alpha",state="IMPAIRED"}' 1
fault par-lyo recover
ok "and back" until_metric 'opticald_leases{cluster="alpha",state="ACTIVE"}' 1
release 2
ok "gone" until_metric 'opticald_lease_events_total{event="gone"}' 3
for w in HELD WAITING PROVISIONING ACTIVE IMPAIRED OVERDUE RELEASING FAILED; do
	is "$(metric 'opticald_leases{cluster="alpha",state="'$w'"}')" 0 \
		"no lease is $w"
done
is "$(curl -s "$URL/metrics" | grep '^opticald_circuits' | awk '{n += $NF} END {print n}')" \
	0 "no circuit is left"
fault par-lyo refuse
commit 6 400 paris-lyon
ok "a refused set-up" until_metric \
	'opticald_lease_events_total{event="setup_refused"}' 1
ok "counted at the driver" until_metric \
	'opticald_driver_operations_total{operation="create",outcome="refused"}' 1
fault par-lyo fail_late
commit 7 400 paris-lyon
ok "a set-up that fails late" until_metric \
	'opticald_lease_events_total{event="setup_fault"}' 1

# operators
req POST /v1/links/par-lyo/drain '{"drained":true,"note":"secret-note"}'
is "$(metric 'opticald_link_drained{link="par-lyo",a="paris",z="lyon"}')" 1 \
	"drained"
now=$(date +%s)
req POST /v1/windows '{"id":"'"$(lid 99)"'","link":"lyo-nce","start_s":'$((now - 5))',"end_s":'$((now + 600))',"note":"secret-note"}'
is "$(metric 'opticald_link_maintenance{link="lyo-nce",a="lyon",z="nice"}')" 1 \
	"in a window"
req POST /v1/windows '{"id":"'"$(lid 98)"'","link":"par-nce","start_s":'$((now + 3600))',"end_s":'$((now + 7200))',"note":"secret-note"}'
is "$(metric 'opticald_link_maintenance{link="par-nce",a="paris",z="nice"}')" 0 \
	"another, of later, is not yet"
is "$(metric opticald_maintenance_windows)" 2 "there are two"
req DELETE "/v1/windows/$(lid 98)"
is "$(metric opticald_maintenance_windows)" 1 "and one when it is taken back"
for n in 11 12 13; do	# two may go
	commit $n 1 paris-nice
	release $n reconcile
	[ "$STATUS" = 423 ] || until_word $n GONE
done
is "$STATUS" 423 "the brake"
is "$(metric 'opticald_cluster_brake{cluster="alpha"}')" 1 "is told"
is "$(metric 'opticald_cluster_removals{cluster="alpha"}')" 2 "with what counts"
pub /ui
like "$BODY" 'class="warn">Brake: reconcile of cluster alpha' "on the page too"
like "$BODY" 'drained' "as is the drain"
like "$BODY" '<h2>Maintenance</h2>' "and the window"
req_as daemon GET /v1/ping
ok "a cluster was seen" \
	[ "$(metric 'opticald_cluster_seen_timestamp_seconds{cluster="alpha"}' |
		cut -d. -f1)" -ge "$now" ]

# nothing of owners anywhere
for page in metrics ui healthz readyz; do
	pub /$page
	unlike "$BODY$HEAD" '[0-9a-f]{32}|anna|secret|job|3141592653' \
		"/$page names no lease, job, user or note"
done

# the format, as a reader takes it
curl -s "$URL/metrics" >"$D/metrics"
is "$(perl -ne '
	chomp;
	if (/^# HELP (\S+) \S.*[.]$/) {
		print "$1: help twice\n" if $help{$1}++; $name = $1; next;
	}
	if (/^# TYPE (\S+) (gauge|counter|histogram)$/) {
		print "$1: type without help\n" if $1 ne $name;
		$type = $2;
		print "$1: a counter ends in _total\n"
			if ($type eq "counter") != ($name =~ /_total$/);
		next;
	}
	my ($n, $l, $v) = /^([a-z][a-z0-9_]*)(\{[a-z]\w*="[^"\\]*"(?:,[a-z]\w*="[^"\\]*")*\})? ([0-9]+(?:\.[0-9]+)?)$/
		or print("bad line: $_\n"), next;
	my $of = $type eq "histogram" ? $n =~ s/_(bucket|sum|count)$//r : $n;
	print "$n: among those of $name\n" if $of ne $name;
	print "$n$l: twice\n" if $seen{"$n$l"}++;
	if ($type eq "histogram") {
		(my $rest = $l) =~ s/,?le="([^"]*)"//; $rest = "" if $rest eq "{}";
		if ($n =~ /_bucket$/) {
			print "$n$l: less than the one before\n"
				if $v < ($last{$n . $rest} // 0);
			$last{$n . $rest} = $v;
		} elsif ($n =~ /^(.*)_count$/) {
			print "$n$l: not the last bucket\n"
				if $v != $last{"$1_bucket$rest"};
		}
	}' "$D/metrics")" "" "each line is as it must be"
if command -v promtool >/dev/null; then
	is "$(promtool check metrics <"$D/metrics" 2>&1)" "" "promtool agrees"
else
	skip "no promtool"
fi

# what dashboards and alerts use is there
used=$(cat "$OCS_SRCDIR"/contrib/examples/prometheus-*.yml \
	"$OCS_SRCDIR"/contrib/dashboards/*.json |
	grep -oE '\b(opticald|process)_[a-z_]+' | sort -u)
ok "examples use metrics" [ "$(wc -w <<<"$used")" -gt 10 ]
missing=
for m in $used; do
	base=$(sed -E 's/_(bucket|sum|count)$//' <<<"$m")
	grep -qE "^# TYPE ($m|$base) " "$D/metrics" || missing+=" $m"
done
is "$missing" "" "and all of them exist"
told=$(sed -n 's/^# TYPE \(\S*\) .*/\1/p' "$D/metrics")
missing=
for m in $told; do
	sed 's/\\//g' "$OCS_SRCDIR/man/opticald.8" | grep -q "\b$m\b" ||
		missing+=" $m"
done
is "$missing" "" "each is in the manual"

# nothing else is here, and nothing can be changed
for path in / /v1/ping /v1/state /metrics/x /ui/x /UI /..%2fmetrics; do
	pub "$path" --path-as-is
	is "$STATUS" 404 "$path is not here"
done
for method in POST PUT PATCH DELETE OPTIONS; do
	pub /metrics -X $method -d x=y
	is "$STATUS" 405 "$method is refused"
	like "$HEAD" 'Allow: GET, HEAD' "with what is allowed"
done
pub /healthz -I
is "$STATUS" 200 "HEAD"
head -c 3000000 /dev/zero | curl -s -m 20 -o /dev/null -X POST \
	-H 'Expect:' --data-binary @- "$URL/metrics"
pub /healthz
is "$STATUS" 200 "a big body does no harm"
pub "/%zz"
is "$STATUS" 400 "a bad address"
req GET /metrics
is "$STATUS" 404 "the API's sockets don't have it"
fds=()
for ((i = 0; i < 40; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT" && fds+=("$fd")
done
req GET /v1/ping
is "$STATUS" 200 "connections that say nothing don't keep the API away"
for fd in "${fds[@]}"; do exec {fd}>&-; done
ok "and once they are gone all is well" wait_for 10 \
	'[ "$(curl -s "$URL/healthz")" = ok ]'

# a stopped one refuses
agent_stop
is $RC 0 "it ends well"
not_ok "and answers no more" curl -s -m 5 "$URL/healthz"
grep -q 'Sanitizer' "$D/log" && diag "$(grep -A20 Sanitizer "$D/log")"

# again: what is in the ledger counts at once
agent_start
PORT=$(sed -n 's/.*event=listening at=127.0.0.1:\([0-9]*\) public=yes.*/\1/p' \
	"$D/log" | tail -n 1)
URL=http://127.0.0.1:$PORT
is "$(curl -s "$URL/metrics" | grep '^opticald_leases{cluster="alpha"' |
	awk '{n += $NF} END {print n}')" \
	"$(req GET /v1/state; grep -oE '"state":"[A-Z]+"' <<<"$BODY" |
		grep -cv GONE)" "after a restart the same leases are counted"
is "$(metric 'opticald_cluster_brake{cluster="alpha"}')" 1 "and the brake is on"

# two on one port
agent_conf "$FAST" "HttpListen=127.0.0.1:$PORT"
sed -i "s,^Listen=.*,Listen=unix:$D/sock2,;s,^Ledger=.*,Ledger=$D/ledger/two.db," \
	"$D/opticald.conf"
ERR=$("$AGENT" -f "$D/opticald.conf" 2>&1)
is $? 1 "a port that is taken"
like "$ERR" "HttpListen=127.0.0.1:$PORT: Address already in use" "is named"

# more links than a page has
agent_stop
mapfile -t links < <(for i in $(seq 600); do
	echo "LinkName=more$i A=paris Z=lyon Km=500 Wavelengths=1 Rate=100G"
done; echo "LinkName=zz-closed A=lyon Z=nice Km=500 Wavelengths=1 Rate=100G Drain=yes")
agent_conf "$FAST" "HttpListen=127.0.0.1:0" "${links[@]}"
starts "with 604 links"
PORT=$(sed -n 's/.*event=listening at=127.0.0.1:\([0-9]*\) public=yes.*/\1/p' \
	"$D/log" | tail -n 1)
PAGE=$(curl -s "http://127.0.0.1:$PORT/ui")
is "$(grep -c '<meter' <<<"$PAGE")" 500 "the page shows 500"
like "$PAGE" '104 more links are not shown' "says how many there are beside them"
like "$PAGE" 'zz-closed' "and shows first those that need a look"
done_testing
