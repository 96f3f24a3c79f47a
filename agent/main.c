// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * opticald - the network-state agent: the one owner of leases
 *
 * Order of the start: read everything, bind (perhaps as root), become RunAs,
 * open the ledger, start the engine, answer. Order of the end: the other way
 * round.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/api.h"
#include "agent/auth.h"
#include "agent/conf.h"
#include "agent/drivers.h"
#include "agent/engine.h"
#include "agent/http_server.h"
#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/notify.h"
#include "agent/store.h"
#include "agent/tls.h"
#include "common/sys/clock.h"
#include "ocs_config.h"

#define CONF_DEFAULT OCS_SYSCONFDIR "/opticald.conf"

struct agent {
	const char *conf_path;
	struct ocs_agent_conf *conf;
	struct ocs_http *http;
	struct ocs_store *store;
	struct ocs_driver *driver;
	struct ocs_engine *engine;
	struct ocs_auth *auth;
	struct ocs_computes *computes;
	struct ocs_measures *measures;
	struct ocs_metrics *metrics;
	struct ocs_api api;
};

static const char usage[] =
	"Usage: opticald [-f FILE] [-v] [--check | --check-ledger | --backup=FILE]\n"
	"Own the leases of optical circuits for Slurm clusters.\n\n"
	"  -f, --config FILE  configuration (" CONF_DEFAULT ")\n"
	"  -D, --foreground   stay in the foreground (it always does)\n"
	"      --check        read the configuration, say OK or what is wrong\n"
	"      --check-ledger read the whole ledger, say OK or what is wrong\n"
	"      --backup=FILE  copy the ledger to FILE, also while opticald runs\n"
	"  -v, --verbose      log each request\n"
	"  -V, --version      print the version\n"
	"  -h, --help         print this\n";

/* Become USER for good. */
static int become(const char *user, struct ocs_error *err)
{
	struct passwd *pw;
	char *end;

	if (!user[0] || geteuid() != 0)
		return 0;
	pw = getpwnam(user);
	if (!pw)
		pw = getpwuid((uid_t) strtoul(user, &end, 10));
	if (!pw)
		return ocs_fail(err, OCS_NOT_FOUND, "RunAs=%s: no such user",
				user);
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return ocs_fail(err, OCS_IO, "RunAs=%s: %s", user,
				strerror(errno));
	if (pw->pw_uid && setuid(0) == 0)
		return ocs_fail(err, OCS_INTERNAL,
				"RunAs=%s: root could be had back", user);
	return 0;
}

