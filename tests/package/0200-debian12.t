#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 2400
#
# 0200-debian12 - packages for Debian 12: built, installed in a fresh one, a job on
# two sites, refused to go while in use, switched off, purged. (Full tier.)
. "$(dirname "$0")/../lib/package.sh"

[ "$(own_suite)" = bookworm ] || skip_all "packages for Debian 12 are built on Debian 12"
package_test bookworm
done_testing
