// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model_net - a network in virtual time behind driver.h: it builds, tears down,
 * refuses, fails late, loses answers, gives them twice, is cut; and it outlives
 * the agent
 */
#include "tests/unit/model.h"

#include <string.h>

#define SETUP_MS 3000
#define RELEASE_MS 1000

struct service *network_find(struct network *w, const char *id)
{
	for (unsigned int i = 0; i < LEASES_MAX * 4; i++)
		if (w->service[i].used && !strcmp(w->service[i].svc.id, id))
			return &w->service[i];
	return NULL;
}

static void owe(struct network *w, const char *id, uint64_t op,
		ocs_driver_done_f done, void *arg, enum ocs_outcome outcome,
		enum ocs_light light, int64_t due_ms)
{
	if (w->lose && !roll(w->dice, 3)) {
		w->lose--;
		w->nlost++;
		return;
	}
	for (unsigned int i = 0; i < 256; i++) {
		struct due *d = &w->due[i];

		if (d->used)
			continue;
		*d = (struct due) { .used = true, .op = op, .done = done,
				    .arg = arg, .outcome = outcome,
				    .light = light, .due_ms = due_ms,
				    .times = 1 };
		strcpy(d->id, id);
		if (w->twice && !roll(w->dice, 3)) {
			w->twice--;
			w->ntwice++;
			d->times = 2;
		}
		return;
	}
}

static bool dark(const struct network *w, const struct ocs_service *svc)
{
	for (unsigned int i = 0; i < svc->nhops; i++) {
		int l = ocs_net_link(&w->model->net, svc->hop[i]);

		if (l < 0 || w->model->down[l])
			return true;
	}
	return false;
}

static enum ocs_light light_of(const struct network *w,
			       const struct service *s)
{
	switch (s->light) {
	case L_BUILDING:
		return OCS_LIGHT_BUILDING;
	case L_TEARING:
		return OCS_LIGHT_TEARING;
	case L_BROKEN:
		return OCS_LIGHT_DARK;
	case L_LIT:
		break;
	}
	return dark(w, &s->svc) ? OCS_LIGHT_DARK : OCS_LIGHT_LIT;
}

static void net_create(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct network *w = (struct network *) drv;
	struct service *s = network_find(w, svc->id);
	unsigned int i = 0;

	w->asked(svc, 'C');
	if (w->dead)
		return;
	if (s && s->light == L_LIT) {
		owe(w, svc->id, op, done, arg, OCS_DRV_DONE, OCS_LIGHT_LIT,
		    model_now_ms + roll(w->dice, 500));
		return;
	}
	if (s && s->light != L_BUILDING) {
		owe(w, svc->id, op, done, arg, OCS_DRV_FAULT, light_of(w, s),
		    model_now_ms + roll(w->dice, 500));
		return;
	}
	if (!s && w->refuse) {
		w->refuse--;
		w->nrefused++;
		owe(w, svc->id, op, done, arg, OCS_DRV_REFUSED,
		    OCS_LIGHT_ABSENT, model_now_ms + roll(w->dice, 500));
		return;
	}
	while (!s && i < LEASES_MAX * 4) {
		if (!w->service[i].used)
			s = &w->service[i];
		i++;
	}
	if (!s)
		return;
	if (!s->used) {
		*s = (struct service) { .used = true, .svc = *svc,
					.light = L_BUILDING,
					.due_ms = model_now_ms + SETUP_MS };
		if (w->fail) {
			w->fail--;
			w->nfailed++;
			s->fail = true;
		}
	}
	owe(w, svc->id, op, done, arg,
	    s->fail ? OCS_DRV_FAULT : OCS_DRV_DONE,
	    s->fail ? OCS_LIGHT_DARK : OCS_LIGHT_LIT, s->due_ms);
}

static void net_remove(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct network *w = (struct network *) drv;
	struct service *s = network_find(w, svc->id);

	w->asked(svc, 'R');
	if (w->dead)
		return;
	for (unsigned int i = 0; i < 256; i++)	/* the create is over */
		if (w->due[i].used && !strcmp(w->due[i].id, svc->id) &&
		    s && s->light == L_BUILDING)
			w->due[i].outcome = OCS_DRV_ABORTED;
	if (s && s->light != L_TEARING) {
		s->light = L_TEARING;
		s->due_ms = model_now_ms + RELEASE_MS;
	}
	owe(w, svc->id, op, done, arg, OCS_DRV_DONE, OCS_LIGHT_ABSENT,
	    s ? s->due_ms : model_now_ms);
}

