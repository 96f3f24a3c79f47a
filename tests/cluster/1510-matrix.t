#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 3600
#
# 1510-matrix - select, job_submit and the SPANK plugin compile without a
# warning against each Slurm from 22.05 on whose configured source is here
#
# OCS_SLURM_SOURCES names the directories, separated by blanks; contrib/check
# adds the distribution's. What configure says of a Slurm that is older, newer
# or not there at all is tried with directories that have nothing but a version.
# (Full tier. No cluster is started.)
set -u
SRCDIR=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$SRCDIR/tests/lib/tap.sh"
W=$(mktemp -d) || bail "no temporary directory"
at_exit 'rm -rf "$W"'
PLUGINS=(plugins/select/select_cons_tres_optical.la
	plugins/job_submit/job_submit_optical.la
	plugins/spank/spank_optical.la)

# config NAME OPTION...: configure in W/NAME, --without-slurm
config()
{
	mkdir -p "$W/$1" && (cd "$W/$1" && "$SRCDIR/configure" --cache-file="$W/cache" \
		--enable-werror --without-slurm "${@:2}") >"$W/$1.out" 2>&1
}

# fake VERSION: as much of a configured source as configure looks at
fake()
{
	local d=$W/fake-$1 v=($(tr . ' ' <<<"$1"))

	mkdir -p "$d/slurm" && touch "$d/config.h"
	printf '#define SLURM_VERSION_NUMBER 0x%02x%02x%02x\n' "$((10#${v[0]}))" "$((10#${v[1]}))" \
		"$((10#${v[2]}))" >"$d/slurm/slurm_version.h"
	echo "$d"
}

said() { grep -E "$2" "$W/$1.out"; }

ok "configure without any source" config none
ok "says that the plugins are left out, and why" said none 'select +no: --with-slurm-src=DIR is missing'
ok "configure with a source of 21.08" config old --with-slurm-src="$(fake 21.08.8)"
ok "says that select is left out, and why" said old 'select +no: Slurm 21\.08\.8 is older than 22\.05'
ok "configure with a source of 27.05" config new --with-slurm-src="$(fake 27.05.0)"
ok "warns" said new 'WARNING: Slurm 27\.05\.0 is newer than what this version knows'
ok "and builds for it" said new 'select +yes \(27\.05\.0 exactly\)'
ok "as for 26.05" grep -E '^SLURM_API = 2605$' "$W/new/Makefile"
not_ok "a directory that is no source is refused" config nothing --with-slurm-src="$W"
ok "and says what would be" said nothing 'is not a configured Slurm source'

n=0
read -ra sources <<<"${OCS_SLURM_SOURCES:-}"
for s in "${sources[@]}"; do
	v=$(sed -n 's/^#define SLURM_VERSION_NUMBER 0x\(..\)\(..\)\(..\).*/\1 \2 \3/p' "$s/slurm/slurm_version.h" 2>/dev/null |
		{ read -r a b c && printf '%d.%02d.%d' "0x$a" "0x$b" "0x$c"; })
	[ -n "$v" ] || { fail "$s is a configured source of Slurm"; continue; }
	n=$((n + 1))
	ok "$v: configure takes it" config "b$v" --with-slurm-src="$s" ||
		{ diag "$(tail -n 5 "$W/b$v.out")"; continue; }
	unlike "$(said "b$v" WARNING)" newer "$v: is known"
	ok "$v: select, job_submit and SPANK compile without a warning" \
		make -C "$W/b$v" -j"$(nproc)" "${PLUGINS[@]}"
	so=$W/b$v/plugins/select/.libs/select_cons_tres_optical.so
	is "$(readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | xargs)" libc.so.6 "$v: the select plugin needs libc only"
	# the entry points are those that this Slurm looks up, plus data
	wanted=$(sed -n '/node_select_syms\[\] *= *{/,/};/p' "$s"/src/interfaces/select.c "$s"/src/common/select.c 2>/dev/null |
		grep -o '"[a-z_]*"' | tr -d '"' | sort -u)
	have=$(nm -D --defined-only "$so" | cut -d' ' -f3)
	is "$(grep -vxF "$have" <<<"$wanted")" "" "$v: no entry point is missing ($(wc -w <<<"$wanted"))"
	is "$(grep '^select_p_' <<<"$have" | grep -vxF "$wanted")" "" "$v: and none is there that Slurm does not know"
	rm -rf "$W/b$v"
done
ok "at least the distribution's own Slurm was among them" test "$n" -ge 1 ||
	diag "OCS_SLURM_SOURCES='${OCS_SLURM_SOURCES:-}'; contrib/slurm-source makes one"
diag "compiled against $n sources"
done_testing
