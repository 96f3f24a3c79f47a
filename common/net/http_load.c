// SPDX-License-Identifier: GPL-2.0-or-later
/* http_load - libocs-https.so, once an https URL is used */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "common/net/http_way.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* way */
static const struct ocs_http_way *way;

static const struct ocs_http_way *load(struct ocs_error *err)
{
	static const char path[] = OCS_PKGLIBDIR "/" OCS_HTTPS_NAME;
	const struct ocs_http_way *found;
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		ocs_fail(err, OCS_IO, "%s", dlerror());
		return NULL;
	}
	found = dlsym(handle, OCS_HTTPS_SYMBOL);
	if (!found || found->abi != OCS_HTTP_WAY_ABI) {
		dlclose(handle);
		ocs_fail(err, OCS_IO, "%s is of another version", path);
		return NULL;
	}
	return found;
}

const struct ocs_http_way *ocs_http_tls(struct ocs_error *err)
{
	const struct ocs_http_way *have;

	pthread_mutex_lock(&lock);
	if (!way)
		way = load(err);
	have = way;
	pthread_mutex_unlock(&lock);
	return have;
}
