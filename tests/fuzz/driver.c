// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver - main() of a fuzz target where there is no libFuzzer
 *
 *	f_NAME [-runs=N] [-seed=N] [-max_len=N] [-max_total_time=S]
 *	       [-timeout=S] [-artifact_prefix=P] [-leak_every=N] FILE|DIR...
 *
 * The options are libFuzzer's. Files alone are run once each. Of directories
 * all files are run, then N inputs that are made from them by mutation; one
 * that reaches code that none before did joins them (in memory only). The same
 * seed makes the same inputs. What was running at a crash is kept as a file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

struct input {
	uint8_t *data;
	size_t size;
	char *name;		/* of the file, or NULL */
};

static struct input *pool;
static size_t npool, cap_pool;
static uint64_t state;		/* of the generator of random numbers */
static unsigned long long runs, seed = 1, leak_every = 20000;
static unsigned long long max_len = 4096, max_total_time, limit_s = 30;
static unsigned long long done;
static const char *artifact_prefix = "";
static const uint8_t *now;	/* the input that runs */
static size_t now_size;

/* ---- what code was reached ---- */

#define MAP_SIZE (1U << 16)
static uint8_t seen[MAP_SIZE];
static bool news;

/* Called at each edge of the code under test, from gcc's or clang's
 * instrumentation; the address is taken relative to ours, which moves. */
FUZZ_ENTRY void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	uintptr_t pc = (uintptr_t) __builtin_return_address(0) -
		       (uintptr_t) __sanitizer_cov_trace_pc;
	uint32_t at = (uint32_t) (pc ^ pc >> 16) & (MAP_SIZE - 1);

	if (!seen[at]) {
		seen[at] = 1;
		news = true;
	}
}

/* ---- one input ---- */

static void keep(const char *kind)
{
	char path[512];
	uint64_t hash = UINT64_C(1469598103934665603);
	int fd;

	if (!now)
		return;
	for (size_t i = 0; i < now_size; i++)
		hash = (hash ^ now[i]) * UINT64_C(1099511628211);
	snprintf(path, sizeof(path), "%s%s-%016llx", artifact_prefix, kind,
		 (unsigned long long) hash);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0 && write(fd, now, now_size) == (ssize_t) now_size)
		fprintf(stderr, "input %llu, %zu bytes, kept in %s\n", done,
			now_size, path);
	if (fd >= 0)
		close(fd);
	now = NULL;
}

static void on_death(void)
{
	keep("crash");
}

static void on_alarm(int sig)
{
	fprintf(stderr, "input %llu ran longer than %llu s\n", done, limit_s);
	keep("timeout");
	abort();
}

static void run(const uint8_t *data, size_t size)
{
	/* exactly as large, so that a byte too many read is seen */
	uint8_t *copy = malloc(size ? size : 1);

	must(copy);
	if (size)
		memcpy(copy, data, size);
	now = copy;
	now_size = size;
	alarm((unsigned int) limit_s);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	now = NULL;
	free(copy);
	done++;
	if (leak_every && done % leak_every == 0 &&
	    __lsan_do_recoverable_leak_check()) {
		fprintf(stderr, "a leak between inputs %llu and %llu: -leak_every=1 tells which\n",
			done - leak_every, done);
		now = data;
		now_size = size;
		if (leak_every == 1)
			keep("leak");
		_exit(1);
	}
}

/* ---- the pool ---- */

static void pool_add(const uint8_t *data, size_t size, const char *name)
{
	if (npool == cap_pool) {
		cap_pool = cap_pool ? 2 * cap_pool : 64;
		must(pool = realloc(pool, cap_pool * sizeof(*pool)));
	}
	must(pool[npool].data = malloc(size ? size : 1));
	if (size)
		memcpy(pool[npool].data, data, size);
	pool[npool].size = size;
	pool[npool].name = name ? strdup(name) : NULL;
	npool++;
}

static void add_file(const char *path)
{
	static uint8_t buf[1 << 20];
	size_t size;
	FILE *in;

	if (!(in = fopen(path, "re"))) {
		perror(path);
		exit(2);
	}
	size = fread(buf, 1, sizeof(buf), in);
	fclose(in);
	pool_add(buf, size, path);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct input *) x)->name,
		      ((const struct input *) y)->name);
}

/* True if PATH is a directory. */
static bool add_path(const char *path)
{
	struct dirent *entry;
	char file[4096];
	struct stat st;
	DIR *d;

	if (!(d = opendir(path))) {
		add_file(path);
		return false;
	}
	while ((entry = readdir(d))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			add_file(file);
	}
	closedir(d);
	return true;
}

/* ---- mutation ---- */

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (uint32_t) ((state >> 11) % n) : 0;
}

