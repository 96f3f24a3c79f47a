// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * maint - drain, undrain and window: what operators say of links
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli/ctl.h"
#include "cli/when.h"
#include "common/wire/wire_maint.h"
#include "common/wire/wire_touched.h"

static int no_memory(struct ctl *ctl)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_NOMEM, "out of memory");
	return ctl_fail(ctl, &err);
}

/* ARGV[0..ARGC) with blanks between into NOTE; false if it is too long. */
static bool note_of(int argc, char **argv, char note[static OCS_NOTE_MAX])
{
	size_t n = 0;

	note[0] = '\0';
	for (int i = 0; i < argc; i++) {
		int k = snprintf(note + n, OCS_NOTE_MAX - n, "%s%s",
				 i ? " " : "", argv[i]);

		if (k < 0 || (size_t) k >= OCS_NOTE_MAX - n)
			return false;
		n += (size_t) k;
	}
	return true;
}

static const struct table_column touched_columns[] = {
	{ "LEASE", TABLE_LEFT, NULL }, { "CLUSTER", TABLE_LEFT, NULL },
	{ "JOBID", TABLE_RIGHT, NULL }, { "USER", TABLE_LEFT, NULL },
	{ "STATE", TABLE_LEFT, state_color }, { "START", TABLE_LEFT, NULL },
	{ "END", TABLE_LEFT, NULL }, { NULL, TABLE_LEFT, NULL },
};

/* The leases that the answer REPLY lists. */
static int print_touched(struct ctl *ctl, const struct reply *reply)
{
	struct ocs_touched *l = NULL;
	struct ocs_error err;
	struct table *t;
	unsigned int n;

	if (ctl->json)
		return ctl_print_json(reply);
	if (ocs_wire_decode_touched(reply->text, reply->len, &l, &n, &err) < 0)
		return ctl_fail(ctl, &err);
	if (!n && !ctl->parsable)
		puts("No lease is touched.");
	t = n || ctl->parsable ? table_create(touched_columns) : NULL;
	for (unsigned int i = 0; t && i < n; i++) {
		char a[STAMP_TEXT_MAX], b[STAMP_TEXT_MAX];

		table_cell(t, "%.*s", ctl->parsable ? OCS_LEASE_ID_MAX : 8,
			   l[i].id);
		table_cell(t, "%s", l[i].cluster);
		table_cell(t, "%" PRIu32, l[i].job_id);
		table_cell(t, "%s", *l[i].user ? l[i].user : "-");
		table_cell(t, "%s", l[i].state);
		table_cell(t, "%s", stamp_format(l[i].start_s * 1000LL, false,
						 a));
		table_cell(t, "%s", stamp_format(l[i].end_s * 1000LL, false,
						 b));
	}
	free(l);
	return n || ctl->parsable ? ctl_print_table(ctl, t) : CTL_OK;
}

/* ---- drains ---- */

