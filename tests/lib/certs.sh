# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# certs.sh - certificates for tests, made on the fly by openssl
#
# certs_ca DIR: an authority; certs_make DIR NAME ... signs by it. Keys are
# elliptic and of mode 0600.

# certs_ca DIR [SUBJECT]: DIR/ca.pem, DIR/ca.key
certs_ca()
{
	mkdir -p "$1/new" || return 1
	: >"$1/index"
	echo 1000 >"$1/serial"
	echo 1000 >"$1/crlnumber"
	cat >"$1/ca.conf" <<-X
	[ca]
	default_ca = own
	[own]
	database = $1/index
	serial = $1/serial
	crlnumber = $1/crlnumber
	new_certs_dir = $1/new
	certificate = $1/ca.pem
	private_key = $1/ca.key
	default_md = sha256
	default_days = 365
	default_crl_days = 30
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	[req]
	distinguished_name = none
	[none]
	X
	(
		umask 077
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -days 365 -config "$1/ca.conf" \
			-subj "/CN=${2-authority}" -keyout "$1/ca.key" \
			-addext basicConstraints=critical,CA:TRUE \
			-addext keyUsage=keyCertSign,cRLSign \
			-out "$1/ca.pem" 2>"$1/err"
	) && chmod 644 "$1/ca.pem"
}

# certs_make DIR NAME CN SAN USAGE [FROM TO]: DIR/NAME.pem, DIR/NAME.key.
# SAN as DNS:x,IP:y, "" for none; USAGE serverAuth or clientAuth; FROM and TO
# as date -d takes them
certs_make()
{
	local dir=$1 name=$2 cn=$3 san=$4 usage=$5 from=${6-now} to=${7-60 days}

	{
		echo "extendedKeyUsage=$usage"
		echo "basicConstraints=CA:FALSE"
		[ -z "$san" ] || echo "subjectAltName=$san"
	} >"$dir/$name.ext"
	(
		umask 077
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-config "$dir/ca.conf" -subj "/CN=$cn" \
			-keyout "$dir/$name.key" -out "$dir/$name.req" \
			2>"$dir/err" &&
		openssl ca -batch -notext -config "$dir/ca.conf" \
			-extfile "$dir/$name.ext" -in "$dir/$name.req" \
			-startdate "$(date -u -d "$from" +%Y%m%d%H%M%SZ)" \
			-enddate "$(date -u -d "$to" +%Y%m%d%H%M%SZ)" \
			-out "$dir/$name.pem" 2>>"$dir/err"
	) && chmod 644 "$dir/$name.pem"
}

# certs_revoke DIR NAME; certs_crl DIR: DIR/crl.pem
certs_revoke()
{
	openssl ca -config "$1/ca.conf" -revoke "$1/$2.pem" 2>>"$1/err"
}

certs_crl()
{
	openssl ca -config "$1/ca.conf" -gencrl -out "$1/crl.pem" \
		"${@:2}" 2>>"$1/err"
}
