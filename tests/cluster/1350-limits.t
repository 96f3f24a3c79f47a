#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1350-limits - Slurm's own limits count circuits: of a QOS, of a partition's and
# of associations, by what a job gets and not by what it asked for; billing;
# sites come and go
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:2:400G:client \
	--setup-time=0.5s --release-time=0.5s \
	--slurm-conf-extra='AccountingStorageEnforce=associations,limits,qos' \
	--slurm-conf-extra='PartitionName=billed Nodes=ALL TRESBillingWeights="CPU=1,License/optical=0.5" DefaultTime=10' \
	--slurm-conf-extra='PartitionName=narrow Nodes=ALL DefaultTime=10' \
	--optical-extra='PartitionName=narrow MaxSpan=2'
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ] || [ -e go.all ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)
acct() { sacctmgr -i "$@" >"$D/work/sacctmgr.out" 2>&1 || { cat "$D/work/sacctmgr.out"; return 1; }; }

ok "accounts and users" eval 'acct add account team && acct add user ocsalice account=team && acct add user ocsbob account=team'
ok "a QOS that has 500 Gb/s in all, and 300 for each user" \
	acct add qos metro GrpTRES=license/optical=500 MaxTRESPerUser=license/optical=300
ok "a QOS of a partition with 100 Gb/s" acct add qos narrow GrpTRES=license/optical=100
ok "they may be used" acct modify user ocsalice,ocsbob set qos=normal,metro,narrow
ok "slurmctld knows them" wait_for 30 'scontrol show assoc_mgr flags=qos | grep -A3 "QOS=narrow" && scontrol show assoc_mgr flags=users users=ocsbob | grep UserName=ocsbob' || diag "$(scontrol show assoc_mgr)"

# ---- QOS
a=$(submit alice --qos=metro "${two[@]}" --optical-bw=200G "$until_go")
ok "200G of a QOS" wait_job "$a" RUNNING 40 || diag_job "$a"
b=$(submit alice --qos=metro "${two[@]}" --optical-bw=200G "$until_go")
ok "another 200G are more than the user's 300" wait_for 30 "job_reason $b | grep -E 'QOSMaxLicensePerUser|QOSMax.*PerUser'" || diag_job "$b"
c=$(submit alice --qos=metro "${two[@]}" --optical-bw=100G "$until_go")
ok "100G are not" wait_job "$c" RUNNING 40 || diag_job "$c"
d=$(submit bob --qos=metro "${two[@]}" --optical-bw=250G "$until_go")
ok "bob's 250G are more than the QOS's 500 in all" wait_for 30 "job_reason $d | grep -E 'QOSGrpLicense'" || diag_job "$d"
e=$(submit bob --qos=metro -N2 -t 5 --optical-bw=250G "$until_go")
ok "a job that gets no circuit is not counted" wait_job "$e" RUNNING 40 || diag_job "$e"
agree "limits of a QOS"
touch "$D/work/go.all"
ok "all end" wait_for 90 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"
rm "$D/work/go.all"
ok "nothing is booked" wait_for 15 nothing_booked

# ---- associations: an account's limit, and a user's in it. Slurm looks at the
# association that a job is of: without --account that of the user's default
# account, here ocs, which has none
used() { scontrol show assoc_mgr flags=assoc accounts=team | sed -n '/UserName= /,/GrpTRES=/p' | grep -o 'license/optical=[^,]*'; }
ok "an account has 400 Gb/s in all, alice in it 250 and at most 200 for a job" \
	eval 'acct modify account team set GrpTRES=license/optical=400 && acct modify user ocsalice where account=team set GrpTRES=license/optical=250 MaxTRES=license/optical=200'
ok "slurmctld knows it" wait_for 30 '[ "$(used)" = "license/optical=400(0)" ]' || diag "$(used)"
a=$(submit alice -A team "${two[@]}" --optical-bw=200G "$until_go")
ok "alice's 200G in it" wait_job "$a" RUNNING 40 || diag_job "$a"
is "$(used)" "license/optical=400(200)" "the account has used 200"
b=$(submit alice -A team "${two[@]}" --optical-bw=100G "$until_go")
ok "100G more are more than her 250" wait_for 30 "job_reason $b | grep -x AssocGrpLicense" || diag_job "$b"
c=$(submit bob -A team "${two[@]}" --optical-bw=250G "$until_go")
ok "bob's 250G are more than the account's 400" wait_for 30 "job_reason $c | grep -x AssocGrpLicense" || diag_job "$c"
d=$(submit bob -A team "${two[@]}" --optical-bw=200G "$until_go")
ok "200G are not" wait_job "$d" RUNNING 40 || diag_job "$d"
is "$(used)" "license/optical=400(400)" "the account has used all"
e=$(submit alice "${two[@]}" --optical-bw=100G "$until_go")
ok "her default account has no limit" wait_job "$e" RUNNING 40 || diag_job "$e"
agree "limits of associations"
ok "one that can't start is cancelled" scancel "$c"
go "$a"
ok "alice's 100G follow her 200" wait_job "$b" RUNNING 60 || diag_job "$b"
touch "$D/work/go.all"
ok "all end" wait_for 90 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"
rm "$D/work/go.all"
ok "nothing of it counts as used" wait_for 15 '[ "$(used)" = "license/optical=400(0)" ]'
a=$(submit alice -A team "${two[@]}" --optical-bw=250G "$until_go")
ok "one job of 250G is more than her 200 for one" wait_for 30 "job_reason $a | grep -x AssocMaxLicensePerJob" || diag_job "$a"
ok "it is cancelled" scancel "$a"
ok "the limits go" eval 'acct modify account team set GrpTRES=license/optical=-1 && acct modify user ocsalice where account=team set GrpTRES=license/optical=-1 MaxTRES=license/optical=-1'

