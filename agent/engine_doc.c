// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_doc - documents in the ledger
 *
 * What others are told and is not ours to judge (compute, measurements): nobody
 * waits until it is on stable storage; what the last seconds before a loss of
 * power told is told again. What operators said: answered when it is.
 */
#include "agent/engine_priv.h"

/* JSON NULL: away with it. Locked. */
static int write_doc(struct ocs_engine *e, const char *kind, const char *id,
		     const char *json, struct ocs_error *err)
{
	if (e->disk_failed)
		return ocs_fail(err, OCS_IO, "%s", e->disk_text);
	if (ocs_store_begin(e->store, err) < 0)
		return -1;
	if ((json ? ocs_store_doc_put(e->store, kind, id, json, err) :
		    ocs_store_doc_del(e->store, kind, id, err)) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		return -1;
	}
	e->seq++;
	return 0;
}

int engine_doc_settle(struct ocs_engine *e, const char *kind, const char *id,
		      const char *json, uint64_t *seq, struct ocs_error *err)
{
	if (write_doc(e, kind, id, json, err) < 0)
		return -1;
	*seq = e->seq;
	engine_want(e, e->seq);
	return 0;
}

int ocs_engine_doc_put(struct ocs_engine *e, const char *kind, const char *id,
		       const char *json, struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = write_doc(e, kind, id, json, err);
	/* now and then the log is synced, so that it can be taken in */
	if (rc == 0 && e->seq % ENGINE_SYNC_EVERY == 0)
		engine_want(e, e->seq);
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
