#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 5400
#
# expect - SchedMD's own expect tests for what a select plugin does, with
# select/cons_tres and with select/cons_tres_optical: what passes with the one
# passes with the other
#
#	expect.t [SOURCE [TEST...]]	expect.t /usr/src/slurm-22.05.8 1.80 39.13
#
# SOURCE is Slurm's configured source, of the Slurm that runs (default: the
# first of $OCS_SLURM_SOURCES that is); its tests are run from a copy that lasts
# as long as this. Each runs on two clusters at the same time that differ only
# in slurm.conf's SelectType and what belongs to ours. One that fails on either
# is run again on both, each alone. Of the distribution's Slurm 7.11, 38.6 (its
# version begins with slurm-wlm) and 24.1 (it has no -lslurmfull) fail with both.
# (Full tier; about 15 minutes.)
. "$(dirname "$0")/../lib/cluster.sh"

# seconds that one test may take
LIMIT=400
# as an ordinary user; as root what Slurm's administrator does
TESTS=(1.18 1.80 1.81 1.82 1.84 1.85 1.86 1.87 1.113 1.114 2.14 2.21 3.11 3.14
	3.15 3.16 7.7 7.11 9.8 9.9 15.7 24.1 28.7 28.9 38.1 38.2 38.3 38.4 38.6
	38.8 38.9 38.10 38.18 39.1 39.2 39.3 39.4 39.6 39.7 39.13 39.15 39.16
	39.19 39.20)
AS_ROOT=' 3.11 3.14 3.15 3.16 7.11 24.1 38.6 39.19 39.20 '

# The first source whose version is the running Slurm's.
find_source()
{
	local s

	for s; do
		grep -qsx "#define SLURM_VERSION_STRING \"$VERSION\"" "$s/config.h" || continue
		SOURCE=$s
		return
	done
	skip_all "no configured source of Slurm $VERSION"
}

# The two clusters; CLUSTER[NAME] is the directory of each.
declare -A CLUSTER
start_one()
{
	local name=$1

	shift
	cluster_start --sites=paris:6,lyon:4 \
		--slurm-conf-extra='AccountingStorageEnforce=associations,limits' \
		--slurm-conf-extra='PriorityType=priority/multifactor' "$@"
	CLUSTER[$name]=$D
	prepare "$D" || bail "cannot prepare $D"
}

# A copy of the tests that the ordinary user owns: they write where they are.
# Of a SelectType they know their own names only: one procedure is told ours.
prepare()
{
	local t=$1/work/testsuite

	mkdir "$t" && cp -R "$SOURCE/testsuite/expect" "$t/" || return 1
	sed -i '/^proc check_config_select/,/^}/s/{\$select_type eq "select\/\$type"}/{$select_type eq "select\/$type" || $select_type eq "select\/${type}_optical"}/' \
		"$t/expect/globals"
	grep -q 'type}_optical' "$t/expect/globals" ||
		{ diag "check_config_select is not what it was: see $SOURCE/testsuite/expect/globals"; return 1; }
	cat >"$t/testsuite.conf" <<-X
	SlurmSourceDir=$SOURCE
	SlurmBuildDir=$SOURCE
	SlurmInstallDir=$PREFIX
	SlurmConfigDir=$1/etc
	X
	# on a terminal of 80 columns the shell that some talk with breaks lines
	cat >"$t/globals.local" <<-X
	set testsuite_shared_dir $t/expect
	set stty_init "columns 250"
	X
	chown -R ocsalice: "$t"
}

# run_one CLUSTER TEST: prints pass, skip, fail or time, and how many parts of it
# passed, if it has parts; the test's words are in log/testTEST.log.
run_one()
{
	local D=${CLUSTER[$1]} t=$2 who=(as_user alice) log rc word

	log=$D/log/test$t.log
	eval "$("$CLUSTER_SH" env "$D")"
	export SLURM_TESTSUITE_CONF=$D/work/testsuite/testsuite.conf
	export SLURM_LOCAL_GLOBALS_FILE=$D/work/testsuite/globals.local TERM=dumb
	[[ $AS_ROOT != *" $t "* ]] || who=(env HOME="$D/work")
	cd "$D/work/testsuite/expect" || return 1
	"${who[@]}" timeout --kill-after=20 "$LIMIT" "./test$t" </dev/null >"$log" 2>&1
	rc=$?
	case $rc in
	0) word=pass ;;
	124 | 137) word=time ;;
	*) [ "$rc" -lt 128 ] && word=fail || word=skip ;;
	esac
	echo "$word$(sed -n 's/^ *Subtests passed *: *\([1-9][0-9]*\).*/+\1/p' "$log" | tail -n 1)"
	tidy
}

