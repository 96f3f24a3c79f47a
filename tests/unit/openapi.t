#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# agent/openapi.yaml has exactly the addresses that agent/api.c routes, and
# every member that the agent sends.
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
top=${OCS_SRCDIR:-$(dirname "$0")/../..}
yaml=$top/agent/openapi.yaml

# "GET /v1/leases/*" of { "GET", { "v1", "leases", "*" }, fn }
routes=$(sed -n '/^} routes/,/^};/p' "$top/agent/api.c" | tr -d '\n\t' |
	grep -oE '\{ "[A-Z]+", \{ [^}]*\}' |
	sed 's/^{ "\([A-Z]*\)", { \(.*\) }$/\1 \2/; s/"//g; s/, /\//g; s/ / \//' |
	sort)
paths=$(sed -n '/^paths:/,/^components:/{
	s/^  \(\/[^:]*\):$/P \1/p
	s/^    \(get\|post\|put\|patch\|delete\):$/M \U\1/p
	}' "$yaml" | while read -r what x; do
		if [ "$what" = P ]; then
			path=$(sed 's/{[a-z]*}/*/g' <<<"$x")
		else
			echo "$x $path"
		fi
	done | sort)
# those of HttpListen
public=$(sed -n 's/^\t{ "\([a-z]*\)", get_[a-z]* },$/GET \/\1/p' \
	"$top/agent/public.c" | sort)
is "$(grep -v ' /v1/' <<<"$paths")" "$public" \
	"openapi.yaml has the pages of HttpListen"
paths=$(grep ' /v1/' <<<"$paths")
ok "there are routes" [ -n "$routes" ]
is "$paths" "$routes" "openapi.yaml has the routes, and no others"

missing=
for member in $(sed -n 's/.*ocs_json_put_[a-z0-9]*([&a-z]*, "\([a-z_]*\)".*/\1/p' \
	"$top"/common/wire/wire_{compute,doc,lease,maint,measure,state}.c | sort -u); do
	grep -Eq "(^ +|[[{, ])$member(:|[],])" "$yaml" || missing+=" $member"
done
is "$missing" "" "it has all members"
codes=$(sed -n 's/^\t\[OCS_[A-Z_]*\] = "\([a-z_]*\)",$/\1/p' \
	"$top/common/core/error.c" | grep -v '^ok$')
missing=
for code in $codes; do
	sed -n '/^    Problem:/,$p' "$yaml" | grep -Eq "[[, ]$code[],]" ||
		missing+=" $code"
done
is "$missing" "" "and all codes of problems"
done_testing
