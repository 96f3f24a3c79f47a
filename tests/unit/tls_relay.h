/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls_relay - TLS before a Unix socket, in a process of its own
 *
 * Each connection, from a client that shows a certificate, becomes one to the
 * socket behind; what is closed on one side is closed on the other.
 */
#ifndef OCS_TESTS_TLS_RELAY_H
#define OCS_TESTS_TLS_RELAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct tls_relay {
	pid_t pid;
	char url[64];		/* https://127.0.0.1:port */
	_Atomic int *clients;	/* that showed a certificate */
};

/* Before any thread exists. To the socket PATH, with certificate and key of the
 * files CERT and KEY. */
bool tls_relay_start(struct tls_relay *relay, const char *path,
		     const char *cert, const char *key);
void tls_relay_stop(struct tls_relay *relay);

#endif
