// SPDX-License-Identifier: GPL-2.0-or-later
/* tls - GnuTLS, behind http_peer for bytes and auth for who it is */
#include "agent/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Largest file; a list of revoked certificates may be long. */
#define FILE_MAX (8U << 20)
/* Certificates that a client may show: its own and those up to the root. */
#define CHAIN_MAX 8
/* Say when our certificate has so many days left. */
#define WARN_DAYS 30
#define DAY_S (24 * 3600)

/* 112 bits, as of RSA 2048. */
#define VERIFY_FLAGS GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)

const char ocs_tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct ocs_tls {
	atomic_uint refs;
	uint64_t serial;
	gnutls_certificate_credentials_t cred;
	bool verify;		/* clients may show certificates */
	time_t begins, ends;	/* of our certificate */
	time_t crl_ends;	/* 0: no list, or it does not say */
	struct ocs_agent_tls conf;
};

static int fail(const struct ocs_agent_tls *conf, enum ocs_tls_file f,
		struct ocs_error *err, enum ocs_code code, const char *why)
{
	return ocs_fail(err, code, "%s: %s=%s: %s", conf->where[f],
			ocs_tls_file_key(f), conf->file[f], why);
}

/* ---- files ---- */

static void data_fini(gnutls_datum_t *data)
{
	if (data->data)
		explicit_bzero(data->data, data->size);
	free(data->data);
	memset(data, 0, sizeof(*data));
}

static int check_mode(const struct ocs_agent_tls *conf, enum ocs_tls_file f,
		      const struct stat *st, struct ocs_error *err)
{
	char why[100];

	if (!S_ISREG(st->st_mode))
		return fail(conf, f, err, OCS_IO, "it is no regular file");
	if (st->st_size > FILE_MAX)
		return fail(conf, f, err, OCS_RANGE, "it is too large");
	if (f != OCS_TLS_KEY || !(st->st_mode & 077))
		return 0;
	snprintf(why, sizeof(why),
		 "others may read it (mode %04o): a key needs mode 0600",
		 (unsigned int) st->st_mode & 07777);
	return fail(conf, f, err, OCS_DENIED, why);
}

