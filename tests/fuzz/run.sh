# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# run.sh - runs the fuzz targets; sourced by tests/fuzz/*.t
#
# fuzz_find DIR...: sets FUZZ to the first of these build trees, or of those
# that are usual, that has the targets.
FUZZ_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$FUZZ_SRC/tests/lib/tap.sh"

fuzz_find()
{
	local d base=${OCS_INST:+$(dirname "$OCS_INST")}

	base=${base:-$FUZZ_SRC}
	for d in ${OCS_BUILDDIR:+"$OCS_BUILDDIR"} "${@/#/$base/}" "$base/build"; do
		FUZZ=$d/tests/fuzz
		[ ! -x "$FUZZ/f_units" ] || return 0
	done
	bail "no fuzz targets are built: make check, or set OCS_BUILDDIR"
}

# fuzz_start JOBS: what follows runs JOBS at a time; W is their directory.
fuzz_start()
{
	FUZZ_JOBS=$1
	W=$(mktemp -d /tmp/ocs-fuzz.XXXXXX) || bail "mktemp"
	at_exit 'rm -rf "$W"'
	: >"$W/list"
}

# fuzz_add NAME OPTION...: one more target to run, over its corpus.
fuzz_add()
{
	printf '%s\n' "$*" >>"$W/list"
}

fuzz_one()
{
	local name=$1

	shift
	mkdir -p "$W/$name"
	# libFuzzer adds what it finds to the first directory
	"$FUZZ/f_$name" -artifact_prefix="$W/$name-" -print_final_stats=1 \
		"$@" "$W/$name" "$FUZZ_SRC/tests/fuzz/corpus/$name" \
		>"$W/$name.log" 2>&1
	echo $? >"$W/$name.rc"
}

# Run them all and say how each went; an input that a target did not survive
# is shown, so that it can be put into the corpus with the repair.
fuzz_all()
{
	local name rest f

	export -f fuzz_one
	export W FUZZ FUZZ_SRC
	xargs -P"$FUZZ_JOBS" -L1 bash -c 'fuzz_one "$@"' - <"$W/list"
	while read -r name rest; do
		if [ "$(cat "$W/$name.rc" 2>/dev/null)" = 0 ]; then
			pass "$name $(grep -oE 'Done [0-9]+ runs' "$W/$name.log")"
			continue
		fi
		fail "$name $rest"
		diag "$(grep -aE 'broken:|ERROR|SUMMARY|runtime error|longer than|leak' "$W/$name.log" | head -n 5)"
		diag "$(tail -n 30 "$W/$name.log")"
		for f in "$W/$name"-*; do
			[ -f "$f" ] || continue
			diag "input, as base64: $(head -c 4096 "$f" | base64 -w0)"
		done
	done <"$W/list"
}
