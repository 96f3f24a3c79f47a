// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_page - one page of all leases that ever were, in order of ids
 *
 * Everything that memory has is in the ledger, so that alone is read: under
 * the lock as text, taken apart without it.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/text.h"

/* Rows of the ledger looked at for one page: what others own may be many. A
 * page may so be short, and still not be the last. */
#define PAGE_ROWS_MAX 20000

struct page {
	const struct ocs_caller *caller;
	const struct ocs_lease_query *q;
	char last[OCS_LEASE_ID_MAX];	/* looked at */
	unsigned int nrows, n;
	char **body;			/* q->limit of them */
};

/* 0 go on, 1 the page is full. */
static int add_row(const struct ocs_store_row *row, void *arg,
		   struct ocs_error *err)
{
	struct page *p = arg;

	if (p->n == p->q->limit || p->nrows == PAGE_ROWS_MAX)
		return 1;
	p->nrows++;
	snprintf(p->last, sizeof(p->last), "%s", row->id);
	if (!ocs_caller_may_write(p->caller, row->cluster) &&
	    (p->caller->role != OCS_ROLE_USER ||
	     row->user_id != p->caller->uid))
		return 0;
	if (!(p->body[p->n] = strdup(row->body)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	p->n++;
	return 0;
}

static int add_lease(struct ocs_text *t, const struct page *p, unsigned int i,
		     struct ocs_error *err)
{
	struct ocs_lease_ref ref = { .json = NULL };
	char *text = NULL;

	ref.lease = ocs_wire_decode_lease(p->body[i], strlen(p->body[i]), err);
	if (!ref.lease)
		return -1;
	if (!(ref.json = ocs_wire_encode_lease(ref.lease)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
	else
		text = ocs_engine_lease_text(p->caller, &ref, err);
	if (text) {
		ocs_text_add(t, i ? "," : "");
		ocs_text_add_bytes(t, text, strlen(text));
	}
	free(text);
	free(ref.json);
	ocs_lease_destroy(ref.lease);
	return text ? 0 : -1;
}

char *engine_page_text(struct ocs_engine *e, const struct ocs_caller *caller,
		       const struct ocs_lease_query *q, struct ocs_error *err)
{
	struct page p = { .caller = caller, .q = q };
	struct ocs_text t = { 0 };
	char *text = NULL;
	int more;

	if (!(p.body = calloc(q->limit + 1, sizeof(*p.body)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_lock(&e->lock);
	more = ocs_store_page(e->store, q->after, q->cluster, q->job_id,
			      add_row, &p, err);
	pthread_mutex_unlock(&e->lock);
	if (more < 0)
		goto out;
	ocs_text_add(&t, "{\"leases\":[");
	for (unsigned int i = 0; i < p.n; i++)
		if (add_lease(&t, &p, i, err) < 0)
			goto out;
	ocs_text_add(&t, "]");
	if (more)
		ocs_text_add(&t, ",\"next\":\"%s\"", p.last);
	ocs_text_add(&t, "}");
	if (!(text = ocs_text_take(&t)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
out:
	free(t.buf);
	for (unsigned int i = 0; i < p.n; i++)
		free(p.body[i]);
	free(p.body);
	return text;
}