/* All of file F as DATA, the caller's. */
static int load(const struct ocs_agent_tls *conf, enum ocs_tls_file f,
		gnutls_datum_t *data, struct ocs_error *err)
{
	int fd = open(conf->file[f], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;
	int rc = -1;

	memset(data, 0, sizeof(*data));
	if (fd < 0 || fstat(fd, &st) < 0) {
		fail(conf, f, err, errno == ENOENT ? OCS_NOT_FOUND : OCS_IO,
		     strerror(errno));
		goto out;
	}
	if (check_mode(conf, f, &st, err) < 0)
		goto out;
	if (!(data->data = malloc((size_t) st.st_size + 1))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	while (data->size < (size_t) st.st_size &&
	       (n = read(fd, data->data + data->size,
			 (size_t) st.st_size - data->size)) > 0)
		data->size += (unsigned int) n;
	data->data[data->size] = '\0';
	if (n < 0)
		fail(conf, f, err, OCS_IO, strerror(errno));
	else
		rc = 0;
out:
	if (rc < 0)
		data_fini(data);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* When our own certificate, the first in DATA, is valid. */
static int read_times(struct ocs_tls *tls, const gnutls_datum_t *data)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned int n = 0;
	int rc;

	rc = gnutls_x509_crt_list_import2(&list, &n, data, GNUTLS_X509_FMT_PEM,
					  0);
	if (rc < 0)
		return rc;
	tls->begins = gnutls_x509_crt_get_activation_time(list[0]);
	tls->ends = gnutls_x509_crt_get_expiration_time(list[0]);
	for (unsigned int i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return 0;
}

static int load_pair(struct ocs_tls *tls, struct ocs_error *err)
{
	const struct ocs_agent_tls *conf = &tls->conf;
	gnutls_datum_t cert = { 0 }, key = { 0 };
	int rc = -1, gnutls;

	if (load(conf, OCS_TLS_CERT, &cert, err) < 0 ||
	    load(conf, OCS_TLS_KEY, &key, err) < 0)
		goto out;
	if ((gnutls = read_times(tls, &cert)) < 0) {
		fail(conf, OCS_TLS_CERT, err, OCS_SYNTAX,
		     "there is no certificate in PEM in it");
		goto out;
	}
	gnutls = gnutls_certificate_set_x509_key_mem(tls->cred, &cert, &key,
						     GNUTLS_X509_FMT_PEM);
	if (gnutls == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		fail(conf, OCS_TLS_KEY, err, OCS_CONFLICT,
		     "it is not the key of the certificate in TlsCert=");
	else if (gnutls < 0)
		fail(conf, OCS_TLS_KEY, err, OCS_SYNTAX,
		     gnutls_strerror(gnutls));
	else
		rc = 0;
out:
	data_fini(&cert);
	data_fini(&key);
	return rc;
}

static int load_ca(struct ocs_tls *tls, struct ocs_error *err)
{
	const struct ocs_agent_tls *conf = &tls->conf;
	gnutls_datum_t data;
	int n;

	if (!conf->file[OCS_TLS_CLIENT_CA][0])
		return 0;
	if (load(conf, OCS_TLS_CLIENT_CA, &data, err) < 0)
		return -1;
	n = gnutls_certificate_set_x509_trust_mem(tls->cred, &data,
						  GNUTLS_X509_FMT_PEM);
	data_fini(&data);
	if (n <= 0)
		return fail(conf, OCS_TLS_CLIENT_CA, err, OCS_SYNTAX,
			    "there is no certificate in PEM in it");
	tls->verify = true;
	return 0;
}

static int load_crl(struct ocs_tls *tls, struct ocs_error *err)
{
	const struct ocs_agent_tls *conf = &tls->conf;
	gnutls_x509_crl_t *list = NULL;
	gnutls_datum_t data;
	unsigned int n = 0;
	int rc;

	if (!conf->file[OCS_TLS_CRL][0])
		return 0;
	if (load(conf, OCS_TLS_CRL, &data, err) < 0)
		return -1;
	rc = gnutls_x509_crl_list_import2(&list, &n, &data,
					  GNUTLS_X509_FMT_PEM, 0);
	for (unsigned int i = 0; rc >= 0 && i < n; i++) {
		time_t ends = gnutls_x509_crl_get_next_update(list[i]);

		if (ends > 0 && (!tls->crl_ends || ends < tls->crl_ends))
			tls->crl_ends = ends;
		gnutls_x509_crl_deinit(list[i]);
	}
	gnutls_free(list);
	if (rc >= 0)
		rc = gnutls_certificate_set_x509_crl_mem(tls->cred, &data,
							 GNUTLS_X509_FMT_PEM);
	data_fini(&data);
	return rc > 0 ? 0 : fail(conf, OCS_TLS_CRL, err, OCS_SYNTAX,
				 "there is no list of revoked certificates in PEM in it");
}

/* ---- life ---- */

struct ocs_tls *ocs_tls_create(const struct ocs_agent_tls *conf,
			       struct ocs_error *err)
{
	static _Atomic uint64_t serials;
	struct ocs_tls *tls = calloc(1, sizeof(*tls));

	if (!tls || gnutls_certificate_allocate_credentials(&tls->cred) < 0) {
		free(tls);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	atomic_init(&tls->refs, 1);
	tls->serial = atomic_fetch_add(&serials, 1) + 1;
	tls->conf = *conf;
	if (load_pair(tls, err) < 0 || load_ca(tls, err) < 0 ||
	    load_crl(tls, err) < 0) {
		ocs_tls_put(tls);
		return NULL;
	}
	return tls;
}

struct ocs_tls *ocs_tls_get(struct ocs_tls *tls)
{
	atomic_fetch_add(&tls->refs, 1);
	return tls;
}

void ocs_tls_put(struct ocs_tls *tls)
{
	if (!tls || atomic_fetch_sub(&tls->refs, 1) != 1)
		return;
	gnutls_certificate_free_credentials(tls->cred);
	free(tls);
}

uint64_t ocs_tls_serial(const struct ocs_tls *tls)
{
	return tls->serial;
}

static void day(time_t t, char text[static 32])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(text, 32, "%Y-%m-%d", &tm))
		strcpy(text, "?");
}

static enum ocs_tls_health cert_health(const struct ocs_tls *tls, time_t now,
				       char why[static 100])
{
	char when[32];

	if (tls->begins > now) {
		day(tls->begins, when);
		snprintf(why, 100, "it is not valid before %s", when);
		return OCS_TLS_PAST;
	}
	day(tls->ends, when);
	if (tls->ends <= now) {
		snprintf(why, 100, "it expired on %s", when);
		return OCS_TLS_PAST;
	}
	if (tls->ends - now >= WARN_DAYS * (time_t) DAY_S)
		return OCS_TLS_FINE;
	snprintf(why, 100, "it expires on %s, in %ld days", when,
		 (long) ((tls->ends - now) / DAY_S));
	return OCS_TLS_SOON;
}

enum ocs_tls_health ocs_tls_health(const struct ocs_tls *tls,
				   enum ocs_tls_file file,
				   struct ocs_error *text)
{
	enum ocs_tls_health health = OCS_TLS_FINE;
	time_t now = time(NULL);
	char why[100], when[32];

	if (file == OCS_TLS_CERT) {
		health = cert_health(tls, now, why);
	} else if (file == OCS_TLS_CRL && tls->crl_ends &&
		   tls->crl_ends <= now) {
		health = OCS_TLS_PAST;
		day(tls->crl_ends, when);
		snprintf(why, sizeof(why),
			 "its update was due on %s, no client's certificate is taken",
			 when);
	}
	if (health != OCS_TLS_FINE)
		fail(&tls->conf, file, text, OCS_CONFLICT, why);
	return health;
}

int64_t ocs_tls_ends_s(const struct ocs_tls *tls, enum ocs_tls_file file)
{
	return file == OCS_TLS_CERT ? (int64_t) tls->ends :
	       file == OCS_TLS_CRL ? (int64_t) tls->crl_ends : 0;
}

/* ---- sessions ---- */

static int no_certificate(gnutls_session_t session,
			  const gnutls_datum_t *names, int nnames,
			  const gnutls_pk_algorithm_t *algorithms,
			  int nalgorithms, gnutls_pcert_st **cert,
			  unsigned int *ncert, gnutls_privkey_t *key)
{
	return -1;
}

void *ocs_tls_no_certificate(void)
{
	gnutls_certificate_retrieve_function2 *f = no_certificate;

	return (void *) f;
}

int ocs_tls_begin(struct ocs_tls *tls, void *session)
{
	gnutls_session_t s = session;

	if (gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, tls->cred) < 0)
		return -1;
	if (tls->verify)
		gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUEST);
	return 0;
}

/* NAME of N bytes is added unless it can't be one. */
static void add_name(struct ocs_tls_peer *peer, const char *name, size_t n)
{
	if (!n || n >= OCS_CERT_NAME_MAX || memchr(name, '\0', n) ||
	    peer->nnames == OCS_TLS_NAMES_MAX)
		return;
	memcpy(peer->name[peer->nnames], name, n);
	peer->name[peer->nnames][n] = '\0';
	peer->nnames++;
}

static void read_names(gnutls_x509_crt_t cert, struct ocs_tls_peer *peer)
{
	char name[OCS_CERT_NAME_MAX];
	size_t n;
	int type;

	for (unsigned int i = 0; i < 4 * OCS_TLS_NAMES_MAX; i++) {
		n = sizeof(name);
		type = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &n,
							    NULL);
		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type == GNUTLS_SAN_DNSNAME)
			add_name(peer, name, n);
	}
	n = sizeof(name);
	if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME,
					  0, 0, name, &n) == 0)
		add_name(peer, name, n);
}

