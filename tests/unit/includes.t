#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may use what (design: the tree): one third-party library stops at one
# file or layer, and layers look one way only.
set -u
shopt -s lastpipe
export LC_ALL=C
top=${OCS_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$top" || { echo "Bail out! no $top"; exit 1; }

count=0
failed=0

# ok TEXT, then on stdin what is wrong: nothing must be
ok()
{
	local bad

	bad=$(cat)
	count=$((count + 1))
	if test -z "$bad"; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		printf '%s\n' "$bad" | sed 's/^/# /'
	fi
}

# C files and headers below the given places; none is fine
sources()
{
	local dir

	for dir; do
		test ! -e "$dir" || find "$dir" -name '*.[ch]' -print
	done | sort
}

# code FILE...: each line as FILE:LINE:TEXT, without comments. Strings stay:
# a "//" inside one starts no comment.
code()
{
	test $# -eq 0 || awk '
	FNR == 1 { open = 0 }
	{
		line = $0
		out = ""
		while (line != "") {
			if (open) {
				i = index(line, "*/")
				if (!i) { line = ""; break }
				line = substr(line, i + 2)
				open = 0
			} else if (match(line, /"([^"\\]|\\.)*"|\/\*|\/\//)) {
				hit = substr(line, RSTART, RLENGTH)
				out = out substr(line, 1, RSTART - 1)
				line = substr(line, RSTART + RLENGTH)
				if (hit == "//")
					line = ""
				else if (hit == "/*")
					open = 1
				else
					out = out hit
			} else {
				out = out line
				line = ""
			}
		}
		if (out ~ /[^ \t]/)
			print FILENAME ":" FNR ":" out
	}' "$@"
}

