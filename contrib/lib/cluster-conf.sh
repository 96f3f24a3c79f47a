# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster-conf.sh - the configuration files of an emulated cluster
#
# Sourced by contrib/cluster, whose variables it reads (D, SITES, ...). Writes
# files below $D only, starts nothing.

# Where the distribution's Slurm has its plugins.
slurm_plugindir()
{
	local d

	for d in ${SLURM_DIR:+"$SLURM_DIR"/lib/slurm} ${SLURM_DIR:+"$SLURM_DIR"/lib64/slurm} \
			/usr/lib/*/slurm-wlm /usr/lib64/slurm /usr/lib/slurm; do
		if [ -e "$d/select_cons_tres.so" ]; then
			echo "$d"
			return
		fi
	done
	die "no select_cons_tres.so below /usr/lib: run contrib/setup"
}

# Node name prefix of site $1: its first three letters.
site_prefix()
{
	echo "${1:0:3}"
}

# Hostlist of site $1, nodes $2 to $3, of $4 in all: par[001-004]; four digits
# where there are more than 999.
site_hostlist()
{
	local w=3

	[ "$4" -le 999 ] || w=4
	printf '%s[%0*d-%0*d]\n' "$(site_prefix "$1")" $w "$2" $w "$3"
}

# All node names, one per line.
node_names()
{
	local i s w prefix

	for s in "${SITES[@]}"; do
		prefix=$(site_prefix "${s%%:*}")
		[ "${s#*:}" -le 999 ] && w=3 || w=4
		for ((i = 1; i <= ${s#*:}; i++)); do
			printf '%s%0*d\n' "$prefix" $w "$i"
		done
	done
}

# Those of the nodes that have a slurmd.
slurmd_names()
{
	[ "$CLOUD" = yes ] || node_names
}

# The same without slurmds: what powers them up does not.
cloud_lines()
{
	local s n gres=

	[ "$GPUS" = 0 ] || gres=" Gres=gpu:$GPUS"
	cat <<-X
	SuspendProgram=/bin/true
	ResumeProgram=/bin/true
	SuspendTime=86400
	ResumeTimeout=65535
	X
	for s in "${SITES[@]}"; do
		n=${s#*:}
		echo "NodeName=$(site_hostlist "${s%%:*}" 1 "$n" "$n") Sockets=2 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=20000$gres State=CLOUD"
	done
}

# NodeName lines. Ports come on stdin, one per node; at most 100 to a line.
node_lines()
{
	local s n i j last ports port gres=

	[ "$GPUS" = 0 ] || gres=" Gres=gpu:$GPUS"
	for s in "${SITES[@]}"; do
		n=${s#*:}
		for ((i = 1; i <= n; i += 100)); do
			last=$((i + 99 < n ? i + 99 : n))
			ports=
			for ((j = i; j <= last; j++)); do
				read -r port || return 1
				ports=$ports,$port
			done
			printf 'NodeName=%s NodeHostName=%s NodeAddr=%s Port=[%s] Sockets=2 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=20000%s State=UNKNOWN\n' \
				"$(site_hostlist "${s%%:*}" $i $last "$n")" "$HOST" "$ADDR" "${ports#,}" "$gres"
		done
	done
}

# With a backup each slurmctld has a host name and an address of its own, and a
# directory for its pid and log that lies at the same path for both (as-host).
CTL_HOST=ocsctl1 CTL_ADDR=127.0.0.2
BACKUP_HOST=ocsctl2 BACKUP_ADDR=127.0.0.3

ctld_hosts()
{
	if [ "$BACKUP" = yes ]; then
		echo "SlurmctldHost=$CTL_HOST($CTL_ADDR)"
		echo "SlurmctldHost=$BACKUP_HOST($BACKUP_ADDR)"
	else
		echo "SlurmctldHost=$HOST($ADDR)"
	fi
}

ctld_own()
{
	[ "$BACKUP" = yes ] && echo "$D/ctl" || echo "$D/$1"
}

ctld_comm()
{
	if [ "$BACKUP" = yes ] && [[ $COMM = \#* ]]; then
		echo "CommunicationParameters=NoCtldInAddrAny"
	else
		echo "$COMM"
	fi
}

# The value of PluginDir. With --one-plugindir, a directory of links.
plugindirs()
{
	local slurm ours=${INST:+$INST/lib/slurm-optical/slurm}

	slurm=$(slurm_plugindir) || return 1
	if [ "$ONE_PLUGINDIR" = no ]; then
		echo "$slurm${ours:+:$ours}"
		return
	fi
	mkdir "$D/plugins" &&
		ln -s "$slurm"/*.so ${ours:+"$ours"/*.so} "$D/plugins/" &&
		echo "$D/plugins"
}

write_slurm_conf()
{
	local plugindir ctld_port

	ctld_port=$("$LIB/free-ports" 1) || return 1
	plugindir=$(plugindirs) || return 1
	{
	cat <<-X
	ClusterName=$CLUSTER
	$(ctld_hosts)
	SlurmctldPort=$ctld_port
	SlurmUser=slurm
	SlurmdUser=root
	AuthType=auth/munge
	# cred_expire=5: a job that is requeued may start again after 6 s, not 121 s
	AuthInfo=socket=$D/munge/munge.sock,cred_expire=5
	$(ctld_comm)
	PluginDir=$plugindir
	PlugStackConfig=$D/etc/plugstack.conf
	StateSaveLocation=$D/state
	SlurmdSpoolDir=$D/spool/%n
	SlurmctldPidFile=$(ctld_own state)/slurmctld.pid
	SlurmdPidFile=$D/spool/%n/slurmd.pid
	SlurmctldLogFile=$(ctld_own log)/slurmctld.log
	SlurmdLogFile=$D/log/slurmd.%n.log
	SlurmctldDebug=verbose
	SlurmdDebug=info
	ProctrackType=proctrack/pgid
	TaskPlugin=task/none
	JobAcctGatherType=jobacct_gather/none
	MpiDefault=none
	SlurmdParameters=config_overrides
	SelectType=select/$SELECT
	SelectTypeParameters=CR_Core_Memory
	DefMemPerCPU=100
	# bf_interval=5: backfill every 5 s, not every 30 s
	SchedulerParameters=bf_interval=5
	ReturnToService=2
	SlurmctldTimeout=120
	SlurmdTimeout=300
	InactiveLimit=0
	MailProg=/bin/true
	KillWait=5
	MinJobAge=300
	MessageTimeout=20
	TreeWidth=65533
	GresTypes=gpu
	X
	# Licences and the plugin that meters them come together.
	echo "Licenses=optical:1000000"
	[ "$JOB_SUBMIT" = no ] || echo "JobSubmitPlugins=optical"
	if [ "$DBD" = yes ]; then
		cat <<-X
		AccountingStorageType=accounting_storage/slurmdbd
		AccountingStorageHost=$ADDR
		AccountingStoragePort=$DBD_PORT
		AccountingStoragePass=$D/munge/munge.sock
		AccountingStorageTRES=gres/gpu,license/optical
		AccountingStoreFlags=job_comment,job_env,job_script
		X
	else
		echo "AccountingStorageType=accounting_storage/none"
	fi
	if [ "$CLOUD" = yes ]; then
		cloud_lines
	else
		"$LIB/free-ports" "$NNODES" | node_lines || return 1
	fi
	echo "PartitionName=all Nodes=ALL Default=YES DefaultTime=10 MaxTime=INFINITE State=UP"
	extra_lines "${SLURM_EXTRA[@]}"
	} >"$D/etc/slurm.conf"
}

# Each argument is a line, or the path of a file with lines.
extra_lines()
{
	local x

	for x; do
		if [ -f "$x" ]; then
			cat "$x"
		else
			printf '%s\n' "$x"
		fi
	done
}

# GPUs are character devices that need do nothing but exist: slurmd asks for
# no more, and links to /dev/null need no right to make devices.
write_gres_conf()
{
	local i

	: >"$D/etc/gres.conf"
	[ "$GPUS" != 0 ] || return 0
	for ((i = 0; i < GPUS; i++)); do
		ln -s /dev/null "$D/dev/gpu$i"
	done
	echo "Name=gpu File=$D/dev/gpu[0-$((GPUS - 1))]" >"$D/etc/gres.conf"
}

# Nothing of ours uses cgroups, but slurmd looks for them, and fails where there
# are none, unless it is told which.
write_cgroup_conf()
{
	echo "CgroupPlugin=cgroup/v1" >"$D/etc/cgroup.conf"
}

write_plugstack_conf()
{
	local so=$INST/lib/slurm-optical/slurm/spank_optical.so

	: >"$D/etc/plugstack.conf"
	[ "$SPANK" = no ] || echo "required $so" >"$D/etc/plugstack.conf"
}

write_slurmdbd_conf()
{
	cat >"$D/etc/slurmdbd.conf" <<-X
	AuthType=auth/munge
	AuthInfo=socket=$D/munge/munge.sock
	$COMM
	DbdHost=$HOST
	DbdAddr=$ADDR
	DbdPort=$DBD_PORT
	SlurmUser=slurm
	PidFile=$D/state/slurmdbd.pid
	LogFile=$D/log/slurmdbd.log
	DebugLevel=info
	PluginDir=$(slurm_plugindir)
	StorageType=accounting_storage/mysql
	StorageHost=localhost
	StorageUser=slurm
	StoragePass=slurm
	StorageLoc=slurm_acct_db
	X
	chown slurm: "$D/etc/slurmdbd.conf"
	chmod 0600 "$D/etc/slurmdbd.conf"
}

# Where optical.conf's agent is.
agent_url()
{
	if [ "$AGENT" = tcp ]; then
		echo "http://127.0.0.1:$AGENT_PORT"
	elif [ "$AGENT" = tls ]; then
		echo "https://127.0.0.1:$AGENT_PORT"
	else
		echo "unix:$D/opticald/opticald.sock"
	fi
}

write_optical_conf()
{
	local s name

	{
	echo "AgentURL=$(agent_url)"
	[ "$AGENT" != tls ] || cat <<-X
	AgentCA=$D/etc/tls/ca.pem
	AgentCert=$D/etc/tls/cluster.pem
	AgentKey=$D/etc/tls/cluster.key
	X
	echo "MungeSocket=$D/munge/munge.sock"
	for s in "${SITES[@]}"; do
		name=${s%%:*}
		echo "SiteName=$name Nodes=$(site_hostlist "$name" 1 "${s#*:}" "${s#*:}") Gpus=$GPUS Nics=8"
	done
	extra_lines "${OPTICAL_EXTRA[@]}"
	} >"$D/etc/optical.conf"
}

# Links as given, else one of 460 km and 8 wavelengths between any two sites.
link_specs()
{
	local i j a b

	if [ ${#LINKS[@]} -gt 0 ]; then
		printf '%s\n' "${LINKS[@]}"
		return
	fi
	for ((i = 0; i < ${#SITES[@]}; i++)); do
		for ((j = i + 1; j < ${#SITES[@]}; j++)); do
			a=${SITES[i]%%:*} b=${SITES[j]%%:*}
			echo "$(site_prefix "$a")-$(site_prefix "$b"):$a:$b:460:8"
		done
	done
}

# What --site-keys says of site $1, with a blank before it.
site_keys()
{
	local k

	for k in ${SITE_KEYS[@]+"${SITE_KEYS[@]}"}; do
		[ "${k%%:*}" != "$1" ] || printf ' %s' "${k#*:}"
	done
}

write_opticald_conf()
{
	local s name a b km waves rate gran who=User=slurm

	[ "$AGENT" != tls ] || who=Certificate=slurmctld.$CLUSTER
	{
	echo "Listen=unix:$D/opticald/opticald.sock"
	[[ $AGENT != t* ]] || echo "Listen=127.0.0.1:$AGENT_PORT"
	[ "$AGENT" != tls ] || cat <<-X
	TlsCert=$D/etc/tls/agent.pem
	TlsKey=$D/etc/tls/agent.key
	TlsClientCA=$D/etc/tls/ca.pem
	X
	cat <<-X
	Ledger=$D/opticald/ledger.db
	$([ "$AGENT_USER" = root ] || echo "RunAs=$AGENT_USER")
	MungeSocket=$D/munge/munge.sock
	Cluster=$CLUSTER $who
	Operator=root
	${DRIVER:-Driver=sim SimRealism=off SimSetupTime=$SETUP_TIME SimReleaseTime=$RELEASE_TIME}
	X
	for s in "${SITES[@]}"; do
		echo "SiteName=${s%%:*}$(site_keys "${s%%:*}")"
	done
	while IFS=: read -r name a b km waves rate gran; do
		echo "LinkName=$name A=$a Z=$b Km=$km Wavelengths=$waves Rate=${rate:-400G} Granularity=${gran:-wavelength}"
	done < <(link_specs)
	extra_lines "${OPTICALD_EXTRA[@]}"
	} >"$D/etc/opticald.conf"
}
