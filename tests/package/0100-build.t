#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 1500
#
# 0100-build - the packages as they are built: the release archive from the
# checkout, .deb by dpkg-buildpackage, .rpm by rpmbuild; what lintian and rpmlint
# say; and that both hold the same files. (Full tier.)
. "$(dirname "$0")/../lib/tap.sh"
SRCDIR=$(cd "$(dirname "$0")/../.." && pwd)
cd "$SRCDIR" || bail "$SRCDIR"
for p in dpkg-buildpackage dh lintian rpmbuild rpmlint; do
	command -v $p >/dev/null || bail "$p is missing: contrib/package tools"
done
T=$(mktemp -d /var/tmp/ocs-build.XXXXXX) || bail "no room in /var/tmp"
at_exit 'rm -rf "$T"'
PACKAGES="opticald opticalctl slurm-optical-controller slurm-optical-node"

ok "packages for Debian" contrib/package deb "$T/deb" || bail "nothing to look at"
ok "packages for RPM" contrib/package rpm "$T/rpm" || bail "nothing to look at"
micro=$(dpkg-query -W -f '${Version}' libslurm-dev | sed 's/-.*//')
for p in $PACKAGES; do
	ok "$p.deb is there once" test "$(ls "$T"/deb/"$p"_*.deb | wc -l)" = 1
	like "$(dpkg-deb -f "$T"/deb/"$p"_*.deb Version)" "\\+slurm$micro\$" "its version has Slurm's"
done
next=${micro%.*}.$((${micro##*.} + 1))
like "$(dpkg-deb -f "$T"/deb/slurm-optical-node_*.deb Depends)" \
	"slurm-wlm-basic-plugins \(>= $micro\), slurm-wlm-basic-plugins \(<< $next~\)" \
	"the node's package needs exactly that Slurm"
like "$(dpkg-deb -f "$T"/deb/slurm-optical-controller_*.deb Depends)" \
	"slurmctld \(>= $micro\), slurmctld \(<< $next~\)" "the controller's, too"
for p in opticald opticalctl; do
	unlike "$(dpkg-deb -f "$T"/deb/"$p"_*.deb Depends)" "slurm" "$p needs no Slurm"
done
requires=$(rpm -qp --requires "$T"/rpm/slurm-optical-node-*.x86_64.rpm "$T"/rpm/slurm-optical-node-*.aarch64.rpm 2>/dev/null)
like "$requires" "slurm < $next" "RPM: below the next"
like "$requires" "slurm >= $micro" "RPM: not below its own"

is "$(lintian --fail-on none "$T"/deb/*.changes 2>&1 | grep '^E:')" "" "lintian has no errors"
lint=$(rpmlint -c contrib/packaging/rpmlint.toml contrib/packaging/slurm-optical.spec "$T"/rpm/*.rpm 2>&1)
like "$lint" ' 0 errors, 0 warnings' "rpmlint is clean" || diag "$lint"

# ---- the same files: Slurm's and our directories have other names, each
# distribution has its own documents
plain()
{
	sed -E -e 's,^\./,/,; s,^/lib/,/usr/lib/,' -e '/\/$/d' \
		-e '/^\/usr\/(share\/(doc|licenses|lintian)|lib\/\.build-id)(\/|$)/d' \
		-e 's,/usr/lib(64|/[a-z0-9_]+-linux-gnu)/slurm(-wlm)?/,PLUGINS/,' \
		-e 's,/usr/lib(64|/[a-z0-9_]+-linux-gnu)/slurm-optical/,LIB/,' \
		-e 's,(/man/.*[1-8])\.(gz|bz2|xz)$,\1,' | sort
}
# directories are not compared
files_deb() { dpkg-deb --fsys-tarfile "$T"/deb/"$1"_*.deb | tar tvf - | grep -v ^d | awk '{ print $6 }' | plain; }
files_rpm() { rpm -qlvp "$T"/rpm/"$1"-[0-9]*.rpm 2>/dev/null | grep -v ^d | awk '{ print $9 }' | plain; }
for p in $PACKAGES; do
	rm -f "$T"/rpm/*.src.rpm
	is "$(files_rpm "$p")" "$(files_deb "$p")" "$p: the same files"
	like "$(files_deb "$p")" '/man/' "its manual page is among them"
done
is "$(for p in $PACKAGES; do files_deb "$p"; done | sort | uniq -d)" "" "no file is in two packages"

# ---- what the plugins need of other libraries
mkdir "$T/x"
dpkg-deb -x "$T"/deb/slurm-optical-node_*.deb "$T/x"
needed=$(objdump -p "$T"/x/usr/lib/*/slurm-wlm/select_cons_tres_optical.so | awk '$1 == "NEEDED" { print $2 }')
is "$needed" "libc.so.6" "the select plugin needs libc only, as packaged"
unlike "$(objdump -p "$T"/x/usr/lib/*/slurm-wlm/select_cons_tres_optical.so)" 'BIND_NOW' "and is bound lazily"
done_testing
