// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver_sim - a controller and its network, simulated
 *
 * Set-up and release take the time that sim_optics.c says; faults are made on
 * request (sim_fault.c). The network is a file of its own beside the ledger
 * (sim_file.c).
 */
#include "agent/sim_priv.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/sys/clock.h"

#define CHAINS_MIN 64
/* A slow release takes so much longer, in ms of the simulated clock. */
#define SLOW_MS 60000
/* How long an inventory may be behind a change, and how often, when full. */
#define BEHIND_MS 30000
#define BEHIND_PER_MILLE 50
/* How often the controller goes another way than it was told, when full. */
#define REROUTE_PER_MILLE 20

static const struct ocs_driver_ops sim_ops;

static int by_name(const void *x, const void *y)
{
	const struct sim_link *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

/* An operation on SVC has ended; whether that is heard is another matter. */
static void end(struct sim *sim, struct ocs_owed *to,
		const struct ocs_service *svc, enum ocs_outcome outcome,
		enum ocs_light light, const char *cause)
{
	struct ocs_owed again = *to;

	if (!to->op)
		return;
	if (sim_meet(sim, svc, SIM_NEVER_ANSWER)) {
		memset(to, 0, sizeof(*to));
		return;
	}
	ocs_calls_answer(sim->calls, to, svc->id, outcome, light, "%s", cause);
	if (sim_meet(sim, svc, SIM_ANSWER_TWICE))
		ocs_calls_answer(sim->calls, &again, svc->id, outcome, light,
				 "%s", cause);
}

static void built(struct sim *sim, struct sim_service *s)
{
	const char *dark = sim_dark_link(sim, s);
	char cause[200] = "";

	if (s->will_lie) {
		end(sim, &s->create, &s->svc, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
		sim_service_drop(sim, s);
		return;
	}
	s->state = SIM_LIT;
	if (s->will_fail || dark) {
		s->state = SIM_BROKEN;
		snprintf(cause, sizeof(cause), "sim failed %s: %s",
			 dark ? dark : s->fail_link ? s->fail_link : "*",
			 dark ? "link is down" : "set-up failed on command");
	}
	sim_enqueue(sim, s, NULL);
	sim_save_service(sim, s);
	if (s->state == SIM_BROKEN)
		end(sim, &s->create, &s->svc, OCS_DRV_FAULT, OCS_LIGHT_DARK,
		    cause);
	else
		end(sim, &s->create, &s->svc, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
}

static void torn(struct sim *sim, struct sim_service *s)
{
	end(sim, &s->remove, &s->svc, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "");
	sim_service_drop(sim, s);
}

static void restored(struct sim *sim, struct sim_service *s)
{
	TAILQ_REMOVE(s->in, s, queue);
	s->in = NULL;
	if (s->state != SIM_LIT || !sim_dark_link(sim, s))
		return;
	if (!sim_restore(sim, s)) {	/* again later: others may leave */
		s->due_ms = ocs_clock_unix_ms() + sim_restore_time(sim);
		sim_enqueue(sim, s, &sim->restoring);
		return;
	}
	sim_save_service(sim, s);
	ocs_calls_service(sim->calls, s->svc.id, OCS_LIGHT_LIT,
			  "sim restored it over %s",
			  sim->link[s->at.hop[0] + 1].name);
}

/* ---- the clock ---- */

static void sooner(int64_t *next, int64_t ms)
{
	if (ms < *next)
		*next = ms;
}

static void flap(struct sim *sim, int64_t now, int64_t *next)
{
	for (unsigned int i = 1; sim->nflapping && i < sim->nlinks; i++) {
		struct sim_link *l = &sim->link[i];

		if (!l->flaps)
			continue;
		if (l->flap_ms <= now) {
			sim_set_down(sim, l, !l->down);
			l->flap_ms = now + 200;
			if (!--l->flaps) {
				sim->nflapping--;
				sim_set_down(sim, l, false);
				continue;
			}
		}
		sooner(next, l->flap_ms);
	}
}

/* Any link whose capacity is not ours alone; NULL: there is none. */
static struct sim_link *any_shared(struct sim *sim, unsigned int *n)
{
	struct sim_link *any = NULL;

	*n = 0;
	for (unsigned int i = 1; i < sim->nlinks; i++)
		if (sim->net.link[i - 1].sharing == OCS_SHARED &&
		    !sim_random(sim, ++*n))
			any = &sim->link[i];
	return any;
}

/* Other customers come; the inventory says so from time to time. */
static void others(struct sim *sim, int64_t now, int64_t *next)
{
	struct sim_link *l;
	unsigned int n;

	if (!sim->opt.full)
		return;
	if (sim->inventory_ms <= now) {
		sim_inventory(sim);
		sim->inventory_ms = now + sim_ms(sim, SIM_INVENTORY_MS) + 1;
	}
	sooner(next, sim->inventory_ms);
	if (sim->others_ms > now) {
		sooner(next, sim->others_ms);
		return;
	}
	if (!(l = any_shared(sim, &n)))
		return;
	if (sim->others_ms)
		sim_others_take(sim, l, 1, now + 1 + sim_ms(sim, (int64_t)
				sim_random(sim, 2 * SIM_OTHERS_MS)));
	sim->others_ms = now + 1 + sim_ms(sim, (int64_t)
		sim_random(sim, 2 * SIM_OTHERS_MS / n + 1));
	sooner(next, sim->others_ms);
}

/* Let what is due of Q happen. */
static void due(struct sim *sim, struct sim_queue *q, int64_t now,
		int64_t *next,
		void (*happens)(struct sim *sim, struct sim_service *s))
{
	struct sim_service *s;

	while ((s = TAILQ_FIRST(q)) && s->due_ms <= now)
		happens(sim, s);
	if (s)
		sooner(next, s->due_ms);
}

/* Let what is due happen; returns Unix ms of what is due next. */
static int64_t advance(struct sim *sim)
{
	int64_t now = ocs_clock_unix_ms(), next = INT64_MAX;

	due(sim, &sim->building, now, &next, built);
	due(sim, &sim->tearing, now, &next, torn);
	due(sim, &sim->restoring, now, &next, restored);
	due(sim, &sim->leaving, now, &next, sim_service_drop);
	flap(sim, now, &next);
	others(sim, now, &next);
	return next;
}

static void *sim_main(void *arg)
{
	struct sim *sim = arg;
	struct timespec ts;
	int64_t next;

	pthread_mutex_lock(&sim->lock);
	while (!sim->stopping) {
		next = advance(sim);
		if (next == INT64_MAX) {
			pthread_cond_wait(&sim->wake, &sim->lock);
			continue;
		}
		ts.tv_sec = next / 1000;
		ts.tv_nsec = next % 1000 * 1000000;
		pthread_cond_timedwait(&sim->wake, &sim->lock, &ts);
	}
	pthread_mutex_unlock(&sim->lock);
	return NULL;
}

/* ---- what it is asked for ---- */

static const char *fault_name(const struct sim_link *l,
			      const struct ocs_service *svc)
{
	return strcmp(l->name, "*") || !svc->nhops ? l->name : svc->hop[0];
}

static void begin(struct sim *sim, struct sim_service *s)
{
	struct sim_link *l;

	s->state = SIM_BUILDING;
	s->due_ms = sim_setup_due(sim, s, ocs_clock_unix_ms());
	sim_enqueue(sim, s, NULL);
	if ((l = sim_meet(sim, &s->svc, SIM_FAIL_LATE))) {
		s->will_fail = true;
		s->fail_link = fault_name(l, &s->svc);
	}
	s->will_lie = sim_meet(sim, &s->svc, SIM_LIE);
	sim_save_service(sim, s);
	pthread_cond_signal(&sim->wake);
}

static void create_new(struct sim *sim, const struct ocs_service *svc,
		       struct ocs_owed *to)
{
	bool other = sim_meet(sim, svc, SIM_REROUTE) ||
		     sim_chance(sim, REROUTE_PER_MILLE);
	struct sim_service *s = sim_service_add(sim, svc);
	char cause[200] = "";

	if (!s) {
		ocs_calls_answer(sim->calls, to, svc->id, OCS_DRV_REFUSED,
				 OCS_LIGHT_ABSENT, "sim: out of memory");
		return;
	}
	sim_route_asked(sim, s);
	if (sim_settle(sim, s, other, cause) < 0) {
		s->at.nhops = s->at.nchannels = 0;	/* nothing is taken */
		sim_service_free(sim, s);
		ocs_calls_answer(sim->calls, to, svc->id, OCS_DRV_REFUSED,
				 OCS_LIGHT_ABSENT, "%s", cause);
		return;
	}
	s->create = *to;
	begin(sim, s);
}

static void sim_create(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_owed to = { op, done, arg };
	struct sim_service *s;
	struct sim_link *l;

	pthread_mutex_lock(&sim->lock);
	if ((s = sim_service_find(sim, svc->id))) {
		if (s->state == SIM_BUILDING)
			s->create = to;
		else if (s->state == SIM_LIT)
			ocs_calls_answer(sim->calls, &to, svc->id,
					 OCS_DRV_DONE, OCS_LIGHT_LIT, "%s", "");
		else
			ocs_calls_answer(sim->calls, &to, svc->id,
					 OCS_DRV_FAULT, sim_light(sim, s),
					 "sim: an older set-up is still being removed");
	} else if ((l = sim_meet(sim, svc, SIM_REFUSE))) {
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_REFUSED,
				 OCS_LIGHT_ABSENT,
				 "sim refused %s: set-up refused on command",
				 fault_name(l, svc));
	} else {
		create_new(sim, svc, &to);
	}
	pthread_mutex_unlock(&sim->lock);
}

static void tear(struct sim *sim, struct sim_service *s)
{
	s->state = SIM_TEARING;
	s->due_ms = sim_release_due(sim, s, ocs_clock_unix_ms());
	if (sim_meet(sim, &s->svc, SIM_SLOW_DELETE))
		s->due_ms += sim_ms(sim, SLOW_MS);
	sim_enqueue(sim, s, NULL);
	sim_save_service(sim, s);
}

static void sim_remove(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_owed to = { op, done, arg };
	struct sim_service *s;

	pthread_mutex_lock(&sim->lock);
	s = sim_service_find(sim, svc->id);
	if (!s || s->foreign) {
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_DONE,
				 OCS_LIGHT_ABSENT, "%s", "");
	} else {
		ocs_calls_answer(sim->calls, &s->create, s->svc.id,
				 OCS_DRV_ABORTED, OCS_LIGHT_TEARING,
				 "sim: removed while it was built");
		if (s->state != SIM_TEARING)
			tear(sim, s);
		s->remove = to;
		pthread_cond_signal(&sim->wake);
	}
	pthread_mutex_unlock(&sim->lock);
}

static bool went_lately(const struct sim *sim, const char *id)
{
	for (unsigned int i = 0; i < 64 && i < sim->ngone; i++)
		if (!strcmp(sim->gone[i], id))
			return true;
	return false;
}

static void sim_look(struct ocs_driver *drv, const struct ocs_service *svc,
		     uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_owed to = { op, done, arg };
	enum ocs_light light = OCS_LIGHT_ABSENT;
	struct sim_service *s;
	bool young, gone;

	pthread_mutex_lock(&sim->lock);
	if ((s = sim_service_find(sim, svc->id)))
		light = sim_light(sim, s);
	young = light == OCS_LIGHT_LIT && ocs_clock_unix_ms() - s->due_ms <
		sim_ms(sim, BEHIND_MS);
	gone = !s && went_lately(sim, svc->id);
	/* what was before the last change */
	if ((light == OCS_LIGHT_LIT || gone) &&
	    (sim_meet(sim, svc, SIM_STALE) ||
	     (young && sim_chance(sim, BEHIND_PER_MILLE))))
		light = gone ? OCS_LIGHT_LIT : OCS_LIGHT_ABSENT;
	ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_DONE, light, "%s",
			 "");
	pthread_mutex_unlock(&sim->lock);
}

