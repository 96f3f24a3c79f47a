// SPDX-License-Identifier: GPL-2.0-or-later
/* A task's environment, NAME=VALUE lines up to an empty one; then nccl.conf. */
#include "plugins/spank/hintenv.h"
#include "tests/fuzz/fuzz.h"

#define NVARS 64

struct env {
	unsigned int n;
	struct {
		const char *name, *value;
	} var[NVARS];
	const char *conf;
	size_t len;
};

static const char *get(void *arg, const char *name)
{
	const struct env *e = arg;

	for (unsigned int i = 0; i < e->n; i++)
		if (!strcmp(e->var[i].name, name))
			return e->var[i].value;
	return NULL;
}

static bool in_conf(void *arg, const char *name)
{
	const struct env *e = arg;

	return ocs_hintenv_conf_has(e->conf, e->len, name);
}

static void decide(struct env *e, enum ocs_hints_mode fallback)
{
	const struct ocs_hintenv_in in = {
		.job_id = 42, .fallback = fallback, .get = get,
		.inconf = in_conf, .arg = e,
	};
	struct ocs_hintenv_plan *plan = malloc(sizeof(*plan));

	must(plan);
	ocs_hintenv_decide(&in, plan);
	must(plan->n <= OCS_HINTENV_MAX);
	for (unsigned int i = 0; i < plan->n; i++) {
		const struct ocs_hintenv_action *a = &plan->action[i];

		must(memchr(a->name, 0, sizeof(a->name)));
		must(memchr(a->value, 0, sizeof(a->value)));
		/* nothing but ours is ever touched */
		must(!strncmp(a->name, "NCCL_", 5) ||
		     !strncmp(a->name, "OPTICAL_", 8));
		must(a->op != OCS_HINTENV_SET || !in_conf(e, a->name) ||
		     a->name[0] == 'O');
	}
	free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line, *conf;
	struct env e = { 0 };

	while ((line = fuzz_cut(&rest, '\n')) && *line && e.n < NVARS) {
		char *value = line, *name = fuzz_cut(&value, '=');

		e.var[e.n].name = name;
		e.var[e.n++].value = value ? value : "";
	}
	/* bytes of a file, without a NUL behind them */
	e.len = rest ? strlen(rest) : 0;
	must(conf = malloc(e.len ? e.len : 1));
	if (e.len)
		memcpy(conf, rest, e.len);
	e.conf = conf;
	decide(&e, OCS_HINTS_ON);
	decide(&e, OCS_HINTS_PRINT);
	free(conf);
	free(text);
	return 0;
}
