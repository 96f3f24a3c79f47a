// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shared - libocs.so: the client, the watcher and the hold of one slurmctld
 *
 * The select plugin and job_submit open this by its path and call through
 * ocslib_ops; nothing else is visible.
 */
#include "common/net/ocslib.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/client.h"
#include "common/net/hold.h"
#include "common/net/shelf.h"
#include "common/net/watch.h"

static void destroy_conf(void *conf)
{
	ocs_conf_destroy(conf);
}

static struct ocs_shelf confs = OCS_SHELF_INIT(destroy_conf);

static struct {
	pthread_mutex_t lock;	/* guards the four below; held for moments */
	char cluster[OCS_NAME_MAX];
	struct ocs_agent_at at;	/* of the configuration in use; url "": none */
	uint64_t epoch;		/* 0: we are not in control */
	/* of the worker, which may wait while it holds this; taken first */
	pthread_mutex_t work_lock;
	struct ocs_client *client;
	struct ocs_agent_at client_at;	/* that it is for */
	pthread_once_t once;
	struct ocs_hold *hold;	/* NULL: out of memory at the start */
} s = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.work_lock = PTHREAD_MUTEX_INITIALIZER,
	.once = PTHREAD_ONCE_INIT,
};

static void init_hold(void)
{
	s.hold = ocs_hold_create(OCS_HOLD_FRESH_MS);
}

static struct ocs_hold *the_hold(void)
{
	pthread_once(&s.once, init_hold);
	return s.hold;
}

/* Make the agent of CONF that in use. True if it is another. */
static bool use_conf(const struct ocs_conf *conf, const char *cluster)
{
	bool moved;

	pthread_mutex_lock(&s.lock);
	moved = !ocs_agent_at_same(&s.at, &conf->agent);
	s.at = conf->agent;
	strcpy(s.cluster, cluster);
	if (moved)
		s.epoch = 0;	/* another agent counts its own */
	pthread_mutex_unlock(&s.lock);
	return moved;
}

/* It stands in paths of requests. */
static bool cluster_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	return name && *name && !name[strspn(name, allowed)] &&
	       strlen(name) < OCS_NAME_MAX;
}

static int configure(const char *conf_path, const char *cluster,
		     struct ocs_error *err)
{
	struct ocs_hold *hold = the_hold();
	struct ocs_conf *conf;

	if (!hold)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (!cluster_ok(cluster))
		return ocs_fail(err, OCS_RANGE,
				"ClusterName '%.80s' can't be used: it must have 1 to %d letters, digits, '.', '_' and '-'",
				cluster ? cluster : "", OCS_NAME_MAX - 1);
	if (!(conf = ocs_conf_read(conf_path, err)))
		return -1;
	ocs_watch_target(&conf->agent);
	if (use_conf(conf, cluster))
		ocs_hold_drop(hold);
	if (ocs_shelf_set(&confs, conf) < 0) {
		ocs_conf_destroy(conf);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	ocs_shelf_sweep(&confs);
	return 0;
}

static const struct ocs_conf *conf_get(void)
{
	return ocs_shelf_get(&confs);
}

static void conf_put(const struct ocs_conf *conf)
{
	ocs_shelf_put(&confs, conf);
}

/* The agent to talk to; -1 with ERR set when there is none. */
static int target(struct ocs_agent_at *at, struct ocs_error *err)
{
	pthread_mutex_lock(&s.lock);
	*at = s.at;
	pthread_mutex_unlock(&s.lock);
	if (!*at->url)
		return ocs_fail(err, OCS_NOT_FOUND,
				"optical.conf has not been read");
	return 0;
}

/* The worker's client for the agent that is configured now. work_lock held. */
static struct ocs_client *worker_client(struct ocs_error *err)
{
	struct ocs_agent_at at;

	if (target(&at, err) < 0)
		return NULL;
	if (s.client && ocs_agent_at_same(&at, &s.client_at))
		return s.client;
	ocs_client_destroy(s.client);
	s.client_at = at;
	s.client = ocs_client_create(&at, err);
	return s.client;
}

static uint64_t current_epoch(void)
{
	uint64_t epoch;

	pthread_mutex_lock(&s.lock);
	epoch = s.epoch;
	pthread_mutex_unlock(&s.lock);
	return epoch;
}

static int hold(const struct ocs_lease *want, unsigned int deadline_ms,
		struct ocs_lease **got, bool *maybe_held,
		struct ocs_error *err)
{
	struct ocs_lease lease = *want;		/* borrows what WANT owns */

	*maybe_held = false;
	if (!the_hold())
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	lease.controller_epoch = current_epoch();
	return ocs_hold_post(the_hold(), &lease, deadline_ms, got, maybe_held,
			     err);
}

static bool hold_ready(void)
{
	return the_hold() && ocs_hold_ready(the_hold());
}

static int prime(unsigned int timeout_ms, struct ocs_error *err)
{
	struct ocs_agent_at at;

	ocs_shelf_sweep(&confs);
	if (target(&at, err) < 0)
		return -1;
	return ocs_hold_prime(the_hold(), &at, timeout_ms, err);
}

static int take_control(uint64_t *epoch, unsigned int timeout_ms,
			struct ocs_error *err)
{
	char cluster[OCS_NAME_MAX];
	struct ocs_client *c;
	int rc = -1;

