#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh PROGRAM OPTICALD [PART...]: the figures of the agent, measured on the
# disk of the current directory (BENCH_DIR: another), which is left as it was.
set -u
program=${1:?} agent=${2:?}
shift 2
dir=$(mktemp -d "${BENCH_DIR:-$PWD}/bench.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' INT TERM
chmod 755 "$dir"
echo "# file_system $(stat -f -c %T "$dir"), $(nproc) cores"
"$program" "$agent" "$dir" "$@"
