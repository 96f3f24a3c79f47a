// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz - what the fuzz targets share */
#include "ocs_config.h"		/* asprintf, nftw */

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The sanitizers look for these by their names. A refused allocation is the
 * parser's to handle; one of gigabytes is no parser's to ask for. */
#define EARLY FUZZ_ENTRY __attribute__((no_sanitize("address", "undefined")))
EARLY const char *__asan_default_options(void);
EARLY const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_abort=1:detect_stack_use_after_return=0:"
	       "max_allocation_size_mb=512:allocator_may_return_null=0";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1:halt_on_error=1";
}

void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	size_t len = size ? strnlen((const char *) data, size) : 0;
	char *text = malloc(len + 1);

	must(text);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

char *fuzz_cut(char **text, char sep)
{
	char *part = *text, *end;

	if (!part)
		return NULL;
	end = strchr(part, sep);
	*text = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return part;
}

static char dir[64];
static pid_t dir_owner;

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	remove(path);
	return 0;
}

static void remove_dir(void)
{
	if (dir[0] && dir_owner == getpid())
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_dir(void)
{
	struct statfs fs;
	bool shm;

	if (dir[0] && dir_owner == getpid())
		return dir;
	shm = statfs("/dev/shm", &fs) == 0 && !access("/dev/shm", W_OK) &&
	      fs.f_bavail > (64 << 20) / (unsigned long) fs.f_bsize;
	snprintf(dir, sizeof(dir), "%s/ocs-fuzz.XXXXXX",
		 shm ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir));
	dir_owner = getpid();
	atexit(remove_dir);
	return dir;
}

char *fuzz_path(const char *name)
{
	char *path;

	must(asprintf(&path, "%s/%s", fuzz_dir(), name) > 0);
	return path;
}

void fuzz_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t) size);
	close(fd);
}