# ---- a partition's QOS
ok "the partition gets its QOS" scontrol update PartitionName=narrow QOS=narrow
a=$(submit alice -p narrow "${two[@]}" --optical-bw=200G "$until_go")
ok "a partition whose QOS has 100G: 200G wait" wait_for 30 "job_reason $a | grep -E 'QOS(Grp|Max)'" || diag_job "$a"
b=$(submit alice -p narrow "${two[@]}" --optical-bw=100G "$until_go")
ok "100G run" wait_job "$b" RUNNING 40 || diag_job "$b"
agree "limits of a partition's QOS"
ok "one that can't start is cancelled" scancel "$a"
go "$b"
ok "the other one ends" wait_job "$b" COMPLETED

# ---- billing: by what it got
a=$(submit alice -p billed "${two[@]}" --optical-bw=400G,min=100G "$until_go")
ok "a job of a partition with weights runs" wait_job "$a" RUNNING 40 || diag_job "$a"
like ",$(job_show "$a" TRES)," ',billing=204,' "4 CPUs and half of 400 Gb/s are billed"
ok "what ended before is not booked any more" wait_for 20 '[ "$(leases | grep -c .)" = 1 ]' || diag "$(leases)"
b=$(submit bob -p billed "${two[@]}" --optical-bw=800G,min=100G "$until_go")
ok "one that gets less than it asked for" wait_job "$b" RUNNING 40 || diag_job "$b"
like ",$(job_show "$b" TRES)," ',license/optical=400,?' "counts what it got"
like ",$(job_show "$b" TRES)," ',billing=204,' "and is billed that"
agree "billing"
go "$a"; go "$b"
ok "they end" eval "wait_job $a COMPLETED && wait_job $b COMPLETED"

# ---- a site goes and comes back, without a restart
cp "$D/etc/optical.conf" "$D/work/whole"
ok "lyon leaves optical.conf" eval 'grep -v "SiteName=lyon" "$D/work/whole" >"$D/etc/optical.conf" && scontrol reconfigure'
ok "a job that must span two sites is refused" wait_for 20 '! out=$(submit alice "${two[@]}" --optical-bw=100G --wrap true 2>&1)'
a=$(submit alice -N3 -t 5 --optical-bw=100G "$until_go")
ok "one of three nodes runs at paris" wait_job "$a" RUNNING 40 || diag_job "$a"
is "$(scontrol show hostnames "$(job_show "$a" NodeList)" | cut -c1-3 | sort -u)" par "at paris alone"
ok "lyon is back" eval 'cp "$D/work/whole" "$D/etc/optical.conf" && scontrol reconfigure'
b=$(submit alice "${two[@]}" --optical-bw=100G "$until_go")
ok "two sites can be spanned again" wait_job "$b" RUNNING 40 || diag_job "$b"
agree "a site came back"
go "$a"; go "$b"
ok "they end" eval "wait_job $a COMPLETED && wait_job $b COMPLETED"

# ---- nodes of the sites alternate: the user is told
ok "a job whose ranks are together has no warning" eval '[[ $(token_of "$b") != *ranks* ]]'
ok "sites take turns in slurm.conf's order" eval 'sed -e "s/Nodes=par[^ ]*/Nodes=par[001-002],lyo[001-002]/" \
	-e "s/Nodes=lyo[^ ]*/Nodes=par[003-004],lyo[003-004]/" "$D/work/whole" >"$D/etc/optical.conf" && scontrol reconfigure'
ok "slurmctld says so" wait_for 20 'log_has slurmctld "event=sites_split site=paris"'
a=$(submit alice -N8 -t 5 --optical-bw=100G "$until_go")
ok "a job over all nodes runs" wait_job "$a" RUNNING 40 || diag_job "$a"
ok "its AdminComment warns" wait_for 20 "scontrol show job $a | grep 'ranks are not together by site: nodes of others come between those of paris'" || diag_job "$a"
agree "sites that alternate"
go "$a"
ok "it ends" wait_job "$a" COMPLETED
ok "optical.conf is as it was" eval 'cp "$D/work/whole" "$D/etc/optical.conf" && scontrol reconfigure'

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
