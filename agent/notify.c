// SPDX-License-Identifier: GPL-2.0-or-later
/* notify - datagrams to the service manager, without its library */
#include "agent/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ocs_notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[1024];
	size_t len;
	va_list ap;
	ssize_t done;
	int fd;

	if (!path || !*path)
		return 0;
	len = strlen(path);
	if ((*path != '/' && *path != '@') || len >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, len);
	if (*path == '@')	/* of no file system */
		sun.sun_path[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	done = sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		      (struct sockaddr *) &sun,
		      (socklen_t) (offsetof(struct sockaddr_un, sun_path) +
				   len));
	close(fd);
	return done < 0 ? -1 : 1;
}

/* VALUE as a number, or 0. */
static uint64_t number(const char *value)
{
	char *end;
	uint64_t n;

	if (!value || *value < '0' || *value > '9')
		return 0;
	errno = 0;
	n = strtoull(value, &end, 10);
	return errno || *end ? 0 : n;
}

uint64_t ocs_notify_watchdog_ms(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	if (pid && number(pid) != (uint64_t) getpid())
		return 0;
	return number(getenv("WATCHDOG_USEC")) / 1000;
}
