# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster-db.sh - the accounting of an emulated cluster: mariadbd, slurmdbd
#
# Sourced by contrib/cluster. The server runs as user slurm, so that its program
# is all that is needed of the distribution's MariaDB. The database has a socket
# below $D and no TCP port; an empty one is made once and copied.

# Speed before safety: this database lives as long as its cluster.
MARIADB_OPTIONS=(--no-defaults --user=slurm --skip-networking --skip-log-bin
	--innodb-log-file-size=8M --innodb-buffer-pool-size=32M
	--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF
	--innodb-fast-shutdown=2 --innodb-lock-wait-timeout=900
	--performance-schema=OFF --key-buffer-size=1M)

# Directory of an empty database, made when it is not there yet.
db_template()
{
	local cache=${OCS_CACHE:-/var/cache/slurm-optical} version t tmp

	version=$(mariadbd --version | sed 's/.*Ver \([^ ]*\).*/\1/')
	t=$cache/mariadb-$version
	mkdir -p "$cache" || return 1
	(
		flock -w 120 8 || exit 1
		[ ! -d "$t" ] || exit 0
		tmp=$(mktemp -d "$cache/mariadb.XXXXXX") || exit 1
		trap 'rm -rf "$tmp"' EXIT
		chmod 0755 "$tmp"
		mariadb-install-db --no-defaults --user=slurm --datadir="$tmp/db" \
			--auth-root-authentication-method=normal --skip-test-db \
			--innodb-log-file-size=8M --skip-name-resolve --force \
			>"$LOG/mariadb-install-db.out" 2>&1 || exit 1
		mv "$tmp/db" "$t"
	) 8>"$cache/mariadb.lock" || return 1
	echo "$t"
}

start_mariadbd()
{
	local t

	t=$(db_template) || { say "cannot make a database:"; tail "$LOG/mariadb-install-db.out" >&2; return 1; }
	install -d -o slurm -g slurm -m 0755 "$D/mariadb"
	cp -a --sparse=always "$t" "$D/mariadb/db" || return 1
	# slurmdbd would make the database, but goes on with a connection that failed
	# for lack of it; of that the client library of Debian 13 takes no answer
	cat >"$D/mariadb/init.sql" <<-'X'
	CREATE DATABASE IF NOT EXISTS slurm_acct_db;
	CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED BY 'slurm';
	GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
	X
	daemon_start mariadbd mariadbd "${MARIADB_OPTIONS[@]}" \
		--datadir="$D/mariadb/db" --socket="$D/mariadb/sock" \
		--pid-file="$D/mariadb/pid" --init-file="$D/mariadb/init.sql"
	# slurmdbd finds the socket by this variable of the client library
	DAEMON_ENV+=("MYSQL_UNIX_PORT=$D/mariadb/sock")
	start_record
}

wait_mariadbd()
{
	poll 60 "mariadbd" "$LOG/mariadbd.out" alive mariadbd mariadb --no-defaults \
		--socket="$D/mariadb/sock" --user=slurm --password=slurm -e "SELECT 1"
}

# The cluster, an account and its users.
add_accounts()
{
	local out

	out=$(sacctmgr -i add cluster "$CLUSTER" 2>&1 &&
		sacctmgr -i add account ocs Cluster="$CLUSTER" 2>&1 &&
		sacctmgr -i add user ocsalice,ocsbob,root Account=ocs Cluster="$CLUSTER" 2>&1) || {
		say "sacctmgr: $out"
		return 1
	}
}
