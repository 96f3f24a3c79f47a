#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 1500
#
# contrib/demo as a newcomer runs it: in a Debian, as old as this machine's, that
# has nothing but its smallest self, with two cores, no systemd and a hostname
# that nothing resolves. (Full tier: it installs every package anew.)
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source=tests/lib/distribution.sh
. "$(dirname "$0")/../lib/distribution.sh"

fresh_debian "$(own_suite)"
# nobody has prepared anything here
rm "$ROOT/usr/sbin/policy-rc.d" "$ROOT/etc/dpkg/dpkg.cfg.d/unsafe-io" "$ROOT/etc/hosts"

mkdir "$ROOT/root/slurm-optical"
# what git knows, where there is git; never what was built
if git -C "$SRCDIR" -c safe.directory="$SRCDIR" ls-files -z >"$BASE/files" 2>/dev/null && [ -s "$BASE/files" ]; then
	(cd "$SRCDIR" && xargs -0 cp --parents -t "$ROOT/root/slurm-optical" <"$BASE/files")
else
	tar cf - -C "$SRCDIR" --exclude=./build --exclude=./inst --exclude=./.git . |
		tar xf - -C "$ROOT/root/slurm-optical"
fi
[ -x "$ROOT/root/slurm-optical/contrib/demo" ] || bail "the tree was not copied"

# as_newcomer COMMAND: in mounts, processes and a hostname of its own
as_newcomer()
{
	taskset -c 0,1 unshare -m -p -f -u --kill-child bash -c '
		hostname no-such-host-x1
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
		mount -t tmpfs tmpfs "$1/run"
		exec chroot "$1" env -i HOME=/root TERM=dumb LANG=tr_TR.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			http_proxy="$3" https_proxy="$3" bash -c "umask 077; $2"
	' _ "$ROOT" "$1" "${http_proxy:-}" </dev/null
}

as_newcomer 'apt-get update' >"$BASE/update.log" 2>&1 || diag "$(tail "$BASE/update.log")"
start=$SECONDS
as_newcomer 'cd /root/slurm-optical && contrib/demo' >"$BASE/out" 2>&1
rc=$?
took=$((SECONDS - start))
diag "contrib/demo took $took s"
is "$rc" 0 "contrib/demo ends with 0" || diag "$(tail -n 40 "$BASE/out")"
ok "within 10 minutes on 2 cores" test "$took" -lt 600
out=$(cat "$BASE/out")
like "$out" 'running on lyo001 .*par00[12]' "the job ran on nodes of both sites"
like "$out" 'OPTICAL_CIRCUITS=lyon-paris:400G:2274us' "it saw its circuit"
like "$out" 'OPTICAL_SITES=lyon,paris' "and its sites"
like "$out" 'NCCL_BUFFSIZE=16777216' "NCCL_BUFFSIZE for 400G over 460 km"
like "$out" 'NCCL_P2P_NET_CHUNKSIZE=1048576' "NCCL_P2P_NET_CHUNKSIZE, too"
like "$out" 'OpticalLink\(par-lyo,need=400G,free=0G\)' "squeue while the second job waits"
like "$out" 'PROVISIONING' "the circuit's states"
like "$out" '\+5\.[0-9]+ -          ACTIVE' "with times"
like "$out" 'COMPLETED.*gres/gpu=48.*license/optical=400' "the line of sacct"
is "$(find "$ROOT/etc/slurm" -name 'slurm.conf' 2>/dev/null)" "" "the system's own Slurm was left alone"
done_testing
