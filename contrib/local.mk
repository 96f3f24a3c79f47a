# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/cluster contrib/lib/cluster-conf.sh \
	contrib/lib/cluster-db.sh contrib/lib/daemons.sh contrib/lib/free-ports
