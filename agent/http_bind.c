// SPDX-License-Identifier: GPL-2.0-or-later
/* http_bind - Unix and TCP sockets, bound */
#include "agent/http_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket file is left by an agent that died: remove it if nobody answers. */
static int clear_stale(const struct sockaddr_un *sun, struct ocs_error *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(sun->sun_path, &st) < 0)
		return errno == ENOENT ? 0 :
			ocs_fail(err, OCS_IO, "%s: %s", sun->sun_path,
				 strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return ocs_fail(err, OCS_CONFLICT,
				"%s is there and is no socket", sun->sun_path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return ocs_fail(err, OCS_IO, "socket: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *) sun, sizeof(*sun));
	close(fd);
	if (rc == 0)
		return ocs_fail(err, OCS_CONFLICT,
				"another process listens on %s",
				sun->sun_path);
	if (unlink(sun->sun_path) < 0 && errno != ENOENT)
		return ocs_fail(err, OCS_IO, "%s: %s", sun->sun_path,
				strerror(errno));
	return 0;
}

static int bind_unix(struct http_socket *s, struct ocs_error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strcpy(sun.sun_path, s->at.path);
	if (clear_stale(&sun, err) < 0)
		return -1;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 ||
	    bind(s->fd, (struct sockaddr *) &sun, sizeof(sun)) < 0)
		return ocs_fail(err, OCS_IO, "Listen=unix:%s: %s", s->at.path,
				strerror(errno));
	s->bound = true;
	/* Who connects is asked of the kernel, request by request. */
	if (chmod(s->at.path, 0666) < 0)
		return ocs_fail(err, OCS_IO, "%s: %s", s->at.path,
				strerror(errno));
	return 0;
}

static int bind_tcp(struct http_socket *s, struct ocs_error *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr *sa = (struct sockaddr *) &v4;
	socklen_t len = sizeof(v4);
	int one = 1;

	v4.sin_port = v6.sin6_port = htons(s->at.port);
	if (inet_pton(AF_INET, s->at.host, &v4.sin_addr) != 1) {
		inet_pton(AF_INET6, s->at.host, &v6.sin6_addr);
		sa = (struct sockaddr *) &v6;
		len = sizeof(v6);
	}
	s->fd = socket(sa->sa_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return ocs_fail(err, OCS_IO, "socket: %s", strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s->fd, sa, len) < 0 || getsockname(s->fd, sa, &len) < 0)
		return ocs_fail(err, errno == EADDRINUSE ? OCS_CONFLICT :
				OCS_IO, "%s=%s:%u: %s",
				s->open ? "HttpListen" : "Listen", s->at.host,
				s->at.port, strerror(errno));
	s->at.port = ntohs(sa->sa_family == AF_INET ? v4.sin_port :
			   v6.sin6_port);
	return 0;
}

int http_bind(struct ocs_http *http, const struct ocs_agent_listen *listen_at,
	      unsigned int n, bool open, struct ocs_error *err)
{
	for (unsigned int i = 0; i < n; i++) {
		struct http_socket *s = &http->socket[http->nsockets++];

		s->http = http;
		s->at = listen_at[i];
		s->open = open;
		s->fd = -1;
		if ((s->at.is_unix ? bind_unix(s, err) : bind_tcp(s, err)) < 0)
			return -1;
	}
	return 0;
}