/* Connections are descriptors. */
static void raise_limits(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

/* *TLS of CONF, the caller's; NULL: there is none. */
static int tls_read(const struct ocs_agent_conf *conf, struct ocs_tls **tls,
		    struct ocs_error *err)
{
	struct ocs_error text;

	*tls = NULL;
	if (!conf->tls.file[OCS_TLS_CERT][0])
		return 0;
	if (!(*tls = ocs_tls_create(&conf->tls, err)))
		return -1;
	for (enum ocs_tls_file f = 0; f < OCS_TLS_NFILES; f++)
		if (ocs_tls_health(*tls, f, &text) != OCS_TLS_FINE)
			ocs_log("certificate", "warning=%s",
				ocs_quote(text.text).text);
	return 0;
}

static void on_change(void *arg)
{
	ocs_http_wake(arg);
}

static void on_settled(void *arg, uint64_t seq)
{
	ocs_http_settled(arg, seq);
}

/* TLS may be NULL. */
static void tell_certificates(struct agent *a, const struct ocs_tls *tls)
{
	for (enum ocs_tls_file f = 0; tls && f < OCS_TLS_NFILES; f++)
		ocs_metrics_certificate(a->metrics, f, ocs_tls_ends_s(tls, f));
}

static int start(struct agent *a, struct ocs_error *err)
{
	struct ocs_agent_conf *c = a->conf;
	struct ocs_tls *tls = NULL;

	/* keys first: RunAs may not read them */
	if (tls_read(c, &tls, err) < 0)
		return -1;
	if (!(a->http = ocs_http_bind(c->listen, c->nlisten, err))) {
		ocs_tls_put(tls);
		return -1;
	}
	ocs_http_tls(a->http, tls);
	if (ocs_http_bind_public(a->http, c->public, c->npublic, err) < 0 ||
	    become(c->run_as, err) < 0 ||
	    !(a->store = ocs_store_open(c->ledger, err)))
		return -1;
	if (!(a->driver = ocs_drivers_open(c, err)) ||
	    !(a->engine = ocs_engine_create(c, a->store, a->driver, err)) ||
	    !(a->computes = ocs_computes_create(a->engine, err)) ||
	    !(a->measures = ocs_measures_create(a->engine, err)) ||
	    !(a->metrics = ocs_metrics_create(c, a->engine, err)) ||
	    !(a->auth = ocs_auth_create(&c->users, c->munge_socket, err)))
		return -1;
	a->api.engine = a->engine;
	a->api.auth = a->auth;
	a->api.computes = a->computes;
	a->api.measures = a->measures;
	a->api.metrics = a->metrics;
	tell_certificates(a, tls);
	ocs_engine_on_change(a->engine, on_change, on_settled, a->http);
	if (ocs_engine_start(a->engine, err) < 0)
		return -1;
	return ocs_http_start(a->http, &a->api, err);
}

static void stop(struct agent *a)
{
	if (a->http)
		ocs_http_stop(a->http);
	if (a->engine)
		ocs_engine_stop(a->engine);
	ocs_http_destroy(a->http);
	ocs_computes_destroy(a->computes);
	ocs_measures_destroy(a->measures);
	ocs_metrics_destroy(a->metrics);
	ocs_engine_destroy(a->engine);
	if (a->driver)
		a->driver->ops->destroy(a->driver);
	ocs_store_close(a->store);
	ocs_auth_destroy(a->auth);
	ocs_agent_conf_destroy(a->conf);
}

static int reread(struct agent *a, struct ocs_agent_conf **conf,
		  struct ocs_tls **tls, struct ocs_error *err)
{
	*tls = NULL;
	if (!(*conf = ocs_agent_conf_read(a->conf_path, err)))
		return -1;
	if (!(*conf)->tls.file[OCS_TLS_CERT][0] !=
	    !a->conf->tls.file[OCS_TLS_CERT][0])
		return ocs_fail(err, OCS_UNSUPPORTED,
				"TlsCert= can't come or go without a restart");
	if (tls_read(*conf, tls, err) < 0)
		return -1;
	return ocs_engine_clusters(a->engine, &(*conf)->users, err);
}

/* SIGHUP: who may, and certificates; the rest would need a restart. */
static void reload(struct agent *a)
{
	struct ocs_agent_conf *conf;
	struct ocs_tls *tls;
	struct ocs_error err;

	ocs_notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   ocs_clock_mono_us());
	if (reread(a, &conf, &tls, &err) < 0) {
		ocs_notify("READY=1\nSTATUS=Running; the last reload was refused: %.200s",
			   err.text);
		ocs_log("reload", "result=refused cause=%s",
			ocs_quote(err.text).text);
		ocs_tls_put(tls);
		ocs_agent_conf_destroy(conf);
		return;
	}
	ocs_auth_users(a->auth, &conf->users);
	tell_certificates(a, tls);
	ocs_http_tls(a->http, tls);
	ocs_notify("READY=1\nSTATUS=Running");
	ocs_log("reload", "result=ok clusters=%u operators=%u note=\"only clusters, users, operators and certificates are read again: the rest needs a restart\"",
		conf->users.nclusters, conf->users.noperators);
	ocs_agent_conf_destroy(conf);
}

/* The next signal; meanwhile the service manager hears that we are alive, if
 * it wants to and we are. */
static int next_signal(struct agent *a, const sigset_t *signals)
{
	uint64_t ms = ocs_notify_watchdog_ms() / 3;
	struct timespec ts = {
		.tv_sec = (time_t) (ms / 1000),
		.tv_nsec = (long) (ms % 1000) * 1000000,
	};
	bool was_alive = true;

	for (;;) {
		int sig = ms ? sigtimedwait(signals, NULL, &ts) :
			  sigwaitinfo(signals, NULL);
		bool alive;

		if (sig > 0)
			return sig;
		if (errno != EAGAIN)
			continue;
		alive = ocs_metrics_alive(a->metrics);
		if (alive)
			ocs_notify("WATCHDOG=1");
		else if (was_alive)
			ocs_log("stuck", "note=\"the engine's worker stands still\"");
		was_alive = alive;
	}
}

