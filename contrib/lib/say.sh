# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# say.sh - how our scripts speak: PROG: a sentence, on standard error. Sourced.

say()
{
	printf '%s: %s\n' "${PROG:?}" "$*" >&2
}

die()
{
	say "$@"
	exit 1
}