	pthread_mutex_lock(&s.work_lock);
	pthread_mutex_lock(&s.lock);
	strcpy(cluster, s.cluster);
	pthread_mutex_unlock(&s.lock);
	if ((c = worker_client(err)))
		rc = ocs_client_epoch(c, cluster, epoch, timeout_ms, err);
	if (rc == 0) {
		pthread_mutex_lock(&s.lock);
		if (!strcmp(s.at.url, s.client_at.url))
			s.epoch = *epoch;
		pthread_mutex_unlock(&s.lock);
	}
	pthread_mutex_unlock(&s.work_lock);
	return rc;
}

static int commit(const struct ocs_lease *want, unsigned int timeout_ms,
		  struct ocs_error *err)
{
	struct ocs_lease lease = *want;		/* borrows what WANT owns */
	struct ocs_client *c;
	int rc = -1;

	lease.controller_epoch = current_epoch();
	pthread_mutex_lock(&s.work_lock);
	if ((c = worker_client(err)))
		rc = ocs_client_commit(c, &lease, NULL, timeout_ms, err);
	pthread_mutex_unlock(&s.work_lock);
	return rc;
}

static int release(const char *id, const char *why, int64_t ended_s,
		   unsigned int timeout_ms, struct ocs_error *err)
{
	struct ocs_error own = { 0 };
	struct ocs_client *c;
	int rc = -1;

	if (!ocs_lease_id_ok(id))
		return ocs_fail(err, OCS_SYNTAX, "'%.40s' is no lease id", id);
	pthread_mutex_lock(&s.work_lock);
	if ((c = worker_client(&own)))
		rc = ocs_client_release(c, id, current_epoch(), why, ended_s,
					timeout_ms, &own);
	pthread_mutex_unlock(&s.work_lock);
	/* the agent remembers the id all the same: nothing late takes it */
	if (c && rc < 0 && own.code == OCS_NOT_FOUND)
		return 0;
	if (rc < 0 && err)
		*err = own;
	return rc;
}

static int extend(const char *id, int64_t end_s, unsigned int timeout_ms,
		  struct ocs_error *err)
{
	struct ocs_modify mod = { .has_epoch = true, .has_end = true,
				  .end_s = end_s };
	struct ocs_client *c;
	int rc = -1;

	if (!ocs_lease_id_ok(id))
		return ocs_fail(err, OCS_SYNTAX, "'%.40s' is no lease id", id);
	pthread_mutex_lock(&s.work_lock);
	mod.controller_epoch = current_epoch();
	if ((c = worker_client(err)))
		rc = ocs_client_modify(c, id, &mod, timeout_ms, err);
	pthread_mutex_unlock(&s.work_lock);
	return rc;
}

static int compute(const struct ocs_compute *told, unsigned int timeout_ms,
		   struct ocs_error *err)
{
	char cluster[OCS_NAME_MAX];
	struct ocs_client *c;
	int rc = -1;

	pthread_mutex_lock(&s.work_lock);
	pthread_mutex_lock(&s.lock);
	strcpy(cluster, s.cluster);
	pthread_mutex_unlock(&s.lock);
	if ((c = worker_client(err)))
		rc = ocs_client_compute(c, cluster, told, timeout_ms, err);
	pthread_mutex_unlock(&s.work_lock);
	return rc;
}

static void stop(void)
{
	struct ocs_hold *hold = the_hold();

	ocs_watch_stop();
	if (hold)
		ocs_hold_close(hold);
	pthread_mutex_lock(&s.work_lock);
	ocs_client_destroy(s.client);
	s.client = NULL;
	pthread_mutex_lock(&s.lock);
	s.epoch = 0;
	pthread_mutex_unlock(&s.lock);
	pthread_mutex_unlock(&s.work_lock);
}

__attribute__((visibility("default")))
extern const struct ocslib_ops ocslib_ops;

const struct ocslib_ops ocslib_ops = {
	.abi = OCSLIB_ABI,
	.configure = configure,
	.watch = ocs_watch_start,
	.stop = stop,
	.conf_get = conf_get,
	.conf_put = conf_put,
	.state_get = ocs_watch_get,
	.state_put = ocs_watch_put,
	.silent_ms = ocs_watch_silent_ms,
	.on_change = ocs_watch_listen,
	.hold = hold,
	.hold_ready = hold_ready,
	.prime = prime,
	.take_control = take_control,
	.commit = commit,
	.release = release,
	.trouble = ocs_watch_trouble,
	.extend = extend,
	.compute = compute,
};
