/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shadow - is select/cons_tres ours?
 *
 * The select plugin can be installed a second time, under the name of the one
 * that it stacks on, in a directory of its own. With that directory before
 * Slurm's in PluginDir, SelectType=select/cons_tres loads ours, on the hosts that
 * have the file, and Slurm's own everywhere else.
 */
#ifndef OCS_SYS_SHADOW_H
#define OCS_SYS_SHADOW_H

#include <stdbool.h>

/* The directory. */
#define OCS_SHADOWDIR OCS_PKGLIBDIR "/shadow"

/*
 * True if Slurm loads OCS_SHADOWDIR's select_cons_tres.so on this host:
 * SELECT_TYPE is select/cons_tres and of the directories of PLUGIN_DIR,
 * separated by colons, this is the first that has the file. Both may be NULL.
 */
bool ocs_shadowed(const char *select_type, const char *plugin_dir);

#endif
