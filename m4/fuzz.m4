# SPDX-License-Identifier: GPL-2.0-or-later
# OCS_FUZZ - can fuzz targets be built, and by which engine are they driven?
#
# FUZZ: the compiler has ASan and UBSan (and the tree is not built with TSan,
# which allows neither). LIBFUZZER: and libFuzzer, whose main() it then is;
# else tests/fuzz/driver.c is, which needs to be told what code was reached.
AC_DEFUN([OCS_FUZZ], [
ocs_fuzz=no
ocs_fuzz_save_CFLAGS=$CFLAGS
ocs_fuzz_save_LDFLAGS=$LDFLAGS
AS_CASE([$with_sanitizers], [*thread*], [], [
	CFLAGS="$CFLAGS -fsanitize=address,undefined"
	AC_MSG_CHECKING([for the address and undefined sanitizers])
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [ocs_fuzz=driver])
	AC_MSG_RESULT([$ocs_fuzz])])
AS_IF([test $ocs_fuzz != no], [
	CFLAGS="$ocs_fuzz_save_CFLAGS -fsanitize=address,undefined,fuzzer"
	AC_MSG_CHECKING([for libFuzzer])
	AC_LINK_IFELSE([AC_LANG_SOURCE([[
		#include <stddef.h>
		int LLVMFuzzerTestOneInput(const unsigned char *d, size_t n);
		int LLVMFuzzerTestOneInput(const unsigned char *d, size_t n)
		{ return 0; }]])],
		[ocs_fuzz=libFuzzer
		 OCS_FUZZ_CFLAGS=-fsanitize=fuzzer-no-link
		 OCS_FUZZ_LDFLAGS=-fsanitize=fuzzer])
	AC_MSG_RESULT([$ocs_fuzz])])
AS_IF([test $ocs_fuzz = driver], [
	CFLAGS="$ocs_fuzz_save_CFLAGS -fsanitize-coverage=trace-pc"
	AC_MSG_CHECKING([for -fsanitize-coverage=trace-pc])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])
		 OCS_FUZZ_CFLAGS=-fsanitize-coverage=trace-pc],
		[AC_MSG_RESULT([no])])])
CFLAGS=$ocs_fuzz_save_CFLAGS
LDFLAGS=$ocs_fuzz_save_LDFLAGS
AC_SUBST([OCS_FUZZ_CFLAGS])
AC_SUBST([OCS_FUZZ_LDFLAGS])
AM_CONDITIONAL([FUZZ], [test $ocs_fuzz != no])
AM_CONDITIONAL([LIBFUZZER], [test $ocs_fuzz = libFuzzer])
])