static bool sim_real(struct ocs_driver *drv, const struct ocs_service *svc,
		     struct ocs_real *real)
{
	struct sim *sim = (struct sim *) drv;
	struct sim_service *s;
	bool known;

	memset(real, 0, sizeof(*real));
	pthread_mutex_lock(&sim->lock);
	s = sim_service_find(sim, svc->id);
	known = s && s->at.nhops;
	if (known) {
		real->rate_bps = s->svc.rate_bps;
		real->latency_us = sim_latency_us(sim, s);
		real->nhops = s->at.nhops;
		for (unsigned int i = 0; i < s->at.nhops; i++)
			strcpy(real->hop[i],
			       sim->net.link[s->at.hop[i]].name);
	}
	pthread_mutex_unlock(&sim->lock);
	return known;
}

/* Hitless, as of an ODUflex (G.7044): at once. */
static void sim_resize(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_owed to = { op, done, arg };
	struct sim_service *s;
	struct sim_link *l;

	pthread_mutex_lock(&sim->lock);
	s = sim_service_find(sim, svc->id);
	if (!s || s->state != SIM_LIT) {
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_FAULT,
				 s ? sim_light(sim, s) : OCS_LIGHT_ABSENT,
				 "sim: it is not lit");
	} else if (s->svc.rate_bps < svc->rate_bps &&
		   (l = sim_meet(sim, svc, SIM_REFUSE))) {
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_REFUSED,
				 OCS_LIGHT_LIT,
				 "sim refused %s: more was refused on command",
				 fault_name(l, svc));
	} else if (s->svc.rate_bps < svc->rate_bps &&
		   !sim_can_carry(sim, s, svc->rate_bps)) {
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_REFUSED,
				 OCS_LIGHT_LIT,
				 "sim refused it: there is no room for more");
	} else {
		sim_occupy(sim, s, false);
		s->svc.rate_bps = svc->rate_bps;
		sim_occupy(sim, s, true);
		sim_save_service(sim, s);
		ocs_calls_answer(sim->calls, &to, svc->id, OCS_DRV_DONE,
				 OCS_LIGHT_LIT, "%s", "");
	}
	pthread_mutex_unlock(&sim->lock);
}

