// SPDX-License-Identifier: GPL-2.0-or-later
/* A job as it is submitted: lines of a letter and a text, for the option that
 * SPANK carries (S), the comment (C), licences (L), partitions (P), nodes (N),
 * and slurm.conf's Licenses (l), TRES (t) and SelectType (s). */
#include "plugins/job_submit/logic.h"
#include "tests/fuzz/fuzz.h"

#define NENV 32

static const char conf_text[] =
	"SiteName=paris Nodes=par[001-064]\n"
	"SiteName=lyon Nodes=lyo[001-064] Gpus=4\n"
	"SiteName=nice Nodes=nic[001-064]\n"
	"PartitionName=big MaxRate=800G MaxSpan=3\n"
	"PartitionName=must RequireOption=yes\n"
	"PartitionName=one JobsWithoutRequest=single_site\n";
static const char state_text[] =
	"{\"instance\":\"0123456789abcdef0123456789abcdef\","
	"\"generation\":1,\"time_ms\":1700000000000,\"simulated\":true,"
	"\"brake\":false,"
	"\"sites\":[{\"name\":\"paris\"},{\"name\":\"lyon\"},{\"name\":\"nice\"}],"
	"\"links\":[{\"name\":\"par-lyo\",\"a\":\"paris\",\"z\":\"lyon\","
	"\"capacity_bps\":3200000000000,\"booked_bps\":400000000000,"
	"\"granule_bps\":400000000000,\"latency_us\":2274,\"drained\":false,"
	"\"down\":false},{\"name\":\"lyo-nic\",\"a\":\"lyon\",\"z\":\"nice\","
	"\"capacity_bps\":400000000000,\"booked_bps\":0,"
	"\"granule_bps\":1000000000,\"latency_us\":1500,\"drained\":true,"
	"\"down\":false}],\"leases\":[]}";

static struct ocs_conf *conf;
static struct ocs_state *state;

static void set_up(void)
{
	char *path = fuzz_path("optical.conf");
	struct ocs_error err = { 0 };

	fuzz_file(path, conf_text, strlen(conf_text));
	conf = ocs_conf_read(path, &err);
	if (!conf)
		fprintf(stderr, "%s\n", err.text);
	must(conf);
	must(state = ocs_wire_decode_state(state_text, strlen(state_text),
					   &err));
	free(path);
}

static uint32_t count_nodes(const char *nodes)
{
	return 64;
}

static uint32_t count_outside(const char *partition)
{
	return partition ? 0 : 4;
}

static void licenses(const char *text)
{
	char *out = ocs_submit_licenses(text, 0);

	must(out && !ocs_submit_names_license(out));
	free(out);
	must(out = ocs_submit_licenses(text, 400));
	must(ocs_submit_names_license(out));
	free(out);
}

static void decide(struct ocs_submit_in *in)
{
	struct ocs_submit_out *out = calloc(1, sizeof(*out));
	struct ocs_modify_in mod = { .pending = true };
	struct ocs_error err = { 0 };
	struct ocs_request req;
	bool changed;

	must(out);
	if (ocs_submit_decide(in, out, &err) < 0)
		must(err.code != OCS_OK && err.text[0] &&
		     !strpbrk(err.text, "\n\r\x1b"));
	else if (out->asked)
		must(ocs_request_parse(out->request, &req, &err) == 0);
	mod.request = out->asked ? out->request : NULL;
	mod.licenses = in->licenses;
	mod.comment = in->comment;
	(void) ocs_modify_decide(&mod, in, &changed, out, &err);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line;
	struct ocs_submit_in in = {
		.slurm_licenses = "optical:1600", .accounting = true,
		.slurm_tres = "license/optical",
		.slurm_select = "select/cons_tres_optical",
		.partitions = "big", .count_nodes = count_nodes,
		.count_outside = count_outside,
	};
	char *env[NENV];

	if (!conf)
		set_up();
	in.spank_env = env;
	while ((line = fuzz_cut(&rest, '\n'))) {
		const char *value = *line ? line + 1 : line;

		switch (*line) {
		case 'S':
			(void) ocs_submit_env_stale(value);
			(void) ocs_submit_env_ours(value);
			if (in.nspank_env < NENV)
				env[in.nspank_env++] = (char *) value;
			break;
		case 'C':
			in.comment = value;
			break;
		case 'L':
			in.licenses = value;
			licenses(value);
			break;
		case 'P':
			in.partitions = value;
			break;
		case 'N':
			in.min_nodes = (uint32_t) strtoul(value, NULL, 10);
			break;
		case 'l':
			in.slurm_licenses = value;
			break;
		case 't':
			in.slurm_tres = value;
			break;
		case 's':
			in.slurm_select = value;
			break;
		}
	}
	in.conf = conf;
	decide(&in);
	in.state = state;
	decide(&in);
	free(text);
	return 0;
}
