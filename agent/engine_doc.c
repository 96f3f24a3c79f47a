// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_doc - what others are told and is not ours to judge, kept in the
 * ledger: compute, measurements
 *
 * Nobody waits until it is on stable storage: what the last seconds before a
 * loss of power told is told again.
 */
#include "agent/engine_priv.h"

int ocs_engine_doc_put(struct ocs_engine *e, const char *kind, const char *id,
		       const char *json, struct ocs_error *err)
{
	int rc = -1;

	pthread_mutex_lock(&e->lock);
	if (e->disk_failed) {
		ocs_fail(err, OCS_IO, "%s", e->disk_text);
		goto out;
	}
	if (ocs_store_begin(e->store, err) < 0)
		goto out;
	if ((json ? ocs_store_doc_put(e->store, kind, id, json, err) :
		    ocs_store_doc_del(e->store, kind, id, err)) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		goto out;
	}
	/* now and then the log is synced, so that it can be taken in */
	if (++e->seq % ENGINE_SYNC_EVERY == 0)
		engine_want(e, e->seq);
	rc = 0;
out:
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int ocs_engine_docs(struct ocs_engine *e, const char *kind, ocs_store_doc_f fn,
		    void *arg, struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = ocs_store_docs(e->store, kind, fn, arg, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}
