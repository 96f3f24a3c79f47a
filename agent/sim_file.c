// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sim_file - the file that stands for the simulated network
 *
 * Each change is one appended line, written before it is reported, so that
 * after kill -9 what was lit is lit, and what was being built goes on being
 * built, as with a real controller. It needs no fsync: a simulated network may
 * go dark with the host.
 *
 *  S ID STATE DUE_MS RATE A Z HOP,HOP... [REAL,REAL... CHANNEL,CHANNEL...]
 *    [@PORT,PORT]
 *      a service (Unix ms of its end); where it really is, "-" for nothing;
 *      the ports at which it ends, "-" for none
 *  D ID                                    it is gone
 *  L LINK up|down                          data plane of a link
 *  F LINK COUNT...                         faults still to come, in the order
 *                                          of enum sim_fault
 */
#include "agent/sim_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/point.h"

/* The file is rewritten when it has this many lines more than it needs. */
#define SLACK_LINES 10000
#define LINE_BYTES 4096
/* Ids of others' services begin so. */
#define FOREIGN "foreign."

static const char *const state_names[] = {
	"building", "lit", "broken", "tearing"
};

static const char *state_word(const struct sim_service *s)
{
	if (s->state == SIM_BUILDING && s->will_fail)
		return "failing";
	if (s->state == SIM_BUILDING && s->will_lie)
		return "lying";
	return state_names[s->state];
}

static bool as_asked(struct sim *sim, const struct sim_service *s)
{
	if (s->at.nchannels || (s->at.nhops && s->at.nhops != s->svc.nhops))
		return false;
	for (unsigned int i = 0; i < s->at.nhops; i++)
		if (strcmp(sim->net.link[s->at.hop[i]].name, s->svc.hop[i]))
			return false;
	return true;
}

static const char *port_name(const struct sim *sim, int port)
{
	return port < 0 ? "-" : sim->net.port[port].name;
}

static void put_service(struct sim *sim, FILE *f, const struct sim_service *s)
{
	fprintf(f, "S %s %s %" PRId64 " %" PRIu64 " %s %s ", s->svc.id,
		state_word(s), s->due_ms, s->svc.rate_bps, s->svc.a, s->svc.z);
	for (unsigned int i = 0; i < s->svc.nhops; i++)
		fprintf(f, "%s%s", i ? "," : "", s->svc.hop[i]);
	if (!as_asked(sim, s)) {
		fputs(s->svc.nhops ? " " : "- ", f);
		for (unsigned int i = 0; i < s->at.nhops; i++)
			fprintf(f, "%s%s", i ? "," : "",
				sim->net.link[s->at.hop[i]].name);
		fputs(s->at.nhops ? " " : "- ", f);
		for (unsigned int i = 0; i < s->at.nchannels; i++)
			fprintf(f, "%s%u", i ? "," : "", s->at.channel[i]);
		if (!s->at.nchannels)
			fputs("-", f);
	}
	if (s->port_a >= 0 || s->port_z >= 0)
		fprintf(f, "%s@%s,%s", s->svc.nhops || !as_asked(sim, s) ?
			" " : "- ", port_name(sim, s->port_a),
			port_name(sim, s->port_z));
	fputs("\n", f);
}

static void put_link(FILE *f, const struct sim_link *l)
{
	fprintf(f, "L %s %s\n", l->name, l->down ? "down" : "up");
}

static void put_faults(FILE *f, const struct sim_link *l)
{
	fprintf(f, "F %s", l->name);
	for (unsigned int i = 0; i < SIM_NFAULTS; i++)
		fprintf(f, " %u", l->left[i]);
	fputs("\n", f);
}

