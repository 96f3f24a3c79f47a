// SPDX-License-Identifier: GPL-2.0-or-later
/* t_nic - NICs and GPUs of a saved topology, and of whatever runs this */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/node/nic.h"
#include "tests/unit/tap.h"

#define PCI(idx, class, vendor, busid, inner) \
	"<object type=\"PCIDev\" gp_index=\"" idx "\" pci_busid=\"" busid \
	"\" pci_type=\"" class " [" vendor ":1021] [0000:0000] 00\" " \
	"pci_link_speed=\"0.0\">" inner "</object>\n"
#define OSDEV(idx, type, name) \
	"<object type=\"OSDev\" gp_index=\"" idx "\" name=\"" name \
	"\" osdev_type=\"" type "\"/>"
#define NET "2"
#define RDMA "3"

/* One NIC with RDMA and its Ethernet side; a fast and a slow one without; two
 * GPUs and a management controller's VGA. */
static const char topology[] =
"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
"<topology version=\"2.0\">\n"
"<object type=\"Machine\" os_index=\"0\" cpuset=\"0x1\" "
"complete_cpuset=\"0x1\" allowed_cpuset=\"0x1\" nodeset=\"0x1\" "
"complete_nodeset=\"0x1\" allowed_nodeset=\"0x1\" gp_index=\"1\">\n"
"<object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x1\" "
"complete_cpuset=\"0x1\" nodeset=\"0x1\" complete_nodeset=\"0x1\" "
"gp_index=\"2\" local_memory=\"1024\"/>\n"
"<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" "
"nodeset=\"0x1\" complete_nodeset=\"0x1\" gp_index=\"3\"/>\n"
"<object type=\"Bridge\" gp_index=\"4\" bridge_type=\"0-1\" depth=\"0\" "
"bridge_pci=\"0000:[00-09]\">\n"
PCI("10", "0207", "15b3", "0000:01:00.0",
    OSDEV("11", NET, "ib0") OSDEV("12", RDMA, "mlx5_0"))
PCI("20", "0200", "15b3", "0000:02:00.0", OSDEV("21", NET, "eth0"))
PCI("30", "0200", "8086", "0000:03:00.0", OSDEV("31", NET, "eth1"))
PCI("35", "0200", "8086", "0000:03:00.1", OSDEV("36", NET, "eth2"))
PCI("40", "0302", "10de", "0000:04:00.0", "")
PCI("50", "0300", "1002", "0000:05:00.0", "")
PCI("60", "0300", "1a03", "0000:06:00.0", "")
"</object>\n</object>\n</topology>\n";

static char dir[] = "/tmp/ocs-t-nic-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	for (const char *p = name; (p = strchr(p, '/')); p++) {
		snprintf(path, sizeof(path), "%s/%.*s", dir, (int) (p - name),
			 name);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			printf("# mkdir %s: %s\n", path, strerror(errno));
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!(f = fopen(path, "w")))
		return;
	fputs(text, f);
	fclose(f);
}

static void test_saved(void)
{
	char xml[64];
	struct ocs_node_source from = { .hwloc_xml = xml, .sysfs = dir };
	struct ocs_node node;
	struct ocs_error err;

	snprintf(xml, sizeof(xml), "%s/topo.xml", dir);
	put("topo.xml", topology);
	put("class/infiniband/mlx5_0/ports/1/rate", "400 Gb/sec (4X NDR)\n");
	put("class/net/ib0/speed", "400000\n");
	put("class/net/eth0/speed", "100000\n");
	put("class/net/eth1/speed", "1000\n");
	put("class/net/eth2/speed", "-1\n");
	if (!ok(ocs_node_read(&from, &node, &err) == 0, "a saved topology")) {
		printf("# %s\n", err.text);
		return;
	}
	is_num(node.ngpus, 2, "GPUs without the management controller");
	is_num(node.nnics, 2, "NICs for data");
	is_str(node.nic[0].name, "mlx5_0", "the one with RDMA, once");
	is_num(node.nic[0].rate_bps, 400000000000, "its rate");
	ok(node.nic[0].rdma && !node.nic[1].rdma, "and only it has RDMA");
	is_str(node.nic[1].name, "eth0", "the fast one without");
	is_num(node.nic[1].rate_bps, 100000000000, "its rate");

	put("topo.xml", "not XML");
	ok(ocs_node_read(&from, &node, &err) == -1 && err.code == OCS_IO,
	   "a file that is no topology");
	snprintf(xml, sizeof(xml), "%s/none.xml", dir);
	ok(ocs_node_read(&from, &node, &err) == -1 && err.code == OCS_IO,
	   "a file that is not there");
}

int main(void)
{
	struct ocs_node_source here = { 0 };
	struct ocs_node node;
	char cmd[64];

	if (!mkdtemp(dir))
		return 1;
	test_saved();
	is_num(ocs_node_read(&here, &node, NULL), 0, "this node");
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		printf("# %s stays\n", dir);
	return tap_done();
}