static void net_look(struct ocs_driver *drv, const struct ocs_service *svc,
		     uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct network *w = (struct network *) drv;
	struct service *s = network_find(w, svc->id);

	w->asked(svc, 'L');
	if (!w->dead)
		owe(w, svc->id, op, done, arg, OCS_DRV_DONE,
		    s ? light_of(w, s) : OCS_LIGHT_ABSENT, model_now_ms);
}

static void net_resize(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct network *w = (struct network *) drv;
	struct service *s = network_find(w, svc->id);
	enum ocs_outcome outcome = OCS_DRV_DONE;

	w->asked(svc, 'S');
	if (w->dead)
		return;
	if (!s || s->light != L_LIT) {
		outcome = OCS_DRV_FAULT;
	} else if (w->refuse && svc->rate_bps > s->svc.rate_bps) {
		w->refuse--;
		w->nrefused++;
		outcome = OCS_DRV_REFUSED;
	} else {
		s->svc.rate_bps = svc->rate_bps;
		w->nresized++;
	}
	owe(w, svc->id, op, done, arg, outcome,
	    s ? light_of(w, s) : OCS_LIGHT_ABSENT,
	    model_now_ms + roll(w->dice, 500));
}

static const struct ocs_driver_ops net_ops = {
	.name = "model", .simulated = true, .create = net_create,
	.remove = net_remove, .look = net_look, .resize = net_resize,
};

void network_init(struct network *w, struct model *m, struct dice *d,
		  void (*asked)(const struct ocs_service *svc, char kind))
{
	memset(w, 0, sizeof(*w));
	w->drv.ops = &net_ops;
	w->model = m;
	w->dice = d;
	w->asked = asked;
}

void network_forget(struct network *w)
{
	memset(w->due, 0, sizeof(w->due));
	w->engine = NULL;
}

void network_greet(struct network *w)
{
	for (unsigned int i = 0; i < w->model->net.nlinks; i++)
		if (w->model->down[i])
			engine_driver_link(w->engine,
					   w->model->net.link[i].name, true);
	for (unsigned int i = 0; i < LEASES_MAX * 4; i++)
		if (w->service[i].used)
			engine_driver_service(w->engine,
					      w->service[i].svc.id,
					      light_of(w, &w->service[i]),
					      "greeted");
}

int64_t network_next(const struct network *w)
{
	int64_t next = INT64_MAX;

	for (unsigned int i = 0; i < LEASES_MAX * 4; i++) {
		const struct service *s = &w->service[i];

		if (s->used && s->due_ms < next &&
		    (s->light == L_BUILDING || s->light == L_TEARING))
			next = s->due_ms;
	}
	for (unsigned int i = 0; i < 256; i++)
		if (w->due[i].used && w->due[i].due_ms < next)
			next = w->due[i].due_ms;
	return next;
}

bool network_step(struct network *w)
{
	bool any = false;

	for (unsigned int i = 0; i < LEASES_MAX * 4; i++) {
		struct service *s = &w->service[i];

		if (!s->used || s->due_ms > model_now_ms)
			continue;
		if (s->light == L_BUILDING) {
			if (dark(w, &s->svc))
				s->fail = true;
			s->light = s->fail ? L_BROKEN : L_LIT;
			any = true;
			for (unsigned int k = 0; s->fail && k < 256; k++)
				if (w->due[k].used &&
				    !strcmp(w->due[k].id, s->svc.id) &&
				    w->due[k].outcome == OCS_DRV_DONE)
					w->due[k].outcome = OCS_DRV_FAULT;
		} else if (s->light == L_TEARING) {
			s->used = false;
			any = true;
		}
	}
	for (unsigned int i = 0; i < 256; i++) {
		struct due d = w->due[i];

		if (!d.used || d.due_ms > model_now_ms)
			continue;
		w->due[i].used = false;
		any = true;
		while (d.times--)
			d.done(d.arg, d.id, d.op, d.outcome, d.light,
			       "by the model");
	}
	return any;
}

void network_cut(struct network *w, unsigned int link, bool down)
{
	const char *name = w->model->net.link[link].name;

	if (w->model->down[link] == down)
		return;
	w->model->down[link] = down;
	if (!w->engine)
		return;
	engine_driver_link(w->engine, name, down);
	for (unsigned int i = 0; i < LEASES_MAX * 4; i++) {
		struct service *s = &w->service[i];
		bool on = false;

		for (unsigned int k = 0; s->used && k < s->svc.nhops; k++)
			on |= !strcmp(s->svc.hop[k], name);
		if (on && s->light == L_LIT)
			engine_driver_service(w->engine, s->svc.id,
					      light_of(w, s),
					      down ? "cut" : "recovered");
	}
}
