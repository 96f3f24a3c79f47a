#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0400-refusals - what can never be had is refused at submit with a word of
# what would be right, by option and by comment; licences and requests can't
# be typed, changed or forged
. "$(dirname "$0")/../lib/cluster.sh"

# NAME|VALUE|regular expression that the message must match
WRONG='bw|400|bad --optical-bw .400.: a rate ends in M, G or T \(example: 400G
bw|0G|bad --optical-bw .0G.: .*\(example: 400G
bw|900T|bad --optical-bw .900T.: .*\(example: 400G
bw|4T|--optical-bw=4(T|000G): the largest circuit between any two sites is 3(.2T|200G)
latency|1us|--optical-latency=1us: the lowest latency between any two sites is 2274us \(.*\); ask for at least 3ms
sites|nowhere|--optical-sites: no site .nowhere. \(known: paris,lyon\)
span|9|bad --optical-span .9.: .*\(example: 1-4\)
shape|line|bad --optical-shape .line.: shapes are mesh, ring and star \(example: mesh
anchor|nowhere|--optical-anchor: no endpoint .nowhere. \(known: paris,lyon\)
delay-variation|0us|bad --optical-delay-variation .0us.: .*\(example: 10us
protect|2+1|bad --optical-protect .2\+1.: it is none, restorable, diverse or 1\+1 \(example: diverse
protect|diverse|--optical-protect: between paris and lyon there are never two disjoint routes'

# refused REGEX NAME COMMAND...: it fails and its words match.
refused()
{
	local re=$1 name=$2 out rc

	shift 2
	out=$("$@" 2>&1)
	rc=$?
	ok "$name: refused" test $rc -ne 0
	like "$out" "$re" "$name: says what would be right" || diag "command: $*"
}

options() # NAME VALUE: as options, with a bandwidth
{
	[ "$1" = bw ] || echo --optical-bw=400G
	echo "--optical-$1=$2"
}

comment() # NAME VALUE: as a comment, with a bandwidth
{
	if [ "$1" = bw ]; then
		echo "--comment=for the paper, optical(bw=$2)"
	else
		echo "--comment=optical(bw=400G;$1=$2)"
	fi
}

# The whole table, each line written by FORM (options or comment).
refuse_all()
{
	local form=$1 name value re
	local -a args

	while IFS='|' read -r name value re; do
		mapfile -t args < <("$form" "$name" "$value")
		refused "$re" "$form: $name=$value" \
			as_user alice sbatch -N6 "${args[@]}" --wrap true
	done <<<"$WRONG"
	mapfile -t args < <("$form" bw 400)
	refused 'a rate ends in M, G or T' "$form: salloc" \
		as_user alice salloc -N6 "${args[@]}" true
	refused 'a rate ends in M, G or T' "$form: srun" \
		as_user alice srun -N6 "${args[@]}" true
	is "$(squeue -h -a -o '%i %T')" "" "$form: squeue is empty"
}

refuse_license()
{
	local l

	for l in optical:5 optical 'optical:1,optical:2'; do
		refused '-L optical can.t be typed: ask for circuits with --optical-bw=RATE' "sbatch -L $l" \
			as_user alice sbatch -N1 -L "$l" --wrap true
	done
	is "$(squeue -h -a -o '%i %T')" "" "squeue is empty"
}

# ---- without a SPANK plugin: the comment form
cluster_start --sites=paris:4,lyon:4 --no-spank --setup-time=0s --release-time=0s
is "$(grep -c . "$D/etc/plugstack.conf")" 0 "no SPANK plugin is loaded"
not_ok "its options are not known" as_user alice sbatch --optical-bw=400G --wrap true
ok "slurmctld knows the network" wait_for 10 \
	"as_user alice sbatch -N6 --comment='optical(bw=4T)' --wrap true 2>&1 | grep 'the largest circuit'"
refuse_all comment
refused 'not closed \(example: optical\(bw=400G,min=200G;latency=2ms\)\)' \
	"comment: unclosed" as_user alice sbatch -N6 --comment='optical(bw=400G' --wrap true
refused 'unknown option .--optical-bandwith.' \
	"comment: unknown option" as_user alice sbatch -N6 --comment='optical(bandwith=400G)' --wrap true
refused 'there are two' "comment: two of them" \
	as_user alice sbatch -N6 --comment='optical(bw=400G) optical(bw=100G)' --wrap true
refuse_license
job=$(submit alice -N6 --comment='optical(bw=400G;latency=3ms)' --wrap true)
ok "comment: what is right runs" wait_job "$job" COMPLETED
ok "comment: and is accounted" wait_sacct "$job" State COMPLETED
like ",$(sacct_field "$job" AllocTRES)," ',license/optical=400,' "comment: sacct has license/optical=400"
cluster_stop_ok
cluster_end

# ---- with the SPANK plugin
cluster_start --sites=paris:4,lyon:4 --setup-time=0s --release-time=0s
ok "slurmctld knows the network" wait_for 10 \
	"as_user alice sbatch -N6 --optical-bw=4T --wrap true 2>&1 | grep 'the largest circuit'"
refuse_all options
refused '--optical-latency needs --optical-bw' "options: latency alone" \
	as_user alice sbatch -N6 --optical-latency=2ms --wrap true
refused 'the request is ambiguous' "option and comment" \
	as_user alice sbatch -N6 --optical-bw=400G --comment='optical(bw=400G)' --wrap true
refused '-L optical is set by --optical-bw itself' "option and -L optical" \
	as_user alice sbatch -N6 --optical-bw=400G -L optical:400 --wrap true
refuse_license

# ---- scontrol update by the owner
until_go=$(job_script <<'X'
env | grep -E '^OPTICAL_' | sort
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
go() { touch "$D/work/go.$1"; }
update() { as_user alice scontrol update "JobId=$1" "$2"; }
lic_used() { scontrol -o show lic optical | grep -oE 'Used=[0-9]+'; }

pend=$(submit alice -N6 --hold --optical-bw=400G "$until_go")
plain=$(submit alice -N6 --hold "$until_go")
for job in "$pend" "$plain"; do
	was=$(job_show "$job" Licenses)
	not_ok "pending $was: the owner can't set Licenses=optical:5" update "$job" Licenses=optical:5
	is "$(job_show "$job" Licenses)" "$was" "pending $was: they are as before"
done
update "$pend" Licenses= >/dev/null 2>&1
is "$(job_show "$pend" Licenses)" optical:400 "pending: the owner can't clear them"
not_ok "pending: the owner can't add others" update "$pend" Licenses=optical:400,optical:1
not_ok "pending: a comment that is wrong is refused" update "$pend" 'Comment=optical(bw=400)'
not_ok "pending: one that can never be is refused" update "$pend" 'Comment=optical(bw=4T)'
ok "pending: a right one is taken" update "$pend" 'Comment=optical(bw=200G)'
is "$(job_show "$pend" Licenses)" optical:200 "pending: and metered"
ok "the job may run" as_user alice scontrol release "$pend"
ok "and does" wait_job "$pend" RUNNING
ok "with its circuit" wait_for 20 "[ \"\$(lease_of $pend state)\" = ACTIVE ]"
is "$(agent GET "/v1/leases?job_id=$pend" | json .leases.0.circuits.0.granted_bps)" \
	200000000000 "of the rate in the comment"
is "$(lic_used)" Used=200 "200 licences are used"
for change in Licenses= Licenses=optical:5 Licenses=optical:0; do
	update "$pend" $change >/dev/null 2>&1
	is "$(job_show "$pend" Licenses) $(lic_used)" "optical:200 Used=200" "running: $change by the owner changes nothing"
done
not_ok "running: another request is refused" update "$pend" 'Comment=optical(bw=400G)'
go "$pend"
ok "it completes" wait_job "$pend" COMPLETED
ok "sacct" wait_sacct "$pend" State COMPLETED
like ",$(sacct_field "$pend" AllocTRES)," ',license/optical=200,' "sacct has what it had"
ok "the plain one is cancelled" as_user alice scancel "$plain"

# ---- forged requests
FORGED='v1;bw=800000000000;min=800000000000;span=1-4;hints=on'
job_id=job_id
! slurm_since 25.11 || job_id=step_id.job_id
ok "the raw client is built" cc -DRAW_JOB_ID=$job_id -o "$D/work/raw_submit" "$SRCDIR/tests/fake/raw_submit.c" \
	${OCS_SLURM_DIR:+"-I$OCS_SLURM_DIR/include" "-L$OCS_SLURM_DIR/lib" "-Wl,-rpath,$OCS_SLURM_DIR/lib"} -lslurm
raw() { as_user alice "$D/work/raw_submit" 6 "$D/work" "$@"; }

# no_circuit NAME JOB: it runs over six nodes and has nothing.
no_circuit()
{
	ok "$1: runs" wait_job "$2" RUNNING
	ok "$1: has no lease" test "$(agent GET "/v1/leases?job_id=$2&all=1" | json .leases)" = 0
	unlike "$(job_show "$2" TRES) $(job_show "$2" Licenses)" optical "$1: and no licence"
	go "$2"
	ok "$1: completes" wait_job "$2" COMPLETED
	is "$(grep -E '^OPTICAL_' "$D/work/$2.out")" "" "$1: nor is it told of any"
}

job=$(submit alice -N6 --export="ALL,OPTICAL_REQUEST=$FORGED" "$until_go")
no_circuit "--export=ALL,OPTICAL_REQUEST=" "$job"
job=$(OPTICAL_REQUEST=$FORGED OPTICAL_NSITES=2 OPTICAL_CIRCUITS=paris-lyon:800G:1us \
	OPTICAL_LEASE_ID=00000000000000000000000000000000 submit alice -N6 "$until_go")
no_circuit "facts in sbatch's environment" "$job"
job=$(submit alice -N6 --export="ALL,_SLURM_SPANK_OPTION_optical_optical_bw=800G" "$until_go")
no_circuit "--export=ALL,_SLURM_SPANK_OPTION_optical_optical_bw=" "$job"
job=$(submit alice -N6 --export="ALL,SPANK_OPTICAL_REQUEST=$FORGED,SLURM_SPANK__SLURM_SPANK_OPTION_optical_optical_bw=800G" "$until_go")
no_circuit "--export=ALL,SLURM_SPANK_..." "$job"
job=$(raw "" "" "OPTICAL_REQUEST=$FORGED")
no_circuit "OPTICAL_REQUEST by an own client" "$job"
refused . "-L optical:5 by an own client" raw optical:5 ""
refused . "an unknown entry of our plugin by an own client" raw "" "" _SLURM_SPANK_OPTION_optical_optical_bandwith=1G
refused . "the same option twice by an own client" raw "" "" \
	_SLURM_SPANK_OPTION_optical_optical_bw=400G _SLURM_SPANK_OPTION_optical_optical_bw=800G

# The honest option beside forged ones: it alone counts.
job=$(submit alice -N6 --optical-bw=400G \
	--export="ALL,OPTICAL_REQUEST=$FORGED,_SLURM_SPANK_OPTION_optical_optical_bw=800G,OPTICAL_RATE_BPS=1" "$until_go")
raw_job=$(raw "" "" "OPTICAL_REQUEST=$FORGED" \
	_SLURM_SPANK_OPTION_optical_optical_bw=400G "OPTICAL_REQUEST=v1;bw=none")
for j in "$job" "$raw_job"; do
	ok "a request beside forged ones runs" wait_job "$j" RUNNING
	is "$(agent GET "/v1/leases?job_id=$j" | json .leases.0.circuits.0.granted_bps)" \
		400000000000 "with the rate of the option"
	is "$(job_show "$j" Licenses)" optical:400 "and its licences"
	go "$j"
	ok "it completes" wait_job "$j" COMPLETED
	is "$(sed -n 's/^OPTICAL_RATE_BPS=//p' "$D/work/$j.out")" 400000000000 "it was told the true rate"
done
ok "nothing is booked" wait_for 10 "[ \"\$(agent GET /v1/state | json .links.0.booked_bps)\" = 0 ]"

cluster_stop_ok
done_testing
