# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# distribution.sh - a fresh Debian for a test of packages
#
# Sourced after tap.sh, as root. fresh_debian makes the smallest Debian of a
# suite and removes it at the test's end. in_debian has mounts and processes of
# its own, in_debian_alone a network of its own, too: the default ports of Slurm
# and munge are free there.
TESTLIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SRCDIR=$(cd "$TESTLIB/../.." && pwd)

# The suite of the Debian that this is.
own_suite() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# Sets ROOT, where it is. Ends the test when there is none.
fresh_debian()
{
	local suite=$1 mirror own p

	[ "$(id -u)" = 0 ] || bail "must run as root"
	for p in debootstrap ip; do
		command -v $p >/dev/null || bail "$p is missing: contrib/package tools"
	done
	own=$(own_suite)
	mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' |
		sed -n "s/ $own\$//p" | head -n 1)
	[ -n "$mirror" ] || bail "this machine's apt has no source for $own"
	BASE=$(mktemp -d /var/tmp/ocs-debian.XXXXXX) || bail "no room in /var/tmp"
	at_exit remove_debian
	ROOT=$BASE/root
	if ! debootstrap --variant=minbase "$suite" "$ROOT" "$mirror" >"$BASE/log" 2>&1 </dev/null; then
		diag "$(tail "$BASE/log")"
		bail "debootstrap $suite failed"
	fi
	cp /etc/resolv.conf "$ROOT/etc/" 2>/dev/null || :
	cp -r /etc/apt/apt.conf.d/. "$ROOT/etc/apt/apt.conf.d/" 2>/dev/null || :
	[ ! -e /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$ROOT/etc/apt/"
	echo 127.0.0.1 localhost >"$ROOT/etc/hosts"
	echo force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/unsafe-io"
	# no daemon is started by a package
	printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
	chmod 0755 "$ROOT/usr/sbin/policy-rc.d"
}

remove_debian()
{
	! grep -q " $BASE/" /proc/mounts || return 0
	rm -rf --one-file-system "$BASE"
}

# enter_debian UNSHARE-OPTION... -- COMMAND-LINE
enter_debian()
{
	local options=() net=shared

	[ "$1" != -n ] || net=alone
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	unshare -m -p -u -i -f --kill-child "${options[@]}" bash -c '
		hostname "$3"
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs -o mode=0755 tmpfs "$1/run"
		# glibc resolves nothing where there is but 127.0.0.1
		[ "$5" = alone ] && ip link set lo up && ip addr add 192.0.2.1/32 dev lo
		exec chroot "$1" env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			DEBIAN_FRONTEND=noninteractive http_proxy="$4" https_proxy="$4" bash -c "$2"
	' _ "$ROOT" "$2" localhost "${http_proxy:-}" "$net" </dev/null
}
in_debian() { enter_debian -- "$1"; }
in_debian_alone() { enter_debian -n -- "$1"; }
