// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvfile - lines of KEY=VALUE pairs, for optical.conf and opticald.conf
 *
 * A file is read whole, its physical lines are joined at '\', and each joined
 * line is cut into pairs in place.
 */
#include "ocs_config.h"

#include "common/sys/kvfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	ocs_kvline_f fn;
	void *arg;
	unsigned int depth;
};

static int read_file(struct reader *rd, const char *path, const char *from,
		     unsigned int from_line, struct ocs_error *err);

static int read_all(int fd, char *buf, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t) n;
	}
	buf[got] = '\0';
	return (int) got;
}

/* Why a file can't be used; FROM is the file that includes it, or NULL. */
static int file_fail(struct ocs_error *err, enum ocs_code code,
		     const char *from, unsigned int line, const char *path,
		     const char *why)
{
	if (from)
		return ocs_fail(err, code, "%s:%u: can't include %s: %s", from,
				line, path, why);
	return ocs_fail(err, code, "can't read %s: %s", path, why);
}

/* The whole of PATH with a NUL and *LEN, or NULL with ERR set. */
static char *slurp(const char *path, const char *from, unsigned int from_line,
		   int *len, struct ocs_error *err)
{
	enum ocs_code code = OCS_IO;
	const char *why = NULL;
	char *buf = NULL;
	struct stat st;
	int fd;

	/* O_NONBLOCK: a FIFO must not stop slurmctld before fstat sees it */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		if (errno == ENOENT)
			code = OCS_NOT_FOUND;
		why = strerror(errno);
	} else if (fstat(fd, &st) < 0) {
		why = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		why = "it is not a regular file";
	} else if (st.st_size > (off_t) OCS_KV_FILE_MAX) {
		code = OCS_RANGE;
		why = "it is larger than 16 MiB";
	} else if (!(buf = malloc((size_t) st.st_size + 1))) {
		code = OCS_NOMEM;
		why = "out of memory";
	} else if ((*len = read_all(fd, buf, (size_t) st.st_size)) < 0) {
		why = strerror(errno);
	}
	if (why) {
		file_fail(err, code, from, from_line, path, why);
		free(buf);
		buf = NULL;
	}
	if (fd >= 0)
		close(fd);
	return buf;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static char *skip_blanks(char *p)
{
	while (blank(*p))
		p++;
	return p;
}

/* Cut off the comment; "\#" becomes '#'; '#' in quotes stays. */
static void strip_comment(char *text)
{
	bool quoted = false;
	char *out = text;

	for (char *p = text; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (!quoted && p[0] == '\\' && p[1] == '#')
			p++;
		else if (!quoted && *p == '#')
			break;
		*out++ = *p;
	}
	*out = '\0';
}

/* Cut the value at P out. Returns what follows, or NULL with ERR set. */
static char *cut_value(const struct ocs_kvline *line, const char *key, char *p,
		       const char **value, struct ocs_error *err)
{
	char *end;

	if (*p == '"') {
		*value = ++p;
		if (!(end = strchr(p, '"'))) {
			ocs_kv_fail(line, err, OCS_SYNTAX,
				    "%s: the closing quote is missing", key);
			return NULL;
		}
		*end++ = '\0';
		if (*end && !blank(*end)) {
			ocs_kv_fail(line, err, OCS_SYNTAX,
				    "%s: a blank must follow the closing quote",
				    key);
			return NULL;
		}
		return end;
	}
	*value = p;
	for (end = p; *end && !blank(*end); end++) {
		if (*end == '"') {
			ocs_kv_fail(line, err, OCS_SYNTAX,
				    "%s: a quote inside the value: put all of the value in quotes",
				    key);
			return NULL;
		}
	}
	if (*end)
		*end++ = '\0';
	return end;
}

/* Where the value begins after '=' at P: "Key= value" has one after the blank,
 * "Key= Next=1" has none. */
static char *value_start(char *p)
{
	char *start = skip_blanks(p), *end = start;

	while (key_char(*end))
		end++;
	if (start > p && end > start && *skip_blanks(end) == '=')
		return p;
	return start;
}

static int cut_pairs(struct ocs_kvline *line, char *text,
		     struct ocs_kv kv[static OCS_KV_PAIRS_MAX],
		     struct ocs_error *err)
{
	char *p = text;

	line->nkv = 0;
	line->kv = kv;
	while (*(p = skip_blanks(p))) {
		char *key = p, *end;

		while (key_char(*p))
			p++;
		end = p;
		p = skip_blanks(p);
		if (end == key || *p != '=')
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "KEY=VALUE expected at '%.40s'",
					   key);
		*end = '\0';
		p = value_start(p + 1);
		if (ocs_kv_get(line, key))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "%s is given twice", key);
		if (line->nkv == OCS_KV_PAIRS_MAX)
			return ocs_kv_fail(line, err, OCS_RANGE,
					   "more than %d pairs on a line",
					   OCS_KV_PAIRS_MAX);
		kv[line->nkv].key = key;
		if (!(p = cut_value(line, key, p, &kv[line->nkv].value, err)))
			return -1;
		line->nkv++;
	}
	return 0;
}