# What a test left behind is not the next one's.
tidy()
{
	local r

	scancel -u ocsalice,root 2>/dev/null
	for r in $(scontrol -o show reservation 2>/dev/null | sed -n 's/^ReservationName=\([^ ]*\).*/\1/p'); do
		scontrol delete ReservationName="$r" 2>/dev/null
	done
	wait_for 60 '[ -z "$(squeue -h -t all -t R,PD,CG,CF,S -o %A)" ]' >/dev/null 2>&1
	scontrol update NodeName=ALL State=RESUME 2>/dev/null
}

# pair TEST [alone]: sets PLAIN and OURS.
pair()
{
	local out=$BASE/$1

	if [ -n "${2:-}" ]; then
		PLAIN=$(run_one plain "$1")
		OURS=$(run_one ours "$1")
		return
	fi
	run_one plain "$1" >"$out" &
	OURS=$(run_one ours "$1")
	wait $!
	PLAIN=$(cat "$out")
}

# The reason that a skipped test gives.
why_skipped()
{
	sed -n 's/^\[[^]]*\] Warning *\(.*\) (.*/\1/p' "${CLUSTER[ours]}/log/test$1.log" | tail -n 1
}

# fewer PLAIN OURS: less of it passes with ours: the whole, or parts.
fewer()
{
	local a=${1#*+} b=${2#*+}

	[ "$a" != "$1" ] || a=0
	[ "$b" != "$2" ] || b=0
	{ [ "${1%+*}" = pass ] && [ "${2%+*}" != pass ]; } || [ "$b" -lt "$a" ]
}

PREFIX=${OCS_SLURM_DIR:-/usr}
VERSION=$("$PREFIX/sbin/slurmctld" -V | sed 's/[^0-9]*//')
# shellcheck disable=SC2086
find_source ${1:-${OCS_SLURM_SOURCES:-}}
[ $# -lt 2 ] || TESTS=("${@:2}")
[ -e "$SOURCE/testsuite/expect/globals" ] || skip_all "Slurm's source has no testsuite/expect"
command -v expect >/dev/null || bail "expect is missing: contrib/setup --full"
BASE=$(mktemp -d) || bail "mktemp"
at_exit 'rm -rf "$BASE"'
TAP_ON_FAIL=:
start_one plain --select=cons_tres --no-spank --no-agent
start_one ours
TAP_ON_FAIL=:

declare -A COUNT
TABLE=
for t in "${TESTS[@]}"; do
	pair "$t"
	again=
	case $PLAIN$OURS in
	*fail* | *time*)
		again=" (first: $PLAIN, $OURS)"
		pair "$t" alone ;;
	esac
	name="test$t: $PLAIN with cons_tres, $OURS with cons_tres_optical$again"
	p=${PLAIN%+*} o=${OURS%+*}
	COUNT[plain$p]=$((${COUNT[plain$p]:-0} + 1))
	COUNT[ours$o]=$((${COUNT[ours$o]:-0} + 1))
	TABLE+=$(printf '%-9s %-9s %-17s%s' "$t" "$PLAIN" "$OURS" "$again")$'\n'
	if [ "$PLAIN$OURS" = skipskip ]; then
		skip "test$t leaves itself out with both: $(why_skipped "$t")"
	elif ! not_ok "$name" fewer "$PLAIN" "$OURS"; then
		diag "$(tail -n 40 "${CLUSTER[ours]}/log/test$t.log")"
	fi
done
diag "$(printf '%-9s %-9s %s\n' test cons_tres cons_tres_optical; echo "$TABLE"
	echo '+N: N parts of it passed'
	for n in pass skip fail time; do
		printf '%-9s %-9s %s\n' "$n" "${COUNT[plain$n]:-0}" "${COUNT[ours$n]:-0}"
	done)"
[ $# -ge 2 ] || ok "of ${#TESTS[@]} tests most pass with cons_tres" test "$((2 * ${COUNT[plainpass]:-0}))" -gt "${#TESTS[@]}"
for D in "${CLUSTER[@]}"; do
	ok "no daemon of $(basename "$D") was lost" "$CLUSTER_SH" status "$D"
done
done_testing
