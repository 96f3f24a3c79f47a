// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * node - the NICs and GPUs of this host, beside what optical.conf says
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/hostlist.h"
#include "common/node/nic.h"
#include "common/sys/conf_optical.h"
#include "common/wire/wire_cli.h"

static const struct table_column nic_columns[] = {
	{ "NIC", TABLE_LEFT, NULL }, { "RDMA", TABLE_LEFT, NULL },
	{ "RATE", TABLE_RIGHT, NULL }, { NULL, TABLE_LEFT, NULL },
};

/* The first part of the host's name: what NodeName normally is. */
static const char *short_name(char *buf, size_t size)
{
	if (gethostname(buf, size) < 0)
		strcpy(buf, "?");
	buf[size - 1] = '\0';
	buf[strcspn(buf, ".")] = '\0';
	return buf;
}

static const struct ocs_conf_site *site_of(const struct ocs_conf *conf,
					   const char *name)
{
	for (unsigned int i = 0; conf && i < conf->nsites; i++) {
		struct ocs_hostlist list = { 0 };
		bool found = false;

		if (ocs_hostlist_add(&list, conf->site[i].nodes, NULL) == 0)
			for (unsigned int k = 0; k < list.n && !found; k++)
				found = !strcmp(list.name[k], name);
		ocs_hostlist_fini(&list);
		if (found)
			return &conf->site[i];
	}
	return NULL;
}

static int print_json(const char *name, const struct ocs_node *node)
{
	struct ocs_nic_port port[OCS_NODE_NICS_MAX];
	char *text;

	for (unsigned int i = 0; i < node->nnics; i++) {
		port[i].name = node->nic[i].name;
		port[i].rdma = node->nic[i].rdma;
		port[i].rate_bps = node->nic[i].rate_bps;
	}
	text = ocs_wire_encode_node(name, node->ngpus, port, node->nnics);
	if (!text) {
		fputs("opticalctl: out of memory\n", stderr);
		return CTL_REFUSED;
	}
	puts(text);
	free(text);
	return CTL_OK;
}

static int print_nics(const struct ctl *ctl, const struct ocs_node *node)
{
	struct table *t = table_create(nic_columns);

	for (unsigned int i = 0; t && i < node->nnics; i++) {
		table_cell(t, "%s", node->nic[i].name);
		table_cell(t, "%s", node->nic[i].rdma ? "yes" : "no");
		if (node->nic[i].rate_bps)
			cell_rate(t, node->nic[i].rate_bps);
		else
			table_cell(t, "-");
	}
	return ctl_print_table(ctl, t);
}

static void print_head(const struct ctl *ctl, const char *name,
		       const struct ocs_node *node)
{
	struct ocs_conf *conf;
	const struct ocs_conf_site *site;
	char path[4096];

	printf("Node=%s Gpus=%u Nics=%u\n", name, node->ngpus, node->nnics);
	conf = ocs_conf_read(ctl_optical_conf(ctl, path, sizeof(path)), NULL);
	site = site_of(conf, name);
	if (site)
		printf("   Site=%s, which has Gpus=%u Nics=%u in optical.conf%s\n",
		       site->name, site->gpus, site->nics,
		       site->gpus == node->ngpus && site->nics == node->nnics ?
		       "" : ": they differ");
	ocs_conf_destroy(conf);
}

int cmd_node(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_node_source here = { 0 };
	struct ocs_node node;
	struct ocs_error err;
	char name[256];

	if (ocs_node_read(&here, &node, &err) < 0) {
		fprintf(stderr, "opticalctl: %s\n", err.text);
		return CTL_REFUSED;
	}
	short_name(name, sizeof(name));
	if (ctl->json)
		return print_json(name, &node);
	if (!ctl->parsable)
		print_head(ctl, name, &node);
	return print_nics(ctl, &node);
}
