/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy_agent - an agent that can be told to misbehave, in a process of its own
 *
 * It listens on a Unix socket and on a loopback port, answers what the client
 * asks for, and breaks off, stalls, floods or lies as MODE says.  Counters in
 * shared memory show what reached it.
 */
#ifndef OCS_TESTS_TOY_AGENT_H
#define OCS_TESTS_TOY_AGENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum toy_mode {
	TOY_GOOD,
	TOY_FREEZE,		/* reads the request, says nothing */
	TOY_RESET,		/* reads the request, closes */
	TOY_HALF,		/* half a body, closes */
	TOY_HALF_STALL,		/* half a body, says nothing more */
	TOY_DRIP,		/* a byte in 20 ms, for ever */
	TOY_HEADERS,		/* headers without end */
	TOY_CONTINUES,		/* 100 Continue without end */
	TOY_HUGE,		/* a body without end */
	TOY_CLAIMS,		/* Content-Length beyond all bounds, no body */
	TOY_GARBAGE,		/* no HTTP */
	TOY_TYPES,		/* 200 with wrong types */
	TOY_NO_JSON,		/* 200 with text */
	TOY_EMPTY,		/* 200 with nothing */
	TOY_OTHER,		/* 201 with another lease's id */
	TOY_ENDED,		/* 200, but the lease is TERMINATED */
	TOY_BUSY,		/* 409 busy with reason */
	TOY_ERROR,		/* 500 with a problem document */
	TOY_ERROR_PLAIN,	/* 500 with HTML */
	TOY_UNAUTH,		/* 401 */
	TOY_REDIRECT,		/* 302 to itself */
	TOY_CLOSE,		/* good, then closes the connection */
};

struct toy_shared {
	_Atomic int mode;
	_Atomic int port;		/* TCP */
	_Atomic int connections;	/* accepted so far */
	_Atomic int requests;		/* heads read so far */
	_Atomic int sessions;		/* POST /v1/sessions answered */
	_Atomic int munge_ok;		/* of these, with a right credential */
	_Atomic int bearers;		/* requests with the newest token */
	_Atomic int session_s;		/* their life */
	_Atomic int forget;		/* tokens below this are unknown */
	_Atomic int hang_up;		/* counts: close all connections now */
	_Atomic int wait_ms;		/* of a long poll; -1: as asked */
	_Atomic uint64_t generation;
	_Atomic char instance;		/* its first digit */
	_Atomic uint64_t last_epoch;	/* in the last write */
	char munge_socket[256];		/* set before any session */
};

struct toy {
	struct toy_shared *shared;
	pid_t pid;
	char path[128];		/* of the socket */
	char url[160];		/* unix:... */
	char tcp_url[64];
};

/* Before any thread exists. DIR is where its socket goes. False: no go. */
bool toy_start(struct toy *toy, const char *dir, const char *name);
/* Kills it and removes its socket. */
void toy_stop(struct toy *toy);

#endif
