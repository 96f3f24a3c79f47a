# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster-tls.sh - an authority and two certificates of it in $D/etc/tls
#
# agent is opticald's, cluster says that its holder is slurmctld of $CLUSTER.
# Both keys are user slurm's, mode 0600; the authority's is root's.

# tls_certificate NAME CN USAGE SAN
tls_certificate()
{
	local t=$D/etc/tls

	printf '%s\n' "extendedKeyUsage=$3" basicConstraints=CA:FALSE "subjectAltName=$4" >"$t/$1.ext"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config "$t/empty.conf" \
		-subj "/CN=$2" -keyout "$t/$1.key" -out "$t/$1.req" &&
		openssl x509 -req -in "$t/$1.req" -CA "$t/ca.pem" -CAkey "$t/ca.key" \
			-CAcreateserial -days 365 -extfile "$t/$1.ext" -out "$t/$1.pem" &&
		chown slurm: "$t/$1.key" && chmod 0644 "$t/$1.pem"
}

write_certificates()
{
	local t=$D/etc/tls

	mkdir "$t" && (
		umask 077
		printf '%s\n' '[req]' 'distinguished_name=none' '[none]' >"$t/empty.conf"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
			-config "$t/empty.conf" -subj "/CN=authority of $CLUSTER" \
			-addext basicConstraints=critical,CA:TRUE \
			-keyout "$t/ca.key" -out "$t/ca.pem" && chmod 0644 "$t/ca.pem" &&
			tls_certificate agent opticald serverAuth IP:127.0.0.1 &&
			tls_certificate cluster "slurmctld of $CLUSTER" clientAuth "DNS:slurmctld.$CLUSTER"
	) >"$LOG/openssl.log" 2>&1 || die "no certificates: $(tail -n 3 "$LOG/openssl.log")"
}
