/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify - telling the service manager how we are (sd_notify(3), by the socket
 * that it names)
 *
 * Without NOTIFY_SOCKET in the environment nothing is told. Never blocks for
 * long; one thread only.
 */
#ifndef OCS_AGENT_NOTIFY_H
#define OCS_AGENT_NOTIFY_H

#include <stdint.h>

/* TEXT is lines such as "READY=1\nSTATUS=...". 1 told, 0 there is nobody to
 * tell, -1 it could not be told. */
int ocs_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "WATCHDOG=1" is expected at least so often, in ms; 0: it is not. */
uint64_t ocs_notify_watchdog_ms(void);

#endif
