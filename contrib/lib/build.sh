# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# build - configure and compile in build/, install in inst/, for demo and check
#
# Sourced after say.sh, with SRC and PROG set. directories sets BUILD, INST and
# JOBS; SLURM_SRC must be set before configure_gcc.

# slurmctld and jobs run as other users, which must be able to enter.
others_enter()
{
	local d=$1

	while [ "$d" != / ]; do
		[ $(($(stat -c 0%a "$d") & 1)) = 1 ] || return 1
		d=$(dirname "$d")
	done
}

directories()
{
	local base=${OCS_BUILD:-$SRC}

	if ! mkdir -p "$base" || ! base=$(cd "$base" && pwd); then
		die "cannot make $base"
	fi
	if ! others_enter "$base"; then
		[ -z "${OCS_BUILD:-}" ] ||
			die "OCS_BUILD=$OCS_BUILD: other users cannot enter it, and slurmctld and the tests' jobs run as such"
		base=${OCS_CACHE:-/var/cache/slurm-optical}/check-$(echo "$SRC" | cksum | cut -d' ' -f1)
		mkdir -p "$base" || die "cannot make $base"
		say "other users cannot enter $SRC: building in $base"
	fi
	BUILD=$base/build INST=$base/inst
	mkdir -p "$BUILD" || die "cannot make $BUILD"
	JOBS=$(nproc)
}

# step WHAT LOG COMMAND...: run it with its output in LOG; the end of that on
# failure, which is the end of us, too.
step()
{
	local what=$1 log=$2 start=$SECONDS

	shift 2
	if ! "$@" >"$log" 2>&1 </dev/null; then
		say "$what: FAILED; the end of $log:"
		tail -n 40 "$log" >&2
		exit 1
	fi
	say "$what: done ($((SECONDS - start)) s)"
}

# configure_in DIR NAME=VALUE|OPTION...: anew when anything that goes into
# configure is newer than what it made, or its arguments are others.
configure_in()
{
	local dir=$1 args

	shift
	mkdir -p "$dir"
	args="--prefix=$INST --with-slurm-src=$SLURM_SRC ${OCS_SLURM_DIR:+--with-slurm=$OCS_SLURM_DIR} $*"
	if [ -f "$dir/Makefile" ] && [ "$dir/Makefile" -nt "$SRC/configure" ] &&
			[ "$args" = "$(cat "$dir/.check-args" 2>/dev/null)" ]; then
		echo "configured: $args"
		return
	fi
	# shellcheck disable=SC2086
	(cd "$dir" && "$SRC/configure" $args) && echo "$args" >"$dir/.check-args"
}

autotools()
{
	cd "$SRC" || return 1
	if [ -n "$(find configure.ac Makefile.am m4/slurm.m4 ./*/local.mk ./*/*/local.mk \
			-newer configure 2>/dev/null)" ] || [ ! -f configure ] ||
			[ ! -f Makefile.in ] || [ ! -f auxdir/ltmain.sh ]; then
		autoreconf -fi
	fi
}

# The build that is installed and tested, with its select plugin.
configure_gcc()
{
	step "autoreconf" "$BUILD/autoreconf.log" autotools
	step "configure" "$BUILD/configure.log" configure_in "$BUILD/gcc" CC=gcc --enable-werror
	grep -qF 'S["HAVE_SLURM_SRC_TRUE"]=""' "$BUILD/gcc/config.status" ||
		die "configure leaves out the select plugin: see $BUILD/configure.log"
}
