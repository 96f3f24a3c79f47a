#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 10800
#
# Each parser of outside bytes, fuzzed for OCS_FUZZ_SECONDS (600): as many at
# a time as there are processors, or OCS_FUZZ_JOBS; with libFuzzer, if clang's
# build is there. The inputs are others every time.
# shellcheck source=tests/fuzz/run.sh
. "$(dirname "$0")/run.sh"

seed=${OCS_FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
seconds=${OCS_FUZZ_SECONDS:-600}
fuzz_find build/clang build/gcc
fuzz_start "${OCS_FUZZ_JOBS:-$(nproc)}"
diag "OCS_FUZZ_SEED=$seed, $seconds s each, of $FUZZ"
for t in "$FUZZ_SRC"/tests/fuzz/f_*.c; do
	t=${t##*/f_}
	fuzz_add "${t%.c}" -max_total_time="$seconds" -seed="$seed" \
		-timeout=30 -max_len=16384 -rss_limit_mb=2048
done
plan "$(wc -l <"$W/list")"
fuzz_all