/* ---- life ---- */

static int sim_start(struct ocs_driver *drv,
		     const struct ocs_driver_watch *watch,
		     struct ocs_error *err)
{
	struct sim *sim = (struct sim *) drv;
	struct sim_service *s;
	int rc;

	/* The engine may be asking already. */
	pthread_mutex_lock(&sim->lock);
	for (unsigned int i = 0; i < sim->nlinks; i++)
		if (sim->link[i].down)
			ocs_calls_link(sim->calls, sim->link[i].name, true);
	for (unsigned int i = 0; i < sim->nchains; i++)
		LIST_FOREACH(s, &sim->chain[i], hash)
			if (!s->foreign)
				ocs_calls_service(sim->calls, s->svc.id,
						  sim_light(sim, s), "%s", "");
	sim_inventory(sim);
	pthread_mutex_unlock(&sim->lock);
	if (ocs_calls_start(sim->calls, "sim", watch, err) < 0)
		return -1;
	if ((rc = pthread_create(&sim->thread, NULL, sim_main, sim)))
		return ocs_fail(err, OCS_IO, "driver sim: thread: %s",
				strerror(rc));
	sim->running = true;
	return 0;
}

static void sim_stop(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;

	if (sim->running) {
		pthread_mutex_lock(&sim->lock);
		sim->stopping = true;
		pthread_cond_signal(&sim->wake);
		pthread_mutex_unlock(&sim->lock);
		pthread_join(sim->thread, NULL);
		sim->running = false;
	}
	ocs_calls_stop(sim->calls);
}