# code_of PLACE...
code_of()
{
	local files

	mapfile -t files < <(sources "$@")
	test ${#files[@]} -eq 0 || code "${files[@]}"
}

# includes PLACE...: FILE:LINE:NAME of each include, <> or "" kept
includes()
{
	code_of "$@" | sed -nE \
	's/^([^:]*:[0-9]+:)[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]*[>"]).*/\1\2/p'
}

# allow PATTERN: drop lines whose include is allowed
allow() { grep -vE ":[0-9]+:($1)$" || true; }
# elsewhere PATTERN: drop lines of files that may
elsewhere() { grep -vE "^($1):" || true; }
# uses PATTERN: lines whose code matches it
uses() { grep -E "^[^:]*:[0-9]+:(.*[^A-Za-z0-9_])?($1)" || true; }

# ours LAYER...: what of our own such a layer may include
ours()
{
	printf '"common/(%s)/[a-z_]+\.h"' "$(echo "$*" | tr ' ' '|')"
}

project='common agent cli plugins'

# The checks themselves: a rule that finds nothing because it reads nothing
# would pass for ever.
test -n "$(sources common/core)" || echo "no file found" | ok "there are files"
{
	printf '%s\n' '#include <curl/curl.h> /* x */' 'a(); // CURL' \
		'/* CURL' 'CURL */ CURL *c;' 'puts("// CURL");' |
		code /dev/stdin | uses 'CURL' | cut -d: -f2 | tr '\n' ' ' |
		grep -vx '4 5 '
} | ok "comments don't count, strings do"

libc='assert ctype dirent endian errno fcntl fnmatch getopt grp inttypes limits
locale math netdb poll pthread pwd regex sched semaphore setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib string strings syslog
termios time unistd wchar'
libc_re="<($(echo $libc | tr ' ' '|'))\.h>"
os_re='<(sys|arpa|net|netinet|linux)/[a-z_]+\.h>|"ocs_config\.h"'
# arpa/inet.h: addresses <-> text, which is as pure as strtoul()
pure_re='<(arpa/inet|ctype|errno|inttypes|limits|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings)\.h>'

includes common/core | allow "$pure_re|$(ours core)" |
	ok "common/core includes only libc and itself"
code_of common/core | uses \
	'(fopen|open|socket|getaddrinfo|getenv|printf|puts|fprintf|time|clock_gettime|exit|abort|assert|pthread_[a-z_]+) *\(' |
	ok "common/core touches no file, clock, environment or thread"
includes common/wire |
	allow "$pure_re|<json-c/[a-z_]+\.h>|<json\.h>|$(ours core wire)" |
	ok "common/wire includes core and json-c"
includes common/sys |
	allow "$libc_re|$os_re|$(ours core sys)" |
	ok "common/sys includes core and the OS"
includes common/net |
	allow "$libc_re|$os_re|<(curl/curl|dlfcn|munge)\.h>|$(ours core sys wire net)" |
	ok "common/net includes wire, sys, libcurl and munge"
includes common/node |
	allow "$libc_re|$os_re|<hwloc(/[a-z_]+)?\.h>|$(ours core node)" |
	ok "common/node includes core and hwloc"
includes common | uses '"(agent|plugins|cli|tests|contrib)/|"\.\.?/' |
	ok "common never includes agent, plugins or cli"

code_of $project | uses '(json_(object|tokener)|<json)' |
	elsewhere 'common/wire/.*' |
	ok "json-c stops at common/wire"
code_of $project | uses '(CURL|curl_|<curl)' |
	elsewhere 'common/net/http_curl\.c' |
	ok "libcurl stops at common/net/http_curl.c"
code_of $project | uses '(sqlite3|<sqlite3)' |
	elsewhere 'agent/store_[a-z]*\.[ch]' |
	ok "sqlite stops behind agent/store.h"
code_of $project | uses '(MHD_|<microhttpd)' |
	elsewhere 'agent/http_[a-z]*\.[ch]' |
	ok "libmicrohttpd stops behind agent/http_server.h"
code_of $project | uses '(gnutls_|GNUTLS_|<gnutls)' |
	grep -v 'MHD_CONNECTION_INFO_GNUTLS_SESSION' |
	elsewhere 'agent/tls\.c' |
	ok "GnuTLS stops at agent/tls.c"
code_of $project | uses '(hwloc_|HWLOC_|<hwloc)' |
	elsewhere 'common/node/.*' |
	ok "hwloc stops at common/node"
code_of $project | uses '<munge\.h>' |
	elsewhere 'common/net/.*|agent/.*' |
	ok "munge stops at common/net and the agent"

includes common agent cli | uses '[<"](slurm|src)/' |
	ok "common, agent and cli never include Slurm's headers"
code_of agent cli | uses '(job_record_t|bitstr_t|spank_t|slurm_[a-z]+ *\()' |
	ok "agent and cli don't know Slurm's types"
includes agent | uses '"(plugins|cli)/' |
	ok "agent never includes plugins or cli"
includes cli | uses '"(plugins|agent)/' |
	ok "cli never includes plugins or agent"
includes plugins | uses '"(agent|cli)/' |
	ok "plugins never include agent or cli"
includes plugins/spank | uses '"plugins/(job_submit|select)/' |
	ok "spank never includes another plugin"
includes plugins/job_submit | uses '"plugins/(spank|select)/' |
	ok "job_submit never includes another plugin"
includes plugins/select | uses '"plugins/(spank|job_submit)/' |
	ok "select never includes another plugin"
includes $project | uses '"(\.\.?/|[a-z_]+\.h")' |
	allow '"(ocs_config|config)\.h"' |
	ok "includes are from the top"

sources $project tests | while read -r file; do
	head -n 1 "$file" | grep -qE \
		'^(// SPDX-License-Identifier: GPL-2.0-or-later|/\* SPDX-License-Identifier: GPL-2.0-or-later \*/)$' ||
		echo "$file"
done | ok "each C file starts with its SPDX line"
find . -name local.mk -not -path './slurm-optical-*' | sort |
	while read -r file; do
		head -n 2 "$file" |
			grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
			echo "$file"
	done | ok "each build fragment has its SPDX line"
# without the lists of a directory a tarball would lack the file
for dir in common/core; do
	sources $dir | while read -r file; do
		grep -qF "$file" $dir/local.mk ||
			echo "$file is not in $dir/local.mk"
	done
done | ok "common/core/local.mk lists all files"

echo "1..$count"
exit $failed
