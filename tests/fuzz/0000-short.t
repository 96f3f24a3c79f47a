#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each parser of outside bytes survives its corpus and a fixed number of inputs
# made from it, under ASan and UBSan. Always the same inputs; OCS_FUZZ_SEED
# makes others.
# shellcheck source=tests/fuzz/run.sh
. "$(dirname "$0")/run.sh"

fuzz_find build/gcc build/clang
fuzz_start "${OCS_FUZZ_JOBS:-2}"
# those that write files take longer
while read -r name runs; do
	fuzz_add "$name" -runs="$runs" -seed="${OCS_FUZZ_SEED:-1}" \
		-timeout=20 -max_len=8192
done <<-'X'
	ledger 1000
	rows 1500
	api 1500
	optical_conf 20000
	opticald_conf 20000
	slurmconf 10000
	simfile 10000
	lease 40000
	attach 60000
	state 20000
	docs 40000
	exec 40000
	request 40000
	submit 40000
	units 100000
	target 100000
	http 60000
	token 100000
	hintenv 40000
	hostlist 4000
	why 100000
X
plan $(($(wc -l <"$W/list") + 1))
fuzz_all
is "$(cut -d' ' -f1 "$W/list" | sort)" \
	"$(cd "$FUZZ_SRC/tests/fuzz" && printf '%s\n' f_*.c | sed 's/^f_//; s/\.c$//' | sort)" \
	"each target was run"