static void sim_destroy(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;
	struct sim_service *s;

	if (!sim)
		return;
	sim_stop(drv);
	for (unsigned int i = 0; i < sim->nchains; i++)
		while ((s = LIST_FIRST(&sim->chain[i])))
			sim_service_free(sim, s);
	ocs_calls_destroy(sim->calls);
	if (sim->file)
		fclose(sim->file);
	pthread_cond_destroy(&sim->wake);
	pthread_mutex_destroy(&sim->lock);
	free(sim->chain);
	free(sim->by_name);
	free(sim->link);
	free(sim->transponders);
	free(sim->port_bps);
	ocs_net_fini(&sim->net);
	free(sim);
}

static void init_links(struct sim *sim)
{
	strcpy(sim->link[0].name, "*");
	sim->nlinks = sim->net.nlinks + 1;
	sim->by_name[0] = &sim->link[0];
	for (unsigned int i = 0; i < sim->net.nlinks; i++) {
		const struct ocs_link *is = &sim->net.link[i];
		struct sim_link *l = &sim->link[i + 1];
		uint64_t n = is->granule_bps ?
			     is->capacity_bps / is->granule_bps : 0;

		sim->by_name[i + 1] = l;
		strcpy(l->name, is->name);
		l->index = i;
		/* what grooms has steps and slots, not wavelengths */
		if (is->grain == OCS_GRAIN_WAVELENGTH && n <= SIM_CHANNELS_MAX)
			l->nchannels = (unsigned int) n;
	}
	qsort(sim->by_name, sim->nlinks, sizeof(*sim->by_name), by_name);
}

