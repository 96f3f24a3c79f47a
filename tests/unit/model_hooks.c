// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model_hooks - attachment programs in virtual time: they take a while, are
 * refused, fail, and outlive the agent that called them
 */
#include "tests/unit/model.h"

#include <stdlib.h>
#include <string.h>

struct hooks *model_hooks;
void (*model_hook_asked)(const struct ocs_attach_call *call, const char *why);

int __wrap_ocs_attacher_call(struct ocs_attacher *a,
			     const struct ocs_attach_call *call);
int __wrap_ocs_attacher_call(struct ocs_attacher *a,
			     const struct ocs_attach_call *call)
{
	struct hooks *h = model_hooks;
	struct hook *free_one = NULL;
	const char *why = NULL;

	free(call->text);
	for (unsigned int i = 0; i < 256; i++) {
		struct hook *k = &h->hook[i];

		if (!k->used)
			free_one = k;
		else if (!strcmp(k->call.id, call->id) && k->call.z == call->z)
			why = "while another call of that end runs";
	}
	model_hook_asked(call, why);
	if (!free_one || !h->engine)
		return a && !free_one ? -1 : 0;
	*free_one = (struct hook) {
		.used = true, .call = *call,
		.due_ms = model_now_ms + 100 + roll(h->dice, 3000),
	};
	free_one->call.text = NULL;
	if (h->refuse && call->attach) {
		h->refuse--;
		free_one->end = OCS_ATTACH_REFUSED;
	} else if (h->fail) {
		h->fail--;
		free_one->end = OCS_ATTACH_FAULT;
	}
	return 0;
}

void hooks_init(struct hooks *h, struct dice *d)
{
	memset(h, 0, sizeof(*h));
	h->dice = d;
	model_hooks = h;
}

static unsigned int find(const struct hooks *h, const char *id, bool z)
{
	unsigned int i = 0;

	while (i < h->nattached && (strcmp(h->attached[i].id, id) ||
				    h->attached[i].z != z))
		i++;
	return i;
}

bool hooks_attached(const struct hooks *h, const char *id, bool z)
{
	return find(h, id, z) < h->nattached;
}

/* What a program does when it does what it was asked for. */
static void take_effect(struct hooks *h, const struct hook *k)
{
	unsigned int i = find(h, k->call.id, k->call.z);

	if (k->end == OCS_ATTACH_REFUSED)
		h->nrefused++;
	else if (k->end == OCS_ATTACH_FAULT)
		h->nfailed++;
	if (k->end != OCS_ATTACH_DONE)
		return;
	h->ndone[k->call.attach]++;
	if (k->call.attach && i == h->nattached) {
		memcpy(h->attached[i].id, k->call.id, OCS_SERVICE_ID_MAX);
		h->attached[i].z = k->call.z;
		h->nattached++;
	} else if (!k->call.attach && i < h->nattached) {
		h->attached[i] = h->attached[--h->nattached];
	}
}

void hooks_forget(struct hooks *h)
{
	for (unsigned int i = 0; i < 256; i++) {
		if (h->hook[i].used)
			take_effect(h, &h->hook[i]);
		h->hook[i].used = false;
	}
	h->engine = NULL;
}

int64_t hooks_next(const struct hooks *h)
{
	int64_t next = INT64_MAX;

	for (unsigned int i = 0; i < 256; i++)
		if (h->hook[i].used && h->hook[i].due_ms < next)
			next = h->hook[i].due_ms;
	return next;
}

bool hooks_step(struct hooks *h)
{
	struct ocs_hook_answer answer = { .interface = "" };
	bool any = false;

	for (unsigned int i = 0; i < 256; i++) {
		struct hook k = h->hook[i];

		if (!k.used || k.due_ms > model_now_ms)
			continue;
		h->hook[i].used = false;
		take_effect(h, &k);
		engine_attach_done(h->engine, &k.call, k.end, &answer,
				   "by the model");
		any = true;
	}
	return any;
}
