// SPDX-License-Identifier: GPL-2.0-or-later
/* conf_driver - Driver=, DomainName= and what belongs to them */
#include "agent/conf_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum key {
	K_DRIVER, K_REALISM, K_SETUP, K_RELEASE, K_SEED, K_SPEED,
	K_TRANSPONDERS, K_DOWNFILE, K_PROGRAM
};
const char *const ocs_driver_keys[] = {
	"Driver", "SimRealism", "SimSetupTime", "SimReleaseTime", "SimSeed",
	"SimSpeed", "SimTransponders", "DownFile", "Program", NULL
};
static const char *const kinds[] = { "none", "sim", "static", "exec" };

const char *ocs_driver_kind_name(enum ocs_driver_kind kind)
{
	return kinds[kind];
}

static const struct ocs_driver_conf usual = {
	.sim_full = true, .sim_setup_ms = 3000, .sim_release_ms = 1000,
	.sim_speed = 1,
};

int ocs_drivers_conf_init(struct ocs_drivers_conf *dc)
{
	if (!(dc->driver = malloc(sizeof(*dc->driver))))
		return -1;
	dc->driver[0] = usual;
	dc->n = 1;
	return 0;
}

void ocs_drivers_conf_fini(struct ocs_drivers_conf *dc)
{
	free(dc->driver);
	memset(dc, 0, sizeof(*dc));
}

static int read_kind(const struct ocs_kvline *line, const struct ocs_kv *kv,
		     struct ocs_driver_conf *d, struct ocs_error *err)
{
	static const char *const words[] = { "sim", "static", "exec", NULL };
	unsigned int word;

	if (!strcasecmp(kv->value, "tapi"))
		return ocs_kv_fail(line, err, OCS_UNSUPPORTED,
				   "Driver=tapi is not supported by this version");
	if (ocs_kv_word(line, kv, words, &word, err) < 0)
		return -1;
	d->kind = (enum ocs_driver_kind) (word + 1);
	snprintf(d->where, sizeof(d->where), "%s:%u", line->file, line->line);
	return 0;
}

static int read_path(const struct ocs_kvline *line, const struct ocs_kv *kv,
		     char *buf, unsigned int size, struct ocs_error *err)
{
	if (kv->value[0] != '/')
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad %s='%.120s': an absolute path is expected",
				   kv->key, kv->value);
	return ocs_kv_text(line, kv, buf, size, err);
}

int ocs_driver_conf_key(const struct ocs_kvline *line, const struct ocs_kv *kv,
			unsigned int key, struct ocs_driver_conf *d,
			struct ocs_error *err)
{
	static const char *const realism[] = { "full", "off", "none", NULL };
	unsigned int word;
	uint64_t n;

	switch ((enum key) key) {
	case K_DRIVER:
		return read_kind(line, kv, d, err);
	case K_REALISM:
		if (ocs_kv_word(line, kv, realism, &word, err) < 0)
			return -1;
		d->sim_full = word == 0;
		return 0;
	case K_SETUP:
		d->sim_times = true;
		return ocs_kv_ms(line, kv, 0, 3600000, &d->sim_setup_ms, err);
	case K_RELEASE:
		d->sim_times = true;
		return ocs_kv_ms(line, kv, 0, 3600000, &d->sim_release_ms,
				 err);
	case K_SEED:
		return ocs_kv_uint(line, kv, 0, INT64_MAX, &d->sim_seed, err);
	case K_SPEED:
		if (ocs_kv_uint(line, kv, 1, 100000, &n, err) < 0)
			return -1;
		d->sim_speed = (unsigned int) n;
		return 0;
	case K_TRANSPONDERS:
		if (ocs_kv_uint(line, kv, 0, 100000, &n, err) < 0)
			return -1;
		d->sim_transponders = (unsigned int) n;
		return 0;
	case K_DOWNFILE:
		return read_path(line, kv, d->down_file, sizeof(d->down_file),
				 err);
	case K_PROGRAM:
		return read_path(line, kv, d->program, sizeof(d->program),
				 err);
	}
	return 0;
}

/* What does not go together. */
static int check_driver(const struct ocs_driver_conf *d, struct ocs_error *err)
{
	const char *text = NULL;

	if (d->kind == OCS_EXEC && !d->program[0])
		text = "Driver=exec needs Program=, the program that sets circuits up";
	else if (d->kind != OCS_EXEC && d->program[0])
		text = "Program= is for Driver=exec";
	else if (d->kind != OCS_STATIC && d->down_file[0])
		text = "DownFile= is for Driver=static";
	else if (d->kind == OCS_SIM && d->sim_full && d->sim_times)
		text = "SimSetupTime= and SimReleaseTime= need SimRealism=off: otherwise times are drawn, see SimSpeed=";
	return text ? ocs_fail(err, OCS_SYNTAX, "%s: %s", d->where, text) : 0;
}

int ocs_driver_conf_domain(const struct ocs_kvline *line,
			   struct ocs_drivers_conf *dc, struct ocs_error *err)
{
	const char *keys[16] = { "DomainName" };
	struct ocs_driver_conf *grown, d = usual;

	for (unsigned int i = 0; ocs_driver_keys[i]; i++)
		keys[i + 1] = ocs_driver_keys[i];
	for (unsigned int i = 0; i < line->nkv; i++) {
		int k = ocs_kv_known(line, line->kv[i].key, keys, err);

		if (k < 0 ||
		    (k == 0 && ocs_kv_name(line, &line->kv[i], d.name,
					   sizeof(d.name), err) < 0) ||
		    (k > 0 && ocs_driver_conf_key(line, &line->kv[i],
						  (unsigned int) k - 1, &d,
						  err) < 0))
			return -1;
	}
	if (d.kind == OCS_NO_DRIVER)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "DomainName=%s lacks Driver= (example: DomainName=metro Driver=static)",
				   d.name);
	for (unsigned int i = 1; i < dc->n; i++)
		if (!strcmp(dc->driver[i].name, d.name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "DomainName=%s is there twice",
					   d.name);
	if (dc->n == OCS_DOMAINS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d domains are possible",
				   OCS_DOMAINS_MAX - 1);
	if (!(grown = realloc(dc->driver, (dc->n + 1) * sizeof(*grown))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	dc->driver = grown;
	dc->driver[dc->n++] = d;
	return 0;
}

unsigned int ocs_drivers_conf_of(const struct ocs_drivers_conf *dc,
				 const struct ocs_net *net,
				 const struct ocs_link *link)
{
	for (unsigned int i = 1; link->domain && i < dc->n; i++)
		if (!strcmp(dc->driver[i].name,
			    net->domain[link->domain].name))
			return i;
	return 0;
}

int ocs_drivers_conf_complete(const struct ocs_drivers_conf *dc,
			      const struct ocs_net *net, const char *path,
			      struct ocs_error *err)
{
	const char *domain;

	if (!dc->driver[0].kind && dc->n == 1)
		return ocs_fail(err, OCS_SYNTAX,
				"%s: there is no Driver= (example: Driver=sim)",
				path);
	for (unsigned int i = 0; i < dc->n; i++)
		if (dc->driver[i].kind &&
		    check_driver(&dc->driver[i], err) < 0)
			return -1;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		if (dc->driver[ocs_drivers_conf_of(dc, net, l)].kind)
			continue;
		domain = l->domain ? net->domain[l->domain].name : "";
		return ocs_fail(err, OCS_SYNTAX,
				"%s: LinkName=%s has no driver: %s%s is needed",
				path, l->name, *domain ? "DomainName=" :
				"Driver=, or a Domain= with a DomainName= line",
				domain);
	}
	return 0;
}