/* Bytes that mean something to one of our parsers. */
static const char bytes[] = "\"\\{}[]():;,=-+.%&?#/ \t\r\n0123456789eEGTMmus@*_'$~!|<>\x7f\x80\xc3\xff";
static const char *const numbers[] = {
	"0", "1", "-1", "255", "256", "65536", "2147483647", "2147483648",
	"4294967295", "4294967296", "9223372036854775807",
	"9223372036854775808", "18446744073709551615",
	"18446744073709551616", "99999999999999999999999999", "1e99", "0.1",
	"1.0000000000000000000001",
};

static size_t replace(uint8_t *buf, size_t size, size_t cap, size_t at,
		      size_t gone, const void *with, size_t len)
{
	if (gone > size - at)
		gone = size - at;
	if (size - gone + len > cap)
		len = cap - (size - gone);
	memmove(buf + at + len, buf + at + gone, size - at - gone);
	memcpy(buf + at, with, len);
	return size - gone + len;
}

/* One change of BUF; returns its size. */
static size_t mutate(uint8_t *buf, size_t size, size_t cap)
{
	const struct input *other = &pool[below((uint32_t) npool)];
	size_t at = below((uint32_t) size + 1), len, from;
	uint8_t part[64], b;
	const char *n;

	switch (below(9)) {
	case 0:			/* a bit */
		if (at < size)
			buf[at] ^= (uint8_t) (1U << below(8));
		return size;
	case 1:			/* a byte */
		if (at < size)
			buf[at] = (uint8_t) below(256);
		return size;
	case 2:			/* a byte that means something */
		b = (uint8_t) bytes[below(sizeof(bytes) - 1)];
		return replace(buf, size, cap, at, below(2), &b, 1);
	case 3:			/* some less */
		return replace(buf, size, cap, at, 1 + below(16), "", 0);
	case 4:			/* a part again, or often */
		len = at < size ? 1 + below(sizeof(part)) : 0;
		if (len > size - at)
			len = size - at;
		memcpy(part, buf + at, len);
		for (uint32_t i = 1 + below(4) * below(8); i; i--)
			size = replace(buf, size, cap, at, 0, part, len);
		return size;
	case 5:			/* a number */
		n = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
		len = 0;
		while (at + len < size && buf[at + len] >= '0' &&
		       buf[at + len] <= '9')
			len++;
		return replace(buf, size, cap, at, len, n, strlen(n));
	case 6:			/* cut off */
		return below(4) ? size : at;
	default:		/* a part of another one */
		from = below((uint32_t) other->size + 1);
		len = 1 + below(below(8) ? 24 : 1024);
		if (len > other->size - from)
			len = other->size - from;
		return replace(buf, size, cap, at, below(2) ? len : 0,
			       other->data + from, len);
	}
}

static void fuzz(void)
{
	time_t end = time(NULL) + (time_t) max_total_time;
	uint8_t *buf = malloc(max_len);

	must(buf);
	for (unsigned long long i = 0; i < runs; i++) {
		const struct input *in = &pool[below((uint32_t) npool)];
		size_t size = in->size < max_len ? in->size : max_len;

		if (max_total_time && time(NULL) >= end)
			break;
		if (size)
			memcpy(buf, in->data, size);
		for (uint32_t n = 1 + below(1U << below(5)); n; n--)
			size = mutate(buf, size, max_len);
		news = false;
		run(buf, size);
		if (news)
			pool_add(buf, size, NULL);
	}
	free(buf);
}

static bool option(const char *arg)
{
	static const struct {
		const char *name;
		unsigned long long *value;
	} numbered[] = {
		{ "-runs=", &runs }, { "-seed=", &seed },
		{ "-max_len=", &max_len }, { "-timeout=", &limit_s },
		{ "-max_total_time=", &max_total_time },
		{ "-leak_every=", &leak_every },
	};

	if (*arg != '-')
		return false;
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++) {
		size_t n = strlen(numbered[i].name);

		if (!strncmp(arg, numbered[i].name, n))
			*numbered[i].value = strtoull(arg + n, NULL, 10);
	}
	if (!strncmp(arg, "-artifact_prefix=", 17))
		artifact_prefix = arg + 17;
	return true;		/* libFuzzer has more of them */
}

int main(int argc, char **argv)
{
	bool dirs = false;
	size_t nfiles;

	__sanitizer_set_death_callback(on_death);
	signal(SIGALRM, on_alarm);
	for (int i = 1; i < argc; i++)
		if (!option(argv[i]))
			dirs |= add_path(argv[i]);
	if (!npool)
		pool_add((const uint8_t *) "", 0, "empty");
	if (max_total_time && !runs)
		runs = ~0ULL;
	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	/* the order in which a directory lists its files is nobody's */
	qsort(pool, npool, sizeof(*pool), by_name);
	nfiles = npool;
	for (size_t i = 0; i < nfiles; i++)
		run(pool[i].data, pool[i].size);
	if (dirs)
		fuzz();
	printf("Done %llu runs; %zu files, %zu inputs added\n", done, nfiles,
	       npool - nfiles);
	for (size_t i = 0; i < npool; i++) {
		free(pool[i].data);
		free(pool[i].name);
	}
	free(pool);
	return 0;
}
