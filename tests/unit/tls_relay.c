// SPDX-License-Identifier: GPL-2.0-or-later
/* tls_relay - a thread for each connection, as simple as it can be */
#include "tests/unit/tls_relay.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static gnutls_certificate_credentials_t cred;
static struct sockaddr_un behind = { .sun_family = AF_UNIX };
static _Atomic int *clients;

/* All of BUF to the client; false: it is gone. */
static bool give(gnutls_session_t tls, const char *buf, size_t n)
{
	ssize_t rc;

	while (n) {
		rc = gnutls_record_send(tls, buf, n);
		if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED)
			continue;
		if (rc < 0)
			return false;
		buf += rc;
		n -= (size_t) rc;
	}
	return true;
}

static bool take(gnutls_session_t tls, int to)
{
	char buf[16384];
	ssize_t n = gnutls_record_recv(tls, buf, sizeof(buf));

	if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
		return true;
	return n > 0 && send(to, buf, (size_t) n, MSG_NOSIGNAL) == n;
}

static void shuttle(gnutls_session_t tls, int from, int to)
{
	struct pollfd p[2] = {
		{ .fd = from, .events = POLLIN },
		{ .fd = to, .events = POLLIN },
	};
	char buf[16384];
	ssize_t n;

	for (;;) {
		if (!gnutls_record_check_pending(tls) && poll(p, 2, -1) < 0)
			return;
		if ((gnutls_record_check_pending(tls) || p[0].revents) &&
		    !take(tls, to))
			return;
		if (p[1].revents) {
			n = read(to, buf, sizeof(buf));
			if (n <= 0 || !give(tls, buf, (size_t) n))
				return;
		}
	}
}

static void *serve(void *arg)
{
	int from = (int) (intptr_t) arg, rc;
	int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gnutls_session_t tls;
	unsigned int n = 0;

	gnutls_init(&tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(tls);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
	gnutls_transport_set_int(tls, from);
	do {
		rc = gnutls_handshake(tls);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	if (rc == 0 && gnutls_certificate_get_peers(tls, &n) && n)
		(*clients)++;
	if (rc == 0 &&
	    connect(to, (struct sockaddr *) &behind, sizeof(behind)) == 0)
		shuttle(tls, from, to);
	if (rc == 0)
		gnutls_bye(tls, GNUTLS_SHUT_WR);
	gnutls_deinit(tls);
	close(from);
	close(to);
	return NULL;
}

static void loop(int fd)
{
	pthread_t thread;
	int from;

	while ((from = accept(fd, NULL, NULL)) >= 0)
		if (pthread_create(&thread, NULL, serve,
				   (void *) (intptr_t) from) == 0)
			pthread_detach(thread);
}

bool tls_relay_start(struct tls_relay *relay, const char *path,
		     const char *cert, const char *key)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	clients = mmap(NULL, sizeof(*clients), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (clients == MAP_FAILED || fd < 0 ||
	    strlen(path) >= sizeof(behind.sun_path) ||
	    bind(fd, (struct sockaddr *) &sin, len) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *) &sin, &len) < 0)
		return false;
	relay->clients = clients;
	strcpy(behind.sun_path, path);
	snprintf(relay->url, sizeof(relay->url), "https://127.0.0.1:%u",
		 ntohs(sin.sin_port));
	fflush(stdout);
	if ((relay->pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (gnutls_certificate_allocate_credentials(&cred) < 0 ||
		    gnutls_certificate_set_x509_key_file(
			    cred, cert, key, GNUTLS_X509_FMT_PEM) < 0)
			_exit(1);
		loop(fd);
		_exit(0);
	}
	close(fd);
	return relay->pid > 0;
}

void tls_relay_stop(struct tls_relay *relay)
{
	if (relay->pid <= 0)
		return;
	kill(relay->pid, SIGKILL);
	waitpid(relay->pid, NULL, 0);
	relay->pid = 0;
}
