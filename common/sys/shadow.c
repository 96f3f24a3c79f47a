// SPDX-License-Identifier: GPL-2.0-or-later
/* shadow - is select/cons_tres ours? */
#include "common/sys/shadow.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Directories may have several names: what counts is the file. */
bool ocs_shadowed(const char *select_type, const char *plugin_dir)
{
	const char *dir = plugin_dir;
	struct stat ours, found;
	char path[4096];

	if (!select_type || strcasecmp(select_type, "select/cons_tres") ||
	    !dir || stat(OCS_SHADOWDIR "/select_cons_tres.so", &ours) < 0)
		return false;
	for (size_t n; *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s/select_cons_tres.so",
			 (int) n, dir);
		if (n && !stat(path, &found))
			return found.st_dev == ours.st_dev &&
				found.st_ino == ours.st_ino;
	}
	return false;
}
