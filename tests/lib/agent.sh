# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# agent.sh - what a test needs to drive an opticald of its own
#
# Sourced after tap.sh. Everything lies in the temporary directory $D; the
# agent listens on $D/sock. Requests by curl, answers read by perl.
AGENT=${OCS_BUILDDIR:?}/agent/opticald
D=$(mktemp -d) || bail "no temporary directory"
AGENT_PID=
AGENT_WRAP=()		# what opticald is run under
MUNGED_PID=
at_exit 'agent_kill; munged_stop; rm -rf "$D"'
TAP_ON_FAIL='tail -n 30 "$D/log" 2>/dev/null | sed "s/^/# log: /"'

# agent_conf [LINE...]: three sites in a row and a longer way around, short
# times; LINEs come on top. MODE of the ledger's directory is for any RunAs.
agent_conf()
{
	mkdir -p "$D/ledger"
	chmod 755 "$D"
	{
		echo "Listen=unix:$D/sock"
		echo "Ledger=$D/ledger/ledger.db"
		echo "Cluster=alpha User=daemon"
		echo "Cluster=beta User=bin"
		echo "Operator=games"
		echo "$AGENT_DRIVER"
		cat <<-'X'
		SiteName=paris
		SiteName=lyon
		SiteName=nice
		LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=2 Rate=400G
		LinkName=lyo-nce A=lyon Z=nice Km=300 Wavelengths=2 Rate=400G
		LinkName=par-nce A=paris Z=nice Km=930 Wavelengths=1 Rate=400G
		X
		printf '%s\n' "$@"
	} >"$D/opticald.conf"
}
# of agent_conf: a network without surprises, unless a test says otherwise
AGENT_DRIVER='Driver=sim SimRealism=off'
FAST='SimSetupTime=50ms SimReleaseTime=50ms'

# agent_start: returns when it answers. (Not under ok: that is a subshell.)
agent_start()
{
	"${AGENT_WRAP[@]}" "$AGENT" -v -f "$D/opticald.conf" \
		</dev/null >/dev/null 2>>"$D/log" &
	AGENT_PID=$!
	wait_for 20 '! kill -0 $AGENT_PID 2>/dev/null || curl -sf -o "$D/ping" --unix-socket "$D/sock" http://agent/v1/ping' || return 1
	kill -0 $AGENT_PID 2>/dev/null
}

# starts NAME: a check that it does; nothing makes sense otherwise
starts()
{
	if agent_start; then
		pass "$1"
	else
		tail -n 5 "$D/log" | sed 's/^/# log: /' >&2
		bail "$1"
	fi
}

agent_kill()
{
	[ -n "$AGENT_PID" ] || return 0
	kill -9 "$AGENT_PID" 2>/dev/null
	wait "$AGENT_PID" 2>/dev/null
	AGENT_PID=
}

# agent_stop: as systemd would; sets RC
agent_stop()
{
	kill "$AGENT_PID" 2>/dev/null
	wait "$AGENT_PID"
	RC=$?
	AGENT_PID=
}