static int drain(struct ctl *ctl, int argc, char **argv, bool drained)
{
	struct ocs_drain want = { .drained = drained };
	char path[OCS_NAME_MAX + 32];
	struct ocs_error err;
	struct reply reply;
	char *body;
	int rc;

	if (!ctl_plain(argv[0]))
		return ctl_usage(ctl, "'%s' is no link's name", argv[0]);
	if (!note_of(argc - 1, argv + 1, want.note))
		return ctl_usage(ctl, "a note has at most %d bytes",
				 OCS_NOTE_MAX - 1);
	snprintf(want.link, sizeof(want.link), "%s", argv[0]);
	snprintf(path, sizeof(path), "/v1/links/%s/drain", argv[0]);
	if (!(body = ocs_wire_encode_drain(&want)))
		return no_memory(ctl);
	rc = ctl_request(ctl, "POST", path, body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	if (!ctl->json && !ctl->parsable && !ctl->noheader)
		printf("link %s %s\n", argv[0], drained ?
		       "is drained: it takes nothing new. On it are:" :
		       "takes leases again");
	rc = drained || ctl->json ? print_touched(ctl, &reply) : CTL_OK;
	reply_fini(&reply);
	return rc;
}

int cmd_drain(struct ctl *ctl, int argc, char **argv)
{
	return drain(ctl, argc, argv, true);
}

int cmd_undrain(struct ctl *ctl, int argc, char **argv)
{
	return drain(ctl, argc, argv, false);
}

/* ---- windows ---- */

static const struct table_column window_columns[] = {
	{ "WINDOW", TABLE_LEFT, NULL }, { "LINK", TABLE_LEFT, NULL },
	{ "START", TABLE_LEFT, NULL }, { "END", TABLE_LEFT, NULL },
	{ "NOTE", TABLE_LEFT, NULL }, { NULL, TABLE_LEFT, NULL },
};

static void window_row(const struct ctl *ctl, struct table *t, const char *id,
		       const char *link, int64_t start_s, int64_t end_s,
		       const char *note)
{
	char stamp[STAMP_TEXT_MAX];

	table_cell(t, "%.*s", ctl->parsable ? OCS_LEASE_ID_MAX : 8, id);
	table_cell(t, "%s", link);
	table_cell(t, "%s", stamp_format(start_s * 1000LL, false, stamp));
	table_cell(t, "%s", stamp_format(end_s * 1000LL, false, stamp));
	table_cell(t, "%s", note);
}

/* What is planned, and what is drained now; all the caller's to free. */
struct planned {
	struct ocs_window *window;
	unsigned int nwindows;
	struct ocs_drain *drain;
	unsigned int ndrains;
	struct reply reply;	/* as it came */
};

static void planned_fini(struct planned *p)
{
	free(p->window);
	free(p->drain);
	reply_fini(&p->reply);
}

static int get_planned(struct ctl *ctl, struct planned *p,
		       struct ocs_error *err)
{
	memset(p, 0, sizeof(*p));
	if (ctl_request(ctl, "GET", "/v1/windows", NULL, &p->reply, err) < 0)
		return -1;
	if (ocs_wire_decode_maint(p->reply.text, p->reply.len, &p->window,
				  &p->nwindows, &p->drain, &p->ndrains,
				  err) == 0)
		return 0;
	planned_fini(p);
	return -1;
}

static int window_list(struct ctl *ctl)
{
	struct ocs_error err;
	struct planned p;
	struct table *t;
	int rc = CTL_OK;

	if (get_planned(ctl, &p, &err) < 0)
		return ctl_fail(ctl, &err);
	if (ctl->json) {
		ctl_print_json(&p.reply);
	} else {
		t = table_create(window_columns);
		for (unsigned int i = 0; t && i < p.ndrains; i++)
			window_row(ctl, t, "drained", p.drain[i].link, 0, 0,
				   p.drain[i].note);
		for (unsigned int i = 0; t && i < p.nwindows; i++)
			window_row(ctl, t, p.window[i].id, p.window[i].link,
				   p.window[i].start_s, p.window[i].end_s,
				   p.window[i].note);
		rc = ctl_print_table(ctl, t);
	}
	planned_fini(&p);
	return rc;
}

static bool random_id(char id[static OCS_LEASE_ID_MAX])
{
	unsigned char raw[(OCS_LEASE_ID_MAX - 1) / 2];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return false;
	for (size_t i = 0; i < sizeof(raw); i++)
		sprintf(id + 2 * i, "%02x", raw[i]);
	return true;
}

static int window_add(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_window want = { .id = "" };
	int64_t now_s = time(NULL);
	struct ocs_error err;
	struct reply reply;
	char *body;
	int rc;

	if (argc < 3)
		return ctl_usage(ctl, "window add: LINK, START and END are needed (example: window add par-lyo 2026-05-01T22:00 +4h splice)");
	if (!ctl_plain(argv[0]))
		return ctl_usage(ctl, "'%s' is no link's name", argv[0]);
	/* an END of +4h counts from START */
	if (when_parse(argv[1], now_s, &want.start_s, &err) < 0 ||
	    when_parse(argv[2], want.start_s, &want.end_s, &err) < 0)
		return ctl_usage(ctl, "%s", err.text);
	if (want.end_s <= want.start_s)
		return ctl_usage(ctl, "the END %s is not after the START %s",
				 argv[2], argv[1]);
	if (!note_of(argc - 3, argv + 3, want.note))
		return ctl_usage(ctl, "a note has at most %d bytes",
				 OCS_NOTE_MAX - 1);
	if (!random_id(want.id)) {
		ocs_fail(&err, OCS_IO, "there is no randomness");
		return ctl_fail(ctl, &err);
	}
	snprintf(want.link, sizeof(want.link), "%s", argv[0]);
	if (!(body = ocs_wire_encode_window(&want)))
		return no_memory(ctl);
	rc = ctl_request(ctl, "POST", "/v1/windows", body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	if (!ctl->json && !ctl->parsable && !ctl->noheader)
		printf("window %s is planned. It touches:\n", want.id);
	rc = print_touched(ctl, &reply);
	reply_fini(&reply);
	return rc;
}

/* The id of the one window that begins with TEXT. */
static int window_id(struct ctl *ctl, const char *text,
		     char id[static OCS_LEASE_ID_MAX], struct ocs_error *err)
{
	unsigned int found = 0;
	struct planned p;

	if (get_planned(ctl, &p, err) < 0)
		return -1;
	for (unsigned int i = 0; i < p.nwindows; i++)
		if (!strncmp(p.window[i].id, text, strlen(text)) && !found++)
			memcpy(id, p.window[i].id, OCS_LEASE_ID_MAX);
	planned_fini(&p);
	if (!found)
		return ocs_fail(err, OCS_NOT_FOUND,
				"no window whose id begins with '%.40s'", text);
	return found == 1 ? 0 :
	       ocs_fail(err, OCS_CONFLICT,
			"%u windows have ids that begin with '%s': give more digits",
			found, text);
}

static int window_del(struct ctl *ctl, int argc, char **argv)
{
	char id[OCS_LEASE_ID_MAX], path[OCS_LEASE_ID_MAX + 16];
	struct ocs_error err;
	struct reply reply;

	if (argc != 1)
		return ctl_usage(ctl, "window del: one ID is needed");
	if (strlen(argv[0]) < 4 ||
	    strspn(argv[0], "0123456789abcdef") != strlen(argv[0]))
		return ctl_usage(ctl, "'%s' is no window's id: 4 to 32 of 0-9a-f are (see opticalctl window list)",
				 argv[0]);
	if (window_id(ctl, argv[0], id, &err) < 0)
		return ctl_fail(ctl, &err);
	snprintf(path, sizeof(path), "/v1/windows/%s", id);
	if (ctl_request(ctl, "DELETE", path, NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	if (ctl->json)
		ctl_print_json(&reply);
	else
		printf("window %s is taken back\n", id);
	reply_fini(&reply);
	return CTL_OK;
}

int cmd_window(struct ctl *ctl, int argc, char **argv)
{
	static const char *const actions[] = { "add", "list", "del", NULL };
	const char *near;

	if (!strcmp(argv[0], "add"))
		return window_add(ctl, argc - 1, argv + 1);
	if (!strcmp(argv[0], "del"))
		return window_del(ctl, argc - 1, argv + 1);
	if (!strcmp(argv[0], "list"))
		return argc > 1 ? ctl_usage(ctl, "window list: '%s' is too much",
					    argv[1]) : window_list(ctl);
	near = nearest_word(argv[0], actions);
	return ctl_usage(ctl, "unknown 'window %s'%s%s%s", argv[0],
			 near ? ": did you mean 'window " : "",
			 near ? near : "", near ? "'?" : "");
}
