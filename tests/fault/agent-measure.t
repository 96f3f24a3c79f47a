#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is measured on a circuit: shown with the lease while it is valid, beside
# what is configured; refused when it can't be.
. "${OCS_SRCDIR:?}/tests/lib/tap.sh"
. "$OCS_SRCDIR/tests/lib/agent.sh"

agent_conf "$FAST" Measurer=mail
starts "opticald starts"

now_ms() { date +%s%3N; }
# at N INDEX: the address
at() { echo "/v1/circuits/$(lid "$1").$2/measurements"; }
# measured US [VALID_S [TIME_MS]]
measured()
{
	printf '%s' '{"latency_us":'"$1"',"source":"STAMP","valid_s":' \
		"${2-60}"',"time_ms":'"${3-$(now_ms)}"'}'
}

# paris-nice by lyon: 760 km, 3724 us of fibre; 930 km direct
hold 1 400 paris-nice
req GET "$(at 1 0)"
is "$STATUS $(field .code)" "404 not_found" "nothing is measured at first"
req PUT "$(at 1 0)" "$(measured 5000)"
is "$STATUS $(field .code)" "409 conflict" "nor can it be: it is dark"
commit 1 400 paris-nice
until_word 1 ACTIVE
get 1
is "$(field .circuits[0].measured_ms)" null "the lease shows none"
CONFIGURED=$(field .circuits[0].latency_us)
req GET /v1/state
GENERATION=$(field .generation)

T=$(now_ms)
req PUT "$(at 1 0)" '{"latency_us":5001,"delay_variation_us":3,"loss_ratio":0.25e-6,"source":"STAMP","valid_s":60,"time_ms":'"$T"'}'
is "$STATUS" 200 "a measurement is taken"
req GET "$(at 1 0)"
is "$(field .latency_us) $(field .delay_variation_us) $(field .source) $(field .time_ms)" \
	"5001 3 STAMP $T" "and given back"
like "$BODY" '"loss_ratio":0.000000250,' "its loss, too"
get 1
is "$(field .circuits[0].measured_latency_us) $(field .circuits[0].measured_ms)" \
	"5001 $T" "the lease shows it"
is "$(field .circuits[0].latency_us)" "$CONFIGURED" \
	"beside what is configured"
req GET /v1/state
is "$(field .generation) $(field .leases[0].circuits[0].measured_ms)" \
	"$GENERATION null" "schedulers are not woken by it"
commit 1 400 paris-nice
is "$STATUS" 200 "a repeated commit is none the wiser"
like "$("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" lease "$(lid 1)")" \
	'3764us +5001us' "opticalctl shows both"

# what can't be
req PUT "$(at 1 0)" "$(measured 3723)"
is "$STATUS $(field .code)" "422 range" "faster than light in the fibre"
like "$(field .detail)" '3724 us' "which is told"
req PUT "$(at 1 0)" "$(measured 10000001)"
is "$STATUS" 422 "more than 10 s"
req PUT "$(at 1 0)" "$(measured 5000 60 $(($(now_ms) + 120000)))"
is "$STATUS" 422 "in the future"
req PUT "$(at 1 0)" "$(measured 5000 60 $(($(now_ms) - 61000)))"
is "$STATUS" 422 "too old"
req PUT "$(at 1 0)" "$(measured 5000 86401)"
is "$STATUS" 422 "valid for more than a day"
req PUT "$(at 1 0)" '{"latency_us":5000}'
is "$STATUS $(field .code)" "400 syntax" "of no source"
req PUT "$(at 1 0)" '{"latency_us":5000,"source":"a b"}'
is "$STATUS" 400 "of a source with a blank"
req PUT "$(at 1 0)" '{"latency_us":5000,"source":"X","loss_ratio":1.5}'
is "$STATUS" 422 "more lost than sent"
req PUT "$(at 1 0)" '{"latency_us":5000,"source":"X","loss_ratio":"0"}'
is "$STATUS" 400 "loss as text"
req PUT "$(at 1 1)" "$(measured 5000)"
is "$STATUS" 404 "a circuit that the lease has not"
req PUT "$(at 2 0)" "$(measured 5000)"
is "$STATUS" 404 "a lease that is not there"
for bad in x. x.0 "$(lid 1)" "$(lid 1)." "$(lid 1).x" "$(lid 1).0x" \
	"$(lid 1).000" "$(lid 1).-1" "$(lid 1)0.0"; do
	req PUT "/v1/circuits/$bad/measurements" "$(measured 5000)"
	is "$STATUS" 404 "no circuit: $bad"
done
get 1
is "$(field .circuits[0].measured_latency_us)" 5001 \
	"what is refused changes nothing"
like "$("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" lease "$(lid 1)")" \
	'Latency=paris-nice,5001us Source=measured Age=' \
	"opticalctl says which counts, where from, how old"
agent_kill
starts "opticald is killed"
get 1
is "$(field .circuits[0].measured_latency_us) $(field .circuits[0].measured_ms)" \
	"5001 $T" "what was measured is there"

# age
req PUT "$(at 1 0)" "$(measured 5002 1)"
ok "when it is no longer valid it goes" \
	wait_for 10 'get 1; [ "$(field .circuits[0].measured_ms)" = null ]'
req GET "$(at 1 0)"
is "$STATUS" 404 "altogether"
agent_stop
starts "opticald starts again"
is "$(sqlite3 "$D/ledger/ledger.db" "SELECT count(*) FROM doc WHERE kind = 'measurement'")" \
	0 "the ledger forgets it, too"