static unsigned int put_all(struct sim *sim, FILE *f)
{
	unsigned int lines = 0;
	struct sim_service *s;

	for (unsigned int i = 0; i < sim->nchains; i++) {
		LIST_FOREACH(s, &sim->chain[i], hash) {
			put_service(sim, f, s);
			lines++;
		}
	}
	for (unsigned int i = 0; i < sim->nlinks; i++, lines += 2) {
		put_link(f, &sim->link[i]);
		put_faults(f, &sim->link[i]);
	}
	return lines;
}

int sim_rewrite(struct sim *sim, struct ocs_error *err)
{
	char tmp[sizeof(sim->path) + 8];
	unsigned int lines;
	FILE *f;
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.new", sim->path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !(f = fdopen(fd, "w"))) {
		ocs_fail(err, OCS_IO, "%s: %s", tmp, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	lines = put_all(sim, f);
	if (fflush(f) || rename(tmp, sim->path) < 0) {
		ocs_fail(err, OCS_IO, "%s: %s", tmp, strerror(errno));
		fclose(f);
		unlink(tmp);
		return -1;
	}
	if (sim->file)
		fclose(sim->file);
	sim->file = f;
	sim->lines = lines;
	return 0;
}

/* One line was printed: make it one write(2). */
static void flush_line(struct sim *sim)
{
	OCS_POINT("network.write");
	fflush(sim->file);
	OCS_POINT("network.written");
	clearerr(sim->file);
	if (++sim->lines > SLACK_LINES + 2 * (sim->nservices + sim->nlinks))
		sim_rewrite(sim, NULL);
}

void sim_save_service(struct sim *sim, const struct sim_service *s)
{
	put_service(sim, sim->file, s);
	flush_line(sim);
}

void sim_save_gone(struct sim *sim, const char *id)
{
	fprintf(sim->file, "D %s\n", id);
	flush_line(sim);
}

void sim_save_link(struct sim *sim, const struct sim_link *l)
{
	put_link(sim->file, l);
	flush_line(sim);
}

void sim_save_faults(struct sim *sim, const struct sim_link *l)
{
	put_faults(sim->file, l);
	flush_line(sim);
}

/* ---- reading ---- */

/* S's real place from the words REAL and CHANNELS; what makes no sense is as
 * if it were not there. */
static void load_place(struct sim *sim, struct sim_service *s, char *real,
		       char *channels)
{
	char *save, *end;

	sim_route_asked(sim, s);
	if (!real[0])
		return;
	s->at.nhops = 0;
	for (char *w = strtok_r(real, ",", &save); w;
	     w = strtok_r(NULL, ",", &save)) {
		struct sim_link *l = sim_link_find(sim, w);

		if (l && l != &sim->link[0] && s->at.nhops < OCS_HOPS_MAX)
			s->at.hop[s->at.nhops++] = l->index;
	}
	for (char *w = strtok_r(channels, ",", &save); w;
	     w = strtok_r(NULL, ",", &save)) {
		unsigned long c = strtoul(w, &end, 10);

		if (end != w && !*end && c < SIM_CHANNELS_MAX &&
		    s->at.nchannels < SIM_CHANNELS_EACH)
			s->at.channel[s->at.nchannels++] = (uint16_t) c;
	}
}

/* LINE's ports, cut off it; what is not there any more is as if not told. */
static void load_ports(char *line, char port[static 2][OCS_NAME_MAX])
{
	char *at = strstr(line, " @");

	port[0][0] = port[1][0] = '\0';
	if (!at)
		return;
	*at = '\0';
	sscanf(at + 2, "%63[^,],%63s", port[0], port[1]);
}

static bool load_service(struct sim *sim, char *line)
{
	char port[2][OCS_NAME_MAX];
	char state[16], hops[OCS_HOPS_MAX * OCS_NAME_MAX] = "", *save = NULL;
	char real[OCS_HOPS_MAX * OCS_NAME_MAX] = "", channels[1024] = "";
	struct ocs_service svc = { 0 };
	struct sim_service *s;
	int64_t due;

	load_ports(line, port);
	svc.port_a = port[0];
	svc.port_z = port[1];
	if (sscanf(line, "S %40s %15s %" SCNd64 " %" SCNu64
		   " %63s %63s %1023s %1023s %1023s", svc.id, state, &due,
		   &svc.rate_bps, svc.a, svc.z, hops, real, channels) < 6)
		return false;
	for (char *h = strtok_r(hops, ",", &save); h && strcmp(h, "-");
	     h = strtok_r(NULL, ",", &save))
		if (svc.nhops < OCS_HOPS_MAX)
			snprintf(svc.hop[svc.nhops++], OCS_NAME_MAX, "%s", h);
	/* a word that was cut before an '@': written anew it would be ports */
	if (svc.rate_bps > OCS_RATE_MAX_BPS || svc.id[0] == '@' ||
	    svc.a[0] == '@' || svc.z[0] == '@' || hops[0] == '@' ||
	    real[0] == '@' || channels[0] == '@')
		return false;
	if ((s = sim_service_find(sim, svc.id)))
		sim_service_free(sim, s);
	if (!(s = sim_service_add(sim, &svc)))
		return false;
	s->due_ms = due;
	s->will_fail = !strcmp(state, "failing");
	s->will_lie = !strcmp(state, "lying");
	s->foreign = !strncmp(svc.id, FOREIGN, strlen(FOREIGN));
	sim->nforeign += s->foreign;
	s->state = SIM_BUILDING;
	for (unsigned int i = 0; i < 4; i++)
		if (!strcmp(state, state_names[i]))
			s->state = (enum sim_state) i;
	load_place(sim, s, real, channels);
	sim_occupy(sim, s, true);
	sim_enqueue(sim, s, s->foreign && due ? &sim->leaving : NULL);
	return true;
}

static bool load_faults(struct sim *sim, const char *line)
{
	char name[OCS_NAME_MAX], *end;
	unsigned long n;
	struct sim_link *l;
	int at = 0;

	if (sscanf(line, "F %63s%n", name, &at) != 1)
		return false;
	l = sim_link_find(sim, name);
	line += at;
	for (unsigned int i = 0; i < SIM_NFAULTS; i++, line = end) {
		n = strtoul(line, &end, 10);
		if (end == line)
			return i >= 2;	/* older files have two */
		if (l)
			l->left[i] = n < SIM_FAULTS_MAX ? (unsigned int) n :
				     SIM_FAULTS_MAX;
	}
	return true;
}

static bool load_line(struct sim *sim, char *line)
{
	char name[OCS_NAME_MAX], word[16];
	struct sim_service *s;
	struct sim_link *l;

	switch (line[0]) {
	case 'S':
		return load_service(sim, line);
	case 'D':
		if (sscanf(line, "D %63s", name) != 1)
			return false;
		if ((s = sim_service_find(sim, name)))
			sim_service_free(sim, s);
		return true;
	case 'L':
		if (sscanf(line, "L %63s %15s", name, word) != 2)
			return false;
		if ((l = sim_link_find(sim, name)))
			l->down = !strcmp(word, "down");
		return true;
	case 'F':
		return load_faults(sim, line);
	}
	return false;
}

int sim_load(struct sim *sim, struct ocs_error *err)
{
	FILE *f = fopen(sim->path, "re");
	char line[LINE_BYTES];
	int rc = 0;

	if (!f)
		return errno == ENOENT ? 0 :
			ocs_fail(err, OCS_IO, "%s: %s", sim->path,
				 strerror(errno));
	/* The last line is torn if the host died while it was written. */
	for (unsigned int n = 1; fgets(line, sizeof(line), f); n++) {
		bool whole = strchr(line, '\n');

		if (!load_line(sim, line) && whole)
			rc = ocs_fail(err, OCS_IO,
				      "%s:%u: not a line of a simulated network",
				      sim->path, n);
	}
	fclose(f);
	return rc;
}
