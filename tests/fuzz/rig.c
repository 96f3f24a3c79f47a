// SPDX-License-Identifier: GPL-2.0-or-later
/* rig - an agent without its threads and sockets, for fuzz targets */
#include "ocs_config.h"		/* asprintf, nftw */

#include "tests/fuzz/rig.h"

#include <stdarg.h>
#include <unistd.h>

#include "agent/log.h"
#include "tests/fuzz/fuzz.h"

static const char conf_text[] =
	"Listen=unix:%s/sock\nLedger=%s/ledger.db\nDriver=sim SimRealism=off\n"
	"SimSetupTime=0s\nSimReleaseTime=0s\nOperator=0\n"
	"Cluster=alpha User=1001\nCluster=beta User=1002\n"
	"SiteName=paris\nSiteName=lyon\nSiteName=nice\n"
	"LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=8 Rate=400G Granularity=wavelength\n"
	"LinkName=lyo-nic A=lyon Z=nice Km=300 Wavelengths=2 Rate=100G Granularity=client\n"
	"LinkName=par-nic A=paris Z=nice Latency=5ms Wavelengths=1 Rate=400G Granularity=client Drain=yes\n";

static uint8_t *fresh;		/* an empty ledger */
static size_t fresh_size;

void __wrap_ocs_log(const char *event, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void __wrap_ocs_log(const char *event, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	must(!strpbrk(line, "\n\r"));
}

static void read_fresh(const char *path)
{
	FILE *in = fopen(path, "re");

	must(in && (fresh = malloc(1 << 20)));
	fresh_size = fread(fresh, 1, 1 << 20, in);
	fclose(in);
}

void rig_init(struct rig *r)
{
	char *path = fuzz_path("opticald.conf"), *text;
	struct ocs_error err = { 0 };
	struct ocs_store *store;

	must(asprintf(&text, conf_text, fuzz_dir(), fuzz_dir()) > 0);
	fuzz_file(path, text, strlen(text));
	free(text);
	r->ledger = fuzz_path("ledger.db");
	r->network = fuzz_path("ledger.db.sim");
	if (!(r->conf = ocs_agent_conf_read(path, &err)))
		fprintf(stderr, "%s\n", err.text);
	must(r->conf);
	free(path);
	must(store = ocs_store_open(r->ledger, &err));
	ocs_store_close(store);
	read_fresh(r->ledger);
}

static void unlink_with(const char *path, const char *suffix)
{
	char name[300];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	unlink(name);
}

void rig_ledger(struct rig *r, const void *data, size_t size)
{
	unlink_with(r->ledger, "-wal");
	unlink_with(r->ledger, "-shm");
	unlink_with(r->ledger, "-journal");
	unlink(r->network);
	fuzz_file(r->ledger, data ? data : fresh, data ? size : fresh_size);
}

int rig_up(struct rig *r, struct ocs_error *err)
{
	if (!(r->store = ocs_store_open(r->ledger, err)))
		return -1;
	if (!(r->drv = ocs_driver_sim_create(r->network, r->conf->net.link,
					     r->conf->net.nlinks, 0, 0, err)) ||
	    !(r->engine = ocs_engine_create(r->conf, r->store, r->drv, err)) ||
	    !(r->api.computes = ocs_computes_create(r->engine, err)) ||
	    !(r->api.measures = ocs_measures_create(r->engine, err)) ||
	    !(r->api.auth = ocs_auth_create(&r->conf->users, "", err))) {
		rig_down(r);
		return -1;
	}
	r->api.engine = r->engine;
	return 0;
}

void rig_down(struct rig *r)
{
	ocs_computes_destroy(r->api.computes);
	ocs_measures_destroy(r->api.measures);
	ocs_engine_destroy(r->engine);
	if (r->drv)
		r->drv->ops->destroy(r->drv);
	ocs_store_close(r->store);
	ocs_auth_destroy(r->api.auth);
	r->engine = NULL;
	r->drv = NULL;
	r->store = NULL;
	memset(&r->api, 0, sizeof(r->api));
}

void rig_request(struct rig *r, char role, const char *method,
		 const char *target, const char *body)
{
	struct ocs_api_call *call = calloc(1, sizeof(*call));
	struct ocs_target *t = malloc(sizeof(*t));
	struct ocs_reply reply = { 0 };
	struct ocs_error err;
	const struct ocs_auth_try try = {
		.peer = true,
		.peer_uid = role == 'o' ? 0 : role == 'c' ? 1001 : 1000,
		.method = method, .target = target,
	};

	must(call && t);
	if (ocs_target_parse(target, t, &err) < 0)
		goto out;
	must(ocs_auth_check(r->api.auth, &try, &call->caller, &err) == 0);
	call->method = method;
	call->target = t;
	call->body = body;
	call->len = strlen(body);
	/* put aside once, as a promise not yet on disk or a long poll is; then
	 * the agent stops */
	if (ocs_api_handle(&r->api, call, &reply) > 0) {
		call->stopping = true;
		must(ocs_api_handle(&r->api, call, &reply) == 0);
	}
	must(reply.status >= 200 && reply.status < 600);
	must(reply.body && reply.type);
	must(reply.status != 500);
	ocs_reply_fini(&reply);
out:
	ocs_api_fini(call);
	free(call);
	free(t);
}

void rig_read_all(struct rig *r)
{
	static const char roles[] = "ocu";

	for (int i = 0; i < 3; i++) {
		rig_request(r, roles[i], "GET", "/v1/ping", "");
		rig_request(r, roles[i], "GET", "/v1/state", "");
		rig_request(r, roles[i], "GET", "/v1/leases?all=1", "");
		rig_request(r, roles[i], "GET",
			    "/v1/leases/0123456789abcdef0123456789abcdef/events",
			    "");
	}
}
