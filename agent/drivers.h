/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drivers - the driver, or drivers, that a configuration asks for */
#ifndef OCS_AGENT_DRIVERS_H
#define OCS_AGENT_DRIVERS_H

#include "agent/conf.h"
#include "agent/driver.h"

/* One driver for all links of CONF, which must live as long; several are
 * behind one (driver_mux.c). NULL with ERR set. */
struct ocs_driver *ocs_drivers_open(const struct ocs_agent_conf *conf,
				    struct ocs_error *err);
/* "sim", "static+exec": the kinds that CONF's links have, each once. */
void ocs_drivers_name(const struct ocs_agent_conf *conf, char buf[static 32]);

#endif
