# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# package.sh - packages built for a Debian, installed in a fresh one, at work, purged
#
# Sourced by tests/package/02*.t: package_test SUITE.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lib/distribution.sh
. "$(dirname "${BASH_SOURCE[0]}")/distribution.sh"

# Build packages for suite $1 into $2: here, if this machine is that, else in
# contrib/chroot's Debian. OCS_PACKAGES=DIR has built ones.
build_packages()
{
	local suite=$1 out=$2

	if [ -n "${OCS_PACKAGES:-}" ]; then
		cp "$OCS_PACKAGES"/*.deb "$out/"
		return
	fi
	if [ "$(own_suite)" = "$suite" ]; then
		"$SRCDIR/contrib/package" deb "$out"
		return
	fi
	"$SRCDIR/contrib/package" dist "$out" && "$SRCDIR/contrib/chroot" make &&
		"$SRCDIR/contrib/chroot" run apt-get -qy -o DPkg::Lock::Timeout=600 install \
			--no-install-recommends build-essential debhelper &&
		"$SRCDIR/contrib/chroot" run --bind="$out" env OCS_ARCHIVE="$(echo "$out"/*.tar.gz)" \
			"$SRCDIR/contrib/package" deb "$out"
}

# What is in $ROOT, without what no package is to blame for.
files()
{
	(cd "$ROOT" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./run -o -path ./tmp \
		-o -path ./packages -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/lib/apt \
		-o -path ./var/lib/systemd -o -path ./var/lib/slurm -o -path ./var/spool -o -path ./etc/slurm \) -prune \
		-o -print | sort)
}

# value KEY: of what two-sites.sh printed
value() { sed -n "s/^$1 //p" "$BASE/out"; }

package_test()
{
	local suite=$1 before after

	fresh_debian "$suite"
	mkdir "$BASE/packages"
	ok "packages are built for $suite" build_packages "$suite" "$BASE/packages" || bail "no packages"
	mkdir "$ROOT/packages"
	rm -f "$BASE"/packages/*dbgsym*
	cp "$BASE"/packages/*.deb "$ROOT/packages/"
	cp "$TESTLIB/two-sites.sh" "$ROOT/root/"

	# what the distribution brings, so that what is left later is ours
	ok "$suite has Slurm" in_debian 'apt-get -q update && apt-get -qy install --no-install-recommends munge slurmctld slurmd slurm-client procps util-linux adduser'
	before=$(files)
	ok "the packages are installed" in_debian 'apt-get -qy install --no-install-recommends /packages/*.deb'
	ok "nothing of ours runs" in_debian '! pgrep opticald'
	like "$(in_debian 'getent passwd opticald')" '^opticald:.*:/var/lib/opticald:/usr/sbin/nologin$' "there is a user opticald"
	is "$(in_debian 'stat -c "%U %G %a" /var/lib/opticald')" "opticald opticald 700" "and a place for the ledger"
	is "$(in_debian 'cat /etc/opticald.conf 2>&1 | grep -c .')" 1 "no opticald.conf was made up"
	is "$(in_debian 'opticald --version; opticalctl --version' | awk '{ print $2 }' | sort -u)" \
		"$(sed -n 's/^AC_INIT(\[slurm-optical\], \[\([0-9.]*\)\].*/\1/p' "$SRCDIR/configure.ac")" "their version is the source's"
	ok "manual pages are there" in_debian 'ls /usr/share/doc/slurm-optical-node/examples/plugstack.conf'

	in_debian_alone 'bash /root/two-sites.sh' >"$BASE/out" 2>"$BASE/err"
	is "$(value plain-cluster)" up "installed and not configured, Slurm starts"
	is "$(value plain-job)" localhost "and runs a job"
	is "$(value optical-cluster)" up "configured, it starts"
	like "$(value optical-job)" '^lyon-paris:400G:[0-9]+us on lyo001,par001$' "a job on two sites has its circuit"
	is "$(value remove-rc)" "1 1" "the packages can't be removed then"
	is "$(value remove-says)" "2 2" "and both say why, and what to do"
	is "$(value controller) $(value node)" "stays stays" "both stay installed"
	is "$(value upgrade-rc) $(value after-upgrade)" "0 files" "an upgrade passes"
	is "$(value held)" yes "OpticalJobs=hold holds the job that waits"
	is "$(value early-rc)" 1 "before slurmctld was restarted they can't be removed either"
	is "$(value switched-off) $(value guard)" "up passes" "switched off, they may go"
	is "$(value removed-rc)" 0 "they are removed"
	is "$(value without-plugins)" up "Slurm starts without them"
	is "$(value held-still)" "PD OpticalSwitchedOff" "the job still waits and says why"
	is "$(value plain-again)" localhost "and jobs run"
	[ "$TAP_FAILED" = 0 ] || {
		diag "$(cat "$BASE/out")"
		diag "$(tail -n 20 "$BASE/err")"
		diag "$(tail -n 20 "$ROOT"/tmp/*.log 2>/dev/null)"
	}

	rm -f "$ROOT/etc/opticald.conf"
	ok "purged" in_debian 'dpkg --purge opticald opticalctl slurm-optical-node slurm-optical-controller'
	is "$(in_debian 'getent passwd opticald; getent group opticald')" "" "no user is left"
	after=$(files)
	is "$(comm -13 <(echo "$before") <(echo "$after") | grep -iE 'optical|libocs')" "" "no file of ours is left"
	is "$(in_debian "dpkg-query -W -f '\${Package}\n' 'optical*' 'slurm-optical*' 2>/dev/null")" "" "dpkg knows nothing of them"
}
