#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0000-files - what lies in contrib/packaging, without building anything: both
# kinds of packages have the same files, no file is in two packages, and
# everything that `make install` installs is in one. (0100-build.t looks into the
# built ones.)
. "$(dirname "$0")/../lib/tap.sh"
SRCDIR=$(cd "$(dirname "$0")/../.." && pwd)
cd "$SRCDIR" || bail "$SRCDIR"
PACKAGES="opticald opticalctl slurm-optical-controller slurm-optical-node"
T=$(mktemp -d) || bail "no room for a directory"
at_exit 'rm -rf "$T"'

# Files of package $1, one a line, as the Debian ones say: PLUGINS is Slurm's
# directory, LIB ours, UNITS systemd's, DOC the package's.
debian_files()
{
	local p=contrib/packaging/debian/$1 from to

	while read -r from to; do
		[ -n "$to" ] && echo "/$to/$(basename "$from")" || echo "/$from"
	done <"$p.install" | sed -E 's,/opticalctl/opticalctl$,/opticalctl,'
	[ ! -e "$p.dirs" ] || sed 's,^,/,' "$p.dirs"
	cat "$p.docs" "$p.examples" 2>/dev/null | sed 's,.*/,,; s,^,DOC/,'
	grep -qx "debian/$1.service" contrib/packaging/debian/clean && echo "UNITS/$1.service"
}
debian() { debian_files "$1" | sed -E 's,^/usr/lib/\*/slurm-wlm,PLUGINS,; s,^/usr/lib/\*,LIB,' | sort; }

# The same as the spec says. Directories of ours are not files of ours.
spec()
{
	local name="-n $1"

	case $1 in
	slurm-optical-*) name=${1#slurm-optical-} ;;
	esac
	sed -n "/^%files $name\$/,/^\$/p" contrib/packaging/slurm-optical.spec |
	sed -E -e '/^(%files|%license|$)/d' -e '/^%dir %\{/d' -e 's/^%dir %attr\([^)]*\) //' |
	while read -r line; do
		case $line in
		%doc*) printf '%s\n' ${line#%doc} | sed 's,.*/,,; s,^,DOC/,' ;;
		*) echo "$line" ;;
		esac
	done | sed -e 's,%{slurm_plugindir},PLUGINS,; s,%{_libdir},LIB,; s,%{_unitdir},UNITS,' \
		-e 's,%{_sysusersdir},/usr/lib/sysusers.d,; s,%{_localstatedir},/var,' \
		-e 's,%{_sbindir},/usr/sbin,; s,%{_bindir},/usr/bin,; s,%{_libexecdir},/usr/libexec,' \
		-e 's,%{_mandir},/usr/share/man,; s,%{_datadir},/usr/share,; s,\*$,,' | sort
}

for p in $PACKAGES; do
	is "$(spec "$p")" "$(debian "$p")" "$p: the same files as RPM and for Debian"
done
is "$(for p in $PACKAGES; do debian "$p"; done | grep -v ^DOC/ | sort | uniq -d)" "" "no file is in two packages"
is "$(sed -n 's/^%package \(-n \)*//p' contrib/packaging/slurm-optical.spec | sed 's/^\([cn]o\)/slurm-optical-\1/' | sort | xargs)" \
	"$(sed -n 's/^Package: //p' contrib/packaging/debian/control | sort | xargs)" "the same packages"

# what the build installs, if there is a build (make check has one)
if [ -n "${OCS_BUILDDIR:-}" ] && [ -e "$OCS_BUILDDIR/Makefile" ]; then
	# (a Makefile that is made anew says so on standard output)
	make -s -C "$OCS_BUILDDIR" Makefile >/dev/null 2>&1
	installed=$(make -s -C "$OCS_BUILDDIR" --eval 'print-installed:; @printf "%s\n" $(addprefix bin/,$(notdir $(bin_PROGRAMS))) $(addprefix sbin/,$(notdir $(sbin_PROGRAMS))) $(addprefix PLUGINS/,$(notdir $(slurmplugin_LTLIBRARIES:.la=.so))) $(addprefix LIB/slurm-optical/,$(notdir $(pkglib_LTLIBRARIES:.la=.so))) $(addprefix LIB/slurm-optical/shadow/,$(notdir $(shadow_LTLIBRARIES:.la=.so))) $(foreach m,$(dist_man_MANS),man$(subst .,,$(suffix $(m)))/$(notdir $(m)))' print-installed |
		sed -E 's,^man,share/man,;s,share/man,/usr/share/man/man,;s,^(s?bin)/,/usr/\1/,;s,/man/man/man,/man/man,' | sed 's,^/usr/share/man/man\([0-9]\)/,/usr/share/man/man\1/,' | sort)
	missing=$(comm -23 <(echo "$installed") <(for p in $PACKAGES; do debian "$p"; done | sort))
	is "$missing" "" "all that make install installs is in a package"
	ok "and that is something" test "$(wc -l <<<"$installed")" -ge 9
else
	skip "there is no build" 2
fi

# ---- versions and scripts
version=$(sed -n 's/^AC_INIT(\[slurm-optical\], \[\([0-9.]*\)\].*/\1/p' configure.ac)
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' "configure.ac has a version"
is "$(sed -n 's/^Version: *//p' contrib/packaging/slurm-optical.spec)" "$version" "the spec has it, too"
like "$(head -n 5 NEWS)" "^NEWS.*$version" "NEWS has it, too"
for f in contrib/packaging/debian/*.{postinst,postrm,prerm}; do
	ok "$f is a script" sh -n "$f"
done
ok "contrib/package is, too" bash -n contrib/package
for f in contrib/examples/ansible/*.yml; do
	ok "$f is YAML of plays with named tasks" python3 - "$f" <<-'X'
	import sys, yaml
	plays = yaml.safe_load(open(sys.argv[1]))
	assert plays, 'no plays'
	for play in plays:
	    assert play['hosts'] and play['name'], play
	    for task in play.get('tasks', []) + play.get('handlers', []):
	        words = [k for k in task if k.startswith('ansible.builtin.')]
	        assert task['name'] and len(words) == 1, task
	X
done
order=$(sed -n 's/^- name: //p' contrib/examples/ansible/rollout.yml)
ok "the playbook puts the files everywhere before the configuration" \
	test "$(grep -n 'plugins on every host' <<<"$order" | cut -d: -f1)" -lt "$(grep -n 'The configuration' <<<"$order" | cut -d: -f1)"

# what EXTRA_DIST must name, or a release can't make packages
is "$(find contrib/packaging contrib/examples contrib/package -type f | while read -r f; do
	grep -qE "(^|[[:space:]])$f([[:space:]]|\$)" contrib/local.mk man/local.mk || echo "$f"; done)" "" \
	"a release has all that packages are made from"
done_testing
