/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_next - the stack on select/cons_tres for a plugin that has its name: by
 * the path of the file, for by name Slurm would find ourselves
 *
 * Code, included once by stack_code.h, after ops and syms.
 */
#include <dlfcn.h>

static void *next;

/* Take the plugin in file PATH, if it is one of exactly this Slurm and not ours. */
static bool take(const char *path)
{
	void *h = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	const char *name = h ? dlsym(h, "plugin_name") : NULL;
	const uint32_t *version = h ? dlsym(h, "plugin_version") : NULL;
	int (*start)(void) = h ? (int (*)(void)) dlsym(h, "init") : NULL;
	void **op = (void **) &ops;
	bool whole = name && strcmp(name, plugin_name) && version &&
		     *version == SLURM_VERSION_NUMBER;

	for (size_t i = 0; whole && i < sizeof(syms) / sizeof(*syms); i++)
		whole = (op[i] = dlsym(h, syms[i]));
	if (whole && (!start || start() == SLURM_SUCCESS)) {
		next = h;
		return true;
	}
	if (!h)
		error("ocs: %s", dlerror());
	else
		dlclose(h);
	memset(&ops, 0, sizeof(ops));
	return false;
}

/* The first select_cons_tres.so of PluginDir that is not ours. */
static bool stack_open(void)
{
	char *dirs = xstrdup(slurm_conf.plugindir), *save = NULL, *path = NULL;
	bool found = false;

	for (char *dir = dirs ? strtok_r(dirs, ":", &save) : NULL;
	     dir && !found; dir = strtok_r(NULL, ":", &save)) {
		path = xstrdup_printf("%s/select_cons_tres.so", dir);
		found = !access(path, R_OK) && take(path);
		xfree(path);
	}
	xfree(dirs);
	return found;
}

static void stack_close(void)
{
	void (*end)(void) = (void (*)(void)) dlsym(next, "fini");

	if (end)
		end();
	dlclose(next);
	next = NULL;
}
