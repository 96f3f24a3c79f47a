/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_attach - how traffic gets onto circuits: the keys Attach=, Vlans=,
 * Interface=, Prefix=, Mtu=, AttachProgram= and AttachTimeout= of a SiteName
 * line of opticald.conf
 */
#ifndef OCS_AGENT_CONF_ATTACH_H
#define OCS_AGENT_CONF_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/attach.h"
#include "common/sys/kvfile.h"

enum ocs_attach_by {
	OCS_BY_PORT,	/* the site's fabric has all that it takes */
	OCS_BY_VLAN,	/* the same, for each VLAN of a pool */
	OCS_BY_HOOK	/* a program of the operator's */
};

#define OCS_ATTACH_ARGS_MAX 16

/* How one site attaches. */
struct ocs_attach_site {
	enum ocs_attach_by by;
	bool pool;			/* VLANS are given */
	struct ocs_vlans vlans;
	char interface[64], prefix[96];	/* templates; "": not told */
	uint32_t mtu;			/* bytes; 0: not told */
	char program[512];		/* and its arguments, between blanks */
	uint64_t timeout_ms;		/* 0: not given */
};

/* All sites, by their order in the configuration. */
struct ocs_attach_sites {
	unsigned int n;		/* up to the last that has any */
	struct ocs_attach_site **site;	/* owned; NULL: nothing to do or tell */
};
void ocs_attach_sites_fini(struct ocs_attach_sites *sites);
/* SITE's copy as INDEX's, which is above all before; nothing if there is nothing
 * to do or to tell. 0, or -1 with ERR set. */
int ocs_attach_sites_add(struct ocs_attach_sites *sites, unsigned int index,
			 const struct ocs_attach_site *site,
			 struct ocs_error *err);
/* NULL: nothing to do or to tell at INDEX. */
const struct ocs_attach_site *
ocs_attach_sites_get(const struct ocs_attach_sites *sites,
		     unsigned int index);
/* A program of the operator's attaches at one of them. */
bool ocs_attach_sites_hooks(const struct ocs_attach_sites *sites);

/* The keys that ocs_attach_site_key() takes, in its order. */
#define OCS_ATTACH_KEYS \
	"Attach", "Vlans", "Interface", "Prefix", "Mtu", "AttachProgram", \
	"AttachTimeout"

/* KV, whose key is the KEYth of them, into SITE. 0, or -1 with ERR set. */
int ocs_attach_site_key(const struct ocs_kvline *line, const struct ocs_kv *kv,
			unsigned int key, struct ocs_attach_site *site,
			struct ocs_error *err);
/* All keys of LINE are read: is SITE whole? What is left out gets its
 * default. */
int ocs_attach_site_whole(const struct ocs_kvline *line,
			  struct ocs_attach_site *site, struct ocs_error *err);
/* PROGRAM's words into ARGV, which ends with NULL and points into BUF. */
void ocs_attach_argv(const char *program, char buf[static 512],
		     char *argv[static OCS_ATTACH_ARGS_MAX + 1]);

#endif
