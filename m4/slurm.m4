# SPDX-License-Identifier: GPL-2.0-or-later
# OCS_SLURM - find the Slurm to build against and to run in.
#
#  --with-slurm-src=DIR  configured source; needed by the select plugin
#  --with-slurm=PREFIX   the Slurm that the plugins are loaded by (/usr)
#  --without-slurm       build only: nothing installed is looked at
AC_DEFUN([OCS_SLURM], [
AC_ARG_WITH([slurm],
	[AS_HELP_STRING([--with-slurm=PREFIX],
		[the Slurm that the plugins run in (default /usr)])],
	[], [with_slurm=/usr])
AC_ARG_WITH([slurm-src],
	[AS_HELP_STRING([--with-slurm-src=DIR],
		[configured source of the same Slurm, for the select plugin; contrib/slurm-source makes one])],
	[], [with_slurm_src=no])
AC_ARG_WITH([slurm-plugindir],
	[AS_HELP_STRING([--with-slurm-plugindir=DIR],
		[where Slurm plugins are installed (default: Slurm's own with --prefix=/usr, else PKGLIBDIR/slurm)])],
	[], [with_slurm_plugindir=auto])

AS_IF([test "x$with_slurm" = xyes], [with_slurm=/usr])
# SLURM_VERSION_NUMBER is 0xMMmmuu: 0x160508 is 22.05.8
ocs_version_sed='s/^#define SLURM_VERSION_NUMBER 0x\(..\)\(..\)\(..\).*/0x\1 0x\2 0x\3/p'
ocs_run_version=
ocs_src_version=
SLURM_SRC_DIR=
AS_IF([test "x$with_slurm" != xno], [
	ocs_run_version=`printf '%d.%02d.%d' \`$SED -n "$ocs_version_sed" "$with_slurm/include/slurm/slurm_version.h" 2>/dev/null\``
	AS_IF([test "$ocs_run_version" = 0.00.0], [ocs_run_version=])
	AS_IF([test -z "$ocs_run_version"],
		[AC_MSG_ERROR([no slurm/slurm_version.h below $with_slurm/include: install libslurm-dev, name the right --with-slurm=PREFIX, or use --without-slurm])])
	ocs_slurm_where="$with_slurm ($ocs_run_version)"
], [ocs_slurm_where="none (build only)"])
AS_IF([test "x$with_slurm_src" != xno], [
	AS_IF([test ! -f "$with_slurm_src/slurm/slurm_version.h" || test ! -f "$with_slurm_src/config.h"],
		[AC_MSG_ERROR([$with_slurm_src is not a configured Slurm source: config.h and slurm/slurm_version.h are made by its ./configure; contrib/slurm-source does this])])
	ocs_src_version=`printf '%d.%02d.%d' \`$SED -n "$ocs_version_sed" "$with_slurm_src/slurm/slurm_version.h"\``
	SLURM_SRC_DIR=`cd "$with_slurm_src" && pwd`
	AS_IF([test -n "$ocs_run_version" && test "$ocs_run_version" != "$ocs_src_version"],
		[AC_MSG_ERROR([Slurm source is $ocs_src_version but the Slurm to run in is $ocs_run_version: Slurm loads select plugins of exactly its own version only])])
])

# What the plugins compile against: the source when there is one.
ocs_have_headers=no
ocs_have_src=no
AS_IF([test -n "$SLURM_SRC_DIR"], [
	SLURM_PUB_CPPFLAGS="-isystem $SLURM_SRC_DIR"
	ocs_have_headers="yes ($ocs_src_version, major.minor for spank)"
	# The file that knows this version's interface, for select and job_submit.
	# A newer one is tried with the newest: where that no longer fits, the
	# compiler or a failed assertion says so.
	ocs_slurm_api= ocs_submit_api=2311
	AS_CASE([$ocs_src_version],
		[22.05.*], [ocs_slurm_api=2205 ocs_submit_api=2205],
		[23.02.*], [ocs_slurm_api=2302 ocs_submit_api=2302],
		[23.11.*], [ocs_slurm_api=2311],
		[24.05.*], [ocs_slurm_api=2405],
		[24.11.*], [ocs_slurm_api=2411],
		[25.05.*], [ocs_slurm_api=2505],
		[25.11.*], [ocs_slurm_api=2511],
		[26.05.*], [ocs_slurm_api=2605],
		[@<:@01@:>@?.* | 2@<:@0-1@:>@.* | 22.0@<:@0-4@:>@.*], [],
		[ocs_slurm_api=2605
		 AC_MSG_WARN([Slurm $ocs_src_version is newer than what this version knows (22.05 to 26.05): building as for 26.05; run its tests on that Slurm (contrib/check --slurm-dir=... --slurm-src=...) before a cluster uses it])])
	AS_IF([test -n "$ocs_slurm_api"],
		[ocs_have_src="yes ($ocs_src_version exactly)"],
		[ocs_have_src="no: Slurm $ocs_src_version is older than 22.05, the first that is supported"])
], [test -n "$ocs_run_version"], [
	SLURM_PUB_CPPFLAGS="-isystem $with_slurm/include"
	ocs_have_headers="yes ($ocs_run_version)"
	ocs_have_src="no: --with-slurm-src=DIR is missing"
], [
	ocs_have_headers="no: neither --with-slurm-src nor --with-slurm"
	ocs_have_src="no: --with-slurm-src=DIR is missing"
])
SLURM_SRC_CPPFLAGS="-isystem $SLURM_SRC_DIR"
AC_SUBST([SLURM_PUB_CPPFLAGS])
AC_SUBST([SLURM_SRC_CPPFLAGS])
AC_SUBST([SLURM_SRC_DIR])
AM_CONDITIONAL([HAVE_SLURM_HEADERS], [test "x$ocs_have_headers" != "x${ocs_have_headers#yes}"])
AM_CONDITIONAL([HAVE_SLURM_SRC], [test "x$ocs_have_src" != "x${ocs_have_src#yes}"])
SLURM_API=$ocs_slurm_api
SUBMIT_API=$ocs_submit_api
AC_SUBST([SLURM_API])
AC_SUBST([SUBMIT_API])

AS_IF([test "x$prefix" = xNONE], [prefix=$ac_default_prefix])
AS_IF([test "x$with_slurm_plugindir" != xauto], [slurmplugindir=$with_slurm_plugindir],
	[test "x$prefix" = "x$with_slurm"], [
	slurmplugindir=
	for d in "$with_slurm"/lib/*/slurm-wlm "$with_slurm/lib64/slurm" "$with_slurm/lib/slurm"; do
		AS_IF([test -z "$slurmplugindir" && test -d "$d"], [slurmplugindir=$d])
	done
	AS_IF([test -z "$slurmplugindir"], [slurmplugindir='${pkglibdir}/slurm'])
], [slurmplugindir='${pkglibdir}/slurm'])
AC_SUBST([slurmplugindir])
SLURM_PREFIX=$with_slurm
AC_SUBST([SLURM_PREFIX])
])
