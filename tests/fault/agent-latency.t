#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a driver reports of its links beats what is configured, unless it can't
# be or is the same of all of them.
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:?}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "$OCS_SRCDIR/tests/lib/agent.sh"

# The program: what is in its file are its links, in each inventory and, when it
# is written anew, as events.
mkdir -p "$D/prog"
cat >"$D/prog/report" <<'E'
#!/usr/bin/env python3
import json, os, select, sys
def links():
    try:
        with open(sys.argv[1]) as f:
            return json.load(f)
    except (OSError, ValueError):
        return []
def put(obj):
    print(json.dumps(obj), flush=True)
said, buf = None, b""
while True:
    ready, _, _ = select.select([0], [], [], 0.1)
    if ready:
        more = os.read(0, 65536)
        if not more:
            break
        buf += more
    while b"\n" in buf:
        line, buf = buf.split(b"\n", 1)
        q = json.loads(line)
        a = {"id": q["id"], "outcome": "done"}
        if q["op"] == "hello":
            a["protocol"] = 1
        elif q["op"] == "inventory":
            said = links()
            a["services"], a["links"] = [], said
        elif q["op"] == "look":
            a["light"] = "absent"
        put(a)
    if said is not None and links() and links() != said:
        said = links()
        for l in links():
            put(dict(l, event="link", link=l.pop("name")))
E
chmod 755 "$D/prog/report"
chmod 711 "$D"
# say NAME=US[+VARIATION]...
say()
{
	local w us comma=

	for w; do
		us=${w#*=}
		printf '%s{"name":"%s","latency_us":%s' "$comma" "${w%%=*}" \
			"${us%+*}"
		case $us in *+*) printf ',"delay_variation_us":%s' "${us#*+}";; esac
		printf '}'
		comma=,
	done | sed 's/^/[/; s/$/]/' >"$D/prog/new"
	chmod 644 "$D/prog/new"
	mv "$D/prog/new" "$D/prog/say"
}
say par-lyo=2400+7 lyo-nce=1600 par-nce=4700
AGENT_DRIVER="Driver=exec Program=\"$D/prog/report $D/prog/say\""
agent_conf
if [ "$(id -u)" = 0 ]; then
	echo "RunAs=daemon" >>"$D/opticald.conf"
	mkdir -p "$D/ledger"
	chown daemon "$D/ledger"
fi
starts "opticald starts"

# link NAME: latency source variation
link()
{
	req GET /v1/state
	printf %s "$BODY" | perl -MJSON::PP -e 'local $/;
		for (@{JSON::PP->new->decode(<STDIN>)->{links}}) {
			print join " ", $_->{latency_us},
				$_->{latency_source} // "configured",
				$_->{delay_variation_us} // 0
				if $_->{name} eq $ARGV[0] }' "$1"
}
# becomes NAME "WHAT" TEXT
becomes()
{
	ok "$3" wait_for 20 "[ \"\$(link $1)\" = '$2' ]"
	[ "$(link "$1")" = "$2" ] || echo "# $1 is $(link "$1"), not $2"
}
becomes par-lyo "2400 reported 7" "what is reported counts, its variation, too"
becomes lyo-nce "1600 reported 0" "of each link"
like "$("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" links)" \
	'par-lyo .*2400us +reported\([0-9]' "opticalctl links says where it is from"
what()
{
	req POST /v1/what-if '{"circuits":[{"a":"paris","z":"lyon","requested_bps":1000000000,"max_latency_us":'"$1"'}]}'
}
what 2399
is "$(field .reason)" "OpticalLatency(paris-lyon,need=2399us,best=2400us)" \
	"bounds are compared with it"
what 2400
is "$(field .possible) $(field .latency_us)" "1 2400" "it is enough"

say par-lyo=2350 lyo-nce=1600 par-nce=4700
becomes par-lyo "2350 reported 0" "another report counts at once"
say par-lyo=5000 lyo-nce=5000 par-nce=5000
becomes par-lyo "2274 computed 0" "the same of all links is not known"
becomes lyo-nce "1490 computed 0" "of none"
say par-lyo=5000 lyo-nce=5001 par-nce=5000
becomes par-lyo "5000 reported 0" "one is another: they are believed"
say par-lyo=2200 lyo-nce=1600 par-nce=4700
becomes par-lyo "2274 computed 0" "faster than light is not known"
becomes lyo-nce "1600 reported 0" "the others are"
say par-lyo=12345678 lyo-nce=1700 par-nce=4700
becomes lyo-nce "1700 reported 0" "more than 10 s"
is "$(link par-lyo)" "2274 computed 0" "is not known"
say par-lyo=2400 lyo-nce=0 par-nce=4700
becomes lyo-nce "1490 computed 0" "what is 0 is not known any more"
becomes par-lyo "2400 reported 0" "as fast as it may be"
agent_stop
is $RC 0 "it ends well"
done_testing
