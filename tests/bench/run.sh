#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh PROGRAM OPTICALD [PART...]: the figures of the agent, measured on the
# disk of the current directory (BENCH_DIR: another), which is left as it was.
#
# Beside them those of writing on a disk whose syncs take a millisecond more,
# for both sides alike: OCS_SLOW_SYNC is the shared object of
# tests/fake/slow_sync.c that does it. They are named so and change no result.
set -u
program=${1:?} agent=${2:?}
shift 2
dir=$(mktemp -d "${BENCH_DIR:-$PWD}/bench.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' INT TERM
chmod 755 "$dir"
echo "# file_system $(stat -f -c %T "$dir"), $(nproc) cores"
"$program" "$agent" "$dir" "$@"
rc=$?
if [ -f "${OCS_SLOW_SYNC-}" ] && [[ $# = 0 || " $* " == *" write "* ]]; then
	mkdir "$dir/slow"
	chmod 755 "$dir/slow"
	OCS_SLOW_SYNC_US=1000 LD_PRELOAD=$OCS_SLOW_SYNC \
		"$program" "$agent" "$dir/slow" write
fi
exit $rc
