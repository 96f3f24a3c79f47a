// SPDX-License-Identifier: GPL-2.0-or-later
/* nic - per-node facts for the administrator, beside a job's way */
#include "common/node/nic.h"

#include <hwloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PCI class codes and vendors */
#define CLASS_VGA 0x0300
#define CLASS_3D 0x0302
#define VENDOR_AMD 0x1002
#define VENDOR_NVIDIA 0x10de

/* First line of the file that FMT and its arguments name; false if none. */
__attribute__((format(printf, 3, 4)))
static bool first_line(char *buf, size_t size, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	FILE *f;
	bool got;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (!(f = fopen(path, "re")))
		return false;
	got = fgets(buf, size, f) != NULL;
	fclose(f);
	return got;
}

/* "400 Gb/sec (4X NDR)"; fractions of old rates ("2.5") are cut. */
static uint64_t rdma_rate(const char *sysfs, const char *name)
{
	char line[64];

	if (!first_line(line, sizeof(line), "%s/class/infiniband/%s/ports/1/rate",
			sysfs, name))
		return 0;
	return strtoull(line, NULL, 10) * UINT64_C(1000000000);
}

/* Mb/s; -1 when the link is down. */
static uint64_t net_rate(const char *sysfs, const char *name)
{
	char line[64];
	long mbps;

	if (!first_line(line, sizeof(line), "%s/class/net/%s/speed", sysfs,
			name))
		return 0;
	mbps = strtol(line, NULL, 10);
	return mbps > 0 ? (uint64_t) mbps * 1000000 : 0;
}

/* The PCI function that DEV belongs to. */
static hwloc_obj_t pci_of(hwloc_obj_t dev)
{
	while (dev && dev->type != HWLOC_OBJ_PCI_DEVICE)
		dev = dev->parent;
	return dev;
}

static bool has_rdma(hwloc_obj_t pci)
{
	for (hwloc_obj_t c = pci ? pci->io_first_child : NULL; c;
	     c = c->next_sibling)
		if (c->type == HWLOC_OBJ_OS_DEVICE &&
		    c->attr->osdev.type == HWLOC_OBJ_OSDEV_OPENFABRICS)
			return true;
	return false;
}

static void add_nic(struct ocs_node *node, const char *name, bool rdma,
		    uint64_t rate)
{
	struct ocs_nic *nic;

	if (node->nnics == OCS_NODE_NICS_MAX)
		return;
	nic = &node->nic[node->nnics++];
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->rdma = rdma;
	nic->rate_bps = rate;
}

static void scan_nics(hwloc_topology_t topo, const char *sysfs,
		      struct ocs_node *node)
{
	for (hwloc_obj_t d = NULL; (d = hwloc_get_next_osdev(topo, d));) {
		uint64_t rate;

		if (!d->name)
			continue;
		switch (d->attr->osdev.type) {
		case HWLOC_OBJ_OSDEV_OPENFABRICS:
			add_nic(node, d->name, true,
				rdma_rate(sysfs, d->name));
			break;
		case HWLOC_OBJ_OSDEV_NETWORK:
			rate = net_rate(sysfs, d->name);
			if (rate >= OCS_NODE_NIC_MIN_BPS &&
			    !has_rdma(pci_of(d)))
				add_nic(node, d->name, false, rate);
			break;
		default:
			break;
		}
	}
}

/* By PCI class, so that no vendor's library is needed. A VGA device counts only
 * from those who also make GPUs: management controllers are VGA, too. */
static void scan_gpus(hwloc_topology_t topo, struct ocs_node *node)
{
	for (hwloc_obj_t d = NULL; (d = hwloc_get_next_pcidev(topo, d));) {
		unsigned int class = d->attr->pcidev.class_id;
		unsigned int vendor = d->attr->pcidev.vendor_id;

		if (class == CLASS_3D ||
		    (class == CLASS_VGA && (vendor == VENDOR_AMD ||
					    vendor == VENDOR_NVIDIA)))
			node->ngpus++;
	}
}

int ocs_node_read(const struct ocs_node_source *from, struct ocs_node *node,
		  struct ocs_error *err)
{
	const char *sysfs = from->sysfs ? from->sysfs : "/sys";
	hwloc_topology_t topo;
	int rc = -1;

	memset(node, 0, sizeof(*node));
	if (hwloc_topology_init(&topo) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	hwloc_topology_set_io_types_filter(topo, HWLOC_TYPE_FILTER_KEEP_ALL);
	if (from->hwloc_xml &&
	    hwloc_topology_set_xml(topo, from->hwloc_xml) < 0) {
		ocs_fail(err, OCS_IO, "%s is not a topology that hwloc saved",
			 from->hwloc_xml);
		goto out;
	}
	if (hwloc_topology_load(topo) < 0) {
		ocs_fail(err, OCS_IO, "hwloc can't read the topology of %s",
			 from->hwloc_xml ? from->hwloc_xml : "this node");
		goto out;
	}
	scan_nics(topo, sysfs, node);
	scan_gpus(topo, node);
	rc = 0;
out:
	hwloc_topology_destroy(topo);
	return rc;
}