static void serve(struct agent *a, const sigset_t *signals)
{
	int sig;

	while ((sig = next_signal(a, signals)) == SIGHUP)
		reload(a);
	ocs_notify("STOPPING=1\nSTATUS=Stopping");
	ocs_log("stopping", "signal=%d", sig);
}

static int run(struct agent *a)
{
	struct ocs_error err = { 0 };
	sigset_t signals;
	int rc = 0;

	/* All threads inherit this; only sigwait() sees these signals. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	if (start(a, &err) == 0) {
		ocs_log("ready", "version=%s driver=%s pid=%d",
			PACKAGE_VERSION, a->driver->ops->name,
			(int) getpid());
		ocs_notify("READY=1\nSTATUS=Running");
		serve(a, &signals);
	} else {
		ocs_log("start-failed", "cause=%s", ocs_quote(err.text).text);
		rc = 1;
	}
	stop(a);
	if (rc == 0)
		ocs_log("stopped", "%s", "rc=0");
	return rc;
}

/* --check-ledger, and --backup to TO. */
static int look_at_ledger(const char *ledger, const char *to)
{
	struct ocs_store_found found;
	struct ocs_error err = { 0 };

	if ((to ? ocs_store_backup(ledger, to, &found, &err) :
		  ocs_store_verify(ledger, &found, &err)) < 0) {
		fprintf(stderr, "opticald: %s\n", err.text);
		return 1;
	}
	printf("OK %s: schema %d, %u leases booked, %u of the past\n",
	       to ? to : ledger, found.version, found.live, found.past);
	return 0;
}

/* --check: files, and how long they last. */
static int check_tls(const struct ocs_agent_conf *conf)
{
	struct ocs_tls *tls = NULL;
	struct ocs_error err;
	enum ocs_tls_health health;
	int rc = 0;

	if (conf->tls.file[OCS_TLS_CERT][0] &&
	    !(tls = ocs_tls_create(&conf->tls, &err))) {
		fprintf(stderr, "opticald: %s\n", err.text);
		return -1;
	}
	for (enum ocs_tls_file f = 0; tls && f < OCS_TLS_NFILES; f++) {
		health = ocs_tls_health(tls, f, &err);
		if (health == OCS_TLS_FINE)
			continue;
		fprintf(stderr, "opticald: %s%s\n",
			health == OCS_TLS_SOON ? "warning: " : "", err.text);
		if (health == OCS_TLS_PAST)
			rc = -1;
	}
	ocs_tls_put(tls);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "foreground", no_argument, NULL, 'D' },
		{ "check", no_argument, NULL, 'c' },
		{ "check-ledger", no_argument, NULL, 'L' },
		{ "backup", required_argument, NULL, 'B' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct agent a = { .conf_path = CONF_DEFAULT };
	struct ocs_error err = { 0 };
	const char *backup = NULL;
	char drivers[32];
	bool check = false, check_ledger = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "f:DvVh", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			a.conf_path = optarg;
			break;
		case 'D':
			break;
		case 'c':
			check = true;
			break;
		case 'L':
			check_ledger = true;
			break;
		case 'B':
			backup = optarg;
			break;
		case 'v':
			ocs_log_verbose(true);
			break;
		case 'V':
			printf("opticald %s\n", PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "opticald: unexpected '%s'\n%s", argv[optind],
			usage);
		return 2;
	}
	if (!(a.conf = ocs_agent_conf_read(a.conf_path, &err))) {
		fprintf(stderr, "opticald: %s\n", err.text);
		return 2;
	}
	if (check && check_tls(a.conf) < 0) {
		ocs_agent_conf_destroy(a.conf);
		return 2;
	}
	if (check) {
		ocs_drivers_name(a.conf, drivers);
		printf("OK %s: %u sites, %u links, %u clusters, driver %s\n",
		       a.conf_path, a.conf->net.nsites, a.conf->net.nlinks,
		       a.conf->users.nclusters, drivers);
		ocs_agent_conf_destroy(a.conf);
		return 0;
	}
	if (check_ledger || backup) {
		opt = look_at_ledger(a.conf->ledger, backup);
		ocs_agent_conf_destroy(a.conf);
		return opt;
	}
	return run(&a);
}
