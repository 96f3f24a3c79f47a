# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tap.sh - what a shell test needs to emit TAP
#
# Sourced. A test says plan N first or done_testing last; a test that ends
# without either is a failed one. Checks return whether they passed.
set -u
export LC_ALL=C
umask 022

TAP_COUNT=0 TAP_FAILED=0 TAP_PLANNED=
# evaluated when a check has failed, to show how things are
TAP_ON_FAIL=:

plan()
{
	TAP_PLANNED=$1
	echo "1..$1"
}

done_testing()
{
	[ -n "$TAP_PLANNED" ] || plan "$TAP_COUNT"
}

# Notes for people, on standard error with #, so that prove shows them.
diag()
{
	local line

	while IFS= read -r line; do
		printf '# %s\n' "$line" >&2
	done <<<"$*"
}

# Leave the whole test out. Reasons must be listed in tests/ALLOWED_SKIPS.
skip_all()
{
	echo "1..0 # SKIP $*"
	TAP_PLANNED=0
	exit 0
}

# skip REASON [N]: N checks that can't be made here.
skip()
{
	local i

	for ((i = 0; i < ${2:-1}; i++)); do
		echo "ok $((++TAP_COUNT)) # SKIP $1"
	done
}

# Nothing that follows makes sense: the test fails and ends here. (Not by TAP's
# "Bail out!", which ends all other tests, too.)
bail()
{
	fail "bail out: $*"
	done_testing
	exit 255
}

pass()
{
	echo "ok $((++TAP_COUNT)) - $*"
}

fail()
{
	echo "not ok $((++TAP_COUNT)) - $*"
	TAP_FAILED=$((TAP_FAILED + 1))
	diag "failed: $* (${BASH_SOURCE[2]-${BASH_SOURCE[1]}}:${BASH_LINENO[1]-})"
	# the first ones tell most; the rest often follow from them
	[ $TAP_FAILED -gt 3 ] || eval "$TAP_ON_FAIL" >&2
	return 1
}

# ok NAME COMMAND...: it succeeds. Its output is shown when it does not.
ok()
{
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name"
		diag "command: $*"
		[ -z "$out" ] || diag "$out"
		return 1
	fi
}

# not_ok NAME COMMAND...: it fails.
not_ok()
{
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		fail "$name"
		diag "succeeded: $*"
		[ -z "$out" ] || diag "$out"
		return 1
	else
		pass "$name"
	fi
}

# is GOT WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "got  '$1'"
		diag "want '$2'"
		return 1
	fi
}

# like GOT REGEX NAME (extended, as [[ =~ ]])
like()
{
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got     '$1'"
		diag "matches '$2' not"
		return 1
	fi
}

# unlike GOT REGEX NAME
unlike()
{
	if [[ $1 =~ $2 ]]; then
		fail "$3"
		diag "got     '$1'"
		diag "matches '$2'"
		return 1
	else
		pass "$3"
	fi
}

# wait_for LIMIT COMMAND-LINE: evaluate it every 0.1 s until it succeeds.
# Fails after LIMIT seconds, showing what it printed last.
wait_for()
{
	local end=$((SECONDS + $1)) out

	until out=$(eval "$2" 2>&1); do
		if [ $SECONDS -ge $end ]; then
			diag "waited $1 s for: $2"
			[ -z "$out" ] || diag "last output: $out"
			return 1
		fi
		sleep 0.1
	done
}

# at_exit COMMAND-LINE: evaluated when the test ends, last one first.
TAP_AT_EXIT=()
at_exit()
{
	TAP_AT_EXIT+=("$1")
}

tap_exit()
{
	local rc=$? i

	trap - EXIT
	trap '' INT TERM HUP
	for ((i = ${#TAP_AT_EXIT[@]} - 1; i >= 0; i--)); do
		eval "${TAP_AT_EXIT[i]}"
	done
	if [ -z "$TAP_PLANNED" ]; then
		diag "the test ended after check $TAP_COUNT without a plan"
		[ $rc -ne 0 ] || rc=1
	elif [ "$TAP_FAILED" -gt 0 ]; then
		rc=1
	fi
	exit $rc
}
trap tap_exit EXIT
trap 'diag "interrupted"; exit 130' INT TERM HUP