static struct sim *sim_new(const struct ocs_sim_options *opt)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return NULL;
	sim->drv.ops = &sim_ops;
	pthread_mutex_init(&sim->lock, NULL);
	pthread_cond_init(&sim->wake, NULL);
	TAILQ_INIT(&sim->building);
	TAILQ_INIT(&sim->tearing);
	TAILQ_INIT(&sim->restoring);
	TAILQ_INIT(&sim->leaving);
	sim->opt = *opt;
	sim->random = opt->seed;
	if (!sim->random && getrandom(&sim->random, sizeof(sim->random),
				      GRND_NONBLOCK) < 0)
		sim->random = (uint64_t) ocs_clock_unix_ms();
	return sim;
}

struct ocs_driver *ocs_driver_sim_open(const char *state_path,
				       const struct ocs_net *net,
				       const struct ocs_sim_options *opt,
				       struct ocs_error *err)
{
	struct sim *sim = sim_new(opt);

	if (!sim) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	snprintf(sim->path, sizeof(sim->path), "%s", state_path);
	if (ocs_net_copy(&sim->net, net) < 0 ||
	    !(sim->link = calloc(net->nlinks + 1, sizeof(*sim->link))) ||
	    !(sim->by_name = calloc(net->nlinks + 1, sizeof(*sim->by_name))) ||
	    !(sim->transponders = calloc(net->nsites + 1,
					 sizeof(*sim->transponders))) ||
	    !(sim->port_bps = calloc(net->nports + 1,
				     sizeof(*sim->port_bps))) ||
	    !(sim->chain = calloc(CHAINS_MIN, sizeof(*sim->chain)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	sim->nchains = CHAINS_MIN;
	init_links(sim);
	if (!(sim->calls = ocs_calls_create(err)) || sim_load(sim, err) < 0 ||
	    sim_rewrite(sim, err) < 0)
		goto fail;
	return &sim->drv;
fail:
	sim_destroy(&sim->drv);
	return NULL;
}

struct ocs_driver *ocs_driver_sim_create(const char *state_path,
					 const struct ocs_link *link,
					 unsigned int nlinks,
					 uint64_t setup_ms,
					 uint64_t release_ms,
					 struct ocs_error *err)
{
	const struct ocs_sim_options opt = {
		.setup_ms = setup_ms, .release_ms = release_ms,
	};
	struct ocs_net net = { .nlinks = nlinks };
	struct ocs_driver *drv;

	if (nlinks && !(net.link = calloc(nlinks, sizeof(*net.link)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	for (unsigned int i = 0; i < nlinks; i++)
		net.link[i] = link[i];
	drv = ocs_driver_sim_open(state_path, &net, &opt, err);
	free(net.link);
	return drv;
}

static const struct ocs_driver_ops sim_ops = {
	.name = "sim",
	.simulated = true,
	.start = sim_start,
	.stop = sim_stop,
	.destroy = sim_destroy,
	.create = sim_create,
	.remove = sim_remove,
	.look = sim_look,
	.real = sim_real,
	.resize = sim_resize,
	.fault = sim_fault,
	.faults = sim_faults,
};