static enum ocs_tls_verdict verdict(unsigned int status)
{
	static const struct {
		unsigned int bit;
		enum ocs_tls_verdict is;
	} bits[] = {	/* the first that is set counts */
		{ GNUTLS_CERT_SIGNER_NOT_FOUND, OCS_TLS_FOREIGN },
		{ GNUTLS_CERT_SIGNER_NOT_CA, OCS_TLS_FOREIGN },
		{ GNUTLS_CERT_SIGNATURE_FAILURE, OCS_TLS_FOREIGN },
		{ GNUTLS_CERT_REVOKED, OCS_TLS_REVOKED },
		{ GNUTLS_CERT_EXPIRED, OCS_TLS_EXPIRED },
		{ GNUTLS_CERT_NOT_ACTIVATED, OCS_TLS_EARLY },
		{ GNUTLS_CERT_PURPOSE_MISMATCH, OCS_TLS_PURPOSE },
		{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, OCS_TLS_PURPOSE },
		{ GNUTLS_CERT_INSECURE_ALGORITHM, OCS_TLS_WEAK },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (status & bits[i].bit)
			return bits[i].is;
	return status ? OCS_TLS_BAD : OCS_TLS_GOOD;
}

static enum ocs_tls_verdict verify(const struct ocs_tls *tls,
				   gnutls_x509_crt_t *chain, unsigned int n)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *) GNUTLS_KP_TLS_WWW_CLIENT,
	};
	gnutls_x509_trust_list_t trusted = NULL;
	unsigned int status = 0;

	gnutls_certificate_get_trust_list(tls->cred, &trusted);
	if (!tls->verify || !trusted ||
	    gnutls_x509_trust_list_verify_crt2(trusted, chain, n, &purpose, 1,
					       VERIFY_FLAGS, &status, NULL) < 0)
		return OCS_TLS_BAD;
	/* GnuTLS takes a list of any age */
	if (!status && tls->crl_ends && tls->crl_ends <= time(NULL))
		return OCS_TLS_CRL_OLD;
	return verdict(status);
}

void ocs_tls_judge(const struct ocs_tls *tls, void *session,
		   struct ocs_tls_peer *peer)
{
	gnutls_x509_crt_t chain[CHAIN_MAX];
	const gnutls_datum_t *raw;
	unsigned int n = 0, made = 0;

	memset(peer, 0, sizeof(*peer));
	raw = gnutls_certificate_get_peers(session, &n);
	if (!raw || !n)
		return;
	peer->verdict = OCS_TLS_BAD;
	if (n > CHAIN_MAX ||
	    gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) !=
	    GNUTLS_CRT_X509)
		return;
	while (made < n && gnutls_x509_crt_init(&chain[made]) == 0) {
		made++;
		if (gnutls_x509_crt_import(chain[made - 1], &raw[made - 1],
					   GNUTLS_X509_FMT_DER) < 0)
			goto out;
	}
	if (made < n)
		goto out;
	read_names(chain[0], peer);
	peer->verdict = verify(tls, chain, n);
out:
	while (made)
		gnutls_x509_crt_deinit(chain[--made]);
}