until_word 1 ACTIVE
req PUT "$(at 1 0)" "$(measured 5003)"
release 1
until_word 1 GONE
req PUT "$(at 1 0)" "$(measured 5004)"
is "$STATUS" 409 "there is nothing to measure on a lease that is gone"

# what is measured counts: paris-lyon is one link, of 2264 us of fibre at least
# bound N US: hold and commit a circuit of at most US
bound()
{
	BOUND=$(lease "$1" 100 paris-lyon |
		sed 's/"requested_bps"/"max_latency_us":'"$2"',&/')
	req POST /v1/leases "$BOUND"
	[ "$STATUS" = 201 ] || return 0
	req POST "/v1/leases/$(lid "$1")/commit" "$BOUND"
	until_word "$1" ACTIVE
}
# link NAME MEMBER
link()
{
	req GET /v1/state
	printf %s "$BODY" | perl -MJSON::PP -e 'local $/;
		for (@{JSON::PP->new->decode(<STDIN>)->{links}}) {
			print $_->{$ARGV[1]} // "null" if $_->{name} eq $ARGV[0]
		}' "$1" "$2"
}
is_word() { get "$1"; is "$(field .state) $(field .cause)" "$2" "$3"; }
BASE=$(link par-lyo latency_us)
is "$(link par-lyo latency_source)" computed "a link's latency is computed"
bound 5 3000
is_word 5 "ACTIVE " "a circuit within its bound"
req PUT "$(at 5 0)" "$(measured 2900)"
is_word 5 "ACTIVE " "measured within its bound, it is so still"
is "$(link par-lyo latency_us) $(link par-lyo latency_source)" "2900 measured" \
	"its only link is known by that"
like "$(link par-lyo latency_ms)" '^[0-9]{13}$' "and since when"
like "$("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" links)" \
	'par-lyo .*2900us +measured\([0-9]+s?' "opticalctl links says so"
bound 6 2850
is "$STATUS $(field .reason)" \
	"422 OpticalLatency(paris-lyon,need=2850us,best=2900us)" \
	"a new circuit is held to it"
req PUT "$(at 5 0)" "$(measured 3100)"
is_word 5 "IMPAIRED OpticalImpaired(paris-lyon)" "it breaks its bound"
req GET "/v1/leases/$(lid 5)/events"
like "$BODY" 'its measured latency is 3100us, at most 3ms was asked for|measured 3100us, at most 3000us' \
	"and says by what"
agent_kill
starts "opticald is killed"
ok "which it remembers" wait_for 20 \
	'get 5; [ "$(field .state)" = IMPAIRED ] &&
	 [ "$(link par-lyo latency_us)" = 3100 ]'
req PUT "$(at 5 0)" "$(measured 2950)"
is_word 5 "ACTIVE " "a better one brings it back"
req PUT "$(at 5 0)" "$(measured 3100 2)"
is_word 5 "IMPAIRED OpticalImpaired(paris-lyon)" "a worse one, for 2 s"
ok "too old it counts no longer" wait_for 15 \
	'get 5; [ "$(field .state)" = ACTIVE ]'
is "$(link par-lyo latency_us) $(link par-lyo latency_source)" \
	"$BASE computed" "of the link neither"
release 5
until_word 5 GONE

# opticald lets nothing be too old, whatever it says of itself
agent_stop
agent_conf "$FAST" Measurer=mail MeasureMaxAge=2s
starts "MeasureMaxAge=2s"
bound 7 3000
req PUT "$(at 7 0)" "$(measured 3100 86400)"
is_word 7 "IMPAIRED OpticalImpaired(paris-lyon)" "valid for a day"
ok "but not for longer than that" wait_for 15 \
	'get 7; [ "$(field .state)" = ACTIVE ]'
get 7
is "$(field .circuits[0].measured_ms)" null "nor shown"
req PUT "$(at 7 0)" "$(measured 2900 60 $(($(now_ms) - 3000)))"
is "$STATUS" 422 "nor taken when it comes"
like "$(field .detail)" 'MeasureMaxAge' "which is told"
release 7
until_word 7 GONE
agent_stop
agent_conf "$FAST" Measurer=mail
starts "opticald as it was"

if [ "$(id -u)" != 0 ]; then
	skip "only root can be several users" 9
	done_testing
	exit
fi
chmod 711 "$D"
USER_ID=$(id -u nobody) hold 3 400 paris-lyon
USER_ID=$(id -u nobody) commit 3 400 paris-lyon
until_word 3 ACTIVE
req_as daemon PUT "$(at 3 0)" "$(measured 5000)"
is "$STATUS" 403 "clusters measure nothing"
req_as nobody PUT "$(at 3 0)" "$(measured 5000)"
is "$STATUS" 403 "users neither"
req_as games PUT "$(at 3 0)" "$(measured 5000)"
is "$STATUS" 200 "operators do"
req_as mail PUT "$(at 3 0)" "$(measured 5000)"
is "$STATUS" 200 "and users of Measurer="
req_as mail GET "$(at 3 0)"
is "$STATUS" 200 "who see what was measured"
req_as mail GET "/v1/leases/$(lid 3)"
is "$STATUS" 403 "but not the lease"
req_as nobody GET "$(at 3 0)"
is "$STATUS" 200 "a job's user sees it"
req_as nobody GET "/v1/leases/$(lid 3)"
is "$(field .circuits[0].measured_latency_us) $(field '.circuits[0].route.#')" \
	"5000 0" "with the lease, which has no routes"
req_as nobody GET "$(at 1 0)"
is "$STATUS" 403 "not of others' leases"
agent_stop
is $RC 0 "it ends well"
done_testing