/* The FILE of `Include FILE`, or NULL if TEXT is something else. */
static char *include_name(char *text)
{
	char *name, *end;

	if (strncasecmp(text, "include", 7) || !blank(text[7]))
		return NULL;
	name = skip_blanks(text + 7);
	if (*name == '=')
		return NULL;
	end = name + strlen(name);
	while (end > name && blank(end[-1]))
		*--end = '\0';
	if (*name == '"' && end > name + 1 && end[-1] == '"') {
		end[-1] = '\0';
		name++;
	}
	return name;
}

static int include(struct reader *rd, const struct ocs_kvline *line,
		   const char *name, struct ocs_error *err)
{
	const char *slash = strrchr(line->file, '/');
	char *path = NULL;
	int rc, n;

	if (!*name)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "Include needs a file name");
	if (rd->depth == OCS_KV_DEPTH_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "more than %d files deep: does %s include itself?",
				   OCS_KV_DEPTH_MAX, name);
	if (*name == '/' || !slash)
		n = asprintf(&path, "%s", name);
	else
		n = asprintf(&path, "%.*s/%s", (int) (slash - line->file),
			     line->file, name);
	if (n < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	rd->depth++;
	rc = read_file(rd, path, line->file, line->line, err);
	rd->depth--;
	free(path);
	return rc;
}

static int one_line(struct reader *rd, struct ocs_kvline *line, char *text,
		    struct ocs_error *err)
{
	struct ocs_kv kv[OCS_KV_PAIRS_MAX];
	struct ocs_kvline pairs = *line;	/* lives as long as kv */
	char *name;

	strip_comment(text);
	text = skip_blanks(text);
	if (!*text)
		return 0;
	if ((name = include_name(text)))
		return include(rd, line, name, err);
	if (cut_pairs(&pairs, text, kv, err) < 0)
		return -1;
	return rd->fn(&pairs, rd->arg, err);
}

/*
 * Take the next line, continuations joined, out of *POS; *LINE counts the
 * physical ones. Returns it NUL-terminated, or NULL at the end.
 */
static char *next_line(char **pos, char *end, unsigned int *lines)
{
	char *start = *pos, *out = *pos, *p = *pos;

	if (p >= end)
		return NULL;
	while (p < end) {
		char *nl = memchr(p, '\n', (size_t) (end - p));
		size_t len = (size_t) ((nl ? nl : end) - p);

		(*lines)++;
		memmove(out, p, len);
		out += len;
		p = nl ? nl + 1 : end;
		if (out > start && out[-1] == '\r')
			out--;
		if (out == start || out[-1] != '\\')
			break;
		out[-1] = ' ';
	}
	*out = '\0';	/* the newline's place, or the NUL after the file */
	*pos = p;
	return start;
}

static int read_file(struct reader *rd, const char *path, const char *from,
		     unsigned int from_line, struct ocs_error *err)
{
	struct ocs_kvline line = { .file = path };
	unsigned int lines = 0;
	char *buf, *pos, *text;
	int rc = -1, len = 0;

	if (!(buf = slurp(path, from, from_line, &len, err)))
		return -1;
	if (memchr(buf, '\0', (size_t) len)) {
		file_fail(err, OCS_SYNTAX, from, from_line, path,
			  "it holds a NUL byte: this is no text file");
		goto out;
	}
	pos = buf;
	line.line = 1;
	while ((text = next_line(&pos, buf + len, &lines))) {
		if (strlen(text) > OCS_KV_LINE_MAX) {
			ocs_kv_fail(&line, err, OCS_RANGE,
				    "a line of more than %u bytes",
				    OCS_KV_LINE_MAX);
			goto out;
		}
		if (one_line(rd, &line, text, err) < 0)
			goto out;
		line.line = lines + 1;
	}
	rc = 0;
out:
	free(buf);
	return rc;
}

int ocs_kvfile_read(const char *path, ocs_kvline_f fn, void *arg,
		    struct ocs_error *err)
{
	struct reader rd = { .fn = fn, .arg = arg, .depth = 1 };

	return read_file(&rd, path, NULL, 0, err);
}

const char *ocs_kv_get(const struct ocs_kvline *line, const char *key)
{
	for (unsigned int i = 0; i < line->nkv; i++)
		if (!strcasecmp(line->kv[i].key, key))
			return line->kv[i].value;
	return NULL;
}
