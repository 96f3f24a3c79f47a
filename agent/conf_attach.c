// SPDX-License-Identifier: GPL-2.0-or-later
/* conf_attach - a SiteName line's keys about attachment */
#include "agent/conf_attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A gateway's commit takes seconds; in ms, 100 to 600000. */
#define TIMEOUT_MS 30000

enum key {
	K_ATTACH, K_VLANS, K_INTERFACE, K_PREFIX, K_MTU, K_PROGRAM, K_TIMEOUT
};

static int read_vlans(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      struct ocs_attach_site *site, struct ocs_error *err)
{
	struct ocs_error why;

	if (ocs_vlans_parse(kv->value, &site->vlans, &why) < 0)
		return ocs_kv_fail(line, err, why.code, "Vlans=: %s",
				   why.text);
	site->pool = true;
	return 0;
}

void ocs_attach_argv(const char *program, char buf[static 512],
		     char *argv[static OCS_ATTACH_ARGS_MAX + 1])
{
	unsigned int n = 0;
	char *save = NULL;

	snprintf(buf, 512, "%s", program);
	for (char *word = strtok_r(buf, " \t", &save);
	     word && n < OCS_ATTACH_ARGS_MAX;
	     word = strtok_r(NULL, " \t", &save))
		argv[n++] = word;
	argv[n] = NULL;
}

static int read_program(const struct ocs_kvline *line, const struct ocs_kv *kv,
			struct ocs_attach_site *site, struct ocs_error *err)
{
	char buf[512], *argv[OCS_ATTACH_ARGS_MAX + 1], *save = NULL;
	unsigned int n = 0;

	if (ocs_kv_text(line, kv, site->program, sizeof(site->program),
			err) < 0)
		return -1;
	snprintf(buf, sizeof(buf), "%s", site->program);
	for (char *w = strtok_r(buf, " \t", &save); w;
	     w = strtok_r(NULL, " \t", &save))
		n++;
	ocs_attach_argv(site->program, buf, argv);
	if (!argv[0] || argv[0][0] != '/')
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad AttachProgram='%.120s': an absolute path is expected, and perhaps words after it",
				   kv->value);
	if (n > OCS_ATTACH_ARGS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "AttachProgram= has more than %d words",
				   OCS_ATTACH_ARGS_MAX);
	if (access(argv[0], X_OK) < 0)
		return ocs_kv_fail(line, err, OCS_NOT_FOUND,
				   "AttachProgram=: %.200s is no program: %s",
				   argv[0], strerror(errno));
	return 0;
}

int ocs_attach_site_key(const struct ocs_kvline *line, const struct ocs_kv *kv,
			unsigned int key, struct ocs_attach_site *site,
			struct ocs_error *err)
{
	static const char *const ways[] = { "port", "vlan", "hook", NULL };
	unsigned int way;
	uint64_t mtu;

	switch ((enum key) key) {
	case K_ATTACH:
		if (ocs_kv_word(line, kv, ways, &way, err) < 0)
			return -1;
		site->by = (enum ocs_attach_by) way;
		return 0;
	case K_VLANS:
		return read_vlans(line, kv, site, err);
	case K_INTERFACE:
		return ocs_kv_text(line, kv, site->interface,
				   sizeof(site->interface), err);
	case K_PREFIX:
		return ocs_kv_text(line, kv, site->prefix,
				   sizeof(site->prefix), err);
	case K_MTU:
		if (ocs_kv_uint(line, kv, OCS_MTU_MIN, OCS_MTU_MAX, &mtu,
				err) < 0)
			return -1;
		site->mtu = (uint32_t) mtu;
		return 0;
	case K_PROGRAM:
		return read_program(line, kv, site, err);
	case K_TIMEOUT:
		return ocs_kv_ms(line, kv, 100, 600000, &site->timeout_ms,
				 err);
	}
	return ocs_fail(err, OCS_INTERNAL, "no such key");
}

/* What each VLAN of SITE becomes must be right. */
static int check_templates(const struct ocs_kvline *line,
			   const struct ocs_attach_site *site,
			   struct ocs_error *err)
{
	char buf[OCS_PREFIX_MAX];
	struct ocs_error why;

	for (unsigned int v = 0; v <= OCS_VLAN_MAX; v++) {
		if (site->pool ? !ocs_vlans_has(&site->vlans, v) : v > 0)
			continue;
		if (ocs_attach_expand(site->interface, v, buf, OCS_IFACE_MAX,
				      &why) < 0)
			return ocs_kv_fail(line, err, why.code,
					   "Interface=: %s", why.text);
		if (buf[0] && !ocs_iface_ok(buf))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "Interface=: '%s' is no name of an interface (example: bond0.{vlan})",
					   buf);
		if (ocs_attach_expand(site->prefix, v, buf, sizeof(buf),
				      &why) < 0)
			return ocs_kv_fail(line, err, why.code, "Prefix=: %s",
					   why.text);
		if (buf[0] && !ocs_prefix_ok(buf))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "Prefix=: '%s' is no prefix (example: 10.{vlan/100}.{vlan%%100}.0/24)",
					   buf);
	}
	return 0;
}

int ocs_attach_site_whole(const struct ocs_kvline *line,
			  struct ocs_attach_site *site, struct ocs_error *err)
{
	bool hook = site->by == OCS_BY_HOOK;

	if (site->by == OCS_BY_VLAN && !site->pool)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "Attach=vlan needs Vlans= (example: Attach=vlan Vlans=100-199)");
	if (site->by == OCS_BY_PORT && site->pool)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "Vlans= needs Attach=vlan or Attach=hook");
	if (hook && !site->program[0])
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "Attach=hook needs AttachProgram=/PATH");
	if (!hook && (site->program[0] || site->timeout_ms))
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "%s= needs Attach=hook", site->program[0] ?
				   "AttachProgram" : "AttachTimeout");
	if (!site->timeout_ms)
		site->timeout_ms = TIMEOUT_MS;
	return check_templates(line, site, err);
}

int ocs_attach_sites_add(struct ocs_attach_sites *sites, unsigned int index,
			 const struct ocs_attach_site *site,
			 struct ocs_error *err)
{
	struct ocs_attach_site **grown, *copy;

	if (site->by == OCS_BY_PORT && !site->interface[0] &&
	    !site->prefix[0] && !site->mtu)
		return 0;
	grown = realloc(sites->site, (index + 1) * sizeof(*grown));
	if (!grown)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	sites->site = grown;
	while (sites->n <= index)
		grown[sites->n++] = NULL;
	if (!(copy = malloc(sizeof(*copy))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	*copy = *site;
	grown[index] = copy;
	return 0;
}

void ocs_attach_sites_fini(struct ocs_attach_sites *sites)
{
	for (unsigned int i = 0; i < sites->n; i++)
		free(sites->site[i]);
	free(sites->site);
	memset(sites, 0, sizeof(*sites));
}

const struct ocs_attach_site *
ocs_attach_sites_get(const struct ocs_attach_sites *sites, unsigned int index)
{
	return index < sites->n ? sites->site[index] : NULL;
}

bool ocs_attach_sites_hooks(const struct ocs_attach_sites *sites)
{
	for (unsigned int i = 0; i < sites->n; i++)
		if (sites->site[i] && sites->site[i]->by == OCS_BY_HOOK)
			return true;
	return false;
}
