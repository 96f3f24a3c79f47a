#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0010-guard - removal-guard: what keeps the plugins' files on a host, and what
# does not. With files made here and a scontrol of our own; 1600-in-and-out.t has
# it look at a real cluster.
. "$(dirname "$0")/../lib/tap.sh"
GUARD=$(cd "$(dirname "$0")/../.." && pwd)/contrib/packaging/removal-guard
T=$(mktemp -d) || bail "no room for a directory"
at_exit 'rm -rf "$T"'
mkdir "$T/bin" "$T/state"
export SLURM_CONF=$T/slurm.conf PATH=$T/bin:$PATH
for f in /etc/slurm/slurm.conf /run/slurm/conf/slurm.conf /etc/slurm-llnl/slurm.conf /usr/local/etc/slurm.conf; do
	! grep -qs cons_tres_optical "$f" || skip_all "this machine's own $f names the plugin"
done
[ ! -e /run/slurm-optical.remove ] || skip_all "/run/slurm-optical.remove exists"

# running KEY=VALUE...: what a slurmctld says; nothing: none answers.
running()
{
	{ echo '#!/bin/sh'; [ $# -gt 0 ] || echo 'exit 1'; echo "cat <<'X'"; printf '%s\n' "$@"; echo X; } >"$T/bin/scontrol"
	chmod 0755 "$T/bin/scontrol"
}
# conf LINE...: slurm.conf
conf() { printf '%s\n' "StateSaveLocation=$T/state" "$@" >"$T/slurm.conf"; }
# job_state ID [LICENCES]: like a saved job, with the select plugin's id; ID
# "string": a string of that length instead.
job_state()
{
	perl -e '
		my ($id, $lic) = @ARGV;
		sub str { defined $_[0] ? pack("N/a*", "$_[0]\0") : pack("N", 0) }
		my $buf = str("PROTOCOL_VERSION") . pack("n N N", 9728, 0, 44);
		for my $job (1 .. 3) {
			# numbers first, among them the id of another job and a user
			$buf .= pack("N*", 0, 0xfffffffe, 0, 110, 110, 100, 110, 1);
			$buf .= str($_) for undef, "all", "run$job", "alice", undef, "login1",
				"acct", "optical{state=ACTIVE}", undef, undef, undef, $lic,
				undef, undef, undef, undef, undef, undef;
			$buf .= str($id eq "string" ? "x" x 109 : undef);
			$buf .= pack("N N", $id eq "string" ? 109 : $id, 0xfffffffe);
			$buf .= pack("N", 1) . str("OPTICAL_REQUEST=v1;bw=400G");
			$buf .= pack("N*", 0, 110, 0xfffffffe, 0);
		}
		print $buf' "$@" >"$T/state/job_state"
}
# job_state_2411 ID BITMAP LICENCES: as 24.11 saves one.
job_state_2411()
{
	perl -e '
		my ($id, $map, $lic) = @ARGV;
		sub str { length($_[0] // "") ? pack("N/a*", "$_[0]\0") : pack("N", 0) }
		print str("PROTOCOL_VERSION"), pack("n N N", 10752, 0, 44), pack("N*", 0, 110, 110, 1000),
			str(""), pack("n3", 0, 0, 0), str($map ? "par001" : ""), pack("N", 1),
			$map ? pack("N", 6) . str($map) : pack("N", 0xfffffffe), str("all,debug"), str($lic),
			pack("N N N", $id, 4, 100), pack("N", 0xfffffffe), pack("N", 1), str("OPTICAL_REQUEST=v1;bw=400G")' \
		"$@" >"$T/state/job_state"
}
# stays REGEX NAME; goes NAME
stays()
{
	local out

	if out=$("$GUARD" 2>&1); then
		fail "$2: it may go"
	else
		like "$out" "$1" "$2"
	fi
}
goes() { is "$("$GUARD" 2>&1; echo $?)" 0 "$1: they may go, without a word"; }

running
conf 'SelectType=select/cons_tres' 'JobSubmitPlugins=lua,opticals'
goes "slurm.conf without them, no slurmctld"
conf '#SelectType=select/cons_tres_optical' 'SelectType=select/cons_tres # was select/cons_tres_optical'
goes "comments"
conf 'selecttype = select/cons_tres_optical'
stays 'slurm.conf: SelectType=select/cons_tres_optical' "SelectType, as anybody writes it"
like "$("$GUARD" 2>&1)" '1\. optical.conf.*OpticalJobs=hold.*5\. remove' "and it prints the steps"
conf 'PluginDir=/usr/lib64/slurm-optical/shadow:/usr/lib64/slurm'
stays 'slurm.conf: PluginDir=/usr/lib64/slurm-optical/shadow' "PluginDir with the directory before Slurm's"
conf 'PluginDir=/usr/lib64/slurm-optical/shadows:/usr/lib64/slurm'
goes "another directory"
conf 'JobSubmitPlugins=lua,optical'
stays 'JobSubmitPlugins=lua,optical' "JobSubmitPlugins"
conf 'JobSubmitPlugins=lua,\' 'optical'
stays 'JobSubmitPlugins' "a continued line"
mkdir "$T/conf.d"
echo 'SelectType=select/cons_tres_optical' >"$T/conf.d/select.conf"
conf 'Include conf.d/*.conf'
stays 'conf.d/select.conf: SelectType' "what is included"
conf "Include $T/slurm.conf"
goes "a file that includes itself"

conf 'SelectType=select/cons_tres'
echo 'required spank_optical.so hints=on' >"$T/plugstack.conf"
stays 'plugstack.conf: required spank_optical.so' "plugstack.conf"
echo 'include plug.d/*' >"$T/plugstack.conf"
mkdir "$T/plug.d"
echo 'optional /usr/lib64/slurm/spank_optical.so' >"$T/plug.d/optical"
stays 'plug.d/optical: optional' "what it includes"
rm -r "$T/plug.d" "$T/plugstack.conf"
echo 'required spank_optical.so' >"$T/elsewhere"
conf "PlugStackConfig=$T/elsewhere"
stays 'elsewhere: required' "one elsewhere"

conf 'SelectType=select/cons_tres'
running 'SelectType              = select/cons_tres_optical'
stays 'the running slurmctld.*SelectType' "slurmctld still runs with it"
running 'SelectType              = select/cons_tres' 'JobSubmitPlugins        = optical'
stays 'the running slurmctld.*JobSubmitPlugins' "or with job_submit"
running 'SelectType              = select/cons_tres' 'JobSubmitPlugins        = (null)'
goes "it does not"

job_state 109 optical:400
goes "saved jobs of cons_tres, although they have asked for circuits"
job_state 110
stays 'job_state: saved jobs name' "saved jobs of ours"
job_state 110 optical:400
stays 'job_state: saved jobs name' "with licences"
job_state_2411 110 "" optical:400
stays 'job_state: saved jobs name' "24.11: a job that waits"
job_state_2411 110 0x2A optical:400
stays 'job_state: saved jobs name' "24.11: one that runs"
job_state_2411 110 0x2A ""
stays 'job_state: saved jobs name' "24.11: one without licences"
job_state_2411 109 0x2A optical:400
goes "24.11: jobs of cons_tres"
job_state string
goes "a string of 110 bytes is no id"
conf
running "StateSaveLocation       = $T/other"
mkdir "$T/other"
mv "$T/state/job_state" "$T/other/"
job_state 110
mv "$T/state/job_state" "$T/other/"
stays 'other/job_state' "where the running slurmctld saves them"
: >"$T/other/job_state"
goes "an empty file"
done_testing
