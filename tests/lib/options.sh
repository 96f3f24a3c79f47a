# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# options.sh - what the tests of sbatch's options do with a job
#
# Sourced after books.sh; the jobs wait for a file, see go() of the test.

# ends NAME JOB: told to go on, it completes, and its circuits are given back
ends()
{
	go "$2"
	ok "$1 ends" wait_job "$2" COMPLETED || diag_job "$2"
	ok "$1: nothing is booked" wait_for 20 nothing_booked
}

# refused REGEX SBATCH-ARGUMENT...: what sbatch says instead; $out has it
refused()
{
	local re=$1

	shift
	out=$(submit alice "$@" --wrap true 2>&1)
	like "$out" "$re" "refused: $*"
}