# req METHOD PATH [BODY [CURL-OPTION...]]: sets STATUS and BODY
req()
{
	local method=$1 path=$2 body=${3-}

	shift $(($# < 3 ? $# : 3))
	: >"$D/body"
	if [ -n "$body" ]; then
		STATUS=$(printf %s "$body" | curl -s -o "$D/body" \
			-w '%{http_code}' --unix-socket "$D/sock" -X "$method" \
			--data-binary @- -m 40 "$@" "http://agent$path")
	else
		STATUS=$(curl -s -o "$D/body" -w '%{http_code}' \
			--unix-socket "$D/sock" -X "$method" -m 40 "$@" \
			"http://agent$path")
	fi
	BODY=$(<"$D/body")
}

# req_as USER METHOD PATH [BODY]: the same from another user's process
req_as()
{
	local user=$1 method=$2 path=$3 body=${4-}

	STATUS=$(printf %s "$body" | setpriv --reuid "$(id -u "$user")" \
		--regid "$(id -g "$user")" --clear-groups \
		curl -s -w '\n%{http_code}' --unix-socket "$D/sock" \
		-X "$method" ${body:+--data-binary @-} -m 40 \
		"http://agent$path")
	BODY=${STATUS%$'\n'*} STATUS=${STATUS##*$'\n'}
}

# field .a.b[0].c: of $BODY; numbers and words as they are, true as 1
field()
{
	printf %s "$BODY" | perl -MJSON::PP -e '
		local $/; my $v = eval { JSON::PP->new->decode(<STDIN>) };
		for my $k ($ARGV[0] =~ /\.(\w+|\#)|\[(\d+)\]/g) {
			next unless defined $k;
			if ($k eq "#") { $v = ref $v eq "ARRAY" ? @$v : "none" }
			elsif (ref $v eq "ARRAY") { $v = $v->[$k] }
			elsif (ref $v eq "HASH") { $v = $v->{$k} }
			else { $v = undef }
		}
		print defined $v ? $v : "null"' "$1"
}

# lid N: a lease id
lid()
{
	printf '%032x' "$1"
}

# lease N RATE A-Z...: JSON of lease N of cluster $CLUSTER, epoch $EPOCH
CLUSTER=alpha EPOCH=0 USER_ID=1000
lease()
{
	local n=$1 rate=$2 sites='' circuits='' pair s seen=' '

	shift 2
	for pair; do
		for s in "${pair%-*}" "${pair#*-}"; do
			[[ $seen == *" $s "* ]] && continue
			seen+="$s "
			sites+=${sites:+,}'{"name":"'$s'","nodes":"'$s'[1-2]"}'
		done
		circuits+=${circuits:+,}'{"a":"'${pair%-*}'","z":"'${pair#*-}
		circuits+='","requested_bps":'${rate}000000000'}'
	done
	printf '%s' '{"id":"'"$(lid "$n")"'","cluster":"'"$CLUSTER"'",' \
		'"job_id":'"$n"',"user_id":'"$USER_ID"',"user":"anna",' \
		'"submit_s":1714557700,"restart_cnt":0,"end_s":0,' \
		'"controller_epoch":'"$EPOCH"',"sites":['"$sites"'],' \
		'"circuits":['"$circuits"']}'
}

hold() { req POST /v1/leases "$(lease "$@")"; }
commit() { req POST "/v1/leases/$(lid "$1")/commit" "$(lease "$@")"; }
get() { req GET "/v1/leases/$(lid "$1")${2-}"; }
# release N [WHY]
release()
{
	req DELETE "/v1/leases/$(lid "$1")?why=${2-job}&controller_epoch=$EPOCH"
}
fault()
{
	req POST /v1/sim/faults \
		'{"link":"'"$1"'","fault":"'"$2"'","count":'"${3-1}"'}'
}

word() { get "$1"; field .state; }
# until_word N WORD [LIMIT]
until_word()
{
	wait_for "${3-15}" '[ "$(word '"$1"')" = '"$2"' ] || ! word '"$1"
}
# booked LINK: in G
booked()
{
	req GET /v1/state
	booked_then "$@"
}
# The same of the state that was asked for last; of several links at one time.
booked_then()
{
	printf %s "$BODY" | perl -MJSON::PP -e '
		local $/; my $s = JSON::PP->new->decode(<STDIN>);
		my %b = map { $_->{name} => $_->{booked_bps} / 1e9 } @{$s->{links}};
		print join " ", map { $b{$_} // "none" } @ARGV' "$@"
}

# munged_start DIR: a munged of our own with a key of its own
munged_start()
{
	mkdir -p "$1" && chmod 755 "$1"
	dd if=/dev/urandom of="$1/key" bs=128 count=1 status=none
	chmod 600 "$1/key"
	munged --foreground --force --key-file="$1/key" --socket="$1/sock" \
		--pid-file="$1/pid" --seed-file="$1/seed" \
		--log-file="$1/log" </dev/null >/dev/null 2>"$1/err" &
	MUNGED_PID+=" $!"
	wait_for 20 'munge -S "'"$1"'/sock" -n -o /dev/null'
}

munged_stop()
{
	local p

	for p in $MUNGED_PID; do
		kill "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	MUNGED_PID=
}
