#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 1500
#
# contrib/demo as a newcomer runs it: in a Debian, as old as this machine's, that
# has nothing but its smallest self, with two cores, no systemd and a hostname
# that nothing resolves. (Full tier: it installs every package anew.)
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
SRCDIR=$(cd "$HERE/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$SRCDIR/tests/lib/tap.sh"

[ "$(id -u)" = 0 ] || bail "must run as root"
command -v debootstrap >/dev/null || bail "debootstrap is not installed: apt-get install debootstrap"

ROOT=$(mktemp -d /var/tmp/ocs-demo.XXXXXX) || bail "no room in /var/tmp"
at_exit remove_root
remove_root()
{
	! grep -q " $ROOT/" /proc/mounts || return 0
	rm -rf --one-file-system "$ROOT"
}

suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# The mirror that this machine's own apt uses.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' |
	sed -n "s/ $suite\$//p" | head -n 1)
[ -n "$mirror" ] || bail "this machine's apt has no source for $suite"
if ! debootstrap --variant=minbase "$suite" "$ROOT/deb" "$mirror" >"$ROOT/debootstrap.log" 2>&1; then
	diag "$(tail "$ROOT/debootstrap.log")"
	bail "debootstrap failed"
fi
cp /etc/resolv.conf "$ROOT/deb/etc/" 2>/dev/null || :
# what apt needs to reach its mirrors here, proxies and keys among them
cp -r /etc/apt/apt.conf.d/. "$ROOT/deb/etc/apt/apt.conf.d/" 2>/dev/null || :
[ ! -e /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$ROOT/deb/etc/apt/"

mkdir "$ROOT/deb/root/slurm-optical"
# what git knows, where there is git; never what was built
if git -C "$SRCDIR" -c safe.directory="$SRCDIR" ls-files -z >"$ROOT/files" 2>/dev/null && [ -s "$ROOT/files" ]; then
	(cd "$SRCDIR" && xargs -0 cp --parents -t "$ROOT/deb/root/slurm-optical" <"$ROOT/files")
else
	tar cf - -C "$SRCDIR" --exclude=./build --exclude=./inst --exclude=./.git . |
		tar xf - -C "$ROOT/deb/root/slurm-optical"
fi
[ -x "$ROOT/deb/root/slurm-optical/contrib/demo" ] || bail "the tree was not copied"

# in_debian COMMAND: in mounts, processes and a hostname of its own
in_debian()
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
	' _ "$ROOT/deb" "$1" "${http_proxy:-}" </dev/null
}

in_debian 'apt-get update' >"$ROOT/update.log" 2>&1 || diag "$(tail "$ROOT/update.log")"
start=$SECONDS
in_debian 'cd /root/slurm-optical && contrib/demo' >"$ROOT/out" 2>&1
rc=$?
took=$((SECONDS - start))
diag "contrib/demo took $took s"
is "$rc" 0 "contrib/demo ends with 0" || diag "$(tail -n 40 "$ROOT/out")"
ok "within 10 minutes on 2 cores" test "$took" -lt 600
out=$(cat "$ROOT/out")
like "$out" 'running on lyo001 .*par00[12]' "the job ran on nodes of both sites"
like "$out" 'OPTICAL_CIRCUITS=lyon-paris:400G:2274us' "it saw its circuit"
like "$out" 'OPTICAL_SITES=lyon,paris' "and its sites"
like "$out" 'NCCL_BUFFSIZE=16777216' "NCCL_BUFFSIZE for 400G over 460 km"
like "$out" 'NCCL_P2P_NET_CHUNKSIZE=1048576' "NCCL_P2P_NET_CHUNKSIZE, too"
like "$out" 'OpticalLink\(par-lyo,need=400G,free=0G\)' "squeue while the second job waits"
like "$out" 'PROVISIONING' "the circuit's states"
like "$out" '\+5\.[0-9]+ -          ACTIVE' "with times"
like "$out" 'COMPLETED.*gres/gpu=48.*license/optical=400' "the line of sacct"
is "$(find "$ROOT/deb/etc/slurm" -name 'slurm.conf' 2>/dev/null)" "" "the system's own Slurm was left alone"
done_testing
