#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 2400
#
# 0210-debian13 - packages for Debian 13: built, installed in a fresh one, a job on
# two sites, refused to go while in use, switched off, purged. (Full tier.)
. "$(dirname "$0")/../lib/package.sh"

package_test trixie
done_testing
