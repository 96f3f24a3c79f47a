/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * point - places at which a test kills the agent
 *
 * Nothing in opticald itself. In tests/fault/opticald-points, built with
 * OCS_POINTS, the process kills itself at the Nth passing of the place that
 * OCS_POINT_KILL=NAME:N names (tests/fake/points.c):
 *
 *  request.head, .body, .dispatch, .asleep, .awake   what is received
 *  reply.made, .queued, .sent                        what is sent
 *  ledger.begin, .lease, .event, .cluster, .removal, .tombstone, .doc,
 *  ledger.generation, .end, .ended                   each write, in its order
 *  ledger.sync, .synced, .checkpoint, .checkpointed  towards the disk
 *  lease.applied                                     memory follows the ledger
 *  driver.create, .remove, .look, .resize            sent to the network
 *  driver.answer, .answered, .service, .link         received from it
 *  attach.call, .spawn, .spawned, .answer, .answered an attachment program
 *  network.write, .written                           the simulated network's
 */
#ifndef OCS_AGENT_POINT_H
#define OCS_AGENT_POINT_H

#ifdef OCS_POINTS
void ocs_point(const char *name);
#define OCS_POINT(name) ocs_point(name)
#else
#define OCS_POINT(name) ((void) 0)
#endif

#endif
